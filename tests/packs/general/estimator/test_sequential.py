"""Results of runs that may end early, from rows."""

import numpy as np
import pytest

from assay.line.decide import decide
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.mean import Mean
from assay.uncertainty.stopping import betting
from assay.uncertainty.stopping.confidence_sequence import bernoulli
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Stopping, Variant
from assay.vocabulary.result import Requirement

ACCURACY = Measurand(name="a", label={}, definition={}, low=0.0, high=1.0)
POINTS = Measurand(name="a", label={}, definition={}, low=-2.0, high=8.0)


def rows(values, status=None):
    """Values of shape (items, variants, repeats)."""
    values = np.asarray(values, dtype=float)
    item, variant, repeat = (index.ravel() for index in np.indices(values.shape))
    marks = np.zeros(values.size) if status is None else np.asarray(status).ravel()
    return Observations(
        item=item.astype(np.int32), variant=variant.astype(np.int16), repeat=(repeat + 1).astype(np.int16),
        status=marks.astype(np.int8), value=values.ravel(),
    )  # fmt: skip


def items(n, groups=None, weights=None):
    return Material(
        name="m",
        items=tuple(
            Item(id=str(i), stimulus="s", group=None if groups is None else groups[i],
                 weight=1.0 if weights is None else weights[i])
            for i in range(n)
        ),
    )  # fmt: skip


def task(measurand=ACCURACY, variants=1, repeats=1, binary=()):
    names = tuple(Variant(name=str(v)) for v in range(variants))
    return Task(measurand, Plan(variants=names, repeats=repeats, stopping=Stopping(target_u=0.1, binary=binary)))


def test_known_0_1_readings_get_the_bernoulli_sequence_and_others_that_of_betting():
    seen, material = rows(np.repeat([1.0, 0.0], [45, 5]).reshape(50, 1, 1)), items(80)
    found = Mean().estimate(task(binary=("a",)), seen, material)
    assert (found.method, found.interval) == ("bernoulli_sequence", bernoulli(45, 50, 0.95))
    other = Mean().estimate(task(), seen, material)
    assert other.method == "betting_sequence"
    assert other.interval == betting.interval(Mean().units(task(), seen, material), 0.95)
    fixed = Task(ACCURACY, Plan(variants=(Variant(name="0"),)))
    narrow = Mean().estimate(fixed, seen, material)
    assert narrow.value == found.value
    assert narrow.u < found.u
    assert [row.source for row in found.budget] == ["items", "looks"]
    assert sum(row.share for row in found.budget) == pytest.approx(1)


def test_weights_and_clusters_reach_the_mean_over_items_and_the_bound_is_that_of_the_material():
    material = items(7, groups=["a", "a", "b", "b", "b", "c", "c"], weights=[1.0, 2.0, 1.0, 1.0, 1.0, 4.0, 4.0])
    seen = rows(np.array([1.0, 0.0, 1.0, 1.0, 0.0]).reshape(5, 1, 1))
    units = Mean().units(task(), seen, material)
    assert sorted(zip(units.score.tolist(), units.weight.tolist(), strict=True)) == [(1.0, 3.0), (2.0, 3.0)]
    assert units.heaviest == 8.0  # of a cluster that was not seen
    found = Mean().estimate(task(binary=("a",)), seen, material)
    assert found.value == pytest.approx(3 / 6)
    assert found.method == "betting_sequence"


def test_a_unit_is_the_mean_over_variants_of_the_mean_over_repeats_and_the_scale_is_the_measurands():
    values = np.array([[[8.0, 3.0], [-2.0, -2.0]], [[8.0, 8.0], [8.0, 8.0]]])
    units = Mean().units(task(POINTS, 2, 2), rows(values), items(5))
    assert units.score.tolist() == [0.375, 1.0]
    status = np.zeros(values.shape)
    status[0, 1] = 3
    partly = Mean().units(task(POINTS, 2, 2), rows(values, status), items(5))
    assert partly.score.tolist() == [0.75, 1.0]
    status[0] = 3
    assert Mean().units(task(POINTS, 2, 2), rows(values, status), items(5)).score.tolist() == [1.0]
    found = Mean().estimate(task(POINTS, 2, 2), rows(values), items(5))
    assert found.interval[0] >= -2 and found.interval[1] <= 8 and found.interval[0] < found.value < found.interval[1]


def test_lost_readings_are_carried_at_both_ends_into_the_decision():
    values, material = np.repeat([1.0, 0.0], [95, 5]).reshape(100, 1, 1), items(200)
    requirement = Requirement(measurand="a", at_least=0.8)
    sure = estimate(task(), Mean(), rows(values), material)
    assert len(sure.units) == 1
    assert decide((requirement,), {"a": sure}, {"a": ACCURACY})[0].outcome == "conforms"
    status = np.zeros(values.shape)
    status[60:90] = 3
    lossy = estimate(task(), Mean(), rows(values, status), material)
    assert len(lossy.units) == 3
    (decision,) = decide((requirement,), {"a": lossy}, {"a": ACCURACY})
    assert decision.outcome == "inconclusive"


def test_at_most_is_the_mirror_image():
    values, material = np.repeat([1.0, 0.0], [95, 5]).reshape(100, 1, 1), items(200)
    ours = estimate(task(), Mean(), rows(values), material)
    mirrored = estimate(task(), Mean(), rows(1 - values), material)
    one = decide((Requirement(measurand="a", at_least=0.85),), {"a": ours}, {"a": ACCURACY})[0]
    other = decide((Requirement(measurand="a", at_most=0.15),), {"a": mirrored}, {"a": ACCURACY})[0]
    assert one.outcome == other.outcome == "conforms"
    assert (one.rule, other.rule) == ("rule.at_least_sequence", "rule.at_most_sequence")
    assert one.risk == pytest.approx(other.risk)
    assert one.bound == pytest.approx(1 - other.bound)


def test_without_any_reading_there_is_no_value_and_no_decision():
    found = estimate(task(), Mean(), rows(np.zeros((5, 1, 1)), np.full((5, 1, 1), 2)), items(9))
    assert found.result.value is None
    (decision,) = decide((Requirement(measurand="a", at_least=0.5),), {"a": found}, {"a": ACCURACY})
    assert (decision.outcome, decision.notes[0].code) == ("inconclusive", "no_value")


def test_weights_that_depend_on_what_was_seen_are_refused():
    with pytest.raises(BadInput, match="strata"):
        Mean(strata="topic").check(task(), items(10))
    with pytest.raises(BadInput, match="population_items"):
        Mean(population_items=100).check(task(), items(10))
