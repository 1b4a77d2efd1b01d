"""The score that a subject would have over the whole material, from the items that were chosen for it."""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

import numpy as np

from assay.packs.bank.estimator._asked import Asked, Stated, asked, blank, lost_as, needed, stated
from assay.uncertainty.ability.cells import Expected, expected_score
from assay.uncertainty.ability.placed import audit_order, audited
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result

_PART: Final = "bank.expected_score"
_APART: Final = 2.58
"""An audit that is further from the model than this many standard deviations is said to disagree."""


@dataclass(frozen=True)
class ExpectedScore:
    """Mean probability of a right answer over all items of calibrated cells, given the answers.

    It rests on the item response model: the random audit sample says how far that can be relied upon.
    """

    def check(self, task: Task, material: Material) -> None:
        """Refuse a run that does not choose its items.

        Raises:
            BadInput: not adaptive, or no item of a calibrated cell.
        """
        if not needed(_PART, task).cells:
            raise BadInput("adaptive.uncalibrated", difficulty=needed(_PART, task).difficulty)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget.

        Args:
            task: measurand and plan.
            observations: readings of 0 and 1.
            material: gives the cell of each item; its calibrated items are the full bank.
        Source: ``uncertainty/ability/cells.py``.
        """
        nothing = blank(task, observations, material)
        found = asked(_PART, task, observations, material)
        if found is None:
            return nothing
        score = expected_score(found.made, found.known, found.where.items)
        rows: list[tuple[str, str, Literal["A", "B"], float]] = [
            ("answers", "ability_answers", "A", score.u_ability),
            ("own_part", "ability_own", "A", score.u_own),
            (f"difficulty:{found.rule.table}:cells", "ability_cells", "B", score.u_cells),
            ("items_within", "ability_items", "B", score.u_items),
        ]
        calibrated, total = int(found.where.items.sum()), len(material.items)
        notes = [Note(code="expected_of", values={"n": calibrated, "total": total, "table": found.rule.difficulty})]
        if (audit := _audit(found, score, (task, observations, material))) is not None:
            notes.append(audit)
        return stated(nothing, Stated(
            score.value, score.at, found.known.weight, score.u_given, (0.0, 1.0), rows, tuple(notes)
        ))  # fmt: skip

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading wrong, or right."""
        return lost_as(observations, end)


def _audit(found: Asked, score: Expected, run: tuple[Task, Observations, Material]) -> Note | None:
    """How the mean of the audit's calibrated items agrees with the model; None where there are fewer than ten."""
    task, observations, material = run
    drawn = audit_order(task.plan, material)[: audited(len(observations.item), found.rule.audit)]
    calibrated = [place for place in drawn if found.where.cell[place] >= 0]
    read = observations.value[observations.ok & np.isin(observations.item, calibrated)]
    if len(read) < 10:
        return None
    mean = float(read.mean())
    spread = sqrt(score.u**2 + score.value * (1 - score.value) / len(read))
    z = (mean - score.value) / spread
    code = "expected_audit_apart" if abs(z) > _APART else "expected_audit"
    values = {"mean": round(mean, 3), "n": len(read), "value": round(score.value, 3), "z": round(z, 2)}
    return Note(code=code, values=values)
