"""MLPerf's rule for the least number of queries, as an option that others can compare with.

It takes latencies for independent. In a queue they are not: at load 0.8 its "99 % confident" bound on p99 holds in a
third to three fifths of the runs. It is no part of an interval here.

Source: MLPerf LoadGen, ``early_stopping.cc`` (recalled): a percentile p is met if, with t queries over the latency,
h_min(t) + t queries were made, where h_min(t) is the least h with P[Bin(h + t, 1 − p) ≤ t] ≤ 1 − confidence.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from assay.uncertainty.checked import at_least, finite, within

CONFIDENCE: Final = 0.99


def least_under(over: int, p: float, confidence: float = CONFIDENCE) -> int:
    """Fewest queries under the latency that must be seen with ``over`` queries over it.

    >>> [least_under(1, p) + 1 for p in (0.5, 0.9, 0.95, 0.97, 0.99, 0.999)]
    [11, 64, 130, 219, 662, 6636]
    """
    _percentile(p, confidence)
    at_least("early stopping", "queries over the latency", over, 0)
    low, high = 0, max(1, over)
    while _wrongly(high, over, p) > 1 - confidence:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if _wrongly(middle, over, p) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def passes(n: int, over: int, p: float, confidence: float = CONFIDENCE) -> bool:
    """Whether n queries, of which ``over`` took longer than the latency, suffice to say that the percentile met it."""
    at_least("early stopping", "queries", n, 1)
    return n >= least_under(over, p, confidence) + over


def estimate(latencies: npt.ArrayLike, p: float, confidence: float = CONFIDENCE) -> float | None:
    """The upper bound that LoadGen reports for a percentile: an order statistic; None with too few queries.

    Args:
        latencies: shape (n,).
        p: which percentile, as a fraction.
        confidence: of the bound, were the latencies independent.
    """
    ordered = np.sort(np.asarray(latencies, dtype=np.float64))
    finite("early stopping", ordered)
    at_least("early stopping", "queries", len(ordered), 1)
    discarded = most_over(len(ordered), p, confidence)
    return None if discarded < 1 else float(ordered[len(ordered) - discarded])


def most_over(n: int, p: float, confidence: float = CONFIDENCE) -> int:
    """Most queries over the latency with which n are enough; 0 where one is too many.

    >>> most_over(10_000, 0.99)
    77
    """
    low, high = 0, n + 1
    while high - low > 1:
        middle = (low + high) // 2
        if passes(n, middle, p, confidence):
            low = middle
        else:
            high = middle
    return low


def _wrongly(under: int, over: int, p: float) -> float:
    """P[Bin(under + over, 1 − p) ≤ over]."""
    return float(betainc(under, over + 1, p)) if under else 1.0


def _percentile(p: float, confidence: float) -> None:
    within("early stopping", "p", p, "0 < p < 1", 0 < p < 1)
    within("early stopping", "confidence", confidence, "0 < confidence < 1", 0 < confidence < 1)
