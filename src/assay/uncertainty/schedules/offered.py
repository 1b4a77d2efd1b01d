"""What a schedule of arrivals offers: its own statistics, against those of the process that it should be.

Source: index of dispersion for counts: Cox and Lewis 1966, section 4.5; test of Kolmogorov and Smirnov with its
asymptotic distribution and Stephens' correction for n: Stephens 1970, JRSS B 32, 115 (both recalled).
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, kolmogorov

from assay.uncertainty.schedules.arrivals import Schedule
from assay.uncertainty.schedules.profile import Profile

Floats = npt.NDArray[np.float64]

_NS: Final = 1e9
_LEAST_WINDOWS: Final = 20


class Offered(NamedTuple):
    """Statistics of a schedule.

    Attributes:
        n: number of requests.
        rate: realised requests per second between the first and the last.
        cv: standard deviation of the gaps by their mean.
        dispersion: (window in seconds, variance of the counts in such windows by their mean); windows of which fewer
            than twenty fit are left out. 1 for Poisson at every window.
        largest_gap_s: in seconds.
    """

    n: int
    rate: float
    cv: float
    dispersion: tuple[tuple[float, float], ...]
    largest_gap_s: float


class Fit(NamedTuple):
    """Test of the gaps against a law: the largest distance of the distributions, and how probable one as large is."""

    distance: float
    p: float


def offered(schedule: Schedule, windows_s: Sequence[float] = (0.1, 1.0, 10.0, 60.0)) -> Offered:
    """The statistics of a schedule."""
    gaps = np.diff(schedule.at_ns) / _NS
    found = ((window, index) for window in windows_s if (index := dispersion(schedule, window)) is not None)
    return Offered(
        len(schedule.at_ns), schedule.rate, float(gaps.std() / gaps.mean()), tuple(found), float(gaps.max())
    )


def dispersion(schedule: Schedule, window_s: float) -> float | None:
    """Index of dispersion for counts in consecutive windows; None where fewer than twenty fit."""
    windows = int((schedule.at_ns[-1] - schedule.at_ns[0]) / _NS / window_s)
    if windows < _LEAST_WINDOWS:
        return None
    place = ((schedule.at_ns - schedule.at_ns[0]) / _NS / window_s).astype(np.int64)
    counts = np.bincount(place, minlength=windows)[:windows]
    return float(counts.var(ddof=1) / counts.mean())


def gaps_fit(schedule: Schedule, rate: float | Profile, cv: float = 1.0) -> Fit:
    """Test of the gaps, after the change of time, against independent gamma gaps with mean 1 and this cv.

    Times are whole nanoseconds, so that a gap is known to one; no distance smaller than that counts.

    Args:
        schedule: of two requests or more.
        rate: that was asked for, in requests per second, or its profile.
        cv: that was asked for; 1 for exponential gaps.
    """
    at_s = schedule.at_ns / _NS
    clock = rate.cumulative(at_s) if isinstance(rate, Profile) else at_s * rate
    nanosecond = float(rate.rate.max() if isinstance(rate, Profile) else rate) / _NS
    gaps = np.sort(np.diff(clock))
    n = len(gaps)
    ranks = np.arange(n + 1) / n
    above = ranks[1:] - _below(gaps + nanosecond, cv)
    distance = max(0.0, float(above.max()), float((_below(gaps - nanosecond, cv) - ranks[:-1]).max()))
    return Fit(distance, float(kolmogorov((sqrt(n) + 0.12 + 0.11 / sqrt(n)) * distance)))


def _below(gaps: Floats, cv: float) -> Floats:
    return np.asarray(gammainc(cv**-2, np.maximum(gaps, 0.0) * cv**-2))
