"""Whether a request failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.packs.serving._client import settled
from assay.packs.serving._columns import columns
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse


@dataclass(frozen=True)
class Failed:
    """Reads 1 for a request that the server did not answer well (closed, stalled, malformed, refused), else 0."""

    version = 1
    needs_reference = False

    def check(self, item: Item) -> str:
        """Any request can fail."""
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """One request by itself."""
        return self.read_whole([item], [response])[0]

    def read_whole(self, items: Sequence[Item], responses: Sequence[Response]) -> list[Reading]:
        """1 or 0 for each request of the steady part; where there is none, for each request."""
        found = columns(responses)
        if found is None:
            return [Reading(status="instrument_failed", note="timing.no_restart")] * len(responses)
        made = []
        for place, response in enumerate(responses):
            left = None if found.unsteady else found.left_out(place)
            if left is not None and left.status != "not_applicable":
                left = None if response.status in ("ok", "subject_failed") else left
            made.append(left or Reading(value=float(response.status != "ok"), note=response.note))
        return made

    def settled(self, estimator: PartUse, firsts: Sequence[Response]) -> PartUse:
        """The estimator with the restarts' account."""
        return settled(estimator, firsts, None, None)
