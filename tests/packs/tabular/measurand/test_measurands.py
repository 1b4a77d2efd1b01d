"""The measurands of a classifier."""

import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.testing.check import check_part


@pytest.mark.parametrize(
    ("name", "better"),
    [("accuracy", "higher"), ("sensitivity", "higher"), ("specificity", "higher"), ("auc", "higher"),
     ("brier", "lower"), ("f1", "higher"), ("precision", "higher"), ("calibration_error", "lower")],
)  # fmt: skip
def test_measurand(name: str, better: str) -> None:
    assert check_part(locate("measurand", f"tabular.{name}", "test")) == []
    found = measurand(f"tabular.{name}", "test")
    assert (found.unit, found.better, found.low, found.high) == ("1", better, 0.0, 1.0)
