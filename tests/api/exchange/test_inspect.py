"""Tasks of Inspect AI, run on a subject of ours by Inspect itself."""

import asyncio
import gc
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.api.measurement import recipe
from assay.packs.general.bench.ask import Ask
from assay.vocabulary.errors import BadInput, CannotMeasure

pytest.importorskip("inspect_ai", reason="needs the extra 'inspect'")
pytestmark = pytest.mark.filterwarnings("ignore")  # another package's own

TASKS = Path(__file__).parent / "tasks" / "known.py"
LETTER = "ABCDEFGH"


@pytest.fixture(autouse=True)
def left_behind() -> Iterator[None]:
    """Inspect leaves streams unclosed; that is to be told here, and not in whatever test comes next."""
    yield
    gc.collect()


def reply(text: str | None = None, **more: Any) -> web.Response:
    message = {"role": "assistant", "content": text, **more}
    finish = "tool_calls" if "tool_calls" in more else "stop"
    body = {"model": "scripted-1", "choices": [{"message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2}}  # fmt: skip
    return web.json_response(body)


async def says(request: web.Request, number: int) -> web.Response:
    """Says what stands after SAY, refuses REFUSE, calls tools for DO, and grades C."""
    asked = json.loads(await request.read())
    first = next(m for m in asked["messages"] if m["role"] == "user")["content"]
    text = asked["messages"][-1]["content"]
    if "[BEGIN DATA]" in text:
        return reply("GRADE: C")
    if first == "REFUSE":
        return reply(None, refusal="I would rather not.")
    if first.startswith("DO "):
        return act(asked, first)
    if "tries" in request.query:
        await asyncio.sleep(float(request.query["tries"]))
    found = re.search(r"SAY (\w+)", first)
    return reply(found[1] if found else "")


def act(asked: dict[str, Any], first: str) -> web.Response:
    results = [m for m in asked["messages"] if m["role"] == "tool"]
    assert {one["function"]["name"] for one in asked["tools"]} == {"in_sandbox", "submit"}
    name, arguments = "in_sandbox", first.removeprefix("DO ")
    if results:
        name, arguments = "submit", json.dumps({"answer": results[-1]["content"]})
    call = {"id": f"c{len(results)}", "type": "function", "function": {"name": name, "arguments": arguments}}
    return reply("Let me see.", tool_calls=[call])


def table(url: str, task: str, subject: dict[str, Any] | None = None, **procedure: Any) -> dict[str, Any]:
    asked = {"part": "llm.endpoint", "base_url": url, "model": "scripted", **(subject or {})}
    own = {"part": "exchange.inspect", "task": f"{TASKS}@{task}", "retries": 1, **procedure}
    return {"title": "t", "subject": asked, "procedure": own}


def by_item(place: Any, measurand: str = "exchange.score") -> dict[str, dict[str, Any]]:
    return {row["item"]: row for row in place.rows() if row["measurand"] == measurand}


def test_a_misspelt_cluster_is_not_taken_for_independence(place: Any) -> None:
    with place.serving(says) as url, pytest.raises(BadInput, match="'abuot'.*20 lack it.*about"):
        assay.measure(table(url, "plain", cluster="abuot"), place.lab)
    assert not place.lab.exists()


def test_a_task_is_a_measurement_and_is_not_asked_twice(place: Any) -> None:
    with place.serving(says) as url:
        made = assay.measure(table(url, "plain", cluster="about"), place.lab)
        [result] = made.report.results
        assert (result.value, result.n_observations, made.reused) == (0.75, 40, 0)
        assert place.total() == 40
        again = assay.measure(table(url, "plain", cluster="about"), place.lab)
        assert (again.reused, place.total(), again.report.id) == (40, 0, made.report.id)
    report = made.report
    assert report.material.name == "yes-no" and report.material.version == "3" and report.material.n_items == 20
    assert [note.code for note in report.notes[:2]] == ["foreign", "foreign.own_grader"]
    assert report.notes[0].values["tool"].startswith("Inspect AI 0.")
    assert report.procedure.bench.settings["tool_version"] in report.notes[0].values["tool"]
    assert report.conditions.usage == {"input_tokens": 280, "output_tokens": 80}
    row = place.rows()[0]
    assert (row["item"], row["group"], row["output"], row["value"]) == ("q0", "0", "no", 0.0)
    assert assay.verify(made.path, place.lab).passed


def test_seeds_are_ours_and_so_is_the_sampling(place: Any) -> None:
    with place.serving(says) as url:
        assay.measure(table(url, "sampling", {"temperature": 0.0}), place.lab)
        sent = [json.loads(body) for body in place.asked]
        assert {one["temperature"] for one in sent} == {0.0}  # ours, though the task says 0.7
        assert {one["max_tokens"] for one in sent} == {9}  # the task's, since the subject sets none
        seeds = [one["seed"] for one in sent]
        assert len(set(seeds)) == 2
        place.total()
        assay.measure(table(url, "sampling", {"temperature": 0.0}), place.folder / "other")
        assert {json.loads(body)["seed"] for body in place.asked} == set(seeds)  # two at once: either may come first
        place.total()
        assay.measure(table(url, "sampling", {"temperature": 0.0}), place.lab, again=True)
        assert not set(seeds) & {json.loads(body)["seed"] for body in place.asked}


def test_the_certified_score_lies_in_the_interval(place: Any) -> None:
    server = place.server(items=200)
    [variant] = recipe({"part": "llm.choice"}).procedure.plan.variants  # the wording that the certificate is for
    rows = [{"id": item.id, "input": Ask().stimulus(item, variant), "target": item.reference}
            for item in server.model.items()]  # fmt: skip
    file = place.folder / "asked.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with place.serving(server) as url:
        asked = table(url, "reference", {"model": "reference"}, repeats=2, arguments={"path": str(file)})
        [result] = assay.measure(asked, place.lab).report.results
    truth = server.model.certificate([variant.name])["population"]
    assert result.interval is not None and result.interval[0] <= truth <= result.interval[1]
    assert result.value is not None and abs(result.value - truth) < 4 * (result.u or 0)
    assert result.counts["ok"] + result.counts.get("refused", 0) == 400


def test_every_score_is_a_channel(place: Any) -> None:
    with place.serving(says) as url:
        made = assay.measure(table(url, "many_scores"), place.lab)
        found = {result.measurand: result.value for result in made.report.results}
        assert found == {"exchange.score:match": 0.75, "exchange.value:several.length": 2.75,
                         "exchange.score:several.polite": 0.0}  # fmt: skip
        assert made.report.measurands["exchange.score:match"].label["en"] == "Score as recorded (match)"
        again = assay.read("last", "general.exact", place.lab)  # the outputs, by an instrument of ours
        assert again.report.results[0].value == 0.75
        own = {"measurand": "llm.accuracy", "instrument": {"part": "exchange.as_scored", "score": "match"}}
        need = [{"measurand": "llm.accuracy", "at_least": 0.2, "risk": 0.05}]
        asked = {**table(url, "many_scores", channel=[own]), "requirement": need}
        named = assay.measure(asked, place.lab)
        assert (named.report.results[0].measurand, named.report.results[0].value) == ("llm.accuracy", 0.75)
        assert len(named.report.decisions) == 1


def scored(name: str) -> dict[str, Any]:
    return {"measurand": "exchange.score", "instrument": {"part": "exchange.as_scored", "score": name}}


def test_a_score_that_the_task_does_not_give_is_refused_before_anything_is_asked(place: Any) -> None:
    with place.serving(says) as url, pytest.raises(BadInput, match="several.polite") as refused:
        assay.measure(table(url, "many_scores", channel=[scored("several.polit")]), place.lab)
    assert refused.value.code == "foreign.score" and "several.polit" in refused.value.message("zh")
    assert not place.lab.exists()


def test_a_score_that_no_answer_has_is_no_result_without_a_value(place: Any) -> None:
    """The scorer names the keys of its values by a pattern: which there are is known once there are answers."""
    with place.serving(says) as url:
        with pytest.raises(CannotMeasure, match="by_pattern.polite") as told:
            assay.measure(table(url, "named_later", channel=[scored("by_pattern.polit")]), place.lab)
        assert told.value.code == "foreign.no_such_score" and not list((place.lab / "reports").glob("*"))
        assert place.total() == 4
        made = assay.measure(table(url, "named_later", channel=[scored("by_pattern.polite")]), place.lab)
        assert (made.report.results[0].value, place.total()) == (1.0, 0)
    with pytest.raises(BadInput, match="by_pattern.polite"):
        assay.read(made.report.run, {"part": "exchange.as_scored", "score": "polite"}, place.lab)


def test_what_is_lost_keeps_its_status(place: Any) -> None:
    with place.serving(says) as url:
        made = assay.measure(table(url, "losing"), place.lab)
    rows = by_item(place)
    assert Counter(row["status"] for row in rows.values()) == {
        "ok": 6, "instrument_failed": 2, "subject_failed": 1, "refused": 1
    }  # fmt: skip
    assert "this scorer cannot" in rows["q1"]["note"] and rows["q1"]["output"] == "yes"
    assert rows["q2"]["status"] == "instrument_failed"
    assert "this solver cannot" in rows["q3"]["note"]
    assert rows["q5"]["status"] == "refused" and rows["q5"]["output"] == "I would rather not."
    assert rows["q4"]["value"] == 1.0
    assert made.report.results[0].n_observations == 10


def test_agents_tools_and_sandboxes_work(place: Any) -> None:
    with place.serving(says) as url:
        made = assay.measure(table(url, "agent"), place.lab)
        assert made.report.results[0].value == 1.0
        assert place.total() == 8  # a call of the tool, and one to submit
        assert made.report.conditions.usage == {"input_tokens": 56, "output_tokens": 16}
    assert {row["item"]: row["output"].splitlines()[-1] for row in place.rows()} == {f"a{i}": f"w{i}" for i in range(4)}


def test_a_grader_without_a_role_is_the_subject_and_is_counted(place: Any) -> None:
    with place.serving(says) as url:
        made = assay.measure(table(url, "graded"), place.lab)
        assert made.report.results[0].value == 1.0 and place.total() == 8
        assert made.report.conditions.usage["input_tokens"] == 56


def test_a_kill_loses_only_what_is_under_way(place: Any) -> None:
    file = place.folder / "m.toml"
    with place.serving(says) as url:
        asked = table(f"{url}?tries=0.02", "plain", arguments={"n": 150, "epochs": 1}, max_connections=5)
        file.write_text(
            "title = 't'\n[subject]\n" + lines(asked["subject"]) + "[procedure]\n" + lines(asked["procedure"])
        )
        command = [sys.executable, "-m", "assay", "measure", str(file), "--lab", str(place.lab)]
        begun = subprocess.Popen(command, cwd=place.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while place.asked.total() < 60 and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(begun.pid, signal.SIGKILL)
        begun.wait()
        time.sleep(0.5)  # what it had sent has arrived
        first = place.total()
        with sqlite3.connect(place.lab / "store.sqlite") as db:
            [(kept,)] = db.execute("SELECT count(*) FROM response")
        assert 60 <= first < 150 and first - 5 - 15 <= kept <= first  # 5 under way, and 50 ms of answers
        ended = subprocess.run(command, cwd=place.folder, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
        assert place.total() == 150 - kept
    assert len(place.rows()) == 150


def lines(part: dict[str, Any]) -> str:
    def shown(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key} = {shown(one)}" for key, one in value.items()) + "}"
        return json.dumps(value)

    return "".join(f"{key} = {shown(value)}\n" for key, value in part.items())


def test_a_failing_server_is_asked_again_and_the_result_is_the_same(place: Any) -> None:
    async def unsteady(request: web.Request, number: int) -> web.Response:
        return web.Response(status=500) if number % 3 == 0 else await says(request, number)

    with place.serving(unsteady) as url:
        made = assay.measure(table(url, "agent", retries=8), place.lab)
    assert made.report.results[0].value == 1.0 and made.report.results[0].counts == {"ok": 4}


@pytest.mark.parametrize("task", ["no_such_task", "missing_data", "unscored"])
def test_a_task_that_cannot_be_had_or_gives_no_score_is_refused(place: Any, task: str) -> None:
    with pytest.raises(BadInput) as refused:
        assay.preview(table("http://127.0.0.1:9/v1", task), place.lab)
    assert refused.value.code == ("foreign.no_score" if task == "unscored" else "foreign.task")


def test_a_run_and_the_import_of_its_log_have_the_same_readings(place: Any) -> None:
    from inspect_ai import eval as run_inspect
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    with place.serving(says) as url:
        assay.measure(table(url, "plain", repeats=1), place.lab)
    ours = [(row["item"], row["repeat"], row["output"], row["status"], row["value"]) for row in place.rows()]
    said = [ModelOutput.from_content("mockllm/model", str(row[2])) for row in ours]
    for one in said:
        one.usage = ModelUsage(input_tokens=1, output_tokens=1)
    run_inspect(
        f"{TASKS}@plain", model=get_model("mockllm/model", custom_outputs=said), epochs=1, max_samples=1,
        log_dir=str(place.folder / "logs"), log_format="json", display="none", max_connections=1,
    )  # fmt: skip
    assay.import_logs([place.folder / "logs"], place.folder / "imported")
    theirs = assay.observations("last", place.folder / "imported", outputs=True)
    found = [(row["item"], row["repeat"], row["output"], row["status"], row["value"]) for row in theirs]
    assert sorted(found) == sorted(ours)  # the log has them in another order


def test_wrong_settings_are_refused(place: Any) -> None:
    url = "http://127.0.0.1:9/v1"
    for change, code in (
        ({"arguments": {"nn": 3}}, "foreign.task"), ({"sample": 0}, "setting.value"),
        ({"tasks": "x"}, "setting.unknown"), ({"task": "gone.py@x"}, "file.missing"),
        ({"task": "inspect_evals/no_such"}, "foreign.task"),
        ({"token_limit": "x"}, "setting.type"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            asked = table(url, "plain")
            assay.preview({**asked, "procedure": {**asked["procedure"], **change}}, place.lab)
        assert refused.value.code == code, change
    with pytest.raises(BadInput) as refused:
        assay.preview({**table(url, "plain"), "material": {"part": "general.table", "path": "x"}}, place.lab)
    assert refused.value.code == "foreign.material"


def test_part_of_the_items_is_drawn_at_random_and_always_the_same(place: Any) -> None:
    with place.serving(says) as url:
        assay.measure(table(url, "plain", sample=8, repeats=1), place.lab)
        place.total()
        first = [row["item"] for row in place.rows()]
        assert len(first) == 8 and first != [f"q{i}" for i in range(8)]
        assert assay.measure(table(url, "plain", sample=9, repeats=1), place.lab).reused == 8
        assert place.total() == 1


@pytest.mark.parametrize(("task", "reason"), [("raising", "this task is broken"), ("answers_itself", "without asking")])
def test_a_task_that_never_asks_is_no_result(place: Any, task: str, reason: str) -> None:
    with place.serving(says) as url, pytest.raises(CannotMeasure, match=reason):
        assay.measure(table(url, task), place.lab)


def test_a_model_that_answers_nothing_is_read_as_the_task_reads_it(place: Any) -> None:
    async def silent(request: web.Request, number: int) -> web.Response:
        return reply("")

    with place.serving(silent) as url:
        made = assay.measure(table(url, "plain", repeats=1), place.lab)
    assert made.report.results[0].value == 0.0 and made.report.results[0].counts == {"ok": 20}


def test_a_sample_that_takes_too_long_is_given_up_alone(place: Any) -> None:
    async def one_hangs(request: web.Request, number: int) -> web.Response:
        if b"(1) SAY" in await request.read():
            await asyncio.sleep(4)
        return await says(request, number)

    with place.serving(one_hangs) as url:
        made = assay.measure(table(url, "plain", repeats=1, retries=0, sample_timeout_s=1.5), place.lab)
    assert made.report.results[0].counts == {"ok": 19, "subject_failed": 1}
    assert "1.5 s" in by_item(place)["q1"]["note"]


def test_nobody_there_is_told_at_once(place: Any) -> None:
    with pytest.raises(CannotMeasure) as told:
        assay.measure(table("http://127.0.0.1:9/v1", "plain"), place.lab)
    assert told.value.code in ("observe.unreachable", "subject.unreachable", "observe.stopped")
