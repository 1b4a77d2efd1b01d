"""pass@k (at least one of k attempts succeeds) and pass^k (all k do), from n ≥ k attempts at each item.

Each item's estimate is a mean over all choices of k of its n attempts, so that it is unbiased; with c successes it is
1 − C(n − c, k) / C(n, k), and C(c, k) / C(n, k). The score is their mean over items, the spread that of the items; for
these very items it is the scatter of the attempts alone, by a jackknife over the attempts of each item.

Source: pass@k: Chen et al. 2021, arXiv 2107.03374, equation 1; pass^k: Yao et al. 2024, arXiv 2406.12045 (recalled);
jackknife of a U statistic: Arvesen 1969 (recalled).
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from assay.uncertainty import spread
from assay.uncertainty.checked import at_least, finite, level_given, places, same_length, within
from assay.uncertainty.proportion import jeffreys_u
from assay.uncertainty.score.crossed import clustered
from assay.uncertainty.spread import Spread

Floats = npt.NDArray[np.float64]
Kind = Literal["any", "all"]
_WHERE = "pass@k"


class Attempts(NamedTuple):
    """Attempts and successes of each item, shape (items,); cluster of each, or None."""

    n: npt.ArrayLike
    successes: npt.ArrayLike
    group: npt.ArrayLike | None = None


class Passed(NamedTuple):
    """The score: estimate and spread, coverage interval, and estimate of each item, shape (items,)."""

    spread: Spread
    interval: tuple[float, float]
    items: Floats


def per_item(n: npt.ArrayLike, successes: npt.ArrayLike, k: int, kind: Kind = "any") -> Floats:
    """Unbiased estimate for each item, shape (items,).

    Args:
        n: attempts, at least k.
        successes: how many of them succeeded.
        k: attempts that count.
        kind: ``any`` for pass@k, ``all`` for pass^k.

    >>> per_item([10, 10], [3, 10], 5).round(6).tolist(), per_item([10], [3], 2, "all").round(6).tolist()
    ([0.916667, 1.0], [0.066667])
    """
    total = np.asarray(n, dtype=np.float64)
    hits = np.asarray(successes, dtype=np.float64)
    taken = total - hits if kind == "any" else hits
    with np.errstate(invalid="ignore"):
        logs = gammaln(taken + 1) + gammaln(total - k + 1) - gammaln(np.maximum(taken - k, 0) + 1) - gammaln(total + 1)
    share = np.where(taken >= k, np.exp(np.minimum(logs, 0.0)), 0.0)
    share = np.where(taken == total, 1.0, share)
    return 1 - share if kind == "any" else share


def passed(attempts: Attempts, k: int, kind: Kind = "any", level: float = 0.95, population: bool = True) -> Passed:
    """Mean of the items' estimates with its interval within 0 and 1.

    Args:
        attempts: of each item; numbers may differ.
        k: attempts that count.
        kind: ``any`` for pass@k, ``all`` for pass^k.
        level: coverage probability.
        population: True if the items stand for others, False if the result speaks of these items; then each item
            needs more than k attempts.
    Raises:
        BadInput: fewer than k attempts at an item, more successes than attempts, one item or one cluster.
    """
    n, hits = np.asarray(attempts.n, dtype=np.float64), np.asarray(attempts.successes, dtype=np.float64)
    same_length(_WHERE, n, hits)
    finite(_WHERE, n, hits)
    level_given(_WHERE, level)
    at_least(_WHERE, "items", len(n), 2 if population else 1)
    least = k if population else k + 1
    within(_WHERE, "k", k, "1 <= k", k >= 1)
    within(_WHERE, "attempts", float(n.min()), f"n >= {least}", bool((n >= least).all()))
    within(_WHERE, "successes", float(hits.max()), "0 <= c <= n", bool(((hits >= 0) & (hits <= n)).all()))
    items = per_item(n, hits, k, kind)
    value = min(max(float(items.mean()), 0.0), 1.0)
    place = places(attempts.group, len(n))
    units = int(place.max()) + 1
    at_least(_WHERE, "clusters", units, 2 if population else 1)
    if population:
        share = np.full(len(n), 1 / len(n))
        variance, dof = clustered(share, items - value, None if attempts.group is None else place)
    else:
        variance, dof = attempts_variance(n, hits, k, kind), float((n - 1).sum())
    found = _spread(value, variance, dof, float(units) if population else float(n.sum()) / k)
    ends = spread.interval(found, level)
    assert ends is not None
    return Passed(found, ends, items)


def of_attempts(
    n: Floats, hits: Floats, share: Floats, k: int, kind: Kind
) -> Spread:
    """The score of these very items, whose uncertainty is that of their attempts alone.

    Args:
        n: attempts of each item (or of each item in each variant), above k, shape (items,).
        hits: how many succeeded.
        share: weight of each in the mean, with the sum 1, shape (items,).
        k: attempts that count.
        kind: ``any`` for pass@k, ``all`` for pass^k.
    """
    value = min(max(float(share @ per_item(n, hits, k, kind)), 0.0), 1.0)
    value = round(value) if abs(value - round(value)) < 1e-12 else value  # the last digit of a sum is no failure
    return _spread(value, attempts_variance(n, hits, k, kind, share), float((n - 1).sum()), float(n.sum()) / k)


def _spread(value: float, variance: float, dof: float, n: float) -> Spread:
    if value in (0.0, 1.0):
        return Spread(value, jeffreys_u(value * n, n), None, 0.0, 1.0, n, "wilson")
    if variance <= 1e-30:
        return Spread(value, spread.all_equal_u(value, n), None, 0.0, 1.0, n, "all_equal")
    return spread.bounded(value, float(np.sqrt(variance)), dof, (0.0, 1.0))


def attempts_variance(
    n: Floats, hits: Floats, k: int, kind: Kind = "any", share: Floats | None = None
) -> float:
    """Variance of the mean from the attempts alone, by leaving out one success or one failure of each item.

    Args:
        n: attempts of each item, above k, shape (items,).
        hits: how many succeeded.
        k: attempts that count.
        kind: ``any`` for pass@k, ``all`` for pass^k.
        share: weight of each item in the mean, with the sum 1, shape (items,); equal if None.
    """
    less_hit = per_item(n - 1, np.maximum(hits - 1, 0), k, kind)
    less_miss = per_item(n - 1, np.minimum(hits, n - 1), k, kind)
    centre = (hits * less_hit + (n - hits) * less_miss) / n
    squares = hits * (less_hit - centre) ** 2 + (n - hits) * (less_miss - centre) ** 2
    weight = np.full(len(n), 1 / len(n)) if share is None else share
    return float(weight**2 @ ((n - 1) / n * squares))
