"""The highest rate that meets a limit, from runs at several rates, each of which says yes, no, or not yet.

At each rate a run is made, and made again (its requests are added) until its share of good requests is surely at least
the wanted one, surely below it, or its budget is spent. The rates are bisected between the highest that surely meets
the limit and the lowest that surely does not. A rate's verdict holds for all lower (or higher) ones, since more load
makes no request faster. The risk is shared over all looks at all rates, so that both ends are right at once.

Source: sharing a risk over looks: Bonferroni (recalled).
"""

from collections.abc import Callable
from math import sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import level_given, within
from assay.uncertainty.queueing.dependence import dependent
from assay.uncertainty.queueing.goodput import bound
from assay.uncertainty.queueing.latency import LEAST_EFFECTIVE

Bools = npt.NDArray[np.bool_]
Verdict = Literal["meets", "fails", "undecided"]
Measure = Callable[[float, int], Bools | None]
"""Makes a run of its own at a rate (requests a second); the second argument is its number, from 0, at this rate.

It says which requests of its steady part were good, in their order; none where the server was overloaded; None where
the run says nothing of the server, since its times may not be relied upon: that is no verdict.
"""


class Tried(NamedTuple):
    """What was found at one rate.

    Attributes:
        rate: requests a second.
        verdict: whether the wanted share is met.
        share: of good requests in all runs; None where no run had a steady part.
        runs: how many were made.
        n: number of requests.
    """

    rate: float
    verdict: Verdict
    share: float | None
    runs: int
    n: int


class Highest(NamedTuple):
    """The highest rate that meets the limit lies between ``low`` and ``high``.

    Attributes:
        low: highest rate that surely meets it; None if the lowest tried does not surely.
        high: lowest rate that surely fails it; None if the highest tried does not surely.
        resolved: whether both ends are as near as was asked for; not if ``high`` lies below ``low``: then the server
            did not do the same at the same rate, and neither holds.
        tried: every rate, in the order of trying.
    """

    low: float | None
    high: float | None
    resolved: bool
    tried: tuple[Tried, ...]


class Search(NamedTuple):
    """How to search.

    Attributes:
        share: of the requests that must be good, 0 < share < 1.
        level: confidence that ``low`` meets the limit and ``high`` does not.
        runs: most runs at one rate.
        rates: most rates.
        within: relative distance of the ends that is near enough.
    """

    share: float
    level: float = 0.95
    runs: int = 4
    rates: int = 12
    within: float = 0.05


_HALF: Final = 0.5


def highest_rate(measure: Measure, between: tuple[float, float], how: Search) -> Highest:
    """Search the highest rate that meets the limit.

    Args:
        measure: makes a run.
        between: lowest and highest rate to try, in requests a second.
        how: share, confidence and budget.
    Raises:
        BadInput: rates, share or level out of range.
    """
    level_given("highest rate", how.level)
    within("highest rate", "share", how.share, "0 < share < 1", 0 < how.share < 1)
    within("highest rate", "lowest rate", between[0], "above 0 and below the highest", 0 < between[0] < between[1])
    tried: list[Tried] = []
    low = high = None
    for place in range(how.rates):
        rate = _following(place, between, (low, high), tried)
        if rate is None:
            break
        found = decided(measure, rate, how)
        tried.append(found)
        if found.verdict == "meets":
            low = rate if low is None else max(low, rate)
        elif found.verdict == "fails":
            high = rate if high is None else min(high, rate)
        if high == between[0] or low == between[1] or _near(low, high, how.within):
            break
    resolved = low is not None and high is not None and low < high and _near(low, high, how.within)
    return Highest(low, high, resolved, tuple(tried))


def _near(low: float | None, high: float | None, distance: float) -> bool:
    """Whether the ends are near enough, or contradict each other, so that no rate between them is left."""
    return low is not None and high is not None and high <= low * (1 + distance)


def _following(
    place: int, between: tuple[float, float], ends: tuple[float | None, float | None], tried: list[Tried]
) -> float | None:
    """The two ends of the range first; then the widest gap between rates that no verdict has settled."""
    if place < 2:
        return between[place]
    low, high = ends
    first, last = low or between[0], high or between[1]
    known = sorted({first, last, *(one.rate for one in tried if first <= one.rate <= last)})
    gaps = [(after / before, sqrt(before * after)) for before, after in zip(known, known[1:], strict=False)]
    return max(gaps)[1] if gaps else None


def decided(measure: Measure, rate: float, how: Search) -> Tried:
    """Runs at one rate until the share of good requests is surely on one side, or the budget is spent."""
    risk = (1 - how.level) * _HALF / (how.runs * how.rates)
    runs: list[Bools] = []
    verdict: Verdict = "undecided"
    for place in range(how.runs):
        run = measure(rate, place)
        if run is None:
            continue
        if len(run):
            runs.append(run)
        verdict = _verdict(runs, how.share, risk) if len(run) else "fails"
        if verdict != "undecided":
            break
    everything = np.concatenate(runs) if runs else np.zeros(0, dtype=np.bool_)
    share = float(everything.mean()) if runs else None
    return Tried(rate, verdict, share, place + 1, len(everything))


def _verdict(runs: list[Bools], share: float, risk: float) -> Verdict:
    found = dependent([run.astype(np.float64) for run in runs])
    if found.n_eff < LEAST_EFFECTIVE:
        return "undecided"
    if bound(found, risk, below=True) >= share:
        return "meets"
    return "fails" if bound(found, risk, below=False) < share else "undecided"
