"""What of a run moves its result: for two servers that got the same schedule."""

from typing import Any

import msgspec
import numpy as np
import pytest

from assay.packs.serving._client import Client
from assay.packs.serving.estimator.cost import Cost, Price
from assay.packs.serving.estimator.mean import Mean
from assay.packs.serving.estimator.quantile import Quantile
from assay.packs.serving.estimator.share import Share
from assay.vocabulary.result import Result
from assay.vocabulary.whole import Dependent


def result(value: float | None) -> Result:
    empty = dict.fromkeys(("u", "interval", "k", "dof", "n_effective", "n_groups", "if_lost"))
    return Result(measurand="m", estimand="fixed", value=value, level=0.95, method="none", n_items=3, n_repeats=1,
                  n_variants=1, n_observations=3, counts={}, **empty)  # type: ignore[arg-type]  # fmt: skip


def test_a_quantile_moves_with_the_requests_above_it(made: Any) -> None:
    rows = made.rows([[1.0, 2.0, None, 3.0]])
    counted, value = Quantile(0.5).influence(rows, result(2.0))
    assert counted.tolist() == [True] * 4 and value.tolist() == [0.0, 0.0, 1.0, 1.0]  # a failed one took longer
    client = Client(bias_ms=1.5, known=True)  # taken off the value, and still in the readings
    assert Quantile(0.5, client=client).influence(rows, result(0.5))[1].tolist() == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("estimator", [Mean(), Share(), Cost(Price(per_hour=1.0, currency="EUR"))])
def test_a_mean_moves_with_its_readings(made: Any, estimator: Any) -> None:
    rows = made.rows([[1.0, None, 3.0]])
    counted, value = estimator.influence(rows, result(2.0))
    assert counted.tolist() == [True, False, True] and value[counted].tolist() == [1.0, 3.0]
    assert isinstance(estimator, Dependent)


def test_rows_that_were_not_applicable_do_not_count(made: Any) -> None:
    rows = made.rows([[1.0, 2.0]])
    rows = msgspec.structs.replace(rows, status=np.array([0, 2], np.int8))
    assert Quantile(0.5).influence(rows, result(1.0))[0].tolist() == [True, False]
