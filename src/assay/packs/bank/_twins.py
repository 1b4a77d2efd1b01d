"""An item and its disturbed twin."""

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Protocol

from assay.packs.bank._make import LETTERS, pick, tags
from assay.packs.bank.generator.event_order import EventOrder
from assay.packs.bank.generator.journeys import Journeys
from assay.packs.bank.generator.seating import Seating
from assay.packs.bank.generator.swaps import Swaps
from assay.vocabulary.material import Item
from assay.vocabulary.protocols import Generator

Change = Callable[[Random, str, str], str]
Order = Callable[[Random, str, str, str], str]


class Sized(Generator, Protocol):
    """A generator that says how large the items are which it disturbs."""

    @property
    def size(self) -> int:
        """People, events or exchanges."""


@cache
def bases(size: int) -> tuple[Generator, ...]:
    """The families that are disturbed; ``size`` counts people, events or exchanges."""
    return (Journeys(people=size, corrections=0), EventOrder(events=size), Seating(people=size),
            Swaps(people=4, swaps=size))  # fmt: skip


def original(generator: Sized, rng: Random, language: str) -> tuple[Item, tuple[str, ...]]:
    """An item of one of the families that are disturbed, and the tags of the generator that disturbs it."""
    base = pick(rng, bases(generator.size))
    return base.make(rng, language), (*tags(generator, language), f"of:{type(base).__name__}")


def twins(generator: Sized, rng: Random, language: str, change: Change) -> tuple[Item, ...]:
    """The original and its twin; an original in which there is nothing to change gives way to another."""
    while True:
        first, known = original(generator, rng, language)
        text = change(rng, str(first.stimulus), language)
        if text != first.stimulus:
            return _pair(first, text, known)


def misled(generator: Sized, rng: Random, language: str, order: Order) -> tuple[Item, ...]:
    """The original and a twin that orders one of the wrong options as the answer: who obeys is read as wrong."""
    first, known = original(generator, rng, language)
    wrong = [one for letter, one in zip(LETTERS, first.choices, strict=False) if letter != first.reference]
    return _pair(first, order(rng, str(first.stimulus), language, pick(rng, wrong)), known)


def _pair(first: Item, text: str, known: tuple[str, ...]) -> tuple[Item, Item]:
    return (
        Item(id="", stimulus=first.stimulus, reference=first.reference, choices=first.choices,
             tags=(*known, "twin:original")),
        Item(id="", stimulus=text, reference=first.reference, choices=first.choices, tags=(*known, "twin:disturbed")),
    )  # fmt: skip
