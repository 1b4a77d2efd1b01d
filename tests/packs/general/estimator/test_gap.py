"""The gap over groups as a result: an interval that covers 0, lost readings at their worst, refusals."""

from itertools import product

import msgspec
import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.decide import decide
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.gap import Gap
from assay.testing.check import check_part
from assay.testing.coverage_derived import material, observations
from assay.testing.derived_designs import Drawn
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import Plan, Variant
from assay.vocabulary.result import Requirement

LABEL = np.arange(180) % 3
VALUES = (np.random.default_rng(1).random(180) < np.array([0.5, 0.7, 0.9])[LABEL]).astype(float)[:, None, None]
DEFINED = measurand("general.gap", "test")


def task(**plan):
    return Task(DEFINED, Plan(variants=(Variant(name="v"),), **plan))


def estimated(values=VALUES, label=LABEL, **plan):
    drawn = Drawn(values, 0.0, label=label)
    return estimate(task(**plan), Gap(by="label"), observations(drawn), material(drawn))


def test_meets_the_contract():
    assert check_part(locate("estimator", "general.gap", "test")) == []
    assert check_part(locate("measurand", "general.gap", "test")) == []


def test_value_budget_and_remark():
    found = estimated().result
    means = [VALUES[g == LABEL].mean() for g in range(3)]
    assert found.value == pytest.approx(max(means) - min(means))
    assert [part.source for part in found.budget] == ["group_highest", "group_lowest"]
    assert sum(part.u**2 for part in found.budget) == pytest.approx(found.u**2)
    assert found.notes[0].values["high"] == "2" and found.notes[0].values["low"] == "0"
    assert 0 < found.interval[0] < found.value < found.interval[1] <= 1


def test_the_seed_of_the_plan_makes_it_the_same_to_the_last_bit():
    assert estimated(seed=3) == estimated(seed=3)
    assert estimated(seed=3).result.interval != estimated(seed=4).result.interval


def test_equal_groups_are_covered_by_0_and_decisions_use_the_bounds():
    found = estimated((np.random.default_rng(2).random(180) < 0.8).astype(float)[:, None, None])
    assert found.result.value > 0 and found.result.interval[0] == 0
    for limit, outcome in ((found.result.interval[1] + 0.01, "conforms"), (found.result.value + 0.001, "inconclusive")):
        requirement = Requirement(measurand="general.gap", at_most=limit)
        assert decide((requirement,), {"general.gap": found}, {"general.gap": DEFINED})[0].outcome == outcome


def test_lost_readings_at_their_worst_against_all_possibilities():
    values = VALUES[:18].copy()
    places = [0, 4, 8, 9, 13]
    values[places] = np.nan
    found = estimated(values, LABEL[:18]).result
    gaps = []
    for filled in product((0.0, 0.5, 1.0), repeat=5):
        tried = values.copy()
        tried[places, 0, 0] = filled
        means = [tried[LABEL[:18] == g].mean() for g in range(3)]
        gaps.append(max(means) - min(means))
    low, high = found.if_lost
    assert high == pytest.approx(max(gaps))
    assert low <= min(gaps) + 1e-12


def test_a_group_without_readings_has_no_gap():
    values = VALUES.copy()
    values[LABEL == 1] = np.nan
    assert estimated(values).result.value is None


def test_groups_that_are_refused():
    items = material(Drawn(VALUES, 0.0, label=LABEL)).items
    bare = Material(name="m", items=(*items, Item(id="bare", stimulus="x")))
    with pytest.raises(BadInput, match="'bare' has no tag"):
        Gap(by="label").check(task(), bare)
    with pytest.raises(BadInput, match="two groups or more"):
        Gap(by="label").check(task(), Material(name="m", items=items[::3]))
    parted = Material(name="m", items=tuple(msgspec.structs.replace(item, group=str(i // 2)) for i, item in
                                            enumerate(items)))  # fmt: skip
    with pytest.raises(BadInput, match="must not be parted"):
        Gap(by="label").check(task(), parted)
    with pytest.raises(BadInput, match="a reading is 3"):
        estimated(3 * VALUES)
