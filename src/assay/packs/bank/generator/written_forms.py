"""Questions in another form of writing."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from assay.packs.bank._perturb import full_width, script
from assay.packs.bank._twins import Change, twins
from assay.vocabulary.material import Item

_CHANGES: Final[dict[str, Change]] = {"full_width": full_width, "script": script}


@dataclass(frozen=True)
class WrittenForms:
    """A question in another form of writing, paired with its original.

    Attributes:
        kind: ``script`` (traditional characters, in English capitals) or ``full_width`` (letters, digits and marks).
        size: people, events or exchanges in the question.
    """

    kind: Literal["script", "full_width"] = "script"
    size: Annotated[int, Meta(ge=4, le=8)] = 5

    dimension: ClassVar[str] = "robustness"
    skill: ClassVar[str] = "forms_of_writing"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """The disturbed item."""
        return self.group(rng, language)[1]

    def group(self, rng: Random, language: str) -> tuple[Item, ...]:
        """The original and the disturbed item."""
        return twins(self, rng, language, _CHANGES[self.kind])
