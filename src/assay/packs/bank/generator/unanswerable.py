"""Questions of which some cannot be answered from what is told."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick, shuffled
from assay.packs.bank._words import NAMES, joined
from assay.vocabulary.material import Item

_MEASURES: Final = {
    "en": (("is taller than", "Who is the tallest"), ("is older than", "Who is the oldest"),
           ("arrived later than", "Who arrived last"), ("paid more than", "Who paid the most")),
    "zh": (("比{b}高", "谁最高"), ("比{b}年长", "谁年纪最大"), ("比{b}到得晚", "谁最后到"), ("比{b}付的钱多",
    "谁付的钱最多")),
}  # fmt: skip
_UNKNOWN: Final = {"en": "It cannot be told", "zh": "无法确定"}


@dataclass(frozen=True)
class Unanswerable:
    """Comparisons that settle who is first in three cases of four, and leave two candidates in the fourth.

    Attributes:
        people: people compared.
    """

    people: Annotated[int, Meta(ge=4, le=8)] = 5

    dimension: ClassVar[str] = "reliability"
    skill: ClassVar[str] = "knowing_what_is_unknown"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names = rng.sample(NAMES[language], self.people)
        more, asked = pick(rng, _MEASURES[language])
        settled = rng.random() < 0.75
        pairs = [(names[0], names[1])] if settled else [(names[0], names[2])]
        for n in range(2, self.people):  # each is below one of those before
            above = names[1] if n == 2 else names[int(rng.random() * n)]
            pairs.append((above, names[n]))
        lines = shuffled(rng, [_told(language, more, a, b) for a, b in pairs])
        if language == "en":
            text = f"No two are equal. {' '.join(lines)}\n\n{asked} of {joined(shuffled(rng, names), 'en')}?"
        else:
            text = f"以下各人两两不同。{''.join(lines)}\n\n{'、'.join(shuffled(rng, names))}中，{asked}？"
        unknown = _UNKNOWN[language]
        right = names[0] if settled else unknown
        others = [names[1], names[2]] if settled else [names[0], names[1], names[2]]
        return choice(rng, (self, language, text), right, [*others, unknown] if settled else others)


def _told(language: str, more: str, a: str, b: str) -> str:
    return f"{a} {more} {b}." if language == "en" else f"{a}{more.format(b=b)}。"
