"""A pack from outside, really installed: found by its entry point, used by its names."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).parent / "pack"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Where the pack was installed; pip builds it from a copy, so that nothing is left in the tree."""
    import shutil

    place = tmp_path_factory.mktemp("outside")
    shutil.copytree(PACK, place / "source")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation",
               "--disable-pip-version-check", "--target", str(place / "site"), str(place / "source")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return place / "site"


def assay(installed, folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "assay", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_its_parts_are_listed_beside_ours_and_a_broken_one_hides_nothing(installed, tmp_path):
    names = {part["name"] for part in json.loads(assay(installed, tmp_path, "parts", "--json").stdout)}
    assert {"example.brevity", "example.brief", "example.crooked", "general.exact"} <= names


def test_it_measures(installed, tmp_path):
    (tmp_path / "items.jsonl").write_text('{"input": "one two"}\n{"input": "one two three four"}\n')
    (tmp_path / "say.py").write_text("def echo(text):\n    return text\n")
    (tmp_path / "m.toml").write_text(
        '[subject]\npart = "general.callable"\nfunction = "say:echo"\n'
        '[material]\npart = "general.table"\npath = "items.jsonl"\n'
        '[procedure]\npart = "example.brief"\nestimand = "fixed"\n'
        '[[requirement]]\nmeasurand = "example.brevity"\nat_least = 0.1\n'
    )
    done = assay(installed, tmp_path, "measure", "m.toml", "--json")
    assert done.returncode == 3, done.stderr
    result = json.loads(done.stdout)["results"][0]
    assert (result["measurand"], result["value"]) == ("example.brevity", 0.5)


def test_a_part_that_cannot_be_imported_is_named_with_its_file(installed, tmp_path):
    (tmp_path / "items.jsonl").write_text('{"input": "x", "target": "x"}\n')
    (tmp_path / "m.toml").write_text(
        '[subject]\npart = "general.callable"\nfunction = "say:echo"\n'
        '[material]\npart = "general.table"\npath = "items.jsonl"\n'
        '[procedure]\npart = "example.brief"\ninstrument = "example.crooked"\n'
    )
    done = assay(installed, tmp_path, "measure", "m.toml")
    assert done.returncode == 2
    assert "crooked on purpose" in done.stderr
    assert "crooked.py" in done.stderr
    assert "Traceback" not in done.stderr
