"""How long restarts take."""

import pytest

from assay.line import lasts as module
from assay.line.lasts import Lasts


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_what_is_left_follows_the_schedule_and_then_what_restarts_took(clock: list[float]) -> None:
    lasts = Lasts([20.0, 20.0, 20.0])
    lasts.begin()
    assert lasts.left_s() == 60.0
    clock[0] += 15
    assert lasts.left_s() == 45.0
    clock[0] += 15  # longer than planned: nothing is left of this one
    assert lasts.left_s() == 40.0
    lasts.end()
    lasts.begin()
    assert lasts.left_s() == 60.0  # 30 s each, as the first took
    clock[0] += 10
    assert lasts.left_s() == 50.0


def test_without_a_schedule_nothing_is_said_before_a_restart_was_made(clock: list[float]) -> None:
    lasts = Lasts([None, None])
    lasts.begin()
    assert lasts.left_s() is None
    clock[0] += 8
    lasts.end()
    lasts.begin()
    assert lasts.left_s() == 8.0
