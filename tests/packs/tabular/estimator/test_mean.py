"""The mean, with retrainings called by their name."""

import numpy as np

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.mean import Mean as General
from assay.packs.tabular.estimator.mean import Mean
from assay.testing.check import check_part
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Variant

MATERIAL = Material(name="m", items=tuple(Item(id=str(i), stimulus={}, reference=i % 2) for i in range(40)))


def observations(variants: int) -> Observations:
    item, variant = np.indices((40, variants)).reshape(2, -1)
    value = (np.random.default_rng(0).random(item.size) < 0.8).astype(float)
    zeros = np.zeros(item.size)
    return Observations(item=item.astype(np.int32), variant=variant.astype(np.int16), value=value,
                        repeat=(zeros + 1).astype(np.int16), status=zeros.astype(np.int8))  # fmt: skip


def task(variants: int, **values: str) -> Task:
    names = tuple(Variant(name=f"retraining-{i + 1}") for i in range(variants))
    return Task(measurand("tabular.accuracy", "test"), Plan(variants=names, **{"variants_are": "sample", **values}))


def test_meets_the_contract() -> None:
    assert check_part(locate("estimator", "tabular.mean", "test")) == []


def test_the_numbers_are_those_of_the_general_mean() -> None:
    ours, theirs = (part.estimate(task(5), observations(5), MATERIAL) for part in (Mean(), General()))
    assert (ours.value, ours.u, ours.interval) == (theirs.value, theirs.u, theirs.interval)
    assert [part.label for part in ours.budget] == ["items", "retraining"]
    assert [note.code for note in ours.notes] == ["few_retrainings"]


def test_one_training_says_what_it_does_not_see() -> None:
    result = Mean().estimate(task(1), observations(1), MATERIAL)
    assert "retraining" in result.unseen and "variants" not in result.unseen
    fixed = Mean().estimate(task(3, variants_are="fixed"), observations(3), MATERIAL)
    assert [note.code for note in fixed.notes] == ["retrainings_fixed"]


def test_lost_readings_are_bounded() -> None:
    rows = observations(5)
    rows.status[:4] = 3
    found = estimate(task(5), Mean(), rows, MATERIAL)
    assert found.result.if_lost is not None and found.result.if_lost[0] < found.result.if_lost[1]
