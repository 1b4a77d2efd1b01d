"""What a short program prints."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item

_ASKED: Final = {
    "en": ("What number does this Python program print?", "Give the number that this Python program prints."),
    "zh": ("下面的 Python 程序输出什么数？", "运行下面的 Python 程序，屏幕上会显示哪个数？"),
}  # fmt: skip
_UPDATES: Final = ("{a} += {b}", "{a} -= {k}", "{a} += {k} * i", "{a}, {b} = {b}, {a}", "{a} = {b} + i",
    "{b} -= {a} // 2")
_NAMES: Final = (("a", "b"), ("x", "y"), ("p", "q"), ("left", "right"), ("total", "step"))


@dataclass(frozen=True)
class LoopOutput:
    """Follow a loop with a condition by hand; the program itself was run for the answer.

    Attributes:
        turns: how often the loop runs.
        lines: statements in each branch.
    """

    turns: Annotated[int, Meta(ge=2, le=12)] = 5
    lines: Annotated[int, Meta(ge=1, le=3)] = 2

    dimension: ClassVar[str] = "code"
    skill: ClassVar[str] = "reading_programs"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        a, b = pick(rng, _NAMES)
        begin = between(rng, 0, 4)
        yes, no = self._branch(rng, a, b), self._branch(rng, a, b)
        program = f"{a} = {between(rng, 1, 20)}\n{b} = {between(rng, 1, 20)}\n"
        program += f"for i in range({begin}, {begin + self.turns}):\n    if ({a} + i) % {pick(rng, (2, 3))} == 0:\n"
        program += f"{yes}    else:\n{no}print({a} + {between(rng, 2, 5)} * {b})"
        told: list[int] = []
        exec(compile(program, "program", "exec"), {"print": told.append})  # our own text, drawn from the lines above
        return item(self, language, f"{pick(rng, _ASKED[language])}\n\n```python\n{program}\n```", told[0])

    def _branch(self, rng: Random, a: str, b: str) -> str:
        lines = [pick(rng, _UPDATES) for _ in range(self.lines)]
        sides = [(a, b) if rng.random() < 0.5 else (b, a) for _ in lines]
        return "".join(f"        {line.format(a=one, b=two, k=between(rng, 2, 6))}\n"
                       for line, (one, two) in zip(lines, sides, strict=True))  # fmt: skip
