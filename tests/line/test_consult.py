"""Judges are asked once, their answers are kept, and what fails is their failure."""

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.line.consult import MASK, names_of, unnamed
from assay.testing.reference import ReferenceModel
from assay.testing.reference_judge import ReferenceJudge
from assay.testing.reference_server import ReferenceServer
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.observation import Response


def server(place: Any, items: int = 20, **judge: Any) -> ReferenceServer:
    model = ReferenceModel(n_items=items, score=0.8)
    model.write_items(place.folder / "items.jsonl")
    return ReferenceServer(model=model, judge=ReferenceJudge(**judge))


def judged(place: Any, url: str, more: dict[str, Any] | None = None, **procedure: Any) -> dict[str, Any]:
    judge = {"part": "llm.endpoint", "base_url": url, "model": "judge"}
    instrument: dict[str, Any] = {"part": "judging.pointwise", "judge": judge, "uncalibrated": True}
    instrument |= {"rubric": "judging.correctness", **(more or {})}
    table: dict[str, Any] = place.table(url, part="judging.passing", instrument=instrument, **procedure)
    table["procedure"].pop("variants")
    return table


def test_an_uncalibrated_judge_is_refused_before_anything_is_asked(place: Any) -> None:
    with place.serving(server(place)) as url:
        with pytest.raises(BadInput) as caught:
            assay.measure(judged(place, url, {"uncalibrated": False}), place.lab)
        assert caught.value.code == "certificate.none" and place.total() == 0


def test_an_uncalibrated_judge_is_named_before_any_number(place: Any) -> None:
    with place.serving(server(place)) as url:
        found = assay.measure(judged(place, url), place.lab)
    shown = repr(found).splitlines()
    assert shown[0] == "test" and "not calibrated" in shown[1]
    from assay.api.runs import render

    page = render(found, "html", "en", Path("report.html")).read_text("utf-8")
    assert page.index("not calibrated") < page.index('class="number"')
    assert "not calibrated" in found._repr_html_()


def test_nothing_is_asked_twice_and_reading_again_asks_only_the_judge(place: Any) -> None:
    with place.serving(server(place)) as url:
        first = assay.measure(judged(place, url), place.lab)
        assert place.total() == 40
        again = assay.measure(judged(place, url), place.lab)
        assert place.total() == 0 and again.results == first.results
        assay.measure(judged(place, url, {"passes": ("fail",)}), place.lab)
        assert place.total() == 0, "another way of counting needs no other answer"
        judge = {"part": "llm.endpoint", "base_url": url, "model": "judge", "temperature": 0.5}
        other = {"part": "judging.pointwise", "judge": judge, "rubric": "judging.correctness", "uncalibrated": True}
        assay.read("last", other, place.lab)
        assert place.total() == 20, "another judge is asked; the subject is not"


def test_a_judge_that_dies_is_gone_on_with(place: Any) -> None:
    table: dict[str, Any] = {}
    with place.serving(server(place)) as url:
        table = judged(place, url)
        table["procedure"]["max_requests"] = 20
        whole = assay.measure(table, place.lab)  # the cap holds for subject and judges each
        assert place.total() == 40
        lab = place.folder / "other"
        table["procedure"]["instrument"]["judge"]["temperature"] = 0.1
        table["procedure"]["max_requests"] = 20
        table["procedure"]["repeats"] = 1
        table["procedure"]["instrument"]["judge"] = [table["procedure"]["instrument"]["judge"]] * 3
        with pytest.raises(CannotMeasure) as caught:
            assay.measure(table, lab)
        assert caught.value.code == "consult.cap" and place.total() == 40
        table["procedure"].pop("max_requests")
        done = assay.measure(table, lab)
        assert place.total() == 40 and done.results[0].n_observations == whole.results[0].n_observations


def test_a_judge_that_fails_is_a_failure_of_the_instrument(place: Any) -> None:
    model = server(place).model

    async def script(request: web.Request, number: int) -> web.StreamResponse:
        body = await request.json()
        if body["model"] == "judge" and number % 3 == 0:
            return web.json_response({"error": {"message": "no"}}, status=400)
        said = '{"verdict": "pass"}' if body["model"] == "judge" else "B"
        message = {"message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        return web.json_response({"choices": [message]})

    assert model.n_items == 20
    with place.serving(script) as url:
        (result,) = assay.measure(judged(place, url), place.lab).results
    assert result.counts.keys() == {"ok", "instrument_failed"} and result.value == 1.0
    assert all(row["value"] is None for row in place.rows() if row["status"] != "ok")


def test_what_the_judge_said_instead_of_a_verdict_is_kept(place: Any) -> None:
    with place.serving(server(place, unparseable=0.5)) as url:
        (result,) = assay.measure(judged(place, url), place.lab).results
    lost = [row for row in place.rows() if row["status"] == "instrument_failed"]
    assert len(lost) == result.counts["instrument_failed"] > 2
    assert all("rather discuss it" in row["note"] for row in lost)


def test_the_judge_is_never_told_who_answered(place: Any) -> None:
    seen: list[str] = []
    server(place)

    async def script(request: web.Request, number: int) -> web.StreamResponse:
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        if body["model"] == "judge-9":
            seen.append(prompt)
        said = '{"verdict": "pass"}' if body["model"] == "judge-9" else "I am Org/Model-7B (model-7b): B."
        return web.json_response({"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})

    with place.serving(script) as url:
        table = judged(place, url, {"judge": {"part": "llm.endpoint", "base_url": url, "model": "judge-9"}})
        table["subject"]["model"] = "org/model-7b"
        assay.measure(table, place.lab)
    assert len(seen) == 20 and all("model-7b" not in prompt.lower() and MASK in prompt for prompt in seen)
    assert json.loads(json.dumps(place.rows()[0]))["output"].startswith("I am Org/Model-7B"), "what was said is kept"


@pytest.mark.parametrize(
    ("subject", "judge", "refused"),
    [
        ("gpt-5", "gpt-5", True), ("org/Llama-3-8B", "meta-llama/llama-3.1-70b", True), ("qwen2.5", "Qwen3-max", True),
        ("reference", "judge", False), ("gpt-5", "claude-4", False),
    ],
)  # fmt: skip
def test_a_judge_is_never_the_subject_or_its_relative_unless_named_as_such(
    place: Any, subject: str, judge: str, refused: bool
) -> None:
    server(place)
    table = judged(place, "http://127.0.0.1:9/v1")
    table["subject"]["model"] = subject
    table["procedure"]["instrument"]["judge"]["model"] = judge
    if not refused:
        assert assay.preview(table, place.lab).requests == 20
        return
    with pytest.raises(BadInput) as caught:
        assay.preview(table, place.lab)
    assert caught.value.code == "judge.relative"
    table["procedure"]["instrument"]["relative"] = "nobody else speaks this language"
    assert assay.preview(table, place.lab).requests == 20


def test_only_names_that_are_no_plain_words_are_masked() -> None:
    assert names_of({"model": "reference"}) == ()
    assert names_of({"model": "org/gpt-4o"}) == ("org/gpt-4o", "gpt-4o")
    assert unnamed(Response(status="ok", output="GPT-4o says gpt"), ("gpt-4o",)).output == f"{MASK} says gpt"
    tree = Response(status="ok", output={"x": "gpt-4o"})
    assert unnamed(tree, ("gpt-4o",)) is tree


def test_a_pair_is_judged_in_both_orders_and_places_are_counted_without_asking_again(place: Any) -> None:
    with place.serving(server(place, sensitivity=1.0, position_bias=0.3)) as url:
        judge = {"part": "llm.endpoint", "base_url": url, "model": "judge"}
        common = {"part": "judging.comparative", "judge": judge, "rubric": "judging.preference", "uncalibrated": True}
        rows = [json.loads(line) for line in (place.folder / "items.jsonl").read_text().splitlines()]
        texts = [json.dumps({"id": row["id"], "input": row["input"], "target": "grade=1"}) for row in rows]
        (place.folder / "items.jsonl").write_text("\n".join(texts))
        table = place.table(url, part="judging.comparing", channel=[
            {"measurand": "judging.preference", "instrument": common},
            {"measurand": "judging.place", "instrument": {**common, "counts": "place"}},
        ])  # fmt: skip
        table["procedure"].pop("variants")
        preference, places = assay.measure(table, place.lab).results
    assert place.total() == 20 + 2 * 20
    assert preference.value is not None and places.value is not None
    assert 0 < places.value < 1 and preference.counts == places.counts == {"ok": 20}
