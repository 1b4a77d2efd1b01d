"""Control of a measuring system by a check standard that is measured again and again: charts, run rules, drift.

Source: ISO 7870-2 (Shewhart), ISO 7870-6 (EWMA), Western Electric 1956 and Nelson 1984 (run rules), all recalled;
Roberts 1959 (EWMA); average run lengths: Lucas and Saccucci 1990, Champ and Woodall 1987, and the tests.
"""

from collections.abc import Sequence
from math import isfinite, pi, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Rule = Literal["beyond_3s", "two_of_three", "four_of_five", "eight_one_side", "six_trend", "ewma"]

WIDTH: Final = 3.0
"""Shewhart limits in standard deviations: one false alarm in 370.4 points on average."""
LAMBDA: Final = 0.2
"""Weight of the newest point of an EWMA."""
EWMA_WIDTH: Final = 2.86
"""EWMA limits in its standard deviations; with the weight above one false alarm in 370 points on average."""
ACTION: Final = ("beyond_3s", "ewma")
"""The rules that call for action; the others warn."""

_D2: Final = 2 / sqrt(pi)  # mean range of two normal readings, in their standard deviation: 1.128


class Chart(NamedTuple):
    """A Shewhart chart of single values; arrays have shape (points,).

    Attributes:
        values: the points.
        centre: the line in the middle, in the unit of the values.
        sigma: standard deviation that each point is judged by.
        lower: centre − 3 sigma.
        upper: centre + 3 sigma.
        baseline: number of first points that centre and sigma were found from; 0 if they were given.
    """

    values: Floats
    centre: float
    sigma: Floats
    lower: Floats
    upper: Floats
    baseline: int

    @property
    def distance(self) -> Floats:
        """Distance of each point from the centre in its standard deviation."""
        return np.asarray((self.values - self.centre) / self.sigma, np.float64)


class Ewma(NamedTuple):
    """An exponentially weighted moving average with limits that widen as it forgets its start; shape (points,)."""

    values: Floats
    lower: Floats
    upper: Floats


class Found(NamedTuple):
    """A rule that was broken: which, at which point (from 0), and on which side of the centre (1 or −1)."""

    rule: Rule
    place: int
    side: int


class Trend(NamedTuple):
    """A straight line by ordinary least squares.

    Attributes:
        slope: change of the value for a unit of time.
        u: standard uncertainty of the slope, from the scatter about the line.
        dof: number of points less 2.
        level: value of the line at ``time``.
        time: mean of the times.
        scatter: standard deviation about the line.
    """

    slope: float
    u: float
    dof: float
    level: float
    time: float
    scatter: float


class Drift(NamedTuple):
    """What a drift that is not corrected for adds to a result had some time later.

    Attributes:
        change: expected change over that time, in the unit of the values.
        u: standard uncertainty for not correcting it.
        dof: degrees of freedom.
    """

    change: float
    u: float
    dof: float


def individuals(values: Sequence[float], baseline: int | None = None) -> Chart:
    """A chart whose centre and limits come from the points: their mean, and their mean moving range over 1.128.

    Args:
        values: the points in order of time, two or more.
        baseline: number of first points that the limits are made from; all by default.
    Raises:
        BadInput: ``number.few``, or ``control.no_range`` where the points of the baseline are all the same.
    """
    x = _values(values, 2)
    n = _baseline(baseline, len(x), 2)
    sigma = float(np.abs(np.diff(x[:n])).mean()) / _D2
    if sigma == 0:
        raise BadInput("control.no_range", n=n)
    return _chart(x, _mean(x[:n]), np.full(len(x), sigma), n)


def by_uncertainty(values: Sequence[float], u: Sequence[float], baseline: int | None = None) -> Chart:
    """A chart on which each point is judged by its own stated standard uncertainty; the centre is the weighted mean.

    Args:
        values: the points in order of time, two or more.
        u: their standard uncertainties, all above 0; parts that all points have in common left out.
        baseline: number of first points that the centre is made from; all by default.
    """
    x, sigma = _values(values, 2), np.asarray(u, np.float64)
    if len(sigma) != len(x):
        raise BadInput("number.unequal", where="control", first=len(x), second=len(sigma))
    for one in sigma.tolist():
        _positive("u", one)
    n = _baseline(baseline, len(x), 2)
    weights = sigma[:n] ** -2.0
    return _chart(x, float(x[0] + weights @ (x[:n] - x[0]) / weights.sum()), sigma, n)


def given(values: Sequence[float], centre: float, sigma: float) -> Chart:
    """A chart with a known centre and standard deviation, such as a certified value."""
    _positive("sigma", sigma)
    if not isfinite(centre):
        raise BadInput("number.not_finite", where="control", key="centre")
    x = _values(values, 1)
    return _chart(x, centre, np.full(len(x), sigma), 0)


def ewma(chart: Chart, weight: float = LAMBDA, width: float = EWMA_WIDTH) -> Ewma:
    """z_i = λ x_i + (1 − λ) z_{i−1}, begun at the centre, with its exact standard deviation at every point.

    σ²(z_i) = λ² σ_i² + (1 − λ)² σ²(z_{i−1}); for equal σ this is σ² λ / (2 − λ) (1 − (1 − λ)^{2i}).

    Args:
        chart: the points.
        weight: λ, above 0 and at most 1; with 1 it is the chart itself.
        width: limits in standard deviations of z.
    """
    if not 0 < weight <= 1:
        raise BadInput("number.outside", where="control", key="lambda", got=repr(weight), low=0, high=1)
    _positive("width", width)
    z, variance = np.empty(len(chart.values)), np.empty(len(chart.values))
    at, spread = chart.centre, 0.0
    for i, (x, sigma) in enumerate(zip(chart.values, chart.sigma, strict=True)):
        at = weight * x + (1 - weight) * at
        spread = weight**2 * sigma**2 + (1 - weight) ** 2 * spread
        z[i], variance[i] = at, spread
    half = width * np.sqrt(variance)
    return Ewma(z, chart.centre - half, chart.centre + half)


def signals(chart: Chart, average: Ewma | None = None) -> tuple[Found, ...]:
    """The rules that were broken, by point; a rule that goes on being broken is named at each point.

    One point beyond 3 sigma; two of three beyond 2 sigma on one side; four of five beyond 1 sigma on one side; eight
    on one side; six in a row rising or falling; the moving average beyond its limits. All of the first four together
    give one false alarm in 92 points on average rather than in 370.
    """
    z = chart.distance
    found: list[Found] = []
    for place in range(len(z)):
        for side in (1, -1):
            s = side * z[: place + 1]
            found += [Found(rule, place, side) for rule in _broken(s)]
        steps = np.sign(np.diff(chart.values[max(0, place - 5) : place + 1]))
        if len(steps) == 5 and steps[0] != 0 and (steps == steps[0]).all():
            found.append(Found("six_trend", place, int(steps[0])))
        if average is not None and not average.lower[place] <= average.values[place] <= average.upper[place]:
            found.append(Found("ewma", place, 1 if average.values[place] > chart.centre else -1))
    return tuple(found)


def trend(times: Sequence[float], values: Sequence[float]) -> Trend:
    """The straight line through the points, with the uncertainty of its slope.

    Args:
        times: of the points, not all the same.
        values: the points, three or more.
    Raises:
        BadInput: ``number.few``, ``number.unequal``, or ``control.same_time``.

    >>> trend([0, 1, 2, 3], [1.0, 3.0, 5.0, 7.0]).slope
    2.0
    """
    t, x = np.asarray(times, np.float64), _values(values, 3)
    if len(t) != len(x):
        raise BadInput("number.unequal", where="control", first=len(x), second=len(t))
    if not np.isfinite(t).all():
        raise BadInput("number.not_finite", where="control", key="time")
    centre = _mean(t)
    moved = t - centre
    squares = float(moved @ moved)
    if squares == 0:
        raise BadInput("control.same_time", n=len(t))
    level = _mean(x)
    slope = float(moved @ (x - level)) / squares
    rest = x - level - slope * moved
    dof = float(len(x) - 2)
    scatter = sqrt(float(rest @ rest) / dof)
    return Trend(slope, scatter / sqrt(squares), dof, level, centre, scatter)


def drift(line: Trend, time: float) -> Drift:
    """What the drift adds to the budget of a result had ``time`` after the last check, if it is not corrected for.

    The change so far unknown lies anywhere between nothing and what the line foretells, known with the uncertainty of
    its slope: u² = (b t)² / 3 + (u(b) t)². It is never 0 because a slope "is not significant".

    Args:
        line: the trend.
        time: above 0, in the unit of its times.
    Source: JCGM 100:2008 4.3.7 (recalled) for the rectangular part; ISO Guide 35 (recalled) for the other.

    >>> round(drift(Trend(3.0, 1.0, 8.0, 0.0, 0.0, 1.0), 1.0).u, 12)
    2.0
    """
    _positive("time", time)
    change = line.slope * time
    return Drift(change, sqrt(change**2 / 3 + (line.u * time) ** 2), line.dof)


def _broken(s: Floats) -> list[Rule]:
    """Rules of one side that the last of these points breaks; it must itself lie on that side."""
    found: list[Rule] = []
    if s[-1] > WIDTH:
        found.append("beyond_3s")
    if s[-1] > 2 and (s[-3:] > 2).sum() >= 2:
        found.append("two_of_three")
    if s[-1] > 1 and (s[-5:] > 1).sum() >= 4:
        found.append("four_of_five")
    if len(s) >= 8 and (s[-8:] > 0).all():
        found.append("eight_one_side")
    return found


def _chart(x: Floats, centre: float, sigma: Floats, baseline: int) -> Chart:
    return Chart(x, centre, sigma, centre - WIDTH * sigma, centre + WIDTH * sigma, baseline)


def _values(values: Sequence[float], least: int) -> Floats:
    x = np.asarray(values, np.float64)
    if len(x) < least:
        raise BadInput("number.few", where="control", n=len(x), least=least)
    if not np.isfinite(x).all():
        raise BadInput("number.not_finite", where="control", key="value")
    return x


def _baseline(wanted: int | None, n: int, least: int) -> int:
    if wanted is None:
        return n
    if not least <= wanted <= n:
        raise BadInput("number.outside", where="control", key="baseline", got=repr(wanted), low=least, high=n)
    return wanted


def _mean(x: Floats) -> float:
    return float(x[0] + (x - x[0]).mean())


def _positive(key: str, value: float) -> None:
    if not (value > 0 and isfinite(value)):
        raise BadInput("number.above_zero", where="control", key=key, got=repr(value))
