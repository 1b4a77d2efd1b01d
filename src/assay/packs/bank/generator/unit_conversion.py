"""Units of the SI and their prefixes."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item

_PREFIXES: Final = (
    ("pico", "皮", "p", -12), ("nano", "纳", "n", -9), ("micro", "微", "µ", -6), ("milli", "毫", "m", -3), ("", "", "",
    0),
    ("kilo", "千", "k", 3), ("mega", "兆", "M", 6), ("giga", "吉", "G", 9), ("tera", "太", "T", 12),
)  # fmt: skip
_UNITS: Final = (
    ("metres", "米", "m"), ("seconds", "秒", "s"), ("volts", "伏", "V"), ("watts", "瓦", "W"), ("joules", "焦", "J"),
    ("pascals", "帕", "Pa"), ("hertz", "赫", "Hz"), ("amperes", "安", "A"), ("newtons", "牛", "N"),
    ("farads", "法", "F"), ("teslas", "特", "T"), ("ohms", "欧", "Ω"),
)  # fmt: skip


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
        unit = pick(rng, _UNITS)
        first, second = rng.sample(_PREFIXES, 2)
        while abs(first[3] - second[3]) > self.powers:
            first, second = rng.sample(_PREFIXES, 2)
        value = _power(digits, first[3] - second[3])
        if language == "en":
            text = f"How many {second[0]}{unit[0]} are {digits} {first[0]}{unit[0]}?"
            return item(self, language, f"{text} Answer with a number.", value, source)
        return item(self, language, f"{digits} {first[2]}{unit[2]} 等于多少 {second[2]}{unit[2]}？请用数字作答。",
            value, source)

    def _powers(self, rng: Random, language: str, digits: int, source: tuple[str, ...]) -> Item:
        dimension = between(rng, 2, 3)
        mark = "²" if dimension == 2 else "³"
        up, down = (("m", 0), ("mm", -3)) if rng.random() < 0.5 else (("cm", -2), ("m", 0))
        value = _power(digits, dimension * (up[1] - down[1]))
        text = f"How many {down[0]}{mark} are {digits} {up[0]}{mark}? Answer with a number." if language == "en" else \
            f"{digits} {up[0]}{mark} 等于多少 {down[0]}{mark}？请用数字作答。"  # fmt: skip
        return item(self, language, text, value, source)


def _power(digits: int, power: int) -> str:
    """``digits`` times a power of ten as a plain decimal number."""
    if power >= 0:
        return str(digits) + "0" * power
    text = str(digits).rjust(1 - power, "0")
    return f"{text[:power]}.{text[power:]}".rstrip("0").rstrip(".")
