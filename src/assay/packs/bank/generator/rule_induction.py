"""Continue a sequence whose kind of rule is told."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_RULES: Final = {
    "en": {"affine": "Each number after the first is obtained from the one before in the same way: multiply by a fixed "
                     "integer, then add a fixed integer, which may be negative.",
           "sum": "Each number after the second is the sum of the two before it plus a fixed integer, which may be "
                  "negative.",
           "second": "The differences between neighbouring numbers change by the same amount each time.",
           "woven": "The numbers at odd places form one arithmetic sequence, and those at even places another.",
           "weighted": "Each number after the second is p times the one before it plus q times the one before that, "
                       "where p and q are fixed integers, which may be negative.",
           "third": "The differences between neighbouring numbers form a new sequence; the differences within that "
                    "sequence change by the same amount each time."},
    "zh": {"affine": "从第二个数起，每个数都由前一个数按同一规则得到："
                     "先乘一个固定的整数，再加一个固定的整数（可以是负数）。",
           "sum": "从第三个数起，每个数等于前两个数之和再加一个固定的整数（可以是负数）。",
           "second": "相邻两数之差每次都变化同样的量。",
           "woven": "奇数位上的数构成一个等差数列，偶数位上的数构成另一个等差数列。",
           "weighted": "从第三个数起，每个数都等于前一个数的p倍加上再前一个数的q倍，其中p、q是固定的整数，可以是负数。",
           "third": "相邻两数之差构成一个新数列，而这个新数列中相邻两数之差每次都变化同样的量。"},
}  # fmt: skip


@dataclass(frozen=True)
class RuleInduction:
    """Find the constants of a rule from examples and apply it; the kind is stated, so that the answer is certain.

    Attributes:
        kind: kind of rule: ``affine`` (multiply, then add), ``sum`` (of the two before, and a constant), ``second``
            (constant second differences), ``woven`` (two arithmetic sequences), ``weighted`` (multiples of the two
            before), ``third`` (constant third differences), or ``any`` of these.
        shown: numbers that are shown.
        ahead: how many places beyond them the answer lies.
    """

    kind: Literal["any", "affine", "sum", "second", "woven", "weighted", "third"] = "any"
    shown: Annotated[int, Meta(ge=5, le=9)] = 5
    ahead: Annotated[int, Meta(ge=1, le=4)] = 1

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "induction"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        kind, count = pick(rng, tuple(_RULES["en"])) if self.kind == "any" else self.kind, self.shown + self.ahead
        made = _row(rng, kind, count)
        while kind == "weighted" and made[0] * made[2] == made[1] ** 2:  # then the two factors are not settled
            made = _row(rng, kind, count)
        if language == "en":
            text = f"{_RULES['en'][kind]}\n\n{', '.join(map(str, made[: self.shown]))}, …\n\n"
            text += f"What is the {count}th number?"
        else:
            text = f"{_RULES['zh'][kind]}\n\n{'，'.join(map(str, made[: self.shown]))}，……\n\n第{count}个数是多少？"
        return item(self, language, numbered(text, language), made[-1])


def _row(rng: Random, kind: str, count: int) -> list[int]:
    """So many numbers of a sequence of this kind; its constants are never 0, and never such that nothing changes."""
    a, b = between(rng, 2, 4), _not_zero(rng, -9, 12)
    made, step = [between(rng, 2, 20), between(rng, 2, 20)], between(rng, 1, 9)
    if kind == "affine":
        while made[0] * (a - 1) + b == 0:
            b = _not_zero(rng, -9, 12)
        made = made[:1]
    second, q = _not_zero(rng, -9, 9), _not_zero(rng, -3, 3)
    while (n := len(made)) < count:
        match kind:
            case "affine":
                made.append(made[-1] * a + b)
            case "sum":
                made.append(made[-1] + made[-2] + b)
            case "woven":
                made.append(made[-2] + (step if n % 2 else b))
            case "weighted":
                made.append(a * made[-1] + q * made[-2])
            case _:
                more = (n - 1) * (n - 2) // 2 * step + (n - 1) * second if kind == "third" else step * (n - 1)
                made.append(made[-1] + made[1] - made[0] + more)
    return made


def _not_zero(rng: Random, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high`` other than 0."""
    drawn = between(rng, low, high - 1)
    return drawn + (drawn >= 0)
