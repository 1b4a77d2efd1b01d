"""An item and its disturbed twin."""

from collections.abc import Callable
from random import Random
from typing import Final

from assay.packs.bank._make import pick, tags
from assay.packs.bank._perturb import typos
from assay.packs.bank.generator.event_order import EventOrder
from assay.packs.bank.generator.journeys import Journeys
from assay.packs.bank.generator.seating import Seating
from assay.packs.bank.generator.swaps import Swaps
from assay.vocabulary.material import Item
from assay.vocabulary.protocols import Generator

Change = Callable[[Random, str, str], str]

_BASES: Final[tuple[Generator, ...]] = (
    Journeys(people=5, corrections=0), EventOrder(events=5), Seating(people=5), Swaps(people=4, swaps=4),
)  # fmt: skip
_TRIES: Final = 8


def original(generator: Generator, rng: Random, language: str) -> tuple[Item, tuple[str, ...]]:
    """An item of one of the families that are disturbed, and the tags of the generator that disturbs it."""
    base = pick(rng, _BASES)
    return base.make(rng, language), (*tags(generator, language), f"of:{type(base).__name__}")


def twins(generator: Generator, rng: Random, language: str, change: Change) -> tuple[Item, ...]:
    """The original and its twin; their texts differ, and typing errors replace a change that found nothing."""
    first, known = original(generator, rng, language)
    text = changed = str(first.stimulus)
    for n in range(_TRIES):
        changed = (change if n < _TRIES // 2 else typos)(rng, text, language)
        if changed != text:
            break
    return (
        Item(id="", stimulus=text, reference=first.reference, choices=first.choices, tags=(*known, "twin:original")),
        Item(id="", stimulus=changed, reference=first.reference, choices=first.choices,
             tags=(*known, "twin:disturbed")),
    )  # fmt: skip
