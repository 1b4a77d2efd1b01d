"""Differences of systems over the same items: published numbers, independent implementations, coverage."""

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.special import ndtr, ndtri
from statsmodels.stats.contingency_tables import mcnemar as sm_mcnemar
from statsmodels.stats.multitest import multipletests

from assay.testing.reference import Design as Simulation
from assay.testing.reference import simulate
from assay.uncertainty.comparing.comparison import Cells, cells, collapsed, difference, unpaired
from assay.uncertainty.comparing.difference import interval, probability_positive, score, tail, tango
from assay.uncertainty.comparing.multiple import benjamini_hochberg, groups, holm, items_needed, level_of_each, ranks
from assay.uncertainty.comparing.signs import mcnemar, sign_flip
from assay.uncertainty.score.crossed import Design, Rows, mean

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())
FIVE = [(a, b) for a in range(5) for b in range(a + 1, 5)]


def design(n, group=None, variants=1, population=True, sample=False, bounds=(0.0, 1.0), weight=None):
    weight = np.ones(n) if weight is None else np.asarray(weight, float)
    return Design(weight, None if group is None else np.asarray(group), variants, population, sample, bounds)


def full(values):
    """Cells of a full array of shape (items, variants, repeats), or of one reading an item."""
    values = np.asarray(values, float)
    values = values[:, None, None] if values.ndim == 1 else values
    item, variant, _ = np.indices(values.shape)
    return cells(Rows(item.ravel(), variant.ravel(), values.ravel()), *values.shape[:2])


def zero_one(more, fewer, both, neither):
    """Cells of two systems by the pairs that only the second, only the first, both and neither have right."""
    first = [0] * more + [1] * fewer + [1] * both + [0] * neither
    second = [1] * more + [0] * fewer + [1] * both + [0] * neither
    return full(first), full(second)


def of_counts(more, fewer, both, neither):
    return difference(*zero_one(more, fewer, both, neither), design(more + fewer + both + neither))


# published numbers


def test_the_figure_of_220_items():
    """0.659 against 0.545 on the same 220 items: z = 2.45 if taken as unpaired, 3.11 as paired."""
    found = of_counts(46, 21, 99, 54)
    assert found.value == pytest.approx(0.659 - 0.545, abs=5e-4)
    assert found.value / found.u == pytest.approx(3.11, abs=5e-3)
    a, b = 120 / 220, 145 / 220
    assert found.value / sqrt((a * (1 - a) + b * (1 - b)) / 220) == pytest.approx(2.45, abs=5e-3)


def test_mcnemar_and_score_interval_of_fagerland_lydersen_and_laake():
    """Airway responsiveness of 21 children (BMC Med Res Methodol 13:91, and Statistics in Medicine 33, 2850)."""
    assert mcnemar(7, 1) == (pytest.approx(0.070, abs=5e-4), pytest.approx(0.039, abs=5e-4))
    assert 2 * ndtr(-score(7, 1, 21, 0.0)) == pytest.approx(0.034, abs=5e-4)
    assert tango(1, 7, 21, 1.959964) == pytest.approx((-0.517, -0.026), abs=5e-4)


def test_approval_ratings_of_agresti():
    """Agresti, Categorical Data Analysis, table 10.1: 794, 150, 86, 570; z² = 17.36, s.e. of the difference 0.0095."""
    found = of_counts(86, 150, 794, 570)
    assert score(86, 150, 1600, 0.0) ** 2 == pytest.approx(17.36, abs=5e-3)
    assert (found.value, found.u) == (pytest.approx(-0.04), pytest.approx(0.0095, abs=1e-4))


def test_paired_variance_of_miller():
    """(Var a + Var b - 2 Cov) / n, section 4; and the number of items of section 5."""
    rng = np.random.default_rng(1)
    a, b = rng.random(50), rng.random(50)
    found = difference(full(a), full(b), design(50))
    covariance = np.cov(a, b)
    assert found.u**2 == pytest.approx((covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) / 50)
    vector = VECTORS["miller_power"]
    for row in vector["rows"]:
        variance = vector["omega2"] + 2 * row["sigma2_each"] / row["K"]
        one = found._replace(method="t", u=sqrt(variance / 50))
        assert items_needed(one, 0.95, vector["power"], vector["delta"]) == pytest.approx(row["n"], abs=1)


# independent implementations


def test_paired_t_of_scipy_and_clusters_of_statsmodels():
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 0.01, 40), rng.random(40)  # no heavy tails: the degrees of freedom are the design's
    found = difference(full(a), full(b), design(40, bounds=(None, None)))
    theirs = stats.ttest_rel(b, a)
    assert found.dof == pytest.approx(39)
    assert 2 * tail(found, 0.0, above=found.value > 0) == pytest.approx(theirs.pvalue)
    assert interval(found, 0.95) == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    group = np.repeat(np.arange(8), 5)
    clustered = difference(full(a), full(b), design(40, group, bounds=(None, None)))
    fit = sm.OLS(b - a, np.ones(40)).fit(cov_type="cluster", cov_kwds={"groups": group, "use_correction": False})
    assert clustered.u == pytest.approx(fit.bse[0] * sqrt(8 / 7))


@pytest.mark.parametrize(("more", "fewer"), [(7, 1), (0, 5), (12, 12), (46, 21), (0, 0)])
def test_mcnemar_is_that_of_statsmodels_and_of_the_sign_flips(more, fewer):
    theirs = sm_mcnemar([[5, more], [fewer, 5]], exact=True).pvalue
    assert mcnemar(more, fewer)[0] == pytest.approx(theirs)
    assert sign_flip(of_counts(more, fewer, 5, 5).totals[:, None])[0] == pytest.approx(theirs)


def test_sign_flips_of_scipy():
    rng = np.random.default_rng(3)
    for n, draws, slack in ((10, 1100, 1e-12), (60, 9999, 0.02), (21_000, 1100, 0.05)):
        d = rng.normal(0.3 / sqrt(n / 10), 1, n)
        found = difference(full(np.zeros(n)), full(d), design(n, bounds=(None, None)))
        theirs = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=draws,
                                        batch=100, vectorized=True, rng=1)  # fmt: skip
        assert sign_flip(found.totals[:, None])[0] == pytest.approx(theirs.pvalue, abs=slack)
    clusters = np.repeat(np.arange(12), 4)
    d = rng.integers(-3, 4, 48).astype(float)
    found = difference(full(np.zeros(48)), full(d), design(48, clusters, bounds=(None, None)))
    sums = np.bincount(clusters, weights=d)
    theirs = stats.permutation_test((sums[sums != 0],), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(found.totals[:, None])[0] == pytest.approx(theirs.pvalue)


def test_sign_flips_are_seeded_and_one_draw_serves_all():
    rng = np.random.default_rng(4)
    totals = rng.normal(0, 1, (40, 3))
    assert (sign_flip(totals) == sign_flip(totals)).all()
    assert sign_flip(totals)[1] == sign_flip(totals[:, 1:2])[0]


def test_adjusted_p_values_are_those_of_statsmodels_and_scipy():
    p = [0.001, 0.2, 0.04, 0.03, 0.9, 0.03]
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist())
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1].tolist())
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p).tolist())


@pytest.mark.parametrize("n", [12, 400])
def test_simultaneous_level_is_that_of_the_studentised_range(n):
    """Independent systems of equal variance: max-T over all pairs is Tukey's studentised range over the root of 2."""
    rng = np.random.default_rng(5)
    noise = np.linalg.qr(rng.normal(0, 1, (n, 5)))[0]
    noise = np.linalg.qr(noise - noise.mean(axis=0))[0]
    systems = [full(column) for column in noise.T]
    found = [difference(systems[a], systems[b], design(n, bounds=(None, None))) for a, b in FIVE]
    assert [one.design_dof for one in found] == pytest.approx([n - 1.0] * 10)
    each = level_of_each(found, FIVE, 0.95, draws=200_000)
    wanted = stats.studentized_range.ppf(0.95, 5, n - 1) / sqrt(2)
    assert stats.t.ppf((1 + each) / 2, n - 1) == pytest.approx(wanted, rel=0.01)
    assert level_of_each(found[:1], FIVE[:1], 0.95) == 0.95


# what is never seen as certainty


@pytest.mark.parametrize("population", [True, False])
@pytest.mark.parametrize("n", [1, 2, 30, 500])
@pytest.mark.parametrize("counts", [(0, 0), (1, 0), (0, 1)])
def test_equal_pairs_are_not_certainty(n, counts, population):
    first, second = zero_one(counts[0] * n, counts[1] * n, (1 - sum(counts)) * n, 0)
    found = difference(first, second, design(n, population=population))
    low, high = interval(found, 0.95)
    assert -1 <= low < high <= 1
    assert low <= found.value <= high
    assert found.u > 0
    assert found.notes == (("one_unit",) if n == 1 and population else ("pairs_equal",))
    assert 0 <= probability_positive(found) <= 1
    if n == 30 and counts == (0, 0):
        assert high == pytest.approx(1 - 0.025 ** (1 / 30))
        assert probability_positive(found) == 0.5


def test_one_item_and_one_cluster_say_next_to_nothing():
    one = difference(full([[[0.0, 1.0, 1.0]]]), full([[[1.0, 1.0, 1.0]]]), design(1))
    cluster = difference(full([0, 1, 0, 1, 1]), full([1, 1, 1, 1, 1]), design(5, [0] * 5))
    for found in (one, cluster):
        low, high = interval(found, 0.95)
        assert high - low > 1.5
        assert found.notes == ("one_unit",)


def test_nothing_in_common_is_no_difference():
    first, second = full([1.0, 0.0]), full([1.0, 0.0])
    first = first._replace(n=np.array([[1.0], [0.0]]))
    second = second._replace(n=np.array([[0.0], [1.0]]))
    assert difference(first, second, design(2)) is None


def test_unbounded_equal_pairs_have_no_interval():
    found = difference(full([3.0, 4.0]), full([5.0, 6.0]), design(2, bounds=(None, None)))
    assert (found.value, found.u, interval(found, 0.95), probability_positive(found)) == (2.0, None, None, None)


def test_intervals_stay_within_what_is_possible():
    for counts in ((1, 0, 0, 1), (29, 1, 0, 0), (5, 0, 0, 1)):
        low, high = interval(of_counts(*counts), 0.999)
        assert -1 <= low < high <= 1


def test_interval_and_tail_say_the_same():
    rng = np.random.default_rng(6)
    graded = difference(full(rng.random((40, 2, 3))), full(rng.random((40, 2, 3))), design(40, variants=2))
    for found in (of_counts(9, 4, 10, 7), graded, difference(full([0.2] * 9), full([0.5] * 9), design(9))):
        low, high = interval(found, 0.9)
        assert tail(found, low, above=True) == pytest.approx(0.05, abs=1e-6)
        assert tail(found, high, above=False) == pytest.approx(0.05, abs=1e-6)


def test_repeats_variants_and_fixed_items():
    rng = np.random.default_rng(7)
    a, b = rng.integers(0, 2, (60, 3, 4)), rng.integers(0, 2, (60, 3, 4))
    a[:30], b[:30] = 1, 0  # items on which they differ for good
    a[30:], b[30:] = 0, 1
    population = difference(full(a), full(b), design(60, variants=3))
    fixed = difference(full(a), full(b), design(60, variants=3, population=False))
    assert population.value == fixed.value == 0
    assert fixed.u < population.u / 5
    again = np.repeat(a[:, :, :1], 40, axis=2), np.repeat(b[:, :, :1], 40, axis=2)
    assert difference(full(again[0]), full(again[1]), design(60, variants=3)).u == pytest.approx(population.u)


def test_variants_as_a_sample_are_a_part_of_their_own():
    rng = np.random.default_rng(8)
    a = rng.integers(0, 2, (400, 3, 2))
    b = (rng.random((400, 3, 2)) < np.array([0.3, 0.5, 0.7])[:, None]).astype(float)
    fixed = difference(full(a), full(b), design(400, variants=3))
    sample = difference(full(a), full(b), design(400, variants=3, sample=True))
    assert sample.u > 3 * fixed.u
    assert "few_variants" in sample.notes


def test_missing_cells_and_weights():
    first, second = full([[[1.0], [0.0]], [[1.0], [1.0]]]), full([[[1.0], [1.0]], [[0.0], [1.0]]])
    first = first._replace(n=np.array([[1.0, 0.0], [1.0, 1.0]]))
    assert difference(first, second, design(2, variants=2)).value == pytest.approx((0.0 + -0.5) / 2)
    assert difference(first, second, design(2, variants=2, weight=[1, 3])).value == pytest.approx(-0.375)
    assert collapsed(first).mean.tolist() == [[1.0], [1.0]]


def test_unpaired_is_newcombes_method_10():
    """Newcombe 1998, Statistics in Medicine 17, 873: 56/70 against 48/80 has the interval 0.0524 to 0.3339."""
    sides = [mean(Rows(np.arange(n), np.zeros(n, int), np.array([1.0] * k + [0.0] * (n - k))), design(n)).spread
             for k, n in ((48, 80), (56, 70))]  # fmt: skip
    found = unpaired(*sides)
    assert interval(found, 0.95) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert 0.98 < probability_positive(found) < 1


def test_groups_and_ranks():
    apart = np.zeros((4, 4), bool)
    for a, b in ((0, 2), (0, 3), (1, 3)):
        apart[a, b] = apart[b, a] = True
    assert groups(apart) == [(0, 1), (1, 2), (2, 3)]
    beats = np.triu(apart)
    assert ranks(beats) == [(1, 2), (1, 3), (2, 4), (3, 4)]
    assert groups(np.ones((3, 3), bool) & ~np.eye(3, dtype=bool)) == [(0,), (1,), (2,)]
    assert groups(np.zeros((3, 3), bool)) == [(0, 1, 2)]


# coverage


def pair(rng, simulation, scores):
    """Two measurements of the same newly drawn items, and the true differences (population, these items)."""
    made, p = [], []
    state = rng.integers(2**63)
    for place, value in enumerate(scores):
        stream = np.random.default_rng([state, 0])  # the same items for both; other answers
        model = Simulation(**{**simulation.__dict__, "score": value})
        drawn = simulate(model, _Items(stream, np.random.default_rng([state, 1 + place])))
        made.append(drawn)
        p.append(drawn.fixed_true)
    return made, (scores[1] - scores[0], p[1] - p[0])


class _Items:
    """A generator that draws items from one stream and answers from another."""

    def __init__(self, items, answers):
        self.normal, self.random = items.normal, answers.random


DESIGNS = {
    "30 × 1": Simulation(n_items=30),
    "200 × 1": Simulation(n_items=200),
    "200 × 3 × 4": Simulation(n_items=200, n_variants=3, n_repeats=4),
    "100 clusters of 5": Simulation(n_items=500, n_groups=100),
}


@pytest.mark.parametrize("scores", [(0.7, 0.8), (0.9, 0.95)])
@pytest.mark.parametrize("name", list(DESIGNS))
def test_nominal_95_percent_covers_95_percent(name, scores):
    """500 simulations of each: the band of 93 to 97 % widened by two and a half standard errors."""
    simulation, covered = DESIGNS[name], np.zeros(2)
    rng = np.random.default_rng([9, sum(name.encode()), round(100 * scores[0])])
    for _ in range(500):
        made, truths = pair(rng, simulation, scores)
        group = None if made[0].groups is None else made[0].groups.astype(np.int64)
        for place, truth in enumerate(truths):
            task = design(simulation.n_items, group, simulation.n_variants, population=place == 0)
            low, high = interval(difference(full(made[0].values), full(made[1].values), task), 0.95)
            covered[place] += low <= truth <= high
    slack = 2.5 * sqrt(0.95 * 0.05 / 500)
    assert (covered / 500 >= 0.93 - slack).all() and (covered / 500 <= 0.97 + slack).all(), covered / 500


@pytest.mark.parametrize(("n", "differ"), [(30, 0.35), (30, 0.45), (200, 0.05), (200, 0.13), (200, 0.35)])
@pytest.mark.parametrize("one_way", [0.5, 0.7])
def test_exact_coverage_of_the_score_interval(n, differ, one_way):
    """The sum of the trinomial probabilities of the counts whose interval holds the true difference."""
    true, inside = differ * (2 * one_way - 1), 0.0
    for apart in range(n + 1):
        chance = stats.binom.pmf(apart, n, differ)
        if chance < 1e-8:
            continue
        for more in range(apart + 1):
            part = stats.binom.pmf(more, apart, one_way)
            if part * chance > 1e-9 and abs(score(more, apart - more, n, true)) <= 1.959964:
                inside += chance * part
    assert 0.93 <= inside <= 0.97


def test_all_intervals_and_ranks_hold_together():
    """Five systems of which three are equal: 300 simulations; in at most 5 % an interval, or a rank, is wrong."""
    scores = (0.7, 0.8, 0.8, 0.8, 0.9)
    rng, n = np.random.default_rng(10), 150
    best = [sum(other > one for other in scores) + 1 for one in scores]
    last = [sum(other >= one for other in scores) for one in scores]
    held = ranked = 0
    for _ in range(300):
        hard = rng.normal(0, 0.45, n)[:, None]
        chance = ndtr(sqrt(1 + 0.45**2) * ndtri(np.array(scores)) - hard)
        seen = [full(column) for column in (rng.random((n, 5)) < chance).astype(float).T]
        found = [difference(seen[a], seen[b], design(n)) for a, b in FIVE]
        each = level_of_each(found, FIVE, 0.95, draws=2000)
        ends = [interval(one, each) for one in found]
        held += all(low <= scores[b] - scores[a] <= high for (a, b), (low, high) in zip(FIVE, ends, strict=True))
        beats = np.zeros((5, 5), bool)
        for (a, b), (low, high) in zip(FIVE, ends, strict=True):
            beats[b, a], beats[a, b] = low > 0, high < 0
        shown = zip(ranks(beats), best, last, strict=True)
        ranked += all(low <= top and high >= end for (low, high), top, end in shown)
    slack = 2.5 * sqrt(0.95 * 0.05 / 300)
    assert 0.95 - slack <= held / 300 <= 0.98 + slack
    assert ranked / 300 >= 0.95 - slack


def test_cells_without_readings():
    nothing = cells(Rows(np.zeros(0, int), np.zeros(0, int), np.zeros(0)), 3, 2)
    assert isinstance(nothing, Cells)
    assert not nothing.n.any()
