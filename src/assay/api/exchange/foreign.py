"""A measurement whose bench is the rig of another tool, which brings its own items and scores."""

from pathlib import Path
from typing import Final

import msgspec

from assay.exchange.told import TOLD
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.procedure import Limits, Procedure
from assay.vocabulary.protocols import Brought, Foreign
from assay.vocabulary.record import Json

SCORED: Final = "exchange.as_scored"
"""The instrument that reads scores of other tools."""


def bring(bench: Foreign, made: Procedure, table: dict[str, Json], folder: Path) -> tuple[Procedure, Brought]:
    """The task of the tool, and the procedure with what the task says of itself.

    Repeats and channels are those of the ``[procedure]`` table where it sets them, else the task's.

    Args:
        bench: the rig.
        made: the procedure, as the table makes it.
        table: the ``[procedure]`` table.
        folder: where relative paths are meant from.
    Raises:
        BadInput: the tool is not installed, the task cannot be had, it gives no score that could be read, or a score
            is to be read that it does not give.
    """
    found = bench.bring(folder, TOLD[bench.tool])
    own = "channel" in table or "instrument" in table
    channels = made.channels if own else found.channels
    if not channels:
        raise BadInput("foreign.no_score", task=found.material.name)
    if found.complete:
        _check_scores(made, found)
    plan = made.plan if "repeats" in table else msgspec.structs.replace(made.plan, repeats=found.repeats)
    return msgspec.structs.replace(made, bench=found.use, channels=channels, plan=plan), found


def _check_scores(made: Procedure, found: Brought) -> None:
    """Refuse a score that the task does not give; one with a name in it of several that a scorer gives may be there."""
    known = [str(channel.instrument.settings["score"]) for channel in found.channels]
    for channel in made.channels if known else ():
        score = str(channel.instrument.settings.get("score", ""))
        if channel.instrument.part == SCORED and score and score not in known and not any(
            score.startswith(f"{name}.") for name in known
        ):  # fmt: skip
            raise BadInput("foreign.score", task=found.material.name, score=score, near=near(score, known))


def engine_limits(bench: object, limits: Limits) -> Limits:
    """Limits for the engine: a trial of another tool may ask many times and takes as long as it says."""
    return msgspec.structs.replace(limits, timeout_s=bench.trial_timeout_s) if isinstance(bench, Foreign) else limits
