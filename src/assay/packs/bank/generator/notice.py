"""Write a notice that holds given facts."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, NamedTuple

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.material import Item

_EVENTS: Final = {
    "en": (("a used-book sale", "at the library", "bring a bag"), ("a first-aid course", "at the fire station",
           "wear loose clothes"), ("a lift inspection", "in the north building", "use the stairs"),
           ("a chess tournament", "in the reading room", "bring a chess clock"),
           ("a blood donation session", "in the town hall", "eat something beforehand"),
           ("a free bicycle check", "in the car park", "come early")),
    "zh": (("旧书义卖", "图书馆门口", "自备袋子"), ("急救培训", "消防站", "穿宽松的衣服"), ("电梯检修", "北楼",
           "改走楼梯"), ("象棋比赛", "阅览室", "自带棋钟"), ("无偿献血", "市民中心", "不要空腹前来"),
           ("自行车义务检修", "停车场", "早些到场")),
}  # fmt: skip
_PLEAS: Final = {"en": ("please", "must", "attend", "event"), "zh": ("请", "务必", "参加", "活动")}


@dataclass(frozen=True)
class Notice:
    """A notice for a board: the facts and the length are counted, and a judge reads the rest by a rubric.

    Attributes:
        words: most words (characters in Chinese).
        demands: further demands: the end, a telephone number, the number of sentences, a word to avoid.
    """

    words: Annotated[int, Meta(ge=60, le=200)] = 70
    demands: Annotated[int, Meta(ge=0, le=4)] = 1

    dimension: ClassVar[str] = "generation"
    skill: ClassVar[str] = "practical_writing"
    instrument: ClassVar[str] = "llm.constraints"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        facts = self._drawn(rng, language)
        (what, where, advice), most = facts.event, facts.most
        if language == "en":
            text = f"Write a notice for the notice board of a housing estate in {facts.place} about {what}. It takes "
            text += f"place on {facts.day} at {facts.clock} {where}; questions go to {facts.name}; people should "
            text += f"{advice}. Give date, time and place as they stand here. Use at most {most} words and no bullet "
            text += "points."
            more = (f" Say that it ends at {facts.end}.",
                    f" Give {facts.name}'s telephone number as it stands here, {facts.phone}.",
                    " Write exactly four sentences.", f" Do not use the word \"{facts.plea}\".")  # fmt: skip
        else:
            text = f"请为{facts.place}某小区的公告栏写一则关于{what}的通知。时间：{facts.day}{facts.clock}；地点："
            text += f"{where}；联系人：{facts.name}；提醒大家{advice}。日期、时刻和地点照原样写出，全文不超过{most}个"
            text += "字，不要分条列点。"
            more = (f"要说明{facts.end}结束。", f"要写明{facts.name}的电话{facts.phone}（照原样写）。",
                    "正文恰好写四句话，不另加标题和落款。",
                    f"全文不得出现“{facts.plea}”{'字' if len(facts.plea) == 1 else '一词'}。")  # fmt: skip
        wanted = [facts.day, facts.clock, where, facts.name, *(facts.end, facts.phone)[: self.demands]]
        demands = [{"kind": "includes", "texts": wanted}, {"kind": "words", "at_most": most, "at_least": 15},
                   {"kind": "bullets", "at_most": 0}, {"kind": "language", "value": language},
                   *({"kind": "sentences", "at_least": 4, "at_most": 4}, {"kind": "excludes", "texts": [facts.plea]},
                     )[: max(0, self.demands - 2)]]  # fmt: skip
        return item(self, language, text + "".join(more[: self.demands]), demands, ("rubric:bank.writing",))

    def answer(self, rng: Random, language: str) -> str:
        """A notice with the facts."""
        facts = self._drawn(rng, language)
        what, where, advice = facts.event
        if language == "en":
            return (f"We announce {what} on {facts.day} at {facts.clock} {where}. It ends at {facts.end}. Everybody "
                    f"should {advice}. With questions, ring {facts.name} on {facts.phone}.")  # fmt: skip
        return (f"{facts.day}{facts.clock}，本小区在{where}安排{what}。预计{facts.end}结束。提醒大家{advice}。"
                f"联系人{facts.name}，电话{facts.phone}。")  # fmt: skip

    def _drawn(self, rng: Random, language: str) -> "_Facts":
        month, day, hour = between(rng, 1, 12), between(rng, 1, 28), between(rng, 8, 19)
        months = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
        quarters = ("00", "15", "30", "45")
        return _Facts(
            event=pick(rng, _EVENTS[language]),
            day=f"{day} {months[month - 1]}" if language == "en" else f"{month}月{day}日",
            clock=f"{hour}:{pick(rng, quarters)}", end=f"{hour + between(rng, 1, 2)}:{pick(rng, quarters)}",
            name=pick(rng, NAMES[language]), place=pick(rng, PLACES[language]),
            phone=f"555{between(rng, 1000, 9999)}", plea=pick(rng, _PLEAS[language]),
            most=between(rng, self.words - 10, self.words),
        )  # fmt: skip


class _Facts(NamedTuple):
    """What a notice is about: the event with its place and advice, when, who, the word to avoid, and the length."""

    event: tuple[str, str, str]
    day: str
    clock: str
    end: str
    name: str
    place: str
    phone: str
    plea: str
    most: int
