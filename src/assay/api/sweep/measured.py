"""One load of a sweep: a measurement like any other, made or found here, and what the sweep takes of it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.api.judging.judges import with_judges
from assay.api.materials.adapted import check_trust
from assay.api.materials.certified import with_certificate
from assay.api.measure import carry_out
from assay.api.measurement import Measurement, folder_of, load
from assay.api.runs import run_channels
from assay.api.sweep.numbers import ATTAINMENT, SHOWN, THROUGHPUT, least_queries
from assay.api.work import Work, reopen, report_in
from assay.catalogue.build import read_toml
from assay.line.observe import State as Progressed
from assay.line.observe import restarts
from assay.line.plan import plan
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.uncertainty.queueing.overload import overloaded
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.record import Json
from assay.vocabulary.sweep import Axis, State, SweepPoint
from assay.vocabulary.whole import Loaded, Loads

Bools = npt.NDArray[np.bool_]
Progress = Callable[[Progressed], None]

OPEN: Final = ("constant", "poisson", "gamma")
NOTHING_READ: Final = ("observe.nothing", "observe.restarts_refused")
"""Codes of errors after which a run is finished all the same, and has a report that says why it has no values."""
_OF_RATE: Final = ("rate", "cv", "states", "profile")
_WORST: Final[tuple[State, ...]] = ("overload", "unsteady", "steady")


class Desk(NamedTuple):
    """Where a sweep is made: the measurement file, the laboratory, who is told, whether refused runs are made anew."""

    source: str | Path | dict[str, Json]
    laboratory: Laboratory
    progress: Progress
    again: bool = False

    @property
    def table(self) -> dict[str, Json]:
        """The measurement as it is written."""
        return self.source if isinstance(self.source, dict) else read_toml(Path(self.source))


class Load(NamedTuple):
    """A load: so many requests a second, or so many in progress; ``place`` tells runs at the same load apart."""

    axis: Axis
    setting: float
    place: int = 0
    alone: bool = False


class Seen(NamedTuple):
    """A run that was made, with what it put on the server.

    Attributes:
        work: the run.
        report: the bytes of its signed report.
        loads: of each restart.
        good: which requests of the steady part met all limits, restarts one after another; None without limits.
    """

    work: Work
    report: bytes
    loads: tuple[Loaded, ...]
    good: Bools | None

    @property
    def state(self) -> State:
        """The worst of the restarts that may be relied upon, and of all of them together; ``refused`` if none may."""
        sound = [one for one in self.loads if not one.refused]
        found: list[State] = ["overload" if one.overloaded else "unsteady" if one.unsteady else "steady"
                              for one in sound]  # fmt: skip
        grown = [one.growth for one in sound if one.growth is not None]
        if len(grown) > 1 and overloaded(grown):
            return "overload"
        return next((state for state in _WORST if state in found), "refused")


def at_load(desk: Desk, at: Load) -> Measurement:
    """The measurement of a file at another load, with a seed of its own.

    Points that shared a seed would send the same marks (``fresh``), which a cache knows after the first of them.

    Raises:
        BadInput: the file's measurement puts no load on its subject, or one without a rate.
    """
    given = desk.table.get("procedure")
    own = dict(given) if isinstance(given, dict) else {}  # ``load`` says what is wrong with another
    kind = own.get("arrivals", "poisson")
    if at.axis == "concurrency":
        own = {key: value for key, value in own.items() if key not in _OF_RATE}
        own |= {"arrivals": "closed", "concurrency": round(at.setting)}
    elif kind not in (*OPEN, "closed"):
        raise BadInput("sweep.arrivals", kind=kind, known=", ".join(OPEN))
    else:
        own = {key: value for key, value in own.items() if key != "concurrency"}
        own |= {"rate": float(at.setting), "arrivals": "poisson" if kind == "closed" else kind}
    own["seed"] = int(digest([own.get("seed", 0), at.axis, float(at.setting), at.place])[:8], 16)
    if at.alone:
        own["repeats"] = 1
    made = with_certificate(with_judges(load(desk.source, own), desk.laboratory, desk.source), desk.laboratory)
    check_trust(made, desk.laboratory, folder_of(desk.source))
    if not isinstance(made.recipe.bench, Loads) or THROUGHPUT not in made.recipe.measurands:
        raise BadInput("sweep.no_load", measurand=THROUGHPUT)
    return made


def seen(desk: Desk, at: Load) -> Seen:
    """Measure at a load, or take what the laboratory has of it.

    Raises:
        BadInput: see ``at_load``.
        CannotMeasure: the measurement could not be completed.
    """
    made = at_load(desk, at)
    refused = desk.again and (kept := latest(made, desk.laboratory)) is not None and kept.state == "refused"
    try:
        carry_out(made, desk.laboratory, refused, desk.progress)
    except CannotMeasure as error:
        if error.code not in NOTHING_READ:  # every restart was refused: the point says so, the others go on
            raise
    found = latest(made, desk.laboratory)
    assert found is not None  # it has just been reported
    if not found.loads:
        raise CannotMeasure("sweep.nothing", at=f"{at.setting:g}", run=found.work.manifest.planned.run)
    return found


def latest(made: Measurement, laboratory: Laboratory) -> Seen | None:
    """The latest finished run of a measurement; None if there is none."""
    if not laboratory.has_store():
        return None
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        base = plan(made.recipe.procedure, made.material, made.subject.identity()).base
        known = [run for run in store.runs(base) if run.state == "complete" and store.reports(run.name)]
        return opened(store, max(known, key=lambda run: run.occasion)) if known else None


def opened(store: SqliteStore, run: RunRecord) -> Seen:
    """A finished run from the store."""
    work = reopen(store, run)
    bench, planned = work.recipe.bench, work.manifest.planned
    loads = []
    if isinstance(bench, Loads):
        for part in restarts(planned, work.material, bench):
            responses = [one for one in store.responses([asking.key for asking in part]) if one is not None]
            if (found := bench.loaded(responses)) is not None:
                loads.append(found)
    return Seen(work, store.reports(run.name)[-1][1], tuple(loads), good_of(work))


def good_of(work: Work) -> Bools | None:
    """Which requests of the steady part met all limits, in the order of the schedule; None without limits."""
    number = run_channels(work).get(ATTAINMENT)
    if number is None:
        return None
    rows = work.store.observations(number)
    order = np.lexsort((rows.item, rows.repeat))
    kept: Bools = (rows.value > 0)[order][rows.ok[order]]
    return kept


def point(found: Seen, setting: float, mlperf: bool) -> tuple[SweepPoint, dict[str, Measurand]]:
    """A run as a point of a sweep, with the definitions of what it states."""
    report = report_in(found.report)
    sound = [one for one in found.loads if not one.refused]
    rates = [one.rate for one in sound or found.loads if one.rate is not None]
    codes = dict.fromkeys(code for one in found.loads for code in one.refused)
    queries = None
    if mlperf and found.good is not None and len(found.good) and found.state == "steady":
        queries = least_queries(len(found.good), int((~found.good).sum()))
    made = SweepPoint(
        setting=setting, offered=sum(rates) / len(rates) if rates else None, run=report.run,
        report=digest_bytes(found.report), restarts=len(found.loads), left_out=len(found.loads) - len(sound),
        refused=tuple(codes), state=found.state, queries=queries,
        results=tuple(one for name in SHOWN for one in report.results if one.measurand == name),
    )  # fmt: skip
    defined = {name: msgspec.structs.replace(one, name=name) for result in made.results
               if (name := result.measurand) and (one := _definition(report.measurands, name)) is not None}  # fmt: skip
    return made, defined


def _definition(known: dict[str, Measurand], name: str) -> Measurand | None:
    return known.get(name) or known.get(name.partition(":")[0])
