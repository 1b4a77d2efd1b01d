"""Inspect AI: its own multiple-choice solver and scorer. Its log is an archive, so its own reader finds the score."""

import json
import subprocess
from pathlib import Path

import items

from tools.tool import Job, Tool

TASK = """\
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice


@task
def bench():
    return Task(dataset=json_dataset("items.jsonl"), solver=multiple_choice(), scorer=choice())
"""
HEADER = """\
import json, sys
from inspect_ai.log import read_eval_log
results = read_eval_log(sys.argv[1], header_only=True).results
print(json.dumps([results.completed_samples, results.scores[0].metrics["accuracy"].value]))
"""


def prepare(job: Job) -> list[str]:
    items.write_jsonl(job.folder / "items.jsonl", job.items)
    (job.folder / "task.py").write_text(TASK, encoding="utf-8")
    (job.folder / "python.txt").write_text(str(job.env / "bin" / "python"), encoding="utf-8")
    command = [str(job.env / "bin" / "inspect"), "eval", "task.py", "--model", "openai-api/bench/m"]
    command += ["--model-base-url", job.base_url, "--max-connections", str(job.connections), "--max-tokens", "16"]
    return [*command, "--log-dir", "logs", "--display", "none"]


def outcome(folder: Path) -> tuple[int, float]:
    log = next((folder / "logs").glob("*.eval"))
    python = (folder / "python.txt").read_text()
    number, score = json.loads(subprocess.run([python, "-c", HEADER, log], capture_output=True, check=True).stdout)
    return number, score


TOOL = Tool(
    "Inspect AI",
    prepare,
    outcome,
    answer="ANSWER: B",
    pip=("inspect-ai==0.3.285", "openai"),
    environ={"BENCH_API_KEY": "none"},
)
