"""Whether the answer is the reference."""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar, Final

from assay.packs.general.instrument._text import (
    CUT,
    accepted,
    even,
    failed,
    folded,
    folded_reference,
    is_cut,
    refuses,
    said,
    scored,
)
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_LONGER: Final = 20  # NFKC makes a text at most 18 times as long or short (U+FDFA)
_SLACK: Final = 50_000  # characters of white space and marks around an answer
_IN_NUMBER: Final = re.compile(r"(?<=\d)[.,:/](?=\d)|(?<!\w)-(?=\d)")


@dataclass(frozen=True)
class Exact:
    """1 if the whole answer is the reference, or one of its texts, else 0.

    Full-width characters equal half-width ones (NFKC). Notes: ``cut_off`` (the output ended at its limit; no
    number if it might still have become the reference), ``empty``, ``only_reasoning``, ``not_text``,
    ``refusal`` (not the reference, and it begins like a refusal).

    Attributes:
        ignore_case: capital and small letters are the same.
        ignore_space: a run of white space is one space, and there is none at the ends.
        ignore_punctuation: marks do not count, except within numbers.
    """

    ignore_case: bool = True
    ignore_space: bool = True
    ignore_punctuation: bool = False

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        texts = accepted(item.reference)
        if not texts:
            return "the target is neither text nor a number nor a list of them"
        empty = [text for text in texts if not self._reference(text)]
        return f"nothing of the target {empty[0]!r} is left to compare" if empty else ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Compare the whole answer with each accepted text."""
        text = said(response)
        if not isinstance(text, str):
            return text
        wanted = [self._reference(reference) for reference in accepted(item.reference)]
        longest = max(map(len, wanted), default=0)
        answer = self._form(text) if len(text) <= _SLACK + _LONGER * longest else text[: 2 * _SLACK]
        if answer and answer in wanted:
            return scored(True, response)
        if is_cut(response) and any(reference.startswith(answer) for reference in wanted):
            return failed(CUT)
        return failed("refusal", "refused") if refuses(text) else scored(False, response)

    def _reference(self, text: str) -> str:
        if self.ignore_space and not self.ignore_punctuation:
            return folded_reference(text, self.ignore_case)
        return self._form(text)

    def _form(self, text: str) -> str:
        if self.ignore_punctuation:
            text = _without_marks(even(text))
        if self.ignore_space:
            return folded(text, self.ignore_case)
        text = even(text).strip()
        return text.casefold() if self.ignore_case else text


def _without_marks(text: str) -> str:
    """The text with its marks as spaces; those within a number, and its sign, are part of the number."""
    kept = {found.start() for found in _IN_NUMBER.finditer(text)}
    return "".join(
        [" " if unicodedata.category(c)[0] == "P" and i not in kept else c for i, c in enumerate(text)]
    )
