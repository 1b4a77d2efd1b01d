"""The mean of what is read once a restart."""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import msgspec
import numpy as np

from assay.packs.general.estimator.mean import empty
from assay.packs.serving._client import Client
from assay.packs.serving._result import Row, budget, check_plan, told
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result
from assay.vocabulary.status import STATUSES


@dataclass(frozen=True)
class EachRestart:
    """The mean over restarts, each of which gives one reading, with Student's t for as many as there are.

    Two restarts are the fewest for an interval, which then is wide: t is 12.7 at 95 %.

    Attributes:
        client: the account of the restarts; filled in.
    """

    client: Client | None = None

    def check(self, task: Task, material: Material) -> None:
        """Refuse designs that a load cannot have.

        Raises:
            BadInput: several variants, a run that may end early, or items of different weight.
        """
        check_plan("serving.each_restart", task, material)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget; without an interval from a single restart, which is then told.

        Source: JCGM 100:2008, 4.2.3 and G.3.
        """
        blank = empty(task, observations, material)
        values = observations.value[np.equal(observations.status, STATUSES.index("ok"))]
        if not len(values):
            applicable = any(blank.counts.get(name) for name in STATUSES if name != "not_applicable")
            lack = () if applicable else (Note(code="serving.not_metered"),)
            return msgspec.structs.replace(blank, notes=(*blank.notes, *lack))
        value, n = float(values.mean()), len(values)
        notes = tuple(note for note in told(self.client) if note.code == "serving.restarts_refused")
        at = msgspec.structs.replace(blank, value=value, n_effective=float(n), notes=notes)
        if n < 2:
            return msgspec.structs.replace(at, notes=(*notes, Note(code="serving.one_restart")))
        u, dof = float(values.std(ddof=1)) / sqrt(n), float(n - 1)
        if not u:
            return msgspec.structs.replace(at, notes=(*notes, Note(code="serving.restarts_equal", values={"n": n})))
        k = coverage_factor(task.plan.level, dof)
        rows: list[Row] = [("restarts", u, dof)]
        return msgspec.structs.replace(
            at, u=u, dof=dof, k=k, method="t", interval=(max(0.0, value - k * u), value + k * u), budget=budget(rows),
        )  # fmt: skip

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations | None:
        """None: what could not be read may have been any."""
        return None
