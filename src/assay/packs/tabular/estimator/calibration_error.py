"""How far stated probabilities are from what comes true, without the bias of finite bins."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np

from assay.packs.general.estimator._stated import stated
from assay.packs.general.estimator.mean import empty, groups
from assay.packs.tabular.estimator._retraining import named
from assay.uncertainty.score import calibration_error as numbers
from assay.uncertainty.spread import Spread
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result

_PART = "tabular.calibration_error"


@dataclass(frozen=True)
class CalibrationError:
    """The mean squared calibration error over bins of equal number, without the bias of finite bins.

    The readings are the probabilities of ``tabular.probability``. The estimate is unbiased, so that for probabilities
    that are calibrated it is below 0 about half of the time; the interval, which decides, never is. The bins belong to
    what is measured: another number of them is another measurand.

    Attributes:
        bins: bins of nearly equal number of cases; fewer are made where probabilities are tied.
    """

    bins: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10

    def check(self, task: Task, material: Material) -> None:
        """Refuse designs in which the scatter of the squared error cannot be stated.

        Raises:
            BadInput: several retrainings or repeats, another estimand than the population, weights, too few cases, or
                all in one cluster.
        """
        plan, group = task.plan, groups(material)
        for wrong, lack in (
            (len(plan.variants) > 1 or plan.repeats > 1, "one retraining and one repeat: each has its own error"),
            (plan.estimand != "population", "the estimand 'population'"),
            (len({item.weight for item in material.items}) > 1, "items of equal weight"),
            (len(material.items) < 2 * self.bins, f"two cases for each of its {self.bins} bins, or fewer bins"),
            (group is not None and int(group.max()) < 1, "two clusters or more"),
        ):
            if wrong:
                raise BadInput("estimator.needs", part=_PART, lack=lack)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Returns:
            A result without a value if so many readings were lost that the bins cannot be filled, or all probabilities
            are 0 or 1 and right.
        Raises:
            BadInput: as for ``check``.
        """
        self.check(task, material)  # the estimand of a stored run may be changed
        ok = observations.ok
        blank = empty(task, observations, material)
        if not ok.any():
            return named(blank)
        item = observations.item[ok]
        outcome = np.array([case.reference == 1 for case in material.items], dtype=np.float64)[item]
        group = groups(material)
        try:
            found = numbers.calibration_error(
                observations.value[ok], outcome, self.bins, blank.level, None if group is None else group[item]
            )
        except BadInput:
            return named(msgspec.structs.replace(blank, notes=(Note(code="no_calibration"),)))
        low, high = found.squared_interval
        high = min(high, 1.0)
        table = tuple(row._replace(high=None if row.high is None else min(row.high, 1.0)) for row in found.one_sided)
        spread = Spread(found.squared, found.u, None, 0.0, 1.0, None, "noncentral", table)
        remarks = [Note(code="calibration_bins", values={"n": found.bins}),
                   Note(code="calibration_root", values={"low": low**0.5, "high": high**0.5})]  # fmt: skip
        if found.squared < 0:
            remarks.append(Note(code="below_bounds"))
        source = "items" if group is None else "items_in_groups"
        return named(stated(blank, spread, [(source, found.u, None)], remarks, (low, high)))

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations | None:
        """None: which probabilities would make the error largest or smallest depends on all the others."""
        return None
