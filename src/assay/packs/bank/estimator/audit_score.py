"""The score of the items that an adaptive run drew at random."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np

from assay.packs.bank.estimator._asked import lost_as, needed
from assay.packs.general.estimator.mean import Mean
from assay.uncertainty.ability.placed import audit_order, audited
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result

_PART: Final = "bank.audit_score"


@dataclass(frozen=True)
class AuditScore:
    """Mean over a random sample of the whole material, whatever the item response model says: valid without it.

    The sample is the head of a seeded order of all items, as long as the run's fraction says.
    """

    def check(self, task: Task, material: Material) -> None:
        """Refuse a run without an audit.

        Raises:
            BadInput: not adaptive, or without an audit.
        """
        if not needed(_PART, task).audit:
            raise BadInput("estimator.needs", part=_PART, lack="items that are drawn at random: audit = 0.2")

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget; its account has the rows of the sample only.

        Args:
            task: measurand and plan.
            observations: the rows of one channel.
            material: its items, in the order of which the sample was drawn.
        Source: as ``general.mean``.
        """
        rule = needed(_PART, task)
        drawn = audit_order(task.plan, material)[: audited(len(observations.item), rule.audit)]
        mine = np.isin(observations.item, drawn)
        sample = msgspec.structs.replace(
            observations,
            **{name: getattr(observations, name)[mine] for name in ("item", "variant", "repeat", "status", "value")},
        )
        found = Mean().estimate(task, sample, material)
        values = {"n": int(mine.sum()), "total": len(material.items)}
        return msgspec.structs.replace(found, notes=(*found.notes, Note(code="audit_of", values=values)))

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading wrong, or right."""
        return lost_as(observations, end)
