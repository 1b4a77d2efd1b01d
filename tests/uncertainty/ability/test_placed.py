"""Items in cells, answers counted, and the audit's order."""

import numpy as np
import pytest

from assay.uncertainty.ability.placed import answered, audit_order, audited, placed
from assay.vocabulary.cell import Cell, cell_name
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Variant


def item(name, generator, group=None, dimension="a"):
    tags = (f"dimension:{dimension}", f"generator:{generator}", "language:en", "n=1")
    return Item(id=name, stimulus=name, group=group, tags=tags)


def cell(name):
    return Cell(name=name, slope=1.0, intercept=0.0, floor=0.0, item_sd=0.1, covariance=(0.1, 0.0, 0.1), subjects=20,
                items=5, right=50, by=("user",))  # fmt: skip


MATERIAL = Material(name="m", items=(
    item("1", "A"), item("2", "B", "g"), item("3", "B", "g"), item("4", "C"), item("5", "A", dimension="b"),
))  # fmt: skip
WHERE = placed(MATERIAL, (cell("A n=1 en"), cell("B n=1 en")))


def test_items_by_cell_group_and_dimension():
    assert WHERE.cell.tolist() == [0, 1, 1, -1, 0]
    assert WHERE.items.tolist() == [2, 2]
    assert WHERE.group[1] == WHERE.group[2] and len(set(WHERE.group.tolist())) == 4
    assert WHERE.dimension.tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (("generator:Walk", "language:zh", "legs=5", "seen=body"), "Walk legs=5 seen=body zh"),
        (("language:en", "generator:Slips", "kind=typo", "twin:disturbed"), "Slips kind=typo en disturbed"),
        (("topic:law", "n=1"), ""),
        (("source:a = b", "generator:Motion", "language:en"), "Motion en"),
    ],
)
def test_the_name_of_a_cell(tags, name):
    assert cell_name(Item(id="x", stimulus="", tags=tags)) == name


def test_answers_are_counted_once_for_each_group():
    found = answered(
        Observations(
            item=np.array([4, 0, 2, 1, 3], np.int32), variant=np.zeros(5, np.int16), repeat=np.ones(5, np.int16),
            status=np.array([0, 5, 0, 0, 0], np.int8), value=np.array([1.0, 0.0, 1.0, 0.0, 1.0]),
        ), WHERE,
    )  # fmt: skip
    assert found.n.tolist() == [1, 1]  # item 1 was lost, of the group the first counts, C is of no known cell
    assert found.right.tolist() == [1, 0]


def test_the_audit_is_a_simple_random_sample():
    items = tuple(item(str(n), "A") for n in range(40))
    made = Material(name="m", items=items)
    orders = [audit_order(Plan(variants=(Variant(name="v"),), seed=seed), made) for seed in range(400)]
    assert orders[0] == audit_order(Plan(variants=(Variant(name="v"),), seed=0), made)
    assert all(sorted(order) == list(range(40)) for order in orders)
    first = np.bincount([place for order in orders for place in order[:10]], minlength=40)
    assert first.min() > 65 and first.max() < 140  # 100 expected, ± 8.7
    shuffled = Material(name="m", items=items[::-1])
    names = [items[place].id for place in orders[3]]
    plan = Plan(variants=(Variant(name="v"),), seed=3)
    assert [shuffled.items[place].id for place in audit_order(plan, shuffled)] == names
    assert [audited(n, 0.2) for n in (1, 5, 6, 100)] == [1, 1, 2, 20]
    assert audited(15, 0.0) == 0
