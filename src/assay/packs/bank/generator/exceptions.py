"""How many are left once every exception is taken into account."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, NamedTuple

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_SCENES: Final = {
    "en": (("hotel", "floors", "floor", "rooms", "repainted"), ("depot", "halls", "hall", "buses", "inspected"),
           ("library", "sections", "section", "shelves", "relabelled"), ("farm", "barns", "barn", "stalls", "cleaned"),
           ("museum", "wings", "wing", "display cases", "dusted")),
    "zh": (("宾馆", "层", "间客房", "重新粉刷"), ("车库", "个区", "辆公交车", "检修"),
           ("图书馆", "个书库", "个书架", "重新贴签"), ("停车场", "层", "个车位", "重新划线"),
           ("博物馆", "个展厅", "个展柜", "清洁")),
}  # fmt: skip


@dataclass(frozen=True)
class Exceptions:
    """Count what a rule covers when the rule has exceptions, and the exceptions have exceptions.

    Attributes:
        exceptions: exceptions, one within the other.
    """

    exceptions: Annotated[int, Meta(ge=1, le=4)] = 2

    dimension: ClassVar[str] = "understanding"
    skill: ClassVar[str] = "scope_of_exceptions"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        blocks, each = between(rng, 5, 12), between(rng, 9, 60)
        untouched, *whole = rng.sample(range(1, blocks + 1), 3)
        spared, back = between(rng, 2, 6), between(rng, 2, 4)
        numbers = _Numbers(blocks, each, untouched, spared, sorted(whole), back)
        words = self._english if language == "en" else self._chinese
        return item(self, language, numbered(words(pick(rng, _SCENES[language]), numbers), language),
                    self._count(numbers))  # fmt: skip

    def _count(self, numbers: "_Numbers") -> int:
        """The whole, less what each exception takes away, with what the exceptions to it give back."""
        count = (numbers.blocks - 1) * numbers.each
        if self.exceptions > 1:
            count -= (numbers.blocks - 1) * numbers.spared
        if self.exceptions > 2:
            count += 2 * numbers.spared
        return count + numbers.back if self.exceptions > 3 else count

    def _english(self, scene: tuple[str, ...], numbers: "_Numbers") -> str:
        place, many, one, things, done = scene
        in_, (a, b) = "on" if one == "floor" else "in", numbers.whole
        text = f"A {place} has {numbers.blocks} {many}, each with {numbers.each} {things}. This spring all {things} "
        text += f"were to be {done}. Nothing was done {in_} {one} {numbers.untouched}"
        if self.exceptions == 1:
            text += f"; the other {many} were finished."
        else:
            text += f", and {in_} each of the other {many} {numbers.spared} {things} were left out"
            text += f", except {in_} {many} {a} and {b}, where none was" if self.exceptions > 2 else ""
            text += f"; all the rest were {done}."
        if self.exceptions > 3:
            text += f" Later, {numbers.back} of the {things} that had been left out {in_} those other {many} were "
            text += f"{done} after all."
        return f"{text}\n\nHow many {things} were {done}?"

    def _chinese(self, scene: tuple[str, ...], numbers: "_Numbers") -> str:
        place, unit, things, done = scene
        noun, (a, b) = things[1:], numbers.whole
        text = f"某{place}共有{numbers.blocks}{unit}，每{unit}有{numbers.each}{things}。按计划，今年春天所有{noun}都要"
        text += f"{done}。结果，第{numbers.untouched}{unit}完全没动，"
        if self.exceptions == 1:
            text += f"其余各{unit}全部完成。"
        else:
            text += f"其余每{unit}各留下{numbers.spared}{things}没动"
            text += f"（第{a}{unit}和第{b}{unit}除外，这两{unit}全部完成）" if self.exceptions > 2 else ""
            text += "，别的都完成了。"
        if self.exceptions > 3:
            text += f"后来，第{numbers.untouched}{unit}以外留下的{noun}中，又有{numbers.back}{things[0]}完成了{done}。"
        return f"{text}\n\n一共{done}了多少{things}？"


class _Numbers(NamedTuple):
    """Blocks, things in each, the untouched block, things spared in each other one, blocks without such, done later."""

    blocks: int
    each: int
    untouched: int
    spared: int
    whole: list[int]
    back: int
