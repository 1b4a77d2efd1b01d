"""Variance components: published tables, statsmodels, balanced against unbalanced, coverage, refusals."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

from assay.uncertainty.score.cells import Cells, cells
from assay.uncertainty.score.components import (
    Population,
    Sizes,
    anova,
    components,
    estimate,
    planned,
)
from assay.uncertainty.score.crossed import Rows
from assay.uncertainty.score.reml import reml
from assay.vocabulary.errors import BadInput

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())


def rows(values, keep=None):
    """Rows of a full array of shape (items, variants, repeats)."""
    values = np.asarray(values, float)
    item, variant, _ = np.indices(values.shape)
    used = np.ones(values.shape, bool) if keep is None else keep
    return Rows(item[used], variant[used], values[used])


def simulated(rng, shape, sd=(1.0, 0.5, 0.7, 1.2)):
    items, variants, _ = shape
    return (
        rng.normal(0, sd[0], (items, 1, 1))
        + rng.normal(0, sd[1], (1, variants, 1))
        + rng.normal(0, sd[2], (items, variants, 1))
        + rng.normal(0, sd[3], shape)
    )


def test_gum_h5_voltage_standard():
    """Ten days of five readings; the published table gives the mean and s of each day."""
    vector = VECTORS["gum_h5"]
    pattern = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) / np.sqrt(2.5)
    days = np.array(vector["means"])[:, None] + 1e-6 * np.array(vector["s_uV"])[:, None] * pattern
    seen = cells(rows(days[:, None, :]))
    table = {line.source: line for line in anova(seen)}
    assert (table["items"].dof, table["repeats"].dof) == (9, 40)
    f = table["items"].mean_square / table["repeats"].mean_square
    assert f == pytest.approx(vector["expect"]["F"], abs=5e-5)  # the s of the days are printed to two digits
    found = estimate(rows(days[:, None, :]))
    assert found.value == pytest.approx(vector["expect"]["mean"], abs=5e-8)
    assert np.sqrt(found.components.variance[0]) * 1e6 == pytest.approx(vector["expect"]["sB_uV"], abs=1e-3)
    assert found.budget.u * 1e6 == pytest.approx(vector["expect"]["u_uV"], abs=5e-4)
    assert found.budget.dof == pytest.approx(9)


def test_shrout_and_fleiss_components():
    vector = VECTORS["shrout_fleiss_1979"]
    found = components(cells(rows(np.array(vector["rows"], float)[:, :, None])))
    assert found.sources == ("items", "variants", "rest")
    expected = vector["expect"]["components"]
    assert found.variance == pytest.approx([expected["target"], expected["judge"], expected["residual"]], abs=5e-5)
    by_likelihood = reml(cells(rows(np.array(vector["rows"], float)[:, :, None])))
    assert by_likelihood.variance == pytest.approx(found.variance, rel=1e-5)


def test_likelihood_is_the_analysis_of_variance_where_that_exists():
    seen = cells(rows(simulated(np.random.default_rng(1), (40, 6, 3))))
    a, b = components(seen), reml(seen)
    assert (a.method, b.method) == ("anova", "reml")
    assert b.variance == pytest.approx(a.variance, rel=1e-5)
    assert b.covariance == pytest.approx(a.covariance, rel=1e-4)


@pytest.mark.parametrize("shape", [(12, 4, 2), (5, 9, 2)])
def test_missing_cells_against_statsmodels(shape):
    rng = np.random.default_rng(4)
    y = simulated(rng, shape, (1.0, 0.8, 0.9, 0.5))
    data = rows(y, rng.random(shape) < 0.75)
    found = reml(cells(data))
    crossing = data.item * shape[1] + data.variant
    effects = {name: np.eye(int(column.max()) + 1)[column][:, np.isin(np.arange(column.max() + 1), column)]
               for name, column in (("c", crossing), ("i", data.item), ("v", data.variant))}  # fmt: skip
    kinds = sm.regression.mixed_linear_model.VCSpec(
        list(effects), [[[f"{name}{k}" for k in range(m.shape[1])]] for name, m in effects.items()],
        [[m] for m in effects.values()],
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = sm.MixedLM(data.value, np.ones((len(data.value), 1)), np.zeros(len(data.value)), exog_vc=kinds).fit()
    theirs = dict(zip(effects, fit.vcomp, strict=True))
    assert found.variance == pytest.approx([theirs["i"], theirs["v"], theirs["c"], fit.scale], rel=2e-3, abs=2e-3)


def test_likelihood_against_the_whole_matrix():
    """Score zero at the estimates, from the definition; one component is held at zero."""
    rng = np.random.default_rng(6)
    y = simulated(rng, (9, 5, 3), (1.0, 0.6, 0.0, 1.0))
    data = rows(y, rng.random(y.shape) < 0.8)
    found = reml(cells(data))

    def deviance(theta):
        n = len(data.value)
        v = theta[3] * np.eye(n)
        for scale, column in zip(theta, (data.item, data.variant, data.item * 5 + data.variant), strict=False):
            v += scale * (column[:, None] == column[None, :])
        inverse = np.linalg.inv(v)
        ones = np.ones(n)
        mean = ones @ inverse @ data.value / (ones @ inverse @ ones)
        rest = data.value - mean
        return np.linalg.slogdet(v)[1] + np.log(ones @ inverse @ ones) + rest @ inverse @ rest

    best = deviance(found.variance)
    for place in range(4):
        for step in (-0.02, 0.02):
            theta = found.variance.copy()
            theta[place] += step
            if theta[place] >= 0:
                assert deviance(theta) > best - 1e-9


def test_large_designs_are_right_and_sparse_ones_agree_with_dense_ones():
    rng = np.random.default_rng(2)
    truth = (1.0, 0.25, 0.49, 1.44)
    y = simulated(rng, (2000, 5, 4))
    found = reml(cells(rows(y, rng.random(y.shape) < 0.8)))
    assert np.abs(found.variance - truth)[[0, 2, 3]].max() < 0.15
    n = 1500
    item, variant = rng.integers(0, 300, n), rng.integers(0, 150, n)
    y = rng.normal(0, 1, 300)[item] + rng.normal(0, 0.5, 150)[variant] + rng.normal(0, 1, n)
    sparse = reml(cells(Rows(item, variant, y)))
    turned = reml(cells(Rows(variant, item, y)))
    assert sparse.variance == pytest.approx(turned.variance[[1, 0, 2, 3]], rel=1e-5, abs=1e-7)
    assert np.abs(sparse.variance[[0, 1]] - (1.0, 0.25)).max() < 0.25


def test_scale_and_origin_do_not_matter():
    rng = np.random.default_rng(3)
    y = simulated(rng, (20, 4, 2))
    keep = rng.random(y.shape) < 0.8
    plain, moved = estimate(rows(y, keep)), estimate(rows(1e6 + 1e-3 * y, keep))
    assert moved.budget.u == pytest.approx(1e-3 * plain.budget.u, rel=1e-5)
    assert moved.budget.dof == pytest.approx(plain.budget.dof, rel=1e-3)


def test_fixed_items_and_fixed_variants_leave_their_rows_out():
    y = simulated(np.random.default_rng(5), (30, 4, 3))
    whole = estimate(rows(y))
    table = {line.source: line.mean_square for line in anova(cells(rows(y)))}
    assert whole.budget.u**2 == pytest.approx((table["items"] + table["variants"] - table["interaction"]) / y.size)
    benchmark = estimate(rows(y), Population(30, 4))
    assert benchmark.budget.u**2 == pytest.approx(table["repeats"] / y.size)
    assert benchmark.budget.dof == pytest.approx(30 * 4 * 2)
    variants_fixed = estimate(rows(y), Population(None, 4))
    assert variants_fixed.budget.u**2 == pytest.approx(table["items"] / y.size)
    assert variants_fixed.budget.dof == pytest.approx(29)
    half = estimate(rows(y), Population(60, 4)).budget.u
    assert benchmark.budget.u < half < variants_fixed.budget.u


def test_a_study_of_other_numbers():
    found = components(cells(rows(simulated(np.random.default_rng(7), (50, 8, 3)))))
    here = planned(found, Sizes(50, 8, 3))
    assert here.u == pytest.approx(estimate(rows(simulated(np.random.default_rng(7), (50, 8, 3)))).budget.u)
    i, v, c, r = found.variance
    other = planned(found, Sizes(400, 2, 1))
    assert other.u**2 == pytest.approx(i / 400 + v / 2 + c / 800 + r / 800)
    endless = planned(found, Sizes(10**6, 2, 1))
    assert endless.u > 0.99 * np.sqrt(v / 2)  # no number of items makes up for two variants
    assert [row.source for row in other.rows] == ["items", "variants", "interaction", "repeats"]


def test_one_variant_one_item_and_one_repeat():
    rng = np.random.default_rng(8)
    one_variant = components(cells(rows(simulated(rng, (20, 1, 4)))))
    assert one_variant.sources == ("items", "repeats")
    one_item = components(cells(rows(simulated(rng, (1, 6, 4)))))
    assert one_item.sources == ("variants", "repeats")
    once = components(cells(rows(simulated(rng, (20, 3, 1)))))
    assert once.sources == ("items", "variants", "rest")
    uneven = components(cells(Rows(np.array([0, 0, 0, 1, 1, 2]), np.zeros(6, int), rng.random(6))))
    assert (uneven.method, uneven.sources) == ("reml", ("items", "repeats"))
    same = cells(rows(np.repeat(simulated(rng, (12, 4, 1)), 3, axis=2)))
    assert components(same).variance[-1] == 0  # repeats that all agree


def test_negative_mean_square_differences_become_zero_and_keep_their_uncertainty():
    y = simulated(np.random.default_rng(11), (10, 4, 2), (0.0, 0.0, 0.0, 1.0))
    found = components(cells(rows(y)))
    assert (found.estimate < 0).any() and (found.variance >= 0).all() and (found.u > 0).all()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (Rows(np.zeros(1, int), np.zeros(1, int), np.array([1.0])), "numbers.too_few"),
        (Rows(np.zeros(3, int), np.zeros(3, int), np.array([1.0, np.nan, 2.0])), "numbers.not_finite"),
        (Rows(np.zeros(3, int), np.zeros(2, int), np.ones(3)), "numbers.length"),
        (Rows(np.arange(4) % 2, np.arange(4) // 2, np.full(4, 0.3)), "numbers.no_scatter"),
    ],
)
def test_refusals(data, code):
    with pytest.raises(BadInput) as refused:
        estimate(data)
    assert refused.value.code == code
    assert refused.value.message("zh") != refused.value.message("en")


def test_more_refusals():
    seen = cells(Rows(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1.0, 2.0, 4.0])))
    with pytest.raises(BadInput, match="analysis of variance"):
        anova(seen)
    with pytest.raises(BadInput, match="population.items"):
        estimate(rows(simulated(np.random.default_rng(1), (9, 2, 2))), Population(items=5))


def test_what_is_fixed_and_was_not_repeated_has_no_uncertainty_to_state():
    y = np.random.default_rng(10).random((12, 1, 1))
    assert estimate(rows(y)).budget.u > 0
    for values in (y, np.repeat(y, 3, axis=2)):
        with pytest.raises(BadInput, match="no uncertainty can be stated"):
            estimate(rows(values), Population(12, 1))


def test_a_perfect_sum_of_items_and_variants_is_an_answer_or_a_refusal():
    rng = np.random.default_rng(13)
    for _ in range(40):
        n = int(rng.integers(4, 25))
        item, variant = rng.integers(0, 5, n), rng.integers(0, 4, n)
        try:
            found = estimate(Rows(item, variant, item + 0.5 * variant))
        except BadInput:
            continue
        assert found.budget.u > 0 and np.isfinite(found.budget.dof)


def test_order_and_names_of_rows_do_not_matter():
    rng = np.random.default_rng(9)
    data = rows(simulated(rng, (15, 3, 2)), rng.random((15, 3, 2)) < 0.9)
    order = rng.permutation(len(data.value))
    mixed = estimate(Rows(data.item[order] * 1000 + 7, data.variant[order] + 5, data.value[order]))
    plain = estimate(data)
    assert mixed.value == pytest.approx(plain.value, rel=1e-12)
    assert mixed.budget.u == pytest.approx(plain.budget.u, rel=1e-6)
    assert isinstance(cells(data), Cells)


@pytest.mark.parametrize(("shape", "keep"), [((30, 10, 2), 1.0), ((25, 8, 2), 0.7)])
def test_coverage_of_the_mean(shape, keep):
    rng = np.random.default_rng(12)
    covered, n = 0, 300 if keep == 1 else 150
    for _ in range(n):
        y = simulated(rng, shape, (1.0, 0.3, 0.5, 1.0))
        low, high = estimate(rows(y, rng.random(shape) < keep)).interval()
        covered += low <= 0 <= high
    assert 0.90 * n <= covered
