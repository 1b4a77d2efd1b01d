"""The probability as it is."""

import asyncio
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.tabular.instrument.probability import Probability
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(output: Any, reference: Any = 1, status: Any = "ok") -> Reading:
    item = Item(id="1", stimulus={}, reference=reference)
    return asyncio.run(Probability().read(item, Response(status=status, output=output)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "tabular.probability", "test")) == []


@pytest.mark.parametrize("value", [0, 1, 0.0, 0.25, 1.0, 1e-300])
def test_reads_a_probability(value: float) -> None:
    assert read(value) == read(value, reference=0) == Reading(value=float(value))


@pytest.mark.parametrize("output", [1.01, -1e-9, float("nan"), float("inf"), True, "0.5", [0.5], {"p": 0.5}, 10**400])
def test_what_is_no_probability_is_no_number(output: Any) -> None:
    assert read(output) == Reading(status="instrument_failed", note="no_probability")


def test_no_output_and_refusals() -> None:
    assert read(None) == read(" ") == Reading(status="subject_failed", note="empty")
    assert read(0.5, status="refused") == Reading(status="refused", note="refusal")


def test_the_reference_must_be_a_class() -> None:
    for reference in (0, 1, 0.0, 1.0):
        assert Probability().check(Item(id="1", stimulus={}, reference=reference)) == ""
    for reference in (2, "1", True, None, 0.5, [1]):
        assert "neither 1" in Probability().check(Item(id="1", stimulus={}, reference=reference))
