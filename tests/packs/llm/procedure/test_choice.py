"""llm.choice: the wordings put the item as it is, ask for a letter, and are read back by the instrument."""

import asyncio

import pytest

from assay.catalogue.build import build, measurand
from assay.catalogue.find import locate
from assay.catalogue.procedures import procedure
from assay.packs.general.bench.ask import Ask
from assay.testing.check import check_part
from assay.testing.reference import ReferenceModel, skeleton
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import Procedure

NAMES = ("direct", "exam", "options_first", "reasoned")
ITEM = Item(id="1", stimulus="哪个是 {choices}? \\ 2 < 3", reference="B", choices=("amber {letters}", "cobalt", "开"))


def made(language: str) -> Procedure:
    return procedure({"part": "llm.choice", "language": language, "variants": list(NAMES)})[0]


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("procedure", "llm.choice", "test")) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_wording_holds_the_item_as_it_is(language: str) -> None:
    for variant in made(language).plan.variants:
        prompt = Ask().stimulus(ITEM, variant)
        assert ITEM.stimulus in prompt and "A. amber {letters}\nB. cobalt\nC. 开" in prompt
        assert prompt.count(str(ITEM.stimulus)) == 1
        assert "{input}" not in prompt and prompt == prompt.strip()
        letters = "A, B or C" if language == "en" else "A、B 或 C"
        assert letters in prompt


@pytest.mark.parametrize("language", ["en", "zh"])
def test_wordings_differ_and_do_not_depend_on_the_item(language: str) -> None:
    items = ReferenceModel(n_items=5).items()
    wordings = {
        variant.name: {skeleton(Ask().stimulus(item, variant), item) for item in items}
        for variant in made(language).plan.variants
    }
    assert all(len(each) == 1 for each in wordings.values())
    assert len(set.union(*wordings.values())) == len(NAMES)


def test_the_defaults_and_a_name_that_is_none() -> None:
    plain, _ = procedure({"part": "llm.choice"})
    assert tuple(v.name for v in plain.plan.variants) == NAMES[:1]  # and the report says that wording was not varied
    assert plain.bench.part == "general.ask" and plain.language == "en"
    with pytest.raises(Exception, match="direct"):
        procedure({"part": "llm.choice", "variants": ["dirct"]})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_answers_in_the_form_asked_for_are_read(language: str) -> None:
    answers = {
        "en": ["B", "B.", "b", "B. cobalt", "Amber is a resin, so A is out.\n\nAnswer: B"],
        "zh": ["B", "B。", "Ｂ", "B. cobalt", "A 是树脂，排除。\n\n答案：B"],
    }
    use = made(language).channels[0].instrument
    instrument = build("instrument", use, "[procedure]")
    assert instrument.check(ITEM) == ""
    for text in answers[language]:
        assert asyncio.run(instrument.read(ITEM, Response(status="ok", output=text))).value == 1.0, text
        wrong = text.replace("B", "C").replace("b", "c").replace("Ｂ", "Ｃ").replace("cobalt", "开")
        assert asyncio.run(instrument.read(ITEM, Response(status="ok", output=wrong))).value == 0.0, wrong


def test_its_measurands_are_defined_in_both_languages() -> None:
    for channel in made("en").channels:
        found = measurand(channel.measurand, "[procedure]")
        assert (found.low, found.high, found.unit) == (0, 1, "1")
        assert set(found.label) == set(found.definition) == {"en", "zh"}
    assert measurand("llm.accuracy", "").better == "higher"
    assert measurand("llm.refusal_rate", "").better == "none"
