"""Variance components: published values, the analysis of variance by hand, REML against it, recovery."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

from assay.uncertainty.components import cells, components, estimate
from assay.uncertainty.crossed import Rows
from assay.uncertainty.reml import reml
from assay.vocabulary.errors import BadInput

VECTORS = json.loads((Path(__file__).parents[1] / "reference" / "vectors.json").read_text())


def rows(values):
    values = np.asarray(values, float)
    item, variant, _ = np.indices(values.shape)
    return Rows(item.ravel(), variant.ravel(), values.ravel())


def drawn(rng, items, variants, repeats, sds=(1.0, 0.5, 0.3, 0.8)):
    y = rng.normal(0, sds[0], (items, 1, 1)) + rng.normal(0, sds[1], (1, variants, 1))
    y = y + rng.normal(0, sds[2], (items, variants, 1))
    return y + rng.normal(0, sds[3], (items, variants, repeats))


def by_source(found):
    return dict(zip(found.sources, found.variance, strict=True))


def test_shrout_and_fleiss_1979():
    vector = VECTORS["shrout_fleiss_1979"]
    found = by_source(components(cells(rows(np.array(vector["rows"], float)[:, :, None]))))
    expected = vector["expect"]["components"]
    assert found["items"] == pytest.approx(expected["target"], abs=5e-5)
    assert found["variants"] == pytest.approx(expected["judge"], abs=5e-5)
    assert found["rest"] == pytest.approx(expected["residual"], abs=5e-5)


def test_balanced_reml_is_the_analysis_of_variance_inside_the_bounds():
    seen = cells(rows(drawn(np.random.default_rng(1), 30, 6, 3)))
    by_squares, by_likelihood = by_source(components(seen)), by_source(reml(seen))
    for source, value in by_squares.items():
        assert by_likelihood[source] == pytest.approx(value, rel=1e-5)


def test_one_factor_with_unequal_numbers_against_statsmodels():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(25), rng.integers(1, 9, 25))
    y = rng.normal(0, 1, 25)[group] + rng.normal(0, 0.7, len(group))
    found = by_source(reml(cells(Rows(group, np.zeros(len(group), int), y))))
    fit = sm.MixedLM(y, np.ones((len(y), 1)), groups=group).fit(reml=True)
    assert found["items"] == pytest.approx(float(np.asarray(fit.cov_re)[0, 0]), rel=1e-3)
    assert found["repeats"] == pytest.approx(float(fit.scale), rel=1e-3)


def test_missing_cells_do_not_move_the_components():
    rng = np.random.default_rng(3)
    full = rows(drawn(rng, 400, 12, 2))
    kept = rng.random(len(full.value)) < 0.7
    found = components(cells(Rows(full.item[kept], full.variant[kept], full.value[kept])))
    assert found.method == "reml"
    for value, truth, u in zip(found.variance, (1.0, 0.25, 0.09, 0.64), found.u, strict=True):
        assert abs(value - truth) < 4 * u + 0.02


def test_forty_thousand_unbalanced_rows_take_about_a_second():
    """A generous bound: the benchmark is by hand; this only notices a wrong order of growth."""
    rng = np.random.default_rng(4)
    full = rows(drawn(rng, 2500, 10, 2))
    kept = rng.random(len(full.value)) < 0.8
    began = time.perf_counter()
    reml(cells(Rows(full.item[kept], full.variant[kept], full.value[kept])))
    assert time.perf_counter() - began < 30


def test_u_of_the_mean_is_that_of_the_mean_squares():
    y = drawn(np.random.default_rng(5), 40, 5, 3)
    found = estimate(rows(y))
    by_item, by_variant = y.mean((1, 2)), y.mean((0, 2))
    ms_i = 15 * by_item.var(ddof=1)
    ms_v = 120 * by_variant.var(ddof=1)
    rest = y.mean(2) - by_item[:, None] - by_variant + y.mean()
    ms_iv = 3 * (rest**2).sum() / (39 * 4)
    assert found.budget.u ** 2 == pytest.approx((ms_i + ms_v - ms_iv) / y.size)


def test_readings_that_are_no_numbers_are_refused():
    with pytest.raises(BadInput, match="finite"):
        cells(Rows(np.array([0, 1]), np.array([0, 0]), np.array([1.0, np.nan])))
