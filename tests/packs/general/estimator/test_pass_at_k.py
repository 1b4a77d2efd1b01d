"""pass@k as a result: unbiased, with budget, lost attempts, and plans that it refuses."""

from itertools import combinations

import numpy as np
import pytest

from assay.catalogue.build import build, measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.pass_at_k import PassAtK
from assay.testing.check import check_part
from assay.testing.coverage_derived import observations
from assay.testing.derived_designs import Drawn
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import PartUse, Plan, Variant

ITEMS = Material(name="m", items=tuple(Item(id=str(i), stimulus="x", group=str(i // 3)) for i in range(30)))
VALUES = (np.random.default_rng(1).random((30, 2, 5)) < np.random.default_rng(2).beta(1, 1, (30, 1, 1))).astype(float)


def task(repeats=5, variants=2, **plan):
    names = tuple(Variant(name=str(i)) for i in range(variants))
    return Task(measurand("general.pass_at_k", "test"), Plan(variants=names, repeats=repeats, **plan))


def result(values=VALUES, k=3, **plan):
    made = task(values.shape[2], values.shape[1], **plan)
    return estimate(made, PassAtK(k=k), observations(Drawn(values, 0.0)), ITEMS)


def test_meets_the_contract():
    assert check_part(locate("estimator", "general.pass_at_k", "test")) == []
    assert check_part(locate("measurand", "general.pass_at_k", "test")) == []


def test_the_value_is_the_mean_over_all_choices_of_attempts():
    wanted = np.mean([[np.mean([max(cell[list(c)]) for c in combinations(range(5), 3)]) for cell in item]
                      for item in VALUES])  # fmt: skip
    found = result().result
    assert found.value == pytest.approx(wanted)
    assert [part.source for part in found.budget] == ["items_in_groups"]
    assert "repeats" not in found.unseen and "variants_fixed" in [note.code for note in found.notes]
    assert found.n_groups == 10 and found.dof == pytest.approx(9)


def test_these_items_have_the_scatter_of_their_attempts():
    found = result(estimand="fixed").result
    assert found.value == pytest.approx(result().result.value)
    assert [part.source for part in found.budget] == ["repeats"] and found.u < result().result.u


def test_k_of_one_is_the_mean_and_all_right_has_a_width():
    from assay.packs.general.estimator.mean import Mean

    ones = result(k=1).result
    mean = Mean().estimate(task(), observations(Drawn(VALUES, 0.0)), ITEMS)
    assert ones.value == pytest.approx(mean.value) and ones.u == pytest.approx(np.hypot(*[p.u for p in mean.budget]))
    certain = result(np.ones((30, 1, 5))).result
    assert certain.interval[0] < certain.interval[1] == certain.value == 1.0
    assert result(np.ones((30, 1, 5)), estimand="fixed").result.interval[0] < 1


def test_lost_attempts_are_bounded_and_short_items_counted():
    values = VALUES.copy()
    values[0, 0, :3] = np.nan
    values[1, 0, 0] = np.nan
    found = result(values)
    low, high = found.result.if_lost
    assert low <= found.result.value <= high and low < high
    assert ("attempts_short", {"n": 1, "k": 3}) in [(note.code, note.values) for note in found.result.notes]
    nothing = result(np.where(np.arange(5) < 2, VALUES, np.nan)).result
    assert nothing.value is None


@pytest.mark.parametrize(("plan", "words"), [
    ({"repeats": 2}, "3 repeats or more"), ({"repeats": 3, "estimand": "fixed"}, "4 repeats or more"),
    ({"estimand": "fixed", "variants_are": "sample"}, "variants_are = 'fixed'"),
])  # fmt: skip
def test_plans_that_are_refused(plan, words):
    with pytest.raises(BadInput, match=words):
        PassAtK(k=3).check(task(**plan), ITEMS)


def test_readings_and_settings_that_are_refused():
    with pytest.raises(BadInput, match="a reading is 0.5"):
        result(np.full((30, 1, 5), 0.5))
    with pytest.raises(BadInput, match="'k' is 0"):
        build("estimator", PartUse(part="general.pass_at_k", settings={"k": 0}), "test")
