"""How many whole numbers have, or have not, given divisors."""

from dataclasses import dataclass
from itertools import combinations
from math import prod
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_PRIMES: Final = (2, 3, 5, 7, 11, 13)
_KINDS: Final = {
    "en": {"either": "are divisible by {p} or by {q} (or by both)",
        "one": "are divisible by exactly one of {p} and {q}",
           "neither": "are divisible neither by {p} nor by {q}", "first": "are divisible by {p} but not by {q}"},
    "zh": {"either": "能被{p}整除或能被{q}整除（包括能被两者整除）", "one": "恰好能被{p}和{q}中的一个整除",
           "neither": "既不能被{p}整除，也不能被{q}整除", "first": "能被{p}整除但不能被{q}整除"},
}  # fmt: skip
_KINDS_OF_THREE: Final = {
    "en": {"either": "are divisible by at least one of {p}, {q} and {r}",
           "one": "are divisible by exactly one of {p}, {q} and {r}",
           "neither": "are divisible by none of {p}, {q} and {r}",
           "first": "are divisible by {p} but neither by {q} nor by {r}"},
    "zh": {"either": "至少能被{p}、{q}、{r}中的一个整除", "one": "恰好能被{p}、{q}、{r}中的一个整除",
           "neither": "不能被{p}、{q}、{r}中的任何一个整除", "first": "能被{p}整除，但既不能被{q}整除也不能被{r}整除"},
}  # fmt: skip


@dataclass(frozen=True)
class Divisible:
    """Count by inclusion and exclusion.

    Attributes:
        largest: highest end of the range of numbers.
        divisors: how many divisors are asked about.
    """

    largest: Annotated[int, Meta(ge=100, le=100_000)] = 2_000
    divisors: Annotated[int, Meta(ge=2, le=3)] = 2

    dimension: ClassVar[str] = "mathematics"
    skill: ClassVar[str] = "counting"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        primes = rng.sample(_PRIMES, self.divisors)
        low = between(rng, 1, self.largest // 4)
        high = between(rng, low + 40, self.largest)
        kind = pick(rng, ("either", "one", "neither", "first"))
        kinds = _KINDS if self.divisors == 2 else _KINDS_OF_THREE
        words = kinds[language][kind].format(**dict(zip("pqr", primes, strict=False)))
        if language == "en":
            text = f"How many of the whole numbers from {low} to {high}, both included, {words}?"
        else:
            text = f"从{low}到{high}（含两端）的整数中，{words}的有多少个？"
        return item(self, language, numbered(text, language), _count(kind, primes, (low, high)))


def _count(kind: str, primes: list[int], ends: tuple[int, int]) -> int:
    """By inclusion and exclusion: a number that k of the divisors divide is counted once for each set of them."""
    low, high = ends
    total = 0
    for size in range(len(primes) + 1):
        for chosen in combinations(primes, size):
            product = prod(chosen)
            many = high // product - (low - 1) // product
            sign = (-1) ** size
            if kind == "neither":
                total += sign * many
            elif kind == "either":
                total -= sign * many if size else 0
            elif kind == "one":
                total -= sign * size * many
            elif primes[0] in chosen:
                total -= sign * many
    return total
