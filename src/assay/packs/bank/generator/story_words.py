"""Write a story in which given words occur."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import item, pick
from assay.packs.bank._words import NAMES, PLACES, joined
from assay.vocabulary.material import Item

_WORDS: Final = {
    "en": ("lantern", "ladder", "piano", "harbour", "umbrella", "whistle", "mirror", "bridge", "letter", "orchard",
    "clock",
           "button", "feather", "kettle"),
    "zh": ("灯笼", "梯子", "钢琴", "港口", "雨伞", "哨子", "镜子", "石桥", "信封", "果园", "闹钟", "纽扣", "羽毛",
        "水壶"),
}  # fmt: skip
_MOODS: Final = {"en": ("cheerful", "eerie", "wistful", "comic"), "zh": ("欢快", "诡异", "惆怅", "诙谐")}


@dataclass(frozen=True)
class StoryWords:
    """A very short story: words and sentences are counted, and a judge reads its coherence and mood by a rubric.

    Attributes:
        keywords: words that must occur.
        sentences: sentences that the story has, no more and no fewer.
    """

    keywords: Annotated[int, Meta(ge=2, le=8)] = 4
    sentences: Annotated[int, Meta(ge=3, le=12)] = 5

    dimension: ClassVar[str] = "generation"
    skill: ClassVar[str] = "creative_writing"
    instrument: ClassVar[str] = "llm.constraints"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        words, banned, name, place = self._drawn(rng, language)
        mood = pick(rng, _MOODS[language])
        if language == "en":
            text = f"Write a {mood} story of exactly {self.sentences} sentences about {name} in {place}. The words "
            text += f"{joined(words, 'en')} must {'both' if len(words) == 2 else 'all'} occur, each in exactly this "
            text += f"form, and the word {banned} must not. Name the person and the place. Use no quotation marks."
            text = text.replace("a eerie", "an eerie")
        else:
            text = f"以{place}为背景，写一个关于{name}的小故事，基调{mood}，恰好{self.sentences}句话，文中写明人名和地"
            text += f"名。文中要出现“{'”“'.join(words)}”这些词，不得出现“{banned}”，全文不使用引号。"
        demands = [{"kind": "includes", "texts": [*words, name, place]}, {"kind": "excludes", "texts": [banned, '"']},
                   {"kind": "sentences", "at_least": self.sentences, "at_most": self.sentences},
                   {"kind": "language", "value": language}]  # fmt: skip
        return item(self, language, text, demands, ("rubric:bank.writing",))

    def answer(self, rng: Random, language: str) -> str:
        """A text that keeps what is counted."""
        words, _, name, place = self._drawn(rng, language)
        if language == "en":
            lines = [f"In {place} there lived {name}, who owned a {', a '.join(words)}.",
                *["The wind came."] * self.sentences]
            return " ".join(lines[: self.sentences])
        lines = [f"{name}住在{place}，家里有{'、'.join(words)}。", *["风又吹来了。"] * self.sentences]
        return "".join(lines[: self.sentences])

    def _drawn(self, rng: Random, language: str) -> tuple[list[str], str, str, str]:
        *words, banned = rng.sample(_WORDS[language], self.keywords + 1)
        return words, banned, pick(rng, NAMES[language]), pick(rng, PLACES[language])
