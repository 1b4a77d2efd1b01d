"""What a restart put on the server, for whoever sets several loads beside each other."""

from collections.abc import Sequence

from assay.packs.serving._columns import columns
from assay.vocabulary.observation import Response
from assay.vocabulary.whole import Loaded


def loaded(responses: Sequence[Response]) -> Loaded | None:
    """The load of a restart; None where the first response does not say what belongs to all."""
    found = columns(responses)
    if found is None:
        return None
    said = found.restart
    rate, schedule = said.schedule.get("rate"), said.schedule.get("digest")
    return Loaded(
        rate=float(rate) if isinstance(rate, int | float) and not isinstance(rate, bool) else None,
        schedule=schedule if isinstance(schedule, str) else "", concurrency=said.concurrency, unsteady=found.unsteady,
        overloaded=found.unsteady == "steady.overload", refused=said.refused, growth=found.growth,
    )  # fmt: skip
