"""The steady part of a run: begin, end, overload."""

import numpy as np
import pytest

from assay.uncertainty.queueing.steady import in_progress, mser, steady
from assay.vocabulary.errors import BadInput


def _run(load, n, seed, first=0.0):
    """An M/M/1 queue that starts with ``first`` seconds of work in it."""
    rng = np.random.default_rng(seed)
    sent, service = np.cumsum(rng.exponential(1 / load, n)), rng.exponential(1.0, n)
    service[0] += first
    steps = np.concatenate([[0.0], np.cumsum(service[:-1] - np.diff(sent))])
    return sent, sent + steps - np.minimum.accumulate(steps) + service


def test_mser_is_its_definition():
    x = np.random.default_rng(1).normal(size=60) + 5 * np.exp(-np.arange(60) / 4)
    by_hand = [((x[d:] - x[d:].mean()) ** 2).sum() / (60 - d) ** 2 for d in range(31)]
    assert mser(x) == int(np.argmin(by_hand)) > 3


def test_requests_in_progress_are_the_time_average():
    sent, ended = np.array([0.0, 1.0, 2.5]), np.array([2.0, np.inf, 3.0])
    assert in_progress(sent, ended, np.array([0.0, 1.0, 2.0, 3.0])) == pytest.approx([1.0, 2.0, 1.5])


def test_a_start_that_fills_the_server_is_left_out_and_the_drain_too():
    """64 users begin at once, and the server needs a tenth of the run to get even."""
    begins = []
    for seed in range(10):
        sent, ended = _run(0.5, 4000, seed, first=400.0)
        found = steady(sent, ended)
        assert found.reason is None
        assert found.end_s == sent.max() < ended.max()
        begins.append(found.begin_s / 800)
    assert 0.5 < np.median(begins) < 1.6  # 400 s of work, and half of the server is left for it


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_a_stable_queue_is_hardly_ever_called_overloaded(load):
    found = [steady(*_run(load, 5000, seed)) for seed in range(40)]
    assert sum(one.reason == "steady.overload" for one in found) <= 1
    assert sum(one.reason is None for one in found) >= 36


@pytest.mark.parametrize(("load", "n"), [(1.3, 2000), (1.1, 10_000)])
def test_overload_is_told(load, n):
    found = [steady(*_run(load, n, seed)) for seed in range(20)]
    assert sum(one.reason == "steady.overload" for one in found) >= 19
    gained = [one.growth.gained / (0.9 * one.end_s) for one in found]
    assert np.median(gained) == pytest.approx(load - 1, rel=0.15)
    assert all(one.begin_s is None for one in found if one.reason)


def test_a_closed_loop_is_no_overload():
    ended = np.repeat(np.arange(1, 101), 16).astype(float) + np.tile(np.arange(16) / 100, 100)
    sent = ended - 1
    assert steady(sent, ended).reason is None


def test_a_start_longer_than_half_of_the_run_was_never_left():
    """The server answers after 200 s up to 0.55 of the run, and at once then."""
    sent = np.arange(4000.0)
    ended = np.where(sent < 2000, np.minimum(sent + 200, 2200), sent + 1)
    assert steady(sent, ended).reason == "steady.late"


@pytest.mark.parametrize(
    ("sent", "ended"),
    [(np.arange(50.0), np.arange(50.0)), (np.arange(200.0), np.arange(200.0) - 1), (np.zeros(200), np.ones(200)),
     (np.arange(200.0), np.full(200, np.nan)), (np.arange(200.0), np.arange(201.0))],
)  # fmt: skip
def test_times_that_cannot_be_are_refused(sent, ended):
    with pytest.raises(BadInput):
        steady(sent, ended)
