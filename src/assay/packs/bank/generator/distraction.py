"""Questions with something beside the point around them."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar, Final, Literal

from assay.packs.bank._perturb import aside, injection, paraphrase
from assay.packs.bank._twins import Change, twins
from assay.vocabulary.material import Item

_CHANGES: Final[dict[str, Change]] = {"aside": aside, "injection": injection, "paraphrase": paraphrase}


@dataclass(frozen=True)
class Distraction:
    """A question with text around it that changes nothing, paired with its original.

    Attributes:
        kind: ``aside`` (irrelevant sentences), ``injection`` (an order in the text to answer something else) or
            ``paraphrase`` (other words around the question).
    """

    kind: Literal["aside", "injection", "paraphrase"] = "aside"

    dimension: ClassVar[str] = "robustness"
    skill: ClassVar[str] = "beside_the_point"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """The disturbed item."""
        return self.group(rng, language)[1]

    def group(self, rng: Random, language: str) -> tuple[Item, ...]:
        """The original and the disturbed item."""
        return twins(self, rng, language, _CHANGES[self.kind])
