"""Write a notice that holds given facts."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.material import Item

_EVENTS: Final = {
    "en": (("a used-book sale", "the library", "bring a bag"), ("a first-aid course", "the fire station",
    "wear loose clothes"),
           ("a lift inspection", "the north building", "use the stairs"), ("a chess tournament", "the reading room",
           "bring a clock"),
           ("a blood drive", "the town hall", "eat something first"), ("a bicycle check", "the car park",
           "bring a lock")),
    "zh": (("旧书义卖", "图书馆门口", "自备袋子"), ("急救培训", "消防站", "穿宽松衣服"), ("电梯检修", "北楼",
    "改走楼梯"),
           ("象棋比赛", "阅览室", "自带棋钟"), ("无偿献血", "市民中心", "先吃早饭"), ("自行车义检", "停车场",
           "带好车锁")),
}  # fmt: skip


@dataclass(frozen=True)
class Notice:
    """A notice for a board: the facts and the length are counted, and a judge reads the rest by a rubric.

    Attributes:
        words: most words (characters in Chinese).
    """

    words: Annotated[int, Meta(ge=60, le=200)] = 70

    dimension: ClassVar[str] = "generation"
    skill: ClassVar[str] = "practical_writing"
    instrument: ClassVar[str] = "llm.constraints"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        (what, where, advice), day, clock, name, place, most = self._drawn(rng, language)
        if language == "en":
            text = (f"Write a notice for the board of a housing estate in {place} about {what}. It takes place on "
                    f"{day} at {clock} ")
            text += (f"at {where}; questions go to {name}; people should {advice}. Give the date and the time as they "
                     f"stand here. ")
            text += f"Use at most {most} words and no bullet points."
        else:
            text = (f"请为{place}某小区的公告栏写一则关于{what}的通知。时间：{day}{clock}；地点：{where}；联系人："
                    f"{name}；")
            text += f"提醒大家{advice}。日期和时刻照原样写出，全文不超过{most}个字，不要分条列点。"
        demands = [{"kind": "includes", "texts": [day, clock, where, name]}, {"kind": "words", "at_most": most,
            "at_least": 15},
                   {"kind": "bullets", "at_most": 0}, {"kind": "language", "value": language}]  # fmt: skip
        return item(self, language, text, demands, ("rubric:bank.writing",))

    def answer(self, rng: Random, language: str) -> str:
        """A notice with the facts."""
        (what, where, advice), day, clock, name, _, _ = self._drawn(rng, language)
        if language == "en":
            return (f"There will be {what} on {day} at {clock} at {where}. Please {advice}. If you have questions, "
                    f"ask {name}.")
        return f"{day}{clock}，本小区将在{where}举行{what}，请大家{advice}。有疑问请联系{name}。"

    def _drawn(self, rng: Random, language: str) -> tuple[tuple[str, str, str], str, str, str, str, int]:
        month, day, hour = between(rng, 1, 12), between(rng, 1, 28), between(rng, 8, 20)
        months = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
        date = f"{day} {months[month - 1]}" if language == "en" else f"{month}月{day}日"
        clock = f"{hour}:{pick(rng, ('00', '15', '30', '45'))}"
        return (pick(rng, _EVENTS[language]), date, clock, pick(rng, NAMES[language]), pick(rng, PLACES[language]),
                between(rng, self.words - 10, self.words))  # fmt: skip
