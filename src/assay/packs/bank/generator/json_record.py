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
_REVISED: Final = {
    "en": {"age": "Correction: the age is {age}, not as given above.",
           "pets": "Correction: the number of pets is {pets}, not as given above.",
           "city": "Correction: the address is in {city}, not as given above.",
           "phone_extension": "Correction: the extension is {ext}, not as given above.",
           "height_cm": "Correction: the height is {metres} metres, not as given above.",
           "languages": "Correction: the languages were given in the wrong order."},
    "zh": {"age": "更正：年龄应为{age}岁。", "pets": "更正：宠物应为{pets}只。", "city": "更正：住址应在{city}。",
           "phone_extension": "更正：分机号应为{ext}。", "height_cm": "更正：身高应为{metres}米。",
           "languages": "更正：上文所列两种语言的先后写反了。"},
}  # fmt: skip
_TYPES: Final = {"name": "string", "city": "string", "age": "integer", "member": "boolean", "phone_extension": "string",
                 "pets": "integer", "height_cm": "integer", "languages": "array of strings"}  # fmt: skip


@dataclass(frozen=True)
class JsonRecord:
    """Values must be taken from prose, as corrected, of the right type, with the right names, and nothing else.

    Attributes:
        fields: fields of the record.
        absent: fields, at most all but one, of which nothing is said, so that they must be null.
        revised: corrections, at most one for each field that can be corrected.
    """

    fields: Annotated[int, Meta(ge=2, le=8)] = 5
    absent: Annotated[int, Meta(ge=0, le=3)] = 1
    revised: Annotated[int, Meta(ge=0, le=3)] = 1

    dimension: ClassVar[str] = "instruction following"
    skill: ClassVar[str] = "structured_output"
    instrument: ClassVar[str] = "llm.json_schema"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        keys, told, record = self._drawn(rng, language)
        shape = ", ".join(f"{key} ({_TYPES[key]})" for key in keys)
        if language == "en":
            text = f"{' '.join(told)}\n\nGive this as one JSON object with exactly these fields: {shape}. A field of "
            text += "which nothing is said is null. Output the JSON alone."
        else:
            text = f"{''.join(told)}\n\n请把以上信息写成一个 JSON 对象，字段恰为：{shape}。"
            text += "没有提到的字段取 null。只输出 JSON。"
        return item(self, language, text, {"const": record})

    def answer(self, rng: Random, language: str) -> str:
        """The record."""
        return json.dumps(self._drawn(rng, language)[2], ensure_ascii=False)

    def _drawn(self, rng: Random, language: str) -> tuple[list[str], list[str], dict[str, Any]]:
        """The names of the fields, the sentences and the record."""
        keys = rng.sample(_KEYS, self.fields)
        said = rng.sample(keys, max(1, self.fields - self.absent))
        able = [key for key in said if key in _REVISED[language]]
        revised = rng.sample(able, min(self.revised, len(able)))
        record, before = _record(rng, language), _record(rng, language)
        while any(before[key] == record[key] for key in revised):
            before = _record(rng, language)
        before |= {"languages": record["languages"][::-1]}
        first = _words(record | {key: before[key] for key in revised}, language)
        told = [_TOLD[language][key].format(**first) for key in shuffled(rng, said)]
        told += [_REVISED[language][key].format(**_words(record, language)) for key in revised]
        return keys, told, {key: record[key] if key in said else None for key in keys}


def _record(rng: Random, language: str) -> dict[str, Any]:
    return {"name": pick(rng, NAMES[language]), "city": pick(rng, PLACES[language]), "age": between(rng, 18, 90),
            "member": rng.random() < 0.5, "phone_extension": f"0{between(rng, 10, 99)}", "pets": between(rng, 2, 6),
            "height_cm": between(rng, 145, 199), "languages": rng.sample(_LANGUAGES[language], 2)}  # fmt: skip


def _words(record: dict[str, Any], language: str) -> dict[str, Any]:
    """The values of a record as they are told."""
    ticked = ("left empty", "ticked") if language == "en" else ("没有打勾", "打了勾")
    first, second = record["languages"]
    return {**record, "ticked": ticked[record["member"]], "ext": record["phone_extension"], "first": first,
            "second": second, "metres": f"{record['height_cm'] // 100}.{record['height_cm'] % 100:02}"}  # fmt: skip
