"""The mean grade that people would give, from a judge's grades and its certificate."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np

from assay.packs.general.estimator.mean import empty, groups
from assay.uncertainty.graded_judge import Graded as Cases
from assay.uncertainty.graded_judge import GradedMean, Scored, graded_mean
from assay.uncertainty.spread import interval
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES

_PART: Final = "judging.graded"
_LEAST_SLOPE: Final = 1e-6


@dataclass(frozen=True)
class Graded:
    """The mean grade corrected for a judge's leniency and compression: people's grade as a line of the judge's.

    The line is fitted to the calibration cases of the certificate; its uncertainty enters under the identity of the
    certificate. Without a value where the judge's grades hardly say anything of people's, or where the mean lies
    outside the range that the certificate holds for.

    Attributes:
        certificate: SHA-256 of the signed certificate, hexadecimal.
        cells: people's grade, judge's grade (as fractions of the scale), and how many calibration cases had both.
        prevalence: range of true mean grades for which the certificate holds.
    """

    certificate: str
    cells: tuple[tuple[float, float, int], ...]
    prevalence: tuple[float, float] = (0.0, 1.0)

    def check(self, task: Task, material: Material) -> None:
        """Refuse a design that the line cannot serve.

        Raises:
            BadInput: a run that may end early, the estimand ``fixed``, weights, or a judge that says too little.
        """
        for wrong, lack in (
            (task.plan.stopping is not None, "a run that observes every item: no target_u, no decide_early"),
            (task.plan.estimand != "population", "the estimand 'population'"),
            (len({item.weight for item in material.items}) > 1, "items of equal weight"),
        ):
            if wrong:
                raise BadInput("estimator.needs", part=_PART, lack=lack)
        graded_mean(self._cases, Scored([0.0, 1.0]), (0.0, 1.0))

    @property
    def _cases(self) -> Cases:
        human, judge, n = (np.array(column) for column in zip(*self.cells, strict=True))
        return Cases(np.repeat(human, n.astype(int)), np.repeat(judge, n.astype(int)))

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the rows of one channel: the judge's grades as fractions of the scale.
            material: gives the group of each item.
        Source: ``uncertainty/graded_judge.py``.
        """
        blank = empty(task, observations, material)
        ok = observations.ok
        items, place = np.unique(observations.item[ok], return_inverse=True)
        if len(items) < 2:
            return blank
        score = np.bincount(place, observations.value[ok]) / np.bincount(place)
        group = groups(material)
        try:
            found = graded_mean(self._cases, Scored(score, group=None if group is None else group[items]), (0.0, 1.0))
        except BadInput:
            return msgspec.structs.replace(blank, notes=(*blank.notes, Note(code="judge_flat")))
        ends = interval(found.spread, task.plan.level)
        low, high = self.prevalence
        if ends is not None and (ends[1] < low or ends[0] > high):
            outside = {"value": round(found.spread.value, 4), "low": low, "high": high}
            return msgspec.structs.replace(blank, notes=(*blank.notes, Note(code="judge_prevalence", values=outside)))
        return self._stated(blank, found, ends)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations | None:
        """The observations with every lost reading as the judge's grade that stands for the worst or the best."""
        line = graded_mean(self._cases, Scored([0.0, 1.0])).line
        if line.slope < _LEAST_SLOPE:
            return None
        wanted = ((0.0 if end == "low" else 1.0) - float(line.intercept[0])) / line.slope
        lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
        return msgspec.structs.replace(
            observations,
            status=np.where(lost, 0, observations.status).astype(np.int8),
            value=np.where(lost, wanted, observations.value),
        )

    def _stated(self, blank: Result, found: GradedMean, ends: tuple[float, float] | None) -> Result:
        total = sum(row.contribution**2 for row in found.rows)
        names = {"line": (f"certificate:{self.certificate}:line", "judge_line", "B"), "scores": ("items", "items", "A")}
        budget = []
        for row in found.rows:
            source, label, kind = names[row.code]
            share = row.contribution**2 / total if total else 0.0
            budget.append(Component(source=source, label=label, kind="B" if kind == "B" else "A", u=row.contribution,
                                    dof=row.dof, share=share))  # fmt: skip
        values = {"value": round(found.naive, 4), "certificate": self.certificate[:12], "r2": round(found.line.r2, 3)}
        return msgspec.structs.replace(
            blank, value=found.spread.value, u=found.spread.u, interval=ends, dof=found.spread.dof,
            method=found.spread.method, budget=tuple(budget), notes=(Note(code="judge_line", values=values),),
        )  # fmt: skip
