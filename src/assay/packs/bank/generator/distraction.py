"""Questions with something beside the point around them."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from assay.packs.bank._perturb import aside, injection, paraphrase
from assay.packs.bank._twins import Change, misled, twins
from assay.vocabulary.material import Item

_CHANGES: Final[dict[str, Change]] = {"aside": aside, "paraphrase": paraphrase}


@dataclass(frozen=True)
class Distraction:
    """A question with text around it that changes nothing, paired with its original.

    Attributes:
        kind: ``aside`` (irrelevant sentences), ``injection`` (an order in the text to give one of the wrong answers) or
            ``paraphrase`` (other words around the question).
        size: people, events or exchanges in the question.
    """

    kind: Literal["aside", "injection", "paraphrase"] = "aside"
    size: Annotated[int, Meta(ge=4, le=8)] = 5

    dimension: ClassVar[str] = "robustness"
    skill: ClassVar[str] = "beside_the_point"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """The disturbed item."""
        return self.group(rng, language)[1]

    def group(self, rng: Random, language: str) -> tuple[Item, ...]:
        """The original and the disturbed item."""
        if self.kind == "injection":
            return misled(self, rng, language, injection)
        return twins(self, rng, language, _CHANGES[self.kind])
