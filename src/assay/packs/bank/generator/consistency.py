"""The same question asked twice, the other way round."""

from dataclasses import dataclass
from math import gcd
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import LETTERS, between, tags
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class Consistency:
    """Which of two fractions is larger, and which is smaller; whoever contradicts himself fails one of the two.

    Attributes:
        largest: largest denominator.
        nearness: the two differ by at most one part in so many.
    """

    largest: Annotated[int, Meta(ge=20, le=10_000)] = 60
    nearness: Annotated[int, Meta(ge=2, le=1_000)] = 8

    dimension: ClassVar[str] = "reliability"
    skill: ClassVar[str] = "consistency"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """The second item of a pair."""
        return self.group(rng, language)[1]

    def group(self, rng: Random, language: str) -> tuple[Item, ...]:
        """The question for the larger and that for the smaller, with the options the other way round."""
        first = self._fraction(rng)
        while (second := self._near(rng, first)) == first:
            first = self._fraction(rng)
        larger = first[0] * second[1] > second[0] * first[1]
        options = (f"{first[0]}/{first[1]}", f"{second[0]}/{second[1]}")
        both = " and ".join(options) if language == "en" else "和".join(options)
        other = " and ".join(options[::-1]) if language == "en" else "和".join(options[::-1])
        words = (f"Which is the larger of {both}?", f"Of {other}, which fraction has the smaller value?") \
            if language == "en" else (f"{both}相比，哪个更大？", f"{other}这两个分数，哪个更小？")  # fmt: skip
        marked = tags(self, language)
        return (
            Item(id="", stimulus=words[0], reference=LETTERS[0 if larger else 1], choices=options, tags=marked),
            Item(id="", stimulus=words[1], reference=LETTERS[0 if larger else 1], choices=options[::-1], tags=marked),
        )

    def _fraction(self, rng: Random) -> tuple[int, int]:
        below = between(rng, 7, self.largest)
        above = between(rng, 1, below - 1)
        while gcd(above, below) > 1:
            above = between(rng, 1, below - 1)
        return above, below

    def _near(self, rng: Random, other: tuple[int, int]) -> tuple[int, int]:
        """A fraction that differs from the other by one part in ``nearness`` at most, or the other if none is found."""
        for _ in range(20):
            below = between(rng, 7, self.largest)
            low = -(-below * (other[0] * self.nearness - other[1]) // (other[1] * self.nearness))
            high = below * (other[0] * self.nearness + other[1]) // (other[1] * self.nearness)
            low, high = max(low, 1), min(high, below - 1)
            above = between(rng, low, high) if low <= high else 0
            if above and gcd(above, below) == 1 and (above, below) != other:
                return above, below
        return other
