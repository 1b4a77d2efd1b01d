"""Tasks of lm-evaluation-harness, run on a subject of ours; each starts its process, which takes seconds."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.packs.exchange.bench.lm_eval import LmEval
from assay.vocabulary.errors import BadInput, CannotMeasure

pytest.importorskip("lm_eval", reason="needs the extra 'lm-eval'")

GENERATES = """
task: say_yes
dataset_path: json
dataset_kwargs: {data_files: {test: data.jsonl}}
test_split: test
output_type: generate_until
repeats: REPEATS
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {until: ["END"], max_gen_toks: 20, top_k: 5}
metric_list:
  - {metric: exact_match, aggregation: mean, higher_is_better: true}
filter_list:
  - {name: strict, filter: [{function: take_first}]}
  - {name: lower, filter: [{function: lowercase}, {function: take_first}]}
"""
CHOOSES = """
task: which_one
dataset_path: json
dataset_kwargs: {data_files: {test: data.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: ["yes", "no"]
doc_to_target: "{{answer}}"
metric_list: [{metric: acc}]
"""
STUMBLES = """
task: stumbles
include: say_yes.yaml
process_results: !function stumbling.score
filter_list: [{name: only, filter: [{function: take_first}]}]
metric_list: [{metric: right, aggregation: mean, higher_is_better: true}]
"""
SCORE = """
def score(doc, results):
    if "(3)" in doc["question"]:
        raise ValueError("this metric cannot")
    return {"right": 100.0 * (results[0] == doc["answer"])}
"""


@pytest.fixture
def folder(place: Any) -> Path:
    """Twelve documents: nine answered rightly, one in capitals, two wrongly."""
    rows = [{"question": f"({i}) SAY {'yes' if i % 4 else 'YES' if i % 8 else 'no'}", "answer": "yes"}
            for i in range(12)]  # fmt: skip
    (place.folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tasks = place.folder / "tasks"
    tasks.mkdir()
    for name, text in (("say_yes", GENERATES.replace("REPEATS", "1")), ("which_one", CHOOSES), ("stumbles", STUMBLES)):
        (tasks / f"{name}.yaml").write_text(text)
    (tasks / "stumbling.py").write_text(SCORE)
    made: Path = place.folder
    return made


async def says(request: web.Request, number: int) -> web.Response:
    asked = json.loads(await request.read())
    text = asked["prompt"] if "prompt" in asked else asked["messages"][-1]["content"]
    said = re.findall(r"SAY (\w+)", text)[-1]
    if request.query.get("refuse") and "(5)" in text:
        message: dict[str, Any] = {"message": {"role": "assistant", "content": None, "refusal": "No."}}
    else:
        message = {"text": said} if "prompt" in asked else {"message": {"role": "assistant", "content": said}}
    body = {"model": "scripted-1", "choices": [{**message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2}}  # fmt: skip
    return web.json_response(body)


def table(url: str, task: str, subject: dict[str, Any] | None = None, **procedure: Any) -> dict[str, Any]:
    asked = {"part": "llm.endpoint", "base_url": url, "model": "scripted", **(subject or {})}
    own = {"part": "exchange.lm_eval", "task": task, "include_path": "tasks", **procedure}
    return {"title": "t", "subject": asked, "procedure": own}


def test_a_task_is_a_measurement_and_is_not_asked_twice(place: Any, folder: Path) -> None:
    with place.serving(says) as url:
        made = assay.measure(table(url, "say_yes", {"temperature": 0.5}, repeats=2), place.lab)
        sent = [json.loads(body) for body in place.asked]
        assert place.total() == 24 and len({one["seed"] for one in sent}) == 24
        assert {(one["temperature"], one["max_tokens"], *one["stop"]) for one in sent} == {(0.5, 20, "END")}
        found = {result.measurand: result.value for result in made.report.results}
        assert found == {"exchange.score:exact_match,strict": 0.75, "exchange.score:exact_match,lower": 10 / 12}
        assert assay.measure(table(url, "say_yes", {"temperature": 0.5}, repeats=2), place.lab).reused == 24
        assert place.total() == 0
    assert [note.code for note in made.report.notes[:2]] == ["foreign", "foreign.not_put"]
    assert made.report.notes[1].values["names"] == "top_k"
    assert made.report.conditions.usage == {"input_tokens": 168, "output_tokens": 48}
    assert assay.verify(made.path, place.lab).passed
    row = place.rows()[0]
    assert (row["item"], row["output"], row["value"]) == ("0", "no", 0.0)


def test_text_prompts_go_to_completions_and_refusals_are_no_answers(place: Any, folder: Path) -> None:
    with place.serving(says) as url:
        plain = table(url, "say_yes", {"api": "completions"}, chat=False, num_fewshot=0, sample=6)
        made = assay.measure(plain, place.lab)
        assert len({row["item"] for row in place.rows()}) == 6 and made.report.material.n_items == 6
        assert place.total() == 6
        assay.measure(table(f"{url}?refuse=1", "say_yes"), place.lab)
    counts = Counter(row["status"] for row in place.rows() if "strict" in row["measurand"])
    assert counts == {"ok": 11, "refused": 1}


def test_several_replies_to_a_document_are_one_trial(place: Any, folder: Path) -> None:
    (folder / "tasks" / "say_yes.yaml").write_text(GENERATES.replace("REPEATS", "3"))
    with place.serving(says) as url:
        made = assay.measure(table(url, "say_yes"), place.lab)
        assert place.total() == 36
    assert made.report.results[0].value == 0.75 and made.report.results[0].n_observations == 12
    assert json.loads(place.rows()[1]["output"]) == ["yes"] * 3


def test_a_metric_that_breaks_loses_its_reading_alone(place: Any, folder: Path) -> None:
    with place.serving(says) as url:
        made = assay.measure(table(url, "stumbles"), place.lab)
    [result] = made.report.results
    assert result.measurand == "exchange.value" and result.counts == {"ok": 11, "instrument_failed": 1}
    assert result.value == pytest.approx(100 * 8 / 11)
    [lost] = [row for row in place.rows() if row["status"] != "ok"]
    assert lost["item"] == "3" and "this metric cannot" in lost["note"] and lost["output"] == "yes"


def test_what_cannot_be_run_is_refused_before_anything_is_asked(place: Any, folder: Path) -> None:
    (folder / "tasks" / "gone.yaml").write_text(
        GENERATES.replace("say_yes", "gone").replace("data.jsonl", "gone.jsonl").replace("REPEATS", "1")
    )
    for task, code, said in (
        ("which_one", "foreign.logprobs", "log-probabilities"), ("no_such", "foreign.task", "no_such"),
        ("gone", "foreign.task", "gone.jsonl"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=said) as refused:
            assay.preview(table("http://127.0.0.1:9/v1", task), place.lab)
        assert refused.value.code == code
    with pytest.raises(BadInput, match="num_fewshot"):
        assay.preview(table("http://127.0.0.1:9/v1", "say_yes", num_fewshot=-1), place.lab)


def test_a_kill_loses_only_what_is_under_way(place: Any, folder: Path) -> None:
    async def slow(request: web.Request, number: int) -> web.Response:
        time.sleep(0.02)
        return await says(request, number)

    many = [{"question": f"({i}) SAY yes", "answer": "yes"} for i in range(150)]
    (folder / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in many))
    with place.serving(slow) as url:
        (folder / "m.toml").write_text(
            f'title = "t"\n[subject]\npart = "llm.endpoint"\nbase_url = "{url}"\nmodel = "m"\n[procedure]\n'
            'part = "exchange.lm_eval"\ntask = "say_yes"\ninclude_path = "tasks"\nmax_connections = 5\n'
        )
        command = [sys.executable, "-m", "assay", "measure", "m.toml", "--lab", str(place.lab)]
        begun = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 100
        while place.asked.total() < 60 and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(begun.pid, signal.SIGKILL)
        begun.wait()
        time.sleep(0.5)  # what it had sent has arrived
        first = place.total()
        with sqlite3.connect(place.lab / "store.sqlite") as db:
            [(kept,)] = db.execute("SELECT count(*) FROM response")
        assert 60 <= first < 150 and first - 20 <= kept <= first  # 5 under way, and 50 ms of answers
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
        assert place.total() == 150 - kept


def test_a_process_that_dies_stops_the_run_with_its_last_words(
    place: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = LmEval(task="say_yes", include_path="tasks")
    assert made.trial_timeout_s == 3600
    (folder / "tasks" / "stumbling.py").write_text("import os\n\ndef score(doc, results):\n    os._exit(3)\n")
    with place.serving(says) as url, pytest.raises(CannotMeasure) as told:
        assay.measure(table(url, "stumbles"), place.lab)
    assert told.value.code == "foreign.ended"
