"""What a design of items × variants × repeats will give: standard uncertainty, power, probability of a decision.

The measurement model is that of ``crossed.py`` with clusters of items: y_givr = μ + group_g + item_i + variant_v +
(item × variant)_iv + repetition_ivr. What is foretold is the uncertainty that a measurement of that design will state,
bounds that stand in for what it does not see included.

Source: D study, Shavelson and Webb 1991 (recalled); power of a paired comparison: Miller 2024 (arXiv 2411.00640),
section 5; planning with an upper limit of a pilot's variance: Browne 1995 (recalled).
"""

from collections.abc import Callable
from math import ceil, exp, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, chdtri, nctdtr, ndtr, ndtri

from assay.uncertainty.checked import within
from assay.uncertainty.coverage import effective_dof, quantile
from assay.uncertainty.score.components import Sizes

Floats = npt.NDArray[np.float64]
Source = Literal["groups", "items", "variants", "interaction", "repeats"]

SOURCES: Final[tuple[Source, ...]] = ("groups", "items", "variants", "interaction", "repeats")
CONFIDENCE: Final = 0.9
"""With about this probability or more the true variance of a design is not above the conservative one."""

_WHERE: Final = "planning"


class Parts(NamedTuple):
    """Variance components of one reading.

    Attributes:
        variance: in the order of ``SOURCES``, shape (5,), squared unit of the readings.
        covariance: of these estimates, shape (5, 5); zeros where they are assumed and not estimated.
    """

    variance: Floats
    covariance: Floats

    def scaled(self, factor: float) -> "Parts":
        """Everything but the variants' component multiplied: the scatter at another score."""
        times = np.where(np.array(SOURCES) == "variants", 1.0, factor)
        return Parts(self.variance * times, self.covariance * np.outer(times, times))


class Stands(NamedTuple):
    """What the mean stands for, and what the items are like.

    Attributes:
        population: True if the items stand for others, False if the result speaks of these items.
        variants_are_sample: True if the variants stand for others.
        item_factor: items × sum of squared shares of the items in the mean; 1 for equal weights.
        group_factor: the same of the clusters, their size if all are equally large; None if items stand alone.
        largest: largest possible variance of a reading; None for quantities without bounds.
        padding: what a measurement puts in for the variance between repetitions with one degree of freedom.
        fixed: variance that no size takes away, such as that of a certificate.
    """

    population: bool = True
    variants_are_sample: bool = False
    item_factor: float = 1.0
    group_factor: float | None = None
    largest: float | None = 0.25
    padding: float = 0.25
    fixed: float = 0.0


def parts(**variance: float) -> Parts:
    """Components that are assumed; what is not named is 0.

    >>> parts(items=0.1, repeats=0.05).variance.tolist()
    [0.0, 0.1, 0.0, 0.0, 0.05]
    """
    for name, value in variance.items():
        within(_WHERE, name, value, "0 <= variance", value >= 0)
    return Parts(np.array([variance.get(source, 0.0) for source in SOURCES]), np.zeros((5, 5)))


def paired(one: Parts, correlation: float) -> Parts:
    """Components of the difference of two systems with the same components, on the same items and variants.

    Args:
        one: components of either system.
        correlation: of the two systems' items, variants and interactions; repetitions are independent.
    """
    shared = 2 * (1 - correlation)
    times = np.where(np.array(SOURCES) == "repeats", 2.0, shared)
    return Parts(one.variance * times, one.covariance * np.outer(times, times))


def _factors(sizes: Sizes, stands: Stands) -> tuple[Floats, float]:
    """How much of each component is in the variance that is stated, shape (5,), and what is added to it."""
    items, variants, repeats = sizes
    sample = stands.variants_are_sample and variants > 1
    of_variants = 1 / variants if sample else 0.0
    per_item = stands.item_factor / items
    cell = per_item / variants
    if stands.population:
        groups = 0.0 if stands.group_factor is None else stands.group_factor / items
        return np.array([groups, per_item, of_variants, cell, cell / repeats]), 0.0
    if repeats > 1:
        dof = items * variants * (repeats - 1)
        seen = cell / repeats * dof / (dof + 1)
        found = np.array([0.0, 0.0, of_variants, cell if sample else 0.0, seen])
        return found, cell / repeats * stands.padding / (dof + 1)
    if variants == 1:
        return np.array([cell, cell, 0.0, cell, cell]), 0.0
    dof = max(1, (items - 1) * (variants - 1))
    seen, more = cell * dof / (dof + 1), cell if sample else 0.0
    return np.array([0.0, 0.0, of_variants, seen + more, seen + more]), cell * stands.padding / (dof + 1)


def planned_u(found: Parts, sizes: Sizes, stands: Stands) -> float:
    """Standard uncertainty that a measurement of this design will state.

    >>> round(planned_u(parts(items=0.15, repeats=0.05), Sizes(100, 1, 1), Stands()), 4)
    0.0447
    """
    share, added = _factors(sizes, stands)
    return sqrt(float(share @ found.variance) + added + stands.fixed)


def conservative_u(found: Parts, sizes: Sizes, stands: Stands) -> float:
    """The same from components so large that with probability ``CONFIDENCE`` the true ones are not larger.

    The upper limits of what the variants contribute and of all the rest put together: of the variants, which are few,
    with Satterthwaite's degrees of freedom; of the rest, whose spread is a jackknife's, on the scale of the logarithm
    (a chi-square would be far too large for 0/1 readings near an end). Where readings are bounded, none is above the
    largest variance that they can have. Equal to ``planned_u`` where the components are assumed.

    Source: limits put together: modified large-sample method, Burdick and Graybill 1992 (recalled).
    """
    share, added = _factors(sizes, stands)
    place = SOURCES.index("variants")
    own = np.zeros(len(SOURCES))
    own[place] = share[place]
    rest = share - own
    scatter = float(found.variance.sum() - found.variance[place])
    most = (None, None) if stands.largest is None else (
        stands.largest * float(own.sum()),
        float(rest @ found.variance) * max(1.0, stands.largest / max(scatter, 1e-300)))  # fmt: skip
    more = _more(found, own, most[0], few=True), _more(found, rest, most[1], few=False)
    return sqrt(float(share @ found.variance) + sqrt(more[0] ** 2 + more[1] ** 2) + added + stands.fixed)


def _more(found: Parts, share: Floats, most: float | None, *, few: bool) -> float:
    """By how much the upper limit of a combination of components lies above its estimate."""
    total, spread = float(share @ found.variance), float(share @ found.covariance @ share)
    if spread <= 0:
        return 0.0
    step = quantile(CONFIDENCE) * sqrt(spread)
    upper = total + step
    if few:
        dof = max(1.0, 2 * total**2 / spread)
        upper = max(upper, total * dof / float(chdtri(dof, CONFIDENCE)))
    elif total > 0:
        upper = total * exp(min(step / total + spread / total**2 / 2, 50.0))  # the logarithm is biased
    return max(0.0, (upper if most is None else min(upper, most)) - total)


def floor_u(found: Parts, sizes: Sizes, stands: Stands) -> float:
    """The standard uncertainty that no number of items and repeats takes away: that of the variants as a sample."""
    return sqrt(float(found.variance[2]) / sizes.variants) if stands.variants_are_sample and sizes.variants > 1 else 0.0


def units(sizes: Sizes, stands: Stands) -> float:
    """Independent parts of the sample: items, or clusters of them."""
    return sizes.items if stands.group_factor is None else sizes.items / max(1.0, stands.group_factor)


def planned_dof(found: Parts, sizes: Sizes, stands: Stands) -> float | None:
    """Degrees of freedom that the measurement will have; None where infinite."""
    share, _ = _factors(sizes, stands)
    rows = share * found.variance
    of_variants = float(rows[2])
    own = max(1.0, units(sizes, stands) - 1) if stands.population else float(
        max(1, sizes.items * sizes.variants * max(1, sizes.repeats - 1) - 1))  # fmt: skip
    others = float(rows.sum()) - of_variants
    return effective_dof([(sqrt(others), own), (sqrt(of_variants), max(1.0, sizes.variants - 1.0))])


def power(u: float, difference: float, level: float, dof: float | None = None) -> float:
    """Probability that an interval of this level about an estimate with standard uncertainty u excludes 0.

    Args:
        u: standard uncertainty of the difference, above 0.
        difference: the true difference.
        level: coverage probability of the interval.
        dof: degrees of freedom of u; None for the normal distribution.
    Source: Miller 2024, section 5; with few clusters, noncentral t.

    >>> round(power(0.03 / 2.8015852, 0.03, 0.95), 4)
    0.8
    """
    step, distance = quantile((1 + level) / 2, dof), abs(difference) / u
    if dof is None:
        return float(ndtr(distance - step) + ndtr(-distance - step))
    return float(1 - nctdtr(dof, distance, step)) if distance < 30 else 1.0


def items_for_power(variance: float, difference: float, level: float = 0.95, power: float = 0.8) -> int:
    """Items at which a true difference is shown with this probability; not rounded up where it comes out whole.

    Args:
        variance: of the difference of one item, repeats averaged: ω² + σ²_A / K_A + σ²_B / K_B.
        difference: the true difference, not 0.
        level: coverage probability of the interval that is to exclude 0.
        power: wanted probability.
    Source: n = (z_{α/2} + z_β)² (ω² + σ²_A / K_A + σ²_B / K_B) / δ², Miller 2024, section 5.

    >>> items_for_power(1 / 9, 0.03), items_for_power(1 / 9 + 2 / 6, 0.03), items_for_power(1 / 9 + 2 / 60, 0.03)
    (969, 3876, 1260)
    """
    factor = float(ndtri((1 + level) / 2)) + float(ndtri(power))
    return ceil(factor**2 * variance / difference**2 - 1e-9)


class Limit(NamedTuple):
    """What is to be decided, in the unit of the measurand.

    Attributes:
        score: the true value that is assumed.
        limit: the limit that it lies above or below.
        risk: largest probability of a wrong decision.
        bounds: of the measurand; None for a side without one.
    """

    score: float
    limit: float
    risk: float
    bounds: tuple[float | None, float | None]

    @property
    def fractions(self) -> tuple[float, float] | None:
        """Score and limit as fractions of the range, turned so that the score is the higher; None without bounds."""
        low, high = self.bounds
        if low is None or high is None:
            return None
        p, at = (self.score - low) / (high - low), (self.limit - low) / (high - low)
        return (p, at) if p >= at else (1 - p, 1 - at)


def decision_of_counts(n: Floats, asked: Limit) -> Floats:
    """Probability that n independent 0/1 readings show on which side of the limit the true value lies; exact.

    Args:
        n: numbers of readings, whole, shape (k,).
        asked: what is to be decided; bounds 0 and 1.
    Returns:
        Probabilities, shape (k,); not monotone in n, since counts are whole.
    Source: the tail of the binomial distribution, as in ``conformity.py``.

    >>> asked = Limit(0.99, 0.95, 0.05, (0.0, 1.0))
    >>> [round(float(x), 4) for x in decision_of_counts(np.array([58.0, 59.0]), asked)]
    [0.0, 0.5527]
    """
    found = asked.fractions
    assert found is not None
    p, at = found
    if at <= 0:
        return np.ones(len(n))
    least, most = np.zeros(len(n)), n + 1.0  # the critical count lies above ``least`` and not above ``most``
    while (most - least > 1).any():
        middle = np.floor((least + most) / 2)
        enough = betainc(np.maximum(middle, 1), np.maximum(n - middle + 1, 1e-300), at) <= asked.risk
        enough |= middle > n
        most, least = np.where(enough, middle, most), np.where(enough, least, middle)
    found_p = betainc(np.minimum(most, n), np.maximum(n - most + 1, 1.0), p)
    return np.asarray(np.where(most > n, 0.0, found_p))


def decision(u: float, dof: float | None, asked: Limit) -> float:
    """The same for any mean with standard uncertainty u: with an effective number of readings, or a t statistic.

    Args:
        u: standard uncertainty at the assumed true value.
        dof: its degrees of freedom; None where infinite.
        asked: what is to be decided.
    """
    found = asked.fractions
    if found is None or not 0 < found[0] < 1:
        distance, step = abs(asked.score - asked.limit) / u, -quantile(asked.risk, dof)
        if dof is None or distance > 30:
            return float(ndtr(distance - step))
        return float(1 - nctdtr(dof, distance, step))
    p, at = found
    low, high = asked.bounds
    assert low is not None and high is not None
    if at <= 0:
        return 1.0
    n = p * (1 - p) * ((high - low) / u) ** 2
    judged = n if dof is None else n * (float(ndtri(asked.risk)) / quantile(asked.risk, dof)) ** 2
    if at**judged > asked.risk:
        return 0.0  # not even if every reading were right
    x = bisected(lambda x: float(betainc(x, judged - x + 1, at)) <= asked.risk, 0.0, judged) * n / judged
    return float(betainc(x + 0.5, max(n - x, 0.0) + 0.5, p))  # a sum of many small parts: no steps of one reading


def bisected(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where ``holds`` begins to hold, between a number where it does not and one where it does."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
