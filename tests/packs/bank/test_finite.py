"""Finite generators: every place holds an item of its own, and ``make`` draws one of them."""

from random import Random
from typing import Any

import pytest

from assay.catalogue.build import load_class
from assay.catalogue.find import parts
from assay.vocabulary.protocols import Finite

SETTINGS = {
    "two_digit_sums": [{"operation": "sum"}, {"operation": "difference"}],
    "number_order": [{"wanted": "larger"}, {"wanted": "smaller"}],
    "digit_sorting": [{"length": 3}, {"length": 4}],
    "letter_rows": [{"task": "copy", "length": 2}, {"task": "reverse"}],
    "days_later": [{"days": 14}, {"days": 99}], "agreement": [{"distance": "next"}, {"distance": "apart"}],
}  # fmt: skip
FOUND = {part.name.removeprefix("bank."): load_class(part) for part in parts("generator") if part.name[:5] == "bank."}
CASES = [(name, settings) for name, several in SETTINGS.items() for settings in several]


def test_these_are_all_that_there_are() -> None:
    assert {name for name, cls in FOUND.items() if isinstance(cls(), Finite)} == set(SETTINGS)


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_items_are_different(name: str, settings: dict[str, Any], language: str) -> None:
    made = FOUND[name](**settings)
    asked = [made.at(place, language).stimulus for place in range(made.size(language))]
    assert len(set(asked)) == len(asked)
    assert made.make(Random(4), language).stimulus in asked


def reference(name: str, settings: dict[str, Any], place: int, language: str = "en") -> tuple[str, str]:
    item = FOUND[name](**settings).at(place, language)
    return str(item.stimulus), str(item.reference)


def test_references_by_another_way() -> None:
    for place in range(0, 4_095, 37):
        for operation in ("sum", "difference"):
            text, right = reference("two_digit_sums", {"operation": operation}, place)
            assert eval(text.removeprefix("What is ").partition("?")[0]) == int(right) >= 0
        text, right = reference("number_order", {"wanted": "smaller"}, place)
        assert int(right) == min(int(word.strip(",?")) for word in text.split() if word.strip(",?").isdigit())
        text, right = reference("digit_sorting", {"length": 4}, place)
        assert [int(x) for x in right.split()] == sorted(map(int, text.partition(": ")[2].split()))
        text, right = reference("letter_rows", {"task": "reverse"}, place)
        assert "".join(reversed(right)) == text.split('"')[1]


def test_days_of_the_week_against_the_calendar() -> None:
    from datetime import date, timedelta

    for place in range(0, 686, 5):
        text, right = reference("days_later", {"days": 99}, place)
        today = next(date(2024, 1, n) for n in range(1, 8) if f"{date(2024, 1, n):%A}," in text)
        assert f"{today + timedelta(days=int(text.split(' in ')[1].split()[0])):%A}" == right


def test_the_measure_word_is_among_those_offered_and_the_only_one_that_fits() -> None:
    from assay.packs.bank.generator.agreement import _MEASURED

    for place in range(0, 2_688, 7):
        text, right = reference("agreement", {"distance": "next"}, place, "zh")
        offered = text.split("“")[1].split("”")[0].split("、")
        thing = text.partition("＿＿")[2]
        assert len(set(offered)) == 3 and [word for word in offered if thing in _MEASURED[word]] == [right]
