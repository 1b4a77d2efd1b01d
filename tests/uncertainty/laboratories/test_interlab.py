"""Interlaboratory statistics: published numbers, statsmodels, exact tables of the standards, simulated rates."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import chi2
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.meta_analysis import combine_effects

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.laboratories.consensus import (
    algorithm_a,
    consistency,
    covariances,
    dersimonian_laird,
    mandel_paule,
    weighted_mean,
)
from assay.uncertainty.laboratories.interlab import (
    Reported,
    en_score,
    equivalence,
    judged,
    needs_prime,
    z_prime_score,
    z_score,
    zeta_score,
)
from assay.uncertainty.laboratories.precision import cochran, grubbs, mandel_h, mandel_k, precision
from assay.vocabulary.errors import BadInput

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())

# ASTM E691, glucose in serum, material A: 8 laboratories, 3 results each; mean 41.5183, s_r = s_R = 1.0632
GLUCOSE = [[41.03, 41.45, 41.37], [41.17, 42.00, 41.15], [41.01, 40.68, 42.66], [39.37, 42.37, 42.63],
           [41.88, 41.19, 41.32], [43.28, 40.50, 42.28], [41.08, 41.27, 39.02], [43.36, 42.65, 41.72]]  # fmt: skip


def test_algorithm_a_on_creosote():
    row = VECTORS["algA_creosote"]
    found = algorithm_a(row["x"])
    assert found.value == pytest.approx(row["expect"]["x_star"], abs=1e-10)
    assert found.spread == pytest.approx(row["expect"]["s_star"], abs=1e-9)
    assert found.u == pytest.approx(row["expect"]["u_xpt"], abs=1e-10)
    assert f"{found.value:.3f}" == "20.412" and f"{found.spread:.2f}" == "1.07"
    assert found.weights.sum() == pytest.approx(1) and found.weights[0] == found.weights[5] == 0


def by_the_book(x):
    """Algorithm A as the standard writes it, step by step."""
    middle = sorted(x)
    median = np.median(middle)
    centre, scale = median, 1.4826 * np.median([abs(v - median) for v in x])
    for _ in range(1000):
        edge = 1.5 * scale
        moved = [centre - edge if v < centre - edge else centre + edge if v > centre + edge else v for v in x]
        centre = sum(moved) / len(moved)
        scale = 1.134 * np.sqrt(sum((v - centre) ** 2 for v in moved) / (len(moved) - 1))
    return centre, scale


@pytest.mark.parametrize("seed", range(5))
def test_algorithm_a_step_by_step_and_its_weights(seed):
    x = np.random.default_rng(seed).standard_t(2, 15) + 100
    found = algorithm_a(x)
    assert (found.value, found.spread) == pytest.approx(by_the_book(list(x)), rel=1e-9)
    shifted = algorithm_a(x * 3 + 7)
    assert (shifted.value, shifted.u) == pytest.approx((found.value * 3 + 7, found.u * 3))
    assert (found.weights[found.weights > 0] == found.weights.max()).all()


def test_weighted_mean_its_test_and_random_effects_against_statsmodels():
    rng = np.random.default_rng(3)
    for between in (0.0, 1.0, 5.0):
        u = rng.uniform(0.3, 2.0, 9)
        x = 50 + rng.normal(0, between, 9) + rng.normal(0, u)
        fixed = weighted_mean(x, u)
        moments = combine_effects(x, u**2, method_re="dl")
        assert fixed.value == pytest.approx(moments.mean_effect_fe)
        assert fixed.u == pytest.approx(1 / np.sqrt((1 / u**2).sum()))
        test = consistency(x, u)
        assert test.chi_squared == pytest.approx(moments.q)
        assert test.p == pytest.approx(chi2.sf(moments.q, 8)) and test.birge == pytest.approx(np.sqrt(moments.q / 8))
        found = dersimonian_laird(x, u)
        assert found.between**2 == pytest.approx(max(0.0, moments.tau2), abs=1e-12)
        if moments.tau2 > 0:
            assert (found.value, found.u) == pytest.approx((moments.mean_effect_re, moments.sd_eff_w_re))
            root = brentq(lambda t2, x=x, u=u: excess(x, u**2 + t2), 0, 1e4, xtol=1e-13)
            assert mandel_paule(x, u).between ** 2 == pytest.approx(root, rel=1e-9)


def excess(x, variance):
    """Chi-squared about the weighted mean, less its expectation."""
    mean = (x / variance).sum() / (1 / variance).sum()
    return ((x - mean) ** 2 / variance).sum() - len(x) + 1


def test_mandel_paule_is_where_chi_squared_is_its_expectation():
    x, u = [10.0, 11.0, 14.0, 9.0], [0.5, 0.4, 0.6, 0.5]
    found = mandel_paule(x, u)
    total = np.asarray(u) ** 2 + found.between**2
    assert ((np.asarray(x) - found.value) ** 2 / total).sum() == pytest.approx(3.0)
    agreeing = mandel_paule([10.0, 10.1, 9.9], [0.5, 0.4, 0.6])
    assert agreeing.between == 0 and agreeing.value == weighted_mean([10.0, 10.1, 9.9], [0.5, 0.4, 0.6]).value


def test_scores():
    assert en_score(10.0, 3.0, 15.0, 4.0) == -1.0
    assert z_score(12.0, 10.0, 1.0) == 2.0
    assert z_prime_score(15.0, 10.0, 3.0, 4.0) == 1.0
    assert zeta_score(Reported(15.0, 3.0), 10.0, 4.0) == 1.0
    assert needs_prime(0.31, 1.0) and not needs_prime(0.3, 1.0)
    assert [judged(s) for s in (2.0, -2.1, 3.0)] == ["satisfactory", "questionable", "unsatisfactory"]
    assert [judged(s, en=True) for s in (1.0, -1.01)] == ["satisfactory", "unsatisfactory"]


def test_a_laboratory_in_the_weighted_mean_is_less_uncertain_about_its_difference():
    x, u = [10.0, 11.0, 12.5], [0.5, 0.4, 0.6]
    consensus = weighted_mean(x, u)
    cov = covariances(consensus, u)
    assert cov == pytest.approx([consensus.u**2] * 3)  # cov(x_i, X) = u²(X)
    found = equivalence(Reported(10.0, 0.5), consensus, float(cov[0]))
    assert found.u == pytest.approx(np.sqrt(0.25 - consensus.u**2))
    alone = equivalence(Reported(10.0, 0.5), consensus, 0.0)
    assert alone.en == pytest.approx(en_score(10.0, coverage_factor(0.95) * 0.5, consensus.value,
                                              coverage_factor(0.95) * consensus.u))  # fmt: skip


def test_covariances_by_simulation():
    rng = np.random.default_rng(5)
    u = np.array([0.5, 1.0, 2.0, 0.7])
    x = rng.normal(0, u, (20_000, 4)) + 3
    one = weighted_mean(x[0], u)
    means = x @ one.weights
    assert [np.cov(x[:, i], means)[0, 1] for i in range(4)] == pytest.approx(covariances(one, u).tolist(), abs=0.01)


def test_en_leaves_1_as_often_as_it_should():
    rng = np.random.default_rng(11)
    u, n, left, alone = np.array([0.5, 1.0, 2.0, 0.7, 1.3]), 3000, np.zeros(5), np.zeros(5)
    for _ in range(n):
        x = 20 + rng.normal(0, u)
        consensus = weighted_mean(x, u)
        cov = covariances(consensus, u)
        left += [abs(equivalence(Reported(a, b), consensus, c).en) > 1 for a, b, c in zip(x, u, cov, strict=True)]
        alone += [abs(equivalence(Reported(a, b), consensus, 0.0).en) > 1 for a, b in zip(x, u, strict=True)]
    assert left / n == pytest.approx([0.05] * 5, abs=0.013)
    assert alone[0] / n < 0.02  # without the covariance a laboratory that weighs much hardly ever fails


@pytest.mark.parametrize("estimator", [mandel_paule, dersimonian_laird])
def test_random_effects_cover(estimator):
    rng = np.random.default_rng(12)
    u, n, hit = np.array([0.5, 1.0, 2.0, 0.7, 1.3, 0.9, 0.4, 1.1]), 1000, 0
    for _ in range(n):
        x = rng.normal(0, 1.5, 8) + rng.normal(0, u)
        found = estimator(x, u)
        hit += abs(found.value) <= coverage_factor(0.95, found.dof) * found.u
    assert 0.93 <= hit / n <= 0.98


def test_gum_h5():
    row = VECTORS["gum_h5"]
    shape = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) / np.sqrt(2.5)
    days = [mean + 1e-6 * s * shape for mean, s in zip(row["means"], row["s_uV"], strict=True)]
    found = precision(days)
    expected = row["expect"]
    assert found.mean == pytest.approx(expected["mean"], abs=1e-9)
    assert found.ms_between / found.ms_within == pytest.approx(expected["F"], abs=1e-6)
    assert found.between * 1e6 == pytest.approx(expected["sB_uV"], abs=1e-4)
    assert np.sqrt(found.ms_between / 50) * 1e6 == pytest.approx(expected["u_uV"], abs=1e-5)


def test_glucose_in_serum():
    found = precision(GLUCOSE)
    assert found.mean == pytest.approx(41.5183, abs=5e-5)
    assert found.repeatability == pytest.approx(1.0632, abs=5e-5)
    assert found.reproducibility == pytest.approx(1.0632, abs=5e-5) and found.between == 0
    k = mandel_k(GLUCOSE)
    assert k is not None
    assert [round(v, 2) for v in k.values] == [0.21, 0.46, 1.00, 1.70, 0.34, 1.32, 1.17, 0.77]
    h = mandel_h([sum(row) / 3 for row in GLUCOSE])
    assert h is not None
    assert [round(v, 2) for v in h.values] == [-0.39, -0.13, -0.11, -0.10, -0.09, 0.83, -1.75, 1.75]


def test_unequal_numbers_against_statsmodels():
    import pandas
    from statsmodels.formula.api import ols

    rng = np.random.default_rng(7)
    rows = [rng.normal(10 + lab, 0.8, n) for lab, n in enumerate((2, 5, 3, 4, 1))]
    table = pandas.DataFrame([(lab, v) for lab, row in enumerate(rows) for v in row], columns=["lab", "value"])
    anova = anova_lm(ols("value ~ C(lab)", table).fit())
    found = precision(rows)
    assert found.ms_between == pytest.approx(anova["mean_sq"].iloc[0])
    assert found.ms_within == pytest.approx(anova["mean_sq"].iloc[1])
    assert found.p == pytest.approx(anova["PR(>F)"].iloc[0])
    n = np.array([2, 5, 3, 4, 1])
    assert found.n_mean == pytest.approx((15 - (n**2).sum() / 15) / 4)


def test_critical_values_are_those_of_the_tables():
    """ISO 5725-2, tables 4 (Cochran, n = 2), 5 (Grubbs) and 6 (Mandel's h, 8 laboratories)."""
    five, one = [], []
    for p in (5, 6, 7, 8, 9, 10, 20):
        found = cochran([[0.0, 1.0 + i] for i in range(p)])
        five.append(round(found.critical_5, 3))
        one.append(round(found.critical_1, 3))
    assert five == [0.841, 0.781, 0.727, 0.680, 0.638, 0.602, 0.389]
    assert one == [0.928, 0.883, 0.838, 0.794, 0.754, 0.717, 0.480]
    edges = [grubbs([*range(p - 1), 99]) for p in (5, 8, 10)]
    assert [round(edge.critical_1, 3) for edge in edges] == [1.764, 2.274, 2.482]
    assert [edge.critical_5 for edge in edges] == pytest.approx([1.715, 2.126, 2.290], abs=1.1e-3)
    h = mandel_h(list(range(8)))
    assert (round(h.critical_5[0], 2), round(h.critical_1[0], 2)) == (1.75, 2.06)


def test_false_alarms_of_cochran_and_grubbs():
    rng = np.random.default_rng(2)
    n, largest, far = 2000, 0, 0
    for _ in range(n):
        rows = rng.normal(0, 1, (6, 3))
        largest += cochran(rows).verdict != "none"
        far += grubbs(rows[:, 0]).verdict != "none"
    assert largest / n == pytest.approx(0.05, abs=0.015) and far / n == pytest.approx(0.05, abs=0.015)


def test_outliers_are_named_and_stay():
    rows = [*GLUCOSE[:7], [60.0, 61.0, 59.5]]
    means = [sum(row) / 3 for row in rows]
    found = grubbs(means)
    assert (found.place, found.verdict) == (7, "outlier")
    assert precision(rows).mean > precision(GLUCOSE).mean + 2
    assert cochran([[1.0, 1.01], [1.0, 1.02], [1.0, 1.01], [1.0, 1.02], [1.0, 9.0]]).verdict == "outlier"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: algorithm_a([1.0, 2.0]), "number.few"),
        (lambda: algorithm_a([1.0, 1.0, 1.0]), "interlab.all_equal"),
        (lambda: algorithm_a([0.86, 0.86, 0.86, 0.86, 0.8475]), "interlab.all_equal"),
        (lambda: algorithm_a([1.0, 2.0, float("nan")]), "number.not_finite"),
        (lambda: weighted_mean([1.0], [1.0]), "number.few"),
        (lambda: weighted_mean([1.0, 2.0], [1.0, 0.0]), "number.above_zero"),
        (lambda: mandel_paule([1.0, 2.0], [1.0, -1.0]), "number.above_zero"),
        (lambda: consistency([1.0, 2.0], [1.0, 1.0, 1.0]), "number.unequal"),
        (lambda: z_score(1.0, 1.0, -1.0), "number.above_zero"),
        (lambda: z_prime_score(1.0, 1.0, 1.0, -1.0), "number.negative"),
        (lambda: en_score(1.0, 0.0, 1.0, 1.0), "number.above_zero"),
        (lambda: equivalence(Reported(1.0, 1.0), weighted_mean([1.0, 2.0], [1.0, 1.0]), 9.0), "interlab.covariance"),
        (lambda: precision([[1.0], [2.0]]), "number.few"),
        (lambda: precision([[1.0, 2.0]]), "number.few"),
        (lambda: precision([[1.0, 2.0], [float("inf"), 1.0]]), "number.not_finite"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(BadInput) as found:
        call()
    assert found.value.code == code


def test_what_cannot_be_tested_is_not():
    assert grubbs([1.0, 2.0]) is None and grubbs([1.0, 1.0, 1.0]) is None
    assert mandel_h([1.0, 1.0, 1.0]) is None and mandel_k([[1.0], [2.0, 3.0]]) is None
    assert cochran([[1.0, 1.0], [2.0, 2.0]]) is None and cochran([[1.0], [2.0]]) is None
