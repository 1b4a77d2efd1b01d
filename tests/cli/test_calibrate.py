"""The page on judges, run as it is printed."""

import glob
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from assay.api.reference import Settings, judge, reference, write
from assay.cli.main import main
from assay.testing.reference_server import running

PAGE = (Path(__file__).parents[2] / "docs" / "judges.md").read_text("utf-8")


def commands() -> list[list[str]]:
    block = re.search(r"```sh\n(.*?)```", PAGE, re.S)
    assert block
    return [shlex.split(line)[1:] for line in block[1].splitlines()]


@pytest.fixture
def demo(place: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The folder that the page's first command writes."""
    options = re.search(r"--judge (\S+) --write demo", PAGE)
    assert options
    settings = Settings(judge=judge(options[1]))
    with running(reference(settings)) as url:
        write(reference(settings), settings, url, place.folder / "demo")
        monkeypatch.chdir(place.folder / "demo")
        yield place.folder / "demo"


def test_four_commands_lead_from_rated_answers_to_a_corrected_score(
    demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [command[0] for command in commands()] == ["calibrate", "measure", "report", "verify"]
    shown = []
    for command in commands():
        words = [name for word in command for name in (glob.glob(word) or [word])]
        assert main(words) == 0, command
        shown.append(capsys.readouterr().out)
    assert "sensitivity" in shown[0] and "valid until" in shown[0]
    printed = re.search(r"```text\nPass rate\n(.*?)```", PAGE, re.S)
    assert printed
    value, interval, *_ = printed[1].splitlines()
    assert value in shown[1] and interval in shown[1], "the page shows other numbers than the command"
    assert round(json.loads((demo / "certificate.json").read_text())["fixed"], 3) == 0.845 and "0.845" in PAGE
    assert "corrected" in shown[1].lower()


def test_the_files_on_the_page_are_those_that_are_written(demo: Path) -> None:
    import tomllib

    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.S)]
    written = tomllib.loads((demo / "judge.toml").read_text())
    written["judge"]["base_url"] = blocks[0]["judge"]["base_url"]
    assert blocks[0] == written
    assert blocks[1]["procedure"] == tomllib.loads((demo / "measurement.toml").read_text())["procedure"]


def test_json_is_one_object_and_chinese_is_spoken(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "judge.toml", "--against", "ratings.csv", "--quiet", "--json", "--no-probe"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["certificate"]["susceptibility"] is None and Path(found["path"]).exists()
    assert main(["calibrate", "judge.toml", "--against", "ratings.csv", "--quiet", "--lang", "zh"]) == 0
    assert "灵敏度" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["none.toml", "--against", "ratings.csv"], ["judge.toml", "--against", "none.csv"],
              ["judge.toml", "--against", "ratings.csv", "--repeats", "0"],
              ["judge.toml", "--against", "ratings.csv", "--column", "verdict=label"],
              ["judge.toml", "--against", "items.jsonl"]],
)  # fmt: skip
def test_bad_input_is_one_message(demo: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["calibrate", *words]) == 2
    message = capsys.readouterr().err
    assert message.startswith("assay: ") and "Traceback" not in message
