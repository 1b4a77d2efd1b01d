"""Solutions that are diluted, one after the other."""

from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class Dilution:
    """Concentration after serial dilution; the volumes add.

    Attributes:
        steps: dilutions, one after the other.
    """

    steps: Annotated[int, Meta(ge=1, le=4)] = 2

    dimension: ClassVar[str] = "discipline"
    skill: ClassVar[str] = "chemistry_solutions"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        begin = between(rng, 2, 60) * 10
        now, lines, english = Fraction(begin), [], language == "en"
        salt = pick(rng, ("sodium chloride", "glucose", "potassium nitrate") if english else ("氯化钠", "葡萄糖",
            "硝酸钾"))
        for n in range(self.steps):
            factor = pick(rng, (2, 4, 5, 10, 20))
            taken = between(rng, 1, 12) * 5
            if english:
                of = "it" if n == 0 else "the result"
                lines.append(f"{taken} mL of {of} are mixed with {taken * (factor - 1)} mL of water"
                             if rng.random() < 0.5 else f"{taken} mL of {of} are made up to "
                             f"{taken * factor} mL with water")  # fmt: skip
            else:
                of = "该溶液" if n == 0 else "上一步所得溶液"
                lines.append(f"取{of}{taken} mL，加入{taken * (factor - 1)} mL水混匀" if rng.random() < 0.5 else
                             f"取{of}{taken} mL，加水定容至{taken * factor} mL")  # fmt: skip
            now /= factor
        source = ("source:conservation of the amount of substance",)
        value = _decimal(now)
        if english:
            text = f"There is a {salt} solution of {begin} mmol/L. {'; then '.join(lines)}. "
            text += "Take volumes to add up exactly.\n\nWhat is the final concentration in mmol/L?"
        else:
            text = f"现有浓度为{begin} mmol/L的{salt}溶液。{'；再'.join(lines)}。设体积可以直接相加。"
            text += "\n\n最终浓度是多少 mmol/L？"
        return item(self, language, text, value, source)


def _decimal(value: Fraction) -> str:
    """A fraction whose denominator holds only 2 and 5, as a decimal number."""
    power = 0
    while value.denominator != 1:
        value, power = value * 10, power + 1
    text = str(value.numerator).rjust(power + 1, "0")
    return f"{text[:-power]}.{text[-power:]}" if power else text
