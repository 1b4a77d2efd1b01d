"""The measurands that are more than a mean."""

import pytest

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.testing.check import check_part


@pytest.mark.parametrize(("name", "better", "bounds"), [
    ("pass_at_k", "higher", (0, 1)), ("pass_hat_k", "higher", (0, 1)), ("gap", "lower", (0, 1)),
    ("quantile", "none", (None, None)), ("score_quantile", "higher", (0, 1)),
])  # fmt: skip
def test_measurand(name, better, bounds):
    assert check_part(locate("measurand", f"general.{name}", "test")) == []
    found = measurand(f"general.{name}", "test")
    assert (found.better, (found.low, found.high)) == (better, bounds)
