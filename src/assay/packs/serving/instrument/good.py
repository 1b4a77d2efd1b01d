"""Whether a request met every limit that is set."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.packs.serving._client import settled
from assay.packs.serving._columns import columns
from assay.packs.serving._limits import Limits, kept
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse


@dataclass(frozen=True)
class Good:
    """Reads 1 for a request that met all limits at once, 0 for one that missed any, or failed.

    Attributes:
        limits: what a good request takes at most.
    """

    limits: Limits

    version = 1
    needs_reference = False

    def check(self, item: Item) -> str:
        """Any request can be judged."""
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """One request by itself."""
        return self.read_whole([item], [response])[0]

    def read_whole(self, items: Sequence[Item], responses: Sequence[Response]) -> list[Reading]:
        """1 or 0 for each request of the steady part."""
        found = columns(responses)
        if found is None:
            return [Reading(status="instrument_failed", note="timing.no_restart")] * len(responses)
        return [found.left_out(place) or kept(found, place, self.limits) for place in range(len(responses))]

    def settled(self, estimator: PartUse, firsts: Sequence[Response]) -> PartUse:
        """The estimator with the restarts' account; an error of milliseconds is none of a share."""
        return settled(estimator, firsts, None, None)
