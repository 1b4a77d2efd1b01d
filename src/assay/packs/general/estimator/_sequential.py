"""The mean of a run that may end early: units for betting, and the result with its confidence sequence."""

from typing import Final

import msgspec
import numpy as np

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.score import crossed
from assay.uncertainty.stopping import betting
from assay.uncertainty.stopping.betting import Units
from assay.uncertainty.stopping.confidence_sequence import bernoulli
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Stopping
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Result

_FIXED_ONLY: Final = ("few_groups", "all_equal", "one_item", "joint_dof")
"""Remarks on intervals that hold for a fixed number of items only."""


def units(task: Task, observations: Observations, weights: crossed.Floats, group: crossed.Ints | None) -> Units:
    """The units that were seen; an item without any reading is left out of its unit.

    The score of an item is the mean over its variants of the mean over their repeats, as in ``crossed.mean``.
    """
    low, high = task.measurand.low, task.measurand.high
    assert low is not None and high is not None
    ok = observations.ok
    n_items, n_variants = len(weights), len(task.plan.variants)
    cell = observations.item[ok].astype(np.int64) * n_variants + observations.variant[ok]
    score = (observations.value[ok] - low) / (high - low)
    shape = (n_items, n_variants)
    n = np.bincount(cell, minlength=n_items * n_variants).reshape(shape)
    sums = np.bincount(cell, weights=score, minlength=n_items * n_variants).reshape(shape)
    present = (n > 0).sum(axis=1)
    seen = np.nonzero(present)[0]
    means = np.divide(sums, n, out=np.zeros(shape), where=n > 0).sum(axis=1)[seen] / present[seen]
    group = np.arange(n_items) if group is None else group
    weight = np.bincount(group[seen], weights=weights[seen], minlength=1)
    total = np.bincount(group[seen], weights=weights[seen] * means, minlength=1)
    used = weight > 0
    heaviest = float(np.bincount(group, weights=weights).max())
    return Units(np.clip(total[used], 0.0, weight[used]), np.asarray(weight[used], np.float64), heaviest)


def stated(result: Result, task: Task, seen: Units, design: crossed.Design) -> Result:
    """The result with the confidence sequence as its interval and the uncertainty that belongs to that.

    The budget keeps what a fixed design would have, and adds a row for what it takes to hold at every look.
    """
    stopping, low, high = task.plan.stopping, task.measurand.low, task.measurand.high
    assert stopping is not None and low is not None and high is not None and result.u is not None
    single = _single_binary(task, stopping, design)
    if single:
        ends = bernoulli(float(seen.score.sum()), float(len(seen.score)), result.level)
    else:
        ends = betting.interval(seen, result.level)
    k = coverage_factor(result.level)
    u = (ends[1] - ends[0]) * (high - low) / (2 * k)
    rows = result.budget
    if u > result.u:
        more = float(np.sqrt(u**2 - result.u**2))
        rows = (*rows, Component(source="looks", label="looks", kind="A", u=more, share=0.0))
    u = max(u, result.u)
    return msgspec.structs.replace(
        result,
        u=u,
        interval=(low + ends[0] * (high - low), low + ends[1] * (high - low)),
        k=k,
        dof=None,
        method="bernoulli_sequence" if single else "betting_sequence",
        n_effective=None,
        budget=tuple(msgspec.structs.replace(row, share=row.u**2 / u**2) for row in rows),
        notes=tuple(note for note in result.notes if note.code not in _FIXED_ONLY),
    )


def _single_binary(task: Task, stopping: Stopping, design: crossed.Design) -> bool:
    """Whether every unit is one 0/1 reading of equal weight: known from the plan, never from what was seen."""
    plan = task.plan
    alone = design.group is None and len(plan.variants) == plan.repeats == 1
    equal = bool((design.weight == design.weight[0]).all())
    between = (task.measurand.low, task.measurand.high) == (0, 1)
    return alone and equal and between and task.measurand.name in stopping.binary
