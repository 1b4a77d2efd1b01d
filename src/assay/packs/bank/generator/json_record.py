"""Turn a description into JSON of a given shape."""

import json
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick, shuffled
from assay.packs.bank._words import NAMES, PLACES
from assay.vocabulary.material import Item

_KEYS: Final = ("name", "city", "age", "member", "phone_extension", "pets", "height_cm", "languages")
_LANGUAGES: Final = {"en": ("Welsh", "Spanish", "Greek", "Dutch"), "zh": ("粤语", "日语", "法语", "俄语")}
_TOLD: Final = {
    "en": {"name": "{name} filled in the form.", "city": "The address is in {city}.", "age": "The age given is {age}.",
           "member": "The box for members is {ticked}.", "phone_extension": "The extension is {ext}, kept as text.",
           "pets": "There are {pets} pets in the household.", "height_cm": "The height is {metres} metres.",
           "languages": "The languages spoken are {first} and {second}, in this order."},
    "zh": {"name": "填表人是{name}。", "city": "住址在{city}。", "age": "年龄{age}岁。",
    "member": "“会员”一栏{ticked}。",
           "phone_extension": "分机号{ext}，按文本保存。", "pets": "家里养了{pets}只宠物。",
           "height_cm": "身高{metres}米。",
           "languages": "会说的语言依次是{first}和{second}。"},
}  # fmt: skip
_TYPES: Final = {"name": "string", "city": "string", "age": "integer", "member": "boolean", "phone_extension": "string",
                 "pets": "integer", "height_cm": "integer", "languages": "array of strings"}  # fmt: skip


@dataclass(frozen=True)
class JsonRecord:
    """Values must be taken from prose, of the right type, with the right names, and nothing else.

    Attributes:
        fields: fields of the record.
    """

    fields: Annotated[int, Meta(ge=2, le=8)] = 5

    dimension: ClassVar[str] = "instruction following"
    skill: ClassVar[str] = "structured_output"
    instrument: ClassVar[str] = "llm.json_schema"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        keys, told, record = self._drawn(rng, language)
        shape = ", ".join(f"{key} ({_TYPES[key]})" for key in keys)
        if language == "en":
            text = (f"{' '.join(told)}\n\nGive this as one JSON object with exactly these fields: {shape}. Output the "
                    f"JSON alone.")
        else:
            text = f"{''.join(told)}\n\n请把以上信息写成一个 JSON 对象，字段恰为：{shape}。只输出 JSON。"
        return item(self, language, text, {"const": record})

    def answer(self, rng: Random, language: str) -> str:
        """The record."""
        return json.dumps(self._drawn(rng, language)[2], ensure_ascii=False)

    def _drawn(self, rng: Random, language: str) -> tuple[list[str], list[str], dict[str, Any]]:
        keys = rng.sample(_KEYS, self.fields)
        height, member = between(rng, 145, 199), rng.random() < 0.5
        first, second = rng.sample(_LANGUAGES[language], 2)
        record = {"name": pick(rng, NAMES[language]), "city": pick(rng, PLACES[language]), "age": between(rng, 18, 90),
                  "member": member, "phone_extension": f"0{between(rng, 10, 99)}", "pets": between(rng, 2, 6),
                  "height_cm": height, "languages": [first, second]}  # fmt: skip
        ticked = ("ticked" if member else "left empty") if language == "en" else ("打了勾" if member else "没有打勾")
        words = {"name": record["name"], "city": record["city"], "age": record["age"], "ticked": ticked,
                 "ext": record["phone_extension"], "pets": record["pets"],
                 "metres": f"{height // 100}.{height % 100:02}",
                 "first": first, "second": second}  # fmt: skip
        told = [_TOLD[language][key].format(**words) for key in shuffled(rng, keys)]
        return keys, told, {key: record[key] for key in keys}
