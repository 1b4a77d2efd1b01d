"""Verdicts by a JSON schema, as far as the endpoint takes it; the parser is as strict as without."""

import json
from typing import Any

import pytest
from aiohttp import web

import assay
from assay.packs.judging._question import schema, verdict
from assay.testing.reference import ReferenceModel
from assay.testing.reference_judge import ReferenceJudge
from assay.testing.reference_server import ReferenceServer
from assay.vocabulary.errors import BadInput, CannotMeasure
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.rubric import load


def judged(place: Any, url: str, judge: str, items: int = 12, **more: Any) -> dict[str, Any]:
    model = ReferenceModel(n_items=items, score=0.8)
    model.write_items(place.folder / "items.jsonl")
    one = {"part": "llm.endpoint", "base_url": judge, "model": "judge"} | more
    instrument = {"part": "judging.pointwise", "judge": one, "uncalibrated": True, "rubric": "judging.correctness",
                  "structured": "auto"}  # fmt: skip
    table: dict[str, Any] = place.table(url, part="judging.passing", instrument=instrument, max_connections=1)
    table["procedure"].pop("variants")
    return table


def subject(place: Any) -> ReferenceServer:
    return ReferenceServer(model=ReferenceModel(n_items=12, score=0.8), judge=ReferenceJudge())


def answered(text: str) -> web.Response:
    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return web.json_response({"model": "judge", "choices": [message], "usage": {}})


class Judge:
    """A judge's endpoint that takes a schema, or refuses it with this status."""

    def __init__(self, refuses: int = 0, says: str = '{"note": "n", "verdict": "pass"}') -> None:
        self.refuses, self.says = refuses, says
        self.asked: list[bool] = []
        self.format: Any = None

    async def __call__(self, request: web.Request, number: int) -> web.StreamResponse:
        body = json.loads(await request.read())
        self.asked.append("response_format" in body)
        self.format = body.get("response_format", self.format)
        if self.asked[-1] and self.refuses:
            return web.json_response({"error": {"message": "what is that?"}}, status=self.refuses)
        return answered(self.says)


def test_an_endpoint_that_takes_a_schema_is_asked_by_it(place: Any) -> None:
    judge = Judge()
    with place.serving(subject(place)) as url, place.serving(judge) as other:
        found = assay.measure(judged(place, url, other), place.lab)
    assert all(judge.asked) and len(judge.asked) == 12
    assert judge.format["type"] == "json_schema" and judge.format["json_schema"]["strict"] is True
    properties = judge.format["json_schema"]["schema"]["properties"]
    assert properties["verdict"]["enum"] == ["pass", "fail"] and list(properties) == ["note", "verdict"]
    assert found.report.conditions.judges[0].served[0][0]["response_format"] == "json_schema"
    assert found.results[0].value == 1.0


@pytest.mark.parametrize("status", [400, 404, 422])
def test_one_that_refuses_it_is_asked_without_after_the_first_question(place: Any, status: int) -> None:
    judge = Judge(refuses=status)
    with place.serving(subject(place)) as url, place.serving(judge) as other:
        found = assay.measure(judged(place, url, other), place.lab)
    assert judge.asked == [True] + [False] * 12
    assert found.report.conditions.judges[0].served[0][0]["response_format"] == "refused"
    assert found.results[0].value == 1.0


def test_what_is_refused_either_way_is_said_as_it_is_without(place: Any) -> None:
    async def nobody(request: web.Request, number: int) -> web.StreamResponse:
        return web.json_response({"error": {"message": "no such key"}}, status=401)

    with place.serving(subject(place)) as url, place.serving(nobody) as other, pytest.raises(CannotMeasure):
        assay.measure(judged(place, url, other), place.lab)


def test_a_schema_makes_no_verdict_of_what_is_none(place: Any) -> None:
    judge = Judge(says="I would say that it passes.")
    with place.serving(subject(place)) as url, place.serving(judge) as other, pytest.raises(CannotMeasure) as caught:
        assay.measure(judged(place, url, other), place.lab)
    assert "judge_unparseable" in str(caught.value)


def test_the_schema_is_part_of_what_the_judge_is(place: Any) -> None:
    judge = Judge()
    with place.serving(subject(place)) as url, place.serving(judge) as other:
        table = judged(place, url, other)
        first = assay.measure(table, place.lab)
        plain = table["procedure"] | {"instrument": table["procedure"]["instrument"] | {"structured": ""}}
        second = assay.measure(table | {"procedure": plain}, place.lab)
    assert first.report.conditions.judges[0].identity != second.report.conditions.judges[0].identity
    assert judge.asked == [True] * 12 + [False] * 12


@pytest.mark.parametrize("name", ["correctness", "helpfulness"])
def test_the_parser_takes_what_the_schema_allows_and_nothing_else(name: str) -> None:
    from assay.catalogue.find import locate

    shelf = locate("instrument", "judging.pointwise", "test").path.replace("instrument/pointwise.py", "rubric/")
    rubric = load(f"{shelf}{name}.toml")
    for value in schema(rubric)["properties"]["verdict"]["enum"]:
        text = json.dumps({"note": "n", "verdict": value})
        assert verdict(rubric, 1, Response(status="ok", output=text)) == value
    text = json.dumps({"note": "n", "verdict": "perhaps"})
    assert isinstance(verdict(rubric, 1, Response(status="ok", output=text)), Reading)


@pytest.mark.parametrize("more", [{"api": "completions"}, {"body": {"response_format": {"type": "json_object"}}}])
def test_settings_that_contradict_a_schema_are_named(place: Any, more: dict[str, Any]) -> None:
    with place.serving(subject(place)) as url, pytest.raises(BadInput) as caught:
        assay.measure(judged(place, url, url, **more), place.lab)
    assert caught.value.code == "setting.value"


def test_another_word_than_auto_is_named(place: Any) -> None:
    with place.serving(subject(place)) as url:
        table = judged(place, url, url)
        table["procedure"]["instrument"]["structured"] = "always"
        with pytest.raises(BadInput) as caught:
            assay.measure(table, place.lab)
    assert "structured" in str(caught.value)
