"""Rows of letters, copied or turned round: few enough to be asked completely."""

from dataclasses import dataclass
from random import Random
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from assay.packs.bank._make import drawn, item
from assay.vocabulary.material import Item

_LETTERS: Final = "bcdfghjkmnpqrstvwxz"
"""Without vowels and without l, which looks like 1."""


@dataclass(frozen=True)
class LetterRows:
    """Every row of small consonants, to be written as it stands or from the last to the first.

    Attributes:
        task: ``copy`` or ``reverse``.
        length: letters in the row; 2 make 361 items in each language, 3 make 6859.
    """

    task: Literal["copy", "reverse"] = "reverse"
    length: Annotated[int, Meta(ge=2, le=3)] = 3

    dimension: ClassVar[str] = "instruction following"
    skill: ClassVar[str] = "copying"
    instrument: ClassVar[str] = "general.exact"

    def size(self, language: str) -> int:
        """Items that there are."""
        return int(len(_LETTERS) ** self.length)

    def at(self, place: int, language: str) -> Item:
        """The item at a place from 0."""
        row = ""
        for _ in range(self.length):
            place, which = divmod(place, len(_LETTERS))
            row += _LETTERS[which]
        back = self.task == "reverse"
        if language == "en":
            text = f"Write \"{row}\" {'backwards' if back else 'again'}, in small letters without spaces."
        else:
            text = f"把“{row}”{'倒过来写' if back else '照原样写一遍'}，用小写字母，不加空格。"
        return item(self, language, text, row[::-1] if back else row)

    def make(self, rng: Random, language: str) -> Item:
        """One item."""
        return drawn(self, rng, language)
