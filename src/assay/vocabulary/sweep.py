"""What comes out of a sweep: the same measurement of a server at several loads, its knee, or its highest good rate."""

from typing import Final, Literal

from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note, Result

SWEEP_TYPE: Final = "urn:assay:sweep:1"

Axis = Literal["rate", "concurrency"]
State = Literal["steady", "overload", "unsteady", "refused"]
"""``overload``: more was asked than could be answered, so that there is no steady part; ``unsteady``: there is none for
another reason; ``refused``: the client's times may not be relied upon, which says nothing of the server."""

Verdict = Literal["meets", "fails", "undecided"]
Cause = Literal["refused", "unsteady", "few", "near"]
"""Why nothing was decided at a rate. ``refused``: in no run may the client's times be relied upon; ``unsteady``: no
other run had a steady part; ``few``: too few of its requests are independent; ``near``: the interval of the share
of good requests has the wanted share within it."""


class LeastQueries(Record, kw_only=True):
    """MLPerf's rule for the least number of queries. It takes requests for independent, which in a queue they are not.

    Attributes:
        percentile: share of the requests that must be good.
        confidence: of the rule, were the requests independent.
        n: requests of the steady part.
        over: those that were not good.
        needed: requests that the rule asks for with so many that were not good.
        passed: n is at least that.
    """

    percentile: float
    confidence: float
    n: int
    over: int
    needed: int
    passed: bool


class SweepPoint(Record, kw_only=True):
    """One load, with its measurement.

    Attributes:
        setting: requests a second, or requests in progress, as asked for.
        offered: requests a second that the schedules really had; None in a closed loop.
        run: name of the run.
        report: SHA-256 of its signed report, hexadecimal.
        restarts: how many there were.
        left_out: those whose times may not be relied upon.
        refused: codes of the reasons.
        state: of the restarts that may be relied upon: the worst of them.
        results: those of the report that a sweep shows.
        queries: MLPerf's rule, where it was asked for.
    """

    setting: float
    offered: float | None
    run: str
    report: str
    restarts: int
    left_out: int
    refused: tuple[str, ...]
    state: State
    results: tuple[Result, ...]
    queries: LeastQueries | None = None

    def result(self, measurand: str) -> Result | None:
        """The result of a measurand; None if there is none."""
        return next((one for one in self.results if one.measurand == measurand), None)


class FoundKnee(Record, kw_only=True):
    """Where answers stop following requests; in requests a second.

    Attributes:
        value: the fitted rate; None if no point lies surely above it.
        low: lower end of the interval; without a value, the knee lies above this.
        high: upper end; None without a value.
        level: of the interval.
        p: how probable points that lie so far from the broken line are, were it true.
        points: number of points that it rests on.
    """

    value: float | None
    low: float
    high: float | None
    level: float
    p: float
    points: int


class SearchRun(Record, kw_only=True):
    """One run of a search.

    Attributes:
        run: its name.
        report: SHA-256 of its signed report, hexadecimal.
        state: as for a point.
        n: requests of its steady part.
        good: those that met every limit.
    """

    run: str
    report: str
    state: State
    n: int
    good: int


class TriedRate(Record, kw_only=True):
    """What a search found at one rate.

    Attributes:
        rate: requests a second.
        verdict: whether the wanted share is met.
        share: of good requests; None where no run had a steady part.
        n: number of requests.
        runs: in the order in which they were made.
        cause: why nothing was decided; None where something was.
    """

    rate: float
    verdict: Verdict
    share: float | None
    n: int
    runs: tuple[SearchRun, ...]
    cause: Cause | None = None


class FoundRate(Record, kw_only=True):
    """The highest rate that meets the limits lies between ``low`` and ``high``.

    Attributes:
        share: of the requests that must be good.
        level: confidence that both ends are right.
        between: lowest and highest rate that was to be tried.
        most_runs: at one rate.
        most_rates: number of rates.
        within: relative distance of the ends that is near enough.
        low: highest rate that surely meets them; None if the lowest tried does not surely.
        high: lowest rate that surely fails them; None if the highest tried does not surely.
        resolved: whether both ends are as near as was asked for.
        tried: every rate, in the order of trying.
    """

    share: float
    level: float
    between: tuple[float, float]
    most_runs: int
    most_rates: int
    within: float
    low: float | None
    high: float | None
    resolved: bool
    tried: tuple[TriedRate, ...]


class Sweep(Record, kw_only=True):
    """A server at several loads; signed.

    Attributes:
        id: made from what is stated.
        issued: ISO 8601 UTC.
        laboratory: who signs; the reports are its own.
        software: versions.
        title: of the measurement.
        subject: identity of the subject.
        material: digest of the requests.
        settings: of the procedure, but for what was swept.
        axis: what was swept.
        level: coverage probability of all intervals.
        measurands: definitions, by name.
        points: one for each load, in the order of the load; empty for a search.
        knee: of a sweep over rates; None where there is none.
        search: the highest rate that meets the limits; None for a sweep.
        notes: remarks on validity.
    """

    format: int = 1
    id: str
    issued: str
    laboratory: LaboratoryMark
    software: dict[str, str]
    title: str
    subject: dict[str, Json]
    material: str
    settings: dict[str, Json]
    axis: Axis
    level: float
    measurands: dict[str, Measurand]
    points: tuple[SweepPoint, ...] = ()
    knee: FoundKnee | None = None
    search: FoundRate | None = None
    notes: tuple[Note, ...] = ()
