"""How much of the rest of a text is given back."""

import asyncio
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.general.instrument.continuation import Continuation
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

REST = "the red box is left of the blue box and right of the door"


def read(output: Any, reference: str = REST, stimulus: str = "Go on: In a room stand three boxes, of which") -> Reading:
    item = Item(id="1", stimulus=stimulus, reference=reference)
    return asyncio.run(Continuation().read(item, Response(status="ok", output=output)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "general.continuation", "test")) == []


@pytest.mark.parametrize(
    ("output", "value"),
    [
        (REST, 1.0), (REST.upper() + "!", 1.0), ("the red box", 3 / 14), ("nothing here fits", 0.0), ("!", 0.0),
        ("In a room stand three boxes, of which " + REST, 1.0),  # what was shown is said again first
        ("word " * 500 + REST, 0.0),  # beyond as many tokens as the rest has, nothing counts
        (" ".join(reversed(REST.split())), 5 / 14),
    ],
)  # fmt: skip
def test_share_of_the_rest(output: str, value: float) -> None:
    assert read(output).value == pytest.approx(value, abs=0.08 if output.startswith("door") else 1e-12)


def test_chinese_goes_by_characters() -> None:
    assert read("红盒子在蓝盒子左边", "红盒子在蓝盒子的左边").value == pytest.approx(0.9)


def test_what_cannot_be_read_is_no_number() -> None:
    assert read({"a": 1}).note == "not_text" and read({"a": 1}).value is None
    assert read("").note == "empty" and read(" ").value is None
    assert Continuation().check(Item(id="1", stimulus="x", reference="…")) != ""
    assert Continuation().check(Item(id="1", stimulus="x", reference=None)) != ""
    item = Item(id="1", stimulus="x", reference="a b")
    assert asyncio.run(Continuation().read(item, Response(status="refused", output="no"))).status == "refused"
