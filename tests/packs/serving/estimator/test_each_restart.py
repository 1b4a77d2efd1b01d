"""What is read once a restart."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from assay.line.estimate import Task
from assay.packs.serving.estimator.each_restart import EachRestart
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Variant
from assay.vocabulary.result import Result
from assay.vocabulary.status import STATUSES

NOT_APPLICABLE = STATUSES.index("not_applicable")


def rows(values: list[float | None]) -> Observations:
    """One restart for each value, of three requests; the first has the reading, None has none."""
    n = len(values)
    status = np.full(3 * n, NOT_APPLICABLE, np.int8)
    status[:n] = [0 if value is not None else NOT_APPLICABLE for value in values]
    value = np.zeros(3 * n)
    value[:n] = [value or 0.0 for value in values]
    item, repeat = np.repeat(np.arange(3), n).astype(np.int32), np.tile(np.arange(1, n + 1), 3).astype(np.int16)
    return Observations(item=item, variant=np.zeros(3 * n, np.int16), repeat=repeat, status=status, value=value)


def estimated(made: Any, values: list[float | None]) -> Result:
    task = Task(Measurand(name="m", label={}, definition={}),
                Plan(variants=(Variant(name="a"),), repeats=len(values)))  # fmt: skip
    return EachRestart().estimate(task, rows(values), Material(name="m", version="1", licence="", source="",
                                                               items=tuple(made.items(3))))  # fmt: skip


def test_students_t_over_restarts(made: Any) -> None:
    given = [2.0, 2.3, 1.9, 2.2]
    found = estimated(made, list(given))
    wanted = stats.t.interval(0.95, 3, loc=np.mean(given), scale=stats.sem(given))
    assert found.interval == pytest.approx(wanted) and found.value == pytest.approx(2.1)
    assert found.dof == 3 and [one.source for one in found.budget] == ["restarts"]


def test_one_restart_has_a_value_and_no_interval(made: Any) -> None:
    found = estimated(made, [2.0])
    assert found.value == 2.0 and found.interval is None and found.notes[-1].code == "serving.one_restart"
    same = estimated(made, [2.0, 2.0])
    assert same.value == 2.0 and same.interval is None and same.notes[-1].code == "serving.restarts_equal"


def test_without_a_meter_it_is_said_and_no_number_made(made: Any) -> None:
    found = estimated(made, [None, None])
    assert found.value is None and found.notes[-1].code == "serving.not_metered"


def test_coverage_of_three_restarts(made: Any) -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        low, high = estimated(made, rng.normal(5.0, 0.5, 3).tolist()).interval or (0.0, 0.0)
        held += low <= 5.0 <= high
    assert 0.92 <= held / 400 <= 0.98
