"""Which cells to ask next: the most information on ability, averaged over what is believed of it.

n items of a cell tell about a θ what 1 / (1 / (n i) + v) says, where i is the information of one item and v the
variance of what all its items share: the subject's own part, and what is not known of the cell. A cell that was asked
often, or is known poorly, therefore gives way to others by itself.

Source: information of 2PL and 3PL items: Birnbaum 1968, Lord 1980; choice by posterior-weighted information: van der
Linden 1998; drawing among the best so that no item is always asked: Kingsbury and Zara 1989 (all recalled).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from assay.uncertainty.ability.cells import PRIOR_SD, THETA, Curves, Floats, Ints, Posterior


class Rule(NamedTuple):
    """How cells are chosen.

    Attributes:
        among: the cell is drawn among so many of the best ones.
        share: wanted share of each dimension, shape (dimensions,); None for no balance.
        dimension: of each cell, shape (cells,).
    """

    among: int = 5
    share: Floats | None = None
    dimension: Ints | None = None


def item_information(made: Curves) -> Floats:
    """Information of one item of each cell at each of ``THETA``, P'² / (P (1 − P)), shape (cells, nodes).

    The subject's own part is taken as 0; the items' parts are integrated out.
    """
    middle = made.p.shape[2] // 2
    p, dp = made.p[:, :, middle], made.dp[:, :, middle] * made.cells.slope[:, None]
    return np.asarray(dp**2 / (p * (1 - p)))


def shared_variance(made: Curves) -> Floats:
    """Variance in θ of what all items of a cell share, at each of ``THETA``, shape (cells, nodes)."""
    c = made.cells.covariance
    of_cell = c[:, 0, 0, None] * THETA**2 + 2 * c[:, 0, 1, None] * THETA + c[:, 1, 1, None]
    return np.asarray((made.cells.subject_sd**2 + of_cell) / made.cells.slope[:, None] ** 2)


def chosen(
    made: Curves, known: Posterior, counts: tuple[Ints, Ints], size: int, rule: Rule, draw: Callable[[int], float]
) -> list[int]:
    """Cells to ask next, one for each item, best first; fewer than ``size`` if no items are left.

    Args:
        made: tables of the cells.
        known: of the subject.
        counts: items asked already, and items left, of each cell; both of shape (cells,).
        size: number of items wanted.
        rule: how to choose.
        draw: a number in [0, 1) for the place of a choice in this call; the same for the same place.
    """
    asked, left = (one.copy() for one in counts)
    information, shared = item_information(made), shared_variance(made)
    near = known.weight > 1e-6 * known.weight.max()
    weight, information, shared = known.weight[near], information[:, near], shared[:, near]
    gains = np.array([_gain(information[k], shared[k], int(asked[k]), weight) for k in range(len(asked))])
    found: list[int] = []
    for place in range(size):
        open_ = np.flatnonzero(left > 0)
        if not len(open_):
            break
        open_ = _of_dimension(open_, asked, rule)
        best = open_[np.argsort(-gains[open_], kind="stable")][: rule.among]
        cell = int(best[int(draw(place) * len(best))])
        found.append(cell)
        asked[cell] += 1
        left[cell] -= 1
        gains[cell] = _gain(information[cell], shared[cell], int(asked[cell]), weight)
    return found


def random_items(made: Curves, known: Posterior, items: Ints, u: float) -> float | None:
    """How many items, drawn at random from the material, would leave the same uncertainty of ability.

    Args:
        made: tables of the cells.
        known: of the subject.
        items: of each cell in the material, shape (cells,).
        u: the uncertainty that was reached.
    Returns:
        By the information at what is believed of the ability; None if all items of the material would not do.
    """
    share = items / items.sum()
    information, shared = item_information(made) @ known.weight, shared_variance(made) @ known.weight
    wanted = u**-2 - PRIOR_SD**-2

    def had(n: float) -> float:
        return float((n * share * information / (1 + n * share * information * shared)).sum())

    low, high = 0.0, float(items.sum())
    if had(high) < wanted:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if had(middle) < wanted else (low, middle)
    return high


def _gain(information: Floats, shared: Floats, n: int, weight: Floats) -> float:
    """What one more item adds to the information of n, averaged over the posterior."""
    more = (n + 1) * information / (1 + (n + 1) * information * shared)
    before = n * information / (1 + n * information * shared)
    return float(weight @ (more - before))


def _of_dimension(open_: Ints, asked: Ints, rule: Rule) -> Ints:
    """Of the open cells, those of the dimension that lags furthest behind its share; all where none is wanted."""
    if rule.share is None or rule.dimension is None:
        return open_
    had = np.bincount(rule.dimension, weights=asked, minlength=len(rule.share))
    lag = (had.sum() + 1) * rule.share - had
    present = np.unique(rule.dimension[open_])
    wanted = present[int(np.argmax(lag[present]))]
    return np.asarray(open_[rule.dimension[open_] == wanted])
