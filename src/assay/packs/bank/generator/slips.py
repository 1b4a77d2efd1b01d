"""Questions with slips of the hand."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from assay.packs.bank._perturb import homophones, keys, typos
from assay.packs.bank._twins import Change, twins
from assay.vocabulary.material import Item

_CHANGES: Final[dict[str, Change]] = {"typo": typos, "keyboard": keys, "homophone": homophones}


@dataclass(frozen=True)
class Slips:
    """A question with slips of the hand, paired with its original; numbers, names and options stay as they are.

    Attributes:
        kind: ``typo`` (letters exchanged, lost or doubled), ``keyboard`` (a neighbouring key, in Chinese a slip of
            pinyin) or ``homophone``.
        size: people, events or exchanges in the question.
    """

    kind: Literal["typo", "keyboard", "homophone"] = "typo"
    size: Annotated[int, Meta(ge=4, le=8)] = 5

    dimension: ClassVar[str] = "robustness"
    skill: ClassVar[str] = "slips_of_the_hand"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """The disturbed item."""
        return self.group(rng, language)[1]

    def group(self, rng: Random, language: str) -> tuple[Item, ...]:
        """The original and the disturbed item."""
        return twins(self, rng, language, _CHANGES[self.kind])
