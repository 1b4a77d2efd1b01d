"""Assay: the command as a user gives it, with a laboratory of its own, up to the signed report."""

import json
import shutil
import sysconfig
from pathlib import Path

import items

from tools.tool import Job, Tool

MEASUREMENT = """\
title = "bench"

[subject]
part = "llm.endpoint"
base_url = "{base_url}"
model = "m"

[material]
part = "general.table"
path = "items.jsonl"

[procedure]
part = "llm.choice"
variants = 1
max_connections = {connections}
"""


def command() -> str | None:
    """The command of this environment; None where it is not installed."""
    return shutil.which("assay", path=sysconfig.get_path("scripts"))


def prepare(job: Job) -> list[str]:
    items.write_jsonl(job.folder / "items.jsonl", job.items)
    text = MEASUREMENT.format(base_url=job.base_url, connections=job.connections)
    (job.folder / "bench.toml").write_text(text, encoding="utf-8")
    return [str(command()), "measure", "bench.toml", "--json", "--lab", "lab"]


def outcome(folder: Path) -> tuple[int, float]:
    result = json.loads((folder / "stdout.txt").read_text())["results"][0]
    return sum(result["counts"].values()), result["value"]


TOOL = Tool("Assay", prepare, outcome)
