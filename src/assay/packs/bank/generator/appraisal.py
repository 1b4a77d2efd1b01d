"""What somebody feels, by what was hoped or feared and what came."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick, shuffled
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_FEELINGS: Final = {
    "en": {"hope yes": "satisfied, thinking that a hope came true",
           "hope no": "disappointed, thinking that a hope failed",
           "fear yes": "distressed, thinking that a fear came true",
           "fear no": "relieved, thinking that a fear did not come true"},
    "zh": {"hope yes": "满足，认为盼望的事成真了", "hope no": "失望，认为盼望的事落空了",
           "fear yes": "难过，认为担心的事成真了", "fear no": "释然，认为担心的事没有发生"},
}  # fmt: skip
_EVENTS: Final = {  # what is hoped or feared; its contrary as a hope and as a fear; that it came; that it did not
    "en": (("the team would move to another town", "the team would stay", "the team would stay",
            "the team moved to another town", "the team stayed where it was"),
           ("the flight would be cancelled", "the flight would not be cancelled", "the flight would not be cancelled",
            "the flight was cancelled", "the flight left on time"),
           ("the old flat would be sold", "the old flat would not be sold", "the old flat would not be sold",
            "the old flat was sold on Friday", "the owner withdrew the old flat from sale"),
           ("the two classes would be merged", "the two classes would not be merged",
            "the two classes would not be merged", "the two classes were merged in May",
            "the merger of the two classes was turned down"),
           ("the shop would close early", "the shop would not close early", "the shop would not close early",
            "the shop closed as early as four", "the shop stayed open until nine"),
           ("the concert would be held outdoors", "the concert would not be held outdoors",
            "the concert would not be held outdoors", "the concert was held on the lawn",
            "the concert was held in the hall"),
           ("the cousin would come to stay", "the cousin would not come to stay", "the cousin would not come to stay",
            "the cousin came with a suitcase", "the cousin wrote that the visit was off")),
    "zh": (("部门搬到外地", "部门别搬到外地", "部门不搬到外地", "部门搬到了外地", "搬迁的事取消了"),
           ("航班取消", "航班别取消", "航班不取消", "航班取消了", "航班准点起飞了"),
           ("老房子卖掉", "老房子别卖掉", "老房子卖不掉", "老房子周五卖掉了", "房东决定不卖老房子了"),
           ("两个班合并", "两个班别合并", "两个班不合并", "两个班五月里合并了", "两个班合并的方案没有通过"),
           ("店铺提早打烊", "店铺别提早打烊", "店铺不提早打烊", "店铺四点就打烊了", "店铺一直开到九点"),
           ("演出改在露天举行", "演出别改在露天举行", "演出不改在露天举行", "演出在草坪上举行了", "演出还是在厅里举行"),
           ("表弟来家里住", "表弟别来家里住", "表弟不来家里住", "表弟提着箱子来了", "表弟来信说不来了")),
}  # fmt: skip
_SAID: Final = {
    "en": {"hope": "{name} hoped that {event}.", "fear": "{name} feared that {event}.",
           "end": "In the end {outcome}.",
           "knows": "Unless something else is said, everybody knows how things went.",
           "misled": "{name} has been told, wrongly, that {outcome}, and believes it.",
           "heard": "All that {name} knows of how this went comes from {other}, who says what {other} believes; {name} "
                    "believes it too.",
           "asked": "What does {name} most likely feel about it now?"},
    "zh": {"hope": "{name}盼着{event}。", "fear": "{name}担心{event}。", "end": "结果，{outcome}。",
           "knows": "除另有说明外，大家都知道结果如何。", "misled": "有人误传给{name}，说{outcome}，{name}信以为真。",
           "heard": "{name}只听{other}说起过结果，{other}怎么认为就怎么说，{name}也信了。",
           "asked": "这时{name}对这件事最可能是什么心情？"},
}  # fmt: skip


@dataclass(frozen=True)
class Appraisal:
    """Satisfaction, disappointment, distress or relief: a prospect is wished or not, and comes or does not.

    The four follow from the definitions of emotions about prospects, and from what each believes of the outcome. Other
    people with other wishes are decoys.

    Source: Ortony, Clore and Collins, The Cognitive Structure of Emotions, 1988 (recalled).

    Attributes:
        others: people whose wishes are told as well.
        twists: 0: none; 1: some wishes are that something does not happen; 2: some people also believe a false report;
            3: and the one who is asked about knows the outcome only from another of them.
    """

    others: Annotated[int, Meta(ge=1, le=6)] = 2
    twists: Annotated[int, Meta(ge=0, le=3)] = 1

    dimension: ClassVar[str] = "emotional intelligence"
    skill: ClassVar[str] = "appraisal"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        said, names = _SAID[language], rng.sample(NAMES[language], self.others + 1)
        event, against_hope, against_fear, came, failed = pick(rng, _EVENTS[language])
        happened, feelings, lines = rng.random() < 0.5, [], []
        for name in names:
            hope, against = rng.random() < 0.5, self.twists > 0 and rng.random() < 0.5
            feelings.append((hope, against))
            wished = (against_hope if hope else against_fear) if against else event
            lines.append(said["hope" if hope else "fear"].format(name=name, event=wished))
        lines = [*shuffled(rng, lines), said["end"].format(outcome=came if happened else failed)]
        misled = [self.twists > 1 and rng.random() < 0.5 for _ in names]
        if self.twists > 1:
            told = zip(names, misled, strict=True) if self.twists == 2 else zip(names[1:], misled[1:], strict=True)
            reports = [said["misled"].format(name=name, outcome=failed if happened else came)
                       for name, wrong in told if wrong]  # fmt: skip
            if self.twists == 3:
                reports.append(said["heard"].format(name=names[0], other=names[1]))
            lines += [said["knows"], *shuffled(rng, reports)]
        believed = happened != misled[self.twists == 3]
        hope, against = feelings[0]
        text = f"{(' ' if language == 'en' else '').join(lines)}\n\n{said['asked'].format(name=names[0])}"
        options = _FEELINGS[language]
        right = options[f"{'hope' if hope else 'fear'} {'yes' if believed != against else 'no'}"]
        return choice(rng, (self, language, text), right, [one for one in options.values() if one != right])
