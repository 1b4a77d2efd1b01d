"""Intervals and tails of proportions: published numbers, statsmodels, exact coverage."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import bdtr
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from assay.uncertainty.coverage import coverage_factor, effective_dof
from assay.uncertainty.proportion import (
    clopper_pearson,
    jeffreys,
    jeffreys_u,
    lower_bound,
    tail_at_least,
    tail_at_most,
    upper_bound,
    wilson,
)

VECTORS = json.loads((Path(__file__).parents[1] / "reference" / "vectors.json").read_text())


@pytest.mark.parametrize("row", VECTORS["newcombe1998"]["rows"], ids=lambda row: f"{row['k']}of{row['n']}")
def test_newcombe_1998(row):
    k, n = row["k"], row["n"]
    assert wilson(k / n, n, coverage_factor(0.95)) == pytest.approx(row["wilson"], abs=5.1e-5)
    assert clopper_pearson(k, n, 0.95) == pytest.approx(row["clopper_pearson"], abs=5.1e-5)


@pytest.mark.parametrize("n", [1, 2, 7, 30, 292, 5000])
def test_agrees_with_statsmodels(n):
    for k in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        k_normal = coverage_factor(0.95)
        assert wilson(k / n, n, k_normal) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-12)
        assert clopper_pearson(k, n, 0.95) == pytest.approx(proportion_confint(k, n, method="beta"), abs=1e-9)
        if 0 < k < n:
            assert jeffreys(k, n, 0.95) == pytest.approx(proportion_confint(k, n, method="jeffreys"), abs=1e-9)


@pytest.mark.parametrize("row", VECTORS["exact_coverage_95"]["rows"], ids=str)
def test_exact_coverage_is_the_published_table(row):
    n, p, _, *expected = row
    x = np.arange(n + 1)
    mass = binom.pmf(x, n, p)
    k = coverage_factor(0.95)
    found = [
        sum(m for i, m in zip(x, mass, strict=True) if low(i)[0] <= p <= low(i)[1])
        for low in (
            lambda i: wilson(i / n, n, k),
            lambda i: jeffreys(i, n, 0.95),
            lambda i: clopper_pearson(i, n, 0.95),
        )
    ]
    assert found == pytest.approx(expected, abs=6e-4)


def test_never_of_zero_width_and_never_outside():
    for n in (1, 2, 10, 1000):
        for k in (0, n):
            for low, high in (wilson(k / n, n, 1.96), clopper_pearson(k, n, 0.95), jeffreys(k, n, 0.95)):
                assert 0 <= low < high <= 1
            assert jeffreys_u(k, n) > 0


def test_tails_are_binomial_sums():
    for x, n, p in [(3, 10, 0.2), (9, 10, 0.8), (292, 300, 0.95), (10, 10, 0.5)]:
        assert tail_at_least(x, n, p) == pytest.approx(1 - bdtr(x - 1, n, p), abs=1e-12)
        assert tail_at_most(x, n, p) == pytest.approx(bdtr(x, n, p), abs=1e-12)
    assert tail_at_least(0, 10, 0.3) == 1.0
    assert tail_at_most(10, 10, 0.3) == 1.0


def test_evidence_needed_for_95_percent():
    """At least 95 % at 95 % confidence: 292 of 300 or 484 of 500; 20 of 20 shows only 86.1 %."""
    assert lower_bound(292, 300, 0.05) >= 0.95 > lower_bound(291, 300, 0.05)
    assert lower_bound(484, 500, 0.05) >= 0.95 > lower_bound(483, 500, 0.05)
    assert round(lower_bound(20, 20, 0.05), 3) == 0.861
    assert upper_bound(0, 100, 0.05) == pytest.approx(0.0295, abs=1e-4)


def test_welch_satterthwaite():
    """End gauge of the GUM: 16.75 effective degrees of freedom (JCGM 100:2008, H.1)."""
    u = [(25.0, 18.0), (9.7, 25.6), (2.9, 50.0), (16.6, 2.0)]
    assert effective_dof(u) == pytest.approx(16.7, abs=0.3)
    assert effective_dof([(1.0, None)]) is None
    assert effective_dof([(0.0, 3.0)]) is None
    assert coverage_factor(0.99, 16) == pytest.approx(VECTORS["gum_h1"]["expect"]["k99_nu16"], abs=1e-8)
