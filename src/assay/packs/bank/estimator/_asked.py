"""What the estimators of an adaptive run share: the answers by cell, what they say, and how that is stated."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from assay.packs.general.estimator.mean import empty
from assay.uncertainty.ability.cells import Answered, Curves, Floats, Posterior, interval, posterior
from assay.uncertainty.ability.placed import Placed, answered, placed, tables
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.one_sided import risks
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Adaptive
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import LOST, STATUSES

_UNSEEN: Final = ("reference_labels", "environment")


class Asked(NamedTuple):
    """The rule of the run, its items and answers by cell, the tables of the cells, and the posterior."""

    rule: Adaptive
    where: Placed
    answers: Answered
    made: Curves
    known: Posterior


def asked(part: str, task: Task, observations: Observations, material: Material) -> Asked | None:
    """What was answered; None if no reading of a calibrated cell was had.

    Raises:
        BadInput: the run chose its items in another way.
    """
    rule = needed(part, task)
    where = placed(material, rule.cells)
    answers = answered(observations, where)
    if not answers.n.sum():
        return None
    made = tables(rule.cells, rule.subject_sd)
    return Asked(rule, where, answers, made, posterior(made, answers))


def needed(part: str, task: Task) -> Adaptive:
    """The rule of an adaptive run.

    Raises:
        BadInput: the run is not adaptive.
    """
    if task.plan.adaptive is None:
        raise BadInput("estimator.needs", part=part, lack="a run that chooses its items: adaptive = true")
    return task.plan.adaptive


def blank(task: Task, observations: Observations, material: Material) -> Result:
    """A result with its account and no value."""
    return msgspec.structs.replace(empty(task, observations, material), unseen=_UNSEEN)


def lost_as(observations: Observations, end: Literal["low", "high"]) -> Observations:
    """The observations with every lost reading wrong, or right."""
    lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
    return msgspec.structs.replace(
        observations,
        status=np.where(lost, 0, observations.status).astype(np.int8),
        value=np.where(lost, 0.0 if end == "low" else 1.0, observations.value),
    )


class Stated(NamedTuple):
    """A value and its distribution: centres with weights, and the standard deviation around each of them.

    ``bounds`` are those of the measurand; ``rows`` are source, label, kind and contribution.
    """

    value: float
    centres: Floats
    weight: Floats
    sd: float
    bounds: tuple[float, float]
    rows: Sequence[tuple[str, str, Literal["A", "B"], float]]
    notes: tuple[Note, ...]


def stated(empty_one: Result, found: Stated) -> Result:
    """The result, with bounds at the usual risks, on which decisions rest."""
    total = sum(row[3] ** 2 for row in found.rows)
    low, high = found.bounds

    def ends(level: float) -> tuple[float, float]:
        below, above = interval(found.centres, found.weight, found.sd, level)
        return min(max(below, low), high), min(max(above, low), high)

    table = tuple((risk, *ends(1 - 2 * risk)) for risk in risks(empty_one.level))
    budget = tuple(Component(source=source, label=label, kind=kind, u=u, share=u**2 / total if total else 0.0)
                   for source, label, kind, u in found.rows)  # fmt: skip
    return msgspec.structs.replace(
        empty_one, value=found.value, u=total**0.5, interval=ends(empty_one.level), k=coverage_factor(empty_one.level),
        method="posterior", budget=budget, one_sided=table, notes=(*empty_one.notes, *found.notes),
    )  # fmt: skip
