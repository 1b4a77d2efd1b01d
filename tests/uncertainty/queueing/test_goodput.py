"""Shares of good requests: definitions, an exact interval, coverage in a queue."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from assay.testing.queue_systems import simulated
from assay.uncertainty.queueing.goodput import Limit, attainment, good, per_second
from assay.vocabulary.errors import BadInput


def test_limits_are_joint_and_failures_are_not_good():
    ttft = [0.1, 0.1, 0.9, np.inf, 0.1]
    tpot = [0.01, 0.09, 0.01, np.inf, 0.09]
    one_token = np.array([True, True, True, True, False])
    assert good([Limit(ttft, 0.5), Limit(tpot, 0.05, one_token)]).tolist() == [True, False, False, False, True]
    failed_at_once = good([Limit([np.inf], 0.5), Limit([np.inf], 0.05, np.array([False]))])
    assert failed_at_once.tolist() == [False]
    with pytest.raises(BadInput):
        good([Limit([np.nan], 0.5)])
    with pytest.raises(BadInput):
        good([Limit([0.1], 0.5), Limit([0.1, 0.2], 0.5)])


def test_all_good_has_the_exact_interval():
    found = attainment([np.ones(500, dtype=bool)])
    assert (found.low, found.high) == pytest.approx(proportion_confint(500, 500, 0.05, "beta"))
    assert found.u > 0


def test_independent_requests_have_nearly_the_exact_interval():
    rng = np.random.default_rng(1)
    x = rng.random(20_000) < 0.97
    found = attainment([x])
    low, high = proportion_confint(x.sum(), 20_000, 0.05, "beta")
    assert (found.high - found.low) / (high - low) == pytest.approx(1.05, abs=0.2)


@pytest.mark.parametrize(("load", "limit"), [(0.5, 6.0), (0.8, 11.0), (0.8, 3.0)])
def test_the_truth_is_covered_in_a_queue(load, limit):
    """80 runs; a Wilson interval for independent requests at load 0.8 covers fewer than half."""
    rng = np.random.default_rng(2)
    truth = 1 - np.exp(-(1 - load) * limit)
    runs = [simulated("M/M/1", load, 20_000, rng) <= limit for _ in range(80)]
    found = [attainment([run]) for run in runs]
    assert sum(one.low <= truth <= one.high for one in found) >= 70
    alone = [proportion_confint(run.sum(), len(run), 0.05, "wilson") for run in runs]
    if load == 0.8:
        assert sum(low <= truth <= high for low, high in alone) < 40


def test_goodput_is_the_share_of_what_was_sent():
    share = attainment([np.arange(1000) % 10 > 0])
    value, low, high = per_second(share, 1000, 100.0)
    assert value == pytest.approx(9.0)
    assert low < value < high < 10


def test_a_share_that_depends_too_much_has_no_interval():
    found = attainment([np.arange(1000) < 500])
    assert found.value == 0.5
    assert (found.low, found.high, found.u) == (None, None, None)


def test_few_requests_have_a_share_and_no_interval():
    found = attainment([np.array([True, False, True]), np.array([True])])
    assert (found.value, found.n, found.low, found.high, found.u, found.n_eff, found.basis) == (
        0.75, 4, None, None, None, None, None,
    )  # fmt: skip
    for wrong in ([], [np.zeros(0, dtype=bool)]):
        with pytest.raises(BadInput):
            attainment(wrong)
