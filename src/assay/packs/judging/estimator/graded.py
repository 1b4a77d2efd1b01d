"""The mean grade that people would give, from a judge's grades and its certificate."""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.general.estimator.mean import empty, groups
from assay.packs.judging._probed import Flipped, probe_note
from assay.uncertainty.judging.graded_judge import Graded as Cases
from assay.uncertainty.judging.graded_judge import GradedMean, Line, Scored, graded_mean
from assay.uncertainty.spread import interval
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES

_PART: Final = "judging.graded"
_LEAST_SLOPE: Final = 1e-6
_MOST_BEYOND: Final = 0.5
"""Share of grades outside the calibrated range above which nothing is stated: the line would be made up there."""
_MOST_AWAY: Final = 1.0
_SPREAD: Final = (0.67, 1.5)
"""Difference of the means, in standard deviations, and ratio of these, beyond which a remark is made."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Graded:
    """The mean grade corrected for a judge's leniency and compression: people's grade as a line of the judge's.

    The line is fitted to the calibration cases of the certificate; its uncertainty enters under the identity of the
    certificate. Without a value where the judge's grades hardly say anything of people's, or where the mean lies
    outside the range that the certificate holds for.

    Attributes:
        certificate: SHA-256 of the signed certificate, hexadecimal.
        cells: people's grade, judge's grade (as fractions of the scale), how many calibration cases had both, and,
            where several cases belong to one item, which item.
        prevalence: range of true mean grades for which the certificate holds.
        flipped: share of orders planted in failing answers that raised the judge's grade, its interval and their
            number; None if none were planted.
    """

    certificate: str
    cells: tuple[tuple[float, ...], ...]
    prevalence: tuple[float, float] = (0.0, 1.0)
    flipped: Flipped = None

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
        human, judge, n, *group = (np.array(column) for column in zip(*self.cells, strict=True))
        times = n.astype(int)
        item = np.repeat(group[0].astype(int), times) if group else None
        return Cases(np.repeat(human, times), np.repeat(judge, times), group=item)

    def raw(self, value: float) -> float:
        """The judge's mean grade where people's is ``value``."""
        line = self._line
        return (value - float(line.intercept[0])) / line.slope

    @property
    def slope(self) -> float:
        """People's grade by the judge's."""
        return self._line.slope

    def floor(self, value: float) -> float:
        """What the line contributes where people's mean grade is ``value``."""
        at = np.array([1.0, self.raw(value)])
        return sqrt(float(at @ self._line.covariance @ at))

    @property
    def cases(self) -> int:
        """Number of calibration cases."""
        return int(sum(cell[2] for cell in self.cells))

    @property
    def _line(self) -> Line:
        return graded_mean(self._cases, Scored([0.0, 1.0])).line

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the rows of one channel: the judge's grades as fractions of the scale.
            material: gives the group of each item.
        Source: ``uncertainty/judging/graded_judge.py``.
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
        if (beyond := self._beyond(score)) > _MOST_BEYOND:
            return msgspec.structs.replace(blank, notes=(*blank.notes, self._range_note("judge_range_refused", beyond)))
        if ends is not None and (ends[1] < low or ends[0] > high):
            outside = {"value": round(found.spread.value, 4), "low": low, "high": high}
            return msgspec.structs.replace(blank, notes=(*blank.notes, Note(code="judge_prevalence", values=outside)))
        made = self._stated(blank, found, ends)
        return msgspec.structs.replace(made, notes=(*made.notes, *self._scatter(score), probe_note(self.flipped)))

    def _beyond(self, score: Floats) -> float:
        """Share of the items with a judge's grade outside the range of the calibration cases."""
        seen = [cell[1] for cell in self.cells]
        return float(((score < min(seen)) | (score > max(seen))).mean())

    def _range_note(self, code: str, beyond: float) -> Note:
        seen = [cell[1] for cell in self.cells]
        values = {"share": round(beyond, 3), "low": round(min(seen), 3), "high": round(max(seen), 3)}
        return Note(code=code, values=values)

    def _scatter(self, score: Floats) -> tuple[Note, ...]:
        """Remarks where the judge's grades in use are spread otherwise than in calibration.

        The line is people's grade given the judge's; it depends on how the true grades are spread.
        """
        seen = np.repeat([cell[1] for cell in self.cells], [int(cell[2]) for cell in self.cells])
        notes = []
        if (beyond := self._beyond(score)) > 0:
            notes.append(self._range_note("judge_range", beyond))
        sd, away = float(seen.std()), abs(float(score.mean() - seen.mean()))
        ratio = float(score.std()) / sd
        if away > _MOST_AWAY * sd or not _SPREAD[0] <= ratio <= _SPREAD[1]:
            values = {"mean": round(float(score.mean()), 3), "sd": round(float(score.std()), 3),
                      "cases_mean": round(float(seen.mean()), 3), "cases_sd": round(sd, 3)}  # fmt: skip
            notes.append(Note(code="judge_spread", values=values))
        return tuple(notes)

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
