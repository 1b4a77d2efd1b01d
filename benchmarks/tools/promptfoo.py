"""promptfoo: tests from a CSV file, each with one assertion; its store and its JSON file are written."""

import json
from pathlib import Path

import items

from tools.tool import Job, Tool

QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1",
    "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
    "PROMPTFOO_CACHE_ENABLED": "false",
    "PROMPTFOO_CONFIG_DIR": "{env}/home/.promptfoo",
    "PROMPTFOO_FAILED_TEST_EXIT_CODE": "0",
}


def prepare(job: Job) -> list[str]:
    rows = ({"question": items.prompt(item), "target": item["target"]} for item in job.items)
    items.write_csv(job.folder / "tests.csv", ["question", "target"], rows)
    settings = {"apiBaseUrl": job.base_url, "apiKey": "none", "max_tokens": 16, "temperature": 0}
    config = {
        "prompts": ["{{question}}"],
        "providers": [{"id": "openai:chat:m", "config": settings}],
        "defaultTest": {"assert": [{"type": "equals", "value": "{{target}}"}]},
        "tests": "file://tests.csv",
    }
    (job.folder / "promptfooconfig.json").write_text(json.dumps(config), encoding="utf-8")
    program = job.env / "node_modules" / ".bin" / "promptfoo"
    command = [str(program), "eval", "--config", "promptfooconfig.json", "--output", "out.json", "--no-cache"]
    return [*command, "--max-concurrency", str(job.connections), "--no-table", "--no-progress-bar"]


def outcome(folder: Path) -> tuple[int, float]:
    stats = json.loads((folder / "out.json").read_text())["results"]["stats"]
    number = stats["successes"] + stats["failures"] + stats["errors"]
    return number, stats["successes"] / number


TOOL = Tool("promptfoo", prepare, outcome, npm=("promptfoo@0.121.20",), environ=QUIET)
