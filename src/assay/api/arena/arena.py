"""Systems compared by a judge, or by people: who is preferred, and which cannot be told apart; itself signed."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from assay.api._certificates import Kept
from assay.api.arena.adaptive import Chosen, chosen
from assay.api.arena.cases import Pool, lists, material, pairs, pool, sampled
from assay.api.arena.fields import disconnected, fields
from assay.api.arena.judging import Judging, certified, check_kin, judged, judging, said_in
from assay.api.arena.numbers import LEVEL
from assay.api.arena.ratings import rated, session_rubric
from assay.api.keys import trusted
from assay.api.measured import Measured
from assay.api.runs import opened
from assay.catalogue.find import locate
from assay.line.compose import software
from assay.line.observe import State
from assay.reports.forms import ARENA
from assay.reports.keys import SigningKey
from assay.reports.statement import seal, unseal
from assay.store.laboratory import Laboratory, put, writing
from assay.store.sqlite import SqliteStore
from assay.vocabulary.arena import Arena, Layout, Panelist, People, Votes
from assay.vocabulary.canonical import digest, digest_bytes, settled
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note
from assay.vocabulary.rubric import Rubric
from assay.vocabulary.rubric import load as load_rubric

MOST_IN_LIST: Final = 9
MOST_CASES: Final = 200_000


class Asked(Record, kw_only=True):
    """How systems are to be compared.

    Attributes:
        judge: TOML file with the settings of an instrument that compares, or its content.
        ratings: CSV or JSONL file of ratings by people, or the name of a session of rating; instead of a judge.
        rubric: name of a rubric or path of its file; that of the judge or of the session, else ``judging.preference``.
        items: a random sample of so many trials; all if None.
        pairs: ``all`` pairs of systems on all these trials, or ``adaptive``: the most telling next, until all is
            settled.
        resolution: smallest difference of strengths of interest, on the log scale; for ``adaptive``.
        budget: most comparisons; for ``adaptive``.
        seed: of the sample and of choices between pairs that tell as much.
        uncalibrated: whether a judge without a certificate may be used.
        limits: settings of the limits of a run, as in ``[procedure]``.
        laboratory: name of the laboratory.
    """

    judge: str | dict[str, Json] | None = None
    ratings: str | None = None
    rubric: str | None = None
    items: int | None = None
    pairs: Literal["all", "adaptive"] = "all"
    resolution: float | None = None
    budget: int | None = None
    seed: int = 0
    uncalibrated: bool = False
    limits: dict[str, Json] = {}
    laboratory: str = ""


class Compared(NamedTuple):
    """A comparison, where its signed file lies, its digest, and the judges' runs with their own reports."""

    arena: Arena
    path: Path
    sha256: str
    measured: tuple[Measured, ...]


class _Verdicts(NamedTuple):
    """What a statement is made of besides the numbers."""

    votes: Votes
    placed: bool
    lost: dict[str, int]
    material: str
    layout: Layout
    judge: Panelist | None
    people: People | None
    notes: tuple[Note, ...]


def arena(
    runs: Sequence[str],
    lab: str | Path = ".assay",
    asked: Asked = Asked(),  # noqa: B008 - a frozen record
    progress: Callable[[State], None] | None = None,
) -> Compared:
    """Compare the stored responses of finished runs, and issue a signed statement.

    What a judge said before is not asked again.

    Args:
        runs: names of two runs or more, or the beginnings of them.
        lab: folder of the laboratory.
        asked: how.
        progress: told after each batch how far the judge has come.
    Raises:
        BadInput: something in the runs, the judge or the ratings is wrong; the systems cannot be compared.
        CannotMeasure: the judge could not be asked; what arrived is kept.
    """
    _check(asked)
    laboratory = Laboratory(Path(lab))
    with opened(lab) as store:
        found = pool(store, runs)
    found = found._replace(trials=sampled(found.trials, asked.items, asked.seed))
    if not found.trials:
        raise BadInput("rating.no_pairs", runs=", ".join(one.run for one in found.systems))
    measured: tuple[Measured, ...] = ()
    if asked.ratings is not None:
        rubric, verdicts = _by_people(asked, found, laboratory)
    else:
        rubric, verdicts, measured = _by_judge(asked, found, laboratory, progress or (lambda state: None))
    key = SigningKey.load_or_create(laboratory.keys)
    made = _stated(found, rubric, verdicts, key.mark(asked.laboratory))
    return _kept(made, key, laboratory, measured)


def _check(asked: Asked) -> None:
    if (asked.judge is None) == (asked.ratings is None):
        raise BadInput("arena.judge_or_ratings")
    adaptive = asked.pairs == "adaptive"
    for key, got, good, expected in (
        ("pairs", asked.pairs, asked.pairs in ("all", "adaptive"), "all or adaptive"),
        ("pairs", asked.pairs, not adaptive or asked.judge is not None, "all: ratings by people are given"),
        ("resolution", asked.resolution, adaptive == (asked.resolution is not None),
         "a difference of strengths such as 0.4, with --pairs adaptive and only with it"),
        ("resolution", asked.resolution, asked.resolution is None or 0 < asked.resolution <= 10, "above 0, at most 10"),
        ("budget", asked.budget, asked.budget is None or (adaptive and asked.budget >= 1),
         "a whole number, 1 or more, with --pairs adaptive"),
        ("seed", asked.seed, 0 <= asked.seed < 2**53, "a whole number from 0 to 2**53 - 1"),
    ):  # fmt: skip
        if not good:
            raise BadInput("setting.value", where="arena", key=key, got=repr(got), expected=expected)


def _by_people(asked: Asked, found: Pool, laboratory: Laboratory) -> tuple[Rubric, _Verdicts]:
    assert asked.ratings is not None
    rubric = session_rubric(asked.ratings, laboratory.folder) if asked.rubric is None else None
    rubric = rubric or _rubric(asked.rubric or "judging.preference")
    if rubric.kind not in ("choice", "ranking"):
        raise BadInput("arena.single", rubric=rubric.name, kind=rubric.kind)
    given = rated(asked.ratings, laboratory.folder, found, rubric)
    layout = Layout(pairs="given", items=len(found.trials), possible=_possible(found, rubric), seed=asked.seed,
                    asked=len(given.votes.reading))  # fmt: skip
    texts = digest([[trial.name, sorted(trial.texts.items())] for trial in found.trials])
    notes = (Note(code="one_rater"),) if given.people.raters == 1 else ()
    return rubric, _Verdicts(given.votes, given.placed, {}, texts, layout, None, given.people, notes)


def _rubric(name: str) -> Rubric:
    return load_rubric(name if name.endswith(".toml") else locate("rubric", name, "rubric").path)


def _by_judge(
    asked: Asked, found: Pool, laboratory: Laboratory, progress: Callable[[State], None]
) -> tuple[Rubric, _Verdicts, tuple[Measured, ...]]:
    assert asked.judge is not None
    made = judging(asked.judge, asked.rubric, asked.limits, asked.laboratory)
    folder = Path() if isinstance(asked.judge, dict) else Path(asked.judge).parent
    certificate = certified(made, laboratory, asked.uncalibrated, folder)
    relative = check_kin(made, [one.subject for one in found.systems])
    picked = _picked(asked, found, made, laboratory, progress)
    if len(picked.cases) > MOST_CASES:
        raise BadInput("rating.too_many", n=len(picked.cases), most=MOST_CASES)
    cases = material(picked.cases, "arena: " + ", ".join(one.run for one in found.systems))
    measured = tuple(judged(made, cases, laboratory, progress))
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        votes, lost = said_in([one.run for one in measured], store, _places(found))
    layout = Layout(
        pairs=asked.pairs, items=len(found.trials), possible=_possible(found, made.rubric), asked=len(picked.cases),
        seed=asked.seed, resolution=asked.resolution, budget=asked.budget, looks=picked.looks, settled=picked.settled,
        round_robin=picked.round_robin,
    )  # fmt: skip
    panelist = _panelist(made, certificate, relative, measured)
    notes = _judge_notes(made, certificate, relative, found, asked)
    return made.rubric, _Verdicts(votes, True, lost, cases.digest, layout, panelist, None, notes), measured


def _picked(
    asked: Asked, found: Pool, made: Judging, laboratory: Laboratory, progress: Callable[[State], None]
) -> Chosen:
    """The cases that are put; refused before anything is asked where they could not lead to a comparison of all."""
    if made.rubric.kind == "ranking":
        if asked.pairs == "adaptive":
            raise BadInput("setting.value", where="arena", key="pairs", got="'adaptive'",
                           expected="all, for a rubric about lists")  # fmt: skip
        if len(found.systems) > MOST_IN_LIST:
            raise BadInput("arena.long_list", n=len(found.systems), most=MOST_IN_LIST)
        whole = lists(found)
        if not whole:
            raise BadInput("rating.no_pairs", runs=", ".join(one.run for one in found.systems))
        return Chosen(whole)
    by_pair = pairs(found)
    _check_connected(found, list(by_pair))
    if asked.resolution is None:
        return Chosen([case for cases in by_pair.values() for case in cases])
    return chosen(made, by_pair, (asked.resolution, asked.budget, asked.seed), laboratory, progress, _places(found))


def _check_connected(found: Pool, known: list[tuple[int, int]]) -> None:
    label = list(range(len(found.systems)))
    for one, other in known:
        old, new = max(label[one], label[other]), min(label[one], label[other])
        label = [new if own == old else own for own in label]
    if any(label):
        raise disconnected(label, found.systems)


def _places(found: Pool) -> dict[str, int]:
    return {one.run: place for place, one in enumerate(found.systems)}


def _possible(found: Pool, rubric: Rubric) -> int:
    if rubric.kind == "ranking":
        return sum(len(trial.texts) == len(found.systems) for trial in found.trials)
    return sum(len(trial.texts) * (len(trial.texts) - 1) // 2 for trial in found.trials)


def _panelist(made: Judging, certificate: Kept | None, relative: str, measured: Sequence[Measured]) -> Panelist:
    return Panelist(
        identities=tuple(settled(one.identity()) for one in made.judges), scope=made.scope,
        certificate="" if certificate is None else certificate.sha256,
        accord=None if certificate is None else certificate.made.sensitivity,
        position=None if certificate is None else certificate.made.position, relative=relative,
        runs=tuple(one.run for one in measured), reports=tuple(digest_bytes(one.envelope) for one in measured),
        observations=tuple(one.report.observations.digest for one in measured),
    )  # fmt: skip


def _judge_notes(
    made: Judging, certificate: Kept | None, relative: str, found: Pool, asked: Asked
) -> tuple[Note, ...]:
    """Remarks on the judge; those that a reader must have read before any number come first."""
    names = ", ".join(str(one.identity().get("model") or one.identity().get("part") or "?") for one in made.judges)
    notes = []
    if certificate is None:
        notes.append(Note(code="uncalibrated", values={"judges": names}))
    if relative:
        notes.append(Note(code="relative", values={"judges": names, "reason": relative}))
    if certificate is not None:
        notes.append(Note(code="not_corrected", values={"certificate": certificate.sha256[:12]}))
    if found.too_long:
        notes.append(Note(code="too_long", values={"n": found.too_long}))
    if asked.pairs == "adaptive":
        notes.append(Note(code="adaptive"))
    return tuple(notes)


def _stated(found: Pool, rubric: Rubric, verdicts: _Verdicts, mark: LaboratoryMark) -> Arena:
    said, notes = fields(verdicts.votes, found.systems, rubric.kind, verdicts.placed)
    made = Arena(
        id="", issued="", laboratory=mark, level=LEVEL, rubric=rubric.digest,
        rubric_name=f"{rubric.name} {rubric.version}", kind=rubric.kind, judge=verdicts.judge, people=verdicts.people,
        material=verdicts.material, layout=verdicts.layout, lost=verdicts.lost, votes=verdicts.votes,
        software=software(), notes=(*verdicts.notes, *notes), **said,
    )  # fmt: skip
    issued = datetime.now(UTC).isoformat(timespec="seconds")
    return msgspec.structs.replace(made, id=f"arena-{digest(msgspec.to_builtins(made))[:12]}", issued=issued)


def _kept(made: Arena, key: SigningKey, laboratory: Laboratory, measured: tuple[Measured, ...]) -> Compared:
    """Sign and keep it; a comparison that says the same as one issued before is that one."""
    path = (laboratory.reports / f"{made.id}.json").resolve()
    known = _known(path, laboratory)
    if known is not None and msgspec.structs.replace(known, issued="") == msgspec.structs.replace(made, issued=""):
        return Compared(known, path, digest_bytes(path.read_bytes()), measured)
    envelope = seal(ARENA, made, key)
    with writing(path):
        put(path, envelope)
    return Compared(made, path, digest_bytes(envelope), measured)


def _known(path: Path, laboratory: Laboratory) -> Arena | None:
    try:
        return unseal(ARENA, path.read_bytes(), str(path), trusted(laboratory.keys)).made
    except (OSError, AssayError):
        return None


def held_against(made: Arena, laboratory: Laboratory) -> tuple[Literal["passed", "failed", "not_checked"], str]:
    """Whether the judges' answers in this laboratory are the verdicts of the statement.

    Returns:
        ``passed``, ``failed`` or ``not_checked``, and what differs or why nothing was checked.
    """
    if made.judge is None:
        return "not_checked", "people"
    if not laboratory.has_store():
        return "not_checked", "no_store"
    places = {one.run: place for place, one in enumerate(made.systems)}
    try:
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            if not set(made.judge.runs) <= {run.name for run in store.runs()}:
                return "not_checked", "no_run"
            votes, lost = said_in(made.judge.runs, store, places)
    except (AssayError, KeyError, IndexError, TypeError, ValueError) as error:
        return "failed", f"{type(error).__name__}: {error}"
    if lost != made.lost:
        return "failed", "lost"
    return ("passed", "") if votes == made.votes else ("failed", "votes")


def render(made: Arena, language: str, path: Path, sha256: str | None = None) -> Path:
    """Write a comparison as a page, and return where."""
    from assay.reports.arena_view import html  # the page's template engine is not needed for anything else

    with writing(path):
        path.write_text(html(made, language, sha256), encoding="utf-8")
    return path.resolve()
