"""A quantile of times of requests that wait for each other."""

from dataclasses import dataclass
from math import inf
from typing import Annotated, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.serving._client import Client
from assay.packs.serving._result import bounded, check_plan, forewarned, latency
from assay.uncertainty.queueing.latency import quantile
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import LONGER_THAN_ANY, Note, Result
from assay.vocabulary.status import STATUSES


@dataclass(frozen=True)
class Quantile:
    """A quantile of the times of all requests of all restarts, with an interval that holds in a queue.

    A request that failed took longer than any. The client's bias is taken off, and what is not known of it is a row
    of the budget.

    Attributes:
        p: which quantile: 0.99 for the time that one request in a hundred exceeds.
        client: the client's own error; filled in from the calibrations of each restart.
    """

    p: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    client: Client | None = None

    bounds_lost = True
    """Lost times need no highest value: a quantile takes infinite ones."""

    def check(self, task: Task, material: Material) -> None:
        """Refuse designs that a load cannot have.

        Raises:
            BadInput: several variants, a run that may end early, or items of different weight.
        """
        check_plan("serving.quantile", task, material)

    def forewarned(self, planned: int) -> Note | None:
        """Too few requests for an interval, or for a value."""
        return forewarned(planned, self.p)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget; without an interval where requests say too little, which is then told.

        Source: ``uncertainty/queueing/latency.py``.
        """
        return latency(task, observations, material, self.client,
                       lambda runs, level: quantile(runs, self.p, level), inf)  # fmt: skip

    def influence(
        self, observations: Observations, result: Result
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
        """Whether each request took longer than the quantile, before the client's bias was taken off."""
        failed = np.equal(observations.status, STATUSES.index("subject_failed"))
        at = (result.value or 0.0) + (0.0 if self.client is None else self.client.bias_ms)
        return observations.ok | failed, (failed | (observations.value > at)).astype(np.float64)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """Times that could not be read as none at all, or as longer than any; refused restarts are left out.

        Longer than any is finite, as a failed request's time is not: it was an answer.
        """
        return bounded(observations, 0.0 if end == "low" else LONGER_THAN_ANY)
