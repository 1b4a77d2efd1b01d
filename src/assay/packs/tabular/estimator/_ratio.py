"""Ratios of counts over cases × retrainings: F1 and precision, from readings of right (1) and wrong (0)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.general.estimator._stated import stated
from assay.packs.general.estimator.mean import Mean, empty, groups, notes
from assay.packs.tabular.estimator._retraining import named
from assay.uncertainty.proportion import jeffreys_u
from assay.uncertainty.score import crossed
from assay.uncertainty.score.fscore import Linearised, linearised
from assay.uncertainty.spread import Spread
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result

Floats = npt.NDArray[np.float64]
Kind = Literal["f1", "precision"]


@dataclass(frozen=True)
class Ratio:
    """What both estimators are: each names its part, and its numerator and denominator."""

    part: ClassVar[str]
    kind: ClassVar[Kind]

    def check(self, task: Task, material: Material) -> None:
        """Refuse cases whose class is not 1 or 0, or all of one class.

        Raises:
            BadInput: one of these.
        """
        for index, item in enumerate(material.items):
            if type(item.reference) not in (int, float) or item.reference not in (0, 1):
                place = material.place(index)
                lack = f"cases whose reference is 1 (the positive class) or 0; {place} ({item.id!r}) has another"
                raise BadInput("estimator.needs", part=self.part, lack=lack)
        if not any(item.reference == 1 for item in material.items):
            raise BadInput("estimator.needs", part=self.part, lack="a case of the positive class (reference 1)")

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Returns:
            A result without a value if the denominator is 0 in every retraining.
        Raises:
            BadInput: a reading is neither 0 nor 1.
        """
        self.check(task, material)
        ok = observations.ok
        blank = empty(task, observations, material)
        if not ok.any():
            return named(blank)
        rows = crossed.Rows(observations.item[ok], observations.variant[ok], observations.value[ok])
        odd = rows.value[(rows.value != 0) & (rows.value != 1)]
        if len(odd):
            raise BadInput("estimator.not_binary", part=self.part, value=float(odd[0]))
        positive = np.array([item.reference == 1 for item in material.items])
        design = crossed.Design(
            weight=np.array([item.weight for item in material.items]), group=groups(material),
            n_variants=len(task.plan.variants), population=task.plan.estimand == "population",
            variants_are_sample=task.plan.variants_are == "sample", bounds=(0.0, 1.0),
        )  # fmt: skip
        made = linearised(rows, _parts(self.kind, positive[rows.item], rows.value), design.weight, design.n_variants)
        if made is None:
            return named(msgspec.structs.replace(blank, notes=(Note(code="no_denominator"),)))
        remarks = notes(task, design, observations)
        if (lost := len(np.unique(rows.variant)) - made.variants) > 0:
            remarks.append(Note(code="variants_undefined", values={"n": lost}))
        if made.ratio in (0.0, 1.0):
            return named(_certain(blank, made, self.kind, _clusters(made, rows, design), remarks))
        found = crossed.mean(crossed.Rows(rows.item[made.used], rows.variant[made.used], made.value[made.used]), design)
        codes = [
            Note(code=code, values={"n": blank.n_variants} if code == "few_variants" else {}) for code in found.notes
        ]
        parts = [(row.code, row.u, row.dof) for row in found.rows]
        return named(stated(blank, found.spread, parts, [*codes, *remarks]))

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading as wrong, or as right: nothing could be worse, or better."""
        return Mean().lost_as(task, observations, material, end)


def _parts(kind: Kind, positive: npt.NDArray[np.bool_], right: Floats) -> tuple[Floats, Floats]:
    """Numerator and denominator of each reading, shape (rows,)."""
    hit = (positive & (right == 1)).astype(np.float64)
    false_alarm, miss = (~positive & (right == 0)).astype(np.float64), (positive & (right == 0)).astype(np.float64)
    if kind == "f1":
        return 2 * hit, 2 * hit + false_alarm + miss
    return hit, hit + false_alarm


def _clusters(made: Linearised, rows: crossed.Rows, design: crossed.Design) -> float:
    """Independent cases (or clusters of them) that a ratio of 0 or 1 rests on."""
    if design.group is None:
        return made.size
    return min(made.size, float(len(np.unique(design.group[rows.item]))))


def _certain(blank: Result, made: Linearised, kind: Kind, n: float, remarks: list[Note]) -> Result:
    """Every case right, or none: the interval follows from how many cases that is.

    F1 = 2 J / (1 + J) of a proportion J is to J as a proportion of twice the cases near 1, and of half of them near 0.
    """
    n = n / 2 if kind == "f1" and made.ratio == 0 else n
    n = max(n, 0.5)
    u = jeffreys_u(made.ratio * n, n)
    spread = Spread(made.ratio, u, None, 0.0, 1.0, n, "wilson")
    return stated(blank, spread, [("all_equal", u, None)], [Note(code="all_equal"), *remarks])
