"""Intraclass correlations of complete tables of scores, with the F intervals of Shrout and Fleiss.

``1``: each target has raters of its own. ``2``: the raters are a sample, and count (agreement). ``3``: these raters and
no others (consistency). Each for a single rating and for the mean of all of them. Scores with missing cells have
variance components instead (``components.py``).

Source: Shrout and Fleiss 1979; the interval of ICC(2, k) from that of ICC(2, 1) by the Spearman-Brown formula (same).
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import fdtri

from assay.uncertainty.checked import at_least, finite, level_given, within
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Form = Literal[1, 2, 3]
_WHERE = "intraclass correlation"


class Squares(NamedTuple):
    """Mean squares: between targets, within targets, between raters, residual."""

    targets: float
    within: float
    raters: float
    residual: float


class Intraclass(NamedTuple):
    """A correlation with its interval, and the same for the mean over all raters."""

    value: float
    interval: tuple[float, float]
    of_mean: float
    interval_of_mean: tuple[float, float]


def mean_squares(scores: npt.ArrayLike) -> Squares:
    """Mean squares of a complete table, shape (targets, raters), in the squared unit of the scores.

    Raises:
        BadInput: fewer than two targets or raters, or no scatter.
    """
    y = np.asarray(scores, dtype=np.float64)
    within(_WHERE, "dimensions of scores", y.ndim, "2", y.ndim == 2)
    n, k = y.shape
    at_least(_WHERE, "targets", n, 2)
    at_least(_WHERE, "raters", k, 2)
    finite(_WHERE, y)
    if float(np.ptp(y)) == 0:
        raise BadInput("numbers.no_scatter", where=_WHERE, n=y.size)
    y = y - y.mean()
    by_target, by_rater = y.mean(axis=1), y.mean(axis=0)
    rest = y - by_target[:, None] - by_rater
    return Squares(
        k * float(by_target @ by_target) / (n - 1),
        float(((y - by_target[:, None]) ** 2).sum()) / (n * (k - 1)),
        n * float(by_rater @ by_rater) / (k - 1),
        float((rest**2).sum()) / ((n - 1) * (k - 1)),
    )


def icc(scores: npt.ArrayLike, form: Form, level: float = 0.95) -> Intraclass:
    """Intraclass correlation.

    Args:
        scores: shape (targets, raters), complete.
        form: 1, 2 or 3, as above.
        level: coverage probability.
    Raises:
        BadInput: as for ``mean_squares``; or residuals that are all zero, for which F has no value.

    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> [round(icc(table, form).value, 2) for form in (1, 2, 3)]
    [0.17, 0.29, 0.71]
    """
    level_given(_WHERE, level)
    squares = mean_squares(scores)
    n, k = np.asarray(scores).shape
    error = squares.within if form == 1 else squares.residual
    if error <= 1e-15 * (squares.targets + squares.raters):
        raise BadInput("numbers.no_scatter", where=_WHERE, n=n * k)
    if form == 2:
        top = squares.targets - error
        value = top / (squares.targets + (k - 1) * error + k * (squares.raters - error) / n)
        low, high = _agreement(squares, (n, k), value, level)
        mean = top / (squares.targets + (squares.raters - error) / n)
        return Intraclass(value, (low, high), mean, (_of_mean(low, k), _of_mean(high, k)))
    f, dof = squares.targets / error, n * (k - 1) if form == 1 else (n - 1) * (k - 1)
    upper = (1 + level) / 2
    low_f, high_f = f / float(fdtri(n - 1, dof, upper)), f * float(fdtri(dof, n - 1, upper))
    return Intraclass(
        (f - 1) / (f + k - 1), ((low_f - 1) / (low_f + k - 1), (high_f - 1) / (high_f + k - 1)),
        1 - 1 / f, (1 - 1 / low_f, 1 - 1 / high_f),
    )  # fmt: skip


def _agreement(squares: Squares, shape: tuple[int, int], value: float, level: float) -> tuple[float, float]:
    """Interval of ICC(2, 1) with Satterthwaite's degrees of freedom for raters and residual together."""
    n, k = shape
    b, j, e = squares.targets, squares.raters, squares.residual
    ratio = j / e
    left = k * value * ratio
    right = n * (1 + (k - 1) * value) - k * value
    dof = (k - 1) * (n - 1) * (left + right) ** 2 / ((n - 1) * left**2 + right**2)
    f_low, f_high = float(fdtri(n - 1, dof, (1 + level) / 2)), float(fdtri(dof, n - 1, (1 + level) / 2))
    spread = k * j + (k * n - k - n) * e
    return (
        max(-1.0, n * (b - f_low * e) / (f_low * spread + n * b)),
        min(1.0, n * (f_high * b - e) / (spread + n * f_high * b)),
    )


def _of_mean(value: float, k: int) -> float:
    """Spearman-Brown: from one rating to the mean of k; never below what a single one of -1/(k - 1) could give."""
    return k * value / max(1 + (k - 1) * value, 1e-12)
