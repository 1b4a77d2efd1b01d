"""Chemical elements and their atomic numbers."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._elements import CHINESE, ENGLISH, SYMBOLS
from assay.packs.bank._make import between, choice, pick
from assay.vocabulary.material import Item

_SOURCE: Final = "source:IUPAC Periodic Table of the Elements"


@dataclass(frozen=True)
class Element:
    """Name, symbol and number of an element; the other options are its neighbours in the periodic table.

    Attributes:
        reach: how far the numbers of the options may lie from each other.
    """

    reach: Annotated[int, Meta(ge=4, le=40)] = 8

    dimension: ClassVar[str] = "knowledge"
    skill: ClassVar[str] = "chemical_elements"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        first = between(rng, 0, len(SYMBOLS) - self.reach)
        right, *wrong = rng.sample(range(first, first + self.reach), 4)
        names = ENGLISH if language == "en" else CHINESE
        protons = between(rng, 0, 2)
        options = names if protons < 2 else SYMBOLS
        if rng.random() < 0.6:
            text = _relative(rng, language, right, symbols=protons == 2)
        elif language == "en":
            text = pick(rng, ("Which element has the atomic number {n}?",
                "The nucleus of which element holds {n} protons?"))
            text = text if protons < 2 else "What is the symbol of the element whose atoms have {n} protons?"
        else:
            text = pick(rng, ("原子序数为{n}的是哪种元素？", "哪种元素的原子核里有{n}个质子？"))
            text = text if protons < 2 else "原子核中有{n}个质子的元素，其元素符号是什么？"
        made = choice(rng, (self, language, text.format(n=right + 1)), options[right], [options[n] for n in wrong])
        return _sourced(made)


def _relative(rng: Random, language: str, right: int, symbols: bool) -> str:
    """A question that counts from another element."""
    step = pick(rng, [step for step in (-9, -7, -6, -5, -4, -3, 3, 4, 5, 6, 7, 9) if 0 <= right - step < len(SYMBOLS)])
    other, far = right - step, abs(step)
    if language == "en":
        what = "Which element has an atomic number"
        what = "What is the symbol of the element whose atomic number is" if symbols else what
        return f"{what} {far} {'higher' if step > 0 else 'lower'} than that of {ENGLISH[other]}?"
    what = "元素的符号是什么" if symbols else "是哪种元素"
    return f"原子序数比{CHINESE[other]}{'大' if step > 0 else '小'}{far}的{what}？"


def _sourced(made: Item) -> Item:
    return Item(id="", stimulus=made.stimulus, reference=made.reference, choices=made.choices,
                tags=(*made.tags, _SOURCE))  # fmt: skip
