"""Carry out instructions on a row of words, to the letter."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.vocabulary.material import Item

_WORDS: Final = {
    "en": ("apple", "stone", "river", "candle", "tiger", "window", "pepper", "cloud", "hammer", "violin", "paper",
           "garden", "ladder", "button", "salmon", "pillow", "copper", "island", "basket", "thunder"),
    "zh": ("苹果", "石头", "河流", "蜡烛", "老虎", "窗户", "辣椒", "云朵", "锤子", "提琴", "纸张", "花园", "梯子",
           "纽扣", "鲤鱼", "枕头", "铜铃", "海岛", "篮子", "雷声"),
}  # fmt: skip
_STEPS: Final = {
    "en": {"reverse": "Reverse the order of the words.", "swap": "Swap the first word and the last.",
           "drop": "Remove word number {n}.", "move": "Move word number {n} to the end.",
           "insert": "Insert \"{new}\" before word number {n}.",
           "double": "Repeat word number {n} right after itself.",
           "parity": "If the row now has an odd number of words, reverse it; otherwise swap its first word and its "
                     "last."},
    "zh": {"reverse": "把所有词语的顺序整个倒过来。", "swap": "交换第一个词和最后一个词。", "drop": "删去第{n}个词。",
           "move": "把第{n}个词移到末尾。", "insert": "在第{n}个词前面插入“{new}”。",
           "double": "把第{n}个词紧接着再重复一遍。",
           "parity": "如果这时词语的个数是奇数，就把顺序整个倒过来；否则交换第一个词和最后一个词。"},
}  # fmt: skip

_SHORT: Final = ("reverse", "swap", "insert", "double", "parity")  # what a short row may undergo, and a long one
_LONG: Final = ("reverse", "swap", "drop", "move", "parity")
_TURNED: Final = ("reverse", "swap", "parity")  # two of these in a row might undo each other


@dataclass(frozen=True)
class EditSteps:
    """Each instruction works on the result of the one before.

    Attributes:
        words: words at the beginning.
        steps: instructions.
    """

    words: Annotated[int, Meta(ge=4, le=10)] = 5
    steps: Annotated[int, Meta(ge=1, le=24)] = 4

    dimension: ClassVar[str] = "instruction following"
    skill: ClassVar[str] = "exact_execution"
    instrument: ClassVar[str] = "general.exact"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        drawn = rng.sample(_WORDS[language], len(_WORDS[language]))
        row, others = drawn[: self.words], drawn[self.words :]
        first, lines, before = " ".join(row), [], ""
        for _ in range(self.steps):
            kinds = _SHORT if len(row) < 4 else _LONG if len(row) > 13 else tuple(_STEPS[language])
            kind = pick(rng, [kind for kind in kinds if not (before in _TURNED and kind in _TURNED)])
            n, before, new = between(rng, 2, len(row) - 1), kind, pick(rng, others)
            lines.append(_STEPS[language][kind].format(n=n, new=new))
            row = _done(kind, row, n, new)
        listed = "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))
        if language == "en":
            text = f"Start from these words:\n{first}\n\nCarry out the following in this order, each on the result of "
            text += f"the one before, counting words from 1 on the left:\n{listed}\n\nGive only the final row of "
            text += "words, with one space between them and no other marks."
        else:
            text = f"从下面这行词语开始：\n{first}\n\n依次执行下列操作，每一步都在上一步的结果上进行，词语从左往右数，"
            text += f"从1数起：\n{listed}\n\n请只写出最后得到的那一行词语，词语之间空一格，不要加其他符号。"
        return item(self, language, text, " ".join(row))


def _done(kind: str, row: list[str], n: int, new: str) -> list[str]:
    if kind == "parity":
        kind = "reverse" if len(row) % 2 else "swap"
    before, word, after = row[: n - 1], row[n - 1], row[n:]
    return {"reverse": row[::-1], "swap": [row[-1], *row[1:-1], row[0]], "drop": before + after,
            "move": [*before, *after, word], "insert": [*before, new, word, *after],
            "double": [*before, word, word, *after]}[kind]  # fmt: skip
