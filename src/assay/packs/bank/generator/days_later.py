"""The day of the week some days later: few enough to be asked completely."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from assay.packs.bank._make import drawn, item
from assay.vocabulary.material import Item

_DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}  # fmt: skip


@dataclass(frozen=True)
class DaysLater:
    """Every day of the week with every number of days from 2: seven times ``days`` less one items in each language.

    Attributes:
        days: most days to go on.
    """

    days: Annotated[int, Meta(ge=14, le=999)] = 99

    dimension: ClassVar[str] = "knowledge"
    skill: ClassVar[str] = "days_of_the_week"
    instrument: ClassVar[str] = "general.exact"

    def size(self, language: str) -> int:
        """Items that there are."""
        return 7 * (self.days - 1)

    def at(self, place: int, language: str) -> Item:
        """The item at a place from 0."""
        later, today = place // 7 + 2, place % 7
        names = _DAYS[language]
        if language == "en":
            text = f"If today is {names[today]}, what day of the week will it be in {later} days?"
            text += " Answer with its full name alone."
        else:
            text = f"如果今天是{names[today]}，那么{later}天后是星期几？只写星期几，例如“星期日”这样的形式。"
        return item(self, language, text, names[(today + later) % 7])

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        return drawn(self, rng, language)
