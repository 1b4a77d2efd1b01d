"""What a judge said of responses that it compared: by their places, whatever stands there."""

from dataclasses import dataclass
from typing import ClassVar

from assay.packs.judging._question import LETTERS, VERSION, verdict
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.rubric import Rubric


@dataclass(frozen=True)
class Placed:
    """Reads how what stands first fared: 1 where the judge holds it to be the best, 0 the worst, 0.5 for a tie of two.

    Over all orders of a pair or a list each response stands once in each place, so that a judge whose verdicts do not
    depend on the place has 0.5 on average, however good the responses are.

    Attributes:
        rubric: the rubric.
    """

    version: ClassVar[int] = VERSION
    needs_reference: ClassVar[bool] = False

    rubric: Rubric

    def check(self, item: Item) -> str:
        """There are at least two responses, and no more than the rubric is about."""
        given = item.stimulus.get("candidates") if isinstance(item.stimulus, dict) else None
        n, (fewest, most) = len(given) if isinstance(given, list | tuple) else 0, self.rubric.candidates
        return "" if max(2, fewest) <= n <= most else f"it has {n} candidates, the rubric is about {fewest} to {most}"

    async def read(self, item: Item, response: Response) -> Reading:
        """Read one verdict."""
        found = self.ranking(item, response)
        if isinstance(found, Reading):
            return found
        return Reading(value=1 - found.index(0) / (len(found) - 1) if found else 0.5)

    def ranking(self, item: Item, response: Response) -> tuple[int, ...] | Reading:
        """The places in which the responses were shown, best first, or the reading that says why there is no verdict.

        Returns:
            Places from 0; nothing for a tie.
        """
        n = len(item.stimulus["candidates"])
        said = verdict(self.rubric, n, response)
        if isinstance(said, Reading):
            return said
        if isinstance(said, list):
            return tuple(LETTERS.index(letter) for letter in said)
        return () if said == "tie" else (LETTERS.index(said), 1 - LETTERS.index(said))
