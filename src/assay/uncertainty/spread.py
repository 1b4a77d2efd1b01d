"""A value with its spread: the interval around it, and how surprising it would be at a limit.

One record serves the interval that is printed and the tail that decides, so that they cannot contradict each other
by more than the step between a score interval and an exact tail.
"""

from math import isfinite, sqrt
from typing import Literal, NamedTuple

from scipy.special import ndtri, stdtr

from assay.uncertainty.coverage import coverage_factor, quantile
from assay.uncertainty.one_sided import Table, bound_at, tail_at
from assay.uncertainty.proportion import (
    clopper_pearson,
    jeffreys,
    lower_bound,
    tail_at_least,
    tail_at_most,
    upper_bound,
    wilson,
)

Kind = Literal["wilson", "clopper_pearson", "jeffreys"]
"""How the interval of a bounded quantity is made from its effective number of readings."""

Method = Literal["wilson", "wilson_effective", "t", "all_equal", "none", "clopper_pearson",
                 "clopper_pearson_effective", "jeffreys", "jeffreys_effective", "order", "woodruff", "range",
                 "noncentral", "score", "posterior"]


class Spread(NamedTuple):
    """An estimate with what its interval is made from.

    Attributes:
        value: the estimate.
        u: standard uncertainty, above 0; None where it cannot be stated.
        dof: effective degrees of freedom of ``u``; None where infinite.
        low: smallest possible value; None if there is none.
        high: largest possible value; None if there is none.
        n: for ``wilson``, ``wilson_effective`` and ``all_equal``: number of independent readings; else None.
        method: ``wilson``: independent 0/1 readings; ``wilson_effective``: bounded, with an effective number;
            ``t``: not bounded on both sides; ``all_equal``: bounded, every reading the same; ``none``: no interval;
            ``clopper_pearson``, ``jeffreys``: instead of Wilson's; the others have their bounds in ``one_sided``.
        one_sided: bounds by risk, where the interval comes from the inversion of a test; empty elsewhere.
    """

    value: float
    u: float | None
    dof: float | None
    low: float | None
    high: float | None
    n: float | None
    method: Method
    one_sided: Table = ()

    def fraction(self, value: float) -> float:
        """``value`` as a fraction of the way from ``low`` to ``high``."""
        assert self.low is not None and self.high is not None
        return (value - self.low) / (self.high - self.low)

    def scale(self, fraction: float) -> float:
        """The inverse of ``fraction``."""
        assert self.low is not None and self.high is not None
        return self.low + fraction * (self.high - self.low)


def bounded(value: float, u: float, dof: float | None, bounds: tuple[float, float]) -> Spread:
    """The spread of a bounded quantity with standard uncertainty ``u`` > 0 strictly inside its bounds.

    The effective number of readings is the one that would give a proportion the same standard uncertainty.

    Source: Wilson's interval with an effective sample size, as for complex surveys (Kott and Carr 1997, recalled).
    """
    low, high = bounds
    p = (value - low) / (high - low)
    n = p * (1 - p) * ((high - low) / u) ** 2
    return Spread(value, u, dof, low, high, n, "wilson_effective")


def with_interval(spread: Spread, kind: Kind) -> Spread:
    """The same estimate with another interval; its tails, which decide, stay as they are.

    Args:
        spread: an estimate; one without an effective number of readings, or with equal ones, stays as it is.
        kind: ``wilson``, ``clopper_pearson`` (its coverage is never below the level for independent 0/1 readings) or
            ``jeffreys``.
    Source: Brown, Cai and DasGupta 2001 (recalled); few degrees of freedom lower the number, Korn and Graubard 1998.
    """
    if kind == "wilson" or not spread.method.startswith("wilson"):
        return spread
    if kind == "clopper_pearson":
        return spread._replace(method="clopper_pearson" if spread.method == "wilson" else "clopper_pearson_effective")
    return spread._replace(method="jeffreys" if spread.method == "wilson" else "jeffreys_effective")


def interval(spread: Spread, level: float) -> tuple[float, float] | None:
    """Two-sided coverage interval within the bounds; None where none can be stated."""
    if spread.method == "none" or spread.u is None:
        return None
    if spread.one_sided:
        below, above = (bound_at(spread.one_sided, (1 - level) / 2, below=end) for end in (True, False))
        return None if below is None or above is None else (below, above)
    if spread.method == "t":
        k = coverage_factor(level, spread.dof)
        low, high = spread.value - k * spread.u, spread.value + k * spread.u
        return max(low, spread.low) if spread.low is not None else low, (
            min(high, spread.high) if spread.high is not None else high
        )
    assert spread.n is not None
    p = spread.fraction(spread.value)
    if spread.method == "all_equal":
        elsewhere = 1 - ((1 - level) / 2) ** (1 / spread.n)
        return spread.scale(p - p * elsewhere), spread.scale(p + (1 - p) * elsewhere)
    if spread.method.startswith(("clopper_pearson", "jeffreys")):
        exact = clopper_pearson if spread.method.startswith("clopper_pearson") else jeffreys
        ends = exact(*_counts(spread, (1 - level) / 2), level)
        return spread.scale(min(ends[0], p)), spread.scale(max(ends[1], p))
    ends = wilson(p, spread.n, coverage_factor(level, spread.dof))
    return spread.scale(ends[0]), spread.scale(ends[1])


def all_equal_u(p: float, n: float, level: float = 0.95) -> float:
    """Standard uncertainty, as a fraction of the range, standing in where all n readings equal p.

    Half the interval that n equal readings leave (see ``interval``), divided by the normal coverage factor.
    """
    elsewhere: float = 1 - ((1 - level) / 2) ** (1 / n)
    return elsewhere / (2 * coverage_factor(level))


def _counts(spread: Spread, risk: float) -> tuple[float, float]:
    """Readings that count as a success, and readings, both fractional; reduced for few degrees of freedom.

    Source: Korn and Graubard 1998 (effective sample size with a degrees-of-freedom adjustment).
    """
    assert spread.n is not None
    n = spread.n
    if spread.dof is not None:
        n *= (float(ndtri(risk)) / quantile(risk, spread.dof)) ** 2
    return spread.fraction(spread.value) * n, n


def counted(spread: Spread, risk: float) -> float | None:
    """Number of readings that ``tail`` counts with; None where it does not count."""
    counts = spread.method.startswith(("wilson", "clopper_pearson", "jeffreys"))
    return _counts(spread, risk)[1] if counts else None


def tail(spread: Spread, limit: float, risk: float, *, above: bool) -> float | None:
    """How probable a result at least this far on one side is, were the true value on the limit.

    Args:
        spread: the estimate.
        limit: the limit, in the unit of the value.
        risk: the risk at which the answer is used; it only enters the adjustment for few degrees of freedom.
        above: True for results as high as this or higher, False for as low or lower.
    Returns:
        A probability, or None where it cannot be stated.
    """
    if spread.method == "none" or spread.u is None:
        return None
    if spread.one_sided:
        return tail_at(spread.one_sided, limit, above=above)
    if spread.method == "t":
        distance = (spread.value - limit) / spread.u * (1 if above else -1)
        return float(stdtr(spread.dof if spread.dof is not None else 1e12, -distance))
    at = spread.fraction(limit)
    if spread.method == "all_equal":
        return _all_equal_tail(spread, at, above)
    x, n = _counts(spread, risk)
    return tail_at_least(x, n, at) if above else tail_at_most(x, n, at)


def _all_equal_tail(spread: Spread, at: float, above: bool) -> float:
    p = spread.fraction(spread.value)
    assert spread.n is not None
    near, far = (at, p) if above else (1 - at, 1 - p)
    if near >= far:
        return 1.0
    return float((near / far) ** spread.n)


def bound(spread: Spread, risk: float, *, below: bool) -> float | None:
    """One-sided bound: the true value lies above it (``below``) or below it with an error of at most ``risk``."""
    if spread.method == "none" or spread.u is None:
        return None
    if spread.one_sided:
        return bound_at(spread.one_sided, risk, below=below)
    if spread.method == "t":
        step = quantile(1 - risk, spread.dof) * spread.u
        end = spread.value - step if below else spread.value + step
        edge = spread.low if below else spread.high
        if edge is not None and isfinite(edge):
            end = max(end, edge) if below else min(end, edge)
        return end
    p = spread.fraction(spread.value)
    assert spread.n is not None
    if spread.method == "all_equal":
        share = risk ** (1 / spread.n)
        return spread.scale(p * share if below else 1 - (1 - p) * share)
    x, n = _counts(spread, risk)
    return spread.scale(lower_bound(x, n, risk) if below else upper_bound(x, n, risk))


def binomial_u(p: float, n: float) -> float:
    """Standard deviation of the mean of n independent 0/1 readings with mean p, from their sample variance."""
    return sqrt(p * (1 - p) / (n - 1))
