"""What a plan says of a file whose run may end early: the most that it asks, and where it can be told, how many."""

from typing import Final

from assay.api.measurement import Measurement
from assay.api.planning.scene import SetOut
from assay.line.plan import batches, most, plan
from assay.uncertainty.stopping.until import until_decided
from assay.vocabulary.procedure import Stopping
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_MOST_UNITS: Final = 5_000
"""Beyond that, telling how many takes longer than a plan may."""


def early(measurement: Measurement, name: str, set_out: SetOut) -> tuple[Note, ...]:
    """Remarks of a plan; none where the file's run asks every item.

    Args:
        measurement: the file's.
        name: measurand of the plan.
        set_out: with the true value that is assumed.
    """
    made = measurement.recipe.procedure
    if not made.plan.may_end_early:
        return ()
    given = plan(made, measurement.material, measurement.subject.identity())
    values: dict[str, Json] = {"most": most(given, measurement.material).n_trials}
    limit = _limit(measurement, name, made.plan.stopping)
    if limit is None or set_out.value is None or not 0 <= set_out.value <= 1:
        return (Note(code="early", values=values),)
    at, risk = limit
    looks = [part.taken.last for part in batches(given, measurement.material) if part.taken is not None]
    found = until_decided(set_out.value, at, risk, looks)
    values |= {"value": set_out.value, "limit": at, "mean": round(found.mean), "undecided": found.undecided}
    return (Note(code="early_undecided" if found.nine_in_ten is None else "early_decided",
                 values=values | ({} if found.nine_in_ten is None else {"nine": found.nine_in_ten})),)  # fmt: skip


def _limit(measurement: Measurement, name: str, stopping: Stopping | None) -> tuple[float, float] | None:
    """Limit and risk, where the run ends with one decision on single 0/1 readings of items that stand alone."""
    made, items = measurement.recipe.procedure.plan, measurement.material.items
    if stopping is None or stopping.target_u is not None or len(stopping.requirements) != 1:
        return None
    (asked,) = stopping.requirements
    at = asked.at_least if asked.at_least is not None else asked.at_most
    single = len(made.variants) == made.repeats == 1 and len({item.weight for item in items}) == 1
    alone = all(item.group is None for item in items) and len(items) <= _MOST_UNITS
    if asked.measurand != name or name not in stopping.binary or not (single and alone) or at is None:
        return None
    return (at, asked.risk) if 0 < at < 1 else None
