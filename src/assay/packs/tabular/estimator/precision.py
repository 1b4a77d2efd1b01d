"""The precision over cases × retrainings."""

from dataclasses import dataclass
from typing import ClassVar

from assay.packs.tabular.estimator._ratio import Kind, Ratio


@dataclass(frozen=True)
class Precision(Ratio):
    """The precision over cases × retrainings: the share of positive cases among those called positive.

    The readings are those of ``tabular.label`` among all cases: 1 if the class is right, else 0. A case is positive
    if its reference is 1. Each retraining has its own value; the result is their mean.
    """

    part: ClassVar[str] = "tabular.precision"
    kind: ClassVar[Kind] = "precision"
