"""judging.graded: a lenient, compressed judge is corrected by its line."""

import numpy as np
import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.line.estimate import Task
from assay.packs.judging.estimator.graded import Graded
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Variant

TASK = Task(measurand("judging.score", "test"), Plan(variants=(Variant(name="v"),)))
LENIENT = tuple((human / 4, min(4, judge) / 4, n) for human, judge, n in [
    (0, 1, 30), (0, 0, 10), (1, 2, 30), (1, 1, 10), (2, 3, 30), (2, 2, 10), (3, 4, 25), (3, 3, 15), (4, 4, 40),
])  # fmt: skip


def observed(score: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[Observations, Material]:
    n = len(score)
    rows = Observations(
        item=np.arange(n, dtype=np.int32), variant=np.zeros(n, np.int16), repeat=np.ones(n, np.int16),
        status=np.zeros(n, np.int8), value=score,
    )  # fmt: skip
    return rows, Material(name="m", items=tuple(Item(id=str(i), stimulus="x") for i in range(n)))


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("estimator", "judging.graded", "test")) == []


def test_leniency_is_taken_out_and_the_line_is_a_row_of_the_certificate() -> None:
    rng = np.random.default_rng(1)
    cells = np.array(LENIENT)
    drawn = cells[rng.choice(len(cells), 2000, p=cells[:, 2] / cells[:, 2].sum())]
    found = Graded("c" * 64, LENIENT).estimate(TASK, *observed(drawn[:, 1]))
    assert found.value is not None and found.u is not None and found.interval is not None
    assert drawn[:, 1].mean() - drawn[:, 0].mean() > 0.1
    assert found.value == pytest.approx(drawn[:, 0].mean(), abs=2 * found.u)
    assert {row.source for row in found.budget} == {f"certificate:{'c' * 64}:line", "items"}
    assert found.u == pytest.approx(sum(row.u**2 for row in found.budget) ** 0.5)


def test_the_line_agrees_with_another_implementation() -> None:
    cells = np.array(LENIENT)
    slope, intercept = np.polyfit(cells[:, 1], cells[:, 0], 1, w=np.sqrt(cells[:, 2]))
    rows, items = observed(np.linspace(0.2, 0.9, 50))
    found = Graded("c" * 64, LENIENT).estimate(TASK, rows, items)
    assert found.value == pytest.approx(intercept + slope * rows.value.mean())


def test_a_judge_whose_grades_say_nothing_is_refused() -> None:
    flat = tuple((human, judge, 5) for human in (0.0, 0.5, 1.0) for judge in (0.0, 0.5, 1.0))
    rows, items = observed(np.linspace(0, 1, 20))
    with pytest.raises(BadInput):
        Graded("c" * 64, flat).check(TASK, items)
    assert Graded("c" * 64, flat).estimate(TASK, rows, items).value is None


def test_the_estimand_fixed_is_refused() -> None:
    fixed = Task(TASK.measurand, Plan(variants=TASK.plan.variants, estimand="fixed"))
    with pytest.raises(BadInput):
        Graded("c" * 64, LENIENT).check(fixed, observed(np.linspace(0, 1, 20))[1])


def test_the_same_spread_as_in_calibration_needs_no_remark() -> None:
    rng = np.random.default_rng(2)
    cells = np.array(LENIENT)
    drawn = cells[rng.choice(len(cells), 500, p=cells[:, 2] / cells[:, 2].sum())]
    found = Graded("c" * 64, LENIENT, flipped=(0.1, 0.05, 0.2, 240)).estimate(TASK, *observed(drawn[:, 1]))
    assert {note.code for note in found.notes} == {"judge_line", "judge_probed"}


@pytest.mark.parametrize(
    ("score", "codes"),
    [
        (np.tile([0.25, 0.25, 0.25, 0.5], 25), {"judge_spread"}),  # hardly any spread, and low
        (np.r_[np.tile([0.25, 0.5, 0.75, 1.0], 20), np.zeros(10)], {"judge_range"}),
    ],
)
def test_grades_spread_otherwise_than_in_calibration_are_remarked(
    score: "np.ndarray[tuple[int], np.dtype[np.float64]]", codes: set[str]
) -> None:
    cells = tuple(cell for cell in LENIENT if cell[1] > 0)
    found = Graded("c" * 64, cells).estimate(TASK, *observed(score))
    assert found.value is not None and codes <= {note.code for note in found.notes}


def test_a_mean_made_of_grades_that_were_never_calibrated_is_refused() -> None:
    cells = tuple(cell for cell in LENIENT if 0.25 <= cell[1] <= 0.75)
    found = Graded("c" * 64, cells).estimate(TASK, *observed(np.r_[np.full(60, 1.0), np.full(40, 0.5)]))
    assert found.value is None and found.notes[-1].code == "judge_range_refused"
    assert found.notes[-1].values == {"share": 0.6, "low": 0.25, "high": 0.75}


def test_cases_of_one_item_leave_a_wider_line() -> None:
    rng = np.random.default_rng(3)
    human = np.round(np.repeat(rng.uniform(0, 1, 25), 8) * 4) / 4
    off = np.repeat(rng.normal(0, 0.25, 25), 8)
    judge = np.clip(np.round((human + off) * 4) / 4, 0, 1)
    alone = tuple((float(h), float(j), 1) for h, j in zip(human, judge, strict=True))
    grouped = tuple((*cell, place // 8) for place, cell in enumerate(alone))
    rows, items = observed(judge)
    first, second = (Graded("c" * 64, cells).estimate(TASK, rows, items) for cells in (alone, grouped))
    assert first.value == pytest.approx(second.value)
    line = [next(row.u for row in found.budget if row.label == "judge_line") for found in (first, second)]
    assert line[1] > 1.5 * line[0]


def test_what_a_plan_needs_is_the_line() -> None:
    made = Graded("c" * 64, LENIENT)
    rows, items = observed(np.linspace(0.2, 0.9, 4000))
    found = made.estimate(TASK, rows, items)
    assert found.value is not None and made.raw(found.value) == pytest.approx(rows.value.mean())
    (line,) = [row.u for row in found.budget if row.label == "judge_line"]
    assert made.floor(found.value) == pytest.approx(line) and made.cases == 200
