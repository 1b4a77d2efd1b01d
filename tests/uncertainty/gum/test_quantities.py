"""Quantiles, ratios, F1, pass@k, calibration error, gap over groups: published numbers, other programs, coverage."""

from itertools import combinations

import numpy as np
import pytest

from assay.uncertainty.resample import Plan, bootstrap
from assay.uncertainty.score import gap
from assay.uncertainty.score.calibration_error import calibration_error, equal_mass
from assay.uncertainty.score.fscore import f1, f_macro, fbeta
from assay.uncertainty.score.gap import Groups
from assay.uncertainty.score.passes import Attempts, passed, per_item
from assay.uncertainty.score.quantiles import quantile, ranks
from assay.uncertainty.score.ratio import ratio
from assay.vocabulary.errors import BadInput


def inside(ends, truth):
    low, high = ends
    return (low is None or low <= truth) and (high is None or truth <= high)


# quantile


def test_published_ranks_for_the_median():
    # Conover 1999, table A3 and the usual tables of ranks for the median at 95 % (recalled)
    expected = {6: (1, 6), 8: (1, 8), 9: (2, 8), 10: (2, 9), 15: (4, 12), 20: (6, 15), 25: (8, 18), 30: (10, 21)}
    assert {n: ranks(n, 0.5, 0.95) for n in expected} == expected


@pytest.mark.parametrize(("n", "p"), [(10, 0.5), (57, 0.25), (200, 0.9), (1000, 0.99)])
def test_order_statistics_against_scipy(n, p):
    stats = pytest.importorskip("scipy.stats")
    x = np.random.default_rng(n).normal(size=n)
    theirs = stats.quantile_test(x, p=p).confidence_interval(0.95)
    found = quantile(x, p, method="order")
    assert (found.low, found.high) == (pytest.approx(theirs.low), pytest.approx(theirs.high))


def test_the_interpolated_interval_lies_within_and_mirrors():
    x = np.random.default_rng(1).exponential(1, 41)
    for p in (0.25, 0.5, 0.9):
        wide, near = quantile(x, p, method="order"), quantile(x, p)
        assert wide.low <= near.low <= near.value <= near.high <= wide.high
        turned = quantile(-x, 1 - p)
        assert (turned.low, turned.high) == (pytest.approx(-near.high), pytest.approx(-near.low))


def test_too_few_readings_give_no_end_and_ties_are_no_trouble():
    assert quantile([1.0, 2.0, 3.0], 0.5).low is None
    assert quantile(np.arange(20.0), 0.99).high is None
    assert quantile([5.0] * 30, 0.5)[:3] == (5.0, 5.0, 5.0)
    with pytest.raises(BadInput, match="'p' is 1"):
        quantile([1.0, 2.0], 1.0)
    with pytest.raises(BadInput, match="clusters"):
        quantile([1.0, 2.0], 0.5, group=[3, 3])


def test_coverage_of_quantiles():
    rng = np.random.default_rng(2)
    alone = clusters = 0
    for _ in range(500):
        found = quantile(rng.exponential(1, 60), 0.75)
        alone += inside((found.low, found.high), -np.log(0.25))
        group = np.repeat(np.arange(40), 6)
        x = 0.7 * rng.normal(size=40)[group] + np.sqrt(0.51) * rng.normal(size=240)
        found = quantile(x, 0.5, group=group)
        clusters += inside((found.low, found.high), 0.0)
    assert 0.92 * 500 <= alone <= 0.98 * 500
    assert clusters >= 0.92 * 500


# ratio


def test_fieller_is_the_test_of_the_mean_difference():
    """The ratio at each end is just rejected by Student's test of x − ρ y."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    y = rng.gamma(4, 1, 15)
    x = 2 * y + rng.normal(0, 1, 15)
    found = ratio(np.stack([x, y], axis=1))
    for end in found.fieller:
        assert stats.ttest_1samp(x - end * y, 0).pvalue == pytest.approx(0.05, abs=1e-9)
    assert found.delta[0] < found.value < found.delta[1]
    assert found.kind == "interval"


def test_delta_is_the_jackknife_to_first_order():
    statsmodels = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(4)
    y = rng.gamma(4, 1, 300)
    x = 2 * y + rng.normal(0, 1, 300)
    found = ratio(np.stack([x, y], axis=1))
    # the ratio is the weighted mean of x / y with weights y: its robust standard error
    fit = statsmodels.WLS(x / y, np.ones(300), weights=y).fit(cov_type="HC0")
    assert found.value == pytest.approx(fit.params[0])
    assert found.u == pytest.approx(fit.bse[0] * np.sqrt(300 / 299), rel=1e-9)


def test_a_denominator_that_may_be_zero_gives_no_interval():
    rng = np.random.default_rng(5)
    table = np.stack([rng.normal(5, 1, 8), rng.normal(0.1, 1, 8)], axis=1)
    found = ratio(table)
    assert found.fieller is None and found.kind == "outside"
    assert ratio([[1.0, 1.0], [-1.0, 1.1], [1.0, -1.0], [-0.9, -1.0]]).kind == "all"
    for bad, code in (([[1.0, 0.0], [2.0, 0.0]], "ratio.denominator"), ([[2.0, 1.0]] * 4, "numbers.no_scatter"),
                      ([[1.0, 2.0]], "numbers.too_few")):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            ratio(bad)
        assert refused.value.code == code


def test_coverage_of_fieller():
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(1000):
        y = rng.gamma(4, 0.25, 12)
        found = ratio(np.stack([3 * y * rng.gamma(4, 0.25, 12), y], axis=1))
        covered += found.fieller is None or inside(found.fieller, 3.0)
    assert 0.92 * 1000 <= covered <= 0.97 * 1000


# F1


def test_f_against_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(7)
    truth, said = rng.integers(0, 4, 300), rng.integers(0, 4, 300)
    said = np.where(rng.random(300) < 0.6, truth, said)
    table = metrics.confusion_matrix(truth, said)
    assert f_macro(table).value == pytest.approx(metrics.f1_score(truth, said, average="macro"))
    expected = metrics.fbeta_score(truth, said, beta=2.0, average="macro")
    assert f_macro(table, beta=2.0).value == pytest.approx(expected)
    hits, false_alarms, misses = table[1, 1], table[:, 1].sum() - table[1, 1], table[1].sum() - table[1, 1]
    assert f1(hits, false_alarms, misses).value == pytest.approx(metrics.f1_score(truth == 1, said == 1))


def test_delta_of_f_against_the_bootstrap_and_between_forms():
    table = np.array([[40, 6, 3], [5, 20, 4], [2, 3, 17]])
    cases = np.repeat(np.eye(9), table.ravel(), axis=0)

    def macro(total):
        t = total.reshape(*total.shape[:-1], 3, 3)
        hit = np.einsum("...ii->...i", t)
        return (2 * hit / (t.sum(axis=-1) + t.sum(axis=-2))).mean(axis=-1)

    drawn = bootstrap(cases, macro, Plan(draws=20_000))
    found = f_macro(table)
    assert found.value == pytest.approx(drawn.value)
    assert found.u == pytest.approx(drawn.u, rel=0.05)
    assert found.interval == (pytest.approx(drawn.low, abs=0.025), pytest.approx(drawn.high, abs=0.025))
    one = f1(30, 10, 12)
    # delta method by numerical derivative over multinomial counts
    counts, p = np.array([30.0, 10.0, 12.0]), np.array([30.0, 10.0, 12.0]) / 52
    gradient = np.array([(fbeta(counts + h) - fbeta(counts - h)) / 2e-4 for h in 1e-4 * np.eye(3)])
    variance = 52 * (gradient**2 @ p - (gradient @ p) ** 2)
    assert one.u == pytest.approx(np.sqrt(variance), rel=1e-5)


def test_f_at_its_ends_and_its_refusals():
    for hits in (0, 25):
        found = f1(hits, 0 if hits else 9, 0)
        low, high = found.interval
        assert low <= found.value <= high and high - low > 0.05
    perfect = f_macro([[20, 0], [0, 10]])
    assert perfect.value == 1 and perfect.interval[0] < 0.85
    for call, code in ((lambda: f1(0, 0, 0), "numbers.too_few"), (lambda: f1(-1, 2, 2), "numbers.range"),
                       (lambda: f_macro([[5, 0, 1], [0, 0, 0], [2, 0, 3]]), "f1.empty_class")):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            call()
        assert refused.value.code == code


@pytest.mark.parametrize("p", [(0.3, 0.1, 0.1, 0.5), (0.1, 0.02, 0.03, 0.85)])
def test_coverage_of_f1(p):
    rng = np.random.default_rng(8)
    truth = 2 * p[0] / (2 * p[0] + p[1] + p[2])
    covered = sum(inside(f1(*rng.multinomial(100, p)[:3]).interval, truth) for _ in range(2000))
    assert 0.93 * 2000 <= covered <= 0.97 * 2000


# pass@k


def test_pass_at_k_is_the_published_estimator():
    """Chen et al. 2021, figure 3: their numerically stable program."""

    def published(n, c, k):
        return 1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))

    for n, c, k in ((200, 3, 1), (200, 3, 100), (10, 7, 4), (10, 10, 10), (10, 0, 5), (5, 2, 5)):
        assert per_item([n], [c], k)[0] == pytest.approx(published(n, c, k), abs=1e-12)


def test_both_kinds_by_counting_all_choices():
    for n, c, k in ((6, 2, 3), (7, 5, 4), (5, 5, 2), (5, 0, 2)):
        attempts = [1] * c + [0] * (n - c)
        choices = list(combinations(attempts, k))
        assert per_item([n], [c], k)[0] == pytest.approx(np.mean([max(one) for one in choices]))
        assert per_item([n], [c], k, "all")[0] == pytest.approx(np.mean([min(one) for one in choices]))


def test_pass_at_one_is_the_mean_and_ends_keep_their_width():
    rng = np.random.default_rng(9)
    n, c = np.full(40, 10), rng.binomial(10, rng.beta(1, 1, 40))
    found = passed(Attempts(n, c), 1)
    assert found.spread.value == pytest.approx(c.mean() / 10)
    assert found.spread.u == pytest.approx((c / 10).std(ddof=1) / np.sqrt(40))
    for value in (0, 10):
        low, high = passed(Attempts(n, np.full(40, value)), 3).interval
        assert 0 <= low < high <= 1 and high - low == pytest.approx(0.0876, abs=1e-3)  # Wilson, 40 of 40
    low, high = passed(Attempts(n, np.full(40, 5)), 3).interval
    assert low < per_item([10], [5], 3)[0] < high
    grouped = passed(Attempts(n, c, np.arange(40) // 4), 1)
    assert grouped.spread.dof == pytest.approx(9)


def test_scatter_of_attempts_alone_is_the_binomial_for_one_attempt():
    found = passed(Attempts([10, 20], [3, 10]), 1, population=False)
    assert found.spread.u**2 == pytest.approx((0.3 * 0.7 / 9 + 0.5 * 0.5 / 19) / 4)


@pytest.mark.parametrize(
    ("attempts", "k", "code"),
    [
        (Attempts([5, 3], [1, 2]), 4, "numbers.range"),
        (Attempts([5, 5], [1, 6]), 2, "numbers.range"),
        (Attempts([5], [2]), 2, "numbers.too_few"),
        (Attempts([5, 5], [2, 3], [0, 0]), 2, "numbers.too_few"),
        (Attempts([5, 5], [2]), 2, "numbers.length"),
        (Attempts([5, 5], [2, 3]), 0, "numbers.range"),
    ],
)
def test_refusals_of_attempts(attempts, k, code):
    with pytest.raises(BadInput) as refused:
        passed(attempts, k)
    assert refused.value.code == code


def test_coverage_of_pass_at_k():
    rng = np.random.default_rng(10)
    chance = rng.beta(1, 2, 40)
    new = same = 0
    for _ in range(600):
        drawn = passed(Attempts(np.full(40, 10), rng.binomial(10, rng.beta(1, 2, 40))), 5)
        new += inside(drawn.interval, 1 - 2 / 7)  # E (1 - p)^5 over Beta(1, 2) is 2 / 7
        again = passed(Attempts(np.full(40, 10), rng.binomial(10, chance)), 5, population=False)
        same += inside(again.interval, float(np.mean(1 - (1 - chance) ** 5)))
    assert new >= 0.92 * 600 and same >= 0.92 * 600


# calibration error


def pairs_by_definition(p, y, place):
    """Unbiased squared error of each bin as the mean over pairs of different cases."""
    total = 0.0
    for one in np.unique(place):
        r = (p - y)[place == one]
        n = len(r)
        total += n / len(p) * sum(r[i] * r[j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    return total


def test_debiased_square_is_the_mean_over_pairs():
    rng = np.random.default_rng(11)
    p = rng.random(60)
    y = (rng.random(60) < p**1.5).astype(float)
    assert calibration_error(p, y, 5).squared == pytest.approx(pairs_by_definition(p, y, equal_mass(p, 5)))


def test_published_form_where_probabilities_are_equal_within_bins():
    """Kumar, Liang and Ma 2019: Σ w [(p − ȳ)² − ȳ (1 − ȳ) / (n − 1)]."""
    p = np.repeat([0.2, 0.5, 0.9], 20)
    y = np.concatenate([np.repeat([1.0, 0.0], [k, 20 - k]) for k in (5, 9, 16)])
    means = np.array([5, 9, 16]) / 20
    expected = np.mean((np.array([0.2, 0.5, 0.9]) - means) ** 2 - means * (1 - means) / 19)
    assert calibration_error(p, y, 3).squared == pytest.approx(expected)


def test_the_estimate_may_leave_the_bounds_and_the_interval_may_not():
    rng = np.random.default_rng(12)
    negative = covered = 0
    for _ in range(300):
        p = rng.beta(2, 2, 300)
        found = calibration_error(p, (rng.random(300) < p).astype(float), 10)
        negative += found.squared < 0
        low, high = found.squared_interval
        assert 0 <= low <= high and high > 0
        covered += low == 0
    assert 0.4 * 300 < negative < 0.7 * 300
    assert covered >= 0.94 * 300


def test_coverage_of_a_real_error_with_and_without_clusters():
    rng = np.random.default_rng(13)
    z = rng.normal(size=400_000)
    stated, true = 1 / (1 + np.exp(-2 * z)), 1 / (1 + np.exp(-z))
    place = equal_mass(stated, 10)
    truth = float(np.mean((np.bincount(place, stated - true) / np.bincount(place)) ** 2))
    alone = clusters = 0
    for _ in range(300):
        z = rng.normal(size=500)
        y = (rng.random(500) < 1 / (1 + np.exp(-z))).astype(float)
        alone += inside(calibration_error(1 / (1 + np.exp(-2 * z)), y, 10).squared_interval, truth)
        group = np.repeat(np.arange(100), 5)
        z = 0.7 * rng.normal(size=100)[group] + np.sqrt(0.51) * rng.normal(size=500)
        y = (rng.random(500) < 1 / (1 + np.exp(-z))).astype(float)
        clusters += inside(calibration_error(1 / (1 + np.exp(-2 * z)), y, 10, group=group).squared_interval, truth)
    assert alone >= 0.92 * 300 and clusters >= 0.92 * 300


@pytest.mark.parametrize(
    ("p", "y", "code"),
    [
        ([0.5] * 3, [1, 0, 1], "numbers.too_few"),
        ([1.2] * 40, [1] * 40, "numbers.range"),
        ([0.5] * 40, [0.5] * 39 + [2.0], "numbers.range"),
        ([1.0] * 40, [1.0] * 40, "numbers.no_scatter"),
        ([0.5] * 40, [1.0] * 39, "numbers.length"),
    ],
)
def test_refusals_of_calibration(p, y, code):
    with pytest.raises(BadInput) as refused:
        calibration_error(p, y, 4)
    assert refused.value.code == code


# gap over groups


@pytest.mark.parametrize(("groups", "dof", "published"), [(3, np.inf, 3.31), (10, np.inf, 4.47), (5, 20.0, 4.23)])
def test_equal_means_are_the_studentised_range(groups, dof, published):
    # tables of the studentised range at 5 %: q(3, inf) = 3.31, q(10, inf) = 4.47, q(5, 20) = 4.23; with a common
    # estimate of u, which groups of their own do not have: at infinite degrees of freedom there is no difference
    stats = pytest.importorskip("scipy.stats")
    assert stats.studentized_range.ppf(0.95, groups, dof if np.isfinite(dof) else 1e6) == pytest.approx(
        published, abs=0.006
    )
    mean = np.zeros(groups)
    mean[0] = published
    degrees = None if np.isinf(dof) else np.full(groups, dof)
    found = gap.gap(Groups(mean, np.ones(groups), degrees), draws=20_000)
    assert found.p_equal == pytest.approx(0.05, abs=0.006 if np.isinf(dof) else 0.03)


def test_two_groups_are_their_difference():
    found = gap.gap(Groups([0.9, 0.4], [0.05, 0.05]))
    assert found.interval == (
        pytest.approx(0.5 - 1.96 * 0.05 * 2**0.5, abs=2e-3),
        pytest.approx(0.5 + 1.96 * 0.05 * 2**0.5, abs=2e-3),
    )
    assert (found.highest, found.lowest) == (0, 1)


def test_gap_within_reach_same_seed_same_ends_and_refusals():
    wide = gap.gap(Groups([0.1, 0.9, 0.5], [0.3, 0.3, 0.2], [4.0, 5.0, 9.0]), reach=1.0)
    assert wide.interval[1] == 1.0 and wide.interval[0] >= 0
    assert gap.gap(Groups([0.1, 0.2], [0.1, 0.1])) == gap.gap(Groups([0.1, 0.2], [0.1, 0.1]))
    same = gap.gap(Groups([0.5, 0.5, 0.5], [0.1, 0.1, 0.1]))
    assert same.value == 0 and same.interval[0] == 0 and same.interval[1] > 0.05
    for groups, code in ((Groups([0.5], [0.1]), "numbers.too_few"), (Groups([0.5, 0.6], [0.1, 0.0]), "numbers.range"),
                         (Groups([0.5, 0.6], [0.1]), "numbers.length")):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            gap.gap(groups)
        assert refused.value.code == code


@pytest.mark.parametrize("truth", [[0.0] * 6, [0.0, 1.0, 1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 5.0, 5.0, 5.0]])
def test_coverage_of_the_gap(truth):
    rng = np.random.default_rng(14)
    u = np.linspace(0.6, 1.4, 6)
    covered = 0
    for _ in range(150):
        found = gap.gap(Groups(np.array(truth) + u * rng.normal(size=6), u), draws=500)
        covered += inside(found.interval, max(truth))
    assert covered >= 0.90 * 150
