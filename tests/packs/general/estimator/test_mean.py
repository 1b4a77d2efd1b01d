"""The settings of the mean: other intervals, a finite population, strata; and what each refuses."""

import msgspec
import numpy as np
import pytest

from assay.catalogue.build import build, measurand
from assay.catalogue.find import locate
from assay.line.decide import decide
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.mean import Mean
from assay.testing.check import check_part
from assay.testing.coverage_derived import observations
from assay.testing.derived_designs import Drawn
from assay.uncertainty.proportion import clopper_pearson, jeffreys
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import PartUse, Plan, Variant
from assay.vocabulary.result import Requirement

TOPICS = ["law"] * 10 + ["physics"] * 20 + ["law"] * 10
MATERIAL = Material(name="m", items=tuple(
    Item(id=str(i), stimulus="x", tags=(f"topic:{topic}", "new")) for i, topic in enumerate(TOPICS)
))  # fmt: skip
VALUES = (np.random.default_rng(0).random((40, 1, 2)) < 0.8).astype(float)


def task(repeats=1, **plan):
    return Task(measurand("general.accuracy", "test"), Plan(variants=(Variant(name="v"),), repeats=repeats, **plan))


def result(part, values=VALUES[:, :, :1], items=MATERIAL, **plan):
    return estimate(task(values.shape[2], **plan), part, observations(Drawn(values, 0.0)), items).result


def test_meets_the_contract():
    assert check_part(locate("estimator", "general.mean", "test")) == []


def test_the_interval_is_chosen_and_the_decision_is_not():
    x, n = VALUES[:, :, :1].sum(), 40
    exact, prior, usual = (
        result(Mean(interval=kind)) for kind in ("clopper_pearson", "jeffreys", "wilson")
    )
    assert exact.interval == pytest.approx(clopper_pearson(x, n, 0.95))
    assert prior.interval == pytest.approx(jeffreys(x, n, 0.95))
    assert (exact.method, prior.method, usual.method) == ("clopper_pearson", "jeffreys", "wilson")
    assert exact.k is None and usual.k is not None
    requirement = (Requirement(measurand="general.accuracy", at_least=0.7),)
    risks = {
        decide(requirement, {"general.accuracy": estimate(task(), Mean(interval=kind), observations(
            Drawn(VALUES[:, :, :1], 0.0)), MATERIAL)}, {"general.accuracy": measurand("general.accuracy", "t")})[0].risk
        for kind in ("clopper_pearson", "jeffreys", "wilson")
    }  # fmt: skip
    assert len(risks) == 1
    with pytest.raises(BadInput, match='"wilson" or "clopper_pearson" or "jeffreys"'):
        build("estimator", PartUse(part="general.mean", settings={"interval": "wald"}), "test")


def test_a_finite_population_is_known_as_far_as_it_was_measured():
    infinite, finite, whole = (result(Mean(population_items=n), VALUES) for n in (None, 80, 40))
    assert infinite.u > finite.u > whole.u
    assert whole.u == pytest.approx(result(Mean(), VALUES, estimand="fixed").u)
    assert [part.source for part in finite.budget] == ["items", "repeats"]
    assert sum(part.u**2 for part in finite.budget) == pytest.approx(finite.u**2)
    assert ("finite_population", {"n": 40, "population": 80}) in [(n.code, n.values) for n in finite.notes]


@pytest.mark.parametrize(("whole", "plan", "items", "words"), [
    (39, {"repeats": 2}, MATERIAL, "40 or more"),
    (80, {"repeats": 1}, MATERIAL, "two repeats"),
    (80, {"repeats": 2, "estimand": "fixed"}, MATERIAL, "the estimand 'population'"),
    (80, {"repeats": 2}, Material(name="m", items=tuple(
        msgspec.structs.replace(item, group=item.id) for item in MATERIAL.items)), "items without groups"),
    (80, {"repeats": 2}, Material(name="m", items=tuple(
        msgspec.structs.replace(item, weight=1.0 + i) for i, item in enumerate(MATERIAL.items))), "equal weight"),
])  # fmt: skip
def test_a_finite_population_refuses_designs_it_cannot_correct(whole, plan, items, words):
    with pytest.raises(BadInput, match=words):
        Mean(population_items=whole).check(task(**plan), items)


def test_strata_weigh_as_given_or_as_their_items():
    law = np.array([topic == "law" for topic in TOPICS])
    means = VALUES[law, 0, 0].mean(), VALUES[~law, 0, 0].mean()
    given = result(Mean(strata="topic", strata_weights={"law": 1.0, "physics": 3.0}))
    assert given.value == pytest.approx((means[0] + 3 * means[1]) / 4)
    assert [note.code for note in given.notes] == ["strata_given"]
    own = result(Mean(strata="topic"))
    assert own.value == pytest.approx(result(Mean()).value)
    assert own.interval[0] < own.value < own.interval[1]


def test_a_lost_reading_leaves_the_weight_of_its_stratum():
    values = VALUES[:, :, :1].copy()
    values[:5] = np.nan
    law = np.array([topic == "law" for topic in TOPICS])
    found = result(Mean(strata="topic"), values)
    assert found.value == pytest.approx((np.nanmean(values[law]) + np.nanmean(values[~law])) / 2)
    values[law] = np.nan
    empty = result(Mean(strata="topic"), values)
    assert empty.value is None and "stratum_empty" in [note.code for note in empty.notes]


@pytest.mark.parametrize(("part", "change", "words"), [
    (Mean(strata="theme"), {}, "no tag that general.mean could go by"),
    (Mean(strata="topic", strata_weights={"law": 1.0}), {}, "'physics'"),
    (Mean(strata="topic", strata_weights={"law": 1.0, "physics": 0.0}), {}, "above 0"),
    (Mean(strata_weights={"law": 1.0}), {}, "'strata' is missing"),
    (Mean(strata="topic", population_items=90), {"repeats": 2}, "either population_items or strata"),
])  # fmt: skip
def test_strata_refuse_what_they_cannot_weigh(part, change, words):
    with pytest.raises(BadInput, match=words):
        part.check(task(**change), MATERIAL)


def test_a_stratum_of_one_item_or_a_parted_cluster_is_refused():
    one = Material(name="m", items=(*MATERIAL.items, Item(id="z", stimulus="x", tags=("topic:art",))))
    with pytest.raises(BadInput, match="topic:art has one"):
        Mean(strata="topic").check(task(), one)
    parted = Material(name="m", items=tuple(
        msgspec.structs.replace(item, group=str(i // 4)) for i, item in enumerate(MATERIAL.items)
    ))  # fmt: skip
    with pytest.raises(BadInput, match="must not be parted"):
        Mean(strata="topic").check(task(), parted)
