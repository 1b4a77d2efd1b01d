"""Answer somebody in distress."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.material import Item

_CASES: Final = {
    "en": ("I failed the driving test in {place} for the third time today and I feel so stupid.",
           "My dog Max died last night. We'd had him since we lived in {place}, and the house is so quiet.",
           "Everybody from my course in {place} got an offer but me. I pretend that I don't mind.",
           "I shouted at my little brother before he left for {place}, and now he doesn't answer.",
           "I moved to {place} a month ago, and I haven't talked to anyone all weekend.",
           "My grandmother in {place} no longer knew my name today. I smiled and went to cry in the car.",
           "They gave the job in {place} to the new hire, whom I trained myself. I had told everybody it was mine.",
           "I froze in the middle of my talk in {place} and had to sit down. I keep hearing the silence."),
    "zh": ("今天在{place}考驾照，第三次没过，觉得自己笨透了。",
    "我家养了十年的小狗昨晚走了，它是在{place}捡回来的，屋里静得难受。",
           "一起在{place}实习的同学都拿到录用通知了，就我没有，我还得装作不在乎。",
           "弟弟去{place}之前我冲他发了火，现在他不回我消息。",
           "搬到{place}一个月了，整个周末我一句话都没跟人说过。",
           "今天回{place}看奶奶，她叫不出我的名字了。我笑着陪她，出来在车里哭了。",
           "{place}那个职位给了我亲手带出来的新人，我早跟所有人说那是我的了。",
           "在{place}作报告，讲到一半脑子一片空白，只好坐下，那片寂静到现在还在耳边。"),
}  # fmt: skip


@dataclass(frozen=True)
class KindReply:
    """A short reply to a friend: some demands are counted, and a judge reads by a rubric whether it comforts.

    Attributes:
        words: most words that the reply may have (characters in Chinese).
    """

    words: Annotated[int, Meta(ge=50, le=200)] = 80

    dimension: ClassVar[str] = "emotional intelligence"
    skill: ClassVar[str] = "support"
    instrument: ClassVar[str] = "llm.constraints"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        name, most = pick(rng, NAMES[language]), between(rng, self.words - 15, self.words)
        case = pick(rng, _CASES[language]).format(place=pick(rng, PLACES[language]))
        if language == "en":
            text = f"Your friend {name} writes to you:\n\n{case}\n\nWrite the reply that you would send. Address "
            text += f"{name} by name, do not use the words \"should\", \"shouldn't\" or \"at least\", and end with a "
            text += f"question: its question mark is the last character. Use at most {most} words."
            banned, ends = ["should", "shouldn't", "at least"], ["?"]
        else:
            text = f"朋友{name}给你发来消息：\n\n{case}\n\n请写出你的回复。要称呼{name}的名字，不要出现“应该”和“至少”，"
            text += f"最后以一个问句结尾，问号之后不再有别的字符，全文不超过{most}个字（不计标点）。"
            banned, ends = ["应该", "至少"], ["？", "?"]
        demands = [{"kind": "includes", "texts": [name]}, {"kind": "excludes", "texts": banned},
                   {"kind": "ends_with", "texts": ends}, {"kind": "words", "at_most": most},
                   {"kind": "language", "value": language}]  # fmt: skip
        return item(self, language, text, demands, ("rubric:bank.support",))

    def answer(self, rng: Random, language: str) -> str:
        """A reply that keeps the demands that are counted."""
        name = pick(rng, NAMES[language])
        if language == "en":
            return f"{name}, that hurts, and I am glad you told me. Do you want to talk about it tonight?"
        return f"{name}，听着都替你难受，谢谢你愿意告诉我。今晚要不要通个电话？"
