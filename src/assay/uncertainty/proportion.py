"""Intervals and tails for quantities between 0 and 1. ``n`` may be fractional: an effective number of readings."""

from math import sqrt

from scipy.special import betainc, betaincinv


def wilson(p: float, n: float, k: float) -> tuple[float, float]:
    """Wilson score interval.

    Args:
        p: observed proportion, 0 to 1.
        n: number of independent readings, above 0; fractional where it is an effective number.
        k: coverage factor.
    Source: Wilson 1927; Newcombe 1998, method 3.

    >>> [round(x, 4) for x in wilson(81 / 263, 263, 1.959964)]
    [0.2553, 0.3662]
    """
    centre = (p + k * k / (2 * n)) / (1 + k * k / n)
    half = k * sqrt(p * (1 - p) / n + k * k / (4 * n * n)) / (1 + k * k / n)
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return min(low, p), max(high, p)


def clopper_pearson(x: float, n: float, level: float) -> tuple[float, float]:
    """Exact interval of Clopper and Pearson: never covers less than ``level`` for integer counts.

    Source: Clopper and Pearson 1934; for fractional counts Korn and Graubard 1998.

    >>> [round(v, 4) for v in clopper_pearson(81, 263, 0.95)]
    [0.2527, 0.3676]
    """
    alpha = (1 - level) / 2
    return lower_bound(x, n, alpha), upper_bound(x, n, alpha)


def jeffreys(x: float, n: float, level: float) -> tuple[float, float]:
    """Equal-tailed interval of the posterior Beta(x + ½, n − x + ½), with the ends 0 and 1 at x = 0 and x = n.

    Source: Brown, Cai and DasGupta 2001, section 3.1.4 (recalled).
    """
    alpha = (1 - level) / 2
    low = 0.0 if x == 0 else float(betaincinv(x + 0.5, n - x + 0.5, alpha))
    high = 1.0 if x == n else float(betaincinv(x + 0.5, n - x + 0.5, 1 - alpha))
    return low, high


def jeffreys_u(x: float, n: float) -> float:
    """Standard deviation of the posterior Beta(x + ½, n − x + ½): a standard uncertainty that is never 0."""
    a, b = x + 0.5, n - x + 0.5
    return sqrt(a * b / ((a + b) ** 2 * (a + b + 1)))


def lower_bound(x: float, n: float, risk: float) -> float:
    """Largest limit that x of n shows to be exceeded with a probability of error of at most ``risk``.

    >>> round(lower_bound(20, 20, 0.05), 3)
    0.861
    """
    return 0.0 if x <= 0 else float(betaincinv(x, n - x + 1, risk))


def upper_bound(x: float, n: float, risk: float) -> float:
    """Smallest limit that x of n shows not to be reached with a probability of error of at most ``risk``."""
    return 1.0 if x >= n else float(betaincinv(x + 1, n - x, 1 - risk))


def tail_at_least(x: float, n: float, limit: float) -> float:
    """Probability of x or more of n if the true proportion is ``limit``.

    >>> tail_at_least(292, 300, 0.95) <= 0.05 < tail_at_least(291, 300, 0.95)
    True
    """
    return 1.0 if x <= 0 else float(betainc(x, n - x + 1, limit))


def tail_at_most(x: float, n: float, limit: float) -> float:
    """Probability of x or fewer of n if the true proportion is ``limit``."""
    return 1.0 if x >= n else float(1 - betainc(x + 1, n - x, limit))
