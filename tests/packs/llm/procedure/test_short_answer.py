"""llm.short_answer: every wording asks for the bare answer, since the whole text is compared."""

import asyncio

import pytest

from assay.catalogue.build import build
from assay.catalogue.find import locate
from assay.catalogue.procedures import procedure
from assay.packs.general.bench.ask import Ask
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Procedure

NAMES = ("direct", "exam", "colleague")
ITEM = Item(id="1", stimulus="What is the capital of {letters}?", reference="Ulaanbaatar")


def made(language: str) -> Procedure:
    return procedure({"part": "llm.short_answer", "language": language, "variants": 3})[0]


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("procedure", "llm.short_answer", "test")) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_wording_holds_the_item_as_it_is(language: str) -> None:
    variants = made(language).plan.variants
    assert tuple(v.name for v in variants) == NAMES
    prompts = [Ask().stimulus(ITEM, variant) for variant in variants]
    assert len(set(prompts)) == 3
    assert all(p.count(ITEM.stimulus) == 1 and p == p.strip() for p in prompts)


def test_the_bare_answer_is_right_and_a_sentence_is_not() -> None:
    instrument = build("instrument", made("en").channels[0].instrument, "[procedure]")
    for text, value in (("Ulaanbaatar", 1.0), (" ulaanbaatar\n", 1.0), ("The capital is Ulaanbaatar.", 0.0)):
        assert asyncio.run(instrument.read(ITEM, Response(status="ok", output=text))).value == value


def test_a_language_without_wordings_is_refused() -> None:
    with pytest.raises(Exception, match="language"):
        made("fr")
