"""The line that tells how far observing has come."""

import pytest

from assay.cli._progress import Progress
from assay.line.observe import State
from assay.vocabulary.whole import Stage


def line(state: State, language: str = "en") -> str:
    return Progress(language)._line(state, 10.0)


def test_a_restart_under_way_is_told_by_what_is_being_done() -> None:
    state = State(planned=600, stage=Stage("run", 60.0), stage_s=12.3)
    assert line(state) == "0/600 responses (0 %) · run: 12 of about 60 s"
    assert "正式运行：12 / 约 60 s" in line(state, "zh")
    assert "repeated prompts: 3 s" in line(State(planned=600, stage=Stage("audit"), stage_s=3.0))


@pytest.mark.parametrize("code", ["idle", "audit", "trial", "calibration", "run"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_stage_has_words(code: str, language: str) -> None:
    assert "progress." not in line(State(planned=1, stage=Stage(code)), language)


def test_without_a_stage_the_rate_is_told() -> None:
    assert "5/s" in line(State(planned=100, done=50))
