"""judging.latent_class: the share that passes, from the votes of a jury alone."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.packs.judging._votes import ALL_FAIL, ALL_PASS, decoded, pattern
from assay.packs.judging.estimator.latent_class import LatentClass
from assay.testing.check import check_part
from assay.uncertainty.judging.latent_class import Votes, dawid_skene
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations, Reading
from assay.vocabulary.procedure import Plan, Variant

MISSING = Reading(status="instrument_failed", note="x")


class Task(NamedTuple):
    measurand: Any
    plan: Plan


TASK = Task(measurand("judging.pass_rate", "test"), Plan(repeats=1, variants=(Variant(name="v"),), seed=1))


def simulated(n: int, seed: int, jurors: int = 5, repeats: int = 1) -> tuple[Observations, Material]:
    """Votes of jurors who are right in 85 % of the cases and fail on 3 %; 70 % of the items pass."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.random(n) < 0.7, repeats)
    said = np.where(rng.random((len(truth), jurors)) < 0.85, truth[:, None], ~truth[:, None]).astype(float)
    lost = rng.random(said.shape) < 0.03
    values = [pattern([MISSING if gone else vote for vote, gone in zip(row, holes, strict=True)], 1).value
              for row, holes in zip(said.tolist(), lost.tolist(), strict=True)]  # fmt: skip
    item = np.repeat(np.arange(n), repeats).astype(np.int32)
    rows = Observations(
        item=item, variant=np.zeros(len(item), np.int16),
        repeat=np.tile(np.arange(1, repeats + 1), n).astype(np.int16), status=np.zeros(len(item), np.int8),
        value=np.array(values, dtype=float),
    )  # fmt: skip
    material = Material(name="m", items=tuple(Item(id=str(k), stimulus="", reference="") for k in range(n)))
    return rows, material


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("estimator", "judging.latent_class", "test")) == []


@pytest.mark.parametrize("jurors", [1, 3, 7, 20])
def test_every_pattern_comes_back(jurors: int) -> None:
    rng = np.random.default_rng(jurors)
    votes = rng.integers(-1, 2, size=(50, jurors))
    votes[:, 0] = 1
    values = [pattern([MISSING if vote < 0 else float(vote) for vote in row], 1).value for row in votes]
    assert all(value is not None and 0 <= value <= 1 for value in values)
    assert (decoded(np.array(values, dtype=float), jurors) == votes).all()
    assert (decoded(np.array([ALL_FAIL, ALL_PASS]), jurors) == [[0] * jurors, [1] * jurors]).all()


def test_a_juror_that_failed_is_missing_and_too_few_are_no_reading() -> None:
    assert decoded(np.array([pattern([1.0, MISSING, 0.0], 1).value]), 3).tolist() == [[1, -1, 0]]
    found = pattern([1.0, MISSING, MISSING], 2)
    assert found.status == "instrument_failed" and found.note.startswith("jury_short")


def test_it_is_the_model_of_the_library() -> None:
    rows, material = simulated(150, 1)
    found = LatentClass(5).estimate(TASK, rows, material)
    votes = decoded(rows.value, 5)
    row, judge = np.nonzero(votes >= 0)
    theirs = dawid_skene(Votes(row, judge, votes[row, judge]), 2)
    assert found.value == pytest.approx(float(theirs.share[1])) and found.interval == theirs.interval(1, 0.95)
    assert found.budget[0].u == found.u and sum(row.share for row in found.budget) == 1


def test_the_interval_covers() -> None:
    hits = 0
    for seed in range(120):
        ends = LatentClass(5).estimate(TASK, *simulated(150, seed)).interval
        assert ends is not None
        hits += ends[0] <= 0.7 <= ends[1]
    assert 0.89 <= hits / 120 <= 0.995


def test_responses_to_one_item_are_one_cluster() -> None:
    found = LatentClass(5).estimate(TASK, *simulated(60, 2, repeats=4))
    assert found.dof == 59 and found.u is not None and found.u == pytest.approx((0.21 / 60) ** 0.5, rel=0.3)


def test_jurors_who_guess_give_no_value() -> None:
    rows, material = simulated(100, 3)
    rng = np.random.default_rng(4)
    votes = rng.integers(0, 2, size=(100, 5)).astype(float)
    guessed = Observations(item=rows.item, variant=rows.variant, repeat=rows.repeat, status=rows.status,
                           value=np.array([pattern(list(row), 1).value for row in votes], dtype=float))  # fmt: skip
    found = LatentClass(5).estimate(TASK, guessed, material)
    assert found.value is None and found.notes[-1].code == "jury_no_classes"


def test_lost_readings_bound_the_result() -> None:
    rows, material = simulated(100, 5)
    status = rows.status.copy()
    status[:10] = 4
    lost = Observations(item=rows.item, variant=rows.variant, repeat=rows.repeat, status=status, value=rows.value)
    made = LatentClass(5)
    ends = [made.lost_as(TASK, lost, material, end) for end in ("low", "high")]
    low, high = (made.estimate(TASK, one, material).value for one in ends)
    middle = made.estimate(TASK, lost, material).value
    assert low is not None and high is not None and middle is not None and low < middle < high


@pytest.mark.parametrize(
    "plan", [{"estimand": "fixed"}, {"variants_are": "sample", "variants": (Variant(name="a"), Variant(name="b"))}]
)
def test_designs_that_it_cannot_serve_are_named(plan: dict[str, Any]) -> None:
    given = {"repeats": 1, "variants": (Variant(name="v"),), "seed": 1} | plan
    with pytest.raises(BadInput) as caught:
        LatentClass(3).check(Task(TASK.measurand, Plan(**given)), simulated(5, 1)[1])
    assert caught.value.code == "estimator.needs"
