"""Quantiles and means of latencies: published values, order statistics, coverage in queues, refusals."""

import numpy as np
import pytest

from assay.testing.queue_systems import simulated, true_quantile
from assay.uncertainty.queueing.dependence import Dependent, dependent
from assay.uncertainty.queueing.latency import _studentised, mean, order_ends, quantile
from assay.uncertainty.queueing.tail import mean_excess, tail
from assay.uncertainty.score.quantiles import ranks
from assay.vocabulary.errors import BadInput


def _runs(system, load, n, count, seed=1):
    rng = np.random.default_rng(seed)
    return [simulated(system, load, n, rng) for _ in range(count)]


@pytest.mark.parametrize(("n", "p"), [(1000, 0.5), (1000, 0.9), (5000, 0.99)])
def test_independent_requests_have_the_interval_of_order_statistics(n, p):
    ordered = np.arange(1.0, n + 1)
    alone = Dependent(1 - p, p * (1 - p) / n, None, 1e12, n, float(n))
    assert order_ends(ordered, (p, 0.025), alone) == ranks(n, p, 0.95)


def test_the_interval_of_independent_samples_is_not_much_wider():
    rng = np.random.default_rng(2)
    for p in (0.5, 0.9, 0.99):
        wide = []
        for _ in range(30):
            x = rng.exponential(size=20_000)
            found = quantile([x], p)
            low, high = ranks(len(x), p, 0.95)
            ordered = np.sort(x)
            wide.append((found.high - found.low) / (ordered[high - 1] - ordered[low - 1]))
            assert found.method == "order"
        assert 1.0 <= np.median(wide) < 1.25


@pytest.mark.parametrize("system", ["M/M/1", "H2/M/1", "MMPP/M/1"])
@pytest.mark.parametrize("load", [0.5, 0.8])
def test_the_truth_is_covered_in_queues_and_nothing_is_refused(system, load):
    """60 runs: an interval that covers 0.95 covers fewer than 50 of them with a probability of 0.0001."""
    runs = _runs(system, load, 20_000, 60)
    for p in (0.5, 0.9, 0.99):
        truth = true_quantile(system, load, p)
        found = [quantile([run], p) for run in runs]
        assert sum(one.refusal is not None for one in found) <= 1
        assert sum(one.low is not None and one.low <= truth <= one.high for one in found) >= 50


def test_the_interval_for_independent_requests_fails_in_a_queue():
    """p99 at load 0.8: covered in 13 to 20 % of the runs."""
    low, high = ranks(20_000, 0.99, 0.95)
    truth = true_quantile("M/M/1", 0.8, 0.99)
    ordered = [np.sort(run) for run in _runs("M/M/1", 0.8, 20_000, 200, seed=3)]
    covered = np.mean([run[low - 1] <= truth <= run[high - 1] for run in ordered])
    assert 0.08 < covered < 0.26


def test_a_short_run_at_high_load_is_refused_with_what_it_takes():
    found = [quantile([run], 0.99) for run in _runs("M/M/1", 0.95, 2000, 20)]
    refused = [one for one in found if one.refusal is not None]
    assert len(refused) >= 16
    for one in refused:
        assert one.refusal.needed > 2000
        assert one.value is not None
        assert (one.low, one.high, one.u, one.within) == (None, None, None, None)
    assert quantile(_runs("M/M/1", 0.95, 200_000, 1), 0.99).refusal is None


def test_a_quantile_beyond_the_requests_is_refused():
    found = quantile([np.random.default_rng(4).exponential(size=200)], 0.99)
    assert found.refusal.code == "latency.no_upper_end"
    enough = quantile([np.random.default_rng(4).exponential(size=found.refusal.needed)], 0.99)
    assert enough.refusal is None


def test_a_tail_that_is_none_is_told_and_the_interval_holds():
    """Bimodal latencies in pile-ups of 50: above p80 the mean excess falls to that of the second mode."""
    covered = told = 0
    truth = 10 - np.log(0.01 / 0.12) / 10
    for seed in range(30):
        rng = np.random.default_rng(seed)
        slow, excess = rng.random(400) < 0.12, 0.1 * rng.exponential(size=400)
        found = quantile([np.repeat(np.where(slow, 10.0, 1.0) + excess, 50)], 0.99)
        told += bool({"latency.tail_contradicted"} & set(found.notes))
        covered += found.refusal is not None or found.low <= truth <= found.high
    assert told >= 27
    assert covered >= 26


def test_an_exponential_tail_is_recovered_at_its_own_quantile():
    x = -np.log1p(-(np.arange(20_000) + 0.5) / 20_000)
    model, contradicted = tail([np.random.default_rng(6).permutation(x)], 0.99)
    assert model.value == pytest.approx(-np.log(0.01), rel=1e-3)
    assert not contradicted
    assert model.share == 0.8
    assert abs(sum(part.sum() for part in model.influence)) < 1e-6 * 20_000
    assert mean_excess(np.sort(x), 0.8)[1] == pytest.approx(1.0, rel=1e-3)


def test_the_influence_gives_the_scatter_of_the_model():
    rng = np.random.default_rng(7)
    models = [tail([rng.exponential(size=2000)], 0.99)[0] for _ in range(400)]
    said = np.mean([dependent(model.influence).variance for model in models if model.share == 0.8])
    assert np.var([model.value for model in models if model.share == 0.8]) == pytest.approx(said, rel=0.25)


def test_restarts_that_differ_widen_the_interval():
    rng = np.random.default_rng(8)
    same = [rng.exponential(size=4000) for _ in range(5)]
    apart = [run * factor for run, factor in zip(same, (0.7, 0.85, 1.0, 1.15, 1.3), strict=True)]
    one, other = quantile(same, 0.5), quantile(apart, 0.5)
    assert other.high - other.low > 3 * (one.high - one.low)
    assert other.between > other.within
    assert other.u == pytest.approx(np.hypot(other.within, other.between))
    assert quantile(same[:1], 0.5).between is None


def test_failures_are_longer_than_any_and_never_dropped():
    x = np.random.default_rng(9).exponential(size=10_000)
    x[::20] = np.inf
    assert quantile([x], 0.5).value == pytest.approx(np.log(0.95 / 0.45), rel=0.1)
    beyond = quantile([x], 0.99)
    assert beyond.value is None
    assert beyond.refusal.code == "latency.among_failures"
    with pytest.raises(BadInput, match="latencies"):
        mean([x])


def test_failures_lie_above_the_tail_of_the_others():
    """Load 0.8; one request in 500 fails, whatever its latency: p99 is the quantile 0.99 / 0.998 of the others."""
    truth = true_quantile("M/M/1", 0.8, 0.99 / 0.998)
    rng = np.random.default_rng(12)
    found = []
    for run in _runs("M/M/1", 0.8, 20_000, 40, seed=12):
        run[rng.random(20_000) < 0.002] = np.inf
        found.append(quantile([run], 0.99))
    assert all(one.refusal is None for one in found)
    assert sum(one.low is not None and one.low <= truth <= one.high for one in found) >= 33
    assert sum(one.method == "order_tail" for one in found) >= 30


def test_the_influence_of_failures_gives_the_scatter_of_the_model():
    rng = np.random.default_rng(13)
    models = []
    for _ in range(400):
        x = rng.exponential(size=4000)
        x[rng.random(4000) < 0.002] = np.inf
        models.append(tail([x], 0.99)[0])
    used = [model for model in models if model is not None and model.share == 0.8]
    assert len(used) > 360
    said = np.mean([dependent(model.influence).variance for model in used])
    assert np.var([model.value for model in used]) == pytest.approx(said, rel=0.3)
    assert np.mean([model.value for model in used]) == pytest.approx(-np.log(1 - 0.99 / 0.998), rel=0.02)


def test_a_quantile_among_many_failures_has_order_statistics():
    """Eight tenths of the requests above p99 failed, in two outages."""
    for run in _runs("M/M/1", 0.5, 20_000, 5, seed=14):
        run[4000:4080], run[12_000:12_080] = np.inf, np.inf
        found = quantile([run], 0.99)
        assert "latency.tail_with_failures" in found.notes
        assert found.method == "order"
        assert found.refusal.code == "latency.no_upper_end"


def test_the_mean_holds_in_a_queue():
    found = [mean([run]) for run in _runs("M/M/1", 0.8, 20_000, 60, seed=10)]
    assert sum(one.low <= 5.0 <= one.high for one in found) >= 50


@pytest.mark.parametrize("n", [1, 7, 20, 39])
def test_few_requests_have_a_value_and_no_interval(n):
    run = np.random.default_rng(n).exponential(size=n)
    average = mean([run])
    assert average.value == pytest.approx(run.mean()) and average.refusal == ("latency.few", 40)
    middle = quantile([run], 0.5)
    if n < 2:
        assert middle.value is None and middle.refusal == ("latency.outside", 2)
    else:
        assert middle.value == np.sort(run)[int(np.ceil(n / 2)) - 1] and middle.refusal == ("latency.few", 40)
    assert (middle.low, middle.high, middle.u, middle.n_eff) == (None, None, None, None)


def test_a_quantile_has_a_value_where_a_request_lies_beyond_it():
    run = np.random.default_rng(11).exponential(size=100)
    assert quantile([run], 0.99).value == np.sort(run)[98]
    outside = quantile([run[:99]], 0.99)
    assert outside.value is None and outside.refusal == ("latency.outside", 100)
    assert quantile([run[:10]], 0.9).value == np.sort(run[:10])[8]
    assert quantile([run[:10]], 0.05).value is None
    run[:2] = np.inf
    assert quantile([run[:20]], 0.95).refusal.code == "latency.among_failures"
    assert quantile([run[:20]], 0.95).value is None


def test_latencies_that_are_all_equal_have_no_interval():
    assert quantile([np.full(100, 0.1)], 0.9).refusal.code == "latency.all_equal"
    assert mean([np.full(100, 0.1)]).refusal.code == "latency.all_equal"


@pytest.mark.parametrize(
    ("runs", "p"), [([], 0.5), ([np.ones(0)], 0.5), ([np.ones(100)], 1.0), ([np.full(100, np.nan)], 0.5),
                    ([-np.ones(100)], 0.5), ([np.ones(100), np.ones(0)], 0.5)],
)  # fmt: skip
def test_what_is_no_run_is_refused(runs, p):
    with pytest.raises(BadInput):
        quantile(runs, p)


def test_a_scatter_beyond_all_measure_makes_a_far_end_and_no_error():
    hardly_known = Dependent(value=1.0, within=1e8, between=None, dof=30.0, n=400, n_eff=40.0)
    low, high = _studentised(1.0, hardly_known, 0.025, 1.5)
    assert 0 <= low < 1e-9 and 1e9 < high < np.inf


def test_many_equal_latencies_at_the_top_of_several_restarts():
    """No request is above the quantile, so that there is no scatter to share out between restarts."""
    runs = [np.where(np.arange(330) % 20 == k, 1e9, 1.0 + np.arange(330) / 330) for k in range(3)]
    found = quantile(runs, 0.99)
    assert (found.value, found.low, found.high) == (1e9, 1e9, 1e9) and found.between == found.u == 0.0
