"""Homogeneity and stability: the harmonized protocol's example and tables, scipy, simulated rates."""

import numpy as np
import pytest
from scipy.stats import linregress
from scipy.stats import t as student

from assay.uncertainty.laboratories.precision import cochran
from assay.uncertainty.laboratories.reference_material import certified, factors, homogeneity, p_of_trend, stability
from assay.vocabulary.errors import BadInput

# Thompson, Ellison and Wood 2006, appendix 1: copper in soya flour, 12 units in duplicate, sigma_p = 1.14
FIRST = [10.5, 9.6, 10.4, 9.5, 10.0, 9.6, 9.8, 9.8, 10.8, 10.2, 9.8, 10.2]
SECOND = [10.4, 9.5, 9.9, 9.9, 9.7, 10.1, 10.4, 10.2, 10.7, 10.0, 9.5, 10.0]
F1 = {20: 1.59, 15: 1.69, 12: 1.79, 10: 1.88, 8: 2.01, 7: 2.10}
F2 = {20: 0.57, 15: 0.71, 12: 0.86, 10: 1.01, 8: 1.25, 7: 1.43}


def test_the_factors_of_the_published_table():
    for m in F1:
        assert factors(m, 2, m) == pytest.approx((F1[m], F2[m]), abs=6e-3)


def test_soya_flour():
    units = list(zip(FIRST, SECOND, strict=True))
    largest = cochran(units)
    assert (round(largest.statistic, 2), round(largest.critical_5, 2)) == (0.24, 0.54)
    found = homogeneity(units, 1.14)
    gaps = np.subtract(FIRST, SECOND)
    s_an2 = (gaps**2).sum() / 24
    s_sam2 = (np.var(np.add(FIRST, SECOND), ddof=1) / 2 - s_an2) / 2
    assert found.analysis.ms_within == pytest.approx(s_an2) and found.between**2 == pytest.approx(s_sam2)
    assert round(found.limit_expanded**2, 2) == 0.26
    assert found.sufficient and found.sufficient_expanded and not found.fallback and found.u_bb == found.between


def test_the_fallback_where_units_seem_more_alike_than_they_can():
    units = [[1.0, 3.0], [3.0, 1.0], [2.2, 1.8], [1.5, 2.5]]
    found = homogeneity(units)
    assert found.fallback and found.between == 0
    assert found.u_bb == pytest.approx(np.sqrt(found.analysis.ms_within / 2) * (2 / 4) ** 0.25)
    assert found.limit is None and found.sufficient is None


def test_u_bb_is_about_right_on_average():
    rng = np.random.default_rng(4)
    found = [homogeneity(rng.normal(0, 0.5, 20)[:, None] + rng.normal(0, 0.2, (20, 2))) for _ in range(400)]
    assert np.sqrt(np.mean([one.between**2 for one in found])) == pytest.approx(0.5, abs=0.02)
    assert all(not one.fallback for one in found)
    alike = [homogeneity(rng.normal(0, 0.2, (20, 2))) for _ in range(400)]
    assert np.mean([one.fallback for one in alike]) == pytest.approx(0.5, abs=0.1)
    assert min(one.u_bb for one in alike if one.fallback) > 0


def test_a_material_at_the_limit_passes_the_expanded_criterion_95_times_in_100():
    rng = np.random.default_rng(9)
    passed = [
        homogeneity(rng.normal(0, 0.3, 10)[:, None] + rng.normal(0, 0.3, (10, 2)), 1.0).sufficient_expanded
        for _ in range(1500)
    ]
    assert np.mean(passed) >= 0.93


def test_stability_against_scipy():
    rng = np.random.default_rng(8)
    times, values = np.arange(8.0), 10 + rng.normal(0, 0.1, 8)
    found, line = stability(times, values, 24.0), linregress(times, values)
    assert (found.trend.slope, found.trend.u) == pytest.approx((line.slope, line.stderr))
    assert found.u_lts == pytest.approx(24 * line.stderr) and p_of_trend(found.trend) == pytest.approx(line.pvalue)
    assert found.stable == (abs(line.slope) < student.ppf(0.975, 6) * line.stderr)
    assert not stability(times, values + times, 24.0).stable


def test_false_alarms_of_the_stability_test():
    rng = np.random.default_rng(10)
    unstable = [not stability(range(6), rng.normal(0, 1, 6), 1.0).stable for _ in range(2000)]
    assert np.mean(unstable) == pytest.approx(0.05, abs=0.015)


def test_budget_of_a_certified_value():
    found = certified(0.3, 0.4, 1.2)
    assert found.u == pytest.approx(1.3) and found.expanded == pytest.approx(1.96 * 1.3, abs=1e-3)
    assert [name for name, _ in found.rows] == ["characterisation", "homogeneity", "stability", "transport"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: homogeneity([[1.0, 1.0], [2.0, 2.0]]), "material.no_scatter"),
        (lambda: homogeneity([[1.0, 1.1]]), "number.few"),
        (lambda: homogeneity([[1.0, 1.1], [1.0, 1.2]], -0.1), "number.above_zero"),
        (lambda: stability([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], 1.0), "control.same_time"),
        (lambda: stability([1.0, 2.0], [1.0, 2.0], 1.0), "number.few"),
        (lambda: stability([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], 0.0), "number.above_zero"),
        (lambda: certified(0.0), "number.above_zero"),
        (lambda: certified(1.0, -1.0), "number.negative"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(BadInput) as found:
        call()
    assert found.value.code == code
