"""The loop that keeps nothing: what the work costs when nothing is measured."""

import json
import sys
from pathlib import Path

import items

from tools.tool import Job, Tool

PROGRAM = Path(__file__).parent.parent / "bare_loop.py"


def prepare(job: Job) -> list[str]:
    items.write_jsonl(job.folder / "items.jsonl", job.items)
    return [sys.executable, str(PROGRAM), "items.jsonl", job.base_url, str(job.connections)]


def outcome(folder: Path) -> tuple[int, float]:
    said = json.loads((folder / "stdout.txt").read_text())
    return said["items"], said["score"]


TOOL = Tool("bare loop", prepare, outcome)
