"""The ratio of two means over the same clusters, such as cost per solved task.

Fieller's interval holds all ratios ρ for which the mean of x − ρ y could be zero. Where the denominator cannot be told
from zero that set is no interval, and none is given. The delta method serves where the denominator is well known.

Source: Fieller 1954; degrees of freedom C − 1 of C clusters (recalled).
"""

from math import sqrt
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, level_given
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
_WHERE = "ratio"


class Ratio(NamedTuple):
    """A ratio with its intervals.

    Attributes:
        value: mean of x over mean of y.
        u: standard uncertainty by the delta method.
        dof: clusters less one.
        fieller: the interval; None where the denominator cannot be told from zero at this level.
        delta: value ± k u.
        kind: ``interval``; or ``outside``, where all ratios but those of some interval are possible; or ``all``.
    """

    value: float
    u: float
    dof: int
    fieller: tuple[float, float] | None
    delta: tuple[float, float]
    kind: Literal["interval", "outside", "all"]


def ratio(table: npt.ArrayLike, level: float = 0.95) -> Ratio:
    """Sum of the first column over sum of the second.

    Args:
        table: x and y of each independent item, or their sums over each cluster (``resample.sums``); shape
            (clusters, 2), each column in its own unit.
        level: coverage probability.
    Raises:
        BadInput: one cluster, a denominator of 0, or no scatter at all.

    >>> found = ratio([[2.0, 1.0], [4.1, 2.0], [5.9, 3.0], [8.2, 4.0]])
    >>> round(found.value, 4), [round(end, 3) for end in found.fieller]
    (2.02, [1.837, 2.12])
    """
    pairs = np.asarray(table, dtype=np.float64)
    finite(_WHERE, pairs)
    level_given(_WHERE, level)
    n = len(pairs)
    at_least(_WHERE, "clusters", n, 2)
    x, y = pairs.mean(axis=0)
    if y == 0:
        raise BadInput("ratio.denominator")
    (vxx, vxy), (_, vyy) = np.cov(pairs.T) / n
    value = float(x / y)
    variance = (vxx - 2 * value * vxy + value**2 * vyy) / y**2
    if not variance > (1e-14 * value) ** 2:
        raise BadInput("numbers.no_scatter", where=_WHERE, n=n)
    u, k = sqrt(variance), coverage_factor(level, n - 1)
    ends, kind = _fieller((float(x), float(y)), (float(vxx), float(vxy), float(vyy)), k)
    return Ratio(value, u, n - 1, ends, (value - k * u, value + k * u), kind)


def _fieller(
    means: tuple[float, float], variances: tuple[float, float, float], k: float
) -> tuple[tuple[float, float] | None, Literal["interval", "outside", "all"]]:
    """Roots of (x − ρ y)² = k² (vxx − 2 ρ vxy + ρ² vyy)."""
    (x, y), (vxx, vxy, vyy) = means, variances
    a, b, c = y * y - k * k * vyy, x * y - k * k * vxy, x * x - k * k * vxx
    inner = b * b - a * c
    if a <= 0:
        return None, "outside" if inner > 0 else "all"
    half = sqrt(max(0.0, inner))
    return ((b - half) / a, (b + half) / a), "interval"
