"""A cumulative sum of failures among known cases: does an instrument still find what it found when calibrated?

Each day some cases with a known answer are put to the instrument. The sum grows with every failure and falls by a fixed
amount with every case, never below 0; it calls for action above a limit. It gathers small shifts over days, which a
Shewhart chart forgets, and takes the binomial as it is, where charts for normal values are off: with 50 cases and 5 %
failures "three standard deviations" are crossed more than twice as often as they should be, on the side that matters.

Run lengths are exact: the sum moves on a grid, and its days are a Markov chain.

What the chart assumes is that the share of failures in control is known. It comes from a calibration with a number of
cases of its own: found from 500, no more than one false alarm in 200 days came in 77 % to 86 % of the simulations, not
in more than 95 %; found from 2000 in 92 % to 95 % (``python -m assay.testing.arena chart``).

Source: Page 1954; reference value and decision interval for binomial counts: Hawkins and Olwell 1998, section 5.4
(recalled); run lengths by a Markov chain: Brook and Evans 1972.
"""

from collections.abc import Sequence
from math import log
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from assay.uncertainty.checked import at_least, same_length, within

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STEPS: Final = 10
"""Points of the grid for one failure."""
RUN_LENGTH: Final = 600.0
"""Days to a false alarm on average, unless said otherwise: two or more in 200 days then happen once in 22 times."""
_WHERE = "control"
_LIMIT = 80  # failures; a longer chart would be slow to find and slower to speak


class Cusum(NamedTuple):
    """A chart that is ready for use.

    Attributes:
        share: failures among the cases in control.
        drifted: failures among them that the chart looks out for; above ``share``.
        cases: number of cases of a day.
        reference: failures of a day that leave the sum as it is; between those in control and those after the shift.
        limit: an alarm is a sum above it, in failures.
        run_length: days to a false alarm on average, exactly, if ``share`` is right.
    """

    share: float
    drifted: float
    cases: int
    reference: float
    limit: float
    run_length: float


class Watched(NamedTuple):
    """What the chart shows.

    Attributes:
        sum: at the end of each day, shape (days,); after an alarm it begins again at 0.
        alarms: days (from 0) on which the sum lay above the limit.
    """

    sum: Floats
    alarms: tuple[int, ...]


def designed(share: float, drifted: float, cases: int, run_length: float = RUN_LENGTH) -> Cusum:
    """The chart with the smallest limit that gives a false alarm no more often than wanted.

    Args:
        share: failures among the cases in control, above 0 and below 1; 1 − sensitivity for positive cases.
        drifted: failures to look out for, above ``share`` and below 1.
        cases: of a day.
        run_length: least days to a false alarm on average.
    Raises:
        BadInput: shares that are not in this order; fewer than one case; a run length out of reach.

    >>> chart = designed(0.1, 0.2, 50)
    >>> chart.reference, chart.limit, round(chart.run_length)
    (7.3, 5.7, 669)
    """
    within(_WHERE, "share", share, "0 < share < 1", 0 < share < 1)
    within(_WHERE, "drifted", drifted, f"{share:g} < drifted < 1", share < drifted < 1)
    at_least(_WHERE, "cases", cases, 1)
    within(_WHERE, "run_length", run_length, "1 <= run_length <= 1e6", 1 <= run_length <= 1e6)
    odds = log(drifted * (1 - share) / (share * (1 - drifted)))
    reference = round(STEPS * cases * log((1 - share) / (1 - drifted)) / odds) / STEPS
    low, high = 0, STEPS
    while _run_length(share, cases, reference, high) < run_length:
        low, high = high, 2 * high
        within(_WHERE, "run_length", run_length, "a smaller one", high <= _LIMIT * STEPS)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _run_length(share, cases, reference, middle) >= run_length else (middle, high)
    return Cusum(share, drifted, cases, reference, high / STEPS, _run_length(share, cases, reference, high))


def run_length(chart: Cusum, share: float) -> float:
    """Days to the first alarm on average if the true share of failures is this, the sum beginning at 0."""
    within(_WHERE, "share", share, "0 <= share <= 1", 0 <= share <= 1)
    return _run_length(share, chart.cases, chart.reference, round(chart.limit * STEPS))


def caught(chart: Cusum, share: float, days: int) -> float:
    """Probability of an alarm within some days if the true share of failures is this, the sum beginning at 0.

    It begins at 0 at worst: where it stands higher when the share changes, the alarm comes sooner.

    >>> round(caught(designed(0.1, 0.2, 50), 0.2, 10), 3)
    0.998
    """
    within(_WHERE, "share", share, "0 <= share <= 1", 0 <= share <= 1)
    step = _steps(share, chart.cases, chart.reference, round(chart.limit * STEPS))
    state = np.zeros(len(step))
    state[0] = 1.0
    for _ in range(days):
        state = state @ step
    return 1 - float(state.sum())


def watched(chart: Cusum, failures: Sequence[int], cases: Sequence[int] | None = None) -> Watched:
    """The chart of these days.

    Args:
        chart: as designed.
        failures: of each day, shape (days,).
        cases: answered on each day, where some were lost; those of the chart if None. The reference shrinks with them.
    Raises:
        BadInput: more failures than cases, or numbers that are no counts.

    >>> watched(designed(0.1, 0.2, 50), [5, 6, 9, 11, 12]).alarms
    (4,)
    """
    failed = np.asarray(failures, np.float64)
    had = np.full(len(failed), float(chart.cases)) if cases is None else np.asarray(cases, np.float64)
    same_length(_WHERE, failed, had)
    bad = ~((failed >= 0) & (failed <= had) & (failed == np.floor(failed)) & (had == np.floor(had)))
    if bad.any():
        day = int(bad.argmax())
        within(_WHERE, "failures", float(failed[day]), f"a whole number from 0 to {had[day]:g}", False)
    at, sums, alarms = 0.0, np.empty(len(failed)), []
    for day, (x, n) in enumerate(zip(failed, had, strict=True)):
        at = max(0.0, at + float(x) - chart.reference * float(n) / chart.cases)
        sums[day] = at
        if at > chart.limit + 1e-9:
            alarms.append(day)
            at = 0.0
    return Watched(sums, tuple(alarms))


def _run_length(share: float, cases: int, reference: float, limit: int) -> float:
    step = _steps(share, cases, reference, limit)
    days = np.linalg.solve(np.eye(len(step)) - step, np.ones(len(step)))
    return float(min(days[0], 1e12)) if days[0] > 0 else 1e12


def _steps(share: float, cases: int, reference: float, limit: int) -> Floats:
    """Probability of going from one point of the grid to another in a day without an alarm, (limit + 1, limit + 1)."""
    failures = np.arange(cases + 1)
    chance = _binomial(cases, share)
    table = np.zeros((limit + 1, limit + 1))
    move = STEPS * failures - round(STEPS * reference)
    for start in range(limit + 1):
        end = np.maximum(start + move, 0)
        inside = end <= limit
        table[start] = np.bincount(end[inside], chance[inside], limit + 1)
    return table


def _binomial(n: int, p: float) -> Floats:
    x = np.arange(n + 1.0)
    if p in (0.0, 1.0):
        return np.asarray(x == n * p, np.float64)
    return np.asarray(
        np.exp(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + x * log(p) + (n - x) * log(1 - p))
    )
