"""Whether the answer says the reference."""

from dataclasses import dataclass
from typing import ClassVar, Final

from assay.packs.general.instrument._text import (
    CUT,
    accepted,
    bounded,
    failed,
    folded,
    folded_reference,
    is_cut,
    places,
    refuses,
    said,
    scored,
)
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

_HALF: Final = 500_000  # characters read at either end of a longer output


@dataclass(frozen=True)
class Includes:
    """1 if the reference, or one of its texts, stands in the answer as whole words, else 0.

    "cat" does not stand in "concatenate", nor 3 in 3.5; in scripts without spaces between words any place will
    do. Nothing is understood: "it is not Paris" says Paris. Notes: ``cut_off`` (the output ended at its limit;
    no number if the reference had not come yet), ``empty``, ``only_reasoning``, ``not_text``, ``refusal`` (the
    reference is not there, and the answer begins like a refusal).

    Attributes:
        ignore_case: capital and small letters are the same.
    """

    ignore_case: bool = True

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        texts = accepted(item.reference)
        if not texts:
            return "the target is neither text nor a number nor a list of them"
        return "" if all(text.strip() for text in texts) else "an empty target stands in every answer"

    async def read(self, item: Item, response: Response) -> Reading:
        """Look for each accepted text."""
        text = said(response)
        if not isinstance(text, str):
            return text
        answer = folded(bounded(text, _HALF, _HALF), self.ignore_case)
        for reference in accepted(item.reference):
            if places(answer, folded_reference(reference, self.ignore_case)):
                return scored(True, response)
        if is_cut(response):
            return failed(CUT)
        return failed("refusal", "refused") if refuses(text) else scored(False, response)
