"""What all generators share: items with their tags, and options in an order that tells nothing."""

from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from random import Random
from typing import Any, Final, TypeVar

from assay.vocabulary.material import Item
from assay.vocabulary.protocols import Finite, Generator
from assay.vocabulary.record import Json

LETTERS: Final = "ABCDEFGHIJ"
FORMS: Final = {
    "general.choice": "choice", "general.number": "number", "general.exact": "text", "llm.constraints": "writing",
    "llm.json_schema": "json", "llm.tool_calls": "tools", "code.code_tests": "code", "code.sql_result": "sql",
}  # fmt: skip
"""The form of an item by the instrument that reads it."""

T = TypeVar("T")


def pick(rng: Random, values: Sequence[T]) -> T:
    """One of the values, each as likely."""
    return values[int(rng.random() * len(values))]


def between(rng: Random, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``, both among them."""
    return low + int(rng.random() * (high - low + 1))


def shuffled(rng: Random, values: Sequence[T]) -> list[T]:
    """The values in a random order."""
    made = list(values)
    rng.shuffle(made)
    return made


def tags(generator: Generator, language: str) -> tuple[str, ...]:
    """Dimension, sub-skill, language, form, generator, then each factor as ``name=value``."""
    known: Any = generator
    return _tags(known, language)


@lru_cache(maxsize=4_096)
def _tags(generator: Any, language: str) -> tuple[str, ...]:
    made = [f"dimension:{generator.dimension}", f"skill:{generator.skill}", f"language:{language}",
            f"form:{FORMS[generator.instrument]}", f"generator:{type(generator).__name__}"]  # fmt: skip
    return (*made, *[f"{field.name}={getattr(generator, field.name)}" for field in fields(generator)])


def item(generator: Generator, language: str, stimulus: Json, reference: Json, more: tuple[str, ...] = ()) -> Item:
    """An item that is answered in words; ``more`` are tags beside those that every item has. Its id is set later."""
    return Item(id="", stimulus=stimulus, reference=reference, tags=tags(generator, language) + more)


def choice(rng: Random, stimulus: tuple[Generator, str, str], right: str, wrong: Sequence[str]) -> Item:
    """An item with options; the right one has every place with the same probability.

    Args:
        rng: draws the order.
        stimulus: the generator, the language and the question.
        right: the right option.
        wrong: the others.
    """
    generator, language, text = stimulus
    options = shuffled(rng, wrong)
    place = int(rng.random() * (len(options) + 1))
    options.insert(place, right)
    return Item(id="", stimulus=text, reference=LETTERS[place], choices=tuple(options), tags=tags(generator, language))


def drawn(generator: Finite, rng: Random, language: str) -> Item:
    """One of the items of a finite generator, each as likely."""
    return generator.at(int(rng.random() * generator.size(language)), language)
