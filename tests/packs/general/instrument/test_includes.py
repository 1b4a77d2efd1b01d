"""The includes instrument: the reference stands in the answer."""

import asyncio
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.general.instrument.includes import Includes
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(output: Any, reference: Any, includes: Includes | None = None, **values: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    return asyncio.run((includes or Includes()).read(item, Response(status="ok", output=output, **values)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "general.includes", "test")) == []


@pytest.mark.parametrize(
    ("output", "reference", "value"),
    [
        ("It is a cat.", "cat", 1), ("concatenate", "cat", 0), ("Cats", "cat", 0), ("THE CAT", "cat", 1),
        ("答案是cat吗", "cat", 1),
        ("首都是北京市", "北京", 1), ("3.5 m", "3", 0), ("3 m", "3", 1), ("1,300", "300", 0), ("3.", "3", 1),
        ("New\nYork City", "New York", 1),
        ("dog or cat", ["bird", "cat"], 1), ("dog", ["bird", "cat"], 0), ("ｃａｔ", "cat", 1), ("naïve cat",
        "naive", 0),
        ("C++ is fine", "C++", 1), ("<think>cat</think>dog", "cat", 0), ("catcat cat", "cat", 1),
        ("x " * 900_000 + "cat", "cat", 1),
    ],
    ids=range(19),
)  # fmt: skip
def test_looks_for_whole_words(output: Any, reference: Any, value: int) -> None:
    assert read(output, reference) == Reading(value=float(value))


def test_case_may_count() -> None:
    assert read("CAT", "cat", Includes(ignore_case=False)).value == 0


def test_what_is_no_answer_is_no_wrong_answer() -> None:
    assert read(" ", "x") == Reading(status="subject_failed", note="empty")
    assert read("I'm sorry, but I can't share that.", "x") == Reading(status="refused", note="refusal")
    assert read("It may be", "x", finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("It is x and", "x", finish="length") == Reading(value=1.0, note="cut_off")


def test_what_can_never_be_read_is_named() -> None:
    for reference in (None, {"x": 1}, "", ["a", " "]):
        assert Includes().check(Item(id="1", stimulus="?", reference=reference))
    assert Includes().check(Item(id="1", stimulus="?", reference="x")) == ""
