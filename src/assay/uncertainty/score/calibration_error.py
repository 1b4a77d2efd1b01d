"""How far stated probabilities are from what happens: the calibration error, without the bias of small bins.

Cases are put into bins of (nearly) equal number by stated probability. With d_b the mean of probability − outcome in a
bin and w_b its share, the squared error is Σ w_b δ_b². Squares of means of finite bins are too large by the variance
of the means; it is taken off, so that the estimate is unbiased and may be negative.

Its interval may not be. With V the covariance of the d_b (over clusters where there are any) the sum before correction
is about c χ'²_ν(λ / c), c = tr(WVWV) / tr(WV), ν = tr(WV)² / tr(WVWV), which is inverted for λ. For probabilities
that are calibrated the lower end is 0; the upper one is never below what calibrated probabilities give on average.

The bins belong to the measurand: the error within a bin is not seen. A value without its number of bins says little.

Source: debiased squared error: Bröcker 2012; Kumar, Liang and Ma 2019 (recalled), here with the variance of
probability − outcome, exact also where probabilities differ within a bin; noncentral χ² by two moments: our own.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chndtr

from assay.uncertainty.checked import at_least, finite, level_given, places, same_length, within
from assay.uncertainty.one_sided import OneSided, Table, risks
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_WHERE = "calibration error"


class CalibrationError(NamedTuple):
    """The error over bins.

    Attributes:
        squared: unbiased estimate of Σ w δ²; negative about half of the time where calibration is perfect.
        squared_interval: coverage interval, never below 0.
        value: root of ``squared``, 0 where that is negative.
        interval: roots of ``squared_interval``.
        bins: how many bins.
        by_bin: mean of probability − outcome in each, shape (bins,).
        share: share of the cases in each, shape (bins,).
        u: standard uncertainty of ``squared``: √(2 tr(WVWV) + 4 δᵀWVWδ), δᵀWVWδ without its bias and not below 0.
        one_sided: bounds of Σ w δ² by risk, from 0 up.
    """

    squared: float
    squared_interval: tuple[float, float]
    value: float
    interval: tuple[float, float]
    bins: int
    by_bin: Floats
    share: Floats
    u: float
    one_sided: Table


def equal_mass(probability: Floats, bins: int) -> Ints:
    """Bin of each case, shape (cases,): nearly equal numbers, cases of one probability never parted.

    Where ties leave a bin with less than half of its number (or a single case), it joins its neighbour.

    >>> equal_mass(np.array([0.1, 0.2, 0.3, 0.4, 0.4, 0.4]), 3).tolist()
    [0, 0, 1, 1, 1, 1]
    """
    _, place, count = np.unique(probability, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - count / 2
    wanted = np.minimum((middle * bins / len(probability)).astype(np.int64), bins - 1)
    sizes = np.bincount(wanted, weights=count, minlength=bins)
    least = max(2.0, len(probability) / bins / 2)
    joined, held, last = np.zeros(bins, dtype=np.int64), 0.0, 0
    for number, size in enumerate(sizes):
        joined[number] = last
        held += size
        if held >= least and sizes[number + 1 :].sum() >= least:
            last, held = last + 1, 0.0
    return np.asarray(joined[wanted][place])


def calibration_error(
    probability: npt.ArrayLike,
    outcome: npt.ArrayLike,
    bins: int = 15,
    level: float = 0.95,
    group: npt.ArrayLike | None = None,
) -> CalibrationError:
    """Root mean squared calibration error over bins of equal number.

    Args:
        probability: stated, 0 to 1, shape (cases,).
        outcome: 1 if it happened, else 0, shape (cases,).
        bins: fewer are made where probabilities are tied.
        level: coverage probability.
        group: cluster of each case, shape (cases,).
    Raises:
        BadInput: values out of range, fewer than two cases a bin, one cluster, or probabilities that are all 0 or 1
            and always right, which leave no scatter to judge by.
    """
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    same_length(_WHERE, p, y)
    finite(_WHERE, p, y)
    level_given(_WHERE, level)
    within(_WHERE, "bins", bins, "1 <= bins", bins >= 1)
    at_least(_WHERE, "cases", len(p), 2 * bins)
    for name, values in (("probability", p), ("outcome", y)):
        within(_WHERE, name, float(values[np.argmax(np.abs(values - 0.5))]), "0 <= p <= 1",
               bool(((values >= 0) & (values <= 1)).all()))  # fmt: skip
    place = equal_mass(p, bins)
    count = np.bincount(place).astype(np.float64)
    at_least(_WHERE, "cases in a bin", int(count.min()), 2)
    gap = np.bincount(place, weights=p - y) / count
    residual = (p - y) - gap[place]
    share = count / len(p)
    covariance = _covariance(residual, place, count, group)
    weighted = share[:, None] * covariance
    trace, squares = float(np.trace(weighted)), float((weighted * weighted.T).sum())
    if trace <= 0:
        raise BadInput("numbers.no_scatter", where=_WHERE, n=len(p))
    seen = float(share @ gap**2)
    low, high = _interval(seen, trace, squares, level)
    squared = seen - trace
    slope = share * gap
    u = float(np.sqrt(2 * squares + 4 * max(0.0, float(slope @ covariance @ slope) - squares)))
    table = tuple(OneSided(risk, *_interval(seen, trace, squares, 1 - 2 * risk)) for risk in risks(level))
    return CalibrationError(
        squared, (low, high), float(np.sqrt(max(0.0, squared))), (float(np.sqrt(low)), float(np.sqrt(high))),
        len(gap), gap, share, u, table,
    )  # fmt: skip


def _covariance(residual: Floats, place: Ints, count: Floats, group: npt.ArrayLike | None) -> Floats:
    """Covariance of the means of the bins, shape (bins, bins)."""
    if group is None:
        squares = np.bincount(place, weights=residual**2)
        return np.diag(squares / (count - 1) / count)
    cluster = places(group, len(place))
    n = int(cluster.max()) + 1
    at_least(_WHERE, "clusters", n, 2)
    bins = len(count)
    totals = np.bincount(cluster * bins + place, weights=residual / count[place], minlength=n * bins).reshape(n, bins)
    return np.asarray(totals.T @ totals * n / (n - 1))


def _interval(seen: float, trace: float, squares: float, level: float) -> tuple[float, float]:
    """Where c χ'²_ν(λ / c) has the tails of the sum that was seen."""
    c, dof = squares / trace, trace**2 / squares
    low, high = (_noncentrality(x, dof, tail) for x, tail in (
        (seen / c, (1 + level) / 2), (max(seen, trace) / c, (1 - level) / 2)
    ))  # fmt: skip
    return c * low, c * high


def _noncentrality(x: float, dof: float, probability: float) -> float:
    """The noncentrality with which x has this distribution function; 0 where none is as small."""
    if chndtr(x, dof, 0.0) <= probability:
        return 0.0
    low, high = 0.0, max(1.0, x)
    while chndtr(x, dof, high) > probability:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if chndtr(x, dof, middle) > probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2
