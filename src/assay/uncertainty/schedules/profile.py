"""A rate of arrivals that changes in time: steps, ramps, days, weeks and holidays.

The rate is linear between knots, so that the expected number of arrivals up to a time and its inverse are known in
closed form: a unit-rate process becomes one of this rate by a change of time, exactly, without bins.

Source: time change of a Poisson process: Çinlar 1975, Introduction to Stochastic Processes, section 4.7 (recalled).
"""

from collections.abc import Collection, Sequence
from math import cos, pi
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import finite
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]

HOURS: Final = tuple(1 + 0.6 * cos(2 * pi * (hour - 14) / 24) for hour in range(24))
"""Rate at each full hour of a day, by its mean: busiest at 14, 0.4 at 2. A convention, not data: bring your own."""


class Profile(NamedTuple):
    """A rate over time, linear between knots; a step is two knots at one time.

    Attributes:
        at_s: times of the knots from 0 on, never falling, in seconds; shape (knots,).
        rate: rates at the knots, in requests per second; shape (knots,).
    """

    at_s: Floats
    rate: Floats

    @property
    def duration_s(self) -> float:
        """Seconds from the start to the last knot."""
        return float(self.at_s[-1])

    @property
    def expected(self) -> float:
        """Expected number of arrivals."""
        return float(self._sums()[-1])

    def _sums(self) -> Floats:
        pieces = np.diff(self.at_s) * (self.rate[1:] + self.rate[:-1]) / 2
        return np.concatenate([[0.0], np.cumsum(pieces)])

    def cumulative(self, time_s: Floats) -> Floats:
        """Expected number of arrivals up to each time, 0 to ``duration_s``; same shape."""
        piece = np.clip(np.searchsorted(self.at_s, time_s, side="right") - 1, 0, len(self.at_s) - 2)
        since = time_s - self.at_s[piece]
        found: Floats = self._sums()[piece] + since * (self.rate[piece] + self._slope()[piece] * since / 2)
        return found

    def inverse(self, expected: Floats) -> Floats:
        """The time up to which so many arrivals are expected, 0 to ``expected``; same shape, in seconds."""
        sums = self._sums()
        piece = np.clip(np.searchsorted(sums, expected, side="left") - 1, 0, len(self.at_s) - 2)
        left, first = expected - sums[piece], self.rate[piece]
        root = np.sqrt(np.maximum(first**2 + 2 * self._slope()[piece] * left, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            since = np.where(left > 0, 2 * left / (first + root), 0.0)  # of the two roots the one without cancellation
        found: Floats = self.at_s[piece] + since
        return found

    def _slope(self) -> Floats:
        width = np.diff(self.at_s)
        return np.divide(np.diff(self.rate), width, out=np.zeros_like(width), where=width > 0)

    def compressed(self, duration_s: float) -> "Profile":
        """The same course of the same rates in another time: a day in two minutes."""
        return Profile(self.at_s * (duration_s / self.duration_s), self.rate)


def profile(knots: Sequence[tuple[float, float]]) -> Profile:
    """A profile from knots (seconds, requests per second).

    Raises:
        BadInput: times that do not start at 0, go back or have no length; a rate below 0; no arrivals expected.

    >>> profile([(0, 0), (10, 4), (20, 4)]).expected
    60.0
    """
    table = np.array(knots, dtype=np.float64).reshape(-1, 2)
    finite("profile", table)
    at_s, rate = table[:, 0], table[:, 1]
    if len(table) < 2 or at_s[0] != 0 or (np.diff(at_s) < 0).any() or at_s[-1] <= 0:
        raise BadInput("arrivals.times", got=str([float(time) for time in at_s[:5]]))
    if (rate < 0).any() or Profile(at_s, rate).expected <= 0:
        raise BadInput("arrivals.rates", got=str([float(one) for one in rate[:5]]))
    return Profile(at_s, rate)


def steps(parts: Sequence[tuple[float, float]]) -> Profile:
    """Constant rates one after the other: (seconds, requests per second) of each.

    >>> steps([(10, 2), (5, 20)]).expected
    120.0
    """
    ends = np.cumsum([0.0, *(seconds for seconds, _ in parts)]).tolist()
    return profile([
        (time, rate) for place, (_, rate) in enumerate(parts) for time in (ends[place], ends[place + 1])
    ])  # fmt: skip


def ramp(first: float, last: float, duration_s: float) -> Profile:
    """From one rate to another, linearly."""
    return profile([(0.0, first), (duration_s, last)])


def days(
    rate: float,
    factors: Sequence[float],
    hours: Sequence[float] = HOURS,
    holidays: Collection[int] = (),
    holiday: float = 0.5,
) -> Profile:
    """Days of hourly rates, 86,400 s each.

    Args:
        rate: requests per second where all factors are 1.
        factors: of each day: one for a single day, seven for a week.
        hours: factors at 24 full hours; between them the rate is linear.
        holidays: places of days, from 0, that are holidays.
        holiday: factor of a holiday, in place of its own.
    Raises:
        BadInput: not 24 hours, no day, or as for ``profile``.
    """
    if len(hours) != 24 or not factors:
        raise BadInput("arrivals.hours", hours=len(hours), days=len(factors))
    knots: list[tuple[float, float]] = []
    for day, own in enumerate(factors):
        factor = holiday if day in holidays else own
        knots += [(86_400.0 * day + 3600.0 * hour, rate * factor * hours[hour % 24]) for hour in range(25)]
    return profile(knots)
