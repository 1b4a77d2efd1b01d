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
