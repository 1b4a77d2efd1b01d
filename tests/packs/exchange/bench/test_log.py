"""The bench of an imported run: it names the rig, and asks nothing."""

import asyncio

import pytest

from assay.catalogue.find import locate
from assay.packs.exchange.bench.log import Log
from assay.packs.general.subject.callable import Callable
from assay.testing.check import check_part
from assay.vocabulary.errors import Fatal
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Trial
from assay.vocabulary.procedure import Variant

ITEM = Item(id="1", stimulus={"asked": "x"})


def test_meets_the_contract() -> None:
    assert check_part(locate("bench", "exchange.log", "test")) == []


def test_the_stimulus_is_what_the_log_says() -> None:
    assert Log(tool="inspect_ai").stimulus(ITEM, Variant(name="as_logged")) == {"asked": "x"}


def test_nothing_can_be_asked() -> None:
    trial = Trial(0, 0, 1, 1, ITEM, Variant(name="as_logged"))
    with pytest.raises(Fatal, match="observed by inspect_ai and imported"):
        asyncio.run(Log(tool="inspect_ai").run(trial, "x", Callable(function="os:getcwd")))
