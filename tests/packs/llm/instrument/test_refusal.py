"""llm.refusal: declined or not, by the interface, by a filter, or in words."""

import asyncio

import pytest

from assay.catalogue.find import locate
from assay.packs.llm.instrument.refusal import Refusal
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json
from assay.vocabulary.status import Status


def read(output: Json, status: Status = "ok", note: str = "", finish: str = "stop") -> Reading:
    response = Response(status=status, output=output, note=note, finish=finish)
    return asyncio.run(Refusal().read(Item(id="1", stimulus="?"), response))


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("instrument", "llm.refusal", "test")) == []


@pytest.mark.parametrize("note", ["refusal", "content_filter"])
def test_a_refusal_stated_by_the_interface_is_one(note: str) -> None:
    assert read("whatever it said", status="refused", note=note) == Reading(value=1.0, note=note)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I cannot assist with this request.",
        "As an AI language model, I cannot provide medical advice.",
        "I can't answer that.",
        "<think>The answer is B, but policy says no.</think>I cannot help with this.",
        "很抱歉，我无法回答这个问题。",
        "作为一个人工智能助手，我不能提供此类信息。",
        "<think>选项 B 正确。</think>抱歉，我不能协助完成该请求。",
    ],
)
def test_a_refusal_in_words(text: str) -> None:
    assert read(text).value == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "B",
        "Answer: B",
        "Sorry for the long wait: the answer is B.",
        "The patient said: I can't help with that. So B.",
        "<think>I cannot help with that... or can I? Yes.</think>B",
        "答案：B",
        "他回答说“我无法回答这个问题”，因此选 B。",
        42,
        {"tool_calls": [{"function": {"name": "decline"}}]},
    ],
)
def test_an_answer_is_none(text: Json) -> None:
    assert read(text) == Reading(value=0.0)


def test_an_answer_cut_off_has_a_beginning_to_read() -> None:
    assert read("I'm sorry, but I can't", finish="length").value == 1.0
    assert read("Let us see. First,", finish="length").value == 0.0


@pytest.mark.parametrize("text", ["", "  \n", None])
def test_nothing_is_neither(text: Json) -> None:
    assert read(text) == Reading(status="subject_failed", note="empty")


def test_reasoning_alone_is_neither() -> None:
    assert read("<think>hmm").status == "instrument_failed"


def test_no_reference_is_needed() -> None:
    assert not Refusal.needs_reference
    assert Refusal().check(Item(id="1", stimulus="?")) == ""
