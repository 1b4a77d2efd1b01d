"""The calibration error as a result: it may leave the bounds, its interval and its decisions may not."""

import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.decide import decide
from assay.line.estimate import Task, estimate
from assay.packs.tabular.estimator.calibration_error import CalibrationError
from assay.testing.check import check_part
from assay.testing.coverage_derived import material, observations
from assay.testing.derived_designs import Drawn
from assay.uncertainty.score.calibration_error import calibration_error
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import Plan, Variant
from assay.vocabulary.result import Requirement

DEFINED = measurand("tabular.calibration_error", "t")
CHANCE = np.random.default_rng(1).random(300)
OUTCOME = (np.random.default_rng(2).random(300) < CHANCE).astype(np.int64)


def estimated(stated, part=None, outcome=OUTCOME, **plan):
    drawn = Drawn(stated[:, None, None], 0.0, outcome, plan.pop("group", None))
    task = Task(DEFINED, Plan(variants=(Variant(name="v"),), **plan))
    return estimate(task, part or CalibrationError(), observations(drawn), material(drawn))


def test_meets_the_contract():
    assert check_part(locate("estimator", "tabular.calibration_error", "test")) == []


def test_calibrated_probabilities_may_give_less_than_0_and_the_interval_never():
    found = [estimated(CHANCE, outcome=(np.random.default_rng(s).random(300) < CHANCE).astype(np.int64)).result
             for s in range(30)]  # fmt: skip
    below = [one for one in found if one.value < 0]
    assert 8 <= len(below) <= 25
    assert all("below_bounds" in [note.code for note in one.notes] for one in below)
    assert all(0 <= one.interval[0] <= one.interval[1] <= 1 and one.u > 0 for one in found)


def test_the_numbers_are_those_of_the_function_and_decide():
    stated = np.clip(CHANCE * 1.4, 0, 1)
    found, theirs = estimated(stated, CalibrationError(bins=5)), calibration_error(stated, OUTCOME, 5)
    assert (found.result.value, found.result.interval) == (theirs.squared, theirs.squared_interval)
    assert found.result.notes[1].values["high"] == pytest.approx(theirs.interval[1])
    for limit, outcome in ((0.001, "does_not_conform"), (found.result.value, "inconclusive"), (0.2, "conforms")):
        requirement = Requirement(measurand=DEFINED.name, at_most=limit)
        assert decide((requirement,), {DEFINED.name: found}, {DEFINED.name: DEFINED})[0].outcome == outcome


def test_lost_readings_have_no_worst_case_so_that_nothing_is_decided():
    stated = CHANCE.copy()
    stated[:3] = np.nan
    found = estimated(stated)
    assert found.result.if_lost is None and "lost_unbounded" in [note.code for note in found.result.notes]
    requirement = Requirement(measurand=DEFINED.name, at_most=0.5)
    assert decide((requirement,), {DEFINED.name: found}, {DEFINED.name: DEFINED})[0].outcome == "inconclusive"


def test_clusters_and_readings_without_scatter():
    rng = np.random.default_rng(3)
    group = np.arange(300) // 10
    outcome = (rng.random(30) < 0.5).astype(np.int64)[group]
    wide = estimated(np.full(300, 0.5), CalibrationError(bins=1), outcome, group=group).result
    narrow = estimated(np.full(300, 0.5), CalibrationError(bins=1), outcome).result
    assert wide.interval[1] > 1.5 * narrow.interval[1]
    certain = estimated(OUTCOME.astype(float), CalibrationError(bins=1)).result
    assert certain.value is None and [note.code for note in certain.notes] == ["no_calibration"]


@pytest.mark.parametrize(("plan", "words"), [
    ({"repeats": 2}, "one retraining and one repeat"), ({"estimand": "fixed"}, "the estimand 'population'"),
])  # fmt: skip
def test_designs_that_are_refused(plan, words):
    drawn = Drawn(CHANCE[:, None, None], 0.0, OUTCOME)
    with pytest.raises(BadInput, match=words):
        CalibrationError().check(Task(DEFINED, Plan(variants=(Variant(name="v"),), **plan)), material(drawn))
    few = Drawn(CHANCE[:15, None, None], 0.0, OUTCOME[:15])
    with pytest.raises(BadInput, match="two cases for each of its 10 bins"):
        CalibrationError().check(Task(DEFINED, Plan(variants=(Variant(name="v"),))), material(few))
