"""``assay rate`` from the outside: sessions, agreement, imports, exports, and what it says of mistakes."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.cli.main import main

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``assay rate`` in an empty folder; gives stdout (stderr if it fails), after checking the exit code."""
    monkeypatch.chdir(tmp_path)
    Path("texts.jsonl").write_text("".join(json.dumps({"id": f"q{n}", "output": "x"}) + "\n" for n in range(50)))

    def command(*arguments: str, code: int = 0) -> str:
        found = main(["rate", *arguments])
        told = capsys.readouterr()
        assert found == code, told.err
        return told.err if code else told.out

    return command


def table(path: str) -> None:
    """Two raters with the 2 × 2 table 20, 5, 10, 15: kappa 0.4."""
    ann = ["pass"] * 25 + ["fail"] * 25
    bob = ["pass"] * 20 + ["fail"] * 5 + ["pass"] * 10 + ["fail"] * 15
    rows = [f"q{n},{rater},{value}" for rater, values in (("Ann", ann), ("Bob", bob)) for n, value in enumerate(values)]
    Path(path).write_text("\n".join(["id,who,verdict", *rows]) + "\n")


COLUMNS = ("--column", "item=id", "--column", "rater=who", "--column", "value=verdict")
BEGIN = ("texts.jsonl", "--rubric", "judging.correctness")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_and_the_agreement(run: Run, language: str) -> None:
    said = run(*BEGIN, "--summary", "--lang", language)
    assert {"en": "No ratings yet.", "zh": "还没有评分。"}[language] in said
    table("in.csv")
    assert "100" in run("--import", "in.csv", *COLUMNS, "--lang", language)
    said = run("--summary", "--lang", language)
    assert {"en": "Cohen's kappa", "zh": "Cohen κ"}[language] in said and "0.400" in said and "70%" in said
    found = json.loads(run("--summary", "--json"))
    assert [one["name"] for one in found["agreement"]] == ["alpha_nominal", "kappa", "ac1"]
    assert found["cases"] == 50 and [one["name"] for one in found["raters"]] == ["Ann", "Bob"]
    assert json.loads(run("--import", "in.csv", *COLUMNS, "--json"))["known"] == 100


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_rater_and_one_verdict_are_named(run: Run, language: str) -> None:
    run(*BEGIN, "--summary")
    Path("one.csv").write_text("item,rater,value\nq0,Ann,pass\nq1,Ann,pass\n")
    run("--import", "one.csv")
    words = {"en": "One rater: no agreement can be stated.", "zh": "只有一位评分者：无法给出一致性。"}
    assert words[language] in run("--summary", "--lang", language)
    Path("two.csv").write_text("item,rater,value\nq0,Bob,pass\nq1,Bob,pass\n")
    run("--import", "two.csv")
    said = run("--summary", "--lang", language)
    assert {"en": "kappa and alpha have no value", "zh": "κ 和 α 没有取值"}[language] in said
    assert "agreement.one_category" not in said and "Gwet" in said


def test_out(run: Run) -> None:
    run(*BEGIN, "--summary")
    table("in.csv")
    run("--import", "in.csv", *COLUMNS)
    assert "out.csv" in run("--export", "out.csv") and len(Path("out.csv").read_text().splitlines()) == 101
    written = json.loads(run("--export", "tasks.json", "--json"))["written"]
    assert [Path(path).suffix for path in written] == [".json", ".xml"]
    assert len(json.loads(Path("tasks.json").read_text())) == 50


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "no session of rating"),
        (("texts.jsonl",), "judging.correctness"),
        (("texts.jsonl", "--rubric", "judging.corectness"), "did you mean 'judging.correctness'"),
        (("none.jsonl", "--rubric", "judging.correctness"), "no file"),
        (("f00d", "--rubric", "judging.correctness"), "no laboratory"),
        (("texts.jsonl", "--rubric", "judging.preference"), "output_1"),
        ((*BEGIN, "--items", "0"), "--items is 0"),
        ((*BEGIN, "--port", "99999"), "cannot listen"),
        ((*BEGIN, "--import", "x.txt"), "cannot tell the format"),
        ((*BEGIN, "--import", "x.csv", "--column", "rater"), "NAME=COLUMN"),
        ((*BEGIN, "--import", "x.csv", "--column", "who=rater"), "unknown key 'who'"),
        ((*BEGIN, "--export", "none/out.csv"), "cannot write"),
        ((*BEGIN, "--summary", "--export", "x.csv"), "not allowed with"),
    ],
)
def test_mistakes_get_one_line(run: Run, arguments: tuple[str, ...], part: str) -> None:
    said = run(*arguments, code=2)
    assert part in said and said.count("\n") == 1 and "Traceback" not in said


def test_interrupted_it_says_where_the_ratings_are(run: Run, tmp_path: Path) -> None:
    line = [sys.executable, "-m", "assay", "rate", *BEGIN, "--items", "5", "--json", "--lang", "zh"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        head = [process.stderr.readline() for _ in range(2)]
        assert re.search(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", head[1])
        locked = run(code=2)
        assert "another process" in locked
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    found: Any = json.loads(out)
    assert process.returncode == 0 and found["sample"]["drawn"] == 5 and found["notes"][0]["code"] == "no_ratings"
    assert Path(found["path"]).is_relative_to(tmp_path)
