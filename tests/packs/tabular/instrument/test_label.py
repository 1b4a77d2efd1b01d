"""The class by the threshold."""

import asyncio
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.tabular.instrument.label import Label
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(output: Any, reference: int, label: Label | None = None) -> Reading:
    item = Item(id="1", stimulus={}, reference=reference)
    return asyncio.run((label or Label()).read(item, Response(status="ok", output=output)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "tabular.label", "test")) == []


@pytest.mark.parametrize(
    ("output", "reference", "value"), [(0.9, 1, 1), (0.9, 0, 0), (0.1, 1, 0), (0.1, 0, 1), (0.5, 1, 1), (0.5, 0, 0)]
)
def test_compares_the_class(output: float, reference: int, value: int) -> None:
    assert read(output, reference) == Reading(value=float(value))


def test_another_threshold() -> None:
    assert read(0.1, 1, Label(threshold=0.05)).value == 1
    assert "no probability" in Label(threshold=1.5).check(Item(id="1", stimulus={}, reference=1))
    assert "neither" in Label().check(Item(id="1", stimulus={}, reference="malignant"))


def test_among_one_class_the_other_is_not_read() -> None:
    other = Reading(status="not_applicable", note="other_class")
    assert read(0.9, 0, Label(among="positive")) == read(0.1, 1, Label(among="negative")) == other
    assert read("junk", 0, Label(among="positive")) == other  # nothing was to be read, so nothing is lost
    assert read(0.9, 1, Label(among="positive")).value == read(0.1, 0, Label(among="negative")).value == 1
    assert read("junk", 1, Label(among="positive")).status == "instrument_failed"
