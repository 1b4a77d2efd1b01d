"""llm.tool_calls: the right tools with the right arguments."""

import asyncio
import json
import time
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.llm.instrument.tool_calls import ToolCalls
from assay.testing.check import _HOSTILE, check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

A = {"name": "weather", "arguments": {"city": "Paris", "days": 2}}
B = {"name": "mail", "arguments": {"to": ["x@y"], "now": True}}


def returned(*calls: dict[str, Any]) -> Any:
    return {"tool_calls": [{"id": "1", "type": "function", "function": {"name": c["name"],
            "arguments": json.dumps(c["arguments"])}} for c in calls]}  # fmt: skip


def read(output: Any, *wanted: Any, finish: str = "stop", **settings: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=list(wanted))
    made = ToolCalls(**settings)
    assert made.check(item) == ""
    return asyncio.run(made.read(item, Response(status="ok", output=output, finish=finish)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "llm.tool_calls", "test")) == []


@pytest.mark.parametrize(
    "output",
    [
        returned(A, B),
        [A, B],
        json.dumps([A, B]),
        json.dumps(returned(A, B)),
        f"<tool_call>\n{json.dumps(A)}\n</tool_call><tool_call>{json.dumps(B)}</tool_call>",
        f"I call:\n```json\n{json.dumps([A, B])}\n```",
        [{"name": "weather", "parameters": {"days": 2.0, "city": "Paris"}}, B],
    ],
)
def test_calls_are_found_wherever_they_stand(output: Any) -> None:
    assert read(output, A, B) == Reading(value=1.0)


def with_arguments(**more: Any) -> dict[str, Any]:
    return {"name": "weather", "arguments": {"city": "Paris", "days": 2, **more}}


@pytest.mark.parametrize(
    ("output", "note"),
    [
        ("It is sunny.", "no_call"),
        (returned(A), "missing_call"),
        (returned(A, B, A), "extra_call"),
        (returned(B, A), "wrong_order"),
        (returned(A, {**B, "name": "post"}), "wrong_name"),
        (returned(with_arguments(days=3), B), "wrong_arguments"),
        (returned(with_arguments(days="2"), B), "wrong_arguments"),
        (returned(with_arguments(unit="C"), B), "wrong_arguments"),
        (returned(A, {"name": "mail", "arguments": {"to": ["x@y"], "now": 1}}), "wrong_arguments"),
        ({"tool_calls": [{"function": {"name": "weather", "arguments": "{city:"}}]}, "bad_arguments"),
    ],
)
def test_what_is_wrong_is_said(output: Any, note: str) -> None:
    assert read(output, A, B) == Reading(value=0.0, note=note)


def test_what_counts_is_set() -> None:
    assert read(returned(B, A), A, B, order="any_order").value == 1.0
    assert read(returned(A, B, A), A, B, extra="allowed").value == 1.0
    assert read(returned(with_arguments(unit="C")), A, arguments="at_least").value == 1.0
    assert read(returned({"name": "weather", "arguments": {}}), A, arguments="at_least").value == 0.0
    assert read(returned({"name": "weather", "arguments": {}}), A, arguments="ignored").value == 1.0


def test_each_call_answers_for_one_only() -> None:
    wide = {"name": "f", "arguments": {"a": 1}}
    narrow = {"name": "f", "arguments": {"a": 1, "b": 2}}
    settings = {"arguments": "at_least", "order": "any_order"}
    assert read([narrow, wide], wide, narrow, **settings).value == 1.0
    assert read([wide, wide], wide, narrow, **settings).value == 0.0
    assert read(returned(A, B), A, A).value == 0.0


def test_no_call_may_be_right() -> None:
    assert read("No tool is needed.").value == 1.0
    none = Item(id="1", stimulus="?", reference={"calls": []})
    assert ToolCalls().check(none) == ""
    assert asyncio.run(ToolCalls().read(none, Response(status="ok", output=returned(A)))).note == "extra_call"
    assert read(returned(A)) == Reading(value=0.0, note="extra_call")


def test_what_gives_no_number() -> None:
    assert read(returned(A), A, B, finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("", A).status == "subject_failed"


@pytest.mark.parametrize("reference",
    [None, "weather", {"name": "x"}, [{"arguments": {}}], [{"name": "x", "arguments": "{"}], [1]])
def test_a_target_that_is_no_list_of_calls_is_refused(reference: Any) -> None:
    assert ToolCalls().check(Item(id="1", stimulus="?", reference=reference))


def test_hostile_outputs_give_readings() -> None:
    begun = time.monotonic()
    for output in (*_HOSTILE, "<tool_call>" * 15_000, "```\nx" * 20_000, [A] * 10_000):
        assert read(output, A, B, arguments="at_least", order="any_order").value in (None, 0.0)
    assert time.monotonic() - begun < 20
