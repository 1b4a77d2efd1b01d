"""Whether a case is put into the right class."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from assay.packs.tabular.instrument import _probability
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


@dataclass(frozen=True)
class Label:
    """1 if the class by the threshold is the reference, else 0.

    A case counts as positive if its probability is the threshold or more. Among the positive cases alone the mean is
    the sensitivity, among the negative the specificity; cases of the other class are then ``not_applicable``.

    Attributes:
        threshold: probability from which on a case counts as positive.
        among: the cases that are read: ``all``, ``positive`` or ``negative``.
    """

    threshold: float = 0.5
    among: Literal["all", "positive", "negative"] = "all"

    version: ClassVar[int] = 1
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        if not 0 <= self.threshold <= 1:
            return f"the threshold {self.threshold:g} is no probability"
        return _probability.unfit(item)

    async def read(self, item: Item, response: Response) -> Reading:
        """Compare the class by the threshold with the reference."""
        if self.among != "all" and item.reference != (self.among == "positive"):
            return Reading(status="not_applicable", note="other_class")
        found = _probability.probability(response)
        if isinstance(found, Reading):
            return found
        return Reading(value=float((found >= self.threshold) == bool(item.reference)))
