"""The mean over items × variants × repeats: published and hand-made numbers, statsmodels, properties."""

import json
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

from assay.uncertainty.score.crossed import Design, Rows, clustered, mean
from assay.uncertainty.spread import bound, interval, tail

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())


def design(n_items, group=None, n_variants=1, population=True, sample=False, bounds=(0.0, 1.0), weight=None):
    weight = np.ones(n_items) if weight is None else np.asarray(weight, float)
    return Design(weight, None if group is None else np.asarray(group), n_variants, population, sample, bounds)


def rows(values):
    """Rows of a full array of shape (items, variants, repeats)."""
    values = np.asarray(values, float)
    item, variant, _ = np.indices(values.shape)
    return Rows(item.ravel(), variant.ravel(), values.ravel())


def simple(values, **kinds):
    values = np.asarray(values, float)[:, None, None]
    return mean(rows(values), design(len(values), **kinds))


def test_independent_zero_one_readings_are_a_binomial():
    found = simple([1] * 81 + [0] * 182)
    assert found.spread.value == pytest.approx(81 / 263)
    assert interval(found.spread, 0.95) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert found.spread.dof is None
    assert found.spread.u == pytest.approx(np.std([1] * 81 + [0] * 182, ddof=1) / np.sqrt(263))


def test_clusters_against_statsmodels_and_the_published_vector():
    vector = VECTORS["cluster_tiny"]
    s, c = np.array(vector["s"], float), np.array(vector["c"])
    fit = sm.OLS(s, np.ones((len(s), 1))).fit(
        cov_type="cluster", cov_kwds={"groups": c, "use_correction": False}, use_t=True
    )
    share = np.full(len(s), 1 / len(s))
    residual = s - s.mean()
    raw = np.bincount(c, weights=share * residual)
    assert np.sqrt((raw**2).sum()) == pytest.approx(fit.bse[0])
    assert fit.bse[0] == pytest.approx(vector["expect"]["miller"], abs=1e-9)
    assert np.sqrt((raw**2).sum() * 4 / 3) == pytest.approx(vector["expect"]["finite_C"], abs=1e-9)
    variance, dof = clustered(share, residual, c)
    # unequal clusters: a little more than C / (C - 1), and fewer degrees of freedom than C - 1
    assert vector["expect"]["finite_C"] < np.sqrt(variance) < 1.03 * vector["expect"]["finite_C"]
    assert 2 < dof < 3


def test_balanced_clusters_have_the_textbook_factor():
    rng = np.random.default_rng(1)
    s, c = rng.random(60), np.repeat(np.arange(12), 5)
    variance, dof = clustered(np.full(60, 1 / 60), s - s.mean(), c)
    totals = np.bincount(c, weights=(s - s.mean()) / 60)
    assert variance == pytest.approx((totals**2).sum() * 12 / 11)
    assert dof == pytest.approx(11)
    alone = clustered(np.full(60, 1 / 60), s - s.mean(), None)
    assert alone == (pytest.approx(s.var(ddof=1) / 60), pytest.approx(59))


def test_closed_form_is_the_matrix_form():
    """Bell and McCaffrey's moments, computed from the whole residual matrix."""
    rng = np.random.default_rng(2)
    w, c = rng.uniform(0.5, 2, 14), np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3])
    w /= w.sum()
    residuals = np.eye(14) - np.outer(np.ones(14), w)
    collect = np.zeros((4, 14))
    collect[c, np.arange(14)] = w
    g = collect @ residuals @ residuals.T @ collect.T
    s = rng.random(14)
    variance, dof = clustered(w, s - w @ s, c)
    assert dof == pytest.approx(np.trace(g) ** 2 / np.trace(g @ g))
    totals = np.bincount(c, weights=w * (s - w @ s))
    assert variance == pytest.approx((totals**2).sum() * (w**2).sum() / np.trace(g))


def test_balanced_components_are_the_analysis_of_variance():
    rng = np.random.default_rng(3)
    items, variants, repeats = 40, 3, 4
    y = rng.normal(0, 1, (items, 1, 1)) + rng.normal(0, 1, (items, variants, repeats))
    y += np.array([0.0, 0.5, -0.2])[None, :, None]
    found = mean(rows(y), design(items, n_variants=variants, sample=True, bounds=(None, None)))
    cell, by_item, by_variant, all_mean = y.mean(2), y.mean((1, 2)), y.mean((0, 2)), y.mean()
    ms_i = variants * repeats * ((by_item - all_mean) ** 2).sum() / (items - 1)
    ms_v = items * repeats * ((by_variant - all_mean) ** 2).sum() / (variants - 1)
    rest = cell - by_item[:, None] - by_variant + all_mean
    ms_iv = repeats * (rest**2).sum() / ((items - 1) * (variants - 1))
    ms_e = ((y - cell[..., None]) ** 2).sum() / (items * variants * (repeats - 1))
    by_code = {row.code: row for row in found.rows}
    assert by_code["repeats"].u ** 2 == pytest.approx(ms_e / y.size)
    assert by_code["items"].u ** 2 + by_code["repeats"].u ** 2 == pytest.approx(ms_i / y.size)
    assert found.spread.u**2 == pytest.approx((ms_i + ms_v - ms_iv) / y.size)
    assert (by_code["items"].dof, by_code["variants"].dof) == (pytest.approx(39), 2)


def test_fixed_benchmark_has_no_item_component():
    rng = np.random.default_rng(4)
    y = np.repeat(rng.integers(0, 2, 50), 4).reshape(50, 1, 4).astype(float)
    y[3, 0, 1] = 1 - y[3, 0, 1]
    fixed = mean(rows(y), design(50, population=False))
    population = mean(rows(y), design(50))
    assert [row.code for row in fixed.rows] == ["repeats"]
    assert fixed.spread.u < population.spread.u / 5


@pytest.mark.parametrize("population", [True, False])
@pytest.mark.parametrize("n", [1, 2, 8, 500])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_all_wrong_or_all_right_is_not_certainty(population, n, level):
    found = simple([level] * n, population=population)
    low, high = interval(found.spread, 0.95)
    assert 0 <= low < high <= 1
    assert low <= level <= high
    assert found.spread.u > 0
    assert found.notes == ("all_equal",)


def test_repeats_are_not_items():
    once = simple([1, 0, 1, 1, 0, 1, 1, 1])
    often = mean(rows(np.repeat([1, 0, 1, 1, 0, 1, 1, 1], 50).reshape(8, 1, 50)), design(8))
    assert often.spread.u >= 0.99 * once.spread.u


@pytest.mark.parametrize("value", [0.7, 0.2])
def test_one_item_gives_a_wide_interval(value):
    found = simple([value])
    low, high = interval(found.spread, 0.95)
    assert 0 <= low < value < high <= 1
    assert high - low > 0.7
    several = mean(rows([[[0.0, 1.0, 1.0]]]), design(1))
    assert interval(several.spread, 0.95)[1] - interval(several.spread, 0.95)[0] > 0.7


def test_one_cluster_shows_nothing_about_others():
    found = simple([0, 1, 1, 0, 1], group=[0] * 5)
    assert found.notes == ("one_item",)
    low, high = interval(found.spread, 0.95)
    assert high - low > 0.9


def test_clusters_that_agree_by_chance_are_not_certainty():
    found = simple([0, 1, 0, 1, 0, 1], group=[0, 0, 1, 1, 2, 2])
    assert found.spread.u > 0.1


def test_unbounded_scores_use_t_and_refuse_what_they_cannot_know():
    found = simple([10.0, 12.0, 11.0, 13.0], bounds=(None, None))
    u = np.std([10, 12, 11, 13], ddof=1) / 2
    assert interval(found.spread, 0.95) == pytest.approx((11.5 - 3.18245 * u, 11.5 + 3.18245 * u), abs=1e-4)
    equal = simple([5.0, 5.0, 5.0], bounds=(None, None))
    assert interval(equal.spread, 0.95) is None
    assert equal.notes == ("no_interval",)
    assert tail(equal.spread, 4.0, 0.05, above=True) is None


def test_missing_cells_keep_each_variant_apart():
    """Item 0 lacks variant 1: its mean is that of what it has."""
    found = mean(
        Rows(np.array([0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1]), np.array([1.0, 1, 0, 0, 1, 1])),
        design(2, n_variants=2),
    )
    assert found.spread.value == pytest.approx((1.0 + 0.5) / 2)


def test_weights_move_the_value_and_widen_the_interval():
    even = simple([1, 0, 1, 1] * 10)
    skewed = simple([1, 0, 1, 1] * 10, weight=[1, 9, 1, 1] * 10)
    assert skewed.spread.value == pytest.approx(3 / 12)
    assert skewed.spread.u > even.spread.u


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(5)
    full = rows(rng.integers(0, 2, (30, 2, 3)))
    order = rng.permutation(180)
    mixed = Rows(full.item[order], full.variant[order], full.value[order])
    a, b = mean(full, design(30, n_variants=2)), mean(mixed, design(30, n_variants=2))
    assert a.spread.value == pytest.approx(b.spread.value, rel=1e-14)
    assert a.spread.u == pytest.approx(b.spread.u, rel=1e-12)


def test_bound_and_tail_say_the_same():
    """A limit at the one-sided bound has exactly the risk as its tail."""
    for found in (
        simple([1] * 27 + [0] * 3),
        mean(rows(np.random.default_rng(6).integers(0, 2, (40, 1, 5))), design(40)),
        simple([0.7] * 9),
        simple([10.0, 12.0, 11.0, 13.0], bounds=(None, None)),
    ):
        for below in (True, False):
            edge = bound(found.spread, 0.05, below=below)
            assert tail(found.spread, edge, 0.05, above=below) == pytest.approx(0.05, rel=1e-6)


def test_strata_have_the_textbook_variance():
    """Cochran 1977, 5.6: Σ W² s² / n within strata, where nothing bounds the scores."""
    rng = np.random.default_rng(8)
    stratum = np.repeat([0, 1, 2], [6, 10, 8])
    x = rng.normal(5 * stratum, 1.0)
    weight = np.array([0.5, 0.2, 0.3])
    share = (weight / np.bincount(stratum))[stratum]
    made = Design(share, None, 1, True, False, (None, None), stratum)
    found = mean(Rows(np.arange(24), np.zeros(24, int), x), made)
    parts = [x[stratum == s] for s in range(3)]
    assert found.spread.value == pytest.approx(sum(w * p.mean() for w, p in zip(weight, parts, strict=True)))
    expected = sum(w**2 * p.var(ddof=1) / len(p) for w, p in zip(weight, parts, strict=True))
    assert found.spread.u == pytest.approx(np.sqrt(expected))
    dofs = [(w**2 * p.var(ddof=1) / len(p)) ** 2 / (len(p) - 1) for w, p in zip(weight, parts, strict=True)]
    assert found.spread.dof == pytest.approx(expected**2 / sum(dofs))
    assert mean(Rows(np.arange(24), np.zeros(24, int), x), made._replace(stratum=None)).spread.u > 2 * found.spread.u


def test_a_stratum_whose_items_agree_is_not_certain():
    stratum = np.repeat([0, 1], 10)
    x = np.concatenate([np.ones(10), np.zeros(10)])
    made = Design(np.ones(20), None, 1, True, False, (0.0, 1.0), stratum)
    found = mean(Rows(np.arange(20), np.zeros(20, int), x), made)
    assert found.spread.value == 0.5
    assert 0.01 < found.spread.u < 0.06
    alone = mean(Rows(np.arange(11), np.zeros(11, int), x[:11]),
                 Design(np.ones(20), None, 1, True, False, (0.0, 1.0), stratum))  # fmt: skip
    assert "strata_unused" in alone.notes


def test_a_finite_population_leaves_its_repeats():
    """All items of the population measured: what is left is the scatter of the repeats; a half: the textbook factor."""
    rng = np.random.default_rng(9)
    values = rng.normal(rng.normal(0, 1, (40, 1, 1)), 0.5, (40, 1, 3))
    whole, half, none = (
        mean(rows(values), design(40, bounds=(None, None))._replace(population_items=n)) for n in (40, 80, None)
    )
    fixed = mean(rows(values), design(40, bounds=(None, None), population=False))
    assert whole.spread.u == pytest.approx(fixed.spread.u)
    assert whole.spread.dof == pytest.approx(fixed.spread.dof)
    assert half.spread.u**2 == pytest.approx((none.spread.u**2 + whole.spread.u**2) / 2)
    once = mean(rows(values[:, :, :1]), design(40, bounds=(None, None))._replace(population_items=80))
    assert "fraction_unused" in once.notes
    assert once.spread.u == mean(rows(values[:, :, :1]), design(40, bounds=(None, None))).spread.u


def test_a_variant_of_which_nothing_was_read_is_no_variant():
    rng = np.random.default_rng(10)
    values = rng.normal(0, 1, (20, 4, 2)) + rng.normal(0, 1, (1, 4, 1))
    seen = rows(values)
    kept = seen.variant != 2
    found = mean(Rows(*(column[kept] for column in seen)), design(20, n_variants=4, sample=True, bounds=(None, None)))
    three = mean(rows(values[:, [0, 1, 3]]), design(20, n_variants=3, sample=True, bounds=(None, None)))
    assert found.spread == three.spread
    alone = seen.variant == 1
    lone = mean(Rows(*(column[alone] for column in seen)), design(20, n_variants=4, sample=True, bounds=(None, None)))
    assert (lone.spread.u, lone.notes) == (None, ("one_variant",))
