"""Who holds what after a number of exchanges."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick
from assay.packs.bank._words import NAMES, THINGS, joined
from assay.vocabulary.material import Item

_SWAPPED: Final = {
    "en": ("{a} and {b} swap what they hold.", "{a} trades with {b}.", "{a} and {b} exchange their things."),
    "zh": ("{a}和{b}交换了手里的东西。", "{a}跟{b}换了一下。", "{a}与{b}互换了物品。"),
}  # fmt: skip


@dataclass(frozen=True)
class Swaps:
    """Keep track of who holds what.

    Attributes:
        people: number of people, each with one thing.
        swaps: exchanges between two of them.
    """

    people: Annotated[int, Meta(ge=4, le=7)] = 5
    swaps: Annotated[int, Meta(ge=2, le=40)] = 6

    dimension: ClassVar[str] = "reasoning"
    skill: ClassVar[str] = "tracking_states"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names, things = rng.sample(NAMES[language], self.people), rng.sample(THINGS[language], self.people)
        english = language == "en"
        begin = [f"{a} {'the ' if english else ''}{b}" if english else f"{a}拿着{b}"
                 for a, b in zip(names, things, strict=True)]  # fmt: skip
        held = list(range(self.people))
        lines, last, moved = [], (-1, -1), []
        for _ in range(self.swaps):
            a, b = rng.sample(range(self.people), 2)
            while {a, b} == set(last):
                a, b = rng.sample(range(self.people), 2)
            held[a], held[b], last = held[b], held[a], (a, b)
            moved += [thing for thing in (held[a], held[b]) if thing not in moved]
            lines.append(pick(rng, _SWAPPED[language]).format(a=names[a], b=names[b]))
        asked = pick(rng, moved)  # a thing that stays where it is would be too easy
        if english:
            text = f"At first each person holds one thing: {joined(begin, 'en')}. Then, one after the other: "
            text += f"{' '.join(lines)}\n\nWho has the {things[asked]} in the end?"
        else:
            text = (f"一开始，{'，'.join(begin)}。随后依次发生了这些事：{''.join(lines)}\n\n最后，"
                    f"{things[asked]}在谁手里？")
        right = names[held.index(asked)]
        return choice(rng, (self, language, text), right, rng.sample([name for name in names if name != right], 3))
