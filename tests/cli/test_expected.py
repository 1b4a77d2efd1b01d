"""What several runs would take, and the progress of each counted from its own beginning."""

from types import SimpleNamespace

import pytest

from assay.api.sweep.expected import ExpectedRun, together
from assay.cli._expected import Steps, minutes, names, sentence


def run(name: str, seconds: float | None, in_store: int = 0) -> ExpectedRun:
    return ExpectedRun(name=name, requests=200, restarts=2, in_store=in_store, seconds=seconds, beside_s=6.0)


def test_what_is_there_is_not_counted() -> None:
    made = together([run("a", 60.0), run("b", 0.0, in_store=2), run("c", 30.0, in_store=1)])
    assert (made.to_make, made.requests, made.seconds, made.open) == (2, 300, 90.0, 0)
    assert "2 runs are to be made (1 of 3" in sentence(made, "en") and "about 1.5 min" in sentence(made, "en")
    done = together([run("b", 0.0, in_store=2)])
    assert (done.to_make, done.seconds) == (0, 0) and "Nothing is to be measured" in sentence(done, "en")


def test_a_time_that_is_not_known_is_no_number() -> None:
    made = together([run("a", 60.0), run("b", None)])
    assert (made.seconds, made.open) == (60.0, 1) and together([run("b", None)]).seconds is None
    assert "Of 1 of them it is not known" in sentence(made, "en") and "1.1 min" in sentence(made, "en")
    assert "其中 1 次的时长无法预知" in sentence(made, "zh")


def test_minutes_and_names() -> None:
    assert [minutes(one) for one in (3.0, 90.0, 599.0, 3600.0)] == ["0.1", "1.5", "10.0", "60"]
    assert names("en")("a: b.toml: prompt") == "a: b.toml: half the prompt" and names("en")("base") == "as it is"


def test_each_run_has_a_number_a_time_and_a_progress_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    began: list[str] = []
    told = SimpleNamespace()

    class Progress:
        def __init__(self, language: str, quiet: bool) -> None:
            self.name = f"{len(began)}"
            began.append(language)

        def __call__(self, state: object) -> None:
            told.by = self.name

        def end(self) -> None:
            told.ended = self.name

    monkeypatch.setattr("assay.cli._progress.Progress", Progress)
    steps = Steps("en", False)
    steps.expected(together([run("a", 60.0), run("b", 30.0)]))
    steps.begin("run 1 of 2", SimpleNamespace(seconds=60.0, left_s=90.0))
    steps.progress(None)
    assert (told.by, told.ended) == ("1", "0")
    steps.begin("run 2 of 2", SimpleNamespace(seconds=30.0, left_s=None))
    steps.progress(None)
    steps.end()
    assert (told.by, told.ended) == ("2", "2")
    shown = capsys.readouterr().err.splitlines()
    assert shown[1:] == ["run 1 of 2, about 1.0 min; with all that follow 1.5 min", "run 2 of 2, about 0.5 min"]
    Steps("en", True).begin("run 1 of 2", SimpleNamespace(seconds=60.0, left_s=90.0))
    assert capsys.readouterr().err == ""
