"""Energy per output token, once a restart."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.packs.serving._client import settled
from assay.packs.serving._columns import Columns, columns, tokens
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse


@dataclass(frozen=True)
class Energy:
    """Reads joules per output token of a restart, beside its first request; the other requests are not applicable.

    The joules are those that the machine took from the first request to the end of the last, of whatever ran on it.
    Without a meter there is no reading, and none is made up.
    """

    version = 1
    needs_reference = False

    def check(self, item: Item) -> str:
        """Any request takes energy."""
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """One request by itself."""
        return self.read_whole([item], [response])[0]

    def read_whole(self, items: Sequence[Item], responses: Sequence[Response]) -> list[Reading]:
        """A reading beside the first response."""
        found = columns(responses)
        if found is None:
            return [Reading(status="instrument_failed", note="timing.no_restart")] * len(responses)
        once = Reading(status="not_applicable", note="energy.once")
        return [self._reading(found), *[once] * (len(responses) - 1)]

    def settled(self, estimator: PartUse, firsts: Sequence[Response]) -> PartUse:
        """The estimator with the restarts' account; an error of milliseconds is none of joules."""
        return settled(estimator, firsts, None, None)

    def _reading(self, found: Columns) -> Reading:
        restart = found.restart
        if restart.energy is None:
            return Reading(status="not_applicable", note="energy.not_measured")
        if restart.refused:
            return Reading(status="instrument_failed", note=f"timing.refused: {', '.join(restart.refused)}")
        if restart.energy.run is None:
            return Reading(status="instrument_failed", note="energy.gone")
        total = sum(tokens(one) for one, response in zip(found.timed, found.responses, strict=True)
                    if one is not None and response.status == "ok")  # fmt: skip
        if not total:
            return Reading(status="subject_failed", note="serving.no_text")
        return Reading(value=restart.energy.run.total / total)
