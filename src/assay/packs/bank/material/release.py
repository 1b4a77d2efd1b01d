"""A release of items from the bank."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from assay.packs.bank._make import FORMS
from assay.packs.bank._shelf import filled, generators
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.protocols import Generator, Grouped
from assay.vocabulary.record import Json
from assay.vocabulary.words import LANGUAGES

_WHERE: Final = "[material]"
_TRIES: Final = 200  # draws in a row that may give what the release holds already
_MOST: Final = 1_000_000


@dataclass(frozen=True)
class Release:
    """Items made by generators of the bank, from a seed: the same settings give the same items, to the digest.

    Each generator makes ``n`` items at each of its settings in each language; generators that make groups (an
    original and its disturbed twin) make ``n`` groups. No two items ask the same. Each item's tags hold its dimension,
    sub-skill, language, form, generator and factors.

    Attributes:
        dimensions: only generators of these dimensions; without it, all.
        generators: only these generators, such as ``bank.seating``; without it, all.
        forms: only items of these forms (``choice``, ``number``, ``text``, ``writing``, ``json``, ``tools``, ``code``,
            ``sql``); each is read by an instrument of its own, so that a procedure takes one of them; without it, all.
        languages: ``en``, ``zh`` or both.
        n: items, or groups of items, for each generator, setting and language.
        seed: another seed gives other items.
        settings: factors of generators by name, such as ``{"bank.seating" = {people = [4, 6, 8]}}``; a list gives as
            many settings, several lists all their combinations.
        name: name of the material.
    """

    dimensions: tuple[str, ...] = ()
    generators: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en", "zh")
    n: int = 10
    seed: int = 0
    settings: dict[str, dict[str, Json]] = field(default_factory=dict)
    name: str = "bank"

    def load(self, folder: Path) -> Material:
        """Make the items; ``folder`` is not used.

        Raises:
            BadInput: an unknown dimension, generator, form, language or setting, a value out of its range, nothing left
                to make, or a generator that has not so many different items at a setting.
        """
        self._check()
        items: list[Item] = []
        seen: set[Any] = set()
        kept: set[str] = set()
        for name, made, label in self._generators():
            kept.add(name)
            for language in self.languages:
                place = f"{name.removeprefix('bank.')}{label}/{language}"
                items += _made(made, place, (language, self.n, self.seed), seen)
        if not items:
            raise BadInput("bank.nothing", where=_WHERE)
        for name in sorted(set(self.settings) - kept):
            raise BadInput("bank.unused", where=_WHERE, name=name)
        return Material(name=self.name, items=tuple(items), version=f"seed {self.seed}", licence="CC0-1.0",
                        source=f"bank.release, seed {self.seed}")  # fmt: skip

    def _check(self) -> None:
        known = generators()
        for key, given, names in (
            ("dimensions", self.dimensions, sorted({cls.dimension for cls in known.values()})),
            ("generators", (*self.generators, *self.settings), sorted(known)),
            ("forms", self.forms, sorted(set(FORMS.values()))), ("languages", self.languages, list(LANGUAGES)),
        ):  # fmt: skip
            for value in given:
                if value not in names:
                    raise BadInput("bank.unknown", where=_WHERE, key=key, got=value, near=near(value, names))
        if not self.languages or len(set(self.languages)) < len(self.languages):
            expected = 'one or both of "en" and "zh", each once'
            raise BadInput("setting.value", where=_WHERE, key="languages", got=list(self.languages), expected=expected)
        if not 1 <= self.n <= _MOST:
            raise BadInput("setting.value", where=_WHERE, key="n", got=self.n,
                expected=f"a whole number from 1 to {_MOST}")

    def _generators(self) -> Iterator[tuple[str, Any, str]]:
        """Name, generator and a label of the settings that were given, in the order of the names."""
        for name, cls in sorted(generators().items()):
            if self.generators and name not in self.generators:
                continue
            if self.dimensions and cls.dimension not in self.dimensions:
                continue
            if self.forms and FORMS[cls.instrument] not in self.forms:
                continue
            table = self.settings.get(name, {})
            for values in product(*[value if isinstance(value, (list,
                tuple)) else [value] for value in table.values()]):
                given = dict(zip(table, values, strict=True))
                label = "".join(f"/{key}={value}" for key, value in given.items())
                yield name, filled(cls, given, f"{_WHERE} settings {name!r}"), label


def _made(made: Generator, place: str, wanted: tuple[str, int, int], seen: set[Any]) -> list[Item]:
    """So many different items of one generator in one language."""
    language, count, seed = wanted
    items: list[Item] = []
    draw, grouped = 0, made if isinstance(made, Grouped) else None
    for n in range(1, count + 1):
        for _ in range(_TRIES):
            draw += 1
            rng = Random(f"{seed}/{place}/{draw}")
            group = grouped.group(rng, language) if grouped else (made.make(rng, language),)
            keys = {_key(item) for item in group}
            if not keys & seen:
                break
        else:
            raise BadInput("bank.exhausted", where=_WHERE, place=place, n=count, found=n - 1)
        seen |= keys
        if len(group) == 1:
            items.append(msgspec.structs.replace(group[0], id=f"{place}/{n}"))
        else:
            items += [msgspec.structs.replace(item, id=f"{place}/{n}{'abcdefgh'[k]}", group=f"{place}/{n}")
                      for k, item in enumerate(group)]  # fmt: skip
    return items


def _key(item: Item) -> Any:
    """What two items of different groups must not have in common: question and options, in whatever order these are."""
    text = item.stimulus if isinstance(item.stimulus, str) else digest(item.stimulus)
    return text, tuple(sorted(item.choices))
