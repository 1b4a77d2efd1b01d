"""Comparisons put to a judge: in a run of its own for each judge, all orders of a case one reading."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from assay.api._certificates import Kept, fitting, named
from assay.api.arena.cases import material, shown_systems
from assay.api.judging.judges import check_relative, family, judge_use, judges_of, settled_use
from assay.api.measure import carry_out, run_loop
from assay.api.measured import Measured
from assay.api.measurement import Measurement, Recipe, parts_of
from assay.api.work import Manifest, Work, reopen
from assay.catalogue.build import read_toml
from assay.catalogue.procedures import procedure
from assay.engines.local import Local
from assay.line.observe import Asking, Rig, State, askings, observe
from assay.line.plan import check_items, plan
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.arena import Votes
from assay.vocabulary.certificate import Scope
from assay.vocabulary.errors import BadInput, CannotMeasure, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import Limits, PartUse, Procedure, Variant
from assay.vocabulary.protocols import Asks, Ranks, Subject
from assay.vocabulary.record import Json
from assay.vocabulary.report import Particulars
from assay.vocabulary.rubric import Rubric

PART = "judging.comparative"
_MEASURAND = "judging.first"


class Judging(NamedTuple):
    """A judge that compares, with its rubric, and how its runs are made.

    Attributes:
        use: the instrument with all its settings.
        instrument: the same, built.
        rubric: what is decided.
        scope: what a certificate must be for.
        judges: the models.
        limits: settings of the limits of a run.
        name: name of the laboratory.
    """

    use: PartUse
    instrument: Asks
    rubric: Rubric
    scope: Scope
    judges: tuple[Subject, ...]
    limits: dict[str, Json]
    name: str


def judging(source: str | Path | dict[str, Json], rubric: str | None, limits: dict[str, Json], name: str) -> Judging:
    """A judge from its file.

    Args:
        source: TOML file with the settings of an instrument that compares, or its content.
        rubric: name or path of a rubric that goes before that of the file; ``judging.preference`` where neither says.
        limits: settings of the limits of a run.
        name: name of the laboratory.
    Raises:
        BadInput: the file, its rubric or a judge is missing or wrong; the instrument compares nothing.
    """
    content = dict(source) if isinstance(source, dict) else read_toml(Path(source))
    folder = Path() if isinstance(source, dict) else Path(source).parent
    part = str(content.pop("part", PART))
    if part != PART:
        raise BadInput("arena.not_comparing", part=part, expected=PART)
    if rubric is not None and rubric.endswith(".toml"):
        rubric = str(Path(rubric).resolve())
    content["rubric"] = rubric or content.get("rubric") or "judging.preference"
    use, instrument = judge_use(PartUse(part=part, settings=content), folder)
    made = msgspec.convert(use.settings["rubric"], Rubric)
    return Judging(use, instrument, made, instrument.scope(), judges_of(instrument), limits, name)


def certified(made: Judging, laboratory: Laboratory, uncalibrated: bool, folder: Path) -> Kept | None:
    """The certificate that fits; None where none is wanted.

    Raises:
        BadInput: there is none and it was not said that the judge may be used without one.
        VerificationFailed: the certificate was tampered with.
    """
    if made.instrument.certificate:
        return named(made.instrument.certificate, made.scope, laboratory, folder)
    if uncalibrated or made.instrument.uncalibrated:
        return None
    return fitting(made.scope, laboratory)


def check_kin(made: Judging, subjects: Sequence[dict[str, Json]]) -> str:
    """Why a judge may be one of the systems or of their family; empty where none is.

    Raises:
        BadInput: ``judge.relative``, and no reason was given.
    """
    related = False
    for judge in made.judges:
        for subject in subjects:
            try:
                check_relative(judge.identity(), subject)
            except BadInput:
                if not made.instrument.relative:
                    raise
                related = True
    return made.instrument.relative if related else ""


def kin(made: Judging, systems: Sequence[str]) -> list[bool]:
    """Of each system, by name, whether it is of a judge's family."""
    own = {family(judge.identity()) for judge in made.judges} - {""}
    return [bool(name) and family({"model": name}) in own for name in systems]


def recipe_of(made: Judging, orders: int, repeats: int = 1) -> Recipe:
    """The procedure of putting cases of so many candidates to the judge, with its parts.

    Raises:
        BadInput: a setting that is no limit, or a cap on cost, since there is no table of prices here.
    """
    known = [name for name in Limits.__struct_fields__ if name != "max_cost"]
    for key in made.limits:
        if key not in known:
            raise BadInput("setting.unknown", where="--set", key=key, near=near(key, known))
    table = {**made.limits, "part": "judging.arena", "variants": 2, "repeats": repeats}
    plain, limits = procedure(table)
    rubric = made.use.settings["rubric"]
    (channel,) = plain.channels
    channel = msgspec.structs.replace(
        channel, instrument=settled_use(PartUse(part=channel.instrument.part, settings={"rubric": rubric}))
    )
    variants = tuple(Variant(name=f"order_{turn + 1}", data={"turn": turn}) for turn in range(orders))
    bench = PartUse(part=plain.bench.part, settings={"rubric": rubric, "language": made.scope.language})
    full: Procedure = msgspec.structs.replace(
        plain, channels=(channel,), bench=settled_use(bench),
        plan=msgspec.structs.replace(plain.plan, variants=variants),
    )  # fmt: skip
    return parts_of(full, limits)


def judged(
    made: Judging, cases: Material, laboratory: Laboratory, progress: Callable[[State], None], repeats: int = 1
) -> list[Measured]:
    """Put all cases to every judge, each in a run with a signed report of its own; what is there is not asked again.

    Raises:
        CannotMeasure: a judge could not be asked; what arrived is kept.
    """
    recipe = recipe_of(made, len(cases.items[0].stimulus["candidates"]), repeats)
    check_items(cases, {"judging.placed": recipe.instruments[_MEASURAND]})
    title = f"{recipe.procedure.title['en']}: {made.scope.rubric_name}"
    return [
        carry_out(
            Measurement(
                title=title, particulars=Particulars(laboratory=made.name), subject=judge, material=cases,
                recipe=recipe, requirements=(), price=None,
            ),
            laboratory, False, progress,
        )
        for judge in made.judges
    ]  # fmt: skip


def put(
    made: Judging, cases: Sequence[Item], laboratory: Laboratory, progress: Callable[[State], None],
    places: Mapping[str, int],
) -> tuple[Votes, dict[str, int]]:  # fmt: skip
    """Put some cases to every judge without beginning a run, and say what they said; the answers are kept.

    Args:
        made: the judge.
        cases: pairs; those that were put before among them.
        laboratory: where answers are kept.
        progress: told after each batch how far it has come.
        places: place of each system by the name of its run.
    """
    some, recipe = material(cases, "arena"), recipe_of(made, 2)
    with laboratory.lock(), laboratory.guarded(), closing(SqliteStore(laboratory, write=True)) as store:
        works = []
        for judge in made.judges:
            planned = plan(recipe.procedure, some, judge.identity())
            engine: Local[Asking, Response] = Local(recipe.limits)
            rig = Rig(judge, recipe.bench, store, engine, recipe.limits, None)
            run_loop(observe(planned, some, rig, progress))
            works.append(Work(Manifest(planned=planned, title="", requirements=()), recipe, some, store))
        return said(works, places)


def said_in(runs: Sequence[str], store: SqliteStore, places: Mapping[str, int]) -> tuple[Votes, dict[str, int]]:
    """What the judges said in runs that are in the store; see ``said``."""
    return said([reopen(store, store.run(run)) for run in runs], places)


def said(works: Sequence[Work], places: Mapping[str, int]) -> tuple[Votes, dict[str, int]]:
    """The verdicts of some runs, one for each order of each case; a case of which one order is lost is lost.

    Args:
        works: a run of each judge on the same cases.
        places: place of each system by the name of its run.
    Returns:
        The verdicts, and how many readings were lost by the reason of the first order that was.
    Raises:
        CannotMeasure: an answer is not there.
    """
    columns: dict[str, list[Any]] = {name: [] for name in Votes.__struct_fields__}
    clusters: dict[str, int] = {}
    lost: Counter[str] = Counter()
    for work in works:
        for case, orders in readings(work):
            failed = [one for one in orders if isinstance(one, Reading)]
            if failed:
                lost[failed[0].note.partition(":")[0] or failed[0].status] += 1
                continue
            systems = shown_systems(case, dict(places))
            reading = columns["reading"][-1] + 1 if columns["reading"] else 0
            for turn, ranked in enumerate(orders):
                assert not isinstance(ranked, Reading)
                shown = [(turn + place) % len(systems) for place in range(len(systems))]
                columns["cluster"].append(clusters.setdefault(case.group or case.id, len(clusters)))
                columns["reading"].append(reading)
                columns["shown"].append(tuple(systems[place] for place in shown))
                columns["ranked"].append(tuple(systems[shown[place]] for place in ranked))
                columns["length"].append(tuple(len(case.stimulus["candidates"][place]) for place in shown))
    columns["clusters"] = list(clusters)
    return Votes(**{name: tuple(column) for name, column in columns.items()}), dict(lost)


def readings(work: Work) -> list[tuple[Item, list[tuple[int, ...] | Reading]]]:
    """Each case of a run, once for each repeat, with what was said in each of its orders.

    Raises:
        CannotMeasure: an answer is not there.
    """
    planned, instrument = work.manifest.planned, work.recipe.instruments[_MEASURAND]
    assert isinstance(instrument, Ranks)
    found: dict[tuple[int, int], tuple[Item, list[tuple[int, ...] | Reading]]] = {}
    asked = askings(planned, work.material, work.recipe.bench)
    while chunk := list(islice(asked, 500)):
        for asking, answer in zip(chunk, work.store.responses([one.key for one in chunk]), strict=True):
            if answer is None:
                raise CannotMeasure("run.incomplete", name=planned.run, planned=planned.n_trials)
            trial = asking.trial
            _, orders = found.setdefault((trial.item_index, trial.repeat), (trial.item, []))
            orders.append(instrument.ranking(trial.item, answer))
    return list(found.values())
