"""pass^k, the probability that all of k attempts succeed."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from assay.packs.general.estimator import _passes
from assay.packs.general.estimator.mean import Mean
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Result


@dataclass(frozen=True)
class PassHatK:
    """pass^k, the probability that all of k attempts succeed; from the repeats of each item.

    The readings are 1 for a success and 0 for a failure. Each item's estimate is unbiased for any number of repeats
    from k on; more repeats than k make it sharper.

    Attributes:
        k: attempts that count.
    """

    k: Annotated[int, msgspec.Meta(ge=1)]

    def check(self, task: Task, material: Material) -> None:
        """Refuse a plan with too few repeats.

        Raises:
            BadInput: fewer repeats than k, or than k + 1 for the estimand ``fixed``.
        """
        _passes.check("general.pass_hat_k", self.k, task)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Returns:
            A result without a value if no item has attempts enough.
        Raises:
            BadInput: a reading is neither 0 nor 1, or as for ``check``.
        """
        self.check(task, material)  # the estimand of a stored run may be changed
        return _passes.estimate("general.pass_hat_k", self.k, "all", task, observations, material)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading as a failure, or as a success."""
        return Mean().lost_as(task, observations, material, end)
