"""Demands on the form of a text that can be checked by counting, in English and Chinese."""

import json
import re
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from assay.packs.general.instrument._fences import blocks
from assay.packs.general.instrument._text import CJK, even, places
from assay.vocabulary.record import Json, Record

_WORD: Final = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['’-][^\W_{CJK}]+)*")
_END: Final = re.compile(r"[.!?。！？…]+")
_SPOKEN: Final = re.compile(r"\w")
_NOT_AN_END: Final = re.compile(
    r"(?<=\d)\.(?=\d)|\b(?:e\.g|i\.e|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|No|U\.S|a\.m|p\.m)\.(?=\s)"
)
_BULLET: Final = re.compile(r"^[ \t]{0,8}(?:[-*+][ \t]+|[•・]|\d{1,3}(?:[.)][ \t]+|、))[ \t]*(?=\S)", re.M)
_HIGHLIGHT: Final = re.compile(r"\*\*[^\s*][^*\n]{0,500}\*\*|(?<!\*)\*[^\s*][^*\n]{0,500}\*(?!\*)")
_PLACEHOLDER: Final = re.compile(r"\[[^\[\]\n]{1,200}\]|【[^【】\n]{1,200}】")
_TITLE: Final = re.compile(r"<<[^<>\n]{1,500}>>|《《[^《》\n]{1,500}》》")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LATIN: Final = re.compile(r"[A-Za-z]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_ENGLISH: Final = frozenset([
    "the", "be", "to", "of", "and", "a", "in", "that", "have", "i", "it", "for", "not", "on", "with", "he", "as",
    "you", "do", "at", "this", "but", "his", "by", "from", "they", "we", "say", "her", "she", "or", "an", "will",
    "my", "one", "all", "would", "there", "their", "what", "so", "up", "out", "if", "about", "who", "get", "which",
    "go", "me", "is", "are", "was", "were", "has", "had", "can", "could", "its", "our", "your", "been", "than",
    "then", "them", "these", "some", "no", "more", "when", "into", "only", "other", "also", "how", "over", "after",
])  # fmt: skip
_SHARE: Final = 0.9  # of letters in the script of the language; names and terms may be in another
_SHARE_HAN: Final = 0.6  # Chinese texts hold more foreign words, each of many letters
_SHARE_COMMON: Final = 0.15  # of words among the commonest of English; other languages in Latin letters have fewer
_ENOUGH_WORDS: Final = 20  # before which common words tell nothing

Kind = Literal[
    "words", "characters", "sentences", "paragraphs", "lines", "includes", "excludes", "json", "bullets", "sections",
    "title", "highlights", "placeholders", "no_commas", "quoted", "starts_with", "ends_with", "case", "capitals",
    "language",
]  # fmt: skip
_COUNTED: Final = ("words", "characters", "sentences", "paragraphs", "lines", "bullets", "sections", "highlights",
                   "placeholders", "capitals")  # fmt: skip
_TEXTS: Final = ("includes", "excludes", "starts_with", "ends_with")


class Demand(Record, kw_only=True):
    """One constraint.

    Attributes:
        kind: what is looked at.
        at_least: smallest count that is allowed; for ``includes``, how often each text must stand there.
        at_most: largest count that is allowed.
        texts: the keywords; or the beginnings or ends one of which is demanded.
        word: with what a section begins, such as ``Section`` or ``第``.
        value: ``upper`` or ``lower`` for ``case``; ``en`` or ``zh`` for ``language``.
    """

    kind: Kind
    at_least: int | None = None
    at_most: int | None = None
    texts: tuple[str, ...] = ()
    word: str = ""
    value: Literal["upper", "lower", "en", "zh", ""] = ""


def demands(reference: Json) -> tuple[Demand, ...] | str:
    """The constraints of an item's target, or what is wrong with them."""
    try:
        made = msgspec.convert(reference, tuple[Demand, ...])
    except msgspec.ValidationError as error:
        return f"the target is no list of constraints: {error}"
    if not 1 <= len(made) <= 100:
        return f"the target has {len(made)} constraints; expected 1 to 100"
    faults = [f"constraint {place} ({demand.kind}): {fault}" for place, demand in enumerate(made, 1)
              if (fault := _fault(demand))]  # fmt: skip
    return faults[0] if faults else made


def _fault(demand: Demand) -> str:
    low, high = demand.at_least, demand.at_most
    counted = demand.kind in _COUNTED or demand.kind == "includes"
    if (low is not None or high is not None) and not counted:
        return "it takes no count"
    if demand.kind in _COUNTED and low is None and high is None:
        return "it needs 'at_least' or 'at_most'"
    if (low or 0) < 0 or (high is not None and high < (low or 0)):
        return "its counts leave nothing that is allowed"
    if (demand.kind in _TEXTS) != bool(demand.texts) or not all(text.strip() for text in demand.texts):
        return "it needs 'texts'" if demand.kind in _TEXTS else "it takes no 'texts'"
    if (demand.kind == "sections") != bool(demand.word.strip()):
        return "it needs 'word'" if demand.kind == "sections" else "it takes no 'word'"
    allowed = {"case": ("upper", "lower"), "language": ("en", "zh")}.get(demand.kind, ("",))
    return "" if demand.value in allowed else f"'value' must be {' or '.join(allowed) or 'left out'}"


def kept(text: str, demand: Demand) -> bool:
    """Whether a text keeps a constraint."""
    if demand.kind in _COUNTED:
        count = len(re.findall(rf"^[ \t#*]{{0,8}}{re.escape(demand.word)}[ \t]*[0-9一-十IVX]", text, re.M)) \
            if demand.kind == "sections" else _COUNTS[demand.kind](text)  # fmt: skip
        return (demand.at_least or 0) <= count <= (demand.at_most if demand.at_most is not None else count)
    if demand.kind in _TEXTS:
        return _has_texts(text, demand)
    if demand.kind in ("case", "language"):
        return _in_case(text, demand.value) if demand.kind == "case" else _in_language(text, demand.value)
    return _CHECKS[demand.kind](text)


def _has_texts(text: str, demand: Demand) -> bool:
    whole = even(text).casefold()
    parts = [even(part).casefold().strip() for part in demand.texts]
    if demand.kind == "starts_with":
        return whole.lstrip(" \t\n\"'*#").startswith(tuple(parts))
    if demand.kind == "ends_with":
        return whole.rstrip(" \t\n\"'*").endswith(tuple(parts))
    counts = [len(places(whole, part)) for part in parts]
    if demand.kind == "excludes":
        return not any(counts)
    least = 1 if demand.at_least is None else demand.at_least
    return all(least <= count <= (count if demand.at_most is None else demand.at_most) for count in counts)


def _in_case(text: str, value: str) -> bool:
    letters = [c for c in text if c.isupper() or c.islower()]
    return bool(letters) and all(c.isupper() if value == "upper" else c.islower() for c in letters)


def _in_language(text: str, value: str) -> bool:
    """By script, and for English by its commonest words if there are enough to tell."""
    letters = len(_LETTER.findall(text))
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if not letters:
        return False
    if value == "zh":
        return han / letters >= _SHARE_HAN and len(_KANA.findall(text)) <= (1 - _SHARE) * letters
    words = re.findall(r"[a-z']+", text.lower())
    common = sum(word in _ENGLISH for word in words)
    return latin / letters >= _SHARE and (len(words) < _ENOUGH_WORDS or common / len(words) >= _SHARE_COMMON)


def _sentences(text: str) -> int:
    return sum(_SPOKEN.search(part) is not None for part in _END.split(_NOT_AN_END.sub(" ", text)))


def _paragraphs(text: str) -> int:
    return sum(1 for part in re.split(r"\n[ \t]*\n|^[ \t]*(?:\*\*\*|---)[ \t]*$", text, flags=re.M) if part.strip())


def _is_json(text: str) -> bool:
    found = blocks(text)
    if len(found) == 1 and found[0].closed and text.strip().startswith(("```", "~~~")) and text.rstrip()[-1] in "`~":
        text = found[0].body
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_quoted(text: str) -> bool:
    pairs = (('"', '"'), ("“", "”"), ("「", "」"), ("『", "』"))
    return len(text) > 1 and any(text.startswith(begin) and text.endswith(end) for begin, end in pairs)


_COUNTS: Final[dict[str, Callable[[str], int]]] = {
    "words": lambda text: len(_WORD.findall(text)),
    "characters": lambda text: sum(not c.isspace() for c in text),
    "sentences": _sentences,
    "paragraphs": _paragraphs,
    "lines": lambda text: sum(bool(line.strip()) for line in text.split("\n")),
    "bullets": lambda text: len(_BULLET.findall(text)),
    "highlights": lambda text: len(_HIGHLIGHT.findall(text)),
    "placeholders": lambda text: len(_PLACEHOLDER.findall(text)),
    "capitals": lambda text: sum(word.isupper() and len(word) > 1 for word in _WORD.findall(text)),
}
_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "json": _is_json,
    "title": lambda text: _TITLE.search(text) is not None,
    "no_commas": lambda text: not re.search(r"[,，、]", text),
    "quoted": _is_quoted,
}
