"""Conformity with tolerance limits by the distribution of the measurand: probabilities, guard bands, risks.

``conformity.py`` decides on runs, by the tail of what could have been observed. Here the question is the one of
JCGM 106: given what was measured, how probable is it that the true value lies within the tolerance?

Source: JCGM 106:2012 (clauses recalled: 7 conformance probability, 8 acceptance intervals, 9 risks);
ILAC-G8:09/2019, non-binary statement with a guard band.
"""

from collections.abc import Callable
from math import inf, isfinite, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, ndtr, stdtr

from assay.uncertainty.coverage import quantile
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Outcome = Literal["pass", "conditional_pass", "conditional_fail", "fail"]
Prior = Literal["jeffreys", "uniform", "exact"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FAR: Final = 12.0  # standard deviations beyond which a normal density is nothing
_STEPS: Final = 200


class Limits(NamedTuple):
    """Tolerance limits in the unit of the measurand; None for a side without one.

    Attributes:
        lower: the true value must not be below.
        upper: the true value must not be above.
    """

    lower: float | None = None
    upper: float | None = None


class Process(NamedTuple):
    """What is known of the items before one is measured: a normal distribution.

    Attributes:
        mean: of the items that are put forward, in the unit of the measurand.
        u: their standard deviation; 0 if all are alike.
    """

    mean: float
    u: float


class Risks(NamedTuple):
    """Global risks: probabilities for an item taken from the process.

    Attributes:
        consumer: it does not conform and is accepted.
        producer: it conforms and is rejected.
        conforming: it conforms.
        accepted: it is accepted.
    """

    consumer: float
    producer: float
    conforming: float
    accepted: float


def conformance_probability(y: float, u: float, limits: Limits, dof: float | None = None) -> float:
    """Probability that the true value lies within the limits, for a normal or a scaled and shifted t distribution.

    Args:
        y: the estimate.
        u: its standard uncertainty, above 0, in the unit of ``y``.
        limits: the tolerance, one limit or two.
        dof: degrees of freedom of ``u``; None for a normal distribution.

    >>> round(conformance_probability(13.6, 1.8, Limits(12.5, 16.3)), 5)
    0.66263
    """
    _check(limits)
    _positive("u", u)
    _finite("y", y)
    if dof is not None:
        _positive("dof", dof)
    return _within(lambda x: _cdf((x - y) / u, dof), limits)


def conformance_of_proportion(successes: float, n: float, limits: Limits, prior: Prior = "jeffreys") -> float:
    """Probability that a proportion lies within the limits, by the tails of a Beta distribution.

    Args:
        successes: number of successes, 0 to ``n``.
        n: number of independent readings, above 0.
        limits: the tolerance, as fractions.
        prior: ``jeffreys`` Beta(½, ½), ``uniform`` Beta(1, 1), or ``exact``: no prior but the exact tails of the
            binomial distribution, so that 1 less the probability is the p value against the limit (for one limit).

    >>> round(conformance_of_proportion(20, 20, Limits(lower=0.861), "exact"), 3)
    0.95
    """
    _check(limits)
    _positive("n", n)
    if not 0 <= successes <= n:
        raise BadInput("number.outside", where="conformity", key="successes", got=repr(successes), low=0, high=n)
    failures = n - successes
    if prior != "exact":
        extra = 0.5 if prior == "jeffreys" else 1.0
        return _within(lambda x: _beta(successes + extra, failures + extra, x), limits)
    below = 0.0 if limits.lower is None else _beta(successes, failures + 1, limits.lower)
    above = 0.0 if limits.upper is None else 1 - _beta(successes + 1, failures, limits.upper)
    return max(0.0, 1 - below - above)


def guard_band(u: float, risk: float, limits: Limits, dof: float | None = None) -> float:
    """Width w by which each tolerance limit is moved inwards so that acceptance carries at most the wanted risk.

    A result on the acceptance limit has a conformance probability of exactly ``1 - risk``. One limit:
    w = z(1 - risk) u. Two limits that are not far apart: both tails count. Negative for a risk above one half.

    Args:
        u: standard uncertainty of the results, above 0.
        risk: largest specific consumer's risk, above 0 and below 1.
        limits: the tolerance.
        dof: degrees of freedom of ``u``; None where infinite.
    Raises:
        BadInput: ``conformity.no_acceptance`` if no result, however good, would carry so small a risk.
    Source: JCGM 106:2012, guarded acceptance (recalled: 8.3.3).

    >>> round(guard_band(1.0, 0.05, Limits(lower=10)), 3)
    1.645
    """
    _check(limits)
    _positive("u", u)
    if not 0 < risk < 1:
        raise BadInput("number.outside", where="conformity", key="risk", got=repr(risk), low=0, high=1)
    one_sided = quantile(1 - risk, dof) * u
    if limits.lower is None or limits.upper is None:
        return one_sided
    half = (limits.upper - limits.lower) / 2
    best = 1 - conformance_probability(limits.lower + half, u, limits, dof)
    if best > risk:
        raise BadInput("conformity.no_acceptance", risk=f"{risk:g}", best=f"{best:.2g}")
    low, high = min(one_sided, half), half
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if 1 - conformance_probability(limits.lower + middle, u, limits, dof) > risk:
            low = middle
        else:
            high = middle
    return high


def acceptance(limits: Limits, w: float) -> Limits:
    """The acceptance interval: the tolerance with each limit moved inwards by ``w`` (outwards if negative).

    Raises:
        BadInput: ``conformity.no_acceptance_interval`` if nothing is left of it.
    """
    _check(limits)
    _finite("w", w)
    lower = None if limits.lower is None else limits.lower + w
    upper = None if limits.upper is None else limits.upper - w
    if lower is not None and upper is not None and lower > upper:
        raise BadInput("conformity.no_acceptance_interval", w=f"{w:g}", lower=limits.lower, upper=limits.upper)
    return Limits(lower, upper)


def outcome(y: float, limits: Limits, w: float) -> Outcome:
    """What is stated of a result: the four outcomes of a rule with a guard band.

    ``pass`` within the acceptance interval, ``conditional_pass`` in the guard band within the tolerance,
    ``conditional_fail`` outside the tolerance by at most w, ``fail`` further out.

    Source: ILAC-G8:09/2019 (recalled: 4.2.3).

    >>> [outcome(y, Limits(upper=10), 1) for y in (9, 9.5, 10.5, 11.5)]
    ['pass', 'conditional_pass', 'conditional_fail', 'fail']
    """
    if w < 0:
        raise BadInput("number.negative", where="conformity", key="w", got=repr(w))
    if _inside(y, acceptance(limits, w)):
        return "pass"
    if _inside(y, limits):
        return "conditional_pass"
    wider = Limits(*(None if at is None else at + side * w for at, side in zip(limits, (-1, 1), strict=True)))
    return "conditional_fail" if _inside(y, wider) else "fail"


def specific_risks(probability: float) -> tuple[float, float]:
    """Specific consumer's risk (of accepting this item) and producer's risk (of rejecting it).

    Args:
        probability: its conformance probability.
    Source: JCGM 106:2012 (recalled: 9.3).
    """
    return 1 - probability, probability


def global_risks(process: Process, u: float, limits: Limits, accepted: Limits) -> Risks:
    """Risks for an item taken from the process and then measured with a normal error.

    Args:
        process: the items; with ``u`` 0 they all have the same value, and one of the two risks is 0.
        u: standard uncertainty of the measurement, above 0.
        limits: the tolerance.
        accepted: the acceptance interval.
    Raises:
        BadInput: ``number.negative`` for a process with a spread below 0.
    Source: JCGM 106:2012 (recalled: 9.5.2), by Gauss-Legendre integration over the true value.
    """
    _check(limits)
    _check(accepted)
    _positive("u", u)
    _finite("mean", process.mean)
    if not (process.u >= 0 and isfinite(process.u)):
        raise BadInput("number.negative", where="conformity", key="process.u", got=repr(process.u))

    def taken(eta: Floats) -> Floats:
        low = -inf if accepted.lower is None else accepted.lower
        high = inf if accepted.upper is None else accepted.upper
        return np.asarray(ndtr((high - eta) / u) - ndtr((low - eta) / u), np.float64)

    if process.u == 0:
        chance, good = float(taken(np.array([process.mean]))[0]), _inside(process.mean, limits)
        return Risks(0.0 if good else chance, 1 - chance if good else 0.0, float(good), chance)
    low, high = process.mean - _FAR * process.u, process.mean + _FAR * process.u
    left = low if limits.lower is None else min(max(low, limits.lower), high)
    right = high if limits.upper is None else max(min(high, limits.upper), low)
    stops = [at for at in (*limits, *accepted) if at is not None]
    stops += [at + step * u for at in accepted if at is not None for step in (-9, -3, -1, 1, 3, 9)]

    def share(a: float, b: float, weight: Callable[[Floats], Floats]) -> float:
        return _integral(lambda eta: weight(eta) * _density((eta - process.mean) / process.u) / process.u, a, b, stops)

    conforming = _within(lambda x: _cdf((x - process.mean) / process.u, None), limits)
    outside = share(low, left, taken) + share(right, high, taken)
    rejected = share(left, right, lambda eta: 1 - taken(eta))
    return Risks(outside, rejected, conforming, share(low, high, taken))


def capability(limits: Limits, u: float) -> float:
    """Measurement capability index C_m = (T_U − T_L) / (4 u): the tolerance in units of the 95 % interval.

    Raises:
        BadInput: ``conformity.two_limits`` unless there are two limits.
    Source: JCGM 106:2012 (recalled: 7.6.3).

    >>> capability(Limits(0, 8), 0.5)
    4.0
    """
    _check(limits)
    _positive("u", u)
    if limits.lower is None or limits.upper is None:
        raise BadInput("conformity.two_limits")
    return (limits.upper - limits.lower) / (4 * u)


def _within(cdf: Callable[[float], float], limits: Limits) -> float:
    low = 0.0 if limits.lower is None else cdf(limits.lower)
    high = 1.0 if limits.upper is None else cdf(limits.upper)
    return max(0.0, high - low)


def _cdf(z: float, dof: float | None) -> float:
    return float(ndtr(z) if dof is None else stdtr(dof, z))


def _beta(a: float, b: float, x: float) -> float:
    """Distribution function of Beta(a, b); with a = 0 all of it lies at 0, with b = 0 at 1."""
    if x <= 0 or b == 0:
        return 1.0 if x >= 1 else 0.0
    return 1.0 if a == 0 or x >= 1 else float(betainc(a, b, x))


def _density(z: Floats) -> Floats:
    return np.asarray(np.exp(-z * z / 2) / sqrt(2 * np.pi), np.float64)


def _integral(function: Callable[[Floats], Floats], low: float, high: float, stops: list[float]) -> float:
    """The integral from low to high, in pieces that end at the stops; 0 where there is nothing between the two."""
    if not low < high:
        return 0.0
    ends = sorted({low, high, *(at for at in stops if low < at < high), *np.linspace(low, high, 25)[1:-1]})
    total = 0.0
    for a, b in zip(ends, ends[1:], strict=False):
        total += (b - a) / 2 * float(_WEIGHTS @ function((a + b) / 2 + (b - a) / 2 * _NODES))
    return total


def _inside(y: float, limits: Limits) -> bool:
    return (limits.lower is None or y >= limits.lower) and (limits.upper is None or y <= limits.upper)


def _check(limits: Limits) -> None:
    if limits.lower is None and limits.upper is None:
        raise BadInput("conformity.no_limit")
    for name, at in zip(("lower", "upper"), limits, strict=True):
        if at is not None:
            _finite(name, at)
    if limits.lower is not None and limits.upper is not None and limits.lower > limits.upper:
        raise BadInput("conformity.order", lower=limits.lower, upper=limits.upper)


def _positive(key: str, value: float) -> None:
    if not (value > 0 and isfinite(value)):
        raise BadInput("number.above_zero", where="conformity", key=key, got=repr(value))


def _finite(key: str, value: float) -> None:
    if not isfinite(value):
        raise BadInput("number.not_finite", where="conformity", key=key)
