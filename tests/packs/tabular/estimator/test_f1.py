"""F1 as a result: against scikit-learn, near 1, over retrainings, and what it refuses."""

import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task, estimate
from assay.packs.tabular.estimator.f1 import F1
from assay.testing.check import check_part
from assay.testing.coverage_derived import material, observations
from assay.testing.derived_designs import Drawn
from assay.uncertainty.score.fscore import f1
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import Plan, Variant

POSITIVE = (np.arange(200) % 3 == 0).astype(np.int64)
RIGHT = (np.random.default_rng(0).random((200, 6)) < 0.85).astype(float)[:, :, None]


def estimated(values, part=None, name="tabular.f1", **plan):
    drawn = Drawn(values, 0.0, POSITIVE[: len(values)], plan.pop("group", None))
    names = tuple(Variant(name=str(i)) for i in range(values.shape[1]))
    task = Task(measurand(name, "t"), Plan(variants=names, **plan))
    return estimate(task, part or F1(), observations(drawn), material(drawn)).result


def test_meets_the_contract():
    assert check_part(locate("estimator", "tabular.f1", "test")) == []


def test_the_mean_over_retrainings_of_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    said = np.where(RIGHT[:, :, 0] == 1, POSITIVE[:, None], 1 - POSITIVE[:, None])
    found = estimated(RIGHT, variants_are="sample")
    assert found.value == pytest.approx(np.mean([metrics.f1_score(POSITIVE, said[:, v]) for v in range(6)]))
    assert [part.source for part in found.budget] == ["items", "retraining"]
    assert sum(part.u**2 for part in found.budget) == pytest.approx(found.u**2)


def test_one_training_agrees_with_the_interval_of_the_jaccard_index():
    """Another way to an interval: Wilson's for TP / (TP + FP + FN), carried over."""
    right = RIGHT[:, 0, 0] == 1
    yes = POSITIVE == 1
    hits, alarms, misses = (yes & right).sum(), (~yes & ~right).sum(), (yes & ~right).sum()
    found, theirs = estimated(RIGHT[:, :1]), f1(hits, alarms, misses)
    assert found.value == pytest.approx(theirs.value)
    assert found.u == pytest.approx(theirs.u, rel=0.02)
    assert found.interval == pytest.approx(theirs.interval, abs=0.012)


def test_all_right_and_all_wrong_have_a_width_from_the_positive_cases():
    certain, wrong = estimated(np.ones((200, 1, 1))), estimated(np.zeros((200, 1, 1)))
    assert certain.interval == pytest.approx(f1(67, 0, 0).interval, abs=0.002)
    assert wrong.interval == pytest.approx(f1(0, 133, 67).interval, abs=0.003)
    assert certain.u > 0 and certain.n_effective == 134
    clustered = estimated(np.ones((200, 1, 1)), group=np.arange(200) // 10)
    assert clustered.n_effective == 20


def test_clusters_widen_and_lost_readings_are_bounded():
    right = np.repeat(RIGHT[:20, :1], 10, axis=0)
    assert estimated(right, group=np.arange(200) // 10).u > 1.5 * estimated(right).u
    values = RIGHT[:, :1].copy()
    values[:10] = np.nan
    low, high = estimated(values).if_lost
    assert low < estimated(values).value < high


def test_what_is_refused():
    items = tuple(Item(id=str(i), stimulus="x", reference="yes") for i in range(3))
    task = Task(measurand("tabular.f1", "t"), Plan(variants=(Variant(name="v"),)))
    with pytest.raises(BadInput, match="'0'. has another"):
        F1().check(task, Material(name="m", items=items))
    negative = tuple(Item(id=str(i), stimulus="x", reference=0) for i in range(3))
    with pytest.raises(BadInput, match="a case of the positive class"):
        F1().check(task, Material(name="m", items=negative))
    with pytest.raises(BadInput, match="a reading is 0.3"):
        estimated(np.full((200, 1, 1), 0.3))
