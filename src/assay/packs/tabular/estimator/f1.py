"""F1 over cases × retrainings."""

from dataclasses import dataclass
from typing import ClassVar

from assay.packs.tabular.estimator._ratio import Kind, Ratio


@dataclass(frozen=True)
class F1(Ratio):
    """F1 over cases × retrainings: the harmonic mean of precision and sensitivity.

    The readings are those of ``tabular.label`` among all cases: 1 if the class is right, else 0. A case is positive
    if its reference is 1. Each retraining has its own value; the result is their mean.
    """

    part: ClassVar[str] = "tabular.f1"
    kind: ClassVar[Kind] = "f1"
