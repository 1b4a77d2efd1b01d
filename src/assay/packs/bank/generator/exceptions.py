"""How many are left once every exception is taken into account."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
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

    exceptions: Annotated[int, Meta(ge=1, le=3)] = 2

    dimension: ClassVar[str] = "understanding"
    skill: ClassVar[str] = "scope_of_exceptions"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        blocks, each = between(rng, 4, 12), between(rng, 9, 60)
        block, spared, back = between(rng, 1, blocks), between(rng, 2, 6), between(rng, 1, 4)
        count = (blocks - 1) * each
        if self.exceptions > 1:
            count -= (blocks - 1) * spared
        if self.exceptions > 2:
            count += back
        words = self._english if language == "en" else self._chinese
        return item(self, language, words(rng, (blocks, each, block, spared, back)), count)

    def _english(self, rng: Random, numbers: tuple[int, int, int, int, int]) -> str:
        blocks, each, block, spared, back = numbers
        place, many, one, things, done = pick(rng, _SCENES["en"])
        text = f"A {place} has {blocks} {many}, each with {each} {things}. Everything was {done} this spring, "
        text += f"except that nothing was done on {one} {block}" if one == "floor" else \
            f"except that nothing was done in {one} {block}"  # fmt: skip
        text += "." if self.exceptions == 1 else (f", and that in each of the other {many} {spared} {things} were "
                                                  f"left out.")
        if self.exceptions > 2:
            text += f" Later {back} of all the {things} left out in those other {many} {'were' if back > 1 else 'was'} "
            text += f"{done} after all."
        return f"{text}\n\nHow many {things} were {done}?"

    def _chinese(self, rng: Random, numbers: tuple[int, int, int, int, int]) -> str:
        blocks, each, block, spared, back = numbers
        place, unit, things, done = pick(rng, _SCENES["zh"])
        noun = things[1:]
        text = f"某{place}共有{blocks}{unit}，每{unit}有{each}{things}。今年春天，除第{block}{unit}完全未动以外，"
        text += f"其余各{unit}的{noun}都{done}了。" if self.exceptions == 1 else \
            f"其余每{unit}也都留下{spared}{things}没动，剩下的都{done}了。"  # fmt: skip
        if self.exceptions > 2:
            text += f"后来，其余各{unit}留下的{noun}里，总共又有{back}{things[0]}{done}了。"
        return f"{text}\n\n一共{done}了多少{things}？"
