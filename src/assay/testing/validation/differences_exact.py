"""Exact coverage of differences of proportions, without our intervals: for simulations to be held against.

Paired: the number of items that only the second, or only the first system has right is trinomial, and the score test
of the true difference is written here a second time. Unpaired: two binomial counts, and Newcombe's method 10 a second
time.

Source: Tango 1998, Statistics in Medicine 17, 891 (closed form of the restricted estimate, recalled); Newcombe 1998,
Statistics in Medicine 17, 873, method 10.
"""

from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtr, ndtri, xlogy

from assay.testing.validation.exact import probabilities
from assay.uncertainty.coverage import coverage_factor

Floats = npt.NDArray[np.float64]
_K: Final = coverage_factor(0.95)
_NODES: Final = 80


def discordant(scores: tuple[float, float], item_sd: float) -> tuple[float, float]:
    """Probability that only the second, and that only the first of two systems has an item right.

    Args:
        scores: true scores of both over all items.
        item_sd: standard deviation of the items' difficulties, in probits; common to both systems.
    """
    at, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    weight = weight / weight.sum()
    first, second = (ndtr(sqrt(1 + item_sd**2) * ndtri(score) - item_sd * at) for score in scores)
    return float(weight @ ((1 - first) * second)), float(weight @ (first * (1 - second)))


def paired(n: int, more: float, fewer: float) -> float:
    """Coverage of the score interval of ``more - fewer`` over n pairs; both are probabilities of a pair."""
    true = more - fewer
    b, c = (index.astype(float) for index in np.indices((n + 1, n + 1)))
    possible = b + c <= n
    b, c = b[possible], c[possible]
    logs = (
        gammaln(n + 1) - gammaln(b + 1) - gammaln(c + 1) - gammaln(n - b - c + 1)
        + xlogy(b, more) + xlogy(c, fewer) + xlogy(n - b - c, 1 - more - fewer)
    )  # fmt: skip
    two_b = -b - c + (2 * n - b + c) * true
    rest = np.maximum(two_b**2 + 8 * n * c * true * (1 - true), 0.0)
    q = (np.sqrt(rest) - two_b) / (4 * n)
    variance = n * np.maximum(2 * q + true * (1 - true), 0.0)
    away = np.abs(b - c - n * true)
    kept = away <= _K * np.sqrt(variance) + 1e-12
    return float(np.exp(logs)[kept].sum())


def unpaired(n: int, scores: tuple[float, float]) -> float:
    """Coverage of the difference of two independent proportions of n readings each."""
    p = np.arange(n + 1) / n
    middle, spread = p + _K**2 / (2 * n), _K * np.sqrt(p * (1 - p) / n + _K**2 / (4 * n * n))
    low, high = (middle - spread) / (1 + _K**2 / n), (middle + spread) / (1 + _K**2 / n)
    below = np.sqrt((p - low)[None, :] ** 2 + (high - p)[:, None] ** 2)
    above = np.sqrt((high - p)[None, :] ** 2 + (p - low)[:, None] ** 2)
    gap, true = p[None, :] - p[:, None], scores[1] - scores[0]
    kept = (gap - below <= true + 1e-12) & (true - 1e-12 <= gap + above)
    chance = probabilities(n, scores[0])[:, None] * probabilities(n, scores[1])[None, :]
    return float(chance[kept].sum())
