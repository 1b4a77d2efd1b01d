"""Who of several people did both of two things."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._journeys import journeys, told, who
from assay.packs.bank._make import choice
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class Journeys:
    """Find the one person in an account who fits two conditions; others fit one of them.

    Attributes:
        people: people in the account.
        corrections: later sentences that exchange two people.
    """

    people: Annotated[int, Meta(ge=4, le=8)] = 6
    corrections: Annotated[int, Meta(ge=0, le=2)] = 1

    dimension: ClassVar[str] = "understanding"
    skill: ClassVar[str] = "combining_facts"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        known = journeys(rng, language, self.people)
        text = told(rng, language, known, self.corrections)
        right, *wrong = known[:4]
        asked = f"{text}\n\n{who(language, right)}"
        return choice(rng, (self, language, asked), right.name, [one.name for one in wrong])
