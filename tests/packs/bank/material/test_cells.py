"""Items of stated cells: the same in every round, and no two that ask the same."""

from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.packs.bank.material.cells import Cells
from assay.testing.check import check_part
from assay.vocabulary.campaign import Cell, Draw
from assay.vocabulary.errors import BadInput


def cell(generator="bank.arithmetic", level="low", draws=((1, 3, 3),), **more):
    made = tuple(Draw(seed=seed, made=made, kept=kept) for seed, made, kept in draws)
    return Cell(generator=generator, dimension="mathematics", form="number", procedure="bank.number", language="en",
                level=level, draws=made, **more)  # fmt: skip


def load(*cells):
    return Cells(cells=cells).load(Path()).items


def test_it_meets_the_contract() -> None:
    assert check_part(locate("material", "bank.cells", "test")) == []


def test_items_say_where_they_belong() -> None:
    for item in load(cell(), cell("bank.slips", "middle")):
        assert "level:low" in item.tags or "level:middle" in item.tags
        assert any(tag.startswith("part:bank.") for tag in item.tags) and item.id.endswith("@1")


def test_two_cells_that_would_ask_the_same_do_not() -> None:
    small = {"steps": 1, "digits": 1}
    items = load(cell(level="low", settings=small, draws=((1, 30, 30),)),
                 cell(level="high", settings=small, draws=((2, 30, 30),)))  # fmt: skip
    assert len({str(item.stimulus) for item in items}) == len(items) == 60


def test_what_is_kept_of_a_draw_is_its_beginning() -> None:
    whole, part = load(cell(draws=((1, 5, 5),))), load(cell(draws=((1, 5, 2), (9, 3, 3))))
    assert part[:2] == whole[:2]
    assert not {item.stimulus for item in whole} & {item.stimulus for item in part[2:]}


def test_the_order_of_the_settings_does_not_matter() -> None:
    assert load(cell(settings={"steps": 2, "digits": 3})) == load(cell(settings={"digits": 3, "steps": 2}))


def test_a_pair_is_kept_whole() -> None:
    items = load(cell("bank.slips", draws=((1, 4, 2),), size=2))
    assert len(items) == 4 and len({item.group for item in items}) == 2


def test_slips_are_named() -> None:
    with pytest.raises(BadInput, match="no generator is left"):
        load()
    with pytest.raises(BadInput, match="bank.arithmetc"):
        load(cell("bank.arithmetc"))
    with pytest.raises(BadInput, match="different items"):
        load(cell(settings={"steps": 1, "digits": 1}, draws=((1, 5_000, 5_000),)))
