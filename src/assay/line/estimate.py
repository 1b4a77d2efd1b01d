"""Estimate: from observations to results, and to what they would be had every lost reading been the worst or best."""

from typing import NamedTuple, Protocol, runtime_checkable

import msgspec

from assay.uncertainty.stopping.betting import Units
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


@runtime_checkable
class Sequential(Protocol):
    """An estimator whose results may be looked at as often as one likes; see ``uncertainty/stopping/betting.py``."""

    def units(self, task: Task, observations: Observations, material: Material) -> Units:
        """The units that were seen."""
        ...


class Estimated(NamedTuple):
    """A result, and the results with every lost reading at the measurand's low and high end (None if none was lost).

    ``units`` has what decides in a run that may end early, for each of the results that are there; else it is empty.
    """

    result: Result
    low: Result | None
    high: Result | None
    units: tuple[Units, ...] = ()


def estimate(task: Task, estimator: Estimator, observations: Observations, material: Material) -> Estimated:
    """One result with its budget and its account of lost readings."""
    found = _estimate(task, estimator, observations, material)
    if task.plan.stopping is None:
        return found
    return found._replace(units=evidence(task, estimator, observations, material))


def evidence(task: Task, estimator: Estimator, observations: Observations, material: Material) -> tuple[Units, ...]:
    """The units as they were read and, if any reading was lost, with every lost one lowest and then highest."""
    assert isinstance(estimator, Sequential)
    ends = [observations]
    if sum(observations.counts().get(status, 0) for status in LOST):
        for end in ("low", "high"):
            bounded = estimator.lost_as(task, observations, material, end)
            assert bounded is not None  # the measurand has bounds, and the estimate is a mean
            ends.append(bounded)
    return tuple(estimator.units(task, one, material) for one in ends)


def _estimate(task: Task, estimator: Estimator, observations: Observations, material: Material) -> Estimated:
    result = estimator.estimate(task, observations, material)
    lost = sum(result.counts.get(status, 0) for status in LOST)
    if not lost:
        value = result.value
        return Estimated(_with(result, if_lost=None if value is None else (value, value)), None, None)
    notes = (*result.notes, Note(code="lost", values={"n": lost, "total": result.n_observations}))
    unbounded = task.measurand.low is None or task.measurand.high is None
    if unbounded and not getattr(estimator, "bounds_lost", False):
        return Estimated(_with(result, notes=(*notes, Note(code="lost_unbounded"))), None, None)
    worst, best = (estimator.lost_as(task, observations, material, end) for end in ("low", "high"))
    if worst is None or best is None:
        return Estimated(_with(result, notes=(*notes, Note(code="lost_unbounded"))), None, None)
    low, high = estimator.estimate(task, worst, material), estimator.estimate(task, best, material)
    if_lost = None if low.value is None or high.value is None else (low.value, high.value)
    return Estimated(_with(result, if_lost=if_lost, notes=notes), low, high)


def _with(result: Result, **changes: object) -> Result:
    return msgspec.structs.replace(result, **changes)
