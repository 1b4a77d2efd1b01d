"""Solutions that are diluted, one after the other."""

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_SALTS: Final = {"en": ("sodium chloride", "glucose", "potassium nitrate"), "zh": ("氯化钠", "葡萄糖", "硝酸钾")}
_FACTORS: Final = (2, 4, 5, 10, 20)
_FLASKS: Final = (50, 100, 250, 500, 1000)  # mL
_LONGEST: Final = 4  # figures of an answer that are not zeros at its ends


@dataclass(frozen=True)
class Dilution:
    """Concentration after serial dilution; the volumes add.

    Attributes:
        steps: dilutions, one after the other.
    """

    steps: Annotated[int, Meta(ge=1, le=5)] = 2

    dimension: ClassVar[str] = "discipline"
    skill: ClassVar[str] = "chemistry_solutions"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        while True:
            begin = between(rng, 2, 60) * 10
            now, volume, lines = Fraction(begin), 10**6, []
            for n in range(self.steps):
                factor, taken, line = _step(rng, language, volume, first=n == 0)
                now, volume = now / factor, taken * factor
                lines.append(line)
            value = _decimal(now)
            if len(value.replace(".", "").strip("0")) <= _LONGEST:  # a longer one may be rounded with good reason
                break
        salt = pick(rng, _SALTS[language])
        if language == "en":
            text = f"You have a {salt} solution of {begin} mmol/L. You {'; then you '.join(lines)}. Take volumes to "
            text += "add up exactly.\n\nWhat is the final concentration in mmol/L?"
        else:
            text = f"现有浓度为{begin} mmol/L的{salt}溶液。{'；再'.join(lines)}。假设体积可以直接相加。\n\n最终浓度是"
            text += "多少 mmol/L？"
        return item(self, language, numbered(text, language), value,
                    ("source:conservation of the amount of substance",))  # fmt: skip


def _step(rng: Random, language: str, volume: int, first: bool) -> tuple[int, int, str]:
    """By what factor a solution is diluted, how many mL of it are taken, and the words."""
    of = {"en": "it" if first else "the result", "zh": "该溶液" if first else "上一步所得溶液"}[language]
    if rng.random() < 0.5:
        factor = pick(rng, _FACTORS)
        taken = between(rng, 1, min(12, volume // 5)) * 5
        water = taken * (factor - 1)
        return factor, taken, (f"mix {taken} mL of {of} with {water} mL of water" if language == "en" else
                               f"取{of}{taken} mL，加入{water} mL水混匀")  # fmt: skip
    flask, factor = pick(rng, [(flask, factor) for flask in _FLASKS for factor in _FACTORS
                               if flask % (5 * factor) == 0 and flask // factor <= volume])  # fmt: skip
    taken = flask // factor
    return factor, taken, (f"make {taken} mL of {of} up to {flask} mL with water" if language == "en" else
                           f"取{of}{taken} mL，加水定容至{flask} mL")  # fmt: skip


def _decimal(value: Fraction) -> str:
    """A fraction whose denominator holds only 2 and 5, as a decimal number."""
    power = 0
    while value.denominator != 1:
        value, power = value * 10, power + 1
    text = str(value.numerator).rjust(power + 1, "0")
    return f"{text[:-power]}.{text[-power:]}" if power else text
