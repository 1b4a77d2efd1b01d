"""MLPerf's rule: its published floors, the binomial, and what becomes of it in a queue."""

import numpy as np
import pytest
from scipy import stats

from assay.testing.queue_systems import simulated, true_quantile
from assay.uncertainty.queueing.early_stopping import estimate, least_under, most_over, passes
from assay.vocabulary.errors import BadInput


@pytest.mark.parametrize(
    ("p", "floor"), [(0.5, 11), (0.9, 64), (0.95, 130), (0.97, 219), (0.99, 662), (0.999, 6636)]
)
def test_published_floors(p, floor):
    """The fewest queries with which LoadGen states a percentile: one over the latency."""
    assert least_under(1, p) + 1 == floor
    assert estimate(np.arange(floor - 1.0), p) is None
    assert estimate(np.arange(float(floor)), p) == floor - 1


def test_ten_thousand_queries():
    assert most_over(10_000, 0.99) == 77
    assert estimate(np.arange(1.0, 10_001), 0.99) == 10_000 - 77 + 1


@pytest.mark.parametrize(("over", "p"), [(0, 0.9), (1, 0.5), (7, 0.97), (77, 0.99)])
def test_it_is_the_binomial(over, p):
    under = least_under(over, p)
    assert stats.binom.cdf(over, under + over, 1 - p) <= 0.01
    assert stats.binom.cdf(over, under + over - 1, 1 - p) > 0.01
    assert passes(under + over, over, p)
    assert not passes(under + over - 1, over, p)


def test_the_bound_holds_for_independent_latencies_and_not_in_a_queue():
    """99 % are claimed; at load 0.8 it holds in a third to three fifths of the runs."""
    rng = np.random.default_rng(1)
    alone = [estimate(rng.exponential(size=5000), 0.99) >= -np.log(0.01) for _ in range(300)]
    assert np.mean(alone) > 0.97
    truth = true_quantile("M/M/1", 0.8, 0.99)
    queue = [estimate(simulated("M/M/1", 0.8, 20_000, rng), 0.99) >= truth for _ in range(150)]
    assert 0.25 < np.mean(queue) < 0.7


def test_what_is_no_percentile_is_refused():
    for call in (lambda: least_under(1, 1.0), lambda: least_under(-1, 0.9), lambda: passes(0, 0, 0.9),
                 lambda: estimate([], 0.9), lambda: least_under(1, 0.9, 1.0)):  # fmt: skip
        with pytest.raises(BadInput):
            call()
