"""Prediction-powered means: the authors' package, the regression estimator, coverage, bounds, clusters, refusals."""


import numpy as np
import pytest

from assay.uncertainty.judging.prediction_powered import Judged, Labelled, lowered, prediction_powered
from assay.uncertainty.spread import interval, tail
from assay.vocabulary.errors import BadInput


def sample(n=60, many=5000, seed=1):
    rng = np.random.default_rng(seed)
    f = rng.random(n)
    return f + 0.2 * rng.normal(size=n), f, rng.random(many)


def verdicts(rng, n, theta, q):
    y = (rng.random(n) < theta).astype(float)
    return y, np.where(rng.random(n) < q, y, 1 - y)


def test_against_the_authors_package():
    ppi = pytest.importorskip("ppi_py")  # in no test extra: it brings numba
    y, f, many = sample()
    for weight in (0.0, 0.7, 1.0):
        ours = prediction_powered(Labelled(y, f), Judged(many), weight=weight)
        assert ours.raw == pytest.approx(float(ppi.ppi_mean_pointestimate(y, f, many, lam=weight)[0]), abs=1e-6)
        low, high = ppi.ppi_mean_ci(y, f, many, alpha=0.05, lam=weight)
        theirs = float(high[0] - low[0]) / 2 / 1.959964  # variances with n for n − 1
        assert ours.spread.u == pytest.approx(theirs, rel=0.02)


def test_by_hand():
    y, f, many = sample()
    found = prediction_powered(Labelled(y, f), Judged(many))
    n, most = len(y), len(many)
    pooled = (((f - f.mean()) ** 2).sum() + ((many - many.mean()) ** 2).sum()) / (n + most - 2)
    weight = np.cov(y, f)[0, 1] / ((1 + n / most) * pooled)
    apart = y - weight * f
    assert found.weight == pytest.approx(weight)
    assert found.raw == pytest.approx(weight * many.mean() + apart.mean())
    first = ((apart - apart.mean()) ** 2).sum() / (n - 2) / n
    assert found.spread.u == pytest.approx((first + weight**2 * many.var(ddof=1) / most) ** 0.5)
    assert found.r2 == pytest.approx(np.corrcoef(y, f)[0, 1] ** 2)
    assert sum(row.contribution**2 for row in found.rows) == pytest.approx(found.spread.u**2)


def test_without_weight_it_is_the_mean_of_the_labels():
    y, f, many = sample()
    found = prediction_powered(Labelled(y, f), Judged(many), weight=0.0)
    assert found.raw == pytest.approx(y.mean())
    assert found.spread.u == pytest.approx(found.labels_alone) == pytest.approx(y.std(ddof=1) / 60**0.5)
    assert prediction_powered(Labelled(y, np.ones(60)), Judged(np.ones(99))).weight == 0


def test_a_judge_in_another_unit_and_with_a_bias_changes_nothing():
    y, f, many = sample()
    one = prediction_powered(Labelled(y, f), Judged(many))
    other = prediction_powered(Labelled(y, 30 - 7 * f), Judged(30 - 7 * many))
    assert (other.raw, other.spread.u) == (pytest.approx(one.raw), pytest.approx(one.spread.u))


def test_half_the_width_with_a_good_judge():
    """200 labels, 10,000 readings, R² of 0.8: √(1 − 0.8 × 10,000 / 10,200) is 0.464, and more for a λ from data."""
    rng, ratios = np.random.default_rng(3), []
    for _ in range(100):
        f = rng.normal(size=200)
        y = 0.8**0.5 * f + 0.2**0.5 * rng.normal(size=200)
        found = prediction_powered(Labelled(y, f), Judged(rng.normal(size=10_000)))
        ratios.append(found.spread.u / found.labels_alone)
    assert 0.464 < np.mean(ratios) < 0.49


@pytest.mark.parametrize(
    ("n", "theta", "q"), [(50, 0.5, 0.9), (50, 0.9, 0.98), (100, 0.8, 0.97), (200, 0.9, 0.9), (50, 0.97, 0.9)]
)
def test_coverage_of_verdicts(n, theta, q):
    rng, hits, wrong, size = np.random.default_rng([n, round(1000 * theta), round(1000 * q)]), 0, 0, 400
    for _ in range(size):
        y, f = verdicts(rng, n, theta, q)
        spread = prediction_powered(Labelled(y, f), Judged(verdicts(rng, 4000, theta, q)[1]), (0.0, 1.0)).spread
        low, high = interval(spread, 0.95)
        assert 0 <= low <= spread.value <= high <= 1 and high > low
        hits += low <= theta <= high
        wrong += tail(spread, theta, 0.05, above=True) <= 0.05
    slack = 2.5 * (0.05 * 0.95 / size) ** 0.5
    assert hits / size >= 0.93 - slack
    assert wrong / size <= 0.06 + slack


def test_the_published_interval_is_too_short_where_disagreements_are_few():
    """Why readings 0 and 1 get half a reading more; a study that could not fail would prove nothing."""
    rng, published, ours = np.random.default_rng(8), 0, 0
    for _ in range(300):
        y, f = verdicts(rng, 50, 0.9, 0.98)
        many = verdicts(rng, 4000, 0.9, 0.98)[1]
        found = prediction_powered(Labelled(y, f), Judged(many), (0.0, 1.0))
        apart = y - found.weight * f
        half = 1.959964 * (apart.var() / 50 + found.weight**2 * many.var() / 4000) ** 0.5
        published += abs(found.raw - 0.9) <= half
        low, high = interval(found.spread, 0.95)
        ours += low <= 0.9 <= high
    assert published / 300 < 0.88 < 0.93 < ours / 300


def test_unusable_verdicts_may_be_given_any_number():
    """Lost only where the answer is wrong: the labelled items lose theirs in the same way."""
    rng, off = np.random.default_rng(9), []
    for _ in range(200):
        y, f = verdicts(rng, 200, 0.7, 0.9)
        other, many = verdicts(rng, 3000, 0.7, 0.9)
        f = np.where((y == 0) & (rng.random(200) < 0.4), 0.5, f)
        many = np.where((other == 0) & (rng.random(3000) < 0.4), 0.5, many)
        found = prediction_powered(Labelled(y, f), Judged(many), (0.0, 1.0))
        off.append((found.raw - 0.7) / found.spread.u)
    assert abs(np.mean(off)) < 0.2
    assert np.std(off) == pytest.approx(1.0, abs=0.15)


def test_clusters_count_not_items():
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(20), 10)
    f = rng.normal(size=200)
    y = f + rng.normal(size=20)[group]
    alone, together = (prediction_powered(Labelled(y, f, g), Judged(rng.normal(size=2000))) for g in (None, group))
    assert together.spread.u > 2 * alone.spread.u
    assert together.spread.dof < 20 < alone.spread.dof


def test_heavy_tails_lower_the_degrees_of_freedom():
    assert lowered(100.0, np.r_[np.zeros(99), 5.0]) < 4
    assert lowered(100.0, np.r_[np.ones(50), -np.ones(50)]) == 100
    assert lowered(100.0, np.zeros(5)) == 100


def test_a_judge_without_fault_still_leaves_doubt():
    y = np.array([0.0, 1.0] * 20)
    found = prediction_powered(Labelled(y, y), Judged(np.array([0.0, 1.0, 1.0] * 1000)), (0.0, 1.0))
    low, high = interval(found.spread, 0.95)
    assert high - low > 0.05  # none of 40 wrong leaves up to about 7 %
    graded = prediction_powered(Labelled(y / 2 + 0.2, y), Judged(np.array([0.0, 1.0] * 1000)), (0.0, 1.0))
    assert graded.spread.u > 0.01


@pytest.mark.parametrize(
    ("y", "f", "many", "bounds", "code"),
    [
        ([1.0] * 5, [1.0] * 5, [1.0] * 50, None, "numbers.too_few"),
        ([0.0, 1.0] * 10, [0.0, 1.0] * 10, [1.0], None, "numbers.too_few"),
        ([0.0, 1.0] * 10, [0.0, 1.0] * 10, [1.0, 0.0], None, "numbers.no_scatter"),
        ([0.0, 2.0] * 10, [0.0, 1.0] * 10, [1.0, 0.0], (0.0, 1.0), "numbers.range"),
        ([0.0, np.nan] * 10, [0.0, 1.0] * 10, [1.0, 0.0], None, "numbers.not_finite"),
        ([0.0, 1.0] * 10, [0.0, 1.0] * 9, [1.0, 0.0], None, "numbers.length"),
    ],
)
def test_refusals(y, f, many, bounds, code):
    with pytest.raises(BadInput) as refused:
        prediction_powered(Labelled(y, f), Judged(many), bounds)
    assert refused.value.code == code


def test_too_few_clusters():
    with pytest.raises(BadInput, match="clusters"):
        prediction_powered(Labelled([0.0, 1.0] * 10, [0.0, 1.0] * 10, [0, 1] * 10), Judged([0.0, 1.0]))
