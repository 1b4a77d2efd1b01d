"""The example workflow does what it says: every step that is a script is run as one, in order."""

import os
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

WORKFLOW = Path(__file__).parents[2] / "docs" / "examples" / "assay-ci.yml"


@pytest.fixture
def steps() -> list[dict[str, Any]]:
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = workflow["jobs"]["measure"]["steps"]
    return found


def tools(folder: Path) -> dict[str, str]:
    """An environment like a runner's: ``assay`` of this tree, a ``python`` whose pip only notes what it was asked."""
    place = folder / "bin"
    place.mkdir()
    pip = f'if [ "$1 $2" = "-m pip" ]; then echo "$@" >> "{folder}/pip.txt"; exit; fi'
    scripts = {"assay": f'exec "{sys.executable}" -m assay "$@"', "python": f'{pip}\nexec "{sys.executable}" "$@"'}
    for name, script in scripts.items():
        path = place / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PYTHONPATH") if name in os.environ}
    return {**kept, "PATH": f"{place}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}


def carried_out(steps: list[dict[str, Any]], folder: Path, secrets: dict[str, str]) -> tuple[str, int, str]:
    """Run the scripts as GitHub does (``bash -e``, in the workspace); the last step, its code and what was printed."""
    environment = tools(folder)
    (folder / "summary.md").touch()
    told = ""
    for step in steps:
        if "run" not in step:
            continue
        given = {name: re.sub(r"\$\{\{ *secrets\.(\w+) *\}\}", lambda found: secrets.get(found[1], ""), value)
                 for name, value in step.get("env", {}).items()}  # fmt: skip
        done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=folder, capture_output=True,
                              text=True, env={**environment, **given}, timeout=120)  # fmt: skip
        told += done.stdout + done.stderr
        if done.returncode:
            return step["name"], done.returncode, told
    return steps[-1]["name"], 0, told


@pytest.mark.parametrize(("limit", "code", "mark"), [(0.3, 0, "✅"), (0.99, 1, "❌"), (0.75, 0, "⚠️")])
def test_the_workflow_step_by_step(
    place: Any, steps: list[dict[str, Any]], limit: float, code: int, mark: str, tmp_path: Path
) -> None:
    secrets = {"OPENAI_API_KEY": "not-a-key"}
    with place.serving(place.server(60)) as url:
        (place.folder / "measurement.toml").write_text(
            f'title = "CI"\n[subject]\npart = "llm.endpoint"\nbase_url = "{url}"\nmodel = "reference"\n'
            '[material]\npart = "general.table"\npath = "items.jsonl"\n[procedure]\npart = "llm.choice"\nvariants = 1\n'
            f'[[requirement]]\nmeasurand = "llm.accuracy"\nat_least = {limit}\n'
        )
        last, found, told = carried_out(steps, place.folder, secrets)
    assert (last, found) == ("Gate", code), told
    assert ("::warning::" in told) == (mark == "⚠️") and "Traceback" not in told
    assert (place.folder / "pip.txt").read_text() == "-m pip install assay\n"
    assert mark in (place.folder / "summary.md").read_text()
    results = place.folder / "assay-results"
    assert ET.parse(results / "junit.xml").getroot()[0].get("failures") == str(int(code == 1))
    assert {path.name for path in results.iterdir()} == {
        "junit.xml", "test-result.intoto.json", "report.html", "report.json", "laboratory.json"}  # fmt: skip


def test_a_measurement_that_failed_ends_the_job(place: Any, steps: list[dict[str, Any]]) -> None:
    (place.folder / "measurement.toml").write_text('title = "CI"\n')
    last, found, told = carried_out(steps, place.folder, {})
    assert (last, found) == ("Measure", 2), told


def test_the_laboratory_key_of_the_secret_signs(place: Any, steps: list[dict[str, Any]], tmp_path: Path) -> None:
    from assay.reports.keys import PRIVATE_KEY_FILE, SigningKey

    ours = SigningKey.load_or_create(tmp_path / "ours")
    secret = (tmp_path / "ours" / PRIVATE_KEY_FILE).read_text()
    (place.folder / "measurement.toml").write_text("")
    carried_out(steps, place.folder, {"ASSAY_LABORATORY_KEY": secret})
    assert SigningKey.load(place.folder / ".assay" / "keys").key_id == ours.key_id
