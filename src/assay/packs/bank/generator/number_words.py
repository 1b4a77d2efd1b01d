"""Numbers written in the words of another language."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._numerals import chinese, english
from assay.vocabulary.material import Item


@dataclass(frozen=True)
class NumberWords:
    """Sum or difference of numbers in English and in Chinese words, which group digits by threes and by fours.

    Attributes:
        digits: most digits of a number.
    """

    digits: Annotated[int, Meta(ge=4, le=12)] = 9

    dimension: ClassVar[str] = "multi-language"
    skill: ClassVar[str] = "number_words"
    instrument: ClassVar[str] = "general.number"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        big = self._drawn(rng)
        small = big - between(rng, 1, 999) * 10 ** between(rng, 0, self.digits - 3)
        while small < 100:
            small = big - between(rng, 1, 999) * 10 ** between(rng, 0, self.digits - 3)
        texts = (english(big), chinese(small)) if rng.random() < 0.5 else (chinese(big), english(small))
        more = rng.random() < 0.5
        if language == "en":
            text = pick(rng, ("By how much is \"{a}\" larger than \"{b}\"?",
                "What is the difference between \"{a}\" and \"{b}\"?"))
            text = text if more else "What is the sum of \"{a}\" and \"{b}\"?"
            text += " Answer with the number alone, in figures."
        else:
            text = pick(rng, ("“{a}”比“{b}”大多少？", "“{a}”减去“{b}”等于多少？")) if more else "“{a}”加“{b}”等于多少？"
            text += "请只用阿拉伯数字写出结果。"
        return item(self, language, text.format(a=texts[0], b=texts[1]), big - small if more else big + small)

    def _drawn(self, rng: Random) -> int:
        """A number of which some digits are 0."""
        figures = [between(rng, 1, 9), *[between(rng, 1,
            9) if rng.random() < 0.6 else 0 for _ in range(self.digits - 1)]]
        return int("".join(map(str, figures)))
