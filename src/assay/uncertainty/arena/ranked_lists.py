"""Strengths of systems from rankings of several at once: Plackett and Luce.

The best of those shown is chosen with a probability proportional to exp(β), then the best of the others, and so on. A
ranking may be partial: it may be of some systems only, and it may end before the last, in which case those left stand
below in an order that is not known. With two systems a list this is the model of Bradley and Terry. There are no ties.

Only differences of strengths mean anything; they are given with the sum 0 and their whole covariance: the inverse of
the information, or the sandwich over clusters of lists that are not independent (lists of one item by several judges).

Source: Luce 1959, Plackett 1975; existence: Hunter 2004, assumption 1 (recalled).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.arena.strengths import (
    Curve,
    Floats,
    Strengths,
    connected,
    contrasts,
    inverted,
    maximum,
    sandwich,
)
from assay.uncertainty.checked import at_least, same_length, within
from assay.vocabulary.errors import BadInput

Ints = npt.NDArray[np.int64]
_WHERE = "rankings"


class Rankings(NamedTuple):
    """Ranked lists.

    Attributes:
        ranked: for each list the places from 0 of the systems, best first.
        below: for each list those shown that stand below all of these, in any order; nobody if None.
        group: cluster of each list, shape (lists,); None if lists are independent.
    """

    ranked: Sequence[Sequence[int]]
    below: Sequence[Sequence[int]] | None = None
    group: npt.ArrayLike | None = None


class _Lists(NamedTuple):
    """Lists side by side: places, shape (lists, width), with 0 where there is none; whether there is one; and whether
    a choice was made at this point, out of this one and those after it."""

    place: Ints
    shown: Floats
    chosen: Floats


def plackett_luce(rankings: Rankings, n_systems: int | None = None) -> Strengths:
    """Maximum likelihood estimates with their covariance.

    Args:
        rankings: the lists; one that shows a single system says nothing.
        n_systems: number of systems; as many as are named if None.
    Raises:
        BadInput: a system named twice in a list; systems that never stood in a list with the others; some that always
            stood above, or below, all others; one cluster, or clusters that show no scatter.

    >>> found = plackett_luce(Rankings([[0, 1, 2], [1, 2, 0], [2, 0, 1]]))
    >>> found.strength.round(6).tolist()
    [0.0, 0.0, 0.0]
    """
    lists, n = _lists(rankings, n_systems)
    connected(_above(lists, n))
    basis = contrasts(n)

    def curve(theta: Floats) -> Curve:
        value, scores, table = _likelihood(lists, basis @ theta)
        return value, basis.T @ np.bincount(lists.place.ravel(), scores.ravel(), n), basis.T @ table @ basis

    theta, value, information = maximum(curve, np.zeros(n - 1), _WHERE)
    inverse, clusters = inverted(information, _WHERE), None
    if rankings.group is not None:
        scores = _likelihood(lists, basis @ theta)[1]
        each = np.zeros((len(scores), n))
        for column in range(scores.shape[1]):
            each[np.arange(len(scores)), lists.place[:, column]] += scores[:, column]
        inverse, clusters = sandwich(inverse, each @ basis, rankings.group, _WHERE)
    return Strengths(basis @ theta, basis @ inverse @ basis.T, None, None, value, clusters)


def _lists(rankings: Rankings, n_systems: int | None) -> tuple[_Lists, int]:
    ranked = [list(one) for one in rankings.ranked]
    below = [[] for _ in ranked] if rankings.below is None else [list(one) for one in rankings.below]
    at_least(_WHERE, "lists", len(ranked), 1)
    if len(below) != len(ranked):
        raise BadInput("numbers.length", where=_WHERE, lengths=f"{len(ranked)}, {len(below)}")
    if rankings.group is not None:
        same_length(_WHERE, ranked, rankings.group)
    both = [one + other for one, other in zip(ranked, below, strict=True)]
    for number, one in enumerate(both):
        if len(set(one)) < len(one):
            raise BadInput("ranking.twice", list=number, place=max(one, key=one.count))
    named = np.array([place for one in both for place in one], np.int64)
    at_least(_WHERE, "systems", len(named), 2)
    n = int(named.max()) + 1 if n_systems is None else n_systems
    bad = named[(named < 0) | (named >= n)]
    within(_WHERE, "system", float(bad[0]) if len(bad) else 0.0, f"0 <= place < {n}", len(bad) == 0)
    at_least(_WHERE, "systems", n, 2)
    width = max(len(one) for one in both)
    length = np.array([len(one) for one in both])[:, None]
    first = np.array([len(one) for one in ranked])[:, None]
    place = np.array([one + [0] * (width - len(one)) for one in both], np.int64)
    at = np.arange(width)[None, :]
    return _Lists(place, (at < length).astype(np.float64), (at < np.minimum(first, length - 1)).astype(np.float64)), n


def _above(lists: _Lists, n: int) -> Floats:
    """How often each was chosen before each other, shape (systems, systems)."""
    table = np.zeros(n * n)
    for one in range(lists.place.shape[1]):
        for other in range(one + 1, lists.place.shape[1]):
            had = lists.chosen[:, one] * lists.shown[:, other]
            table += np.bincount(lists.place[:, one] * n + lists.place[:, other], had, n * n)
    return table.reshape(n, n)


def _likelihood(lists: _Lists, beta: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood, score of each point of each list, shape (lists, width), and information of the strengths.

    At a choice out of those from point k on, with weights w and their sum S_k, the score of point j is
    [j is chosen] − w_j / S_k and the information diag(w / S_k) − w wᵀ / S_k².
    """
    n, width = len(beta), lists.place.shape[1]
    weight = np.exp(beta[lists.place]) * lists.shown
    rest = np.cumsum(weight[:, ::-1], axis=1)[:, ::-1]
    rest = np.where(rest > 0, rest, 1.0)
    value = float((lists.chosen * (beta[lists.place] - np.log(rest))).sum())
    once = np.cumsum(lists.chosen / rest, axis=1)
    twice = np.cumsum(lists.chosen / rest**2, axis=1)
    table = np.diag(np.bincount(lists.place.ravel(), (weight * once).ravel(), n)).ravel().astype(np.float64)
    for one in range(width):
        for other in range(width):
            product = weight[:, one] * weight[:, other] * twice[:, min(one, other)]
            table -= np.bincount(lists.place[:, one] * n + lists.place[:, other], product, n * n)
    return value, lists.chosen - weight * once, table.reshape(n, n)
