"""A difference of two systems with its interval, and how surprising it would be at a limit.

Four intervals:

- ``score``: independent pairs of equal weight that are -1, 0 or +1 ranges apart (0/1 readings): Tango's score
  interval. It is to pairs what Wilson's is to a proportion: never of zero width, within its bounds, and it holds no
  difference exactly where McNemar's asymptotic test does not reject one.
- ``t``: anything else. The degrees of freedom of the variance are lowered where the pairs have heavy tails (most of
  them 0, a few far from it) to what the variance of that variance is there; they are never raised.
- ``all_equal``: every pair is the same: a bound that follows from their number alone, as for a single mean.
- ``mover``: no items in common: the two intervals put together. There are no pairs then.

Source: Tango 1998, Statistics in Medicine 17, 891 (recalled); ``mover``: Newcombe 1998, method 10 for independent
proportions, and Zou and Donner 2008 for any two intervals (recalled).
"""

from collections.abc import Callable
from math import copysign, hypot, inf, sqrt
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr

from assay.uncertainty import spread as single
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.spread import Spread

Floats = npt.NDArray[np.float64]
Method = Literal["score", "t", "all_equal", "mover", "none"]


class Difference(NamedTuple):
    """Second system less first, in the unit of the readings.

    Attributes:
        value: the estimate.
        u: its standard uncertainty; None where it cannot be stated.
        dof: degrees of freedom of ``u``; None where infinite.
        method: how its interval is made.
        reach: largest possible difference; None if the readings have no bounds.
        n: independent pairs, for ``score`` and ``all_equal``; else number of items.
        counts: for independent pairs of 0/1 readings: pairs that only the second, and only the first, has right.
        n_items: items with a pair.
        n_units: clusters with a pair, or items if they stand alone.
        design_dof: degrees of freedom that the design gives, before tails; None where there are none.
        totals: sum over each cluster of share × pair, shape (units of the design,); empty where there are no pairs.
        by_unit: what each cluster contributes to ``u``, same shape; the root of its sum of squares is that part.
        by_variant: the same for variants that are a sample, shape (variants of the design,).
        by_system: contributions of scatter that belongs to the first and to the second system alone.
        sides: for ``mover``: the two estimates.
        notes: codes of remarks.
    """

    value: float
    u: float | None
    dof: float | None
    method: Method
    reach: float | None
    n: float
    counts: tuple[int, int] | None
    n_items: int
    n_units: int
    design_dof: float | None
    totals: Floats
    by_unit: Floats
    by_variant: Floats
    by_system: tuple[float, float] = (0.0, 0.0)
    sides: tuple[Spread, Spread] | None = None
    notes: tuple[str, ...] = ()


def interval(found: Difference, level: float) -> tuple[float, float] | None:
    """Two-sided coverage interval of a difference, within what is possible; None where none can be stated."""
    if found.method == "none" or found.u is None:
        return None
    if found.method == "mover":
        return _mover(found, level)
    if found.method == "all_equal":
        return single.interval(_as_spread(found), level)
    if found.method == "score":
        assert found.counts is not None and found.reach is not None
        low, high = tango(*found.counts, found.n, coverage_factor(level))
        return min(low * found.reach, found.value), max(high * found.reach, found.value)
    k = coverage_factor(level, found.dof)
    return _within(found, found.value - k * found.u, found.value + k * found.u)


def _within(found: Difference, low: float, high: float) -> tuple[float, float]:
    if found.reach is None:
        return low, high
    return max(low, -found.reach), min(high, found.reach)


def _mover(found: Difference, level: float) -> tuple[float, float] | None:
    assert found.sides is not None
    first, second = (single.interval(side, level) for side in found.sides)
    if first is None or second is None:
        return None
    a, b = (side.value for side in found.sides)
    return _within(
        found, found.value - hypot(b - second[0], first[1] - a), found.value + hypot(second[1] - b, a - first[0])
    )


def _as_spread(found: Difference) -> Spread:
    assert found.reach is not None
    return Spread(found.value, found.u, None, -found.reach, found.reach, found.n, "all_equal")


def tail(found: Difference, limit: float, *, above: bool) -> float | None:
    """How probable a difference at least this far on one side is, were the true one ``limit``.

    Args:
        found: the difference.
        limit: a difference, in the unit of the readings.
        above: True for differences as high as this or higher, False for as low or lower.
    """
    if found.method == "none" or found.u is None:
        return None
    if found.method == "all_equal":
        if found.reach is not None and not -found.reach < limit < found.reach:
            return 0.0 if (found.value > limit) == above and found.value != limit else 1.0
        return single.tail(_as_spread(found), limit, 0.05, above=above)
    sign = 1.0 if above else -1.0
    if found.method == "score":
        assert found.counts is not None and found.reach is not None
        return float(ndtr(-sign * score(*found.counts, found.n, limit / found.reach)))
    distance = sign * (found.value - limit) / found.u
    return float(stdtr(found.dof if found.dof is not None else 1e12, -distance))


def probability_positive(found: Difference) -> float | None:
    """Probability that the true difference is above 0, given these readings.

    The posterior probability with a flat prior and the distribution that the interval rests on (Student's t about the
    estimate, or the score): what one-sided interval would just exclude 0. It is not the probability that the second
    system does better on the next item, and no prior knowledge of the systems is in it.
    """
    if found.method == "all_equal" and found.value == 0:
        return 0.5
    surprise = tail(found, 0.0, above=found.value >= 0)
    if surprise is None:
        return None
    return 1 - surprise if found.value >= 0 else surprise


def score(more: float, fewer: float, n: float, limit: float) -> float:
    """Tango's score statistic of a paired difference of proportions against a limit, standard normal there.

    Args:
        more: pairs that are +1.
        fewer: pairs that are -1.
        n: all pairs.
        limit: hypothetical difference, between -1 and 1.
    Source: Tango 1998 (recalled); at the limit 0 it is McNemar's (more - fewer) / sqrt(more + fewer).

    >>> round(score(46, 21, 220, 0.0), 4) == round(25 / 67**0.5, 4)
    True
    """
    gap = more - fewer - n * limit
    b = -more - fewer + (2 * n - more + fewer) * limit
    c = -fewer * limit * (1 - limit)
    q = (sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    variance = n * (2 * q + limit * (1 - limit))
    if variance <= 0:
        return 0.0 if gap == 0 else copysign(inf, gap)
    return float(gap / sqrt(variance))


def tango(more: float, fewer: float, n: float, k: float) -> tuple[float, float]:
    """The differences that the score statistic does not put further away than ``k``.

    >>> [round(x, 3) for x in tango(1, 7, 21, 1.959964)]
    [-0.517, -0.026]
    """
    value = (more - fewer) / n
    return _edge(value, -1.0, lambda x: score(more, fewer, n, x) <= k), _edge(
        value, 1.0, lambda x: score(more, fewer, n, x) >= -k
    )


def _edge(inside: float, outside: float, holds: Callable[[float], bool]) -> float:
    """The last number from ``inside`` on towards ``outside`` for which it holds, by bisection."""
    if holds(outside):
        return outside
    for _ in range(60):
        middle = (inside + outside) / 2
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return inside
