"""Two unknown prices from two bills."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item

_GOODS: Final = {
    "en": (("notebook", "notebooks", "pen", "pens"), ("adult ticket", "adult tickets", "child ticket", "child tickets"),
           ("coffee", "coffees", "bun", "buns"), ("rose", "roses", "tulip", "tulips"),
           ("plate", "plates", "bowl", "bowls"), ("hammer", "hammers", "saw", "saws")),
    "zh": (("本", "笔记本", "支", "钢笔"), ("张", "成人票", "张", "儿童票"), ("杯", "豆浆", "个", "肉包"),
           ("枝", "玫瑰", "枝", "百合"), ("个", "盘子", "个", "碗"), ("把", "锤子", "把", "锯子")),
}  # fmt: skip


@dataclass(frozen=True)
class TwoPrices:
    """Two bills give two linear equations with one solution.

    Attributes:
        largest_count: most pieces of one kind on a bill.
        largest_price: highest price.
    """

    largest_count: Annotated[int, Meta(ge=4, le=30)] = 9
    largest_price: Annotated[int, Meta(ge=10, le=500)] = 40

    dimension: ClassVar[str] = "mathematics"
    skill: ClassVar[str] = "linear_equations"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        x, y = between(rng, 2, self.largest_price), between(rng, 2, self.largest_price)
        a, b, c, d = (between(rng, 2, self.largest_count) for _ in range(4))
        while a * d == b * c:
            c, d = between(rng, 2, self.largest_count), between(rng, 2, self.largest_count)
        first, second = a * x + b * y, c * x + d * y
        mine = rng.random() < 0.5
        if language == "en":
            one, ones, other, others = pick(rng, _GOODS["en"])
            text = f"{a} {ones} and {b} {others} cost {first} euros. {c} {ones} and {d} {others} cost {second} euros."
            text += f"\n\nHow many euros does one {one if mine else other} cost?"
        else:
            m, one, k, other = pick(rng, _GOODS["zh"])
            text = f"买{a}{m}{one}和{b}{k}{other}共付{first}元；买{c}{m}{one}和{d}{k}{other}共付{second}元。"
            text += f"\n\n一{m}{one}多少元？" if mine else f"\n\n一{k}{other}多少元？"
        return item(self, language, text, x if mine else y)
