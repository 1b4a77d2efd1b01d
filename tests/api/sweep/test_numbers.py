"""What a sweep states beyond its points."""

from typing import Any

import numpy as np
import pytest

from assay.api.sweep.numbers import found_knee, least_queries, remarks


def points(made: Any, capacity: float, u: float = 0.1, seed: int = 1, **more: Any) -> tuple[Any, ...]:
    """A server that answers so many a second, as it was found; points above it are in overload."""
    rng = np.random.default_rng(seed)
    return tuple(
        made.point(rate, min(rate * 1.01, capacity) + u * rng.normal(), u,
                   state="overload" if rate > capacity else "steady", **more)
        for rate in (2.0, 4.0, 8.0, 16.0, 32.0)
    )  # fmt: skip


def test_the_knee_of_a_sweep_covers_the_capacity_as_often_as_it_says(made: Any) -> None:
    found = [found_knee(points(made, 11.0, seed=seed), 0.95) for seed in range(60)]
    assert sum(one is not None and one.value is not None and one.low <= 11.0 <= one.high for one in found) >= 53
    assert all(one.points == 5 and one.level == 0.95 for one in found if one is not None)


def test_a_sweep_below_the_knee_says_above_what_it_lies(made: Any) -> None:
    found = found_knee(points(made, 1000.0), 0.95)
    assert found is not None and found.value is None and found.high is None and found.low == pytest.approx(32, abs=1)


def test_refused_points_and_points_without_an_uncertainty_do_not_count(made: Any) -> None:
    sound = points(made, 11.0)
    wrong = made.point(20.0, 1.0, 0.001, state="refused", left_out=1)
    unknown = made.point(24.0, 1.0, None)
    assert found_knee((*sound, wrong, unknown), 0.95) == found_knee(sound, 0.95)
    assert found_knee((*sound[:2], wrong, unknown), 0.95) is None


def test_a_server_that_slows_down_in_overload_does_not_fit_the_broken_line(made: Any) -> None:
    slower = (*points(made, 11.0)[:4], made.point(32.0, 5.0, 0.1, state="overload"))
    found = found_knee(slower, 0.95)
    assert found is not None and found.p < 0.001
    assert "fits_badly" in {note.code for note in remarks(slower, found, {"fresh": True})}


def test_what_a_reader_must_know_is_said(made: Any) -> None:
    closed = tuple(made.point(n, 10.0, offered=None) for n in (1.0, 2.0, 4.0))
    assert [note.code for note in remarks(closed, None, {"fresh": True})] == ["closed"]
    partly = (made.point(1.0, 1.0, left_out=1, restarts=3), made.point(2.0, None, state="refused", left_out=3),
              made.point(4.0, 4.0, state="overload"))  # fmt: skip
    found = {note.code: note.values for note in remarks(partly, None, {"mark": False})}
    assert found["refused"]["at"] == "2" and found["overload"]["at"] == "4" and found["partly_refused"]["at"] == "1"
    assert {"no_knee", "not_fresh"} <= found.keys()


@pytest.mark.parametrize(("over", "needed"), [(0, 459), (1, 662)])
def test_mlperfs_least_number_of_queries(over: int, needed: int) -> None:
    """0.99**459 < 0.01; 662: LoadGen's table of minimum queries for p99 (recalled)."""
    found = least_queries(needed, over)
    assert (found.needed, found.passed) == (needed, True)
    assert not least_queries(needed - 1, over).passed
