"""Text as tokens, for asking whether two texts share a passage."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from assay.vocabulary.record import Json

_CJK: Final = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_TOKEN: Final = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")
_DEEPEST: Final = 60


def tokens(text: str) -> list[str]:
    """Tokens of a text: each Chinese character or kana, and each other run of letters and digits; no case, no marks.

    Full-width forms equal half-width ones (NFKC).

    >>> tokens("Full-width Ａ１, 汉字!")
    ['full', 'width', 'a1', '汉', '字']
    """
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def is_character(token: str) -> bool:
    """Whether a token is a single Chinese character or kana."""
    return len(token) == 1 and "\u3040" <= token <= "\ufaff"


def texts(value: Json, depth: int = 0) -> Iterator[str]:
    """Every text in a JSON value, in order; keys are none, nor is anything nested too deeply."""
    if isinstance(value, str):
        yield value
    elif depth < _DEEPEST and isinstance(value, dict):
        for part in value.values():
            yield from texts(part, depth + 1)
    elif depth < _DEEPEST and isinstance(value, list | tuple):
        for part in value:
            yield from texts(part, depth + 1)


def common(first: list[str], second: list[str]) -> int:
    """Length of the longest common subsequence of two lists of tokens.

    Source: bit-parallel algorithm of Hyyrö 2004 (recalled).

    >>> common(list("abcbdab"), list("bdcaba"))
    4
    """
    places: dict[str, int] = {}
    for place, token in enumerate(first):
        places[token] = places.get(token, 0) | 1 << place
    whole = (1 << len(first)) - 1
    row = whole
    for token in second:
        met = row & places.get(token, 0)
        row = (row + met | row - met) & whole
    return len(first) - row.bit_count()
