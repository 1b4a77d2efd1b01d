"""How many more items, or repeats, would decide what is inconclusive."""

from pathlib import Path
from typing import Final, NamedTuple

from assay.api.measurement import Recipe
from assay.api.planning.pilot import seen
from assay.api.planning.scene import Assumed, set_out
from assay.api.runs import opened
from assay.api.work import reopen
from assay.reports.phrases import Phrases
from assay.store.laboratory import Laboratory
from assay.uncertainty.planning.cheapest import Room, Scene
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.result import Decision, Requirement

POWER: Final = 0.8
"""Probability with which the design that is named would decide."""

_COUNTED: Final = 200_000
_ENDLESS: Final = 10**9
_LOST: Final = ("lost_decides", "lost_unbounded")


class Further(NamedTuple):
    """What it would take to decide.

    Attributes:
        kind: ``items``, ``repeats``; ``none`` where no number of them would; ``unknown`` where it cannot be told.
        more: how many more; None unless there is a number.
        needed: how many in all.
        reason: code of the reason where there is no number.
    """

    kind: str
    more: int | None = None
    needed: int | None = None
    reason: str = ""

    def said(self, phrases: Phrases) -> str:
        """In words."""
        if self.more is not None:
            return phrases.words("export", f"expect.further_{self.kind}", further=self.more, needed=self.needed,
                                 power=f"{POWER:g}")  # fmt: skip
        return phrases.words("export", f"expect.further_{self.kind}",
                             reason=phrases.words("export", f"expect.{self.reason}"))  # fmt: skip


class _Design(NamedTuple):
    """A run as the planner sees it."""

    recipe: Recipe
    material: Material
    requirements: tuple[Requirement, ...]


class _Wish(NamedTuple):
    """To decide, with the usual probability."""

    target_u: float | None = None
    detect: float | None = None
    power: float = POWER


def further(run: str, decision: Decision, lab: str | Path) -> Further:
    """Plan on with a finished run as its own pilot: the same procedure, instrument, variants, and more items.

    The number supposes that the true value is the one that was found; it is a plan, not a promise.

    Args:
        run: name of the run.
        decision: the inconclusive decision.
        lab: folder of the laboratory.
    """
    codes = {note.code for note in decision.notes}
    if "no_value" in codes:
        return Further("unknown", reason="no_readings")
    if codes.intersection(_LOST):
        return Further("none", reason="lost")
    if not Laboratory(Path(lab)).has_store():
        return Further("unknown", reason="no_store")
    try:
        with opened(lab) as store:
            work = reopen(store, store.run(run))
        plan = work.recipe.procedure.plan
        if plan.may_end_early:
            return Further("unknown", reason="stopping")
        pilot = seen((run,), lab, work.recipe, work.material, decision.measurand)
        design = _Design(work.recipe, work.material, (decision.requirement,))
        scene = set_out(design, decision.measurand, _Wish(), pilot, Assumed()).scene
    except BadInput as error:
        return Further("unknown", reason="no_store" if error.code == "run.unknown" else "not_planned")
    variants = len(plan.variants)
    if plan.estimand == "fixed":
        needed = scene.repeats(Room(len(work.material.items), True, (variants,)), variants)
        return _more(scene, "repeats", needed, plan.repeats)
    found = (scene.items(Room(most, False, (variants,)), variants, plan.repeats) for most in (_COUNTED, _ENDLESS))
    return _more(scene, "items", next((n for n in found if n is not None), None), len(work.material.items))


def _more(scene: Scene, kind: str, needed: int | None, had: int) -> Further:
    if needed is None:
        on_limit = any(one.score == one.limit for one in scene.goal.limits)
        return Further("none", reason="on_limit" if on_limit else "variants")
    return Further(kind, max(1, needed - had), max(needed, had + 1))
