"""Questions of which some cannot be answered from what is told."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import choice, pick, shuffled
from assay.packs.bank._words import NAMES, joined
from assay.vocabulary.material import Item

_MEASURES: Final = {  # that there are no ties, what is told, the same said the other way round, and what is asked
    "en": (("No two of these people are the same height.", "{a} is taller than {b}.", "{b} is shorter than {a}.",
            "who is the tallest"),
           ("No two of these people are the same age.", "{a} is older than {b}.", "{b} is younger than {a}.",
            "who is the oldest"),
           ("No two of these people arrived together.", "{a} arrived later than {b}.", "{b} arrived before {a}.",
            "who arrived last"),
           ("No two of these people paid the same.", "{a} paid more than {b}.", "{b} paid less than {a}.",
            "who paid the most")),
    "zh": (("这几个人身高各不相同。", "{a}比{b}高。", "{b}比{a}矮。", "谁最高"),
           ("这几个人年龄各不相同。", "{a}比{b}年长。", "{b}比{a}年轻。", "谁年纪最大"),
           ("这几个人先后到达，没有同时到的。", "{a}比{b}到得晚。", "{b}比{a}到得早。", "谁最后到"),
           ("这几个人付的钱各不相同。", "{a}比{b}付得多。", "{b}比{a}付得少。", "谁付的钱最多")),
}  # fmt: skip
_UNKNOWN: Final = {"en": "It cannot be told", "zh": "无法确定"}


@dataclass(frozen=True)
class Unanswerable:
    """Comparisons that settle who is first in three cases of four, and leave two candidates in the fourth.

    Attributes:
        people: people compared.
    """

    people: Annotated[int, Meta(ge=4, le=16)] = 5

    dimension: ClassVar[str] = "reliability"
    skill: ClassVar[str] = "knowing_what_is_unknown"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names = rng.sample(NAMES[language], self.people)
        ties, more, less, asked = pick(rng, _MEASURES[language])
        settled = rng.random() < 0.75
        pairs = [(names[0], names[1])] if settled else [(names[0], names[2])]
        for n in range(2, self.people):  # each is below one of those before
            above = names[1] if n == 2 else names[int(rng.random() * n)]
            pairs.append((above, names[n]))
        lines = shuffled(rng, [pick(rng, (more, less)).format(a=a, b=b) for a, b in pairs])
        if language == "en":
            text = f"{ties} {' '.join(lines)}\n\nOf {joined(shuffled(rng, names), 'en')}, {asked}?"
        else:
            text = f"{ties}{''.join(lines)}\n\n{'、'.join(shuffled(rng, names))}中，{asked}？"
        unknown = _UNKNOWN[language]
        right = names[0] if settled else unknown
        others = [names[1], names[2]] if settled else [names[0], names[1], names[2]]
        return choice(rng, (self, language, text), right, [*others, unknown] if settled else others)

