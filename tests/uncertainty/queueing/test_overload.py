"""Whether the requests in progress kept growing, alone and over restarts."""

import numpy as np
import pytest

from assay.testing.overload import simulated
from assay.uncertainty.queueing.overload import growth, overloaded
from assay.uncertainty.queueing.steady import steady
from assay.vocabulary.whole import Growth

CAPACITY = 7.3


def grown(server: str, load: float, seconds: float, runs: int) -> list[Growth]:
    rng = np.random.default_rng(round(1000 * load) + round(seconds))
    made = [simulated(server, load, seconds, rng) for _ in range(runs)]  # type: ignore[arg-type]
    return [steady(sent, ended, load * CAPACITY).growth for sent, ended in made]


@pytest.mark.parametrize("server", ["M/M/4", "M/D/4", "MMPP/M/4", "MMPP/D/4"])
def test_a_bearable_load_is_hardly_ever_called_too_much(server: str) -> None:
    for seconds in (30.0, 60.0):
        found = grown(server, 0.9, seconds, 200)
        assert sum(overloaded([one]) for one in found) <= 4  # 1 is expected at the stated risk
        assert sum(overloaded(found[place : place + 2]) for place in range(0, 200, 2)) <= 3
        assert sum(overloaded(found[place : place + 5]) for place in range(0, 200, 5)) <= 2


def test_restarts_together_tell_what_one_does_not() -> None:
    """8.7 requests a second at a server that does 7.3, in restarts of 30 s."""
    found = grown("M/D/4", 8.7 / 7.3, 30.0, 200)
    alone = sum(overloaded([one]) for one in found) / 200
    two = sum(overloaded(found[place : place + 2]) for place in range(0, 200, 2)) / 100
    by_growth = sum(overloaded([one._replace(short=None)]) for one in found) / 200
    assert by_growth < 0.3 < alone + 0.1 < two
    assert two > 0.6


def test_a_burst_that_is_answered_as_fast_as_ever_is_no_overload() -> None:
    """Twice the requests of before in the last third; the server answers all that was planned."""
    assert overloaded([Growth(60.0, 20.0, None, 0.0)])
    assert not overloaded([Growth(60.0, 20.0, -5.0, 10.0)])
    assert overloaded([Growth(60.0, 20.0, 50.0, 10.0)])
    assert overloaded([Growth(100.0, 20.0, -5.0, 10.0)])  # beyond doubt


def test_fewer_requests_than_planned_are_no_overload() -> None:
    assert not overloaded([Growth(0.0, 20.0, 80.0, 10.0)])
    assert not overloaded([Growth(-3.0, 20.0, 80.0, 10.0)])
    assert not overloaded([Growth(5.0, 0.0, 80.0, 10.0)])


def test_growth_is_what_was_gained_and_what_lacks() -> None:
    rng = np.random.default_rng(5)
    arrived, answered = rng.poisson(3.0, 400).astype(float), rng.poisson(2.0, 400).astype(float)
    found = growth(arrived - answered, answered, 3.0)
    assert found.gained == pytest.approx(float((arrived - answered).sum()))
    assert found.short == pytest.approx(1200 - answered.sum())
    assert found.gained_u == pytest.approx(np.sqrt(5 * 400), rel=0.35)
    assert found.short_u == pytest.approx(np.sqrt(2 * 400), rel=0.35)
    assert growth(arrived - answered, answered, None).short is None


def test_one_restart_without_a_planned_rate_leaves_growth_alone() -> None:
    untold = Growth(60.0, 20.0, None, 0.0)
    assert overloaded([untold]) and not overloaded([untold._replace(gained=50.0)])
    assert overloaded([untold, Growth(60.0, 20.0, 90.0, 20.0)])
    assert not overloaded([untold._replace(gained=50.0), Growth(50.0, 20.0, 90.0, 20.0)])  # together with less doubt
    assert overloaded([Growth(50.0, 20.0, 90.0, 20.0)] * 2)


def test_a_run_too_short_to_fill_the_server_is_asked_for_growth_alone() -> None:
    """64 places, services of 9 s: after half of 30 s the server still fills."""
    rng = np.random.default_rng(3)
    short, long = (simulated("M/M/64", 0.8, seconds, rng) for seconds in (30.0, 300.0))
    assert steady(*short, 0.8 * CAPACITY).growth.short is None
    assert steady(*long, 0.8 * CAPACITY).growth.short is not None
