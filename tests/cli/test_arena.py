"""The page on comparing systems, run as it is printed; and bad input as one message."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from assay.api.reference import Settings, judge, reference
from assay.cli.main import main
from assay.testing.reference_server import running

PAGE = (Path(__file__).parents[2] / "docs" / "arena.md").read_text("utf-8")


@pytest.fixture
def demo(place: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The files of the page, written by hand as it says, and a judge that is served."""
    options = re.search(r"--judge ([a-z_=0-9.,]+)`", PAGE)
    assert options
    with running(reference(Settings(items=2, judge=judge(options[1])))) as url:
        for name, text in re.findall(r"`(\S+?)`:\n\n```(?:toml|python|text)\n(.*?)```", PAGE, re.S):
            (place.folder / name).write_text(text.replace("http://127.0.0.1:8123", url), "utf-8")
        rows = [json.dumps({"id": f"q{n}", "input": f"Advise {n}.", "target": "grade"}) for n in range(150)]
        (place.folder / "items.jsonl").write_text("\n".join(rows))
        yield place.folder


def shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words) == 0, words
    return capsys.readouterr().out


def test_the_commands_of_the_page(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = re.search(r"```sh\n(.*?)```", PAGE, re.S)
    assert block
    lines = [shlex.split(line)[1:] for line in block[1].splitlines()]
    assert [line[0] for line in lines] == ["measure", "measure", "measure", "arena", "verify"]
    runs: dict[str, str] = {}
    for line in lines:
        if line[0] == "measure":
            runs[f"RUN{len(runs) + 1}"] = json.loads(shown([*line, "--json"], capsys))["run"]
    words = [runs.get(word, word) for word in lines[3]]
    text = shown(words, capsys)
    assert "is not calibrated" in " ".join(text.split()).split("Issued by")[0], "it is said in the first lines"
    printed = re.search(r"```text\nOne against the other\n(.*?)```", PAGE, re.S)
    assert printed
    for line in printed[1].splitlines():
        if "is preferred to" in line:
            assert line.strip() in text, "the page shows other numbers than the command"
    made = json.loads(shown([*words, "--json", "--quiet"], capsys))
    shown(["verify", made["path"]], capsys)
    assert "未经校准" in shown([*words, "--lang", "zh", "--quiet", "--html", "page.html"], capsys)
    assert "<svg" in (demo / "page.html").read_text("utf-8")


@pytest.mark.parametrize(
    "words", [["a", "b"], ["a", "--judge", "judge.toml"], ["a", "b", "--judge", "none.toml"],
              ["a", "b", "--judge", "judge.toml", "--ratings", "x.csv"],
              ["a", "b", "--judge", "judge.toml", "--pairs", "adaptive"],
              ["a", "b", "--judge", "judge.toml", "--pairs", "adaptive", "--resolution", "nan"],
              ["a", "b", "--judge", "judge.toml", "--pairs", "some"]],
)  # fmt: skip
def test_bad_input_is_one_message(demo: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["arena", *words]) == 2
    message = capsys.readouterr().err
    assert message.startswith("assay: ") and "Traceback" not in message and message.count("\n") == 1
