"""The area under the ROC curve over cases × retrainings."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from assay.packs.general.estimator.mean import empty, groups, notes
from assay.packs.tabular.estimator._retraining import named
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.score import auc, crossed
from assay.uncertainty.spread import interval
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES


@dataclass(frozen=True)
class Auc:
    """The mean over retrainings of the area under the ROC curve of each, from the probabilities read.

    A case is positive if its reference value is 1. Cases lost in one retraining are missing in that one alone.
    """

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the probabilities of one channel.
            material: gives class, weight and group of each item.
        Returns:
            A result without a value if there are not readings of both classes.
        """
        ok = observations.ok
        blank = empty(task, observations, material)
        if not ok.any():
            return named(blank)
        seen = observations
        scores = auc.Scores(seen.item[ok], seen.variant[ok], seen.repeat[ok], seen.value[ok])
        cases = auc.Cases(
            positive=_positive(material),
            weight=np.array([item.weight for item in material.items]),
            group=groups(material),
            n_variants=len(task.plan.variants),
            population=task.plan.estimand == "population",
            variants_are_sample=task.plan.variants_are == "sample",
        )
        area = auc.auc(scores, cases)
        if area is None:
            return named(msgspec.structs.replace(blank, notes=(Note(code="one_class"),)))
        design = crossed.Design(
            weight=cases.weight, group=cases.group, n_variants=cases.n_variants, population=cases.population,
            variants_are_sample=cases.variants_are_sample, bounds=(0.0, 1.0),
        )  # fmt: skip
        return named(_filled_in(blank, area, notes(task, design, observations)))

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading as the probability that makes the area smallest, or largest.

        Smallest: 0 for a positive case and 1 for a negative one; no probability could do worse.
        """
        lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
        worst = np.where(_positive(material)[observations.item] == (end == "low"), 0.0, 1.0)
        return msgspec.structs.replace(
            observations,
            status=np.where(lost, 0, observations.status).astype(np.int8),
            value=np.where(lost, worst, observations.value),
        )


def _positive(material: Material) -> auc.Flags:
    return np.array([item.reference == 1 for item in material.items])


def _filled_in(blank: Result, area: auc.Area, remarks: list[Note]) -> Result:
    spread = area.spread
    total = sum(row.u**2 for row in area.rows)
    found = [Note(code=c, values={"n": blank.n_variants} if c == "few_variants" else {}) for c in area.notes]
    return msgspec.structs.replace(
        blank,
        value=spread.value,
        u=spread.u,
        interval=interval(spread, blank.level),
        k=coverage_factor(blank.level, spread.dof) if spread.method != "all_equal" else None,
        dof=spread.dof,
        method=spread.method,
        n_effective=spread.n,
        budget=tuple(
            Component(source=row.code, label=row.code, kind="A", u=row.u, dof=row.dof, share=row.u**2 / total)
            for row in area.rows
        ),
        notes=(*found, *remarks),
    )
