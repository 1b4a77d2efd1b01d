"""The adaptive limit, on a simulated clock."""

import pytest

from assay.engines.pace import Pace


def run(pace: Pace, latency_s: float, windows: int, refused: float = 0.0, began_s: float = 0.0) -> float:
    """Answers at the limit's rate; gives the time at the end."""
    now_s = began_s
    for _ in range(windows):
        for place in range(n := pace.limit):
            now_s += latency_s / n
            if place < refused * n:
                pace.overloaded(now_s)
            else:
                pace.answered(latency_s, now_s)
    return now_s


def test_it_grows_to_the_most_while_latency_holds() -> None:
    pace = Pace(256)
    run(pace, 0.05, 10)
    assert pace.limit == 256


@pytest.mark.parametrize("most", [1, 2, 7, 64])
def test_it_never_exceeds_the_most(most: int) -> None:
    pace = Pace(most)
    assert pace.limit == most
    run(pace, 0.05, 20)
    assert pace.limit == most


def test_it_falls_under_overload_and_recovers() -> None:
    pace = Pace(256)
    now_s = run(pace, 0.05, 5)
    now_s = run(pace, 0.05, 12, refused=1.0, began_s=now_s)
    assert pace.limit < 8
    run(pace, 0.05, 60, began_s=now_s)
    assert pace.limit == 256


def test_a_few_random_refusals_do_not_stop_growth() -> None:
    pace = Pace(256)
    run(pace, 0.05, 40, refused=0.1)
    assert pace.limit > 150


def test_a_subject_that_becomes_slower_for_good_is_not_throttled_for_ever() -> None:
    pace = Pace(256)
    now_s = run(pace, 0.05, 8)
    run(pace, 0.5, 80, began_s=now_s)  # longer questions, say: nothing that asking less would mend
    assert pace.limit >= 50


def test_it_does_not_grow_where_latency_only_pays_for_it() -> None:
    pace = Pace(256, start=32)
    now_s = 0.0
    for _ in range(40):  # a server that does 32 at a time: latency grows with what is asked beyond
        now_s = run(pace, 0.05 * max(1.0, pace.limit / 32), 1, began_s=now_s)
    assert 32 <= pace.limit <= 128
