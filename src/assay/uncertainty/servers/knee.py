"""The knee of a sweep: the rate from which on a server no longer answers as many requests as are sent.

Below it the answers a second equal the requests a second, above it they stay at what the server can do. The knee is the
one rate that fits all points best by least squares, each weighed by its uncertainty; its interval comes from repeating
the fit on draws of the points.

Source: least squares with a broken line: Hudson 1966, JASA 61, 1097; propagation by draws: JCGM 101:2008 (both
recalled).
"""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from assay.uncertainty.checked import at_least, finite, level_given, same_length
from assay.uncertainty.queueing.dependence import dependent
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]

_DRAWS: Final = 4000


class Knee(NamedTuple):
    """Where answers stop following requests; in requests a second.

    Attributes:
        value: the fitted rate; None if no point lies surely above it, so that the sweep did not reach the knee.
        low: lower end of the interval; without a value, the knee lies above this.
        high: upper end; None without a value.
        p: how probable points that lie as far from the broken line are, were it true; small where the server slows
            down when it is overloaded, or gives way gradually.
    """

    value: float | None
    low: float
    high: float | None
    p: float


def knee(
    sent: npt.ArrayLike, answered: npt.ArrayLike, u: npt.ArrayLike, level: float = 0.95, seed: int = 1
) -> Knee:
    """The knee of a sweep over rates.

    Args:
        sent: realised requests a second of each run, shape (runs,).
        answered: answers a second in its steady part, or at its end under overload; shape (runs,).
        u: standard uncertainties of ``answered``, above 0; shape (runs,).
        level: coverage probability of the interval.
        seed: of the draws.
    Raises:
        BadInput: fewer than three runs, lengths that differ, numbers out of range.
    """
    level_given("knee", level)
    rate, found, each = (np.asarray(column, dtype=np.float64) for column in (sent, answered, u))
    same_length("knee", rate, found, each)
    finite("knee", rate, found, each)
    at_least("knee", "runs", len(rate), 3)
    if (rate <= 0).any() or (found < 0).any() or (each <= 0).any():
        raise BadInput("knee.numbers", n=int(((rate <= 0) | (found < 0) | (each <= 0)).sum()))
    best = _fit(rate, found[None, :], each)
    missed = ((found - np.minimum(rate, best[0])) / each) ** 2
    p = float(chdtrc(len(rate) - 1, missed.sum()))
    draws = found + each * np.random.default_rng(seed).normal(size=(_DRAWS, len(rate)))
    fitted = _fit(rate, draws, each)
    low, high = (float(np.quantile(fitted, share)) for share in ((1 - level) / 2, (1 + level) / 2))
    if high >= rate.max():
        return Knee(None, float(np.quantile(fitted, 1 - level)), None, p)
    return Knee(float(best[0]), low, high, p)


def _fit(rate: Floats, found: Floats, each: Floats) -> Floats:
    """For each row of ``found`` the c that makes Σ ((y − min(rate, c)) / u)² smallest; shape (rows,).

    Between two rates of the sweep the sum is a parabola in c, whose lowest point is a weighted mean.
    """
    order = np.argsort(rate)
    rate, found, weight = rate[order], found[:, order], each[order] ** -2
    ends = np.concatenate([[0.0], rate])
    best, least = np.full(len(found), rate[-1]), np.full(len(found), np.inf)
    for first in range(len(rate)):
        mean = found[:, first:] @ weight[first:] / weight[first:].sum()
        c = np.clip(mean, ends[first], ends[first + 1])
        loss = ((found - np.minimum(rate, c[:, None])) ** 2 * weight).sum(axis=1)
        best, least = np.where(loss < least, c, best), np.minimum(loss, least)
    return best


def answered_u(steps: Floats, window_s: float) -> float:
    """Standard uncertainty of a rate of answers, from the numbers of answers in windows of equal length.

    Args:
        steps: answers in successive windows, shape (windows,), 40 or more.
        window_s: length of a window in seconds.
    """
    return sqrt(dependent([steps]).variance) / window_s
