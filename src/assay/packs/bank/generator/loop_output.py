"""What a short program prints."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_ASKED: Final = {
    "en": ("What number does this Python program print?", "Which number appears when this Python program is run?"),
    "zh": ("下面的 Python 程序输出什么数？", "运行下面的 Python 程序，屏幕上会显示哪个数？"),
}  # fmt: skip
_Update = tuple[str, Callable[[int, int, int, int], tuple[int, int]]]
_Branch = list[tuple[_Update, bool, int]]
_SET: Final[_Update] = ("{a} = {b} + i", lambda a, b, i, k: (b + i, b))
_UPDATES: Final[tuple[_Update, ...]] = (
    ("{a} += {b}", lambda a, b, i, k: (a + b, b)), ("{a} -= {k}", lambda a, b, i, k: (a - k, b)),
    ("{a} += {k} * i", lambda a, b, i, k: (a + k * i, b)), ("{a}, {b} = {b}, {a}", lambda a, b, i, k: (b, a)), _SET,
    ("{b} -= {a} // 2", lambda a, b, i, k: (a, b - a // 2)),
)  # fmt: skip
_NAMES: Final = (("a", "b"), ("x", "y"), ("p", "q"), ("left", "right"), ("total", "step"))
_LARGEST: Final = 9_999  # of the number that is printed


@dataclass(frozen=True)
class LoopOutput:
    """Follow a loop with a condition by hand; the reference is worked out statement by statement.

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
        one, two = pick(rng, _NAMES)
        while True:
            branches = self._branch(rng), self._branch(rng)
            yes, no = (_lines(branch, one, two) for branch in branches)
            start, begin = (between(rng, 2, 20), between(rng, 2, 20)), between(rng, 0, 4)
            divisor, times = between(rng, 2, 3), between(rng, 2, 5)
            (a, b), used = self._run(branches, start, begin, divisor)
            if yes != no and len(used) == 2 and abs(a + times * b) <= _LARGEST:
                break
        program = f"{one} = {start[0]}\n{two} = {start[1]}\nfor i in range({begin}, {begin + self.turns}):\n"
        program += f"    if ({one} + i) % {divisor} == 0:\n{yes}    else:\n{no}print({one} + {times} * {two})"
        text = f"{numbered(pick(rng, _ASKED[language]), language)}\n\n```python\n{program}\n```"
        return item(self, language, text, a + times * b)

    def _branch(self, rng: Random) -> _Branch:
        """Statements of which no two are made alike, so that none repeats another; setting a value comes first."""
        drawn = sorted(rng.sample(_UPDATES, self.lines), key=lambda update: update is not _SET)
        return [(update, rng.random() < 0.5, between(rng, 2, 6)) for update in drawn]

    def _run(
        self, branches: tuple[_Branch, _Branch], start: tuple[int, int], begin: int, divisor: int
    ) -> tuple[tuple[int, int], set[int]]:
        """Both values at the end, and which branches were taken."""
        (a, b), used = start, set()
        for i in range(begin, begin + self.turns):
            taken = int((a + i) % divisor != 0)
            used.add(taken)
            for (_, update), turned, k in branches[taken]:
                a, b = update(b, a, i, k)[::-1] if turned else update(a, b, i, k)
        return (a, b), used


def _lines(branch: _Branch, one: str, two: str) -> str:
    return "".join(f"        {text.format(a=two if turned else one, b=one if turned else two, k=k)}\n"
                   for (text, _), turned, k in branch)  # fmt: skip
