"""A run on its way through the stages that follow observation: read, estimate, decide, compose, sign."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from assay.api.judging.judges import consulted
from assay.api.measurement import Recipe, parts_of
from assay.line.compose import Account, Composition, account, compose, same_content
from assay.line.decide import decide
from assay.line.estimate import Estimated, Task, estimate
from assay.line.jury import divided
from assay.line.observe import Price, State
from assay.line.plan import Planned
from assay.line.read import firsts, read, whole_restarts
from assay.line.verdicts import Run, with_verdicts
from assay.reports.keys import PRIVATE_KEY_FILE, SigningKey
from assay.reports.sign import sign
from assay.store.laboratory import Laboratory, put
from assay.store.sqlite import SqliteStore
from assay.vocabulary.errors import BadInput, Defect
from assay.vocabulary.imported import Origin
from assay.vocabulary.material import Material
from assay.vocabulary.procedure import Limits
from assay.vocabulary.protocols import Asks, Jury, RunRecord
from assay.vocabulary.record import Record
from assay.vocabulary.report import Particulars, Report
from assay.vocabulary.result import Note, Requirement
from assay.vocabulary.whole import Offers, ReadsWhole


class Manifest(Record, kw_only=True):
    """What the store keeps of a run so that every later stage can be entered again.

    ``file`` is the path of the measurement file, with which a run that was stopped goes on; no report has it.
    """

    planned: Planned
    title: str
    requirements: tuple[Requirement, ...]
    price: Price | None = None
    particulars: Particulars = Particulars()
    origin: Origin | None = None
    judge_prices: dict[str, Price] = {}
    said: tuple[Note, ...] = ()
    certificate: str | None = None
    file: str = ""


class Work(NamedTuple):
    """A run that was observed, with all that the later stages need."""

    manifest: Manifest
    recipe: Recipe
    material: Material
    store: SqliteStore


class Issued(NamedTuple):
    """A signed report and where it lies."""

    report: Report
    path: Path
    envelope: bytes


def reopen(store: SqliteStore, run: RunRecord) -> Work:
    """A run from the store, its parts built again."""
    manifest = msgspec.json.decode(run.manifest, type=Manifest)
    recipe = parts_of(manifest.planned.procedure, Limits())
    material = store.material(manifest.planned.material)
    if material.certificate != manifest.certificate and manifest.certificate:  # the same items were there before it
        material = msgspec.structs.replace(material, certificate=manifest.certificate)
    return settled(Work(manifest, recipe, material, store))


def settled(work: Work) -> Work:
    """The run with what its restarts found out about its instruments, as settings of the estimators."""
    asked = [c for c in work.recipe.procedure.channels if isinstance(work.recipe.instruments[c.measurand], ReadsWhole)]
    if not asked:
        return work
    began = firsts(work.manifest.planned, work.material, work.recipe.bench, work.store)
    made = []
    for channel in work.recipe.procedure.channels:
        instrument = work.recipe.instruments[channel.measurand]
        if isinstance(instrument, ReadsWhole) and began:
            channel = msgspec.structs.replace(channel, estimator=instrument.settled(channel.estimator, began))
        made.append(channel)
    procedure = msgspec.structs.replace(work.recipe.procedure, channels=tuple(made))
    return work._replace(recipe=parts_of(procedure, work.recipe.limits))


async def channels(work: Work, progress: Callable[[State], None] = lambda state: None) -> dict[str, int]:
    """Read every channel of a run, its judges consulted first; the number of each in the store, by measurand."""
    desk = work.store, work.manifest.price, work.manifest.judge_prices
    await consulted(work.manifest.planned, work.material, work.recipe, desk, progress)
    readings = [(c, work.recipe.instruments[c.measurand]) for c in work.recipe.procedure.channels]
    return await read(work.manifest.planned, work.material, work.recipe.bench, work.store, readings)


def estimates(work: Work, numbers: Mapping[str, int]) -> dict[str, Estimated]:
    """The result of every channel, from the rows in the store."""
    return {
        name: estimate(
            Task(work.recipe.measurands[name], work.recipe.procedure.plan),
            work.recipe.estimators[name],
            work.store.observations(number),
            work.material,
        )
        for name, number in numbers.items()
    }


def issue(work: Work, numbers: Mapping[str, int], laboratory: Laboratory) -> Issued:
    """Estimate, decide, compose and sign; a report that would say the same as an earlier one is not issued again."""
    found = estimates(work, numbers)
    manifest, recipe = work.manifest, work.recipe
    key = _key(work.store, laboratory)
    planned = msgspec.structs.replace(manifest.planned, procedure=recipe.procedure)
    report = compose(
        Composition(
            title=manifest.title,
            planned=planned,
            material=work.material,
            measurands=recipe.measurands,
            instruments=recipe.instruments,
            estimates=found,
            decisions=decide(manifest.requirements, found, recipe.measurands),
            account=accounted(work, planned, numbers),
            mark=key.mark(manifest.particulars.laboratory),
            particulars=manifest.particulars,
            read_with=_other_instrument(manifest.planned, recipe),
            juries=juries(work, planned),
            restarts=remarks(work),
            origin=_origin(manifest, recipe),
        )
    )
    content = same_content(report)
    known = work.store.reports(planned.run)
    envelope = dict(known).get(content) or sign(report, key)
    if not known or known[-1][0] != content:  # else it is the latest, and nothing need be written
        work.store.keep_report(planned.run, content, envelope)
    return write(laboratory, envelope)


def accounted(work: Work, planned: Planned, numbers: Mapping[str, int], *, priced: bool = True) -> Account:
    """What the store knows of a run's channels and of its judges' answers.

    Args:
        work: the run.
        planned: the same, with the procedure that it was read by.
        numbers: channels in the store, by measurand.
        priced: whether costs are stated.
    """
    manifest, recipe = work.manifest, work.recipe
    price, prices = (manifest.price, manifest.judge_prices) if priced else (None, {})
    seen = account(planned, work.material, recipe.bench, work.store, numbers, price)
    asking = [one for c in recipe.procedure.channels if isinstance(one := recipe.instruments[c.measurand], Asks)]
    return with_verdicts(seen, Run(planned, work.material, recipe.bench, work.store), asking, price, prices)


def _origin(manifest: Manifest, recipe: Recipe) -> tuple[Note, ...]:
    """What is to be said of observations that are not our own, or that were made with the rig of another tool."""
    if manifest.origin is None:
        return manifest.said
    return manifest.origin.said(
        recipe.procedure.channels[0].instrument, manifest.planned.procedure.channels[0].instrument
    )


def juries(work: Work, planned: Planned) -> tuple[Note, ...]:
    """How far the judges of each jury agree; nothing where one judge or none was asked."""
    made, run = work.recipe, Run(planned, work.material, work.recipe.bench, work.store)
    asking = [made.instruments[channel.measurand] for channel in made.procedure.channels]
    return tuple(note for one in asking if isinstance(one, Jury) for note in divided(run, one))


def remarks(work: Work) -> tuple[Note, ...]:
    """What a bench that takes whole restarts says of them; nothing of others."""
    bench = work.recipe.bench
    if not isinstance(bench, Offers):
        return ()
    return bench.remarks(whole_restarts(work.manifest.planned, work.material, bench, work.store))


def _other_instrument(planned: Planned, recipe: Recipe) -> str:
    """Name of the first instrument, if it is not the one that the run was planned with."""
    used, meant = recipe.procedure.channels[0].instrument, planned.procedure.channels[0].instrument
    return "" if used == meant else used.part


def _key(store: SqliteStore, laboratory: Laboratory) -> SigningKey:
    """The laboratory's key, made on first use; a lost one is never quietly replaced."""
    path = laboratory.keys / PRIVATE_KEY_FILE
    if store.report_counts() and not path.exists():
        raise BadInput("key.gone", path=str(path))
    return SigningKey.load_or_create(laboratory.keys)


def write(laboratory: Laboratory, envelope: bytes) -> Issued:
    """Put an envelope into the folder of reports, whole or not at all; the file is named after the report."""
    report = report_in(envelope)
    path = (laboratory.reports / f"{report.id}.json").resolve()
    with laboratory.guarded():
        if not path.exists() or path.read_bytes() != envelope:
            put(path, envelope)
    return Issued(report, path, envelope)


def report_in(envelope: bytes) -> Report:
    """The report inside an envelope of our own store, unchecked."""
    import base64

    payload = base64.b64decode(msgspec.json.decode(envelope)["payload"])
    predicate = msgspec.json.decode(payload).get("predicate")
    if predicate is None:
        raise Defect("defect", reason="a stored report has no predicate", path="store")
    return msgspec.convert(predicate, Report)
