"""The precision as a result: against scikit-learn, a denominator of 0, clusters."""

import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task, estimate
from assay.packs.tabular.estimator.precision import Precision
from assay.testing.check import check_part
from assay.testing.coverage_derived import material, observations
from assay.testing.derived_designs import Drawn
from assay.uncertainty.score.ratio import ratio
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import Plan, Variant

POSITIVE = (np.arange(200) % 3 == 0).astype(np.int64)
RIGHT = (np.random.default_rng(0).random((200, 6)) < 0.85).astype(float)[:, :, None]


def estimated(values, **plan):
    drawn = Drawn(values, 0.0, POSITIVE, plan.pop("group", None))
    names = tuple(Variant(name=str(i)) for i in range(values.shape[1]))
    task = Task(measurand("tabular.precision", "t"), Plan(variants=names, **plan))
    return estimate(task, Precision(), observations(drawn), material(drawn)).result


def test_meets_the_contract():
    assert check_part(locate("estimator", "tabular.precision", "test")) == []


def test_against_scikit_learn_and_the_delta_method():
    metrics = pytest.importorskip("sklearn.metrics")
    said = np.where(RIGHT[:, 0, 0] == 1, POSITIVE, 1 - POSITIVE)
    found = estimated(RIGHT[:, :1])
    assert found.value == pytest.approx(metrics.precision_score(POSITIVE, said))
    delta = ratio(np.stack([said * POSITIVE, said], axis=1))
    assert found.u == pytest.approx(delta.u, rel=1e-6)


def test_a_retraining_that_calls_nothing_positive_is_left_out_and_said():
    values = RIGHT.copy()
    values[:, 0, 0] = 1 - POSITIVE  # every case is called negative
    found = estimated(values, variants_are="sample")
    assert found.value == pytest.approx(estimated(RIGHT[:, 1:], variants_are="sample").value)
    assert ("variants_undefined", {"n": 1}) in [(note.code, note.values) for note in found.notes]
    assert estimated(values[:, :1]).value is None
    assert [note.code for note in estimated(values[:, :1]).notes] == ["no_denominator"]


def test_certainty_rests_on_what_is_called_positive():
    assert estimated(np.ones((200, 1, 1))).n_effective == 67
    with pytest.raises(BadInput, match="a reading is 2"):
        estimated(np.full((200, 1, 1), 2.0))
