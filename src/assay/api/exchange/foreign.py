"""A measurement whose bench is the rig of another tool, which brings its own items and scores."""

from pathlib import Path

import msgspec

from assay.exchange.told import TOLD
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import Limits, Procedure
from assay.vocabulary.protocols import Brought, Foreign
from assay.vocabulary.record import Json


def bring(bench: Foreign, made: Procedure, table: dict[str, Json], folder: Path) -> tuple[Procedure, Brought]:
    """The task of the tool, and the procedure with what the task says of itself.

    Repeats and channels are those of the ``[procedure]`` table where it sets them, else the task's.

    Args:
        bench: the rig.
        made: the procedure, as the table makes it.
        table: the ``[procedure]`` table.
        folder: where relative paths are meant from.
    Raises:
        BadInput: the tool is not installed, the task cannot be had, or it gives no score that could be read.
    """
    found = bench.bring(folder, TOLD[bench.tool])
    own = "channel" in table or "instrument" in table
    channels = made.channels if own else found.channels
    if not channels:
        raise BadInput("foreign.no_score", task=found.material.name)
    plan = made.plan if "repeats" in table else msgspec.structs.replace(made.plan, repeats=found.repeats)
    return msgspec.structs.replace(made, bench=found.use, channels=channels, plan=plan), found


def engine_limits(bench: object, limits: Limits) -> Limits:
    """Limits for the engine: a trial of another tool may ask many times and takes as long as it says."""
    return msgspec.structs.replace(limits, timeout_s=bench.trial_timeout_s) if isinstance(bench, Foreign) else limits
