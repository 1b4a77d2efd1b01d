"""Which of several events came at a given place in time."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, choice, pick, shuffled
from assay.packs.bank._numerals import english
from assay.vocabulary.material import Item

_EVENTS: Final = {
    "en": ("the phone call", "the power cut", "the fire drill", "the storm", "the concert", "the delivery",
           "the inspection", "the birthday toast", "the film", "the board meeting", "the repair", "the parade"),
    "zh": ("停电", "消防演习", "音乐会", "家长会", "暴雨", "电梯检修", "设备验收", "读书会", "拔河比赛", "电影放映",
           "体检", "大扫除"),
}  # fmt: skip
_AFTER: Final = {
    "en": ("{b} came right after {a}.", "Straight after {a} there was {b}.", "{a} was immediately followed by {b}.",
           "{a} came right before {b}."),
    "zh": ("{a}之后紧接着就是{b}。", "{b}紧跟在{a}后面。", "{a}一结束，接下来便是{b}。", "紧接在{b}之前的是{a}。"),
}  # fmt: skip
_APART: Final = {
    "en": ("{a} came before {b}, with exactly one other thing in between.",
           "Exactly one thing happened after {a} and before {b}."),
    "zh": ("{a}在前，{b}在后，中间恰好隔着一件事。", "{a}之后、{b}之前，恰好还有一件事。"),
}  # fmt: skip
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
                    "eleventh", "twelfth")  # fmt: skip


@dataclass(frozen=True)
class EventOrder:
    """Put events that are told out of order into their order.

    Attributes:
        events: number of events, one after the other.
        gaps: sentences that join an event to the one before the last, instead of to the last.
    """

    events: Annotated[int, Meta(ge=4, le=12)] = 6
    gaps: Annotated[int, Meta(ge=0, le=8)] = 0

    dimension: ClassVar[str] = "understanding"
    skill: ClassVar[str] = "order_of_events"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        order = rng.sample(_EVENTS[language], self.events)
        apart = set(rng.sample(range(2, self.events), min(self.gaps, self.events - 2)))
        lines = []
        for n in range(1, self.events):
            words, before = (_APART, order[n - 2]) if n in apart else (_AFTER, order[n - 1])
            line = pick(rng, words[language]).format(a=before, b=order[n])
            lines.append(line[0].upper() + line[1:])
        lines = shuffled(rng, lines)
        place = between(rng, 1, self.events)
        if language == "en":
            many = english(self.events).capitalize()
            text = f"{many} things happened that day, one after another. {' '.join(lines)}\n\nWhich of them came "
            text += f"{_ORDINALS[place - 1]}?"
        else:
            text = (f"当天先后发生了{self.events}件事，没有同时发生的。{''.join(lines)}\n\n按时间先后，"
                    f"第{place}件事是什么？")
        wrong = rng.sample([event for event in order if event != order[place - 1]], 3)
        return choice(rng, (self, language, text), order[place - 1], wrong)
