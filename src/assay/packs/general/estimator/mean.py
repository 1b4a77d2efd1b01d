"""The mean over items × variants × repeats."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np

from assay.uncertainty import crossed
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.spread import interval
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES

_NEVER_SEEN: Final = ("reference_labels", "environment")
"""What no design of this version varies: errors in the reference values; time, place and hardware."""


@dataclass(frozen=True)
class Mean:
    """Weighted mean of scores or proportions, with clusters, for the items themselves or for their population."""

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the rows of one channel.
            material: gives weight and group of each item.
        Returns:
            A result without a value if no reading was had.
        """
        ok = observations.ok
        blank = empty(task, observations, material)
        if not ok.any():
            return blank
        rows = crossed.Rows(observations.item[ok], observations.variant[ok], observations.value[ok])
        design = crossed.Design(
            weight=np.array([item.weight for item in material.items]),
            group=groups(material),
            n_variants=len(task.plan.variants),
            population=task.plan.estimand == "population",
            variants_are_sample=task.plan.variants_are == "sample",
            bounds=(task.measurand.low, task.measurand.high),
        )
        return filled_in(blank, crossed.mean(rows, design), notes(task, design, observations))

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading at one end of the measurand."""
        bound = task.measurand.low if end == "low" else task.measurand.high
        assert bound is not None
        lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
        return msgspec.structs.replace(
            observations,
            status=np.where(lost, 0, observations.status).astype(np.int8),
            value=np.where(lost, bound, observations.value),
        )


def groups(material: Material) -> "crossed.Ints | None":
    """Cluster of each item from 0, an item without a group being its own; None if no item has one."""
    names = [item.group for item in material.items]
    if all(name is None for name in names):
        return None
    places: dict[object, int] = {}
    return np.array([places.setdefault(n if n is not None else (i,), len(places)) for i, n in enumerate(names)])


def empty(task: Task, observations: Observations, material: Material) -> Result:
    """A result with its account and no value."""
    ok = observations.ok
    items = np.unique(observations.item[ok])
    group = groups(material)
    plan = task.plan
    unseen = ["repeats"] if plan.repeats == 1 else []
    unseen += ["variants"] if len(plan.variants) == 1 else []
    return Result(
        measurand=task.measurand.name,
        estimand=plan.estimand,
        value=None,
        u=None,
        interval=None,
        level=plan.level,
        k=None,
        dof=None,
        method="none",
        n_effective=None,
        n_items=len(items),
        n_groups=None if group is None else len(np.unique(group[items])),
        n_repeats=plan.repeats,
        n_variants=len(plan.variants),
        n_observations=len(observations.item),
        counts=observations.counts(),
        if_lost=None,
        unseen=(*unseen, *_NEVER_SEEN),
        notes=() if ok.any() else (Note(code="no_value"),),
    )


def filled_in(blank: Result, mean: crossed.Mean, remarks: list[Note]) -> Result:
    """The result of an analysis."""
    spread = mean.spread
    ends = interval(spread, blank.level)
    total = sum(row.u**2 for row in mean.rows)
    budget = tuple(
        Component(
            source=row.code, label=row.code, kind="A", u=row.u, dof=row.dof, share=row.u**2 / total if total else 0.0
        )
        for row in mean.rows
    )
    applies = spread.method in ("wilson", "wilson_effective", "t")
    found = [Note(code=code, values=_values(code, blank)) for code in mean.notes]
    return msgspec.structs.replace(
        blank,
        value=spread.value,
        u=spread.u,
        interval=ends,
        k=coverage_factor(blank.level, spread.dof) if applies else None,
        dof=spread.dof,
        method=spread.method,
        n_effective=spread.n,
        budget=budget,
        notes=(*found, *remarks),
    )


def _values(code: str, blank: Result) -> dict[str, int]:
    return {"n": blank.n_variants} if code == "few_variants" else {}


def notes(task: Task, design: crossed.Design, observations: Observations) -> list[Note]:
    """Remarks on the validity of a mean."""
    found = []
    if design.n_variants > 1 and not design.variants_are_sample:
        found.append(Note(code="variants_fixed", values={"n": design.n_variants}))
    if design.group is not None and design.population and (n := int(design.group.max()) + 1) < 30:
        found.append(Note(code="few_groups", values={"n": n}))
    if (design.weight != design.weight[0]).any():
        found.append(Note(code="weights"))
    cells = np.unique(observations.item[observations.ok].astype(np.int64) * design.n_variants
                      + observations.variant[observations.ok])  # fmt: skip
    used = len(np.unique(observations.item[observations.ok])) * design.n_variants
    if len(cells) < used:
        found.append(Note(code="missing_cells", values={"n": used - len(cells)}))
    return found
