"""A quantile of the readings, such as the median or the 95th percentile."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np

from assay.packs.general.estimator._stated import stated
from assay.packs.general.estimator.mean import Mean, empty, groups
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.one_sided import Table
from assay.uncertainty.score import quantiles
from assay.uncertainty.spread import Spread
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result


@dataclass(frozen=True)
class Quantile:
    """A quantile of single readings over the population of items, for any distribution of them.

    One reading an item: the interval lies between order statistics, and decisions take the order statistics
    themselves, which never err more often than they say. Several readings an item, or items in groups: Woodruff's
    interval, with the items (or groups) as clusters.

    Attributes:
        probability: which quantile: 0.5 for the median.
    """

    probability: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.5

    def check(self, task: Task, material: Material) -> None:
        """Refuse designs for which no interval is known here.

        Raises:
            BadInput: the estimand ``fixed``, variants as a sample, or items of different weight.
        """
        for wrong, lack in (
            (task.plan.estimand != "population", "the estimand 'population'"),
            (task.plan.variants_are == "sample" and len(task.plan.variants) > 1, "variants_are = 'fixed'"),
            (len({item.weight for item in material.items}) > 1, "items of equal weight"),
        ):
            if wrong:
                raise BadInput("estimator.needs", part="general.quantile", lack=lack)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Returns:
            A result without an interval if there are too few readings for one at this level, or if the readings at
            both of its ends are the same.
        Raises:
            BadInput: as for ``check``.
        """
        self.check(task, material)  # the estimand of a stored run may be changed
        ok = observations.ok
        blank = empty(task, observations, material)
        if not ok.any():
            return blank
        item, value = observations.item[ok].astype(np.int64), observations.value[ok]
        by_group = groups(material)
        clusters = by_group[item] if by_group is not None else item if len(np.unique(item)) < len(item) else None
        if clusters is not None and len(np.unique(clusters)) < 2:
            point = Spread(float(np.quantile(value, self.probability)), None, None, None, None, None, "none")
            return stated(blank, point, [], [Note(code="one_item")])
        found = quantiles.quantile(value, self.probability, blank.level, group=clusters)
        ends = _end(found.low, task.measurand.low), _end(found.high, task.measurand.high)
        remarks = [Note(code="quantile_of", values={"probability": self.probability})]
        if clusters is not None and (n := len(np.unique(clusters))) < 30:
            remarks.append(Note(code="few_groups", values={"n": n}))
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            code = "quantile_tied" if ends[0] is not None and ends[0] == ends[1] else "quantile_few"
            point = Spread(found.value, None, None, None, None, None, "none")
            return stated(blank, point, [], [*remarks, Note(code=code)])
        u = (ends[1] - ends[0]) / 2 / coverage_factor(blank.level)
        table = _within(quantiles.one_sided(value, self.probability, clusters), task.measurand)
        method: Literal["order", "woodruff"] = "order" if clusters is None else "woodruff"
        spread = Spread(found.value, u, None, task.measurand.low, task.measurand.high, None, method, table)
        source = "items" if by_group is None else "items_in_groups"
        return stated(blank, spread, [(source, u, None)], remarks, (ends[0], ends[1]))

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading at one end of the measurand."""
        return Mean().lost_as(task, observations, material, end)


def _end(found: float | None, bound: float | None) -> float | None:
    return bound if found is None else found


def _within(table: Table, measurand: Measurand) -> Table:
    """The bounds, with those of the measurand where there is no reading to be one."""
    return tuple(
        row._replace(low=_end(row.low, measurand.low), high=_end(row.high, measurand.high)) for row in table
    )
