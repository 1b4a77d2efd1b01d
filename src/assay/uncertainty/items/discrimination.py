"""Whether systems that are right on an item are those that do well on all the others.

A key that is wrong shows: able systems are "wrong" on the item and weak ones, now and then, "right". For each item the
systems' scores on the rest of the items are ranked, and the rank sum of those that were right is compared with what a
random choice of as many systems would give: an exact one-sided test, whatever the scores are distributed like.

Source: item-rest correlation: Lord and Novick 1968 (recalled); exact rank-sum distribution with ties: Streitberg and
Röhmel 1986 (recalled); interval of a correlation: Fisher's z, standard error 1/√(n − 3).
"""

from math import atanh, comb, sqrt, tanh
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_EXACT_UP_TO: Final = 60
_LEAST: Final = 3


class Discrimination(NamedTuple):
    """What one item says of the systems, against what all the others say.

    Attributes:
        correlation: of being right with the mean on the rest; None where either does not vary.
        interval: 95 % interval of it; None below four systems, or at ±1.
        subjects: systems that answered it.
        right: those that were right.
        p: one-sided probability of an association as negative as this; 1 where nothing can be said.
    """

    correlation: float | None
    interval: tuple[float, float] | None
    subjects: int
    right: int
    p: float


def discriminations(scores: Floats) -> list[Discrimination]:
    """The discrimination of every item.

    Args:
        scores: what each system scored on each item, from 0 to 1, shape (subjects, items); NaN where it did not answer.
    """
    seen = ~np.isnan(scores)
    filled = np.where(seen, scores, 0.0)
    ease = filled.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    above = np.where(seen, filled - ease, 0.0)  # of the others on the same item
    whole, counted = above.sum(axis=1), seen.sum(axis=1)
    found = []
    for item in range(scores.shape[1]):
        here = seen[:, item]
        rest = (whole - above[:, item]) / np.maximum(counted - here, 1)
        found.append(_of_item(filled[:, item], here, rest))
    return found


def _of_item(score: Floats, here: Flags, rest: Floats) -> Discrimination:
    right, ability = score[here] >= 0.5, rest[here]
    n, k = len(right), int(right.sum())
    if n < _LEAST or k in (0, n) or np.ptp(ability) < 1e-12:
        return Discrimination(None, None, n, k, 1.0)
    correlation = float(np.clip(np.corrcoef(right, ability)[0, 1], -1, 1))
    return Discrimination(correlation, fisher(correlation, n), n, k, 1.0 if correlation >= 0 else lower(right, ability))


def fisher(correlation: float, n: int, level: float = 0.95) -> tuple[float, float] | None:
    """Interval of a correlation of ``n`` pairs; None below four pairs or at ±1.

    >>> tuple(round(end, 3) for end in fisher(-0.5, 28))
    (-0.736, -0.156)
    """
    if n < 4 or abs(correlation) >= 1 - 1e-12:
        return None
    step = float(ndtri((1 + level) / 2)) / sqrt(n - 3)
    return tanh(atanh(correlation) - step), tanh(atanh(correlation) + step)


def lower(right: Flags, ability: Floats) -> float:
    """Probability that a random choice of as many systems has a rank sum as low as those that were right.

    Args:
        right: who was right, shape (subjects,).
        ability: any score of theirs, same shape; ties have the mean of their ranks.
    Returns:
        Exact up to 60 systems, beyond that by the normal approximation with ties.

    >>> lower(np.array([True, True, False, False, False]), np.array([1.0, 2.0, 3.0, 4.0, 5.0]))  # 1 in 10
    0.1
    """
    ranks = _doubled_ranks(ability)
    n, k, total = len(right), int(right.sum()), int(ranks[right].sum())
    if n > _EXACT_UP_TO:
        mean, share = k * float(ranks.mean()), k * (n - k) / (n - 1)
        return float(ndtr((total + 1 - mean) / sqrt(share * float(ranks.var()))))
    ways = np.zeros((k + 1, int(ranks.sum()) + 1))  # subsets by size and doubled rank sum
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    return float(ways[k, : total + 1].sum() / comb(n, k))


def _doubled_ranks(values: Floats) -> npt.NDArray[np.int64]:
    """Twice the ranks from 1, ties having the mean of theirs, so that all are whole numbers."""
    order = np.sort(values)
    first, last = np.searchsorted(order, values, "left"), np.searchsorted(order, values, "right")
    return (first + last + 1).astype(np.int64)
