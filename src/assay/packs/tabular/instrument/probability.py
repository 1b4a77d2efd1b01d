"""The probability itself, for estimators that compare the two classes."""

from dataclasses import dataclass
from typing import ClassVar

from assay.packs.tabular.instrument import _probability
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


@dataclass(frozen=True)
class Probability:
    """The probability of the positive class, as the subject gives it.

    The reference is not compared with; it is needed because the estimator asks it for the class of the case.
    """

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        return _probability.unfit(item)

    async def read(self, item: Item, response: Response) -> Reading:
        """Read the number."""
        found = _probability.probability(response)
        return found if isinstance(found, Reading) else Reading(value=found)
