"""Dependent means: a known process, another implementation, restarts."""

import numpy as np
import pytest
from statsmodels.tsa.stattools import acovf

from assay.uncertainty.queueing.dependence import autocovariance, batch_means, dependent, factors, initial_monotone


def _autoregressive(rng, n, phi):
    noise = rng.normal(size=n + 500)
    found = np.empty(n + 500)
    last = 0.0
    for place, one in enumerate(noise):
        last = phi * last + one
        found[place] = last
    return found[500:]


def test_autocovariances_are_those_of_statsmodels():
    z = np.random.default_rng(1).exponential(size=777).cumsum() ** 0.5
    assert autocovariance(z) == pytest.approx(acovf(z, adjusted=False, fft=False), abs=1e-9)


def test_the_initial_monotone_sequence_is_that_of_the_definition():
    """Written out as in the paper, with statsmodels' autocovariances."""
    z = _autoregressive(np.random.default_rng(2), 2000, 0.8)
    found = acovf(z, adjusted=False, fft=False)
    total, last, pairs = -found[0], np.inf, 0
    for even in range(0, len(z) - 1, 2):
        pair = found[even] + found[even + 1]
        if pair <= 0:
            break
        last = min(last, pair)
        total, pairs = total + 2 * last, pairs + 1
    assert initial_monotone(z) == (pytest.approx(total), 2 * pairs)


@pytest.mark.parametrize("phi", [0.0, 0.6, 0.9])
def test_the_effective_number_of_an_autoregressive_process(phi):
    """n_eff / n = (1 − φ) / (1 + φ)."""
    rng = np.random.default_rng(3)
    ratios = [dependent([_autoregressive(rng, 20_000, phi)]).n_eff / 20_000 for _ in range(15)]
    expected = (1 - phi) / (1 + phi)
    assert 0.75 * expected < np.median(ratios) <= 1.1 * expected


def test_batch_means_of_a_short_example():
    z = np.arange(40.0)
    means = z.reshape(20, 2).mean(axis=1)
    assert batch_means(z) == pytest.approx(means.var(ddof=1) / 20)


def test_batches_see_slow_changes_that_the_first_lags_do_not():
    """Noise, and a level that changes 20 times by little: the first pair of lags below 0 ends the sum too early."""
    sharp, both = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=20_000) + np.repeat(0.05 * rng.normal(size=20), 1000)
        sharp.append(initial_monotone(z)[0] / 20_000)
        both.append(dependent([z]).within)
    truth = 1 / 20_000 + 0.05**2 / 20
    assert np.median(sharp) < 0.7 * truth
    assert 0.75 * truth < np.median(both) < 1.5 * truth


def test_what_differs_between_restarts_stands_apart():
    rng = np.random.default_rng(5)
    level = np.array([0.0, 1.0, -1.0, 2.0, -2.0])
    runs = [one + rng.normal(size=4000) for one in level]
    found = dependent(runs)
    assert found.between == pytest.approx(level.var(ddof=1) / 5, rel=0.1)
    assert found.within == pytest.approx(1 / 20_000, rel=0.6)
    assert found.dof == pytest.approx(4, rel=0.01)
    assert found.n_eff < 20
    same = dependent([rng.normal(size=4000) for _ in range(5)])
    assert same.between is not None
    assert same.between < 1 / 20_000 * 3
    assert dependent(runs[:1]).between is None


def test_independent_readings_are_spared_the_term_for_skewness():
    rng = np.random.default_rng(6)
    alone = dependent([np.tile([1.0, -1.0], 10_000)])
    below, above = factors(alone, 0.025, 3.0)
    assert below == pytest.approx(above)
    queue = dependent([_autoregressive(rng, 20_000, 0.99)])
    below, above = factors(queue, 0.025, 3.0)
    assert above > below + 1
