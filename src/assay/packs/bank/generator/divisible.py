"""How many whole numbers have, or have not, given divisors."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item

_PRIMES: Final = (2, 3, 5, 7, 11, 13)
_KINDS: Final = {
    "en": {"either": "are divisible by {p} or by {q} (or by both)",
    "one": "are divisible by exactly one of {p} and {q}",
           "neither": "are divisible neither by {p} nor by {q}", "first": "are divisible by {p} but not by {q}"},
    "zh": {"either": "能被{p}整除或能被{q}整除（包括能被两者整除）", "one": "恰能被{p}和{q}中的一个整除",
           "neither": "既不能被{p}整除，也不能被{q}整除", "first": "能被{p}整除但不能被{q}整除"},
}  # fmt: skip


@dataclass(frozen=True)
class Divisible:
    """Count by inclusion and exclusion.

    Attributes:
        largest: highest end of the range of numbers.
    """

    largest: Annotated[int, Meta(ge=100, le=100_000)] = 2_000

    dimension: ClassVar[str] = "mathematics"
    skill: ClassVar[str] = "counting"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        p, q = rng.sample(_PRIMES, 2)
        low = between(rng, 1, self.largest // 4)
        high = between(rng, low + 40, self.largest)
        a, b, both = (high // d - (low - 1) // d for d in (p, q, p * q))
        kind = pick(rng, ("either", "one", "neither", "first"))
        count = {"either": a + b - both, "one": a + b - 2 * both, "neither": high - low + 1 - a - b + both,
                 "first": a - both}[kind]  # fmt: skip
        words = _KINDS[language][kind].format(p=p, q=q)
        if language == "en":
            text = f"How many of the whole numbers from {low} to {high}, both included, {words}?"
        else:
            text = f"从{low}到{high}（含两端）的整数中，{words}的有多少个？"
        return item(self, language, text, count)
