"""The plan: equal shares, as many levels as the budget allows, and anchors in a later round."""

from collections import Counter
from pathlib import Path

import pytest

from assay.api.campaign.layout import layout, material, next_round
from assay.api.campaign.standards import standard
from assay.vocabulary.errors import BadInput
from assay.vocabulary.standard import LEVELS

STANDARD = standard("itu-t-f748-44")


@pytest.fixture(scope="module")
def cells():
    return layout(STANDARD, 3_000, ("en", "zh"), 5)[1]


def test_dimensions_and_languages_have_equal_shares(cells) -> None:
    requests = Counter((cell.dimension, cell.language) for cell in cells for _ in range(cell.requests))
    assert len(requests) == 30 and sum(requests.values()) <= 3_000
    assert all(90 <= n <= 100 for n in requests.values())
    for dimension in {cell.dimension for cell in cells}:
        by_generator = Counter(c.generator for c in cells if c.dimension == dimension for _ in range(c.requests))
        assert len(by_generator) >= 3 and len(set(by_generator.values())) == 1


def test_levels_are_low_middle_high_in_every_factor(cells) -> None:
    steps = {cell.level: cell.settings.get("steps", 4) for cell in cells if cell.generator == "bank.arithmetic"}
    assert steps["low"] < steps["middle"] < steps["high"] and list(steps) == [*LEVELS]
    kinds = {cell.settings["kind"] for cell in cells if cell.generator == "bank.slips"}
    assert len(kinds) == 3, "where pairs are made, every kind of disturbance is met"


@pytest.mark.parametrize(("budget", "levels"), [(3_000, 3), (1_000, 2), (600, 1)])
def test_a_small_budget_has_fewer_levels(budget: int, levels: int) -> None:
    used, cells = layout(STANDARD, budget, ("en", "zh"), 0)
    assert len(used) == levels and sum(cell.requests for cell in cells) <= budget
    assert all(cell.units >= 2 for cell in cells)


def test_a_budget_that_is_too_small_says_what_is_needed() -> None:
    with pytest.raises(BadInput, match="100 requests are too few") as error:
        layout(STANDARD, 100, ("en", "zh"), 0)
    least = error.value.values["least"]
    assert layout(STANDARD, least, ("en", "zh"), 0)[1]
    with pytest.raises(BadInput):
        layout(STANDARD, least - 30, ("en", "zh"), 0)


def test_a_later_round_has_the_anchors_and_nothing_else_of_the_earlier_one(cells) -> None:
    first = {item.id: item for item in material(cells).load(Path()).items}
    later = material(next_round(cells, 6, 0.2)).load(Path()).items
    common = [item for item in later if item.id in first]
    assert all(first[item.id] == item for item in common) and 0.15 < len(common) / len(later) < 0.25
    assert not {str(item.stimulus) + str(sorted(item.choices)) for item in later if item.id not in first} & {
        str(item.stimulus) + str(sorted(item.choices)) for item in first.values()}  # fmt: skip
    third = material(next_round(next_round(cells, 6, 0.2), 7, 0.2)).load(Path()).items
    assert {item.id for item in third} & {item.id for item in common} == {item.id for item in common}


def test_all_may_be_anchors(cells) -> None:
    again = material(next_round(cells, 6, 1.0)).load(Path()).items
    assert again == material(cells).load(Path()).items
