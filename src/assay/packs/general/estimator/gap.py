"""The largest difference between groups of items, as a measure of fairness."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.general.estimator import _strata
from assay.packs.general.estimator._stated import stated
from assay.packs.general.estimator.mean import empty, groups
from assay.uncertainty.score import crossed
from assay.uncertainty.score import gap as numbers
from assay.uncertainty.spread import Spread
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result
from assay.vocabulary.status import LOST, STATUSES

Floats = npt.NDArray[np.float64]
_PART = "general.gap"


class _Means(NamedTuple):
    """Names of the groups, their means, standard uncertainties (above 0) and degrees of freedom (inf: exact)."""

    names: list[str]
    mean: Floats
    u: Floats
    dof: Floats


@dataclass(frozen=True)
class Gap:
    """The largest less the smallest mean over groups of items, with an interval that covers a true gap of 0.

    The gap seen is too large on average, even where all true means are equal; the interval inverts the distribution of
    the range of the means. Readings lie from 0 to the upper bound of the measurand.

    Attributes:
        by: prefix of the tag that names the group of an item: with ``gender``, a tag such as ``gender:female``.
    """

    by: str

    def check(self, task: Task, material: Material) -> None:
        """Refuse groups that cannot be compared.

        Raises:
            BadInput: an item without a group, one group only, a group of one item (or cluster), a cluster in two
                groups, or variants as a sample.
        """
        names = _strata.labels(_PART, self.by, material)
        if len(set(names)) < 2:
            lack = f"two groups or more; all items have {self.by}:{names[0]}"
            raise BadInput("estimator.needs", part=_PART, lack=lack)
        _strata.check(_PART, self.by, {}, material)
        if task.plan.variants_are == "sample" and len(task.plan.variants) > 1:
            raise BadInput("estimator.needs", part=_PART, lack="variants_are = 'fixed'")

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget: a row for the group with the largest mean, and one for the smallest.

        Returns:
            A result without a value if a group has no reading, or shows no scatter that an uncertainty could be
            stated from.
        Raises:
            BadInput: a reading lies outside 0 to the measurand's upper bound, or as for ``check``.
        """
        self.check(task, material)  # a stored run may be stated in another way
        blank = empty(task, observations, material)
        if not observations.ok.any():
            return blank
        _check_readings(task, observations)
        found = self._means(task, observations, material)
        if found is None:
            return msgspec.structs.replace(blank, notes=(Note(code="gap_group_empty"),))
        if not (found.u > 0).all():
            return msgspec.structs.replace(blank, notes=(Note(code="gap_no_scatter"),))
        means = numbers.Groups(found.mean, found.u, found.dof)
        table = numbers.one_sided(means, blank.level, task.measurand.high, seed=task.plan.seed)
        top, bottom = int(found.mean.argmax()), int(found.mean.argmin())
        bottom = bottom if bottom != top else int(found.mean.argsort()[1])  # all means equal
        rows = [("group_highest", float(found.u[top]), _dof(found.dof[top])),
                ("group_lowest", float(found.u[bottom]), _dof(found.dof[bottom]))]  # fmt: skip
        spread = Spread(float(np.ptp(found.mean)), float(np.hypot(found.u[top], found.u[bottom])), None, 0.0,
                        task.measurand.high, None, "range", table)  # fmt: skip
        values = {"n": len(found.names), "high": found.names[top], "low": found.names[bottom],
                  "most": float(found.mean[top]), "least": float(found.mean[bottom])}  # fmt: skip
        return stated(blank, spread, rows, [Note(code="gap_groups", values=values)])

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with the lost readings of each group such that the gap is smallest, or largest.

        Each mean can be moved between where its lost readings are all 0 and where all are at the upper bound.
        """
        most = task.measurand.high
        assert most is not None
        names, place = _strata.strata(self.by, material)
        group = place[observations.item]
        least_of, most_of = (self._at(task, observations, material, np.full(len(names), at)) for at in (0.0, most))
        if least_of is None or most_of is None:
            return observations
        if end == "high":
            apart = most_of[:, None] - least_of[None, :]
            np.fill_diagonal(apart, -np.inf)
            values = np.zeros(len(names))
            values[int(np.unravel_index(int(apart.argmax()), apart.shape)[0])] = most
        else:
            goal = float(least_of.max() + most_of.min()) / 2
            reach = most_of - least_of
            values = np.divide(goal - least_of, reach, out=np.zeros(len(names)), where=reach > 0)
            values = np.clip(values, 0.0, 1.0) * most
        return _filled(observations, values[group])

    def _at(self, task: Task, observations: Observations, material: Material, values: Floats) -> Floats | None:
        """Means of the groups if their lost readings had these values."""
        _, place = _strata.strata(self.by, material)
        found = self._means(task, _filled(observations, values[place[observations.item]]), material)
        return None if found is None else found.mean

    def _means(self, task: Task, observations: Observations, material: Material) -> _Means | None:
        """The mean of every group; None if one has no reading."""
        names, place = _strata.strata(self.by, material)
        ok = observations.ok
        item, variant, value = observations.item[ok], observations.variant[ok], observations.value[ok]
        high = task.measurand.high
        design = crossed.Design(
            weight=np.array([one.weight for one in material.items]), group=groups(material),
            n_variants=len(task.plan.variants), population=task.plan.estimand == "population",
            variants_are_sample=False, bounds=(None, None) if high is None else (0.0, high),
        )  # fmt: skip
        spreads = []
        for number in range(len(names)):
            ours = place[item] == number
            if not ours.any():
                return None
            spreads.append(crossed.mean(crossed.Rows(item[ours], variant[ours], value[ours]), design).spread)
        return _Means(
            names,
            np.array([spread.value for spread in spreads]),
            np.array([spread.u or 0.0 for spread in spreads]),
            np.array([np.inf if spread.dof is None else spread.dof for spread in spreads]),
        )


def _check_readings(task: Task, observations: Observations) -> None:
    high, value = task.measurand.high, observations.value[observations.ok]
    if high is None:
        return
    outside = value[(value < 0) | (value > high)]
    if len(outside):
        raise BadInput("estimator.outside", part=_PART, value=float(outside[0]), low=0, high=high)


def _filled(observations: Observations, values: Floats) -> Observations:
    lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
    return msgspec.structs.replace(
        observations,
        status=np.where(lost, 0, observations.status).astype(np.int8),
        value=np.where(lost, values, observations.value),
    )


def _dof(dof: float) -> float | None:
    return None if np.isinf(dof) else float(dof)
