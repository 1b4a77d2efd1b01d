"""The exact instrument: the whole answer is the reference."""

import asyncio
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.general.instrument.exact import Exact
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(output: Any, reference: Any, exact: Exact | None = None, **values: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    return asyncio.run((exact or Exact()).read(item, Response(status="ok", output=output, **values)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "general.exact", "test")) == []


@pytest.mark.parametrize(
    ("output", "reference", "value"),
    [
        ("Paris", "Paris", 1), (" paris\n", "Paris", 1), ("New  York", "New York", 1), ("Lyon", "Paris", 0),
        ("Paris.", "Paris", 0),
        ("ＡＢＣ１", "abc1", 1), ("北京", "北京", 1), ("北京市", "北京", 0), ("two", ["2", "two"], 1), (2, "2", 1),
        (2.0, 2, 1),
        (True, "true", 1), ("2", 2, 1), ("It’s", "it's", 1), ("<think>Lyon</think>Paris", "Paris", 1),
        ("cafe\u0301", "café", 1),
        ("x" * 3_000_000, "x", 0), ("Ⅻ", "XII", 1), ("Paris is the capital", "Paris", 0),
    ],
    ids=range(19),
)  # fmt: skip
def test_compares_the_whole_answer(output: Any, reference: Any, value: int) -> None:
    assert read(output, reference) == Reading(value=float(value))


def test_settings() -> None:
    assert read("paris", "Paris", Exact(ignore_case=False)).value == 0
    assert read("New  York", "New York", Exact(ignore_space=False)).value == 0
    bare = Exact(ignore_punctuation=True)
    assert read("Paris!", "Paris", bare).value == 1
    assert read("“Paris”。", "Paris", bare).value == 1
    assert read("3.5", "35", bare).value == 0
    assert read("-5", "5", bare).value == 0
    assert read("3.5.", "3.5", bare).value == 1


def test_what_is_no_answer_is_no_wrong_answer() -> None:
    assert read("", "x") == Reading(status="subject_failed", note="empty")
    assert read("<think>x", "x") == Reading(status="instrument_failed", note="only_reasoning")
    assert read("Sorry, I can't help with that.", "x") == Reading(status="refused", note="refusal")
    assert read("抱歉，我无法回答。", "x") == Reading(status="refused", note="refusal")
    assert read("I cannot answer", "I cannot answer").value == 1.0
    assert read({"x": 1}, "x").note == "not_text"


def test_cut_off_output_is_no_number_while_it_may_become_the_reference() -> None:
    assert read("The Isle of", "The Isle of Wight", finish="length").note == "cut_off"
    assert read("The Isle of", "The Isle of Wight", finish="length").value is None
    assert read("The Isle of Man", "The Isle of Wight", finish="length") == Reading(value=0.0, note="cut_off")
    assert read("Man", "Man", finish="length") == Reading(value=1.0, note="cut_off")


def test_what_can_never_be_read_is_named() -> None:
    for reference in (None, {"x": 1}, [["x"]], "", " "):
        assert Exact().check(Item(id="1", stimulus="?", reference=reference))
    assert Exact(ignore_punctuation=True).check(Item(id="1", stimulus="?", reference="?!"))
    assert Exact().check(Item(id="1", stimulus="?", reference=["a", "b"])) == ""
