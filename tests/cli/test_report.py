"""Reports of runs while others are made: reading waits for nobody, and ``last`` is a run that was finished."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assay.cli.main import main
from assay.store.laboratory import Laboratory

ASSAY = [sys.executable, "-m", "assay"]


def file(place: Any, url: str, name: str, **procedure: Any) -> str:
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in procedure.items())
    (place.folder / name).write_text(
        f'title = "{name}"\n[subject]\npart = "llm.endpoint"\nbase_url = "{url}"\nmodel = "reference"\n'
        f'[material]\npart = "general.table"\npath = "items.jsonl"\n[procedure]\npart = "llm.choice"\n{lines}\n'
    )
    return name


@contextmanager
def measuring(place: Any, name: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that measures in ``.assay`` and is under way; it is killed at the end."""
    with subprocess.Popen(
        [*ASSAY, "measure", name, "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            until_s = time.monotonic() + 20
            while place.asked.total() < 5 and time.monotonic() < until_s:
                time.sleep(0.02)
            assert process.poll() is None
            yield process
        finally:
            process.kill()


@pytest.fixture
def under_way(place: Any, capsys: pytest.CaptureFixture[str]) -> Iterator["subprocess.Popen[str]"]:
    """A laboratory with a finished run by ``a.toml``, in which another process measures by ``b.toml``."""
    with place.serving(place.server(20)) as url:
        assert main(["measure", file(place, url, "a.toml"), "--quiet"]) == 0
    with place.serving(place.server(20, latency_ms=400)) as url:
        place.total()
        file(place, url, "b.toml", repeats=4, max_connections=1)
        with measuring(place, "b.toml") as process:
            capsys.readouterr()
            yield process


def finished_run() -> str:
    return next(one.name.partition("-")[0] for one in Path(".assay/reports").glob("*.json"))


def test_reading_waits_for_nobody_and_last_is_what_was_finished(
    under_way: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished_run()
    for command in (["report", "last"], ["show", "last"], ["export", "last", "--to", "csv"],
                    ["report", "last", "--level", "0.9"]):  # fmt: skip
        began_s = time.monotonic()
        assert main(command) == 0, capsys.readouterr().err
        said = capsys.readouterr()
        assert time.monotonic() - began_s < 10
        assert run in said.out and str(under_way.pid) in said.err and "not finished" in said.err
    assert main(["verify", "last"]) == 0
    assert main(["verify", run[:6]]) == 0
    assert under_way.poll() is None  # it went on all the while


def test_a_run_that_is_not_finished_says_what_to_do(
    under_way: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--json"]) == 0
    (name,) = [one["name"] for one in json.loads(capsys.readouterr().out) if one["state"] == "observing"]
    for command in (["report", name], ["show", name], ["export", name, "--to", "csv"], ["observations", name]):
        assert main(command) == 2
        assert f"process {under_way.pid} is measuring" in capsys.readouterr().err
    under_way.kill()
    under_way.wait()
    for command in (["report", name], ["verify", name], ["compare", name, finished_run()]):
        assert main(command) == 2
        assert "go on with it: assay measure b.toml\n" in capsys.readouterr().err
    assert main(["show", "last", "--lang", "zh"]) == 0
    assert "assay measure b.toml" in capsys.readouterr().err


def test_a_second_measurement_in_a_laboratory_is_told_at_once_who_has_it(
    under_way: "subprocess.Popen[str]", capsys: pytest.CaptureFixture[str]
) -> None:
    began_s = time.monotonic()
    assert main(["measure", "a.toml"]) == 2
    assert time.monotonic() - began_s < 5
    assert f"(process {under_way.pid})" in capsys.readouterr().err
    assert main(["measure", "a.toml", "--lab", "other", "--dry-run"]) == 0


def test_the_command_that_goes_on_names_laboratory_and_file(
    place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with place.serving(place.server(20, latency_ms=400)) as url:
        file(place, url, "with space.toml", max_connections=1)
        with subprocess.Popen([*ASSAY, "measure", "with space.toml", "--quiet", "--lab", "my lab"],
                              stderr=subprocess.DEVNULL) as process:  # fmt: skip
            until_s = time.monotonic() + 20
            while place.asked.total() < 5 and time.monotonic() < until_s:
                time.sleep(0.02)
            process.kill()
    assert main(["report", "last", "--lab", "my lab"]) == 2
    assert "assay measure 'with space.toml' --lab 'my lab'" in capsys.readouterr().err
    (place.folder / "elsewhere").mkdir()
    monkeypatch.chdir(place.folder / "elsewhere")
    assert main(["report", "last", "--lab", "../my lab"]) == 2
    assert f"assay measure '{place.folder}/with space.toml' --lab '../my lab'" in capsys.readouterr().err


def test_a_report_that_is_the_latest_is_had_without_writing(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with place.serving(place.server(20)) as url:
        assert main(["measure", file(place, url, "a.toml"), "--quiet"]) == 0
    laboratory = Laboratory(Path(".assay"))
    before = laboratory.database.stat().st_mtime_ns, os.listdir(laboratory.reports)
    writer = laboratory.connect(write=True)
    writer.execute("BEGIN IMMEDIATE")  # as an import does for all of its time
    try:
        capsys.readouterr()
        began_s = time.monotonic()
        assert main(["report", "last", "--format", "json"]) == 0
        assert time.monotonic() - began_s < 5
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    assert (laboratory.database.stat().st_mtime_ns, os.listdir(laboratory.reports)) == before


def test_a_finished_run_without_a_report_says_how_to_issue_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text("item,score\na,1\nb,0\nc,1\n")
    lab = ["--lab", str(tmp_path / "lab")]
    assert main(["import", str(tmp_path / "t.csv"), *lab]) == 0
    run = capsys.readouterr().out.split("run ")[1].split("\n")[0]
    for command in (["export", "last", "--to", "csv"], ["show"], ["verify", "last"]):
        assert main([*command, *lab]) == 2
        assert f"issue it with: assay report {run} --lab {tmp_path / 'lab'}" in capsys.readouterr().err
    assert main(["report", *lab]) == 0 == main(["show", *lab]) == main(["verify", "last", *lab])
