"""The mean over cases × retrainings × repeats."""

from dataclasses import dataclass
from typing import Literal

from assay.packs.general.estimator import mean as general
from assay.packs.tabular.estimator._retraining import named
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Result


@dataclass(frozen=True)
class Mean:
    """The mean of ``general.mean``, in whose budget the variants are called retrainings."""

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget."""
        return named(general.Mean().estimate(task, observations, material))

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading at one end of the measurand."""
        return general.Mean().lost_as(task, observations, material, end)
