"""The mean, with what wrong reference values leave uncertain in it."""

from dataclasses import dataclass
from math import hypot
from typing import Final, cast

import msgspec

from assay.packs.general.estimator.mean import Mean
from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.label_errors import bounds, label_errors
from assay.uncertainty.one_sided import bound_at
from assay.uncertainty.spread import Method, Spread
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Component, Note, Result

_PART: Final = "general.audited"


@dataclass(frozen=True)
class Audited(Mean):
    """The mean of ``general.mean`` on a material whose reference values were audited.

    The numbers of its certificate enter the budget as one row, ``material:<digest>:labels``. Measurements with a
    released material use it by themselves.

    Attributes:
        interval: as for ``general.mean``.
        population_items: as for ``general.mean``.
        strata: as for ``general.mean``.
        strata_weights: as for ``general.mean``.
        certificate: SHA-256 of the material's signed certificate, hexadecimal.
        checked: items whose reference value was checked again; 0 where only what the material above leaves is known.
        wrong: of them, those that were wrong and taken out.
        unchecked: share of the items that nobody checked again.
        inherited: standard uncertainty left by the material above at the end of the range, as a fraction of the range.
    """

    certificate: str = ""
    checked: int = 0
    wrong: int = 0
    unchecked: float = 1.0
    inherited: float = 0.0

    def check(self, task: Task, material: Material) -> None:
        """Refuse a run that may end early: the evidence at every look knows nothing of wrong references.

        Raises:
            BadInput: for that, for a measurand without bounds, for impossible counts, and as ``general.mean`` does.
        """
        lack = ""
        if task.plan.may_end_early:
            lack = "a run that observes every item: no target_u, no decide_early"
        if task.measurand.low is None or task.measurand.high is None:
            lack = "a measurand with bounds"
        if lack:
            raise BadInput("estimator.needs", part=_PART, lack=lack)
        label_errors(self.checked, self.wrong, self.unchecked, self.inherited)
        super().check(task, material)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: the rows of one channel.
            material: gives weight and group of each item.
        Raises:
            BadInput: as for ``check``.
        """
        self.check(task, material)
        found = super().estimate(task, observations, material)
        if found.value is None or found.u is None:
            return found
        low, high = task.measurand.low, task.measurand.high
        assert low is not None and high is not None
        labels = label_errors(self.checked, self.wrong, self.unchecked, self.inherited)
        added = labels.at((found.value - low) / (high - low)) * (high - low)
        values = {"checked": self.checked, "wrong": self.wrong, "certificate": self.certificate[:12],
                  "low": round(labels.interval[0], 4), "high": round(labels.interval[1], 4)}  # fmt: skip
        if not self.checked:
            above = Note(code="labels_from_above", values={"certificate": self.certificate[:12]})
            return self._widened(
                msgspec.structs.replace(found, notes=(*found.notes, above)), added, (low, high), material.digest)
        made = msgspec.structs.replace(
            found, notes=(*found.notes, Note(code="labels_audited", values=values)),
            unseen=tuple(code for code in found.unseen if code != "reference_labels"),
        )  # fmt: skip
        return self._widened(made, added, (low, high), material.digest) if added > 0 else made

    def _widened(self, found: Result, added: float, ends: tuple[float, float], digest: str) -> Result:
        assert found.value is not None and found.u is not None
        read = Spread(found.value, found.u, found.dof, *ends, found.n_effective, cast("Method", found.method))
        table = bounds(read, label_errors(self.checked, self.wrong, self.unchecked, self.inherited), found.level)
        low, high = (bound_at(table, (1 - found.level) / 2, below=below) for below in (True, False))
        u = hypot(found.u, added)
        rows = [(row.source, row.label, row.kind, row.u, row.dof) for row in found.budget]
        rows.append((f"material:{digest}:labels", "labels", "B", added, None))
        return msgspec.structs.replace(
            found, u=u, dof=effective_dof([(found.u, found.dof), (added, None)]), n_effective=None, k=None,
            method="audited", interval=None if low is None or high is None else (low, high),
            budget=tuple(Component(source=source, label=label, kind=kind, u=part, dof=own, share=part**2 / u**2)
                         for source, label, kind, part, own in rows),
            one_sided=tuple((row.risk, row.low, row.high) for row in table),
        )  # fmt: skip
