"""How many people lie, when each says of another whether he does."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import item, pick, shuffled
from assay.packs.bank._numerals import english
from assay.packs.bank._words import NAMES, numbered
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class Liars:
    """Follow statements about who lies from one person whose honesty is known.

    Attributes:
        people: number of people; all but the last say something of the next.
        pairs: statements that compare the next person with somebody whose honesty is known by then.
    """

    people: Annotated[int, Meta(ge=3, le=16)] = 5
    pairs: Annotated[int, Meta(ge=0, le=8)] = 0

    dimension: ClassVar[str] = "reasoning"
    skill: ClassVar[str] = "truth_and_lies"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names = rng.sample(NAMES[language], self.people)
        honest = [rng.random() < 0.5 for _ in names]
        pairs = set(rng.sample(range(1, self.people - 1), min(self.pairs, self.people - 2)))
        says = []
        for n in range(self.people - 1):
            other = pick(rng, range(n)) if n in pairs else None
            claimed = honest[n + 1] if other is None else honest[n + 1] == honest[other]
            claim = claimed == honest[n]  # a liar says the contrary of what is so
            says.append(_said(language, names[n], names[n + 1], claim) if other is None else
                        _compared(language, (names[n], names[n + 1], names[other]), claim))  # fmt: skip
        known, told = honest[0], shuffled(rng, says)
        if language == "en":
            text = f"Each of {english(self.people)} people either always tells the truth or always lies. "
            text += f"{' '.join(told)} It is certain that {names[0]} always "
            text += f"{'tells the truth' if known else 'lies'}.\n\nHow many of them always lie?"
        else:
            text = f"{self.people}个人中，每个人要么总说真话，要么总说假话。{''.join(told)}已知{names[0]}总说"
            text += f"{'真' if known else '假'}话。\n\n这{self.people}人中有几人总说假话？"
        return item(self, language, numbered(text, language), honest.count(False))


def _said(language: str, one: str, other: str, claim: bool) -> str:
    if language == "en":
        return f"{one} says: \"{other} always {'tells the truth' if claim else 'lies'}.\""
    return f"{one}说：“{other}总说{'真' if claim else '假'}话。”"


def _compared(language: str, names: tuple[str, str, str], claim: bool) -> str:
    one, a, b = names
    if language == "en":
        alike, unlike = f"Either both {a} and {b} always lie or neither does", f"Exactly one of {a} and {b} always lies"
        return f"{one} says: \"{alike if claim else unlike}.\""
    alike, unlike = f"{a}和{b}要么都总说假话，要么都总说真话", f"{a}和{b}当中，恰好有一人总说假话"
    return f"{one}说：“{alike if claim else unlike}。”"
