"""Questions that rest on a statement which may be wrong."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import between, choice, pick
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class FalsePremise:
    """A remainder is asked for on the strength of a divisibility that holds in half of the items.

    Attributes:
        largest: largest number that is spoken of.
    """

    largest: Annotated[int, Meta(ge=100, le=10_000_000)] = 2_000

    dimension: ClassVar[str] = "reliability"
    skill: ClassVar[str] = "checking_premises"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        divisor = pick(rng, (7, 8, 9, 11, 12, 13))
        number = divisor * between(rng, 6, self.largest // divisor)
        holds = rng.random() < 0.5
        number += 0 if holds else between(rng, 1, divisor - 1)
        more = between(rng, 1, divisor - 1) + divisor * between(rng, 0, 3)
        right, other = (number + more) % divisor, more % divisor
        if other == right:
            other = (right + between(rng, 1, divisor - 1)) % divisor
        if language == "en":
            text = (f"Since {number} is divisible by {divisor}, what remainder does {number + more} leave when it is "
                    f"divided by ")
            text += f"{divisor}? Choose the answer that is right about both the reason given and the remainder."
            said = ("The reason is right; the remainder is {r}.", "The reason is wrong; the remainder is {r}.")
        else:
            text = (f"既然{number}能被{divisor}整除，那么{number + more}除以{divisor}的余数是多少？"
                    f"请选出对前提和余数的判断都正确的一项。")
            said = ("前提正确，余数是{r}。", "前提错误，余数是{r}。")
        good, bad = said if holds else said[::-1]
        wrong = [good.format(r=other), bad.format(r=right), bad.format(r=other)]
        return choice(rng, (self, language, text), good.format(r=right), wrong)
