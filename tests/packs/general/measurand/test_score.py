"""The mean score."""

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.testing.check import check_part


def test_score() -> None:
    assert check_part(locate("measurand", "general.score", "test")) == []
    score = measurand("general.score", "test")
    assert (score.unit, score.better, score.low, score.high) == ("1", "higher", 0.0, 1.0)
