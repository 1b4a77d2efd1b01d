"""Accuracy: the fraction that agrees."""

from assay.catalogue.build import measurand
from assay.catalogue.find import locate
from assay.testing.check import check_part


def test_accuracy() -> None:
    assert check_part(locate("measurand", "general.accuracy", "test")) == []
    accuracy = measurand("general.accuracy", "test")
    assert (accuracy.unit, accuracy.better, accuracy.low, accuracy.high) == ("1", "higher", 0.0, 1.0)
    assert accuracy.label == {"en": "accuracy", "zh": "准确率"}
