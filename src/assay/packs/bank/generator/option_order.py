"""The same question with its options in another order."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._perturb import reordered
from assay.packs.bank._twins import original
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class OptionOrder:
    """A question and the same question with its options in another order.

    Attributes:
        size: people, events or exchanges in the question.
    """

    size: Annotated[int, Meta(ge=4, le=8)] = 5

    dimension: ClassVar[str] = "robustness"
    skill: ClassVar[str] = "order_of_options"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """The disturbed item."""
        return self.group(rng, language)[1]

    def group(self, rng: Random, language: str) -> tuple[Item, ...]:
        """The original and the disturbed item."""
        first, tags = original(self, rng, language)
        choices, reference = reordered(rng, first.choices, first.reference)
        return (
            Item(id="", stimulus=first.stimulus, reference=first.reference, choices=first.choices,
                 tags=(*tags, "twin:original")),
            Item(id="", stimulus=first.stimulus, reference=reference, choices=choices, tags=(*tags, "twin:disturbed")),
        )  # fmt: skip
