"""Strict types and one style: mypy and ruff find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("command", [["mypy"], ["ruff", "check", "src", "tests", "benchmarks"]], ids=lambda c: c[0])
def test_clean(command, tmp_path):
    cache = ["--cache-dir", str(tmp_path)]
    line = [sys.executable, "-m", *command, *cache]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-3000:]
