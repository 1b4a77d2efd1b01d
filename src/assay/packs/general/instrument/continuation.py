"""How much of the rest of a text a completion gives back."""

from dataclasses import dataclass
from typing import ClassVar, Final

from assay.packs.general.instrument._text import said as said_by
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.tokens import common, tokens

_MOST_TOKENS: Final = 2_000
_MOST_CHARACTERS: Final = 200_000
_ECHO: Final = 6  # tokens at the end of what was shown by which a repetition of it is known


@dataclass(frozen=True)
class Continuation:
    """Share of the rest of a text that an answer continues it with.

    It is the longest common subsequence of tokens of the rest and of the answer, cut to as many tokens as the rest has,
    by their number. What was shown and is repeated first does not count. Tokens are words and numbers, and single
    Chinese characters. Notes: ``empty``, ``only_reasoning``, ``not_text``.
    """

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = False
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string."""
        if not isinstance(item.reference, str) or not tokens(item.reference[:_MOST_CHARACTERS]):
            return "the target is no text with words, numbers or Chinese characters"
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Compare the answer with the rest of the text."""
        output = said_by(response)
        if not isinstance(output, str):
            return output
        rest = tokens(str(item.reference)[:_MOST_CHARACTERS])[:_MOST_TOKENS]
        said = tokens(output[:_MOST_CHARACTERS])
        shown = tokens(str(item.stimulus)[-_MOST_CHARACTERS:])[-_ECHO:]
        said = _after(said, shown)[: len(rest)]
        return Reading(value=common(rest, said) / len(rest))


def _after(said: list[str], shown: list[str]) -> list[str]:
    """What follows a repetition of the end of what was shown; all of it where there is none."""
    for place in range(len(said) - len(shown) + 1):
        if shown and said[place : place + len(shown)] == shown:
            return said[place + len(shown) :]
    return said
