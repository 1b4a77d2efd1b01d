"""Texts of a wanted length that have nothing in common from their first words on, made from a seed."""

from itertools import accumulate
from random import Random
from typing import Final, Literal

from assay.packs.serving.material._words import CHINESE, ENGLISH
from assay.vocabulary.errors import BadInput

Language = Literal["en", "zh"]
Unit = Literal["word", "character"]

MOST_CHARACTERS: Final = 500_000_000
"""Characters of all prompts of a material together, which stay in memory."""

LONGEST: Final = 10_000_000
"""Tokens of one prompt or answer."""

_POOL: Final = 2**18  # words that texts are cut from
_HEAD: Final = 4  # words that tell a text from all others: 256^4 of them
_KEYS: Final = 256**_HEAD


class Texts:
    """Texts by number: the same number gives the same text, and a longer one begins with a shorter one.

    A text begins with four words of its own, which no other number has; the rest is cut from one long row of words.
    Thus no cache of prompts, which compares them from the beginning on, finds one text in another.

    Args:
        language: ``en``: words with spaces between them; ``zh``: characters without.
        unit: what is counted as a token: a word (in Chinese a character), or a character in either language.
        seed: another seed gives other texts.
    """

    def __init__(self, language: Language, unit: Unit, seed: int) -> None:
        rng = Random(f"serving texts/{language}/{seed}")
        self._words = ENGLISH if language == "en" else CHINESE
        self._gap = " " if language == "en" else ""
        self._cut = unit == "character" and language == "en"
        self._factor, self._shift = rng.randrange(_KEYS // 2) * 2 + 1, rng.randrange(_KEYS)
        row = rng.choices(self._words, k=_POOL)
        self._row = self._gap.join(row) + self._gap
        self._starts = [0, *accumulate(len(word) + len(self._gap) for word in row)]

    def text(self, number: int, tokens: int) -> str:
        """The text of a number from 0 on below 2^32, of so many tokens, 1 or more."""
        code = (number * self._factor + self._shift) % _KEYS  # the factor is odd: no two numbers have one code
        head = [self._words[(code >> shift) & 255] for shift in (24, 16, 8, 0)]
        if tokens <= _HEAD and not self._cut:
            return self._gap.join(head[:tokens])
        begin = code * 2_654_435_761 % _KEYS % _POOL
        text = self._gap.join(head) + self._gap + self._words_from(begin, tokens - _HEAD)
        return text[:tokens] if self._cut else text

    def joined(self, parts: list[str]) -> str:
        """Texts one after another, of the sum of their tokens."""
        return ("" if self._cut else self._gap).join(parts)

    def _words_from(self, begin: int, words: int) -> str:
        """So many words of the row from a place on; it begins anew at its end."""
        parts = []
        while words > 0:
            end = min(begin + words, _POOL)
            parts.append(self._row[self._starts[begin] : self._starts[end]])
            words -= end - begin
            begin = 0
        found = "".join(parts)
        return found if self._cut else found.removesuffix(" ")


def check_size(characters: int) -> None:
    """Refuse prompts that would not fit into memory.

    Args:
        characters: of all prompts together, as far as they are known.
    Raises:
        BadInput: ``requests.too_much``.
    """
    if characters > MOST_CHARACTERS:
        raise BadInput("requests.too_much", characters=characters, most=MOST_CHARACTERS)
