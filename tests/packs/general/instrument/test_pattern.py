"""The pattern instrument: what a regular expression captures."""

import asyncio
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.general.instrument.pattern import Pattern
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(output: Any, pattern: Pattern, reference: Any = "42", **values: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    return asyncio.run(pattern.read(item, Response(status="ok", output=output, **values)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "general.pattern", "test")) == []


def test_compares_what_the_last_match_captured() -> None:
    result = Pattern(pattern=r"RESULT=(\w+)", group=1)
    assert read("RESULT=1 RESULT=42", result) == Reading(value=1.0)
    assert read("RESULT=42 RESULT=1", result) == Reading(value=0.0)
    assert read("RESULT=42", result, ["x", "42"]).value == 1.0
    assert read("RESULT=42", Pattern(pattern=r"RESULT=(?P<n>\d+)", group="n"), 42).value == 1.0
    assert read("42", Pattern(pattern=r"\d+")).value == 1.0
    assert read("result=Ab", Pattern(pattern=r"RESULT=(\w+)", group=1, ignore_case=True), "aB").value == 1.0
    assert read("nothing", result) == Reading(status="instrument_failed", note="no_match")
    assert read("nothing", result, finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("b", Pattern(pattern="(a)?b", group=1)) == Reading(status="instrument_failed", note="no_match")
    assert read("I cannot help with that", result) == Reading(status="refused", note="refusal")


def test_presence_needs_no_target() -> None:
    present = Pattern(pattern=r"(?i)i cannot", present=True)
    assert not present.needs_reference and Pattern(pattern="x").needs_reference
    assert present.check(Item(id="1", stimulus="?")) == ""
    assert read("I cannot help with that", present, None) == Reading(value=1.0)
    assert read("Of course", present, None) == Reading(value=0.0)


def test_only_the_end_of_a_long_answer_is_searched() -> None:
    few = Pattern(pattern="42", max_chars=10)
    assert read("42" + "x" * 10, few).note == "no_match"
    assert read("x" * 3_000_000 + "42", Pattern(pattern=r"x*(42)", group=1)).value == 1.0


@pytest.mark.parametrize(
    "settings",
    [{"pattern": "("}, {"pattern": "a", "group": 1}, {"pattern": "a", "group": "n"}, {"pattern": "a", "group": -1},
     {"pattern": "a", "max_chars": 0}],
)  # fmt: skip
def test_a_pattern_that_is_none_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        Pattern(**settings).check(Item(id="1", stimulus="?", reference="x"))
    assert caught.value.code == "setting.value"


def test_an_item_without_target_is_named() -> None:
    assert Pattern(pattern="x").check(Item(id="1", stimulus="?"))
