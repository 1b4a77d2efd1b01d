"""Which stamps may be relied upon: a stall spoils what came together; theft and a step of the clock spoil all."""

import numpy as np

from assay.timing.client.offered import KINDS, Events, Offered, Window
from assay.timing.client.resolved import Stretches, first_text, unresolved


def events(user, shared, kernel=True):
    user = np.array(user, dtype=np.int64)
    n = len(user)
    nothing = np.zeros(n, dtype=np.int64)
    return Events(user_ns=user, kernel_ns=user - 1 if kernel else None, kind=nothing.astype(np.uint8),
                  shared=np.array(shared), tokens=nothing - 1, bounds=nothing, text="")  # fmt: skip


STALL = [Window(from_ns=20, to_ns=30, why="stall"), Window(from_ns=25, to_ns=40, why="stall")]
USER, SHARED = [10, 35, 35, 38, 50, 50], [False, False, True, False, False, True]


def test_with_kernel_stamps_only_what_came_together_in_a_stall_is_lost():
    assert unresolved(events(USER, SHARED), Stretches(STALL)).tolist() == [False, True, True, False, False, False]


def test_what_ends_an_answer_is_sent_with_its_last_text():
    found = events(USER, [False, False, True, True, False, True])
    found.kind[2:4] = [KINDS.index("finish"), KINDS.index("done")]
    assert unresolved(found, Stretches(STALL)).tolist() == [False, False, True, True, False, False]


def test_without_them_all_that_was_read_in_a_stall_is_lost():
    assert unresolved(events(USER, SHARED, kernel=False), Stretches(STALL)).tolist() == [False, True, True, True, False,
                                                                                         False]  # fmt: skip


def test_theft_and_steps_spoil_everything_within():
    theft = Stretches([Window(from_ns=0, to_ns=12, why="steal")])
    step = Stretches([Window(from_ns=38, to_ns=60, why="clock_step")])
    assert unresolved(events(USER, SHARED), theft).tolist() == [True] + [False] * 5
    assert unresolved(events(USER, SHARED), step).tolist() == [False] * 3 + [True] * 3
    assert not unresolved(events(USER, SHARED, kernel=False), step).any()


def test_windows_that_meet_are_one():
    stretches = Stretches([*STALL, Window(from_ns=60, to_ns=70, why="stall")])
    at = np.array([19, 20, 33, 40, 41, 60, 71], dtype=np.int64)
    assert stretches.within("stall", at).tolist() == [False, True, True, True, False, True, False]
    assert not stretches.within("steal", at).any()


def test_a_first_token_needs_its_write_and_its_text():
    def one(written, sent, found):
        return Offered(place=0, written_ns=written, sent_ns=sent, status="ok", error="", events=found)

    stretches = Stretches([Window(from_ns=0, to_ns=5, why="stall"), *STALL])
    good = events([50], [False])
    assert first_text(one(2, 3, good), stretches)
    assert not first_text(one(2, 200_003, good), stretches), "held up between the stamp and the system"
    assert first_text(one(8, 200_009, good), stretches), "a long body takes its time"
    assert not first_text(one(8, 9, events([35, 35], [False, True])), stretches)
    assert not first_text(one(8, 9, None), stretches)
