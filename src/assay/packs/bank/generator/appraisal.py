"""What somebody feels, by what was hoped or feared and what came."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_FEELINGS: Final = {
    "en": {"hope yes": "satisfied, because a hope came true", "hope no": "disappointed, because a hope failed",
           "fear yes": "distressed, because a fear came true", "fear no": "relieved, because a fear proved empty"},
    "zh": {"hope yes": "满足，因为盼望的事成真了", "hope no": "失望，因为盼望的事落空了",
           "fear yes": "难过，因为担心的事成真了", "fear no": "释然，因为担心的事没发生"},
}  # fmt: skip
_EVENTS: Final = {  # an event, what says that it came, what says that it did not
    "en": (("the team would be moved to another town", "the notice of the move was on the door",
    "the move was called off"),
           ("the flight would be cancelled", "the board showed the flight as cancelled", "the flight left on time"),
           ("the old flat would be sold", "the buyer signed on Friday", "the owner withdrew it from sale"),
           ("the class would be merged with another", "the two classes were merged in May",
           "the merger was turned down"),
           ("the shop would close early", "the shutters were down by four", "the shop stayed open until nine"),
           ("the concert would be held outdoors", "the stage went up on the lawn", "it was held in the hall after all"),
           ("a cousin would come to stay", "the cousin stood at the door with a suitcase", "the cousin sent regrets")),
    "zh": (("部门搬到外地", "搬迁通知贴了出来", "搬迁的事最后取消了"), ("航班取消", "大屏上显示航班取消",
    "航班准点起飞了"),
           ("老房子卖掉", "买家周五签了字", "房东又决定不卖了"), ("两个班合并", "五月里两个班并到了一起",
           "合并方案没有通过"),
           ("店铺提早打烊", "四点不到店门就关了", "店铺一直开到九点"), ("演出改在露天举行", "舞台搭在了草坪上",
           "最后还是在厅里举行"),
           ("表弟来家里住", "表弟提着箱子站在门口", "表弟来信说不来了")),
}  # fmt: skip


@dataclass(frozen=True)
class Appraisal:
    """Satisfaction, disappointment, distress or relief: a prospect is wished or not, and comes or does not.

    The four follow from the definitions of emotions about prospects. Other people with other wishes are decoys.

    Source: Ortony, Clore and Collins, The Cognitive Structure of Emotions, 1988 (recalled).

    Attributes:
        others: people whose wishes are told as well.
    """

    others: Annotated[int, Meta(ge=0, le=4)] = 2

    dimension: ClassVar[str] = "emotional intelligence"
    skill: ClassVar[str] = "appraisal"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names = rng.sample(NAMES[language], self.others + 1)
        event, came, failed = pick(rng, _EVENTS[language])
        happened, hopes = rng.random() < 0.5, [rng.random() < 0.5 for _ in names]
        outcome = came if happened else failed
        if language == "en":
            lines = [f"{name} {'hoped' if hope else 'feared'} that {event}." for name, hope in zip(names, hopes,
                strict=True)]
            rng.shuffle(lines)
            text = f"{' '.join(lines)} In the end {outcome}.\n\nWhat does {names[0]} most likely feel now?"
        else:
            lines = [f"{name}{'盼着' if hope else '担心'}{event}" for name, hope in zip(names, hopes, strict=True)]
            rng.shuffle(lines)
            text = f"{'，'.join(lines)}。后来，{outcome}。\n\n这时{names[0]}最可能是什么心情？"
        feelings = _FEELINGS[language]
        right = feelings[f"{'hope' if hopes[0] else 'fear'} {'yes' if happened else 'no'}"]
        return choice(rng, (self, language, text), right, [one for one in feelings.values() if one != right])
