"""``assay plan`` in process: what it prints, in JSON and in words, and its exit codes."""

import json
from typing import Any

import pytest

from assay.cli.main import main
from assay.reports.text import width


@pytest.fixture
def file(place: Any) -> str:
    place.server(300)
    (place.folder / "m.toml").write_text(
        'title = "Triage"\n[subject]\npart = "llm.endpoint"\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "reference"\n'
        'max_tokens = 20\n[material]\npart = "general.table"\npath = "items.jsonl"\n'
        '[procedure]\npart = "llm.choice"\nvariants = 2\n'
        '[[requirement]]\nmeasurand = "llm.accuracy"\nat_least = 0.8\n'
        "[price]\ninput_per_million = 1.0\noutput_per_million = 4.0\n"
    )
    return "m.toml"


MEMBERS = {"target", "chosen", "alternatives", "components", "reachable", "reason", "notes", "conservative"}
DESIGN = {"items", "variants", "repeats", "u", "requests", "tokens", "cost", "time_s"}


def test_json(place: Any, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", file, "--target-u", "0.03", "--latency-s", "1.5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) >= MEMBERS and set(told["chosen"]) >= DESIGN
    assert told["reachable"] is True and told["reason"] is None
    assert all(told["chosen"][name] is not None for name in DESIGN)
    assert told["components"]["items"]["origin"] == "default"
    assert main(["plan", file, "--target-u", "0.001", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["reachable"] is False and told["chosen"] is None and told["reason"]["code"] == "items"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--target-u", "0.03"], 0),
        (["--target-u", "0.0005"], 3),
        (["--detect", "0.1"], 0),
        (["--detect", "0.1", "--power", "0.95", "--score", "0.9"], 0),
        (["--decide", "--score", "0.9"], 0),
        (["--decide", "--score", "0.8"], 3),
    ],
)
def test_words(place: Any, file: str, language: str, options: list[str], code: int, capsys: pytest.CaptureFixture[str],
               monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "90")
    page = place.folder / "plan.html"
    assert main(["plan", file, *options, "--lang", language, "--html", str(page)]) == code
    told = capsys.readouterr().out
    assert "{" not in told and "note." not in told and "reason." not in told
    assert all(width(line) <= 100 for line in told.splitlines() if str(page) not in line)
    assert "┄" in told and "Triage" in told
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_bad_input(place: Any, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--target-u", "0"], ["--target-u", "nan"], ["--target-u", "0.1", "--decide"],
                    ["--target-u", "0.1", "--pilot", "last"]):  # fmt: skip
        assert main(["plan", file, *options, "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["exit_code"] == 2
    assert not (place.folder / ".assay").exists()
