"""Estimate: from observations to results, and to what they would be had every lost reading been the worst or best."""

from typing import NamedTuple

import msgspec

from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan
from assay.vocabulary.protocols import Estimator
from assay.vocabulary.result import Note, Result
from assay.vocabulary.status import LOST


class Task(NamedTuple):
    """What an estimator is told besides the rows."""

    measurand: Measurand
    plan: Plan


class Estimated(NamedTuple):
    """A result, and the results with every lost reading at the measurand's low and high end (None if none was lost)."""

    result: Result
    low: Result | None
    high: Result | None


def estimate(task: Task, estimator: Estimator, observations: Observations, material: Material) -> Estimated:
    """One result with its budget and its account of lost readings."""
    result = estimator.estimate(task, observations, material)
    lost = sum(result.counts.get(status, 0) for status in LOST)
    if not lost:
        value = result.value
        return Estimated(_with(result, if_lost=None if value is None else (value, value)), None, None)
    notes = (*result.notes, Note(code="lost", values={"n": lost, "total": result.n_observations}))
    if task.measurand.low is None or task.measurand.high is None:
        return Estimated(_with(result, notes=(*notes, Note(code="lost_unbounded"))), None, None)
    low = estimator.estimate(task, estimator.lost_as(task, observations, material, "low"), material)
    high = estimator.estimate(task, estimator.lost_as(task, observations, material, "high"), material)
    if_lost = None if low.value is None or high.value is None else (low.value, high.value)
    return Estimated(_with(result, if_lost=if_lost, notes=notes), low, high)


def _with(result: Result, **changes: object) -> Result:
    return msgspec.structs.replace(result, **changes)
