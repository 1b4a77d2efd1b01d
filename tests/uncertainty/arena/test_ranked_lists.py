"""Plackett and Luce: choix, a general optimiser, Bradley and Terry for lists of two, coverage, refusals."""


import numpy as np
import pytest
from scipy.optimize import minimize

from assay.testing.arena import STRENGTHS, ranked
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bradley_terry
from assay.uncertainty.arena.ranked_lists import Rankings, plackett_luce
from assay.vocabulary.errors import BadInput


def test_against_choix():
    choix = pytest.importorskip("choix")
    lists = ranked(np.random.default_rng(1), 150, 4, 4)
    theirs = choix.ilsr_rankings(6, [list(one) for one in lists.ranked], max_iter=1000, tol=1e-10)
    ours = plackett_luce(lists._replace(group=None))
    assert ours.strength == pytest.approx(theirs - theirs.mean(), abs=1e-6)
    partial = ranked(np.random.default_rng(2), 200, 5, 2)
    data = [
        (first, others)
        for best, below in zip(partial.ranked, partial.below, strict=True)
        for first, others in ((best[0], [best[1], *below]), (best[1], below))
    ]
    theirs = choix.ilsr_top1(6, data, max_iter=1000, tol=1e-10)
    assert plackett_luce(partial).strength == pytest.approx(theirs - theirs.mean(), abs=1e-6)


def minus(beta, lists):
    total = 0.0
    for best, below in zip(lists.ranked, lists.below, strict=True):
        left = [*best, *below]
        for one in best:
            total -= beta[one] - np.log(np.exp(beta[left]).sum())
            left.remove(one)
    return total


def test_against_a_general_optimiser_and_its_curvature():
    lists = ranked(np.random.default_rng(3), 100, 5, 3)
    best = minimize(lambda theta: minus(np.append(theta, 0.0), lists), np.zeros(5), method="BFGS")
    ours = plackett_luce(lists._replace(group=None))
    assert [ours.difference(k, 5)[0] for k in range(5)] == pytest.approx(best.x, abs=1e-4)
    assert ours.log_likelihood == pytest.approx(-best.fun)
    h, at = 1e-3 * np.eye(5), lambda x: minus(np.append(x, 0.0), lists)
    hessian = np.array([
        [(at(best.x + a + b) - at(best.x + a - b) - at(best.x - a + b) + at(best.x - a - b)) / 4e-6 for b in h]
        for a in h
    ])  # fmt: skip
    u = np.sqrt(np.diag(np.linalg.inv(hessian)))
    assert [ours.difference(k, 5)[1] for k in range(5)] == pytest.approx(u, rel=1e-3)


def test_lists_of_two_are_comparisons():
    rng = np.random.default_rng(4)
    lists = ranked(rng, 300, 2, 2)
    group = rng.integers(0, 40, 300)
    order = np.array(lists.ranked)
    games = Comparisons(order[:, 0], order[:, 1], np.ones(300), group)
    one, other = plackett_luce(lists._replace(group=group)), bradley_terry(games)
    assert one.strength == pytest.approx(other.strength, abs=1e-8)
    assert one.covariance == pytest.approx(other.covariance, abs=1e-8)
    assert (one.log_likelihood, one.clusters) == (pytest.approx(other.log_likelihood), 40)


def test_the_last_place_and_a_single_system_say_nothing():
    base = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1]]
    found = plackett_luce(Rankings(base))
    cut = plackett_luce(Rankings([one[:2] for one in base], [one[2:] for one in base]))
    assert cut.strength == pytest.approx(found.strength) and cut.covariance == pytest.approx(found.covariance)
    assert plackett_luce(Rankings([*base, [1]])).strength == pytest.approx(found.strength)


def test_copied_lists_in_clusters_know_no_more():
    lists = ranked(np.random.default_rng(5), 200, 4, 4)
    twice = Rankings([*lists.ranked] * 2, [*lists.below] * 2, np.tile(np.arange(200), 2))
    assert plackett_luce(twice).covariance == pytest.approx(plackett_luce(lists).covariance, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        (Rankings([[0, 1], [1, 0], [2, 3], [3, 2]]), "comparison.disconnected"),
        (Rankings([[0, 1, 2], [0, 2, 1]]), "comparison.separated"),
        (Rankings([[0, 1, 0]]), "ranking.twice"),
        (Rankings([[0, 1]], [[1]]), "ranking.twice"),
        (Rankings([[0, -1]]), "numbers.range"),
        (Rankings([]), "numbers.too_few"),
        (Rankings([[0, 1]], [[2], [3]]), "numbers.length"),
        (Rankings([[0, 1], [1, 0]], group=[1]), "numbers.length"),
        (Rankings([[0, 1], [1, 0]], group=[1, 1]), "numbers.too_few"),
    ],
)
def test_refusals(lists, code):
    with pytest.raises(BadInput) as refused:
        plackett_luce(lists)
    assert refused.value.code == code
    assert "{" not in refused.value.message("zh")


@pytest.mark.parametrize("clusters", [False, True])
def test_coverage(clusters):
    rng, held = np.random.default_rng(6), 0
    true = STRENGTHS[5] - STRENGTHS[0]
    for _ in range(300):
        lists = ranked(rng, 120, 4, 2)
        low, high = plackett_luce(lists if clusters else lists._replace(group=None)).difference(5, 0)[2]
        held += low <= true <= high
    assert 0.91 * 300 <= held <= 0.985 * 300
