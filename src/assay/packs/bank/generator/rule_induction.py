"""Continue a sequence whose kind of rule is told."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item

_RULES: Final = {
    "en": {"affine": "Each number after the first is obtained from the one before in the same way: multiply by a "
                     "fixed whole "
                     "number, then add a fixed whole number.",
           "sum": "Each number after the second is the sum of the two before it plus a fixed whole number.",
           "second": "The differences between neighbouring numbers change by the same amount each time.",
           "woven": "The numbers at odd places form one arithmetic sequence, and those at even places another."},
    "zh": {"affine": "从第二个数起，每个数都由前一个数按同一规则得到：先乘一个固定的整数，再加一个固定的整数。",
           "sum": "从第三个数起，每个数等于前两个数之和再加一个固定的整数。",
           "second": "相邻两数之差每次都变化同样的量。",
           "woven": "奇数位上的数构成一个等差数列，偶数位上的数构成另一个等差数列。"},
}  # fmt: skip


@dataclass(frozen=True)
class RuleInduction:
    """Find the constants of a rule from examples and apply it; the kind is stated, so that the answer is certain.

    Attributes:
        shown: numbers that are shown.
        ahead: how many places beyond them the answer lies.
    """

    shown: Annotated[int, Meta(ge=5, le=9)] = 5
    ahead: Annotated[int, Meta(ge=1, le=4)] = 1

    dimension: ClassVar[str] = "cognition"
    skill: ClassVar[str] = "induction"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        kind, count = pick(rng, ("affine", "sum", "second", "woven")), self.shown + self.ahead
        a, b = between(rng, 2, 4), between(rng, -9, 12)
        made = [between(rng, 2, 20), between(rng, 2, 20)]
        if kind == "affine":
            while made[0] * (a - 1) + b == 0:  # a fixed point says nothing of the rule
                b = between(rng, -9, 12)
            made = made[:1]
        step = between(rng, 1, 9)
        while len(made) < count:
            n = len(made)
            made.append({"affine": made[-1] * a + b, "sum": made[-1] + made[-2] + b if n > 1 else 0,
                         "second": made[-1] + (made[1] - made[0] if n > 1 else 0) + step * (n - 1),
                         "woven": made[n - 2] + (step if n % 2 else b or 5)}[kind])  # fmt: skip
        shown = ", ".join(map(str, made[: self.shown])) if language == "en" else "，".join(map(str, made[: self.shown]))
        if language == "en":
            text = f"{_RULES['en'][kind]}\n\n{shown}, …\n\nWhat is the {count}th number?"
        else:
            text = f"{_RULES['zh'][kind]}\n\n{shown}，……\n\n第{count}个数是多少？"
        return item(self, language, text, made[-1])
