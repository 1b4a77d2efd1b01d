"""From verdicts to strengths, ranks and what cannot be told apart: numbers only."""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from assay.uncertainty.arena.leaderboard import Leaderboard, leaderboard
from assay.uncertainty.arena.next_pairs import Aim
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry
from assay.uncertainty.arena.ranked_lists import Rankings, plackett_luce
from assay.uncertainty.arena.strengths import Strengths
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import wilson
from assay.vocabulary.arena import Effect, Votes
from assay.vocabulary.certificate import Rate
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
LEVEL: Final = 0.95
FEW: Final = 20
"""Below so many clusters the sandwich covariance rests on few independent parts."""
_NO_ESTIMATE: Final = ("numbers.no_scatter", "model.not_converged", "numbers.range", "numbers.too_few")


class Stated(NamedTuple):
    """What the verdicts say; ``strengths`` and ``board`` are None where some systems won or lost everything.

    Attributes:
        strengths: on the log scale, their covariance clustered by item.
        board: ranks and groups that hold together.
        adjusted: strengths at equal length; None where that cannot be estimated.
        order: advantage of the one shown first.
        above: groups of systems, each of which lost nothing against those after it.
    """

    strengths: Strengths | None
    board: Leaderboard | None
    adjusted: Strengths | None
    order: Effect | None
    above: tuple[tuple[int, ...], ...]


def comparisons(votes: Votes) -> Comparisons:
    """Verdicts on pairs as columns; the covariate is the relative difference in length, (a − b) / (a + b).

    Source: of the covariate: the control for length of public leaderboards (recalled).
    """
    shown = np.array(votes.shown, np.int64).reshape(-1, 2)
    length = np.array(votes.length, np.float64).reshape(-1, 2)
    outcome = [0.5 if not best else float(best[0] == first) for best, first in
               zip(votes.ranked, shown[:, 0].tolist(), strict=True)]  # fmt: skip
    relative = (length[:, 0] - length[:, 1]) / np.maximum(length.sum(axis=1), 1.0)
    return Comparisons(shown[:, 0], shown[:, 1], np.array(outcome), np.array(votes.cluster), covariates=relative)


def stated(votes: Votes, n: int, kind: str, placed: bool) -> Stated:
    """What verdicts say of ``n`` systems.

    Strengths of pairs that were each put in both orders are those without an order effect: what is estimated is how
    often one is preferred where each is shown first equally often, and a preference for a place cancels in it. Where a
    pair was seen in one order, the order effect stands beside the strengths.

    Args:
        votes: the verdicts.
        n: number of systems.
        kind: ``choice`` or ``ranking``.
        placed: whether the order in which responses were shown is known.
    Raises:
        BadInput: ``comparison.disconnected``; fewer than two clusters; verdicts without any scatter.
    """
    if kind == "ranking":
        return _ranked(votes, n)
    plain = comparisons(votes)._replace(covariates=None)
    both = len(set(votes.reading)) < len(votes.reading)
    above = separated(plain, n)
    if above:
        return Stated(None, None, None, None, above)
    with_order = _estimated(plain, n, True) if placed else None
    try:
        found = with_order if with_order is not None and not both else bradley_terry(plain, n)
    except BadInput as error:
        above = separated(plain, n, ties=False)
        if error.code != "model.not_converged" or not above:
            raise
        return Stated(None, None, None, None, above)
    adjusted = _estimated(comparisons(votes), n, placed and not both)
    order = None if with_order is None or with_order.order is None else effect(*with_order.order, dof(with_order))
    return Stated(found, leaderboard(found.strength, found.covariance, dof(found), LEVEL), adjusted, order, ())


def _ranked(votes: Votes, n: int) -> Stated:
    lists = Rankings(votes.ranked, group=np.array(votes.cluster))
    pairs = _as_pairs(votes)
    above = separated(pairs, n)
    if above:
        return Stated(None, None, None, None, above)
    found = plackett_luce(lists, n)
    return Stated(found, leaderboard(found.strength, found.covariance, dof(found), LEVEL), None, None, ())


def _as_pairs(votes: Votes) -> Comparisons:
    rows = [(one, other, cluster) for ranked, cluster in zip(votes.ranked, votes.cluster, strict=True)
            for k, one in enumerate(ranked) for other in ranked[k + 1 :]]  # fmt: skip
    first, second, cluster = np.array(rows, np.int64).reshape(-1, 3).T
    return Comparisons(first, second, np.ones(len(first)), cluster)


def tally(votes: Votes, n: int) -> tuple[Floats, Floats]:
    """How often each was preferred to each other, and how often neither, both of shape (systems, systems)."""
    wins, ties = np.zeros((n, n)), np.zeros((n, n))
    for shown, ranked in zip(votes.shown, votes.ranked, strict=True):
        for k, one in enumerate(ranked):
            wins[one, list(ranked[k + 1 :])] += 1
        if not ranked:
            ties[shown[0], shown[1]] += 1
            ties[shown[1], shown[0]] += 1
    return wins, ties


def _estimated(rows: Comparisons, n: int, order: bool) -> Strengths | None:
    try:
        return bradley_terry(rows, n, order)
    except BadInput as error:
        if error.code in _NO_ESTIMATE:
            return None
        raise


def dof(found: Strengths) -> float:
    """Degrees of freedom of the covariance: clusters less one."""
    return float((found.clusters or 2) - 1)


def effect(value: float, u: float, freedom: float) -> Effect:
    """A value with its interval."""
    reach = coverage_factor(LEVEL, freedom) * u
    return Effect(value=value, u=u, interval=(value - reach, value + reach))


def against_mean(found: Strengths, place: int) -> Effect:
    """A strength less the mean of all, with its own interval."""
    return effect(float(found.strength[place]), sqrt(max(0.0, float(found.covariance[place, place]))), dof(found))


def chances(gap: Floats, eta: float) -> tuple[Floats, Floats, Floats]:
    """Of a win of the one, of the other, and of a tie, shown first equally often.

    Args:
        gap: strength of the one less that of the other, any shape.
        eta: log of Davidson's tie parameter; minus infinity without ties.
    """
    won, lost, tied = np.exp(gap / 2), np.exp(-gap / 2), np.full_like(gap, np.exp(eta))
    total = won + lost + tied
    return won / total, lost / total, tied / total


def probability(gap: float, found: Strengths) -> float:
    """That one is preferred to another this much weaker, a tie counting half."""
    won, _, tied = chances(np.array([gap]), -np.inf if found.tie is None else found.tie[0])
    return float(won[0] + tied[0] / 2)


def separated(rows: Comparisons, n: int, ties: bool = True) -> tuple[tuple[int, ...], ...]:
    """Groups of systems, each of which lost no verdict against those after it; nothing if all beat each other in a
    circle.

    Args:
        rows: the verdicts.
        n: number of systems.
        ties: whether a tie joins two systems as a win of each does. Without ties such a circle is all that strengths
            need (Ford 1957); with them it is enough that they are joined by wins alone, and may be too little that they
            are joined by ties: of two systems of which one wins or ties, never loses, strengths are not finite.
    Raises:
        BadInput: ``comparison.disconnected``.
    """
    beats = np.zeros((n, n))
    first, second, outcome = (np.asarray(column) for column in (rows.first, rows.second, rows.outcome))
    np.add.at(beats, (first, second), outcome)
    np.add.at(beats, (second, first), 1.0 - outcome)
    parts, label = connected_components(beats + beats.T > 0, directed=False)
    if parts > 1:
        raise BadInput("comparison.disconnected", n=parts, groups=label.tolist())
    if not ties:
        beats = np.zeros((n, n))
        np.add.at(beats, (first, second), outcome == 1)
        np.add.at(beats, (second, first), outcome == 0)
    parts, label = connected_components(beats > 0, directed=True, connection="strong")
    if parts < 2:
        return ()
    left, order = set(range(parts)), list[int]()
    lost_to = {one: {int(label[i]) for i in range(n) for j in range(n) if beats[i, j] > 0 and label[j] == one
                     and label[i] != one} for one in left}  # fmt: skip
    while left:
        top = min(one for one in left if not lost_to[one] & left)
        order.append(top)
        left.remove(top)
    return tuple(tuple(np.flatnonzero(label == one).tolist()) for one in order)


def position(votes: Votes) -> Rate | None:
    """Share of verdicts for what was shown first less that for what was shown second, clustered.

    Where every cluster is evenly divided there is no scatter; the interval is then what 0 of so many readings allows.
    """
    if any(len(shown) != 2 for shown in votes.shown):
        return None
    sign = [0.0 if not best else (1.0 if best[0] == shown[0] else -1.0)
            for best, shown in zip(votes.ranked, votes.shown, strict=True)]  # fmt: skip
    return mean_of(np.array(sign), np.array(votes.cluster), len(set(votes.reading)))


def mean_of(values: Floats, cluster: npt.NDArray[np.int64], readings: int) -> Rate | None:
    """Mean of values between −1 and 1 with its t interval over clusters.

    Args:
        values: shape (rows,).
        cluster: of each.
        readings: what the interval without any scatter rests on.
    """
    if not len(values):
        return None
    mean = float(values.mean())
    sums = np.bincount(np.unique(cluster, return_inverse=True)[1], values - mean)
    n = len(sums)
    u = sqrt(n / (n - 1) * float((sums**2).sum())) / len(values) if n > 1 else 0.0
    if u < 1e-12:
        reach = 2 * wilson(0.0, readings, coverage_factor(LEVEL, None))[1]
        return Rate(value=mean, u=None, interval=(max(-1.0, mean - reach), min(1.0, mean + reach)), n=readings)
    reach = coverage_factor(LEVEL, n - 1) * u
    return Rate(value=mean, u=u, interval=(max(-1.0, mean - reach), min(1.0, mean + reach)), n=readings)


def round_robin(found: Strengths, votes: Votes, aim: Aim) -> int | None:
    """Comparisons in both orders that an equal share for every pair would need so that all is settled, as it looks now.

    What one comparison tells of two strengths follows from the model; that verdicts on one item are not independent is
    taken into account by the ratio of the variances found to those of independent verdicts.

    Args:
        found: strengths from all comparisons so far.
        votes: these.
        aim: what is to be settled.
    """
    n = len(found.strength)
    eta = -np.inf if found.tie is None else found.tie[0]
    gap = found.strength[:, None] - found.strength[None, :]
    won, lost, _ = chances(gap, eta)
    weight = (won + lost - (won - lost) ** 2) / 2  # of a comparison in both orders
    np.fill_diagonal(weight, 0.0)
    wins, ties = tally(votes, n)
    even = _of_differences(_inverted(weight))
    had = _of_differences(_inverted(weight * (wins + wins.T + ties) / 2))
    real = _of_differences(found.covariance)
    upper = np.triu_indices(n, 1)
    if (had[upper] <= 0).any():
        return None
    inflated = float(np.mean(real[upper] / had[upper]))
    wanted = np.maximum(np.abs(gap), aim.apart)[upper] / aim.factor
    each = float(np.max(inflated * even[upper] / wanted**2))
    return int(np.ceil(each * n * (n - 1) / 2))


def short_by(found: Strengths, aim: Aim) -> float:
    """How many times the comparisons so far the least settled difference needs; 1 or less once all is settled."""
    upper = np.triu_indices(len(found.strength), 1)
    gap = np.abs(found.strength[:, None] - found.strength[None, :])[upper]
    wanted = np.maximum(gap, aim.apart) / aim.factor
    return float(np.max(_of_differences(found.covariance)[upper] / wanted**2))


def _inverted(weight: Floats) -> Floats:
    """Covariance of strengths from the information on each pair, shape (systems, systems)."""
    laplacian = np.diag(weight.sum(axis=1)) - weight
    return np.asarray(np.linalg.pinv(laplacian), np.float64)


def _of_differences(table: Floats) -> Floats:
    own = np.diag(table)
    return np.asarray(own[:, None] + own[None, :] - table - table.T)
