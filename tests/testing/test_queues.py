"""The study of intervals in queues, in small, and the truths that it judges by."""

import numpy as np
import pytest

from assay.testing.queue_systems import ALL_SYSTEMS, simulated, true_mean, true_quantile
from assay.testing.queues import QUANTILES, Covered, Setting, coverage, faults, main


def test_published_quantiles_of_m_m_1():
    """−ln(1 − p) / (μ − λ)."""
    assert true_quantile("M/M/1", 0.8, 0.99) == pytest.approx(-np.log(0.01) / 0.2)
    assert true_mean("M/M/1", 0.8) == pytest.approx(5.0)


@pytest.mark.parametrize("system", ALL_SYSTEMS)
def test_the_truths_are_those_of_a_long_simulation(system):
    x = simulated(system, 0.5, 1_500_000, np.random.default_rng(1))
    assert x.mean() == pytest.approx(true_mean(system, 0.5), rel=0.02)
    for p in QUANTILES:
        assert np.quantile(x, p) == pytest.approx(true_quantile(system, 0.5, p), rel=0.03)


def test_the_grid_gives_the_exact_queue(monkeypatch):
    """M/M/1 by the way of the queues that have no closed form."""
    monkeypatch.setattr("assay.testing.queue_systems._service_below", lambda system, at: 1 - np.exp(-at))
    monkeypatch.setattr("assay.testing.queue_systems.EXPONENTIAL", ())
    true_quantile.cache_clear()
    for p in QUANTILES:
        assert true_quantile("M/M/1", 0.8, p) == pytest.approx(-np.log(1 - p) / 0.2, rel=2e-3)
    true_quantile.cache_clear()


@pytest.mark.parametrize("system", ["M/M/1", "H2/M/1", "MMPP/M/1", "M/lognormal/1", "M/bimodal/1"])
def test_intervals_hold_and_those_for_independent_requests_do_not(system):
    """40 runs at load 0.7: 0.95 is below 0.825 with a probability of 0.003."""
    for row in coverage(Setting(system, 0.7), 40):
        assert row.refused <= 0.025
        assert row.covered >= 0.825
        if row.p is not None:
            assert row.independent < 0.7


def test_restarts_and_independent_requests():
    for row in coverage(Setting("M/M/1", 0.7, 20_000, 5), 40):
        assert row.covered >= 0.825
    for row in coverage(Setting("independent", 0.0), 40):
        assert row.covered >= 0.825
        if row.p is not None:
            assert row.width < 1.25 * row.independent_width


def test_the_command_prints_the_tables(capsys, monkeypatch):
    monkeypatch.setattr("assay.testing.queues.SYSTEMS", ("M/M/1",))
    monkeypatch.setattr("assay.testing.queues.LOADS", (0.5,))
    monkeypatch.setattr("assay.testing.queues.OTHERS", (Setting("M/M/1", 0.95, 500),))
    main(["--simulations", "2"])
    out = capsys.readouterr().out
    assert "| M/M/1 | 0.5 | 20,000 | p99 |" in out
    assert "| M/M/1 | 0.95 | 500 | p50 |" in out


def test_what_holds_too_seldom_or_is_refused_is_named():
    good = Covered(0.5, 0.95, 0.02, 0.0, 0.1, 0.7, 0.05)
    bad, refused = good._replace(covered=0.85), good._replace(refused=0.02)
    setting = Setting("M/M/1", 0.8)
    assert list(faults(setting, [good, good._replace(p=None, covered=0.5)], 1000)) == []
    assert list(faults(setting, [bad, refused], 1000)) == [
        "M/M/1 at 0.8: p50 holds in 0.850", "M/M/1 at 0.8: p50 is refused in 0.020"]  # fmt: skip
    assert list(faults(setting._replace(load=0.9), [refused], 1000)) == []
    assert list(faults(setting._replace(n=5000), [bad, refused], 1000)) == []
    assert list(faults(setting, [bad], 20)) == []  # twenty runs do not say
