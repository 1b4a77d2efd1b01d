"""Units of the SI and their prefixes."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick, shuffled
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_PREFIXES: Final = (
    ("pico", "p", -12), ("nano", "n", -9), ("micro", "µ", -6), ("milli", "m", -3), ("", "", 0), ("kilo", "k", 3),
    ("mega", "M", 6), ("giga", "G", 9), ("tera", "T", 12),
)  # fmt: skip
_UNITS: Final = (  # with the powers of ten of the prefixes that are in use with each
    ("metres", "m", -12, 3), ("seconds", "s", -12, 0), ("volts", "V", -9, 6), ("watts", "W", -12, 12),
    ("joules", "J", -9, 12), ("pascals", "Pa", -6, 9), ("hertz", "Hz", -3, 12), ("amperes", "A", -12, 6),
    ("newtons", "N", -9, 6), ("farads", "F", -12, 0), ("teslas", "T", -12, 0), ("ohms", "Ω", -6, 12),
    ("grams", "g", -12, 3), ("litres", "L", -9, 0),
)  # fmt: skip
_LENGTHS: Final = (("km", 3), ("m", 0), ("cm", -2), ("mm", -3), ("µm", -6))


@dataclass(frozen=True)
class UnitConversion:
    """From one prefix of the SI to another.

    Attributes:
        powers: largest difference of the powers of ten.
        squared: areas and volumes are asked for as well, where the prefix counts two or three times.
    """

    powers: Annotated[int, Meta(ge=3, le=18)] = 9
    squared: bool = True

    dimension: ClassVar[str] = "knowledge"
    skill: ClassVar[str] = "units"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        source = ("source:BIPM, The International System of Units, 9th edition, table 7",)
        digits = between(rng, 11, 999)
        if self.squared and rng.random() < 0.25:
            return self._powers(rng, language, digits, source)
        unit, shift = pick(rng, _UNITS), self.powers + 1
        known = [prefix for prefix in _PREFIXES if unit[2] <= prefix[2] <= unit[3]]
        while shift > self.powers:
            first, second = rng.sample(known, 2)
            shift = abs(first[2] - second[2])
        value = _power(digits, first[2] - second[2])
        if language == "en":
            text = f"How many {second[0]}{unit[0]} are {digits} {first[0]}{unit[0]}?"
        else:
            text = f"{digits} {first[1]}{unit[1]} 等于多少 {second[1]}{unit[1]}？"
        return item(self, language, numbered(text, language), value, source)

    def _powers(self, rng: Random, language: str, digits: int, source: tuple[str, ...]) -> Item:
        dimension = between(rng, 2, 3)
        mark = "²" if dimension == 2 else "³"
        at = between(rng, 0, len(_LENGTHS) - 2)
        up, down = shuffled(rng, _LENGTHS[at : at + 2])
        value = _power(digits, dimension * (up[1] - down[1]))
        text = f"How many {down[0]}{mark} are {digits} {up[0]}{mark}?" if language == "en" else \
            f"{digits} {up[0]}{mark} 等于多少 {down[0]}{mark}？"  # fmt: skip
        return item(self, language, numbered(text, language), value, source)


def _power(digits: int, power: int) -> str:
    """``digits`` times a power of ten as a plain decimal number."""
    if power >= 0:
        return str(digits) + "0" * power
    text = str(digits).rjust(1 - power, "0")
    return f"{text[:power]}.{text[power:]}".rstrip("0").rstrip(".")
