"""code.python_function: the wordings ask for a block of code, and the program in the answer is run."""

import asyncio

import pytest

from assay.catalogue.build import build, measurand
from assay.catalogue.find import locate
from assay.catalogue.procedures import procedure
from assay.packs.code import _sandbox
from assay.packs.general.bench.ask import Ask
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response

ITEM = Item(id="1", stimulus="写 add(a, b) {x}", reference=["assert add(1, 2) == 3"])


def test_the_parts_keep_the_rules_of_the_house() -> None:
    assert check_part(locate("procedure", "code.python_function", "test")) == []
    assert check_part(locate("measurand", "code.pass_rate", "test")) == []
    found = measurand("code.pass_rate", "test")
    assert (found.unit, found.better, found.low, found.high) == ("1", "higher", 0.0, 1.0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_wording_holds_the_item_as_it_is(language: str) -> None:
    made = procedure({"part": "code.python_function", "language": language, "variants": ["block", "plain"]})[0]
    assert len(made.plan.variants) == 2
    for variant in made.plan.variants:
        assert str(ITEM.stimulus) in str(Ask().stimulus(ITEM, variant))


@pytest.mark.skipif(bool(_sandbox.missing()), reason=f"no sandbox: {_sandbox.missing()}")
def test_the_channel_runs_the_program() -> None:
    (channel,) = procedure({"part": "code.python_function"})[0].channels
    instrument = build("instrument", channel.instrument, "test")
    assert instrument.check(ITEM) == ""
    for sign, value in (("+", 1.0), ("-", 0.0)):
        answer = Response(status="ok", output=f"```python\ndef add(a, b):\n    return a {sign} b\n```")
        assert asyncio.run(instrument.read(ITEM, answer)).value == value
