"""The pytest plugin, in runs of pytest of their own."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import assay

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def measured(place: Any) -> Iterator[assay.Measured]:
    """A measurement of 40 items with a score near 0.8, in ``.assay``; its file is ``m.toml``, its server stays up."""
    with place.serving(place.server(60)) as url:
        (place.folder / "m.toml").write_text(
            f'title = "t"\n[subject]\npart = "llm.endpoint"\nbase_url = "{url}"\nmodel = "reference"\n'
            '[material]\npart = "general.table"\npath = "items.jsonl"\n'
            '[procedure]\npart = "llm.choice"\nvariants = 1\n'
        )
        yield assay.measure("m.toml", ".assay")


@pytest.fixture
def run(place: Any) -> Run:
    """Run pytest on a test file in the working folder, the plugin loaded once however it was installed."""

    def pytest_run(body: str, *options: str) -> "subprocess.CompletedProcess[str]":
        (place.folder / "test_it.py").write_text(body)
        plugins = ["-p", "no:assay", "-p", "assay.pytest_plugin", "-p", "no:cacheprovider"]
        where = ["--rootdir", str(place.folder), "-c", "/dev/null"]
        command = [sys.executable, "-m", "pytest", *plugins, *where, *options, "test_it.py"]
        return subprocess.run(command, cwd=place.folder, capture_output=True, text=True, timeout=120)

    return pytest_run


def body(limit: float, more: str = "", source: str = '"m.toml"') -> str:
    return f'def test_it(assay):\n    assay.expect({source}, "llm.accuracy", at_least={limit}, risk=0.05)\n{more}'


def test_met_and_not_met(measured: assay.Measured, run: Run, place: Any) -> None:
    place.total()
    done = run(body(0.3))
    assert done.returncode == 0 and "1 passed" in done.stdout
    done = run(body(0.3), "--assay")
    assert "conforms." in done.stdout and str(place.folder / ".assay" / "reports") in done.stdout
    done = run(body(0.99))
    assert done.returncode == 1 and "1 failed" in done.stdout and "does not conform" in done.stdout
    assert "Traceback" not in done.stdout and "pytest_plugin.py" not in done.stdout
    assert str(place.folder / ".assay" / "reports") in done.stdout
    assert place.total() == 0, "what the laboratory has is not asked again"


def test_inconclusive_has_an_outcome_of_its_own(measured: assay.Measured, run: Run, place: Any) -> None:
    limit = (measured.results[0].value or 0) - 0.03
    done = run(body(limit), "--junitxml", "out.xml")
    assert done.returncode == 0 and "1 inconclusive" in done.stdout and "passed" not in done.stdout.splitlines()[-1]
    further = re.search(r"About (\d+) further items \((\d+) in all", done.stdout)
    assert further is not None and int(further[2]) == int(further[1]) + 60 and int(further[1]) > 100
    case = ET.parse(place.folder / "out.xml").getroot().find(".//testcase")
    assert case is not None and case.find("skipped") is not None
    assert "INCONCLUSIVE" in run(body(limit), "-v").stdout
    for mode, code, word in (("fail", 1, "1 failed"), ("pass", 0, "1 passed"), ("skip", 0, "1 skipped")):
        done = run(body(limit), f"--assay-inconclusive={mode}")
        assert done.returncode == code and word in done.stdout, done.stdout
        assert "further items" in done.stdout


def test_inconclusive_hides_no_failure(measured: assay.Measured, run: Run) -> None:
    limit = (measured.results[0].value or 0) - 0.03
    done = run(body(limit, "    assert 1 == 2\n"))
    assert done.returncode == 1 and "1 failed" in done.stdout
    second = '    assay.expect("m.toml", "llm.accuracy", at_least=0.99)\n'
    assert run(body(limit, second)).returncode == 1


def test_the_outcome_travels_from_workers(measured: assay.Measured, run: Run) -> None:
    limit = (measured.results[0].value or 0) - 0.03
    done = run(body(limit) + body(0.3).replace("test_it", "test_two"), "-n", "1")
    assert done.returncode == 0 and "1 passed" in done.stdout and "1 inconclusive" in done.stdout, done.stdout


def test_a_subject_a_report_and_a_laboratory(measured: assay.Measured, run: Run, place: Any) -> None:
    url = re.search(r'base_url = "(.*)"', (place.folder / "m.toml").read_text())
    assert url is not None
    subject = json.dumps({"part": "llm.endpoint", "base_url": url[1], "model": "reference"})
    done = run(body(0.3, source=subject))
    assert done.returncode == 1 and "--assay-file" in done.stdout
    assert run(body(0.3, source=subject), "--assay-file", "m.toml").returncode == 0
    decided = assay.decide(measured.run, {"requirement": [{"measurand": "llm.accuracy", "at_least": 0.3}]})
    other = Path("other")
    done = run(body(0.3, source=f'"{decided.path}"'), "--assay-lab", str(other))
    assert done.returncode == 1 and "not trusted" in done.stdout
    from assay.api import keys

    keys.export(".assay", "Ours", "ours.json")
    keys.trust(other, "ours.json")
    assert run(body(0.3, source=f'"{decided.path}"'), "--assay-lab", str(other)).returncode == 0
    done = run(body(0.31, source=f'"{decided.path}"'), "--assay-lab", str(other))
    assert done.returncode == 1 and "assay decide" in done.stdout
    assert run(body(0.31, source=f'"{decided.path}"')).returncode == 0, "its own laboratory decides anew"


@pytest.mark.parametrize("call", [
    'assay.expect("gone.toml", "llm.accuracy", at_least=0.5)', 'assay.expect("m.toml", "llm.accuracy")',
    'assay.expect("m.toml", "llm.acuracy", at_least=0.5)', 'assay.expect("m.toml", "llm.accuracy", at_least=2.0)',
    'assay.expect("m.toml", "llm.accuracy", at_least=0.5, risk=0.9)',
    'assay.expect("m.toml", "llm.accuracy", at_least=float("nan"))',
    'assay.expect("m.toml", "llm.accuracy", at_least="x")',
])  # fmt: skip
def test_mistakes_are_one_message(measured: assay.Measured, run: Run, call: str) -> None:
    done = run(f"def test_it(assay):\n    {call}\n")
    assert done.returncode == 1 and "assay: " in done.stdout and "Traceback" not in done.stdout
    assert "pytest_plugin.py" not in done.stdout, done.stdout


def test_it_is_off_where_nobody_uses_it(run: Run) -> None:
    loaded = "sorted(name for name in __import__('sys').modules if name.startswith('assay'))"
    done = run(f"def test_it():\n    assert {loaded} == ['assay', 'assay.pytest_plugin']\n")
    assert done.returncode == 0 and "assay" not in done.stdout, done.stdout
