"""The mean of readings that depend on those before them: times of requests, or what is delivered a second."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.serving._client import Client
from assay.packs.serving._result import check_plan, forewarned, latency
from assay.uncertainty.queueing.latency import mean
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result


@dataclass(frozen=True)
class Mean:
    """The mean over all requests (or slots) of all restarts, with an interval that holds in a queue.

    Of times, those of the requests that were answered: a failed one has no end. How many failed is told.

    Attributes:
        client: the client's own error; filled in from the calibrations of each restart.
    """

    client: Client | None = None

    def check(self, task: Task, material: Material) -> None:
        """Refuse designs that a load cannot have.

        Raises:
            BadInput: several variants, a run that may end early, or items of different weight.
        """
        check_plan("serving.mean", task, material)

    def forewarned(self, planned: int) -> Note | None:
        """Too few requests for an interval."""
        return forewarned(planned)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget; without an interval where requests say too little, which is then told.

        Source: ``uncertainty/queueing/latency.py``.
        """
        found = latency(task, observations, material, self.client, mean, None)
        failed = found.counts.get("subject_failed", 0)
        if not failed or found.value is None:
            return found
        note = Note(code="serving.mean_of_answered", values={"failed": failed})
        return msgspec.structs.replace(found, notes=(*found.notes, note))

    def influence(
        self, observations: Observations, result: Result
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
        """The readings themselves."""
        return observations.ok, observations.value

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations | None:
        """None: what could not be read may have been any."""
        return None
