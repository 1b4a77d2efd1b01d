"""The mean with the row for wrong references."""

import math

import msgspec
import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.audited import Audited
from assay.packs.general.estimator.mean import Mean
from assay.testing.check import check_part
from assay.testing.coverage_derived import observations
from assay.testing.derived_designs import Drawn
from assay.uncertainty.label_errors import label_errors
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import Plan, Stopping, Variant

MATERIAL = Material(name="m", items=tuple(Item(id=str(k), stimulus="x") for k in range(50)))
TASK = Task(measurand("general.accuracy", "test"), Plan(variants=(Variant(name="v"),)))


def result(part, right, task=TASK):
    values = (np.arange(50) < right).astype(float)[:, None, None]
    return estimate(task, part, observations(Drawn(values, 0.0)), MATERIAL).result


def test_meets_the_contract():
    assert check_part(locate("estimator", "general.audited", "test")) == []


@pytest.mark.parametrize("right", [0, 1, 35, 50])
@pytest.mark.parametrize("kind", ["wilson", "clopper_pearson", "jeffreys"])
def test_the_row_widens_what_the_mean_says(right, kind):
    part = Audited(certificate="c" * 64, checked=60, wrong=3, interval=kind)
    plain, found = result(Mean(interval=kind), right), result(part, right)
    row = found.budget[-1]
    assert (row.source, row.label, row.kind) == (f"material:{MATERIAL.digest}:labels", "labels", "B")
    assert row.u == pytest.approx(label_errors(60, 3).at(right / 50)) and row.dof is None
    assert found.value == plain.value and found.u == pytest.approx(math.hypot(plain.u, row.u))
    assert sum(one.u**2 for one in found.budget) == pytest.approx(found.u**2)
    assert sum(one.share for one in found.budget) == pytest.approx(1)
    low, high = found.interval
    assert low <= plain.interval[0] and high >= plain.interval[1] and 0 <= low < high <= 1
    assert "reference_labels" in plain.unseen and "reference_labels" not in found.unseen


def test_without_an_unchecked_item_nothing_is_added():
    found = result(Audited(checked=50, wrong=0, unchecked=0.0), 35)
    assert found.interval == result(Mean(), 35).interval and found.budget == result(Mean(), 35).budget
    assert [note.code for note in found.notes][-1] == "labels_audited"


def test_what_it_refuses():
    early = msgspec.structs.replace(TASK.plan, stopping=Stopping(target_u=0.1))
    for task, part, said in (
        (TASK._replace(plan=early), Audited(checked=5), "observes every item"),
        (TASK._replace(measurand=msgspec.structs.replace(TASK.measurand, high=None)), Audited(checked=5), "bounds"),
        (TASK, Audited(), "audit found"),
    ):
        with pytest.raises(BadInput, match=said):
            part.check(task, MATERIAL)
