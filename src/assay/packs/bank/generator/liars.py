"""How many people lie, when each says of another whether he does."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import item, shuffled
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class Liars:
    """Follow statements about who lies from one person whose honesty is known.

    Attributes:
        people: number of people; all but the last say something of the next.
    """

    people: Annotated[int, Meta(ge=3, le=9)] = 5

    dimension: ClassVar[str] = "reasoning"
    skill: ClassVar[str] = "truth_and_lies"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names = rng.sample(NAMES[language], self.people)
        honest = [rng.random() < 0.5 for _ in names]
        says = []
        for n in range(self.people - 1):
            claims = honest[n + 1] == honest[n]  # a liar says the contrary of what is so
            a, b = names[n], names[n + 1]
            if language == "en":
                says.append(f"{a} says: \"{b} {'always tells the truth' if claims else 'always lies'}.\"")
            else:
                says.append(f"{a}说：“{b}{'句句是真话' if claims else '句句是假话'}。”")
        known = honest[0]
        if language == "en":
            text = (f"Each of {self.people} people either always tells the truth or always lies. "
                    f"{' '.join(shuffled(rng, says))}")
            text += (f" It is certain that {names[0]} always {'tells the truth' if known else 'lies'}.\n\nHow many of "
                     f"the ")
            text += f"{self.people} always lie?"
        else:
            text = f"{self.people}个人中，每个人要么总说真话，要么总说假话。{''.join(shuffled(rng, says))}"
            text += f"已知{names[0]}总说{'真' if known else '假'}话。\n\n这{self.people}人中有几人总说假话？"
        return item(self, language, text, honest.count(False))
