"""Quantiles with intervals that hold for any distribution.

Independent readings: the interval ends at order statistics (never covers less than its level), or between two of them
(covers very nearly its level). Clusters: the interval of the share of readings below, read back as a quantile.

Source: order statistics: Conover 1999, section 3.2 (recalled); interpolation: Hettmansperger and Sheather 1986, for any
quantile Nyblom 1992 (recalled); clusters: Woodruff 1952, with the variance of the share at the estimate.
"""

from math import ceil, floor, sqrt
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, bdtrc

from assay.uncertainty.checked import at_least, finite, level_given, places, within
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.one_sided import RISKS, OneSided, Table
from assay.uncertainty.score.crossed import clustered

Floats = npt.NDArray[np.float64]
Method = Literal["order", "interpolated", "clusters"]
_WHERE = "quantile"


class Quantile(NamedTuple):
    """An estimate with its interval.

    Attributes:
        value: in the unit of the readings; linear between order statistics.
        low: lower end; None where so few readings give none at this level.
        high: upper end; the same.
        method: how the interval was made.
    """

    value: float
    low: float | None
    high: float | None
    method: Method


def ranks(n: int, p: float, level: float) -> tuple[int, int]:
    """Ranks, from 1, of the order statistics that enclose a quantile; 0 or n + 1 where there is none.

    Args:
        n: independent readings.
        p: which quantile, 0 < p < 1.
        level: coverage probability, each side failing with at most half of the rest.

    >>> ranks(10, 0.5, 0.95), ranks(5, 0.5, 0.95)
    ((2, 9), (0, 6))
    """
    risk = (1 - level) / 2
    below = np.arange(n + 1)
    low = int((bdtr(below[:-1], n, p) <= risk).sum())  # error of rank l: l - 1 or fewer readings below
    above = bdtrc(below[:-1], n, p) <= risk  # error of rank u: u or more readings below
    return low, int(np.argmax(above)) + 1 if above.any() else n + 1


def quantile(
    values: npt.ArrayLike,
    p: float,
    level: float = 0.95,
    method: Method = "interpolated",
    group: npt.ArrayLike | None = None,
) -> Quantile:
    """A quantile of a population of which the readings are a sample.

    Args:
        values: independent readings, or in independent clusters; shape (n,).
        p: which quantile, 0 < p < 1.
        level: coverage probability.
        method: ``order`` or ``interpolated``; with clusters always ``clusters``.
        group: cluster of each reading, shape (n,).
    Raises:
        BadInput: no readings, one cluster, or p or level out of range.

    >>> quantile([3.0, 1.0, 2.0, 5.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0], 0.5, method="order")
    Quantile(value=5.5, low=2.0, high=9.0, method='order')
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    at_least(_WHERE, "readings", len(x), 1)
    finite(_WHERE, x)
    within(_WHERE, "p", p, "0 < p < 1", 0 < p < 1)
    level_given(_WHERE, level)
    value = float(np.quantile(x, p))
    if group is not None:
        low, high = _clusters(np.asarray(values, np.float64), places(group, len(x)), p, level)
        return Quantile(value, low, high, "clusters")
    first, last = ranks(len(x), p, level)
    if method == "order":
        return Quantile(value, _at(x, first), _at(x, last), method)
    risk = (1 - level) / 2
    reversed_high = _between(-x[::-1], len(x) + 1 - last, 1 - p, risk)
    return Quantile(
        value, _between(x, first, p, risk), None if reversed_high is None else -reversed_high, "interpolated"
    )


def one_sided(values: npt.ArrayLike, p: float, group: npt.ArrayLike | None = None) -> Table:
    """Bounds of a quantile by risk: order statistics, which never err more often than the risk, or Woodruff's.

    Args:
        values: as for ``quantile``.
        p: which quantile.
        group: cluster of each reading; None if they are independent.

    >>> [(row.risk, row.low, row.high) for row in one_sided(range(1, 11), 0.5) if row.risk in (0.01, 0.05)]
    [(0.01, 1.0, 10.0), (0.05, 2.0, 9.0)]
    """
    x = np.asarray(values, dtype=np.float64)
    if group is not None:
        place = places(group, len(x))
        return tuple(OneSided(risk, *_clusters(x, place, p, 1 - 2 * risk)) for risk in RISKS)
    x = np.sort(x)
    return tuple(OneSided(risk, *(_at(x, rank) for rank in ranks(len(x), p, 1 - 2 * risk))) for risk in RISKS)


def _at(x: Floats, rank: int) -> float | None:
    return float(x[rank - 1]) if 1 <= rank <= len(x) else None


def _between(x: Floats, rank: int, p: float, risk: float) -> float | None:
    """Lower end between two order statistics whose errors enclose the risk."""
    n = len(x)
    if rank < 1 or rank >= n:
        return _at(x, rank)
    near, far = float(bdtr(rank - 1, n, p)), float(bdtr(rank, n, p))
    if near >= risk:
        return float(x[rank - 1])
    share = 1 / (1 + rank * (1 - p) * (far - risk) / ((n - rank) * p * (risk - near)))
    return float((1 - share) * x[rank - 1] + share * x[rank])


def _clusters(x: Floats, place: npt.NDArray[np.int64], p: float, level: float) -> tuple[float | None, float | None]:
    """Woodruff's interval: the readings whose share below is not too far from p."""
    n = len(x)
    at_least(_WHERE, "clusters", int(place.max()) + 1, 2)
    below = (x <= np.quantile(x, p)).astype(np.float64)
    share = np.full(n, 1 / n)
    variance, dof = clustered(share, below - below.mean(), place)
    alone = below.var() / n
    effect = max(1.0, variance / alone) if alone > 0 else 1.0
    half = coverage_factor(level, dof) * sqrt(effect * p * (1 - p) / n)
    ordered = np.sort(x)
    return _at(ordered, floor(n * (p - half)) if p > half else 0), _at(ordered, ceil(n * (p + half)) + 1)
