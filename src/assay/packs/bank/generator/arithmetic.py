"""The value of an expression with brackets."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_ASKED: Final = {
    "en": ("Work out {text}.", "What is {text}?", "Find the value of {text}."),
    "zh": ("计算 {text}。", "求 {text} 的值。", "{text} 等于多少？"),
}  # fmt: skip


@dataclass(frozen=True)
class Arithmetic:
    """Whole numbers, the four operations and brackets; every division comes out even.

    Attributes:
        steps: operations.
        digits: digits of the numbers that are added.
    """

    steps: Annotated[int, Meta(ge=1, le=10)] = 4
    digits: Annotated[int, Meta(ge=1, le=6)] = 2

    dimension: ClassVar[str] = "mathematics"
    skill: ClassVar[str] = "arithmetic"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        top = 10**self.digits - 1
        value = between(rng, 2, top)
        text, loose, multiplied = str(value), False, False
        for _ in range(self.steps):
            other, kind = between(rng, 2, top), rng.random()
            inner, product = f"({text})" if loose else text, False
            if kind < 0.35 or (multiplied and kind >= 0.65):  # a division would only undo part of the product
                value, text, loose = value + other, f"{text} + {other}", True
            elif kind < 0.65:
                value, text, loose = other - value, f"{other} - {inner}", True
            elif kind < 0.85 or value == 0:
                factor = between(rng, 2, 9)
                value, text, loose, product = value * factor, f"{inner} × {factor}", False, True
            else:
                divisor = next((d for d in (7, 6, 4, 3, 2) if value % d == 0), 0)
                if divisor:
                    value, text, loose = value // divisor, f"{inner} ÷ {divisor}", False
                else:
                    value, text, loose = value - other, f"{text} - {other}", True
            multiplied = product
        return item(self, language, numbered(pick(rng, _ASKED[language]).format(text=text), language), value)
