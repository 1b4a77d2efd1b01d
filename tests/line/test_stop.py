"""Order, batches and rules of runs that may end early; what fixed runs are named by does not change."""

import msgspec
import pytest

from assay.line.plan import batches, most, plan, trials, units
from assay.vocabulary.canonical import digest
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import PartUse, Plan, Procedure, Stopping, Variant
from assay.vocabulary.result import Requirement


def material(n=60, groups=0):
    items = [Item(id=f"i{i}", stimulus="s", group=f"g{i % groups}" if groups else None) for i in range(n)]
    return Material(name="m", items=tuple(items))


def planned(items, **stopping):
    varied = Plan(variants=(Variant(name="a"), Variant(name="b")), repeats=3, stopping=Stopping(**stopping))
    made = Procedure(name="p", version=1, bench=PartUse(part="b"), channels=(), plan=varied, title={}, description={})
    return plan(made, items, {})


def replanned(made, **changes):
    varied = msgspec.structs.replace(made.procedure.plan, **changes)
    return msgspec.structs.replace(made, procedure=msgspec.structs.replace(made.procedure, plan=varied))


def test_batches_hold_every_trial_once_and_whole_units():
    items = material(60, groups=20)
    made = planned(items, target_u=0.1, batch=7)
    parts = list(batches(made, items))
    seen = [[(t.item_index, t.variant_index, t.repeat) for t in trials(part, items)] for part in parts]
    assert [len(part) for part in seen] == [part.n_trials for part in parts]
    assert all(part == sorted(part) for part in seen)
    assert sorted(sum(seen, [])) == [(t.item_index, t.variant_index, t.repeat) for t in trials(made, items)]
    for part in seen:
        assert len({items.items[item].group for item, *_ in part}) * 3 == len({item for item, *_ in part})


def test_seeds_of_trials_do_not_depend_on_batches():
    items = material()
    made = planned(items, target_u=0.1)
    whole = {t[:3]: t.seed for t in trials(made, items)}
    assert {t[:3]: t.seed for part in batches(made, items) for t in trials(part, items)} == whole


def test_the_order_is_random_and_depends_on_seed_occasion_and_names_only():
    items = material()
    made = planned(items, target_u=0.1)
    order = [items.items[unit[0]].id for unit in units(made, items)]
    assert order != sorted(order) and sorted(order) == sorted(item.id for item in items.items)
    turned = Material(name="m", items=items.items[::-1])
    assert [turned.items[unit[0]].id for unit in units(made, turned)] == order
    for changes in ({"seed": 1}, {"occasion": 2}):
        assert [items.items[unit[0]].id for unit in units(replanned(made, **changes), items)] != order
    assert units(replanned(made, repeats=1), items) == units(made, items)


def test_no_more_items_than_allowed():
    items = material(60, groups=20)
    made = planned(items, target_u=0.1, max_items=10)
    assert sum(part.taken.n_items for part in batches(made, items) if part.taken) == 9
    assert most(made, items).n_trials == 9 * 2 * 3
    assert most(planned(items, target_u=0.1), items).n_trials == 60 * 2 * 3


def test_the_rule_names_the_run_and_its_absence_changes_no_name():
    items = material()
    made = planned(items, target_u=0.1).procedure
    names = {
        msgspec.structs.replace(made, plan=msgspec.structs.replace(made.plan, stopping=rule)).digest
        for rule in (
            None, Stopping(target_u=0.1), Stopping(target_u=0.2), Stopping(decide_early=True),
            Stopping(decide_early=True, requirements=(Requirement(measurand="m", at_least=0.5),)),
        )
    }  # fmt: skip
    assert len(names) == 5
    fixed = msgspec.structs.replace(made, plan=msgspec.structs.replace(made.plan, stopping=None))
    varied = [fixed.plan.variants, 3, 0, 1]  # as it was before there were such rules
    assert fixed.digest == digest([fixed.name, fixed.version, fixed.bench, fixed.channels, varied])


@pytest.mark.parametrize("batch", [1, 10, 1000])
def test_looks_grow_apart_by_a_twentieth(batch):
    items = material(1000)
    lasts = [part.taken.last for part in batches(planned(items, target_u=0.1, batch=batch), items) if part.taken]
    assert lasts[-1] == 1000
    steps = [b - a for a, b in zip([0, *lasts], lasts[:-1], strict=False)]
    assert all(step >= batch for step in steps)
    assert all(step <= max(batch, last / 20) for step, last in zip(steps, [0, *lasts], strict=False))
