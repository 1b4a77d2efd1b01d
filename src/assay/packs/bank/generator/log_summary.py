"""Sum up a log in a few words."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._words import NAMES
from assay.vocabulary.material import Item

_DEEDS: Final = {  # what is done, and what is counted
    "en": (("repaired {n} lamps", "lamps repaired"), ("sold {n} tickets", "tickets sold"),
           ("found {n} errors", "errors found"),
           ("packed {n} crates", "crates packed"), ("answered {n} letters", "letters answered")),
    "zh": (("修好了{n}盏灯", "一共修好多少盏灯"), ("卖出了{n}张票", "一共卖出多少张票"),
           ("查出了{n}处错误", "一共查出多少处错误"), ("装好了{n}箱货", "一共装好多少箱货"),
           ("回复了{n}封信", "一共回复多少封信")),
}  # fmt: skip


@dataclass(frozen=True)
class LogSummary:
    """A summary must name the person who did most and the total; a judge reads by a rubric whether it is faithful.

    Attributes:
        entries: lines of the log.
        words: most words of the summary (characters in Chinese).
    """

    entries: Annotated[int, Meta(ge=4, le=20)] = 8
    words: Annotated[int, Meta(ge=25, le=100)] = 40

    dimension: ClassVar[str] = "generation"
    skill: ClassVar[str] = "summary"
    instrument: ClassVar[str] = "llm.constraints"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        names, (deed, counted), rows = self._drawn(rng, language)
        space = " " if language == "en" else ""
        lines = [f"- {9 + n // 4}:{n % 4 * 15:02} {name}{space}{deed.format(n=count)}"
                 for n, (name, count) in enumerate(rows)]  # fmt: skip
        best, total = _summed(names, rows)
        if language == "en":
            text = f"Log of the day:\n{chr(10).join(lines)}\n\nSum up the day in one or two sentences, {self.words} "
            text += f"words at most in all. Give, in figures, the total number of {counted}, and name the person with "
            text += "the largest sum but nobody else."
        else:
            text = f"当日记录：\n{chr(10).join(lines)}\n\n请用一两句话概括当天的情况，总共不超过{self.words}个字。要用"
            text += f"阿拉伯数字写明全天{counted}，并点出个人合计最多的那一位，不要提到其他人的名字。"
        demands = [{"kind": "includes", "texts": [str(total), best]}, {"kind": "words", "at_most": self.words},
                   {"kind": "excludes", "texts": [name for name in names if name != best]},
                   {"kind": "sentences", "at_most": 2}, {"kind": "language", "value": language}]  # fmt: skip
        return item(self, language, text, demands, ("rubric:bank.writing",))

    def answer(self, rng: Random, language: str) -> str:
        """A summary with the total and the name."""
        names, (deed, _), rows = self._drawn(rng, language)
        best, total = _summed(names, rows)
        return f"In all the team {deed.format(n=total)}, and {best} did the most." if language == "en" else \
            f"当天全队共{deed.format(n=total)}，其中{best}最多。"  # fmt: skip

    def _drawn(self, rng: Random, language: str) -> tuple[list[str], tuple[str, str], list[tuple[str, int]]]:
        names = rng.sample(NAMES[language], 3)
        deed = pick(rng, _DEEDS[language])
        while True:
            rows = [(names[n] if n < 3 else pick(rng, names), between(rng, 2, 40)) for n in range(self.entries)]
            sums = sorted(sum(count for who, count in rows if who == name) for name in names)
            if sums[-1] > sums[-2]:
                rng.shuffle(rows)
                return names, deed, rows


def _summed(names: list[str], rows: list[tuple[str, int]]) -> tuple[str, int]:
    sums = {name: sum(count for who, count in rows if who == name) for name in names}
    return max(sums, key=lambda name: sums[name]), sum(sums.values())
