"""What a sweep states beyond its points, as a function of the points alone: so it can be computed again."""

from collections.abc import Sequence
from typing import Final, get_args

from assay.uncertainty.queueing.early_stopping import CONFIDENCE, least_under
from assay.uncertainty.servers.knee import knee
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note
from assay.vocabulary.sweep import Cause, FoundKnee, FoundRate, LeastQueries, SweepPoint, TriedRate

THROUGHPUT: Final = "serving.throughput"
ATTAINMENT: Final = "serving.attainment"
SHOWN: Final = (
    THROUGHPUT, "serving.token_throughput", "serving.ttft:p50", "serving.ttft:p99", "serving.ttft_scheduled:p99",
    "serving.tpot:mean", "serving.tpot:p50", "serving.tpot:p99", "serving.e2e:p50", "serving.e2e:p99",
    "serving.error_rate", ATTAINMENT, "serving.goodput", "serving.token_cost", "serving.good_token_cost",
    "serving.request_cost",
)  # fmt: skip
"""What a sweep states of each point, as far as its report has it."""

CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
PERCENTILE: Final = 0.99
_LEAST: Final = 3
_FITS_BADLY: Final = 0.05


def found_knee(points: Sequence[SweepPoint], level: float) -> FoundKnee | None:
    """The knee of a sweep over rates; None with fewer than three points that have an uncertainty.

    Points in overload count with what they answered in the second half of the time of sending; points that the client
    refused, or whose throughput has no uncertainty, do not count.
    """
    used = [(one.offered, result.value, result.u) for one in points
            if one.offered is not None and one.state != "refused" and (result := one.result(THROUGHPUT)) is not None
            and result.value is not None and result.u]  # fmt: skip
    if len(used) < _LEAST:
        return None
    sent, answered, u = zip(*used, strict=True)
    found = knee(sent, answered, u, level)
    return FoundKnee(value=found.value, low=found.low, high=found.high, level=level, p=found.p, points=len(used))


def least_queries(n: int, over: int) -> LeastQueries:
    """MLPerf's rule for n requests of which ``over`` were not good."""
    needed = least_under(over, PERCENTILE) + over
    return LeastQueries(percentile=PERCENTILE, confidence=CONFIDENCE, n=n, over=over, needed=needed, passed=n >= needed)


def remarks(points: Sequence[SweepPoint], knee: FoundKnee | None, settings: dict[str, Json]) -> tuple[Note, ...]:
    """What a reader must know of a sweep's points."""
    notes = []
    for state in ("refused", "overload", "unsteady"):
        places = ", ".join(f"{one.setting:g}" for one in points if one.state == state)
        if places:
            notes.append(Note(code=state, values={"at": places}))
    partly = ", ".join(f"{one.setting:g}" for one in points if one.left_out and one.state != "refused")
    if partly:
        notes.append(Note(code="partly_refused", values={"at": partly}))
    if any(one.offered is not None for one in points):
        if knee is None:
            notes.append(Note(code="no_knee", values={"least": _LEAST}))
        elif knee.p < _FITS_BADLY:
            notes.append(Note(code="fits_badly", values={"p": f"{knee.p:.2g}"}))
    elif points:
        notes.append(Note(code="closed"))
    if any(one.queries is not None for one in points):
        notes.append(Note(code="mlperf"))
    return (*notes, *not_fresh(settings))


def search_remarks(found: FoundRate, settings: dict[str, Json]) -> tuple[Note, ...]:
    """What a reader must know of a search: for each reason, at which rates nothing was decided."""
    notes = []
    for cause in CAUSES:
        places = ", ".join(f"{one.rate:.4g}" for one in found.tried if one.cause == cause)
        if places:
            notes.append(Note(code=f"undecided.{cause}", values={"at": places, "share": found.share}))
    refused = sum(run.state == "refused" for one in found.tried for run in one.runs)
    if refused:
        notes.append(Note(code="runs_refused", values={"n": refused}))
    return (*notes, *not_fresh(settings))


def cause_fits(one: TriedRate) -> bool:
    """Whether the reason why nothing was decided at a rate can be that of these runs."""
    states = {run.state for run in one.runs}
    if one.verdict != "undecided" or one.cause is None:  # statements of before had none
        return one.cause is None
    return one.cause in ({"refused"} if states == {"refused"} else {"unsteady"} if "steady" not in states else
                         {"few", "near"})  # fmt: skip


def not_fresh(settings: dict[str, Json]) -> tuple[Note, ...]:
    """Whether all loads send the same prompts, which a cache may know after the first."""
    return () if settings.get("fresh") or settings.get("mark", True) else (Note(code="not_fresh"),)
