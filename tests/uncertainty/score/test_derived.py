"""What the estimators of derived quantities take from here: against other ways to the same number."""

import numpy as np
import pytest

from assay.uncertainty.resample import jackknife_u
from assay.uncertainty.score import gap, quantiles
from assay.uncertainty.score.calibration_error import calibration_error
from assay.uncertainty.score.crossed import Design, Rows, mean
from assay.uncertainty.score.fscore import fbeta, linearised
from assay.uncertainty.score.passes import Attempts, of_attempts, passed


def test_a_linearised_ratio_has_the_spread_of_its_jackknife():
    rng = np.random.default_rng(1)
    n = 400
    positive, right = rng.random(n) < 0.3, rng.random(n) < 0.85
    counts = np.stack([positive & right, ~positive & ~right, positive & ~right], axis=1).astype(float)
    rows = Rows(np.arange(n), np.zeros(n, int), right.astype(float))
    made = linearised(rows, (2 * counts[:, 0], 2 * counts[:, 0] + counts[:, 1] + counts[:, 2]), np.ones(n), 1)
    assert made is not None
    assert made.ratio == pytest.approx(float(fbeta(counts.sum(axis=0))))
    design = Design(np.ones(n), None, 1, True, False, (0.0, 1.0))
    spread = mean(Rows(rows.item, rows.variant, made.value), design).spread
    assert spread.value == pytest.approx(made.ratio)
    assert spread.u == pytest.approx(jackknife_u(counts, fbeta), rel=0.01)
    assert made.size == pytest.approx((2 * counts[:, 0] + counts[:, 1] + counts[:, 2]).sum())


def test_a_ratio_without_denominator_has_no_value():
    rows = Rows(np.arange(3), np.zeros(3, int), np.ones(3))
    assert linearised(rows, (np.zeros(3), np.zeros(3)), np.ones(3), 1) is None


def test_attempts_with_equal_shares_are_those_of_the_function_for_items():
    n, hits = np.array([5.0, 6.0, 5.0, 8.0]), np.array([1.0, 6.0, 3.0, 2.0])
    found = of_attempts(n, hits, np.full(4, 0.25), 3, "any")
    theirs = passed(Attempts(n, hits), 3, "any", population=False).spread
    assert found[:4] == pytest.approx(theirs[:4])
    certain = of_attempts(n, n, np.array([0.1, 0.2, 0.3, 0.4]), 3, "all")
    assert (certain.value, certain.method) == (1.0, "wilson")


def test_the_scatter_of_attempts_against_simulation():
    rng = np.random.default_rng(2)
    chance, share = np.array([0.2, 0.5, 0.8, 0.6]), np.array([0.4, 0.3, 0.2, 0.1])
    draws = [of_attempts(np.full(4, 6.0), rng.binomial(6, chance).astype(float), share, 2, "any") for _ in range(4000)]
    seen = np.std([one.value for one in draws])
    stated = np.sqrt(np.mean([one.u**2 for one in draws if one.method == "wilson_effective"]))
    assert stated == pytest.approx(seen, rel=0.12)


def test_bounds_by_risk_hold_the_intervals():
    groups = gap.Groups([0.7, 0.8, 0.9], [0.03, 0.03, 0.04])
    table = gap.one_sided(groups, 0.95, 1.0, seed=4)
    at = {row.risk: (row.low, row.high) for row in table}
    assert at[0.025] == pytest.approx(gap.gap(groups, 0.95, 1.0, seed=4).interval)
    lows, highs = [row.low for row in table], [row.high for row in table]
    assert lows == sorted(lows) and highs == sorted(highs, reverse=True)
    x = np.random.default_rng(3).normal(size=57)
    rows = {row.risk: row for row in quantiles.one_sided(x, 0.3)}
    order = quantiles.quantile(x, 0.3, 0.95, "order")
    assert (rows[0.025].low, rows[0.025].high) == (order.low, order.high)


def test_the_uncertainty_of_the_calibration_error_against_simulation():
    rng = np.random.default_rng(5)
    values, us = [], []
    for _ in range(600):
        chance = rng.beta(2, 2, 400)
        stated = np.clip(chance * 1.2, 0, 1)
        found = calibration_error(stated, (rng.random(400) < chance).astype(float), 8)
        values.append(found.squared)
        us.append(found.u)
    assert np.sqrt(np.mean(np.square(us))) == pytest.approx(np.std(values), rel=0.1)
    assert found.one_sided[0].low is not None and found.one_sided[0].low >= 0
