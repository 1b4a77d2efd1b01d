"""The squared error of a probability."""

import asyncio
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.tabular.instrument.squared_error import SquaredError
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(output: Any, reference: int) -> Reading:
    item = Item(id="1", stimulus={}, reference=reference)
    return asyncio.run(SquaredError().read(item, Response(status="ok", output=output)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "tabular.squared_error", "test")) == []


@pytest.mark.parametrize(("output", "reference", "value"), [(1, 1, 0), (0, 1, 1), (0.75, 1, 0.0625), (0.5, 0, 0.25)])
def test_squares_the_error(output: float, reference: int, value: float) -> None:
    assert read(output, reference) == Reading(value=value)


def test_refuses_what_is_no_probability() -> None:
    assert read("0.5", 1) == Reading(status="instrument_failed", note="no_probability")
    assert SquaredError().check(Item(id="1", stimulus={}, reference=3))
