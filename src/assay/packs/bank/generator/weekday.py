"""Dates: weekdays and days between."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import between, choice
from assay.vocabulary.material import Item

_DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}  # fmt: skip
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip


@dataclass(frozen=True)
class Weekday:
    """The weekday of one date from that of another, across leap years; in the Gregorian calendar.

    Attributes:
        days: largest distance of the two dates, in days.
    """

    days: Annotated[int, Meta(ge=10, le=40_000)] = 1_500

    dimension: ClassVar[str] = "knowledge"
    skill: ClassVar[str] = "calendar"
    instrument: ClassVar[str] = "general.choice"

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        known = date(1900, 1, 1) + timedelta(days=between(rng, 0, 60_000))
        asked = known + timedelta(days=between(rng, 8, self.days))
        days = _DAYS[language]
        if language == "en":
            text = f"{_date(known)} is a {days[known.weekday()]}. What day of the week is {_date(asked)}?"
        else:
            text = f"{known.year}年{known.month}月{known.day}日是{days[known.weekday()]}，"
            text += f"那么{asked.year}年{asked.month}月{asked.day}日是星期几？"
        right = asked.weekday()
        return choice(rng, (self, language, text), days[right], [day for n, day in enumerate(days) if n != right])


def _date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
