"""lm-evaluation-harness: over chat it has no multiple choice, so the letter is generated and matched."""

import json
from pathlib import Path

import items

from tools.tool import Job, Tool

TASK = """\
task: bench
dataset_path: json
dataset_kwargs: {{data_files: {{test: {data}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{prompt}}}}"
doc_to_target: "{{{{target}}}}"
generation_kwargs: {{until: [], max_gen_toks: 16, do_sample: false}}
filter_list:
  - name: letter
    filter:
      - {{function: regex, regex_pattern: "([A-D])"}}
      - {{function: take_first}}
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""


def prepare(job: Job) -> list[str]:
    rows = ({"prompt": items.prompt(item), "target": item["target"]} for item in job.items)
    items.write_jsonl(job.folder / "items.jsonl", rows)
    (job.folder / "task").mkdir()
    data = json.dumps(str(job.folder / "items.jsonl"))
    (job.folder / "task" / "bench.yaml").write_text(TASK.format(data=data), encoding="utf-8")
    model = f"model=m,base_url={job.base_url}/chat/completions,num_concurrent={job.connections},max_retries=3"
    model += ",tokenizer_backend=none,tokenized_requests=False"
    command = [str(job.env / "bin" / "lm_eval"), "run", "--model", "local-chat-completions", "--model_args", model]
    command += ["--include_path", "task", "--tasks", "bench", "--apply_chat_template"]
    return [*command, "--output_path", "out", "--log_samples"]


def outcome(folder: Path) -> tuple[int, float]:
    report = json.loads(next((folder / "out").rglob("results_*.json")).read_text())
    return report["n-samples"]["bench"]["effective"], report["results"]["bench"]["exact_match,letter"]


TOOL = Tool("lm-eval", prepare, outcome, pip=("lm-eval[api]==0.4.13",))
