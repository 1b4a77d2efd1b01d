"""How far a probability lies from what came true."""

from dataclasses import dataclass
from typing import ClassVar

from assay.packs.tabular.instrument import _probability
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


@dataclass(frozen=True)
class SquaredError:
    """The squared difference between the probability of the positive class and the reference, 1 or 0.

    Its mean is the Brier score in the form for two classes, from 0 to 1 (Brier's own sums over both and is twice it).
    """

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        return _probability.unfit(item)

    async def read(self, item: Item, response: Response) -> Reading:
        """Read the number and square its error."""
        found = _probability.probability(response)
        return found if isinstance(found, Reading) else Reading(value=(found - float(item.reference)) ** 2)
