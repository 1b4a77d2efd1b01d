"""pass@k and pass^k over items × variants, from the repeats of each."""

from typing import ClassVar, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.general.estimator._stated import stated
from assay.packs.general.estimator.mean import Mean, empty, filled_in, groups, notes
from assay.uncertainty.score import crossed
from assay.uncertainty.score.passes import Kind, of_attempts, per_item
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result

Floats = npt.NDArray[np.float64]


class _Attempts(NamedTuple):
    """Item, variant, attempts and successes of each cell with attempts enough, shape (cells,); how many lack some."""

    item: npt.NDArray[np.int64]
    variant: npt.NDArray[np.int64]
    n: Floats
    hits: Floats
    short: int


class Passes:
    """What both estimators are: each has k, its name as a part, and which of the attempts must succeed."""

    k: int
    part: ClassVar[str]
    kind: ClassVar[Kind]

    def check(self, task: Task, material: Material) -> None:
        """Refuse a plan with too few repeats.

        Raises:
            BadInput: fewer repeats than k, or than k + 1 for the estimand ``fixed``, where they show the scatter; or
                that estimand with variants as a sample.
        """
        plan = task.plan
        if plan.estimand == "fixed" and plan.variants_are == "sample" and len(plan.variants) > 1:
            raise BadInput("estimator.needs", part=self.part, lack="variants_are = 'fixed' for the estimand 'fixed'")
        least = self.k if plan.estimand == "population" else self.k + 1
        if plan.repeats < least:
            lack = f"{least} repeats or more for k = {self.k} and the estimand '{plan.estimand}'; "
            raise BadInput("estimator.needs", part=self.part, lack=lack + f"the plan has {plan.repeats}")

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Returns:
            A result without a value if no item has attempts enough.
        Raises:
            BadInput: a reading is neither 0 nor 1, or as for ``check``.
        """
        self.check(task, material)  # the estimand of a stored run may be changed
        blank = empty(task, observations, material)
        blank = msgspec.structs.replace(blank, unseen=tuple(code for code in blank.unseen if code != "repeats"))
        value = observations.value[observations.ok]
        odd = value[(value != 0) & (value != 1)]
        if len(odd):
            raise BadInput("estimator.not_binary", part=self.part, value=float(odd[0]))
        design = crossed.Design(
            weight=np.array([item.weight for item in material.items]), group=groups(material),
            n_variants=len(task.plan.variants), population=task.plan.estimand == "population",
            variants_are_sample=task.plan.variants_are == "sample", bounds=(0.0, 1.0),
        )  # fmt: skip
        cells = _attempts(observations, design.n_variants, self.k if design.population else self.k + 1)
        short = Note(code="attempts_short", values={"n": cells.short, "k": self.k})
        if not len(cells.n):
            return msgspec.structs.replace(blank, notes=(short,))
        remarks = notes(task, design, observations)
        if cells.short:
            remarks.append(short)
        if design.population:
            rows = crossed.Rows(cells.item, cells.variant, per_item(cells.n, cells.hits, self.k, self.kind))
            return filled_in(blank, crossed.mean(rows, design), remarks)
        return _fixed(blank, cells, (self.k, self.kind), design, remarks)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading as a failure, or as a success."""
        return Mean().lost_as(task, observations, material, end)


def _attempts(observations: Observations, n_variants: int, least: int) -> _Attempts:
    ok = observations.ok
    cell = observations.item[ok].astype(np.int64) * n_variants + observations.variant[ok]
    n = np.asarray(np.bincount(cell), dtype=np.float64)
    hits = np.asarray(np.bincount(cell, weights=observations.value[ok], minlength=len(n)), dtype=np.float64)
    enough = np.flatnonzero(n >= least)
    asked = np.unique(observations.item.astype(np.int64) * n_variants + observations.variant)
    return _Attempts(enough // n_variants, enough % n_variants, n[enough], hits[enough], len(asked) - len(enough))


def _fixed(
    blank: Result, cells: _Attempts, which: tuple[int, Kind], design: crossed.Design, remarks: list[Note]
) -> Result:
    """These very items in these variants: the scatter of the attempts, by a jackknife."""
    k, kind = which
    present = np.bincount(cells.item, minlength=len(design.weight)).astype(np.float64)
    weight = design.weight[cells.item] / present[cells.item]
    spread = of_attempts(cells.n, cells.hits, weight / weight.sum(), k, kind)
    assert spread.u is not None
    code = "repeats" if spread.method == "wilson_effective" else "all_equal"
    if code == "all_equal":
        remarks = [Note(code="all_equal"), *remarks]
    return stated(blank, spread, [(code, spread.u, spread.dof)], remarks)
