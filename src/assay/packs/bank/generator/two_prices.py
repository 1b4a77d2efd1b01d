"""Two unknown prices from two bills."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import numbered
from assay.vocabulary.material import Item

_GOODS: Final = {  # by the highest price at which such things are sold
    "en": {
        15: (("notebook", "notebooks", "pen", "pens"), ("coffee", "coffees", "bun", "buns"),
             ("rose", "roses", "tulip", "tulips"), ("adult ticket", "adult tickets", "child ticket", "child tickets")),
        80: (("plate", "plates", "bowl", "bowls"), ("hammer", "hammers", "saw", "saws"),
             ("shirt", "shirts", "belt", "belts"),
             ("adult ticket", "adult tickets", "child ticket", "child tickets")),
        500: (("chair", "chairs", "desk lamp", "desk lamps"), ("tent", "tents", "sleeping bag", "sleeping bags"),
              ("coat", "coats", "suitcase", "suitcases"),
              ("adult ticket", "adult tickets", "child ticket", "child tickets")),
    },
    "zh": {
        15: (("本", "笔记本", "支", "中性笔"), ("杯", "豆浆", "个", "肉包"), ("枝", "玫瑰", "枝", "百合"),
             ("张", "成人票", "张", "儿童票")),
        80: (("个", "盘子", "个", "饭碗"), ("把", "锤子", "把", "锯子"), ("件", "衬衫", "条", "皮带"),
             ("张", "成人票", "张", "儿童票")),
        500: (("把", "椅子", "盏", "台灯"), ("顶", "帐篷", "个", "睡袋"), ("件", "大衣", "个", "旅行箱"),
              ("张", "成人票", "张", "儿童票")),
    },
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
        lowest = max(2, self.largest_price // 10)
        x, y = between(rng, lowest, self.largest_price), between(rng, lowest, self.largest_price)
        a, b, c, d = (between(rng, 2, self.largest_count) for _ in range(4))
        while a * d == b * c:
            c, d = between(rng, 2, self.largest_count), between(rng, 2, self.largest_count)
        goods = pick(rng, next(kinds for top, kinds in _GOODS[language].items() if self.largest_price <= top))
        if "child ticket" in goods or "儿童票" in goods:  # is never the dearer one
            x, y = max(x, y) + (x == y), min(x, y)
        first, second = a * x + b * y, c * x + d * y
        mine = rng.random() < 0.5
        if language == "en":
            one, ones, other, others = goods
            text = f"Together, {a} {ones} and {b} {others} cost {first} euros; {c} {ones} and {d} {others} cost "
            text += f"{second} euros.\n\nHow many euros does one {one if mine else other} cost?"
        else:
            m, one, k, other = goods
            text = f"买{a}{m}{one}和{b}{k}{other}共付{first}元；买{c}{m}{one}和{d}{k}{other}共付{second}元。"
            text += f"\n\n一{m}{one}多少元？" if mine else f"\n\n一{k}{other}多少元？"
        return item(self, language, numbered(text, language), x if mine else y)
