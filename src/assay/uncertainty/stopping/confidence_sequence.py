"""Confidence sequence of a proportion: an interval for every number of readings, all of them right at once.

The mixture of likelihood ratios p'/p over a Beta prior on p' centred on p has expectation 1 if p is true, so that by
Ville's inequality it ever reaches 1 / α with a probability of at most α. The sequence holds the p at which it has not.
It holds for the mean of any independent scores between 0 and 1 as well, since no such score spreads further than a 0/1
reading of the same mean; there it is wider than need be.

Source: Howard, Ramdas, McAuliffe and Sekhon 2021 (arXiv 1810.08240), beta-binomial mixture.
"""

from math import log, log1p
from typing import Final

from scipy.special import betaln

T_OPT: Final = 100.0
"""Number of readings at which the sequence is made to be narrow; the price elsewhere is a few per cent of the width."""

_STEPS: Final = 44


def log_mixture(successes: float, n: float, p: float, alpha: float, t_opt: float = T_OPT) -> float:
    """Logarithm of the beta-binomial mixture: evidence against the proportion ``p``.

    Args:
        successes: number of successes, or sum of scores.
        n: number of readings.
        p: the proportion, above 0 and below 1.
        alpha: probability of error for which ``t_opt`` is meant.
        t_opt: number of readings at which the sequence is to be narrow.
    Source: as the module's; with g = p and h = 1 − p, s = (p̂ − p) n and v = n p (1 − p).
    """
    g, h = p, 1 - p
    r = max(_rho(t_opt * g * h, alpha) - g * h, 1e-3 * g * h)
    v, s = n * g * h, successes - p * n
    evidence = -(v + h * s) / h * log(g) - (v - g * s) / g * log(h)
    return float(evidence + betaln((r + v - g * s) / g, (r + v + h * s) / h) - betaln(r / g, r / h))


def _rho(v: float, alpha: float) -> float:
    return v / (2 * log(1 / alpha) + log1p(2 * log(1 / alpha)))


def bernoulli(successes: float, n: float, level: float, t_opt: float = T_OPT) -> tuple[float, float]:
    """Interval of the confidence sequence after ``n`` readings.

    Args:
        successes: number of successes, 0 to n.
        n: number of readings, above 0.
        level: probability with which all intervals of the sequence contain the proportion.
        t_opt: number of readings at which the sequence is to be narrow.

    >>> [round(x, 5) for x in bernoulli(700, 1000, 0.95)]
    [0.65163, 0.74595]
    """
    alpha = 1 - level
    mean = successes / n
    return _end(successes, n, alpha, t_opt, (0.0, mean)), _end(successes, n, alpha, t_opt, (1.0, mean))


def _end(successes: float, n: float, alpha: float, t_opt: float, between: tuple[float, float]) -> float:
    """Where the evidence falls to 1 / alpha, between an end of the scale and the mean."""
    excluded, kept = between
    if excluded == kept:
        return kept
    for _ in range(_STEPS):
        middle = (excluded + kept) / 2
        if log_mixture(successes, n, middle, alpha, t_opt) > -log(alpha):
            excluded = middle
        else:
            kept = middle
    return excluded
