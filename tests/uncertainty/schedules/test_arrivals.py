"""Schedules of arrivals against the laws that they should have."""

import hashlib

import numpy as np
import pytest
from scipy import stats

from assay.uncertainty.schedules.arrivals import constant, gamma, mmpp, poisson, replay, varying
from assay.uncertainty.schedules.offered import dispersion, gaps_fit, offered
from assay.uncertainty.schedules.profile import days, profile, ramp, steps
from assay.vocabulary.errors import BadInput

N = 100_000


def test_constant_gaps_do_not_drift():
    found = constant(3.0, N)
    assert np.abs(found.at_ns - np.arange(N) * 1e9 / 3).max() <= 0.5
    assert found.rate == pytest.approx(3.0, rel=1e-9)
    assert offered(found).cv < 1e-8


@pytest.mark.parametrize("seed", range(5))
def test_poisson_gaps_are_exponential_and_dispersion_is_one_at_every_window(seed):
    found = poisson(100.0, N, seed)
    said = offered(found, (0.1, 1.0, 10.0))
    assert gaps_fit(found, 100.0).p > 0.001
    assert said.rate == pytest.approx(100.0, rel=4 / np.sqrt(N))
    assert said.cv == pytest.approx(1.0, abs=0.02)
    for window, index in said.dispersion:
        assert index == pytest.approx(1.0, abs=4 * np.sqrt(2 * window / 1000))


def test_the_test_of_fit_is_that_of_scipy():
    found = poisson(5.0, 1000, 7)
    gaps = np.diff(found.at_ns) / 1e9 * 5
    expected = stats.kstest(gaps, "expon")
    assert gaps_fit(found, 5.0).distance == pytest.approx(expected.statistic, abs=1e-7)
    assert gaps_fit(found, 5.0).p == pytest.approx(expected.pvalue, abs=0.02)


def test_the_test_of_fit_finds_what_other_generators_do():
    """Gaps on a grid of arrivals at each second, and gaps rescaled by a tenth."""
    found = poisson(2.0, N, 1)
    grid = replay(np.sort(np.concatenate([found.at_ns[::2] / 1e9, np.floor(found.at_ns[1::2] / 1e9)])))
    assert gaps_fit(grid, 2.0).p < 1e-6
    assert gaps_fit(poisson(2.2, N, 1), 2.0).p < 1e-6


@pytest.mark.parametrize("cv", [0.3, 1.0, 2.0, 4.0])
def test_gamma_gaps(cv):
    found = gamma(50.0, cv, N, 3)
    assert gaps_fit(found, 50.0, cv).p > 0.001
    assert offered(found).cv == pytest.approx(cv, rel=0.04)
    assert found.rate == pytest.approx(50.0, rel=4 * cv / np.sqrt(N))
    if cv != 1.0:
        assert gaps_fit(found, 50.0, 1.0).p < 1e-6


def test_the_dispersion_of_an_mmpp():
    """1 + 2 d² / (s r) (1 − (1 − e^(−s t)) / (s t)): rates r ± d, each state left at the rate s / 2."""
    rate, swing, leave = 10.0, 5.0, 0.5
    found = [mmpp([(rate + swing, 1 / leave), (rate - swing, 1 / leave)], N, seed) for seed in range(4)]
    for window in (0.1, 1.0, 10.0):
        s = 2 * leave
        share = 1 - (1 - np.exp(-s * window)) / (s * window)
        expected = 1 + 2 * swing**2 / (s * rate) * share
        assert np.mean([dispersion(one, window) for one in found]) == pytest.approx(expected, rel=0.08)
    assert np.mean([one.rate for one in found]) == pytest.approx(rate, rel=4 * np.sqrt(expected / (4 * N)))


def test_an_mmpp_with_silence_and_one_of_three_states():
    on_off = mmpp([(100.0, 0.1), (0.0, 0.9)], 20_000, 1)
    assert on_off.rate == pytest.approx(10.0, rel=0.15)
    three = mmpp([(1.0, 1.0), (2.0, 1.0), (6.0, 2.0)], 50_000, 2)
    assert three.rate == pytest.approx(15 / 4, rel=0.05)


PROFILES = {
    "steps": steps([(1000.0, 10.0), (100.0, 200.0), (1000.0, 35.0), (0.0, 5.0), (1000.0, 35.0)]),
    "ramp": ramp(0.0, 200.0, 1000.0),
    "down": ramp(200.0, 0.0, 1000.0),
    "day": days(1.2, [1.0]),
    "week with a holiday": days(0.2, [1, 1, 1, 1, 1, 0.6, 0.5], holidays={2}, holiday=0.3),
    "a day in two minutes": days(850.0, [1.0]).compressed(120.0),
    "silence between": profile([(0, 100), (500, 100), (500, 0), (900, 0), (900, 100), (1400, 100)]),
}


@pytest.mark.parametrize("name", PROFILES)
def test_gaps_are_exponential_after_the_change_of_time(name):
    rate = PROFILES[name]
    found = varying(rate, 5)
    n = len(found.at_ns)
    assert n > 50_000
    assert n == pytest.approx(rate.expected, abs=4 * np.sqrt(rate.expected))
    assert gaps_fit(found, rate).p > 0.001
    assert (np.diff(found.at_ns) >= 0).all()
    assert found.at_ns[-1] <= rate.duration_s * 1e9 + 1


@pytest.mark.parametrize("name", PROFILES)
def test_counts_follow_the_profile_at_every_hour(name):
    rate = PROFILES[name]
    edges = np.linspace(0, rate.duration_s, 25)
    counts = np.histogram(varying(rate, 6).at_ns / 1e9, edges)[0]
    expected = np.diff(rate.cumulative(edges))
    assert (np.abs(counts - expected) <= 4.5 * np.sqrt(expected + 1)).all()


@pytest.mark.parametrize("name", PROFILES)
def test_the_inverse_inverts(name):
    rate = PROFILES[name]
    wanted = np.linspace(0, rate.expected, 2001)
    assert rate.cumulative(rate.inverse(wanted)) == pytest.approx(wanted, abs=1e-6 * rate.expected)


def test_bursts_on_a_profile():
    rate = days(1.0, [1.0])
    assert gaps_fit(varying(rate, 1, cv=3.0), rate, 3.0).p > 0.001
    assert gaps_fit(varying(rate, 1, cv=3.0), rate).p < 1e-6


def test_a_schedule_states_seed_and_digest():
    one, same, other = poisson(5.0, 100, 1), poisson(5.0, 100, 1), poisson(5.0, 100, 2)
    assert one.seed == 1
    assert one.digest == same.digest != other.digest
    assert one.digest == hashlib.sha256(b"".join(int(t).to_bytes(8, "little") for t in one.at_ns)).hexdigest()


def test_a_trace_is_replayed_as_it_is():
    found = replay([100.0, 100.5, 100.5, 103.25])
    assert found.at_ns.tolist() == [0, 500_000_000, 500_000_000, 3_250_000_000]
    with pytest.raises(BadInput, match="request 3 of the trace"):
        replay([0.0, 2.0, 1.0])


@pytest.mark.parametrize(
    "make",
    [
        lambda: constant(0.0, 10), lambda: constant(1.0, 1), lambda: poisson(float("nan"), 10, 1),
        lambda: gamma(1.0, 0.0, 10, 1), lambda: mmpp([(0.0, 1.0)], 10, 1), lambda: mmpp([(1.0, 0.0)], 10, 1),
        lambda: replay([1.0]), lambda: replay([0.0, float("inf")]), lambda: replay([1.0, 1.0]),
        lambda: constant(1e-6, 1000), lambda: profile([(0, 1)]), lambda: profile([(0, 1), (5, 1), (4, 1)]),
        lambda: profile([(0, -1), (5, 1)]), lambda: profile([(1, 1), (5, 1)]), lambda: ramp(0.0, 0.0, 10.0),
        lambda: days(1.0, []), lambda: days(1.0, [1.0], hours=[1.0]), lambda: varying(ramp(0.001, 0.001, 10.0), 1),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(make):
    with pytest.raises(BadInput):
        make()
