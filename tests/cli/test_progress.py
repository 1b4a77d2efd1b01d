"""The line that tells how far observing has come."""

import pytest

from assay.cli._progress import Progress, _fit
from assay.line.observe import State
from assay.reports.text import width
from assay.vocabulary.whole import Stage


def line(state: State, language: str = "en") -> str:
    return Progress(language)._line(state, 10.0)


def under_way(stage: Stage, **more: object) -> State:
    return State(planned=600, restarts=2, restart=1, asked=300, stage=stage, **more)  # type: ignore[arg-type]


def test_a_restart_under_way_is_told_by_what_is_being_done() -> None:
    state = under_way(Stage("run", 60.0), stage_s=12.3)
    assert line(state) == "0/600 responses (0 %) · restart 1 of 2 · run: 12 of about 60 s"
    assert "正式运行：12 / 约 60 s" in line(state, "zh")
    assert "repeated prompts: 3 s" in line(under_way(Stage("audit"), stage_s=3.0))


def test_what_a_restart_has_sent_and_had_answered_counts_before_it_is_over() -> None:
    stage = Stage("run", 16.0, lambda: (120, 90))
    state = under_way(stage, stage_s=6.0, sent=(120, 90), left_s=75.0)
    assert line(state) == (
        "90/600 responses (15 %) · restart 1 of 2 · run: 6 of about 16 s · 120 of 300 sent, 90 answered · 1:15 left"
    )
    assert "已发送 120 / 300，已回答 90" in line(state, "zh")
    after = under_way(Stage("calibration", 3.0), stage_s=1.0, sent=(300, 300))
    assert line(after).startswith("300/600 responses (50 %) · restart 1 of 2 · client calibrated: 1 of about 3 s")


def test_the_time_left_of_restarts_is_that_of_their_schedule_and_not_of_the_responses_so_far() -> None:
    state = State(planned=600, done=300, restarts=2, restart=2, asked=300, stage=Stage("audit"), stage_s=1.0)
    assert "left" not in line(state)
    state.left_s = 31.0
    assert line(state).endswith("0:31 left")


@pytest.mark.parametrize("columns", [20, 60, 200])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_line_that_moves_never_wraps(columns: int, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    whole = line(under_way(Stage("run", 16.0, lambda: (120, 90)), stage_s=6.0, sent=(120, 90), left_s=75.0), language)
    shown = _fit(whole)
    assert whole.startswith(shown) and width(shown) <= columns - 1
    assert shown == whole or width(shown) >= columns - 3


@pytest.mark.parametrize("code", ["idle", "audit", "trial", "calibration", "run"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_stage_has_words(code: str, language: str) -> None:
    assert "progress." not in line(under_way(Stage(code)), language)


def test_without_a_stage_the_rate_is_told() -> None:
    assert "5/s" in line(State(planned=100, done=50))
