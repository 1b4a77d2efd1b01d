"""F1 over cases × retrainings."""

from dataclasses import dataclass
from typing import Literal

from assay.packs.general.estimator.mean import Mean
from assay.packs.tabular.estimator import _ratio
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Result


@dataclass(frozen=True)
class F1:
    """F1 over cases × retrainings: the harmonic mean of precision and sensitivity.

    The readings are those of ``tabular.label`` among all cases: 1 if the class is right, else 0. A case is positive
    if its reference is 1. Each retraining has its own value; the result is their mean.
    """

    def check(self, task: Task, material: Material) -> None:
        """Refuse cases whose class is not known, or none of the positive class.

        Raises:
            BadInput: one of these.
        """
        _ratio.check("tabular.f1", material)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Returns:
            A result without a value if the denominator is 0 in every retraining.
        Raises:
            BadInput: a reading is neither 0 nor 1.
        """
        self.check(task, material)
        return _ratio.estimate("tabular.f1", "f1", task, observations, material)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading as wrong, or as right: nothing could be worse, or better."""
        return Mean().lost_as(task, observations, material, end)
