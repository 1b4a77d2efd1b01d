"""A standard carried out on one subject: plan, measurements, one signed statement."""

import gc
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from assay.api.campaign.carried import carried
from assay.api.campaign.gathered import gathered
from assay.api.campaign.layout import layout, next_round
from assay.api.campaign.lines import Wanted, lines
from assay.api.campaign.parts import Ready, Scene, prepare, settled, subject_tables, tokens
from assay.api.campaign.rounds import Earlier, changes, check_anchors, earlier
from assay.api.campaign.standards import families, standard
from assay.catalogue.build import read_toml
from assay.line.compose import software
from assay.line.observe import State
from assay.reports.forms import CAMPAIGN
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, put, writing
from assay.store.sqlite import SqliteStore
from assay.vocabulary.campaign import Campaign, Cell, Round, Untested, Used
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.canonical import settled as settled_json
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Record
from assay.vocabulary.result import Note
from assay.vocabulary.standard import LEVELS, Standard
from assay.vocabulary.words import LANGUAGES

REQUESTS: Final = 3_000
"""Budget of a campaign whose caller states none."""
SHARE: Final = 0.2
"""Share of anchors in a later round."""


class Asked(Record, kw_only=True):
    """What a campaign is to do.

    Attributes:
        standard: name of the standard, such as ``itu-t-f748-44``.
        subject: a TOML file, or ``KEY=VALUE`` settings of a subject.
        requests: most requests; 3000 without it.
        languages: ``en``, ``zh`` or both; both without it.
        seed: of the items; in a later round it must be another one than before.
        judge: TOML file of a judge for what needs judgement.
        weights: TOML file with a weight for each dimension of a total.
        level: coverage probability of the intervals.
        name: what the campaign is called; the standard's designation without it.
        round_of: file of an earlier campaign that this one repeats.
        anchors: share of its units that are asked again, above 0 and at most 1.
    """

    standard: str
    subject: tuple[str, ...] = ()
    requests: int | None = None
    languages: tuple[str, ...] = ()
    seed: int = 0
    judge: str = ""
    weights: str = ""
    level: float = 0.95
    name: str = ""
    round_of: str = ""
    anchors: float = SHARE


class Planned(NamedTuple):
    """A campaign before anything is asked."""

    asked: Asked
    standard: Standard
    levels: tuple[str, ...]
    cells: tuple[Cell, ...]
    weights: dict[str, float]
    scene: Scene
    ready: Ready
    before: Earlier | None


class Issued(NamedTuple):
    """A statement, where its signed file lies, and its bytes."""

    campaign: Campaign
    path: Path
    envelope: bytes

    @property
    def sha256(self) -> str:
        """Digest of the signed envelope, hexadecimal."""
        return digest_bytes(self.envelope)


class Preview(Record, kw_only=True):
    """What a campaign would do.

    Attributes:
        standard: designation of the standard.
        requests: requests to the subject.
        input_tokens: estimated from the number of characters.
        levels: levels of difficulty.
        cells: the plan.
        untested: what would not be tested, and why.
    """

    standard: str
    requests: int
    input_tokens: int
    levels: tuple[str, ...]
    cells: tuple[Cell, ...]
    untested: tuple[Untested, ...]


def preview(asked: Asked, lab: str | Path = ".assay") -> Preview:
    """What ``campaign`` would ask, without asking anything.

    Raises:
        BadInput: as ``campaign``.
    """
    made = planned(asked, Laboratory(Path(lab)))
    parts = made.ready.parts
    return Preview(
        standard=made.standard.designation, requests=sum(cell.requests for part in parts for cell in part.cells),
        input_tokens=sum(tokens(part.measurement) for part in parts), levels=made.levels, cells=made.cells,
        untested=_untested(made),
    )  # fmt: skip


def campaign(
    asked: Asked, lab: str | Path = ".assay", progress: Callable[[State], None] = lambda state: None
) -> Issued:
    """Carry out a standard and issue a signed statement. What the laboratory has already is not asked again.

    Args:
        asked: what to do.
        lab: folder of the laboratory.
        progress: told after each batch how far the whole campaign has come.
    Raises:
        BadInput: something is wrong with the standard, the subject, the budget, the judge, the weights or the earlier
            round; nothing was asked.
        CannotMeasure: it could not be completed; what arrived is kept.
    """
    laboratory = Laboratory(Path(lab))
    made = planned(asked, laboratory)
    gc.set_threshold(100_000, 20, 20)  # as in ``assay measure``: many small records that all live long
    runs, spent = carried(made.ready.parts, made.scene, progress)
    key = SigningKey.load_or_create(laboratory.keys)
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        stated = msgspec.structs.replace(_stated(made, runs, store, key), spent=spent)
    stated = msgspec.structs.replace(stated, id=identity(stated))
    return _kept(stated, laboratory, key)


def planned(asked: Asked, laboratory: Laboratory) -> Planned:
    """The plan, checked as a whole."""
    before = earlier(asked.round_of, laboratory) if asked.round_of else None
    _check(asked, before)
    made = standard(asked.standard)
    languages = asked.languages or LANGUAGES
    if before is None:
        levels, cells = layout(made, asked.requests or REQUESTS, languages, asked.seed)
    else:
        if before.made.standard != made:
            known = f"{before.made.standard.designation} ({before.made.standard.version})"
            raise BadInput("campaign.other_round", path=asked.round_of, known=known)
        levels, cells = before.made.levels, next_round(before.made.cells, asked.seed, asked.anchors)
    weights = _weights(asked.weights, made)
    scene = Scene(
        subject_tables(asked.subject), asked.judge, asked.level, asked.seed, asked.name or made.designation, laboratory
    )
    ready = prepare(settled(cells), scene)
    if before is not None:
        items = (item for part in ready.parts for item in part.measurement.material.items)
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            check_anchors(before, items, asked.seed, store)
    return Planned(asked, made, levels, settled(cells), weights, scene, ready, before)


def _check(asked: Asked, before: Earlier | None) -> None:
    where = "assay measure --standard"
    checks: list[tuple[str, object, bool, str]] = [
        ("--requests", asked.requests, asked.requests is None or asked.requests > 0, "a whole number above 0"),
        ("--level", asked.level, 0.5 < asked.level < 1, "a probability above 0.5 and below 1, such as 0.95"),
        ("--anchors", asked.anchors, 0 < asked.anchors <= 1, "a share above 0, at most 1"),
        ("--seed", asked.seed, 0 <= asked.seed < 2**53, "a whole number from 0 to 2**53 - 1"),
        ("--languages", ",".join(asked.languages), set(asked.languages) <= {*LANGUAGES}
         and len(set(asked.languages)) == len(asked.languages), "en, zh, or en,zh"),
    ]  # fmt: skip
    if before is not None:
        used = {draw.seed for cell in before.made.cells for draw in cell.draws}
        checks += [
            ("--seed", asked.seed, asked.seed not in used, "another seed than those of the earlier rounds"),
            ("--requests", asked.requests, asked.requests is None, "nothing: a later round has the earlier one's plan"),
            ("--languages", asked.languages, not asked.languages, "nothing: a later round has the earlier one's plan"),
        ]  # fmt: skip
    for key, got, good, expected in checks:
        if not good:
            raise BadInput("setting.value", where=where, key=key, got=repr(got), expected=expected)


def _weights(path: str, made: Standard) -> dict[str, float]:
    """Weights of the dimensions by their names, from a table ``[weights]`` or the file itself."""
    if not path:
        return {}
    data = read_toml(Path(path))
    inner = data.get("weights")
    table = inner if isinstance(inner, dict) else data
    known = [one.name for one in made.dimension]
    for name, weight in table.items():
        if name not in known:
            raise BadInput("setting.unknown", where=path, key=name, near=near(name, known))
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < 1e9:
            raise BadInput("setting.value", where=path, key=name, got=repr(weight), expected="a number, 0 or more")
    if not any(table.values()):
        raise BadInput("setting.missing", where=path, key="weights", expected="at least one weight above 0")
    whole = float(sum(table.values()))
    return {name: float(table[name]) / whole for name in known if table.get(name)}


def _stated(made: Planned, runs: Sequence[Used], store: SqliteStore, key: SigningKey) -> Campaign:
    asked, ready = made.asked, made.ready
    found = gathered(store, runs, made.cells, ready.missing, ready.unjudged)
    languages = tuple(dict.fromkeys(cell.language for cell in made.cells))
    stated = lines(found, Wanted(made.standard, languages, asked.level, made.weights))
    subject = settled_json(ready.parts[0].measurement.subject.identity())
    again = None
    if made.before is not None:
        again = Round(
            campaign=made.before.made.id, sha256=made.before.sha256, share=asked.anchors,
            same_subject=made.before.made.subject == subject, runs=made.before.made.runs,
            changes=changes(made.before, found, (made.standard, languages, asked.level), store),
        )  # fmt: skip
    return Campaign(
        id="", title=made.scene.name, issued=datetime.now(UTC).isoformat(timespec="seconds"),
        laboratory=key.mark(str(made.scene.tables.get("laboratory", ""))), standard=made.standard, subject=subject,
        level=asked.level, level_each=stated.level_each, seed=asked.seed, languages=languages, levels=made.levels,
        budget=made.before.made.budget if made.before else asked.requests or REQUESTS, cells=made.cells,
        read=stated.read, runs=tuple(runs), lines=stated.lines, weights=made.weights, untested=_untested(made),
        round=again, software=software(),
    )  # fmt: skip


def identity(made: Campaign) -> str:
    """The same content has the same id, whenever it was issued."""
    content = msgspec.to_builtins(msgspec.structs.replace(made, id="", issued=""))
    if made.spent is None:  # as it was before it was stated
        del content["spent"]
    return f"campaign-{digest(settled_json(content))[:12]}"


def _untested(made: Planned) -> tuple[Untested, ...]:
    found = [Untested(kind="form", what=name, language=language, why=why)
             for (name, language), why in made.ready.missing.items()]  # fmt: skip
    found += [Untested(kind="judgement", what=name, language=language, why=why)
              for (name, language), why in made.ready.unjudged.items()]  # fmt: skip
    found += [Untested(kind="clause", what=clause.number, why=Note(code="not_measured"))
              for clause in made.standard.clause if clause.role == "not_measured"]  # fmt: skip
    found.append(Untested(kind="levels", why=Note(code="beyond_levels")))
    if len(made.levels) < len(LEVELS):
        left = [level for level in LEVELS if level not in made.levels]
        found.append(Untested(kind="levels", why=Note(code="levels_left_out", values={"levels": left})))
    used = {cell.generator for cell in made.cells}
    found += [Untested(kind="generator", what=family.name, why=Note(code="newer_generator"))
              for family in families(made.standard) if family.name not in used]  # fmt: skip
    return tuple(found)


def _kept(made: Campaign, laboratory: Laboratory, key: SigningKey) -> Issued:
    """Put the statement among the reports; one that says the same is the one that was issued before."""
    from assay.reports.statement import unseal

    path = (laboratory.reports / f"{made.id}.json").resolve()
    with writing(path):
        if path.exists():
            known = path.read_bytes()
            return Issued(unseal(CAMPAIGN, known, str(path)).made, path, known)
        envelope = seal(CAMPAIGN, made, key)
        put(path, envelope)
    return Issued(made, path, envelope)

