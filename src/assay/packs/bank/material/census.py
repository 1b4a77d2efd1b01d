"""All items of a finite generator, or a simple random sample of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from assay.packs.bank._shelf import filled, generators
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.protocols import Finite
from assay.vocabulary.record import Json
from assay.vocabulary.words import LANGUAGES

_WHERE: Final = "[material]"


@dataclass(frozen=True)
class Census:
    """The population of a finite generator in one language, such as all sums of two two-digit numbers.

    Without ``n`` every item of the population is there; with it, so many that are drawn without replacement from the
    seed, each set of items as likely as any other.

    Attributes:
        generator: a finite generator, such as ``bank.two_digit_sums``.
        language: ``en`` or ``zh``.
        settings: its factors, such as ``{operation = "difference"}``.
        n: items that are drawn; without it, all.
        seed: another seed draws other items.
        name: name of the material; without it, that of the generator.
    """

    generator: str
    language: str = "en"
    settings: dict[str, Json] = field(default_factory=dict)
    n: int | None = None
    seed: int = 0
    name: str = ""

    def load(self, folder: Path) -> Material:
        """Make the items; ``folder`` is not used.

        Raises:
            BadInput: an unknown generator, one that is not finite, an unknown language or setting, or more items than
                there are.
        """
        made = self.made()
        size = made.size(self.language)
        if self.n is not None and not 1 <= self.n <= size:
            raise BadInput("setting.value", where=_WHERE, key="n", got=self.n,
                           expected=f"a whole number from 1 to {size}, the size of the population")  # fmt: skip
        places = range(size) if self.n is None else Random(f"{self.seed}/census").sample(range(size), self.n)
        drawn = "" if self.n is None else f", {self.n} of {size} items, seed {self.seed}"
        source = f"bank.census, {self.generator}, {self.language}{drawn}"
        return Material(name=self.name or self.generator, items=tuple(self._items(made, places)), source=source,
                        version="all" if self.n is None else f"seed {self.seed}", licence="CC0-1.0")  # fmt: skip

    def made(self) -> Finite:
        """The generator at its settings.

        Raises:
            BadInput: as for ``load``.
        """
        known = {name: cls for name, cls in generators().items() if hasattr(cls, "at")}
        if self.generator not in known:
            raise BadInput("bank.unknown", where=_WHERE, key="generator", got=self.generator,
                           near=near(self.generator, sorted(known)))  # fmt: skip
        if self.language not in LANGUAGES:
            raise BadInput("bank.unknown", where=_WHERE, key="language", got=self.language,
                           near=near(self.language, list(LANGUAGES)))  # fmt: skip
        found = filled(known[self.generator], self.settings, f"{_WHERE} settings")
        assert isinstance(found, Finite)
        return found

    def _items(self, made: Finite, places: "range | list[int]") -> Iterator[Item]:
        label = "".join(f"/{key}={value}" for key, value in self.settings.items())
        for place in places:
            name = f"{self.generator.removeprefix('bank.')}{label}/{self.language}/{place}"
            yield msgspec.structs.replace(made.at(place, self.language), id=name)
