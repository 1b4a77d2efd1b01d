"""Who sits where, by clues that place one person after the other."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import between, choice, pick, shuffled
from assay.packs.bank._numerals import english
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class Seating:
    """Work out an order from clues; each clue places one person relative to another, so that there is one solution.

    Attributes:
        people: seats in the row, and clues.
    """

    people: Annotated[int, Meta(ge=4, le=14)] = 6

    dimension: ClassVar[str] = "reasoning"
    skill: ClassVar[str] = "deduction"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names = rng.sample(NAMES[language], self.people)
        order = shuffled(rng, range(self.people))
        clues = [_anchor(language, names[order[0]], order[0] + 1)]
        for n in range(1, self.people):
            known = order[between(rng, max(0, n - 2), n - 1)]
            clues.append(_clue(rng, language, (names[order[n]], names[known]), order[n] - known))
        asked = pick(rng, order[1:]) + 1
        if language == "en":
            text = f"{english(self.people).capitalize()} people sit in a row of seats numbered 1 to {self.people} "
            text += f"from left to right. {' '.join(shuffled(rng, clues))}\n\nWho sits in seat {asked}?"
        else:
            text = f"{self.people}个人坐成一排，座位从左到右编号为1到{self.people}。"
            text += f"{''.join(shuffled(rng, clues))}\n\n坐在{asked}号座位的是谁？"
        right = names[asked - 1]
        return choice(rng, (self, language, text), right, rng.sample([name for name in names if name != right], 3))


def _anchor(language: str, name: str, seat: int) -> str:
    return f"{name} has seat {seat}." if language == "en" else f"{name}坐{seat}号。"


def _clue(rng: Random, language: str, names: tuple[str, str], step: int) -> str:
    one, other = names
    if rng.random() < 0.5:
        one, other, step = other, one, -step
    far = abs(step)
    if language == "en":
        side = "right" if step > 0 else "left"
        where = f"directly to the {side} of" if far == 1 else f"{far} seats to the {side} of"
        return f"{one} sits {where} {other}."
    side = "右" if step > 0 else "左"
    if far == 1:
        return f"{one}紧挨着坐在{other}的{side}边。"
    return f"{one}坐在{other}的{side}边，两人之间隔着{far - 1}个座位。"
