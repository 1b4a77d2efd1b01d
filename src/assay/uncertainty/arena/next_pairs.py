"""Which systems to compare next, so that a wanted resolution is reached with fewer comparisons.

A comparison tells most where its outcome is least foreseeable and where it bears on a difference that is not settled
yet. For every difference of interest there is a standard uncertainty that would do (``Aim``). The next pair is the one
whose comparison is expected to lower the sum of (u / wanted u)⁸ over these differences the most, which is close to
lowering the largest of them:

    gain(i, j) = m w_ij dᵀ M d / (1 + m w_ij dᵀ Σ d),  M = Σ L Σ,  d = e_i − e_j

with Σ the covariance of the strengths, w the information of one comparison, m comparisons for one choice, and L the
Laplacian of the derivatives (u / wanted u)⁶ / (wanted u)². After each choice Σ is brought up to date, as if its outcome
had been seen, so that the pairs of a batch differ. Strengths for this purpose have a weak normal prior, and exist
however little was seen; it plays no part in any estimate. When to stop is said by the estimates (``unsettled``).

**What holds afterwards.** The likelihood is what it would have been for a plan made beforehand, but the distribution of
the estimates is not. A rule that takes the estimates at their word drops a pair just when its difference looks large by
chance, and the chance is never corrected: with six equal systems 95 % intervals then held in 88 %, and one leaderboard
in six told equal systems apart. So a difference is taken to be smaller than it looks by ``caution`` times its own u: it
is dropped only when it is large beyond doubt. With 3, intervals held in 93 % to 95 % (the worst single one in 91 %),
leaderboards were right as often as stated, and a round robin needed 1.2 to 2.4 times as many comparisons, the most
where only the best is asked for and none where all are equal (``python -m assay.testing.arena next``). What remains is
that differences far beyond doubt, which are compared little, come out too large, by some tenth. Where a level must be
exact, choose with a first part of the comparisons, fix the plan, and estimate from the rest alone.

None of it makes "stop as soon as they differ" right: then an interval is looked at again and again and sooner or later
leaves 0. Where that is wanted give each look its share of the risk (``factor_of_looks``).

Source: A-optimal sequential design with rank-one updates: Fedorov 1972 (recalled); for Bradley and Terry: Chen et al.
2013 and Glickman and Jensen 2005 (recalled). The rule of caution is ours; the simulations are its only support.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.arena.paired_comparison_model import Comparisons, not_lost
from assay.uncertainty.arena.strengths import Curve, Floats, Strengths, maximum
from assay.uncertainty.checked import at_least, level_given, within
from assay.uncertainty.coverage import coverage_factor

Pair = tuple[int, int]
_WHERE = "next pairs"
_POWER = 4  # of (u / wanted u)²; the higher, the closer to their largest


class Aim(NamedTuple):
    """What is to be known, and how well; all on the log scale.

    Attributes:
        of: ``all`` differences; those of the ``top``, the best system from each other; or those of ``neighbours`` in
            the order of strength.
        apart: smallest difference of interest. For ``all`` and ``top`` a difference is settled once factor × u is no
            more than the larger of it and the difference itself: those further apart than this are told apart, and the
            others are known to be no further apart than twice this. For ``neighbours`` once factor × u is no more
            than it.
        factor: coverage factor; that of a ``leaderboard`` for statements that are to hold together.
    """

    of: Literal["all", "top", "neighbours"] = "all"
    apart: float = 0.3
    factor: float = 1.96


class Choice(NamedTuple):
    """How to choose.

    Attributes:
        n: pairs wanted.
        looks: comparisons that one choice brings; 2 where both orders are shown.
        prior: standard deviation of the strengths assumed beforehand, for the choice alone.
        seed: decides between pairs that are equally good.
        caution: how many u a difference is taken to be smaller than it looks; below 3 intervals hold less and less.
    """

    n: int = 1
    looks: int = 2
    prior: float = 2.0
    seed: int = 1
    caution: float = 3.0


def next_pairs(
    comparisons: Comparisons | None, n_systems: int, aim: Aim = Aim(), choice: Choice = Choice()  # noqa: B008
) -> list[Pair]:
    """The pairs to be compared next, the most telling first.

    Args:
        comparisons: those seen so far; None at the beginning. Their clusters, covariates and order play no part.
        n_systems: number of systems.
        aim: what is to be known.
        choice: how many pairs, how often each is shown, and the seed.
    Returns:
        Pairs of places, the smaller first, a pair perhaps several times.
    Raises:
        BadInput: fewer than two systems, or numbers out of range.

    >>> next_pairs(Comparisons([0, 1, 0, 1], [1, 0, 1, 0], [1, 0, 1, 1], times=[9, 9, 1, 1]), 3)
    [(0, 2)]
    """
    at_least(_WHERE, "systems", n_systems, 2)
    at_least(_WHERE, "pairs", choice.n, 1)
    at_least(_WHERE, "looks", choice.looks, 1)
    within(_WHERE, "caution", choice.caution, "0 or more", choice.caution >= 0)
    for name, value in (("apart", aim.apart), ("factor", aim.factor), ("prior", choice.prior)):
        within(_WHERE, name, value, "a number above 0", value > 0)
    beta, covariance = _weak(comparisons, n_systems, choice.prior)
    beats = 1 / (1 + np.exp(beta[None, :] - beta[:, None]))
    weight = choice.looks * beats * (1 - beats)
    rng = np.random.default_rng(choice.seed)
    rows, columns = np.triu_indices(n_systems, 1)
    found: list[Pair] = []
    for _ in range(choice.n):
        variance = _of_differences(covariance)
        laplacian = _wanted(beta, variance, aim, choice.caution)
        gain = weight * _of_differences(covariance @ laplacian @ covariance) / (1 + weight * variance)
        each = gain[rows, columns]
        best = np.flatnonzero(each >= each.max() * (1 - 1e-9))
        place = int(best[rng.integers(len(best))])
        i, j = int(rows[place]), int(columns[place])
        found.append((i, j))
        moved = covariance[:, i] - covariance[:, j]
        covariance = covariance - np.outer(moved, moved) * (weight[i, j] / (1 + weight[i, j] * variance[i, j]))
    return found


def unsettled(strengths: Strengths, aim: Aim) -> list[Pair]:
    """The differences of interest that are not known well enough; where there is none, comparing may stop.

    Args:
        strengths: the estimates.
        aim: what is to be known.
    """
    variance = _of_differences(strengths.covariance)
    of, wanted = _needed(strengths.strength, variance, aim, 0.0)
    rows, columns = np.nonzero(of & (variance > wanted**2))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def factor_of_looks(level: float, differences: int, looks: int) -> float:
    """Coverage factor with which all intervals hold at every look at once, by Bonferroni.

    Args:
        level: probability that no statement at any look is wrong.
        differences: number of differences looked at.
        looks: how often at most; fixed beforehand.

    >>> round(factor_of_looks(0.95, 1, 1), 2), round(factor_of_looks(0.95, 45, 20), 2)
    (1.96, 4.03)
    """
    level_given(_WHERE, level)
    at_least(_WHERE, "differences", differences, 1)
    at_least(_WHERE, "looks", looks, 1)
    return coverage_factor(1 - (1 - level) / (differences * looks))


def _weak(comparisons: Comparisons | None, n: int, prior: float) -> tuple[Floats, Floats]:
    """Most probable strengths and their covariance under the prior; a tie is half a win of each."""
    wins = np.zeros((n, n)) if comparisons is None else not_lost(comparisons, n)
    total = wins + wins.T

    def curve(beta: Floats) -> Curve:
        gap = beta[:, None] - beta[None, :]
        beats = 1 / (1 + np.exp(-gap))
        value = float(-(wins * np.logaddexp(0.0, -gap)).sum() - (beta @ beta) / (2 * prior**2))
        each = total * beats * (1 - beats)
        score = (wins - total * beats).sum(axis=1) - beta / prior**2
        return value, score, np.diag(each.sum(axis=1) + 1 / prior**2) - each

    beta, _, information = maximum(curve, np.zeros(n), _WHERE)
    return beta, np.asarray(np.linalg.inv(information))


def _of_differences(table: Floats) -> Floats:
    """dᵀ table d for all pairs, shape (systems, systems)."""
    own = np.diag(table)
    return np.asarray(own[:, None] + own[None, :] - table - table.T)


def _needed(beta: Floats, variance: Floats, aim: Aim, caution: float) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Which differences are of interest (each once at most), and the u wanted of each.

    A difference may be smaller than it looks by ``caution`` times its u; what may be the best, or a neighbour, within
    that counts as such.
    """
    n, order = len(beta), np.argsort(-beta, kind="stable")
    gap = np.abs(beta[:, None] - beta[None, :])
    least = gap - caution * np.sqrt(np.maximum(variance, 0.0))
    of = np.zeros((n, n), bool)
    if aim.of == "all":
        of[:] = True
    elif aim.of == "top":
        of[(least[order[0]] < 0) | (np.arange(n) == order[0])] = True
    else:
        of |= least < 0
        of[order[:-1], order[1:]] = True
    wanted = np.full((n, n), aim.apart) if aim.of == "neighbours" else np.maximum(least, aim.apart)
    return np.triu(of | of.T, 1), wanted / aim.factor


def _wanted(beta: Floats, variance: Floats, aim: Aim, caution: float) -> Floats:
    """Laplacian of the weights of the differences of interest, shape (systems, systems)."""
    of, wanted = _needed(beta, variance, aim, caution)
    share = variance / wanted**2
    weight = np.where(of, (share / max(float(share[of].max()), 1e-300)) ** (_POWER - 1) / wanted**2, 0.0)
    weight = weight + weight.T
    return np.asarray(np.diag(weight.sum(axis=1)) - weight)
