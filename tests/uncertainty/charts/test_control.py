"""Control charts: exact formulas, known average run lengths, rules written a second time, drift against scipy."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import lfilter
from scipy.stats import linregress, norm

from assay.uncertainty.charts import control
from assay.uncertainty.charts.control import Trend, by_uncertainty, drift, ewma, given, individuals, signals, trend
from assay.vocabulary.errors import BadInput


def test_individuals():
    found = individuals([10.0, 12.0, 11.0, 13.0])
    sigma = (2 + 1 + 2) / 3 / 1.128379167
    assert found.centre == 11.5 and found.sigma[0] == pytest.approx(sigma)
    assert found.upper[0] == pytest.approx(11.5 + 2.6587 * 5 / 3, abs=1e-4)  # the factor E2 = 3 / d2 of the handbooks
    first = individuals([10.0, 12.0, 11.0, 13.0, 99.0], baseline=4)
    assert (first.centre, first.sigma[4], first.baseline) == (11.5, found.sigma[0], 4)


def test_sigma_from_moving_ranges_is_unbiased():
    rng = np.random.default_rng(1)
    found = [individuals(rng.normal(5, 2, 30)).sigma[0] for _ in range(2000)]
    assert np.mean(found) == pytest.approx(2.0, abs=0.03)


def test_by_uncertainty():
    found = by_uncertainty([1.0, 2.0, 3.0], [1.0, 0.5, 1.0])
    assert found.centre == pytest.approx((1 + 2 * 4 + 3) / 6)
    assert found.upper - found.centre == pytest.approx([3.0, 1.5, 3.0])


def test_ewma_has_exact_limits():
    chart = given(np.arange(8.0), 3.0, 2.0)
    found = ewma(chart, 0.3, 2.7)
    i = np.arange(1, 9)
    half = 2.7 * 2 * np.sqrt(0.3 / 1.7 * (1 - 0.7 ** (2 * i)))
    assert found.upper - 3 == pytest.approx(half) and 3 - found.lower == pytest.approx(half)
    assert found.values[0] == pytest.approx(0.3 * 0 + 0.7 * 3) and found.values[1] == pytest.approx(0.3 + 0.7 * 2.1)
    whole = ewma(chart, 1.0, 3.0)
    assert whole.values == pytest.approx(chart.values) and whole.upper == pytest.approx(chart.upper)


def test_ewma_limits_for_unequal_sigma_by_simulation():
    sigma = np.array([1.0, 3.0, 0.5, 2.0])
    rng = np.random.default_rng(2)
    x = rng.normal(0, sigma, (40_000, 4))
    z = lfilter([0.25], [1, -0.75], x, axis=1)
    chart = control.Chart(x[0], 0.0, sigma, -3 * sigma, 3 * sigma, 0)
    assert ewma(chart, 0.25, 1.0).upper == pytest.approx(z.std(axis=0), rel=0.02)


def run_length(out):
    """Mean place of the first signal, from 1; every row has one."""
    assert out.any(axis=1).mean() > 0.999
    return float((out.argmax(axis=1) + 1).mean())


def by_markov(weight, width, states=401):
    """Average run length of an EWMA with fixed limits by Brook and Evans' Markov chain."""
    edge = width * np.sqrt(weight / (2 - weight))
    step = 2 * edge / states
    centres = -edge + step * (np.arange(states) + 0.5)
    low = (centres[None, :] - step / 2 - (1 - weight) * centres[:, None]) / weight
    q = norm.cdf(low + step / weight) - norm.cdf(low)
    return float(np.linalg.solve(np.eye(states) - q, np.ones(states))[states // 2])


def test_average_run_lengths_of_ewma_and_shewhart():
    assert by_markov(0.2, 2.962) == pytest.approx(500, rel=0.005)  # Lucas and Saccucci 1990
    assert by_markov(0.4, 3.054) == pytest.approx(500, rel=0.005)
    assert by_markov(1.0, 3.0) == pytest.approx(370.4, abs=0.1)
    assert by_markov(control.LAMBDA, control.EWMA_WIDTH) == pytest.approx(370, rel=0.02)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((4000, 3500))
    chart = given(np.zeros(3500), 0.0, 1.0)
    found = ewma(chart)
    z = lfilter([control.LAMBDA], [1, control.LAMBDA - 1], x, axis=1)
    assert run_length(np.abs(z) > found.upper) == pytest.approx(366, abs=22)  # limits that begin narrow: a little less
    assert run_length(np.abs(x) > chart.upper) == pytest.approx(370.4, abs=22)
    shifted = lfilter([control.LAMBDA], [1, control.LAMBDA - 1], x[:, :600] + 1, axis=1)
    assert run_length(np.abs(shifted) > found.upper[:600]) < 11  # a shift of 1 sigma; Shewhart needs 44
    assert run_length(np.abs(x[:, :900] + 1) > 3) == pytest.approx(43.9, abs=3)


def rules(x):
    """The first four rules written a second time, for many series at once; shape (series, points)."""
    out = {name: np.zeros(x.shape, bool) for name in ("beyond_3s", "two_of_three", "four_of_five", "eight_one_side")}
    padded = np.concatenate([np.zeros((len(x), 7)), x], axis=1)
    for s in (1, -1):
        windows = sliding_window_view(s * padded, 8, axis=1)
        last = windows[..., -1]
        out["beyond_3s"] |= last > 3
        out["two_of_three"] |= (last > 2) & ((windows[..., -3:] > 2).sum(-1) >= 2)
        out["four_of_five"] |= (last > 1) & ((windows[..., -5:] > 1).sum(-1) >= 4)
        out["eight_one_side"] |= (windows > 0).all(-1)
    return out


def test_run_rules_agree_with_a_second_writing_and_with_champ_and_woodall():
    x = np.random.default_rng(4).standard_normal((3000, 1000))
    expected = rules(x)
    for row in range(3):
        found = signals(given(x[row], 0.0, 1.0))
        for name, out in expected.items():
            assert {one.place for one in found if one.rule == name} == set(np.flatnonzero(out[row]).tolist()), name
    together = np.any([*expected.values()], axis=0)
    assert run_length(together) == pytest.approx(91.75, abs=5)


def test_a_trend_of_six_and_the_sides():
    found = signals(given([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.4], 0.0, 1.0))
    assert [(one.rule, one.place, one.side) for one in found] == [("six_trend", 5, 1)]
    down = signals(given([0.0, -3.1], 0.0, 1.0))
    assert [(one.rule, one.place, one.side) for one in down] == [("beyond_3s", 1, -1)]
    assert signals(given([0.0] * 20, 0.0, 1.0)) == ()
    assert signals(given([2.0, -2.0] * 10, 0.0, 1.0)) == ()


def test_trend_against_scipy():
    rng = np.random.default_rng(5)
    t, x = np.sort(rng.uniform(0, 100, 15)), 1e6 + rng.normal(0, 1, 15)
    found, line = trend(t, x), linregress(t, x)
    assert (found.slope, found.u) == pytest.approx((line.slope, line.stderr), rel=1e-6)
    assert found.dof == 13


def test_drift_covers_what_is_not_corrected():
    assert drift(Trend(3.0, 1.0, 8.0, 0.0, 0.0, 1.0), 1.0).u == pytest.approx(2.0)
    flat = drift(Trend(0.0, 0.1, 8.0, 0.0, 0.0, 1.0), 10.0)
    assert (flat.change, flat.u) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: individuals([1.0]), "number.few"),
        (lambda: individuals([1.0, 1.0, 1.0]), "control.no_range"),
        (lambda: individuals([1.0, 2.0], baseline=3), "number.outside"),
        (lambda: individuals([1.0, float("nan")]), "number.not_finite"),
        (lambda: by_uncertainty([1.0, 2.0], [1.0, 0.0]), "number.above_zero"),
        (lambda: by_uncertainty([1.0, 2.0], [1.0]), "number.unequal"),
        (lambda: given([1.0], 0.0, -1.0), "number.above_zero"),
        (lambda: ewma(given([1.0], 0.0, 1.0), 0.0), "number.outside"),
        (lambda: ewma(given([1.0], 0.0, 1.0), 1.1), "number.outside"),
        (lambda: trend([1, 2], [1.0, 2.0]), "number.few"),
        (lambda: trend([1, 1, 1], [1.0, 2.0, 3.0]), "control.same_time"),
        (lambda: drift(Trend(1.0, 1.0, 1.0, 0.0, 0.0, 1.0), -1.0), "number.above_zero"),
    ],
)
def test_bad_input(call, code):
    with pytest.raises(BadInput) as found:
        call()
    assert found.value.code == code
