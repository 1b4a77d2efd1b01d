"""The share that truly passes, corrected for a judge's errors by its certificate."""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

import msgspec
import numpy as np

from assay.packs.general.estimator.mean import Mean, empty
from assay.packs.judging._probed import Flipped, probe_note
from assay.uncertainty.judging.judge_compatibility import judge_compatibility
from assay.uncertainty.judging.judged_rate import JudgedRate, LabelError, Share, interval, judged_rate, table
from assay.uncertainty.judging.prediction_powered import Judged, Labelled, prediction_powered
from assay.uncertainty.spread import interval as spread_interval
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES

_PART: Final = "judging.corrected"


@dataclass(frozen=True)
class Corrected:
    """The judged pass rate, corrected for false passes and false failures (Rogan and Gladen).

    The judge's own share enters with the spread of its items, clusters and repeats; sensitivity and specificity enter
    with the numbers of the cases that they were measured on, under the identity of the certificate, so that they cancel
    between two results that it corrects. Without a value where the judge does not tell passes from failures, says what
    no true rate explains, or the rate lies outside the range that the certificate holds for.

    Attributes:
        certificate: SHA-256 of the signed certificate, hexadecimal.
        cells: human verdict (0 or 1), judge's verdict (0 or 1), and how many calibration cases had both.
        prevalence: range of true rates for which the certificate holds.
        labels: item and people's verdict (0 or 1) of a random sample of the judged responses; a second estimate is
            made from them, and whether the two agree is tested.
        flipped: share of orders planted in failing answers that turned the judge's verdict, its interval and their
            number; None if none were planted.
        effective: effective number of the cases behind specificity and behind sensitivity, each with its degrees of
            freedom (None where infinite), where several cases belong to one item; empty where none do.
        label_errors: how often people's verdicts are wrong on cases that fail and on cases that pass, and the standard
            uncertainty of both; empty where they are taken for true.
    """

    certificate: str
    cells: tuple[tuple[float, float, int], ...]
    prevalence: tuple[float, float] = (0.0, 1.0)
    labels: tuple[tuple[str, float], ...] = ()
    flipped: Flipped = None
    effective: tuple[tuple[float, float | None], ...] = ()
    label_errors: tuple[float, ...] = ()

    def check(self, task: Task, material: Material) -> None:
        """Refuse a run that may end early: no interval of a corrected rate holds at every look.

        Raises:
            BadInput: for that, for labels that the design cannot use, or a judge that does not tell passes from
                failures.
        """
        if task.plan.stopping is not None:
            lack = "a run that observes every item: no target_u, no decide_early"
            raise BadInput("estimator.needs", part=_PART, lack=lack)
        if self.labels and (task.plan.repeats > 1 or len(task.plan.variants) > 1):
            raise BadInput("estimator.needs", part=_PART, lack="one repeat and one variant where there are labels")
        known = {item.id for item in material.items}
        for name, _ in self.labels:
            if name not in known:
                raise BadInput("cases.unknown_item", id=name, near=near(name, sorted(known)))
        specificity, sensitivity = self.shares()
        judged_rate(Share(0.5, 100), specificity, sensitivity, self._error)

    def shares(self) -> tuple[Share, Share]:
        """Specificity and sensitivity, each with the number of cases that it was measured on."""
        found = []
        for place, human in enumerate((0.0, 1.0)):
            same = sum(n for h, j, n in self.cells if h == human and j == human)
            every = sum(n for h, _, n in self.cells if h == human)
            if not every:
                raise BadInput("certificate.empty", certificate=self.certificate[:12], verdict=f"{human:g}")
            n, dof = self.effective[place] if self.effective else (float(every), None)
            found.append(Share(same / every, n, dof))
        return found[0], found[1]

    @property
    def _error(self) -> LabelError | None:
        return LabelError(*self.label_errors) if self.label_errors else None

    def raw(self, value: float) -> float:
        """The share that the judge passes where the true rate is ``value``."""
        specificity, sensitivity = self.shares()
        if (error := self._error) is not None:
            value = error.e0 + value * (1 - error.e0 - error.e1)
        return value * sensitivity.value + (1 - value) * (1 - specificity.value)

    @property
    def slope(self) -> float:
        """1 / (sensitivity + specificity − 1), and as much more as people's errors take away."""
        specificity, sensitivity = self.shares()
        keeps = 1.0 if (error := self._error) is None else 1 - error.e0 - error.e1
        return 1 / (sensitivity.value + specificity.value - 1) / keeps

    def floor(self, value: float) -> float:
        """What sensitivity and specificity contribute at a true rate of ``value``."""
        found = judged_rate(Share(min(1.0, max(0.0, self.raw(value))), 100), *self.shares(), self._error)
        return sqrt(sum(row.contribution**2 for row in found.rows if row.code != "judged"))

    @property
    def cases(self) -> int:
        """Number of calibration cases."""
        return sum(n for _, _, n in self.cells)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the rows of one channel, 1 where the judge passes a response.
            material: gives weight and group of each item.
        Source: Rogan and Gladen 1978, by ``uncertainty/judging/judged_rate.py``.
        """
        judged = Mean().estimate(task, observations, material)
        if judged.value is None or judged.u is None:
            return judged
        specificity, sensitivity = self.shares()
        p = min(1.0, max(0.0, judged.value))
        n = judged.n_effective or 0.0
        if 0 < p < 1:
            n = p * (1 - p) / judged.u**2
        try:
            found = judged_rate(Share(p, n, judged.dof), specificity, sensitivity, self._error)
        except BadInput:
            return self._without(task, observations, material, Note(code="judge_blind"))
        ends = interval(found, task.plan.level)
        if ends is None:
            reach = {"p": round(p, 4), "low": round(found.reach[0], 4), "high": round(found.reach[1], 4)}
            return self._without(task, observations, material, Note(code="judge_reach", values=reach))
        low, high = self.prevalence
        if ends[1] < low or ends[0] > high:
            outside = {"value": round(found.value, 4), "low": low, "high": high}
            return self._without(task, observations, material, Note(code="judge_prevalence", values=outside))
        made = self._stated(judged, found, ends)
        if not self.labels:
            return made
        return msgspec.structs.replace(made, notes=(*made.notes, self._powered(task, observations, material)))

    def _powered(self, task: Task, observations: Observations, material: Material) -> Note:
        """The rate by the labels and the judge (PPI++), and whether it agrees with that by the certificate."""
        ok = observations.ok
        labels = dict(self.labels)
        names = [material.items[place].id for place in observations.item[ok].tolist()]
        known = np.array([name in labels for name in names])
        value, units = observations.value[ok], observations.item[ok]
        y = np.array([labels[name] for name in names if name in labels])
        labelled, judged = Labelled(y, value[known], units[known]), Judged(value[~known], units[~known])
        cases = np.array([pair for *pair, n in self.cells for _ in range(n)])
        others = -1 - np.arange(len(cases))  # calibration cases are none of the judged items
        try:
            found = prediction_powered(labelled, judged, (0.0, 1.0))
            both = judge_compatibility(labelled, judged, Labelled(cases[:, 0], cases[:, 1], others), task.plan.level)
        except BadInput as error:
            return Note(code="judge_not_powered", values={"reason": str(error)})
        ends = spread_interval(found.spread, task.plan.level) or (0.0, 1.0)
        values = {"value": round(found.spread.value, 4), "low": round(ends[0], 4), "high": round(ends[1], 4),
                  "n": len(y), "p": round(both.p, 4)}  # fmt: skip
        return Note(code="judge_powered" if both.compatible else "judge_powered_differs", values=values)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading as the judge's share among responses that fail, or that pass.

        A response that truly fails is passed by the judge with probability 1 − specificity: this is what it adds.
        """
        specificity, sensitivity = self.shares()
        expected = 1 - specificity.value if end == "low" else sensitivity.value
        lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
        return msgspec.structs.replace(
            observations,
            status=np.where(lost, 0, observations.status).astype(np.int8),
            value=np.where(lost, expected, observations.value),
        )

    def _without(self, task: Task, observations: Observations, material: Material, note: Note) -> Result:
        blank = empty(task, observations, material)
        return msgspec.structs.replace(blank, notes=(*blank.notes, note))

    def _stated(self, judged: Result, found: JudgedRate, ends: tuple[float, float]) -> Result:
        by_code = {row.code: row for row in found.rows}
        parts = self._parts(judged, by_code["judged"].contribution)
        parts += [
            (f"certificate:{self.certificate}:{code}", f"judge_{code}", by_code[code].contribution, by_code[code].dof)
            for code in ("sensitivity", "specificity", "label_false", "label_missed")
            if code in by_code
        ]
        total = sum(u**2 for _, _, u, _ in parts)
        own = {row.source for row in judged.budget}
        budget = tuple(
            Component(
                source=source, label=label, kind="A" if source in own else "B", u=u, dof=dof,
                share=u**2 / total if total else 0.0,
            )
            for source, label, u, dof in parts
        )  # fmt: skip
        raw = {"value": round(judged.value or 0.0, 4), "certificate": self.certificate[:12]}
        told = (Note(code="judge_corrected", values=raw), *self._label_note(), probe_note(self.flipped))
        return msgspec.structs.replace(
            judged,
            value=found.value, u=total**0.5, interval=ends, k=None, dof=found.dof, method="judged", n_effective=None,
            budget=budget,
            notes=(*judged.notes, *told),
            one_sided=tuple(tuple(row) for row in table(found)),
        )  # fmt: skip

    def _label_note(self) -> tuple[Note, ...]:
        """What was taken off for the errors of the people themselves."""
        if not self.label_errors:
            return ()
        e0, e1, *_ = self.label_errors
        return (Note(code="judge_labels_err", values={"e0": round(e0, 4), "e1": round(e1, 4)}),)

    def _parts(self, judged: Result, contribution: float) -> list[tuple[str, str, float, float | None]]:
        """The rows of the judge's own share, scaled so that their squares make up its part of the corrected rate."""
        before = sum(row.u**2 for row in judged.budget) ** 0.5
        factor = contribution / before if before else 0.0
        return [(row.source, row.label, row.u * factor, row.dof) for row in judged.budget]
