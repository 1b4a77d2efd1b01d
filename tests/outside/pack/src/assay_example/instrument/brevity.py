"""Reads how short an answer is."""

from dataclasses import dataclass
from typing import ClassVar

from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


@dataclass(frozen=True)
class Brevity:
    """1 for an answer of at most so many words, else 0.

    Attributes:
        words: longest answer that counts as short, in words.
    """

    words: int = 3

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = False

    def check(self, item: Item) -> str:
        """Every item can be read."""
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Count the words."""
        if response.status == "refused":
            return Reading(status="refused", note="refused")
        if not isinstance(response.output, str) or not response.output.strip():
            return Reading(status="subject_failed", note="empty")
        return Reading(value=1.0 if len(response.output.split()) <= self.words else 0.0)
