"""Exact coverage: against scipy's binomial distribution, and a fault is found out."""

import numpy as np
import pytest
from scipy.stats import binom

from assay.testing.validation import exact
from assay.testing.validation.judge import judged
from assay.uncertainty.proportion import wilson


@pytest.mark.parametrize("name", list(exact.METHODS))
@pytest.mark.parametrize(("n", "p"), [(10, 0.01), (30, 0.9), (300, 0.05), (3000, 0.5)])
def test_three_ways_agree(name, n, p):
    method = exact.METHODS[name]
    x = np.arange(n + 1)
    inside = [low <= p <= high for low, high in (method(int(one), n) for one in x)]
    by_scipy = float(binom.pmf(x, n, p)[inside].sum())
    assert exact.coverage_of(method, n, p) == pytest.approx(by_scipy, abs=1e-9)
    assert exact.without_intervals(name, n, p) == pytest.approx(by_scipy, abs=1e-9)


def test_sizes_from_10_to_10000_and_what_becomes_of_them():
    lines = [judged(line) for line in exact.lines(exact.METHODS)]
    assert {line.n for line in lines} == {10, 30, 100, 300, 1000, 3000, 10_000}
    assert {line.outcome for line in lines} == {"covered", "step", "conservative"}
    assert all(line.covered >= 0.95 - 1e-9 for line in lines if line.method == "clopper_pearson")
    large = [line.covered for line in lines if line.method == "wilson" and line.n == 10_000]
    assert max(abs(c - 0.95) for c in large) < 0.003


def test_a_slightly_wrong_interval_is_found_out(monkeypatch):
    monkeypatch.setitem(exact.METHODS, "wilson", lambda x, n: wilson(x / n, n, 1.95))
    assert "fail" in {judged(line).outcome for line in exact.lines(["wilson"])}
