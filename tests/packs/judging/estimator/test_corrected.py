"""judging.corrected: the published number, the account, and coverage on simulated judges."""

from typing import NamedTuple

import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task, estimate
from assay.packs.judging.estimator.corrected import Corrected
from assay.testing.check import check_part
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.judging.judged_rate import Counted, ends
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Stopping, Variant

PLAN = Plan(variants=(Variant(name="v"),))
TASK = Task(measurand("judging.pass_rate", "test"), PLAN)
CELLS = ((0.0, 0.0, 140), (0.0, 1.0, 60), (1.0, 0.0, 20), (1.0, 1.0, 180))


def observed(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", status: int = 0, lost: int = 0) -> Observations:
    n = len(values)
    column = np.zeros(n, np.int8)
    column[:lost] = status
    return Observations(
        item=np.arange(n, dtype=np.int32), variant=np.zeros(n, np.int16), repeat=np.ones(n, np.int16), status=column,
        value=values.astype(np.float64),
    )  # fmt: skip


def material(n: int) -> Material:
    return Material(name="m", items=tuple(Item(id=str(i), stimulus="x") for i in range(n)))


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("estimator", "judging.corrected", "test")) == []


def test_the_published_example_with_its_three_rows() -> None:
    """p = 0.4 of 1000, specificity 0.7 and sensitivity 0.9 of 200 cases each: 0.1667 ± 0.0522."""
    values = np.repeat([1.0, 0.0], [400, 600])
    found = Corrected("c" * 64, CELLS).estimate(TASK, observed(values), material(1000))
    assert found.value == pytest.approx(1 / 6) and found.u == pytest.approx(0.0522, abs=1e-4)
    rows = {row.label: row for row in found.budget}
    assert rows["items"].u == pytest.approx(0.0258, abs=1e-4)
    assert rows["judge_specificity"].u == pytest.approx(0.045, abs=1e-4)
    assert rows["judge_sensitivity"].u == pytest.approx(-0.0059, abs=1e-4)
    assert rows["judge_specificity"].source == f"certificate:{'c' * 64}:specificity"
    assert sum(row.share for row in found.budget) == pytest.approx(1)
    assert found.interval is not None and 0 <= found.interval[0] < found.value < found.interval[1] <= 1


def test_a_share_that_no_true_rate_explains_gives_no_value() -> None:
    values = np.repeat([1.0, 0.0], [100, 900])  # a judge that fails 70 % of the wrong ones passes 30 % of them
    found = Corrected("c" * 64, CELLS).estimate(TASK, observed(values), material(1000))
    assert found.value is None and [note.code for note in found.notes] == ["judge_reach"]


def test_a_rate_outside_of_the_range_of_the_certificate_gives_no_value() -> None:
    values = np.repeat([1.0, 0.0], [850, 150])
    found = Corrected("c" * 64, CELLS, (0.0, 0.5)).estimate(TASK, observed(values), material(1000))
    assert found.value is None and found.notes[-1].code == "judge_prevalence"


def test_a_judge_that_guesses_is_refused() -> None:
    guessing = Corrected("c" * 64, ((0.0, 0.0, 100), (0.0, 1.0, 100), (1.0, 0.0, 100), (1.0, 1.0, 100)))
    with pytest.raises(BadInput):
        guessing.check(TASK, material(10))
    with pytest.raises(BadInput):
        Corrected("c" * 64, ((1.0, 1.0, 50),)).check(TASK, material(10))


def test_a_run_that_may_end_early_is_refused() -> None:
    early = Task(TASK.measurand, Plan(variants=PLAN.variants, stopping=Stopping(target_u=0.02)))
    with pytest.raises(BadInput) as caught:
        Corrected("c" * 64, CELLS).check(early, material(10))
    assert caught.value.code == "estimator.needs"


def test_lost_verdicts_are_bounded_by_the_worst_and_the_best_truth() -> None:
    values = np.repeat([1.0, 0.0], [600, 400])
    found = estimate(TASK, Corrected("c" * 64, CELLS), observed(values, status=4, lost=50), material(1000)).result
    assert found.if_lost is not None and found.value is not None
    low, high = found.if_lost
    assert low == pytest.approx(0.95 * found.value) and high == pytest.approx(0.95 * found.value + 0.05)


class Truth(NamedTuple):
    theta: float
    sensitivity: float
    specificity: float


@pytest.mark.parametrize("truth", [Truth(0.8, 0.9, 0.8), Truth(0.15, 0.8, 0.9)])
def test_the_corrected_interval_covers_and_the_naive_one_does_not(truth: Truth) -> None:
    rng = np.random.default_rng(5)
    p = truth.theta * truth.sensitivity + (1 - truth.theta) * (1 - truth.specificity)
    n, cases, runs = 1000, 200, 4000
    right, wrong = rng.binomial(cases, truth.sensitivity, runs), rng.binomial(cases, truth.specificity, runs)
    share = rng.binomial(n, p, runs) / n
    whole, of_each = np.full(runs, float(n)), np.full(runs, float(cases))
    low, high = ends(Counted(share, whole, wrong / cases, of_each, right / cases, of_each), coverage_factor(0.95, None))
    assert 0.935 <= float(((low <= truth.theta) & (truth.theta <= high)).mean()) <= 0.965
    reach = 1.96 * np.sqrt(share * (1 - share) / n)
    assert float((np.abs(share - truth.theta) <= reach).mean()) < 0.8
    cells = ((0.0, 0.0, int(wrong[0])), (0.0, 1.0, cases - int(wrong[0])),
             (1.0, 0.0, cases - int(right[0])), (1.0, 1.0, int(right[0])))  # fmt: skip
    passed = round(float(share[0]) * n)
    rows = observed(np.repeat([1.0, 0.0], [passed, n - passed]))
    found = Corrected("c" * 64, cells).estimate(TASK, rows, material(n))
    assert found.interval == pytest.approx((low[0], high[0]), abs=1e-4)  # what was simulated is what is stated
