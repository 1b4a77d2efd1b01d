"""An answer with the probability that it is right."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar

from msgspec import Meta

from assay.packs.bank._make import between, item
from assay.vocabulary.material import Item
from assay.vocabulary.record import Json


@dataclass(frozen=True)
class StatedConfidence:
    """A product of two numbers, answered as JSON with a stated probability: 1 if the answer is right and well-formed.

    The probability stands in the response for an instrument that reads calibration.

    Attributes:
        digits: digits of each factor.
    """

    digits: Annotated[int, Meta(ge=1, le=8)] = 3

    dimension: ClassVar[str] = "reliability"
    skill: ClassVar[str] = "stated_confidence"
    instrument: ClassVar[str] = "llm.json_schema"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        a, b = self._drawn(rng)
        if language == "en":
            text = f"What is {a} × {b}? Answer with a JSON object alone. It has two fields: answer, your result as "
            text += "a whole number, and confidence, the probability from 0 to 1 that you give to this result "
            text += "being right."
        else:
            text = f"{a} × {b} 等于多少？请只用一个 JSON 对象作答，其中包含两个字段：answer 是你的结果（整数），"
            text += "confidence 是你认为这个结果正确的概率（0到1之间的数）。"
        schema: Json = {
            "type": "object", "required": ["answer", "confidence"], "additionalProperties": False,
            "properties": {"answer": {"const": a * b}, "confidence": {"type": "number", "minimum": 0, "maximum": 1}},
        }  # fmt: skip
        return item(self, language, text, schema)

    def answer(self, rng: Random, language: str) -> str:
        """The product, for certain."""
        a, b = self._drawn(rng)
        return f'{{"answer": {a * b}, "confidence": 1}}'

    def _drawn(self, rng: Random) -> tuple[int, int]:
        low, high = 10 ** (self.digits - 1) + 1, 10**self.digits - 1
        return between(rng, low, high), between(rng, low, high)
