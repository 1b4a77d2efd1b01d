"""Keep several demands on the form of a text at once."""

import re
from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item
from assay.vocabulary.record import Json

_TOPICS: Final = {
    "en": ("looking after a cactus", "packing for a rainy weekend", "learning the names of stars",
    "cooking for one person",
           "keeping a diary", "repairing a puncture", "growing tomatoes on a balcony", "taking the night train"),
    "zh": ("怎样养好一盆仙人掌", "雨天周末出门带什么", "怎样认星星", "一个人怎么做饭", "为什么要写日记",
    "怎样补自行车胎",
           "在阳台上种番茄", "坐夜班火车的好处"),
}  # fmt: skip
_KEYS: Final = {"en": ("patience", "weather", "morning", "pocket", "water", "friend"),
                "zh": ("耐心", "天气", "早晨", "口袋", "清水", "朋友")}  # fmt: skip
_ENDS: Final = {"en": ("That is all.", "Try it yourself!", "And so to bed."), "zh": ("就说到这里。", "不妨一试！",
    "且听下回分解。")}
_COUNTED: Final = re.compile(r"[A-Za-z]+|[\u4e00-\u9fff]")
_RULES: Final = {
    "en": {"bullets": "Use exactly {n} bullet points, each beginning with \"- \".",
           "includes": "Use the word \"{key}\" at least twice.", "excludes": "Do not use the word \"{other}\".",
           "no_commas": "Do not use any commas.", "ends_with": "End with the words \"{end}\"",
           "title": "Put a title in double angle brackets, such as <<my title>>, before the text.",
           "highlights": "Set at least {n} phrases in bold, such as **this one**.",
           "words": "Use between {low} and {high} words in all, the title (if any) among them."},
    "zh": {"bullets": "恰好列出{n}条要点，每条以“- ”开头。", "includes": "“{key}”一词至少出现两次。",
           "excludes": "不要出现“{other}”一词。", "no_commas": "全文不得使用逗号和顿号。",
           "ends_with": "以“{end}”结尾。",
           "title": "正文之前加一个标题，放在双尖括号里，如<<我的标题>>。",
           "highlights": "至少有{n}处文字加粗，写成**这样**。",
           "words": "全文在{low}到{high}字之间（标题如有也算在内，不计标点）。"},
}  # fmt: skip


@dataclass(frozen=True)
class FormatRules:
    """Several demands on one text, each of which is checked by counting; any of them can be kept beside the others.

    Attributes:
        rules: number of demands.
        span: most words that may lie between the shortest and the longest text that is allowed.
    """

    rules: Annotated[int, Meta(ge=1, le=8)] = 4
    span: Annotated[int, Meta(ge=10, le=120)] = 60

    dimension: ClassVar[str] = "instruction following"
    skill: ClassVar[str] = "format"
    instrument: ClassVar[str] = "llm.constraints"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        kinds, words, (n, low) = self._drawn(rng, language)
        topic, high = pick(rng, _TOPICS[language]), low + self.span
        demands: dict[str, dict[str, Json]] = {
            "bullets": {"at_least": n, "at_most": n}, "includes": {"texts": [words["key"]], "at_least": 2},
            "excludes": {"texts": [words["other"]]}, "no_commas": {}, "ends_with": {"texts": [words["end"]]},
            "title": {},
            "highlights": {"at_least": n}, "words": {"at_least": low, "at_most": high},
        }  # fmt: skip
        rules = [_RULES[language][kind].format(n=n, low=low, high=high, **words) for kind in kinds]
        listed = "\n".join(f"{place}. {rule}" for place, rule in enumerate(rules, 1))
        head = f"Write a short text about {topic}. Keep to all of these rules:" if language == "en" else \
            f"请围绕“{topic}”写一篇短文，同时遵守以下各条："  # fmt: skip
        return item(self, language, f"{head}\n{listed}", [{"kind": kind, **demands[kind]} for kind in kinds])

    def answer(self, rng: Random, language: str) -> str:
        """A text that keeps all the rules there are, whichever were drawn."""
        kinds, words, (n, low) = self._drawn(rng, language)
        filler = "It takes a while and it is worth it" if language == "en" else "慢慢来总会有收获的日子长着呢"
        bold = f"**{words['key']}** and so on" if language == "en" else f"**{words['key']}**等等"
        lines = [f"- {bold} {filler}. " for _ in range(n)] if "bullets" in kinds else [f"{bold} {filler}. "] * n
        title = "<<A title>>\n" if "title" in kinds else ""
        end = words["end"] if "ends_with" in kinds else ""
        text = "\n".join([*lines, f"{filler}. "])
        short = max(0, low - len(_COUNTED.findall(title + text + end)))
        return f"{title}{text}{('on and ' if language == 'en' else '慢慢') * ((short + 1) // 2)}{end}"

    def _drawn(self, rng: Random, language: str) -> tuple[list[str], dict[str, str], tuple[int, int]]:
        """The demands, their words, and their numbers."""
        kinds = rng.sample(list(_RULES[language]), self.rules)
        key, other = rng.sample(_KEYS[language], 2)
        words = {"key": key, "other": other, "end": pick(rng, _ENDS[language])}
        return kinds, words, (between(rng, 3, 5), between(rng, 12, 16) * 10)
