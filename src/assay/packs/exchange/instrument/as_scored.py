"""The score that another tool gave."""

from dataclasses import dataclass
from typing import ClassVar

from assay.vocabulary.imported import reading, scored_in
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


@dataclass(frozen=True)
class AsScored:
    """Reads the score that the tool which observed has left in its log; nothing is scored here.

    How often that scoring errs is not known here: it holds no certificate. Notes: ``no_scores`` (the response was not
    imported), ``not_scored`` (the tool did not score this response by this score), or the tool's own reason.

    Attributes:
        score: name of the score.
    """

    score: str

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = False

    def check(self, item: Item) -> str:
        """Every item can be read."""
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Look the score up."""
        if response.status != "ok":
            return Reading(status=response.status, note=response.note or response.status)
        scored = scored_in(response.note)
        if scored is None:
            return Reading(status="instrument_failed", note="no_scores")
        return reading(scored, self.score)
