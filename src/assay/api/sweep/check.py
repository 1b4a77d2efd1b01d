"""Whether a signed sweep follows from what it states, and states what the reports and runs of this laboratory have."""

from contextlib import closing
from typing import Literal

import msgspec

from assay.api.sweep.measured import Bools, Seen, opened, point
from assay.api.sweep.numbers import found_knee, least_queries, not_fresh, remarks, search_remarks
from assay.api.sweep.search import Ran, follows, how_of, stated, verdict_on
from assay.api.work import report_in
from assay.line.compose import software
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.uncertainty.servers.highest_rate import highest_rate
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import AssayError
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note
from assay.vocabulary.sweep import FoundRate, Sweep

Outcome = Literal["passed", "failed", "not_checked"]


class _NotHere(Exception):
    """A run is not in this laboratory."""


def differing(made: Sweep) -> str:
    """The first thing that does not follow from the numbers beside it; empty if all does."""
    try:
        for one in made.points:
            if one.queries is not None and one.queries != least_queries(one.queries.n, one.queries.over):
                return f"{one.setting:g}: queries"
        found = found_knee(made.points, made.level) if made.axis == "rate" and made.points else None
    except (AssayError, ValueError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    same = software() == made.software
    if (found is None) != (made.knee is None) or (same and found != made.knee):
        return "knee"
    if found is not None and made.knee is not None and not _near(found.low, made.knee.low):
        return "knee"
    if made.search is not None and not follows(made.search):
        return "search"
    if made.points and same and made.notes != remarks(made.points, made.knee, made.settings):
        return "notes"
    if made.search is not None and any(note not in made.notes for note in _owed(made.search, made.settings)):
        return "notes"
    return ""


def _owed(found: FoundRate, settings: dict[str, Json]) -> tuple[Note, ...]:
    """What must be remarked on a search; statements of before gave no reasons."""
    told = any(one.cause is not None for one in found.tried)
    return search_remarks(found, settings) if told else not_fresh(settings)


def _near(ours: float, theirs: float) -> bool:
    """As near as other draws of the same distribution come."""
    return abs(ours - theirs) <= 0.02 * max(abs(ours), abs(theirs))


def held_against(made: Sweep, laboratory: Laboratory) -> tuple[Outcome, str]:
    """Whether points and search are what the runs of this laboratory say: outcome and detail."""
    if not laboratory.has_store():
        return "not_checked", "no_store"
    try:
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            place = _points(made, store) or (_search(made.search, store) if made.search is not None else "")
    except _NotHere:
        return "not_checked", "no_sweep_runs"
    except AssayError as error:
        return "failed", str(error)
    return ("failed", place) if place else ("passed", "")


def _points(made: Sweep, store: SqliteStore) -> str:
    for one in made.points:
        found = _seen(store, one.run, one.report)
        again, _ = point(found, one.setting, one.queries is not None)
        report = report_in(found.report)
        if (report.subject.identity, report.material.digest) != (made.subject, made.material):
            return f"{one.setting:g}: subject"
        if digest(msgspec.to_builtins(again)) != digest(msgspec.to_builtins(one)):
            return f"{one.setting:g}"
    return ""


def _search(made: FoundRate, store: SqliteStore) -> str:
    """The search again, with the runs of the store in place of measurements."""
    known = {(rate.rate, place): run for rate in made.tried for place, run in enumerate(rate.runs)}
    used: dict[float, list[Ran]] = {}

    def measure(rate: float, place: int) -> Bools | None:
        run = known.get((rate, place))
        if run is None:
            raise _NotHere
        found = _seen(store, run.run, run.report)
        n, good = (len(found.good), int(found.good.sum())) if found.good is not None else (0, 0)
        again = msgspec.structs.replace(run, state=found.state, n=n, good=good)
        used.setdefault(rate, []).append(Ran(again, said := verdict_on(found)))
        return said

    again = stated(highest_rate(measure, made.between, how_of(made)), made.between, how_of(made), used)
    if all(one.cause is None for one in made.tried):  # as statements of before have it
        plain = tuple(msgspec.structs.replace(one, cause=None) for one in again.tried)
        again = msgspec.structs.replace(again, tried=plain)
    return "" if again == made else "search"


def _seen(store: SqliteStore, run: str, report: str) -> Seen:
    """A run of this laboratory that has this very report.

    Raises:
        _NotHere: there is no such run, or it has other reports.
    """
    record = next((one for one in store.runs() if one.name == run), None)
    if record is None:
        raise _NotHere
    envelopes = [envelope for _, envelope in store.reports(record.name) if digest_bytes(envelope) == report]
    if not envelopes:
        raise _NotHere
    return opened(store, record)._replace(report=envelopes[-1])

