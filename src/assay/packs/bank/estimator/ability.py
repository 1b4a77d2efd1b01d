"""The ability of a subject from the items that an adaptive run chose for it."""

from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

from assay.packs.bank.estimator._asked import Asked, Stated, asked, blank, lost_as, needed, stated
from assay.uncertainty.ability.cells import THETA, person_fit
from assay.uncertainty.ability.next_items import random_items
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result

_PART: Final = "bank.ability"
_UNFIT: Final = -2.33
"""A subject whose l_z is below this fits worse than 99 of 100 that fit."""


@dataclass(frozen=True)
class Ability:
    """Posterior mean of the ability on the anchored scale; item model and link of scales are rows of their own."""

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
            material: gives the cell of each item.
        Source: ``uncertainty/ability/cells.py``.
        """
        nothing = blank(task, observations, material)
        found = asked(_PART, task, observations, material)
        if found is None:
            return nothing
        known, rule = found.known, found.rule
        u_link = _u_link(found)
        rows: list[tuple[str, str, Literal["A", "B"], float]] = [
            ("answers", "ability_answers", "A", known.sd),
            (f"difficulty:{rule.table}:cells", "ability_cells", "B", known.u_cells),
        ]
        if rule.link is not None:
            rows.append((f"difficulty:{rule.table}:link", "ability_link", "B", u_link))
        return stated(nothing, Stated(
            known.theta, THETA, known.weight, sqrt(known.u_cells**2 + u_link**2), (THETA[0], THETA[-1]), rows,
            tuple(_notes(found)),
        ))  # fmt: skip

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading wrong, or right."""
        return lost_as(observations, end)


def _u_link(found: Asked) -> float:
    """What the link leaves open of an ability, by the covariance of its scale and shift."""
    link, theta = found.rule.link, found.known.theta
    if link is None:
        return 0.0
    there = (theta - link.shift) / link.scale
    vs, both, vh = link.covariance
    return sqrt(max(0.0, vs * there**2 + 2 * both * there + vh))


def _notes(found: Asked) -> list[Note]:
    """On which scale, with which cells, and whether the subject fits the model."""
    rule, answers = found.rule, found.answers
    used = [cell for cell, n in zip(rule.cells, answers.n, strict=True) if n]
    asked_items = int(answers.n.sum())
    values = {"table": rule.difficulty, "cells": len(used), "items": asked_items}
    notes = [Note(code="ability_scale", values=values)]
    notes.append(_saving(found, asked_items))
    made = sum(1 for cell in used if set(cell.by) == {"constructed"})
    if made:
        notes.append(Note(code="ability_constructed", values={"n": made, "cells": len(used)}))
    fit = person_fit(found.made, found.known, answers)
    if fit < _UNFIT:
        notes.append(Note(code="ability_misfit", values={"lz": round(fit, 2)}))
    hardest = [cell.difficulty for cell in rule.cells]
    if not min(hardest) <= found.known.theta <= max(hardest):
        ends = {"low": round(min(hardest), 2), "high": round(max(hardest), 2)}
        notes.append(Note(code="ability_beyond", values=ends))
    return notes


def _saving(found: Asked, items: int) -> Note:
    """How many items drawn at random would have been needed for the same, by their information."""
    u = sqrt(found.known.sd**2 + found.known.u_cells**2)
    drawn = random_items(found.made, found.known, found.where.items, u)
    if drawn is None:
        return Note(code="ability_saved_all", values={"items": items, "total": int(found.where.items.sum())})
    values = {"items": items, "n": round(drawn), "factor": round(items / max(drawn, 1.0), 2)}
    return Note(code="ability_saved", values=values)
