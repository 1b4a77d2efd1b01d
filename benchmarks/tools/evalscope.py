"""EvalScope: its general multiple-choice benchmark over a local file."""

import json
from pathlib import Path

import items

from tools.tool import Job, Tool


def prepare(job: Job) -> list[str]:
    rows = (
        {"id": item["id"], "question": item["input"], **dict(zip(items.LETTERS, item["choices"], strict=True))}
        | {"answer": item["target"]}
        for item in job.items
    )
    items.write_jsonl(job.folder / "bench_val.jsonl", rows)
    data = {"general_mcq": {"local_path": str(job.folder), "subset_list": ["bench"]}}
    command = [str(job.env / "bin" / "evalscope"), "eval", "--model", "m", "--eval-type", "openai_api"]
    command += ["--api-url", job.base_url, "--api-key", "none", "--eval-batch-size", str(job.connections)]
    command += ["--datasets", "general_mcq", "--dataset-args", json.dumps(data)]
    command += ["--generation-config", json.dumps({"max_tokens": 16, "batch_size": job.connections})]
    return [*command, "--work-dir", "out", "--no-timestamp"]


def outcome(folder: Path) -> tuple[int, float]:
    report = json.loads(next((folder / "out" / "reports").rglob("general_mcq.json")).read_text())
    metric = report["metrics"][0]
    return metric["num"], metric["score"]


TOOL = Tool("EvalScope", prepare, outcome, pip=("evalscope==1.14.1",))
