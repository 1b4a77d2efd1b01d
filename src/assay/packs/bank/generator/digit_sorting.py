"""Digits put in order: few enough to be asked completely."""

from dataclasses import dataclass
from math import perm
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import drawn, item
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class DigitSorting:
    """Every row of different digits from 0 to 9, to be written in rising order.

    Attributes:
        length: digits in the row; 3 make 720 items in each language, 4 make 5040, 5 make 30240.
    """

    length: Annotated[int, Meta(ge=3, le=5)] = 4

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "sorting"
    instrument: ClassVar[str] = "general.exact"

    def size(self, language: str) -> int:
        """Items that there are."""
        return perm(10, self.length)

    def at(self, place: int, language: str) -> Item:
        """The item at a place from 0."""
        left, row = list("0123456789"), []
        for _ in range(self.length):
            place, which = divmod(place, len(left))
            row.append(left.pop(which))
        if language == "en":
            text = f"Write these digits in rising order, with one space between them: {' '.join(row)}"
        else:
            text = f"把下列数字从小到大排列，数字之间空一格：{' '.join(row)}"
        return item(self, language, text, " ".join(sorted(row)))

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        return drawn(self, rng, language)
