"""The area under the ROC curve as a result with its budget."""

import msgspec
import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.decide import decide
from assay.line.estimate import Task, estimate
from assay.packs.tabular.estimator.auc import Auc
from assay.testing.check import check_part
from assay.uncertainty.spread import Spread, interval
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Variant
from assay.vocabulary.result import Requirement
from assay.vocabulary.words import section

POSITIVE = np.arange(60) % 3 == 0
MATERIAL = Material(
    name="m", items=tuple(Item(id=str(i), stimulus={}, reference=int(p)) for i, p in enumerate(POSITIVE))
)


def observations(values: "np.typing.NDArray[np.float64]") -> Observations:
    """``values``: shape (items, variants)."""
    item, variant = np.indices(values.shape).reshape(2, -1)
    zeros = np.zeros(item.size)
    return Observations(item=item.astype(np.int32), variant=variant.astype(np.int16), value=values.ravel().copy(),
                        repeat=(zeros + 1).astype(np.int16), status=zeros.astype(np.int8))  # fmt: skip


def probabilities(variants: int, shift: float = 1.5) -> "np.typing.NDArray[np.float64]":
    random = np.random.default_rng(variants)
    scores = random.standard_normal((60, 1)) + 0.5 * random.standard_normal((60, variants)) + shift * POSITIVE[:, None]
    return 1 / (1 + np.exp(-scores))


def task(variants: int, **values: object) -> Task:
    names = tuple(Variant(name=f"retraining-{i + 1}") for i in range(variants))
    plan = msgspec.structs.replace(Plan(variants=names, variants_are="sample"), **values)
    return Task(measurand("tabular.auc", "test"), plan)


def test_meets_the_contract() -> None:
    assert check_part(locate("estimator", "tabular.auc", "test")) == []


@pytest.mark.parametrize("variants", [1, 4, 10])
def test_the_mean_of_the_areas(variants: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    values = probabilities(variants)
    result = Auc().estimate(task(variants), observations(values), MATERIAL)
    areas = [metrics.roc_auc_score(POSITIVE, values[:, v]) for v in range(variants)]
    assert result.value == pytest.approx(np.mean(areas), abs=1e-14)
    names = [part.label for part in result.budget]
    assert names == ["positives", "negatives", "retraining"][: 3 if variants > 1 else 2]
    assert sum(part.u**2 for part in result.budget) == pytest.approx((result.u or 0) ** 2)
    assert sum(part.share for part in result.budget) == pytest.approx(1)
    assert ("retraining" in result.unseen) == (variants == 1)
    assert ("few_retrainings" in [note.code for note in result.notes]) == (variants == 4)


@pytest.mark.parametrize("shift", [0.0, 1.5, 20.0])
@pytest.mark.parametrize("estimand", ["population", "fixed"])
@pytest.mark.parametrize("are", ["sample", "fixed"])
def test_interval_and_decision_follow_from_what_the_result_says(shift: float, estimand: str, are: str) -> None:
    given = task(10, estimand=estimand, variants_are=are)
    found = estimate(given, Auc(), observations(probabilities(10, shift)), MATERIAL)
    result = found.result
    assert result.value is not None and result.interval is not None and result.u
    again = Spread(result.value, result.u, result.dof, 0.0, 1.0, result.n_effective, result.method)  # type: ignore
    assert interval(again, result.level) == result.interval
    low, high = result.interval
    assert 0 <= low <= result.value <= high <= 1 and low < high
    labels = section("labels", "zh")
    assert all(f"component.{part.label}" in labels for part in result.budget)
    assert all(note.code in section("notes", "zh") for note in result.notes)
    limits = (max(0.0, low - 0.05), min(1.0, high + 0.05))
    required = tuple(Requirement(measurand="tabular.auc", at_least=limit) for limit in limits)
    outcomes = [d.outcome for d in decide(required, {"tabular.auc": found}, {"tabular.auc": given.measurand})]
    assert outcomes[0] == "conforms" and (outcomes[1] == "does_not_conform" or high == 1)


def test_lost_readings_are_bounded_by_the_worst_and_the_best() -> None:
    rows = observations(probabilities(2))
    rows.status[:8] = 3  # four cases, one of each class at least
    found = estimate(task(2), Auc(), rows, MATERIAL).result
    assert found.if_lost is not None and found.value is not None
    assert found.if_lost[0] < found.value < found.if_lost[1]
    low = Auc().lost_as(task(2), rows, MATERIAL, "low")
    assert low.ok.all() and low.value[:8].tolist() == [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert Auc().lost_as(task(2), rows, MATERIAL, "high").value[:8].tolist() == [1, 1, 0, 0, 0, 0, 1, 1]
    rows.status[:8] = 2  # what was not to be read is not lost
    assert not Auc().lost_as(task(2), rows, MATERIAL, "low").ok[:8].any()


def test_one_class_or_nothing_gives_no_value() -> None:
    rows = observations(probabilities(2))
    rows.status[POSITIVE[rows.item]] = 3
    result = Auc().estimate(task(2), rows, MATERIAL)
    assert (result.value, result.u, result.interval, result.method) == (None, None, None, "none")
    assert [note.code for note in result.notes] == ["one_class"]
    rows.status[:] = 3
    assert [note.code for note in Auc().estimate(task(2), rows, MATERIAL).notes] == ["no_value"]


def test_lost_cells_are_remarked() -> None:
    rows = observations(probabilities(2))
    rows.status[0] = 4
    found = Auc().estimate(task(2), rows, MATERIAL)
    assert [note.code for note in found.notes] == ["few_retrainings", "missing_cells"]
