"""Dates as different countries write them."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, item, pick
from assay.packs.bank._numerals import chinese
from assay.vocabulary.material import Item

_NAMES: Final = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}  # fmt: skip
_MONTHS: Final = {place: names.split() for place, names in _NAMES.items()}
_PLACES: Final = {
    "en": {"us": "an American form", "fr": "a French letter", "de": "a German contract", "es": "a Spanish ticket",
           "zh": "a Chinese certificate", "gb": "a British invoice"},
    "zh": {"us": "一张美国表格", "fr": "一封法语信", "de": "一份德语合同", "es": "一张西班牙车票", "zh": "一份中文证书",
           "gb": "一张英国发票"},
}  # fmt: skip
_DIGITS: Final = "〇一二三四五六七八九"


@dataclass(frozen=True)
class DateFormats:
    """Read a date as its country writes it, go some days on, and write it as the international standard has it.

    Attributes:
        days: most days to go on.
    """

    days: Annotated[int, Meta(ge=0, le=400)] = 45

    dimension: ClassVar[str] = "multi-language"
    skill: ClassVar[str] = "conventions"
    instrument: ClassVar[str] = "general.exact"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        day = date(1990, 1, 1) + timedelta(days=between(rng, 0, 14_000))
        place, later = pick(rng, ("us", "gb", "fr", "de", "es", "zh")), between(rng, 0, self.days)
        where, written = _PLACES[language][place], _written(day, place)
        end = (day + timedelta(days=later)).isoformat()
        if language == "en":
            text = f"{where[0].upper()}{where[1:]} bears the date \"{written}\". "
            text += f"Which date is {later} day{'s' if later > 1 else ''} later?" if later else "Which date is that?"
            text += " Answer with the date alone, in the form YYYY-MM-DD of ISO 8601, without any other words or marks."
        else:
            text = f"{where}上写着日期“{written}”。"
            text += f"从这一天起再过{later}天是哪一天？" if later else "这是哪一天？"
            text += "请只写出日期，格式为 ISO 8601 的 YYYY-MM-DD，不要加其他文字或符号。"
        return item(self, language, text, end, ("source:ISO 8601",))


def _written(day: date, place: str) -> str:
    if place in ("us", "gb"):
        first, second = (day.month, day.day) if place == "us" else (day.day, day.month)
        return f"{first:02}/{second:02}/{day.year}"
    if place == "zh":
        year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
        return f"{year}年{chinese(day.month)}月{chinese(day.day)}日"
    month = _MONTHS[place][day.month - 1]
    first_fr = "1er" if place == "fr" and day.day == 1 else str(day.day)
    return {"fr": f"{first_fr} {month} {day.year}", "de": f"{day.day}. {month} {day.year}",
            "es": f"{day.day} de {month} de {day.year}"}[place]  # fmt: skip
