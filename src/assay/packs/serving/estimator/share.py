"""A share of requests: of good ones, or of failed ones."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.general.estimator.mean import empty
from assay.packs.serving._client import Client
from assay.packs.serving._result import Row, bounded, budget, check_plan, forewarned, series, told
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.one_sided import risks
from assay.uncertainty.proportion import clopper_pearson, jeffreys_u
from assay.uncertainty.queueing.goodput import Bools, attainment
from assay.uncertainty.queueing.latency import LEAST
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result

_SAME: Final = 1e-12


@dataclass(frozen=True)
class Share:
    """The share of requests that read 1, with an interval that counts with the effective number of requests.

    Attributes:
        client: the account of the restarts; filled in.
    """

    client: Client | None = None

    def check(self, task: Task, material: Material) -> None:
        """Refuse designs that a load cannot have.

        Raises:
            BadInput: several variants, a run that may end early, or items of different weight.
        """
        check_plan("serving.share", task, material)

    def forewarned(self, planned: int) -> Note | None:
        """Too few requests for an interval."""
        return forewarned(planned)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget; without an interval where requests depend on each other too much.

        Source: ``uncertainty/queueing/goodput.py``.
        """
        blank = empty(task, observations, material)
        runs = [run > 0 for run in series(observations, None)]
        if not runs:
            return blank
        found = attainment(runs, task.plan.level)
        if self.client is not None and not self.client.stationary:
            return self._across(blank, runs)
        at = msgspec.structs.replace(blank, value=found.value, n_effective=found.n_eff, notes=tuple(told(self.client)))
        if found.basis is None or found.n_eff is None:
            few = Note(code="latency.few", values={"n": found.n, "needed": LEAST})
            return msgspec.structs.replace(at, notes=(*at.notes, few))
        if found.low is None or found.high is None or found.u is None:
            values = {"n_eff": f"{found.n_eff:.0f}", "needed": int(40 * found.n / max(1.0, found.n_eff))}
            return msgspec.structs.replace(at, notes=(*at.notes, Note(code="latency.few_effective", values=values)))
        rows: list[Row] = [("requests", float(np.sqrt(found.basis.within)) or found.u, None)]
        if found.basis.between:
            rows.append(("restarts", float(np.sqrt(found.basis.between)), found.basis.dof))
        table = []
        for risk in risks(task.plan.level):
            ends = attainment(runs, 1 - 2 * risk) if risk < 0.5 else found
            table.append((risk, ends.low, ends.high))
        return msgspec.structs.replace(
            at, u=float(np.sqrt(sum(u**2 for _, u, _ in rows))), interval=(found.low, found.high), method="requests",
            budget=budget(rows), one_sided=tuple(row for row in table if row[0] < 0.5),
        )  # fmt: skip

    def _across(self, blank: Result, runs: list[Bools]) -> Result:
        """The share where only whole restarts repeat each other: by their scatter, and that of single requests."""
        p, n, count = float(np.mean(np.concatenate(runs))), sum(map(len, runs)), len(runs)
        at = msgspec.structs.replace(blank, value=p, n_effective=float(count), notes=tuple(told(self.client)))
        if count < 2:
            return msgspec.structs.replace(at, notes=(*at.notes, Note(code="serving.few_restarts")))
        scatter = float(np.std([run.mean() for run in runs], ddof=1) / np.sqrt(count))
        table = []
        for risk in risks(blank.level):
            low, high = clopper_pearson(p * n, n, 1 - 2 * risk) if risk < 0.5 else (p, p)
            half = coverage_factor(1 - 2 * risk, count - 1) * scatter if risk < 0.5 else 0.0
            table.append((risk, max(0.0, min(low, p - half)), min(1.0, max(high, p + half))))
        own = next(row for row in table if abs(row[0] - (1 - blank.level) / 2) < _SAME)
        rows: list[Row] = [("requests", jeffreys_u(p * n, n), None), ("restarts", scatter, count - 1.0)]
        rows = [row for row in rows if row[1]]
        return msgspec.structs.replace(
            at, u=float(np.sqrt(sum(u**2 for _, u, _ in rows))), interval=own[1:], method="requests",
            budget=budget(rows), one_sided=tuple(row for row in table if row[0] < 0.5),
        )  # fmt: skip

    def influence(
        self, observations: Observations, result: Result
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
        """The readings themselves."""
        return observations.ok, observations.value

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations | None:
        """The observations with every lost reading as 0 or 1; refused restarts are left out."""
        return bounded(observations, 0.0 if end == "low" else 1.0)
