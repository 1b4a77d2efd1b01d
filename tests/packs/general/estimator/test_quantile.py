"""A quantile as a result: order statistics, clusters, too few readings, decisions."""

import msgspec
import numpy as np
import pytest

from assay.catalogue.build import build, measurand
from assay.catalogue.find import locate
from assay.line.decide import decide
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.quantile import Quantile
from assay.testing.check import check_part
from assay.testing.coverage_derived import material, observations
from assay.testing.derived_designs import Drawn
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse, Plan, Variant
from assay.vocabulary.result import Requirement

VALUES = np.random.default_rng(4).exponential(1, (60, 1, 1))


def estimated(values, part=None, name="general.quantile", **plan):
    drawn = Drawn(values, 0.0, group=plan.pop("group", None))
    plan = Plan(variants=(Variant(name="v"),), repeats=values.shape[2], **plan)
    return estimate(Task(measurand(name, "t"), plan), part or Quantile(), observations(drawn), material(drawn))


def test_meets_the_contract():
    assert check_part(locate("estimator", "general.quantile", "test")) == []
    assert check_part(locate("measurand", "general.quantile", "test")) == []
    assert check_part(locate("measurand", "general.score_quantile", "test")) == []


def test_decisions_take_the_order_statistics():
    """Conover's ranks for the median of 60 at 5 % one-sided: the 24th and the 37th reading."""
    found = estimated(VALUES)
    ordered = np.sort(VALUES.ravel())
    assert found.result.value == pytest.approx(np.median(VALUES)) and found.result.method == "order"
    defined = {"general.quantile": measurand("general.quantile", "t")}
    for limit, outcome in ((ordered[23], "conforms"), (ordered[24], "inconclusive"), (ordered[40], "does_not_conform")):
        requirement = Requirement(measurand="general.quantile", at_least=float(limit))
        decision = decide((requirement,), {"general.quantile": found}, defined)[0]
        assert decision.outcome == outcome, decision
    again = msgspec.json.decode(msgspec.json.encode(found.result), type=type(found.result))
    assert again == found.result


def test_repeats_and_groups_make_clusters():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(40, 1, 1)) + 0.1 * rng.normal(size=(40, 1, 5))
    repeated = estimated(values).result
    assert repeated.method == "woodruff" and [part.source for part in repeated.budget] == ["items"]
    alone = estimated(values[:, :, :1]).result
    width = [one.interval[1] - one.interval[0] for one in (repeated, alone)]
    assert width[0] > 0.5 * width[1]  # five repeats of an item are hardly more than one
    grouped = estimated(values[:, :, :1], group=np.arange(40) // 2).result
    assert [part.source for part in grouped.budget] == ["items_in_groups"]
    assert "few_groups" in [note.code for note in grouped.notes]
    one = estimated(values[:, :, :1], group=np.zeros(40, int)).result
    assert one.interval is None and one.u is None


def test_too_few_or_equal_readings_state_no_interval_and_decide_nothing():
    few = estimated(VALUES[:10], Quantile(probability=0.95))
    assert few.result.value is not None and few.result.interval is None
    assert "quantile_few" in [note.code for note in few.result.notes]
    tied = estimated(np.ones((30, 1, 1)))
    assert tied.result.interval is None and "quantile_tied" in [note.code for note in tied.result.notes]
    requirement = Requirement(measurand="general.quantile", at_most=2.0)
    defined = {"general.quantile": measurand("general.quantile", "t")}
    assert decide((requirement,), {"general.quantile": tied}, defined)[0].outcome == "inconclusive"


def test_bounds_stand_in_where_there_is_no_reading():
    scores = np.random.default_rng(6).random((10, 1, 1))
    found = estimated(scores, Quantile(probability=0.95), "general.score_quantile").result
    assert found.interval[1] == 1.0 and found.interval[0] > 0.5
    scores[0] = np.nan
    low, high = estimated(scores, Quantile(), "general.score_quantile").result.if_lost
    assert low < high


@pytest.mark.parametrize("plan", [{"estimand": "fixed"}, {"variants_are": "sample"}])
def test_designs_that_are_refused(plan):
    task = Task(measurand("general.quantile", "t"), Plan(variants=(Variant(name="a"), Variant(name="b")), **plan))
    with pytest.raises(BadInput, match="general.quantile needs"):
        Quantile().check(task, material(Drawn(VALUES, 0.0)))


def test_probabilities_that_are_none():
    with pytest.raises(BadInput, match="'probability' is 1"):
        build("estimator", PartUse(part="general.quantile", settings={"probability": 1.0}), "test")
