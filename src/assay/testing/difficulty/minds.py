"""Constructed respondents: algorithms that read an item's text and work it out with limited resources.

Each has a rate of slips, one chance for every elementary operation (a digit of a sum, a swap, a turn), and a span: how
many things it keeps apart at once; what goes beyond that slips more. Nothing is drawn from a model of item response,
and the reference is never read: what is hard follows from what the text demands. They are no models of people or of
language models; cells that only they answered are marked so.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

OVERLOAD: Final = 0.5
"""For every thing beyond the span, so much is added to the slips of an operation, as a multiple of them."""


@dataclass(frozen=True)
class Mind:
    """The resources of one respondent.

    Attributes:
        name: what the table calls it.
        slip: probability that one elementary operation goes wrong.
        span: things kept apart at once.
    """

    name: str
    slip: float
    span: int

    def at(self, item: str, seed: int) -> "Work":
        """The respondent at work on one item; the same for the same item and seed."""
        return Work(self, Random(f"{self.name}/{item}/{seed}"))


class Work:
    """One respondent at one item.

    Args:
        mind: whose resources.
        rng: draws the slips.
    """

    def __init__(self, mind: Mind, rng: Random) -> None:
        self.mind, self.rng = mind, rng

    def slips(self, operations: float = 1.0, held: int = 0) -> bool:
        """Whether something goes wrong in so many elementary operations with so many things held."""
        chance = self.mind.slip * (1 + OVERLOAD * max(0, held - self.mind.span))
        kept: float = (1 - min(chance, 0.95)) ** operations
        return self.rng.random() >= kept

    def number(self, value: float, held: int = 0) -> float:
        """A number that was worked out: one operation for each digit; a slip changes one digit."""
        digits = len(str(abs(int(value))))
        if not self.slips(digits, held):
            return value
        by: int = self.rng.choice((-1, 1)) * self.rng.choice((1, 1, 2)) * 10 ** self.rng.randrange(digits)
        return value + by

    def index(self, value: int, most: int, held: int = 0) -> int:
        """A place that was counted off, from 0 to ``most``; a slip is one off."""
        if not self.slips(1, held):
            return value
        return min(most, max(0, value + self.rng.choice((-1, 1))))


def constructed(count: int = 28, seed: int = 20) -> list[Mind]:
    """Respondents from careful to careless, with spans that go along with it only loosely.

    Args:
        count: number of respondents.
        seed: draws the spans.
    """
    rng = Random(seed)
    made = []
    for place in range(count):
        slip = 0.002 * 150 ** ((place + 0.5) / count)  # from 0.002 to 0.3, even steps of its logarithm
        span = max(2, min(11, round(9 - 6 * place / count + rng.gauss(0, 1.5))))
        made.append(Mind(f"solver {place + 1:02d} (slip {slip:.3f}, span {span})", slip, span))
    return made
