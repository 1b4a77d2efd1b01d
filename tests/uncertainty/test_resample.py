"""Bootstrap over clusters: a published example, scipy, coverage, refusals."""


import numpy as np
import pytest

from assay.uncertainty.resample import (
    Plan,
    bootstrap,
    bootstrap_rows,
    drawn,
    jackknife_u,
    ratio,
    skewness,
    sums,
)
from assay.vocabulary.errors import BadInput

SPATIAL = np.array(
    [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41], float
)


def variance(total):
    return total[..., 1] / total[..., 2] - (total[..., 0] / total[..., 2]) ** 2


def with_ones(values):
    return np.stack([values, np.ones(len(values))], axis=1)


def test_published_spatial_data():
    # Efron and Tibshirani 1993, chapter 14 (recalled): the variance of 26 children's scores is 171.5; acceleration
    # 0.061; BCa at 90 % with 2000 draws (115.8, 259.6).
    table = sums(np.stack([SPATIAL, SPATIAL**2, np.ones(26)], axis=1))
    found = bootstrap(table, variance, Plan(draws=50_000, level=0.9, expanded=False))
    assert found.value == pytest.approx(171.5, abs=0.05)
    assert skewness(variance(table.sum(axis=0) - table)) == pytest.approx(0.061, abs=5e-4)
    assert (found.low, found.high) == (pytest.approx(115.8, abs=1.5), pytest.approx(259.6, abs=3.0))


def test_against_scipy():
    stats = pytest.importorskip("scipy.stats")
    x = np.random.default_rng(1).gamma(2, 1, 40)
    for method in ("bca", "percentile"):
        ours = bootstrap(sums(with_ones(x)), plan=Plan(draws=40_000, method=method, expanded=False))
        theirs = stats.bootstrap((x,), np.mean, n_resamples=40_000, method=method.replace("bca", "BCa"), rng=3)
        assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.02)
        assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.02)
        assert ours.u == pytest.approx(theirs.standard_error, rel=0.03)


def test_both_paths_agree():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(25), rng.integers(1, 5, 25))
    x = rng.normal(0, 1, 25)[group] + rng.normal(0, 1, len(group))
    fast = bootstrap(sums(with_ones(x), group), plan=Plan(draws=4000))
    slow = bootstrap_rows(lambda at: float(x[at].mean()), group, Plan(draws=4000, seed=9))
    assert slow.value == pytest.approx(fast.value)
    assert (slow.low, slow.high) == (pytest.approx(fast.low, abs=0.05), pytest.approx(fast.high, abs=0.05))
    assert slow.clusters == fast.clusters == 25


def test_a_seed_is_a_result():
    table = sums(with_ones(np.arange(20.0)))
    assert bootstrap(table) == bootstrap(table)
    assert bootstrap(table) != bootstrap(table, plan=Plan(seed=2))
    assert np.array_equal(drawn(table, 500, 4)[:200], drawn(table, 200, 4))


def test_clusters_count_not_rows():
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(30), 10)
    x = rng.normal(0, 1, 30)[group] + 0.1 * rng.normal(0, 1, 300)
    clustered, alone = bootstrap(sums(with_ones(x), group)), bootstrap(sums(with_ones(x)))
    assert clustered.u > 2.5 * alone.u
    assert clustered.u == pytest.approx(jackknife_u(sums(with_ones(x), group)), rel=0.05)
    assert jackknife_u(sums(with_ones(x))) == pytest.approx(x.std(ddof=1) / np.sqrt(300))


def test_studentised_interval_of_a_normal_mean_is_about_that_of_student():
    x = np.random.default_rng(5).normal(0, 1, 12)
    found = bootstrap(sums(with_ones(x)), plan=Plan(draws=20_000, method="t"))
    assert found.u == pytest.approx(x.std(ddof=1) / np.sqrt(12), rel=1e-6)
    half = 2.201 * found.u
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.2)


def test_few_clusters_are_read_further_out():
    x = np.random.default_rng(5).normal(0, 1, 12)
    found = bootstrap(sums(with_ones(x)), plan=Plan(method="percentile"))
    half = 2.201 * x.std(ddof=1) / np.sqrt(12)  # Student's interval
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.05)


def test_skewed_data_move_the_corrected_interval():
    x = np.random.default_rng(6).exponential(1, 30)
    plain = bootstrap(sums(with_ones(x)), plan=Plan(method="percentile"))
    corrected = bootstrap(sums(with_ones(x)))
    assert corrected.low > plain.low and corrected.high > plain.high


@pytest.mark.parametrize(
    ("table", "plan", "code"),
    [
        ([[1.0, 1.0]], Plan(), "numbers.too_few"),
        ([[1.0, 1.0]] * 5, Plan(), "numbers.no_scatter"),
        ([[1.0, 1.0]] * 5, Plan(method="t"), "numbers.no_scatter"),
        ([[1.0, 0.0], [2.0, 0.0], [3.0, 1.0]], Plan(), "bootstrap.undefined"),
        ([[1.0, 1.0], [2.0, 1.0]], Plan(level=1.5), "numbers.range"),
        ([[1.0, 1.0], [2.0, 1.0]], Plan(draws=5), "numbers.range"),
    ],
)
def test_refusals(table, plan, code):
    with pytest.raises(BadInput) as refused:
        bootstrap(np.array(table), ratio, plan)
    assert refused.value.code == code


def test_what_has_no_value_and_what_cannot_be_studentised():
    with pytest.raises(BadInput, match="finite"):
        sums([[1.0], [np.inf]])
    with pytest.raises(BadInput, match="studentised"):
        bootstrap_rows(lambda at: 1.0, [0, 1], Plan(method="t"))


@pytest.mark.parametrize(("method", "clusters"), [("bca", 15), ("t", 12)])
def test_coverage_with_clusters_of_different_size(method, clusters):
    rng = np.random.default_rng(7)
    covered, n = 0, 300
    for seed in range(n):
        group = np.repeat(np.arange(clusters), rng.integers(2, 9, clusters))
        x = rng.normal(0, 1, clusters)[group] + rng.normal(0, 1, len(group))
        found = bootstrap(sums(with_ones(x), group), plan=Plan(1000, seed, method=method))
        covered += found.low <= 0 <= found.high
    assert covered >= 0.90 * n
