"""Which of two numbers is the larger: few enough to be asked completely."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar, Literal

from assay.packs.bank._make import drawn, item
from assay.vocabulary.material import Item

_WANTED = {"larger": ("larger", "大"), "smaller": ("smaller", "小")}


@dataclass(frozen=True)
class NumberOrder:
    """Every ordered pair of two different numbers from 10 to 99: 8010 items in each language.

    Attributes:
        wanted: the ``larger`` or the ``smaller`` of the two.
    """

    wanted: Literal["larger", "smaller"] = "larger"

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "comparison"
    instrument: ClassVar[str] = "general.exact"

    def size(self, language: str) -> int:
        """Items that there are."""
        return 90 * 89

    def at(self, place: int, language: str) -> Item:
        """The item at a place from 0."""
        a, b = 10 + place // 89, 10 + place % 89
        b += b >= a
        word, sign = _WANTED[self.wanted]
        if language == "en":
            text = f"Which number is {word}, {a} or {b}? Answer with the number alone."
        else:
            text = f"{a} 和 {b}，哪个数更{sign}？只写数字。"
        return item(self, language, text, str(max(a, b) if self.wanted == "larger" else min(a, b)))

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        return drawn(self, rng, language)
