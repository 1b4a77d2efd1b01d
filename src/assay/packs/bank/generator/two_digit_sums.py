"""Sums and differences of two two-digit numbers: few enough to be asked completely."""

from dataclasses import dataclass
from random import Random
from typing import ClassVar, Literal

from assay.packs.bank._make import drawn, item
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class TwoDigitSums:
    """Every sum, or every difference that is not negative, of two numbers from 10 to 99.

    Attributes:
        operation: ``sum`` (8100 items in each language) or ``difference`` (4095).
    """

    operation: Literal["sum", "difference"] = "sum"

    dimension: ClassVar[str] = "mathematics"
    skill: ClassVar[str] = "two_digit_sums"
    instrument: ClassVar[str] = "general.exact"

    def size(self, language: str) -> int:
        """Items that there are."""
        return 8_100 if self.operation == "sum" else 4_095

    def at(self, place: int, language: str) -> Item:
        """The item at a place from 0."""
        if self.operation == "sum":
            a, b = 10 + place // 90, 10 + place % 90
            value, text = a + b, f"{a} + {b}"
        else:
            a = int(((8 * place + 1) ** 0.5 - 1) / 2)  # rows of 1, 2, 3, … differences
            b = 10 + place - a * (a + 1) // 2
            a += 10
            value, text = a - b, f"{a} - {b}"
        asked = f"What is {text}? Answer with the number alone." if language == "en" else f"{text} 等于多少？只写数字。"
        return item(self, language, asked, str(value))

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        return drawn(self, rng, language)
