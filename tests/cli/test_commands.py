"""Every command in process: what it prints, in JSON and in words, and its exit code."""

import csv
import io
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.cli.main import COMMANDS, main

Run = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; gives stdout, after checking the exit code."""

    def command(*arguments: str, code: int = 0) -> str:
        found = main(list(arguments))
        told = capsys.readouterr()
        assert found == code, told.err
        return told.out

    return command


def file(place: Any, url: str, requirements: str = "", name: str = "m.toml", procedure: str = "repeats = 2") -> str:
    (place.folder / name).write_text(
        f'title = "=A title"\n[subject]\npart = "llm.endpoint"\nbase_url = "{url}"\nmodel = "reference"\n'
        f'[material]\npart = "general.table"\npath = "items.jsonl"\n'
        f'[procedure]\npart = "llm.choice"\nvariants = 2\n{procedure}\n{requirements}'
    )
    return name


def required(**limits: float) -> str:
    return "".join(f'[[requirement]]\nmeasurand = "llm.accuracy"\n{key} = {value}\n' for key, value in limits.items())


@pytest.fixture
def finished(place: Any, run: Run) -> dict[str, Any]:
    """A finished measurement in ``.assay``."""
    with place.serving(place.server(20)) as url:
        found: dict[str, Any] = json.loads(run("measure", file(place, url, required(at_least=0.2)), "--json"))
    return found


def test_measure_prints_what_was_promised(place: Any, run: Run, finished: dict[str, Any]) -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", finished["run"])
    assert Path(finished["report"]).is_absolute() and Path(finished["report"]).exists()
    members = {
        "measurand", "estimand", "value", "u", "interval", "level", "k", "dof", "n_items", "n_repeats", "n_variants",
        "n_observations", "counts", "if_lost", "unseen", "budget",
    }  # fmt: skip
    for result in finished["results"]:
        assert members <= set(result)
        assert math.isclose(math.hypot(*(part["u"] for part in result["budget"])), result["u"], rel_tol=1e-9)
        assert all({"source", "label", "kind", "u", "dof", "share"} == set(part) for part in result["budget"])
        low, high = result["interval"]
        assert 0 <= low < high <= 1
        assert [result[f"n_{name}"] for name in ("items", "repeats", "variants", "observations")] == [20, 2, 2, 80]
    (decision,) = finished["decisions"]
    assert {"measurand", "requirement", "outcome", "risk"} <= set(decision)
    assert decision["requirement"] == {"measurand": "llm.accuracy", "at_least": 0.2, "at_most": None, "risk": 0.05}


def test_exit_codes_of_decisions(place: Any, run: Run) -> None:
    with place.serving(place.server(60)) as url:
        assert run("measure", file(place, url))
        value = json.loads(run("show", "--json"))["results"][0]["value"]
        for limits, code in (
            ({"at_least": 0.1}, 0), ({"at_most": 0.1}, 1), ({"at_least": value}, 3),
            ({"at_least": value, "at_most": 0.1}, 1),
        ):  # fmt: skip
            name = file(place, url, required(**limits), "other.toml")
            for command in (["measure", name], ["measure", name, "--json"], ["decide", "last", name, "--json"]):
                run(*command, code=code)
            assert run("show")
            assert json.loads(run("report", "--json"))["exit_code"] == code


def test_progress_goes_to_stderr(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with place.serving(place.server(20)) as url:
        name = file(place, url)
        for options, told in ((["--quiet"], False), (["--again"], True), (["--again", "--json"], True)):
            assert main(["measure", name, *options]) == 0
            captured = capsys.readouterr()
            assert bool(captured.err) is told
            if "--json" in options:
                json.loads(captured.out)
            else:
                assert "responses (" not in captured.out
        assert main(["measure", name]) == 0
        assert "not asked again" in capsys.readouterr().err


def test_every_command_prints_one_json_value(place: Any, run: Run, finished: dict[str, Any]) -> None:
    key = "lab.pub"
    commands = {
        "init": ["init", "new"], "measure": ["measure", "m.toml", "--dry-run"], "demo": ["demo", "d"],
        "runs": ["runs"], "show": ["show", finished["run"][:5]], "observations": ["observations"],
        "read": ["read", "last", "--with", "general.choice"], "decide": ["decide", "last", "m.toml"],
        "report": ["report", "last", "--format", "html", "--level", "0.9"], "verify": ["verify", finished["report"]],
        "parts": ["parts"], "keys": ["keys"],
    }  # fmt: skip
    elsewhere = {  # their own tests show it
        "reference", "uncertainty", "compare", "interlab", "control", "plan", "rate", "calibrate", "validate", "import",
        "arena", "material", "calibrate-client", "grade", "pareto", "route", "sweep", "bottleneck",
        "export",
    }  # fmt: skip
    assert {*commands, *elsewhere} >= {*COMMANDS}
    more = [
        ["parts", "general.number"], ["keys", "export"], ["keys", "export", key], ["keys", "trust", key],
        ["observations", "--output", "o.csv"], ["report", "--format", "json"],
    ]  # fmt: skip
    for arguments in [*commands.values(), *more]:
        json.loads(run(*arguments, "--json"))
        if arguments[0] != "init":
            for lang in ("en", "zh"):
                assert run(*arguments, "--lang", lang) or "--output" in arguments


@pytest.mark.parametrize("outputs", [False, True])
def test_observations_in_every_form(place: Any, run: Run, finished: dict[str, Any], outputs: bool) -> None:
    more = ["--with-outputs"] if outputs else []
    lines = [json.loads(line) for line in run("observations", "--format", "jsonl", *more).splitlines()]
    assert len(lines) == 160
    assert lines == json.loads(run("observations", "--json", *more))
    assert ("output" in lines[0]) is outputs
    table = list(csv.DictReader(io.StringIO(run("observations", *more))))
    assert [{k: "" if v is None else str(v) for k, v in line.items()} for line in lines] == table
    for ending in ("csv", "jsonl", "parquet"):
        run("observations", *more, "--output", f"o.{ending}")
    pq = pytest.importorskip("pyarrow.parquet")
    assert pq.read_table("o.parquet").to_pylist() == lines
    assert [json.loads(line) for line in Path("o.jsonl").read_text().splitlines()] == lines
    assert Path("o.csv").read_text() == run("observations", *more)


def test_read_again_with_another_instrument(place: Any, run: Run, finished: dict[str, Any]) -> None:
    place.total()
    again = json.loads(run("read", "last", "--with", "general.choice", "--json"))
    assert again["results"][0]["value"] == finished["results"][0]["value"]
    settings = ["--set", "pattern=^[A-D]$", "--set", "present=true"]
    pattern = json.loads(run("read", "last", "--with", "general.pattern", *settings, "--json"))
    assert pattern["results"][0]["value"] != finished["results"][0]["value"]
    assert len(pattern["results"]) == 2
    assert place.total() == 0
    assert json.loads(run("verify", pattern["report"], "--json"))["passed"]
    run("read", "last", "--with", "general.pattern", "--set", "pattern=(", code=2)
    run("read", "last", "--with", "general.pattern", "--set", "patern=a", code=2)
    run("read", "last", "--with", "general.pattern", "--set", "oops", code=2)
    run("read", "nothing", "--with", "general.pattern", code=2)


def test_report_stated_otherwise(place: Any, run: Run, finished: dict[str, Any]) -> None:
    wide = json.loads(run("report", "--level", "0.99", "--estimand", "fixed", "--json"))
    result, before = wide["results"][0], finished["results"][0]
    assert (result["level"], result["estimand"], result["value"]) == (0.99, "fixed", before["value"])
    assert Path(wide["rendered"]).read_text().lower().startswith("<!doctype html>")
    run("report", "--output", "page.html", "--lang", "zh")
    assert 'lang="zh' in Path("page.html").read_text()
    run("report", "--format", "json", "--output", "copy.json")
    assert json.loads(run("verify", "copy.json", "--json"))["passed"]
    for level in ("0", "1", "nan", "0.2"):
        run("report", "--level", level, code=2)


def test_init_then_dry_run(place: Any, run: Run) -> None:
    for lang in ("en", "zh"):
        run("init", lang, "--lang", lang)
        run("init", lang, code=2)
        seen = json.loads(run("measure", f"{lang}/measurement.toml", "--dry-run", "--json"))
        assert seen["requests"] == 48
        assert "Item q1" in run("measure", f"{lang}/measurement.toml", "--dry-run")
    assert not Path(".assay").exists()


def test_the_demonstration(place: Any, run: Run) -> None:
    for lang, word in (("en", "Accuracy"), ("zh", "准确率")):
        out = run("demo", lang, "--lang", lang)
        assert word in out
        command = re.findall(r"assay (show \S+ --lab \S+)", out)
        assert word in run(*command[0].split(), "--lang", lang), "what the demonstration says to type works"
        assert next(Path(lang).glob("*.html")).exists()


def test_other_ways_in(place: Any) -> None:
    for arguments in (["--version"], ["--help"], ["parts", "--json"]):
        done = subprocess.run([sys.executable, "-m", "assay", *arguments], capture_output=True, text=True, check=True)
        assert done.stdout and not done.stderr
    plain = subprocess.run(
        [sys.executable, "-m", "assay", "parts", "--lang", "zh"], capture_output=True, check=True,
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
    )  # fmt: skip
    assert b"\\u" in plain.stdout


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom assay.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'aiohttp', 'msgspec', 'asyncio', 'cryptography', 'jinja2', 'sqlite3', 'uvloop'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_defect_is_told_as_such(
    place: Any, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("assay.api.runs.runs", broken)
    assert main(["runs", "--json"]) == 70
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["code"] == "defect"
    path = re.findall(r"\S+\.txt", told.err)[0]
    assert "ZeroDivisionError" in Path(path).read_text()
    Path(path).unlink()
