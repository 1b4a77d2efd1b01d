"""Evidence by betting: against a mixture integral, another implementation, and how often it is wrong."""

import numpy as np
import pytest
from scipy.integrate import quad

from assay.uncertainty.stopping.betting import Units, against_limit, bound, interval, log_capital, outcome


def units(scores, weight=None, heaviest=1.0):
    scores = np.asarray(scores, dtype=float)
    weight = np.ones(len(scores)) if weight is None else np.asarray(weight, dtype=float)
    return Units(scores * weight, weight, heaviest)


@pytest.mark.parametrize(("right", "n", "at"), [(9, 10, 0.5), (50, 100, 0.4), (90, 100, 0.85), (3, 40, 0.2)])
@pytest.mark.parametrize("above", [True, False])
def test_for_counts_it_is_the_likelihood_ratio_mixed_over_one_side(right, n, at, above):
    seen = units([1.0] * right + [0.0] * (n - right))

    def ratio(root):  # θ = root² has the density ½ θ^(−½) if root is uniform
        p = at + root**2 * (1 - at) if above else at * (1 - root**2)
        return np.exp(right * np.log(p / at) + (n - right) * np.log((1 - p) / (1 - at)))

    expected = quad(ratio, 0, 1, limit=200)[0]
    assert np.exp(log_capital(seen, at, above=above)) == pytest.approx(expected, rel=2e-3)


def test_the_capital_is_a_fair_game_for_every_mean_and_unfair_against_the_bettor_beyond():
    """The exact expectation over one unit more: 1 at the mean, below 1 on the other side."""
    before = units([0.2, 1.0, 0.0])
    for p, expected in ((0.4, 1.0), (0.3, None)):
        after = [log_capital(units([0.2, 1.0, 0.0, x]), 0.4, above=True) for x in (1.0, 0.0)]
        mean = p * np.exp(after[0]) + (1 - p) * np.exp(after[1])
        now = np.exp(log_capital(before, 0.4, above=True))
        if expected is not None:
            assert mean == pytest.approx(now, rel=1e-12)
        else:
            assert mean < now


def test_unequal_clusters_are_a_fair_game_for_the_mean_over_items():
    """Two kinds of clusters, as many of each: 1 item scoring 1, and 3 items scoring 0.2; by item the mean is 0.4."""
    kinds = [(1.0, 1.0), (0.2, 3.0)]
    start = ([0.5, 0.9], [2.0, 1.0])
    now = np.exp(log_capital(units(*start, heaviest=3.0), 0.4, above=True))
    after = [
        np.exp(log_capital(units([*start[0], score], [*start[1], weight], heaviest=3.0), 0.4, above=True))
        for score, weight in kinds
    ]
    assert np.mean(after) == pytest.approx(now, rel=1e-12)


def test_order_does_not_matter_and_bounds_are_monotone():
    rng = np.random.default_rng(1)
    scores = rng.beta(4, 2, 60)
    seen = units(scores)
    mixed = units(rng.permutation(scores))
    assert interval(seen, 0.95) == interval(mixed, 0.95)
    capitals = [log_capital(seen, at, above=True) for at in np.linspace(0.01, 0.99, 50)]
    assert all(a >= b for a, b in zip(capitals, capitals[1:], strict=False))
    low, high = interval(seen, 0.95)
    assert 0 < low < scores.mean() < high < 1
    wider = interval(seen, 0.99)
    assert wider[0] < low and high < wider[1]
    assert bound(seen, 0.025, below=True) == low


def test_scores_that_scatter_little_are_bounded_more_tightly_than_counts_of_the_same_mean():
    seen, counts = units(np.full(200, 0.5)), units([1.0, 0.0] * 100)
    assert np.diff(interval(seen, 0.95))[0] < 0.5 * np.diff(interval(counts, 0.95))[0]


def test_it_is_about_as_narrow_as_another_implementation():
    ville = pytest.importorskip("ville")
    rng = np.random.default_rng(3)
    for scores in (rng.beta(10, 30, 400), (rng.random(400) < 0.3).astype(float)):
        ours = interval(units(scores), 0.95)
        other = ville.BettingCS(alpha=0.05, intersect=False)
        other.update(scores)
        low, high = other.interval()
        assert ours[0] < scores.mean() < ours[1]
        assert low < scores.mean() < high
        assert 0.75 < (ours[1] - ours[0]) / (high - low) < 1.25


def test_nothing_seen_and_edges_of_the_scale_exclude_nothing_wrongly():
    nothing = Units(np.zeros(0), np.zeros(0), 1.0)
    assert interval(nothing, 0.95) == (0.0, 1.0)
    assert outcome(nothing, 0.5, 0.05, at_least=True) == "inconclusive"
    zeros, ones = units([0.0] * 50), units([1.0] * 50)
    assert bound(zeros, 0.05, below=True) == 0.0
    assert bound(ones, 0.05, below=False) == 1.0
    assert outcome(zeros, 0.0, 0.05, at_least=True) == "inconclusive"
    assert outcome(ones, 1.0, 0.05, at_least=True) == "inconclusive"
    assert outcome(units([0.5]), 0.0, 0.05, at_least=True) == "conforms"
    assert against_limit(units([0.5]), 0.0, 0.05, at_least=True).risk_accepted == 0.0


def test_a_verdict_agrees_with_its_bound():
    seen = units([1.0] * 90 + [0.0] * 10)
    for limit in np.linspace(0.6, 0.98, 39):
        for at_least in (True, False):
            verdict = against_limit(seen, float(limit), 0.05, at_least=at_least)
            right = {"conforms": at_least, "does_not_conform": not at_least}.get(verdict.outcome)
            lower, upper = bound(seen, 0.05, below=True), bound(seen, 0.05, below=False)
            assert right == (True if limit <= lower else False if limit >= upper else None)
            assert (verdict.outcome == "conforms") == (verdict.risk_accepted <= 0.05)
            assert (verdict.outcome == "does_not_conform") == (verdict.risk_rejected <= 0.05)
