"""What every instrument that reads text does alike: what the answer is, and what it means that there is none.

The readings that are no numbers, and their notes:

    subject_failed      empty           the output is empty
    refused             refusal         the text is a refusal, and no answer can be read from it
    instrument_failed   cut_off         the output ended at the limit of its length before the answer
                        only_reasoning  there is reasoning and nothing after it
                        not_text        the output is neither text nor a number
"""

import math
import re
import unicodedata
from functools import lru_cache
from typing import Final

from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json
from assay.vocabulary.status import Status

HEAD: Final = 10_000
TAIL: Final = 40_000
"""Characters that are read at the beginning and the end of a longer text."""

CJK: Final = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af"
"""Scripts without spaces between words, as part of a character class."""

WORD: Final = rf"[^\W{CJK}]"
"""A character of a word in a script that puts spaces between words."""

RIGHT: Final = Reading(value=1.0)
WRONG: Final = Reading(value=0.0)
CUT: Final = "cut_off"

_NO_WIDTH: Final = " \t\r\n\u200b\u200c\u200d\u2060\ufeff\x00"
_QUOTES: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00ad": None, "\u200b": None, "\ufeff": None})
_CHUNK: Final = 256  # characters normalised at once; Python's algorithm is quadratic in runs of combining marks
_TAG: Final = re.compile(
    r"[<\[◁](/?)(think|thinking|thought|thoughts|reasoning|reflection|scratchpad)(?:\s[^<>\n]{0,80})?[>\]▷]", re.I
)
_WORD: Final = re.compile(WORD)

_CANNOT: Final = (
    r"(?:can(?:'t|not| not)|(?:am|'m|be) (?:not able|unable)|won't|will not|(?:must|have to) (?:decline|refuse)|"
    r"unable|not able|not comfortable|decline|refuse)"
)
_REFUSAL: Final = re.compile(
    rf"(?:(?:i'm|i am|we're|we are)? ?(?:very |really |so |terribly )?(?:sorry|afraid)|unfortunately|i apologi[sz]e|"
    rf"my apologies|apologies)\b[^.!?\n]{{0,80}}?\b{_CANNOT}"
    rf"|as an? (?:ai|artificial|language|large)[^.!?\n]{{0,60}}?,? i(?:'m| am)? ?{_CANNOT}\b"
    rf"|i(?:'m| am)? ?{_CANNOT}"
    rf"(?: to)?(?: (?:help|assist|answer|provide|comply|fulfill?|do|respond|discuss|engage|support|continue|create|"
    rf"share|give|participate|offer|generate|write|complete|with|that|this)\b|[.!]|$)"
    r"|(?:很|非常|十分|真的)?(?:抱歉|对不起|不好意思|遗憾)[^。！!？?\n]{0,60}?(?:无法|不能|没办法|没有办法|不便|不可以|拒绝)"
    r"|(?:作为[^。\n]{0,30}[,，] ?)?我?(?:无法|不能|不便|没办法|没有办法|拒绝)"
    r"(?:回答|提供|协助|帮助|满足|处理|讨论|完成|给出|判断|回应|参与|继续|帮你|帮您|为你|为您|就此|对此)"
    r"|(?:很|非常|十分)?(?:抱歉|对不起)[,，。.!！ ]*$",
    re.I,
)


def said(response: Response) -> str | Reading:
    """The answer in a response with its reasoning set aside, or the reading when there is none to read."""
    if response.status != "ok":
        return Reading(status=response.status, note=response.note or response.status)
    output = response.output
    text = output if type(output) is str else as_text(output)
    if text is None:
        return _empty(response) if output is None else Reading(status="instrument_failed", note="not_text")
    text = text.strip().strip(_NO_WIDTH)
    if not text:
        return _empty(response)
    if "<" in text or "[" in text or "◁" in text:
        text = _after_reasoning(text).strip().strip(_NO_WIDTH)
        if not text:
            return Reading(status="instrument_failed", note=CUT if is_cut(response) else "only_reasoning")
    return text


def is_cut(response: Response) -> bool:
    """Whether the output ended at the limit of its length."""
    return response.finish == "length"


def scored(right: bool, response: Response) -> Reading:
    """1 or 0; an output that was cut off is marked."""
    if response.finish == "length":
        return Reading(value=float(right), note=CUT)
    return RIGHT if right else WRONG


def lost(text: str, response: Response, note: str) -> Reading:
    """The reading of a text in which no answer was found."""
    if is_cut(response):
        return Reading(status="instrument_failed", note=CUT)
    if refuses(text):
        return Reading(status="refused", note="refusal")
    return Reading(status="instrument_failed", note=note)


def refuses(text: str) -> bool:
    """Whether a text begins like a refusal; a rule of thumb for English and Chinese, used where nothing else is."""
    beginning = text[:300].lstrip(" \t\n\"'*_").translate(_QUOTES)
    return _REFUSAL.match(beginning) is not None


def as_text(value: Json) -> str | None:
    """Text, a number or a truth value as text; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**300 else None
    return None


def accepted(reference: Json) -> list[str]:
    """The accepted texts of a reference: one, or each of a list; empty if it is neither text nor number."""
    values = reference if isinstance(reference, (list, tuple)) else [reference]
    texts = [as_text(value) for value in values]
    return [] if None in texts else [text for text in texts if text is not None]


def bounded(text: str, head: int = HEAD, tail: int = TAIL) -> str:
    """A text of about ``head + tail`` characters at most: beginning and end of a longer one.

    The seam is made of word characters, so that half a word at the cut is never taken for a word.
    """
    if len(text) <= head + tail:
        return text
    return f"{text[:head]}_\n…\n_{text[-tail:]}"


def even(text: str) -> str:
    """A text in one form: NFKC (full width is half width), one kind of quotation mark, no soft hyphens."""
    if text.isascii():
        return text
    if len(text) <= _CHUNK:
        return unicodedata.normalize("NFKC", text).translate(_QUOTES)
    pieces, begin = [], 0
    while begin < len(text):
        end = begin + _CHUNK
        for _ in range(40):  # do not part a letter from its marks; 30 are the most that text in earnest has (UAX #15)
            if end < len(text) and unicodedata.combining(text[end]):
                end += 1
        pieces.append(unicodedata.normalize("NFKC", text[begin:end]))
        begin = end
    return "".join(pieces).translate(_QUOTES)


def folded(text: str, ignore_case: bool = True) -> str:
    """``even`` text with each run of white space as one space, and without case if that is ignored."""
    text = " ".join(even(text).split())
    return text.casefold() if ignore_case else text


@lru_cache(maxsize=65_536)
def folded_reference(text: str, ignore_case: bool = True) -> str:
    """``folded``, remembered: references and options are read again for each repeat."""
    return folded(text, ignore_case)


def places(text: str, part: str) -> list[int]:
    """Where ``part`` stands in ``text`` as whole words; in scripts without spaces, anywhere.

    A number is whole only if no digit goes on beyond a point or a comma: 3 does not stand in 3.5.
    """
    found: list[int] = []
    if not part:
        return found
    open_word, end_word = _is_word(part[0]), _is_word(part[-1])
    open_digit, end_digit = part[0].isdigit(), part[-1].isdigit()
    at = text.find(part)
    while at >= 0 and len(found) < 1_000:
        end = at + len(part)
        before, after = text[max(0, at - 2) : at], text[end : end + 2]
        joined = (open_word and _is_word(before[-1:])) or (end_word and _is_word(after[:1]))
        number = (open_digit and before[-1:] in {".", ","} and before[:1].isdigit()) or (
            end_digit and after[:1] in {".", ","} and after[1:].isdigit()
        )
        if not joined and not number:
            found.append(at)
        at = text.find(part, at + 1)
    return found


def _is_word(character: str) -> bool:
    return bool(character) and _WORD.match(character) is not None


def _empty(response: Response) -> Reading:
    if is_cut(response):  # every token went into reasoning that is not shown
        return Reading(status="instrument_failed", note=CUT)
    return Reading(status="subject_failed", note="empty")


def _after_reasoning(text: str) -> str:
    """The text without its reasoning.

    A closing tag without an opening one closes reasoning that the prompt opened; reasoning that is never closed
    goes on to the end.
    """
    kept: list[str] = []
    inside, begin = "", 0
    for tag in _TAG.finditer(text):
        closing, name = bool(tag[1]), tag[2].lower()
        if not inside and not closing:
            kept.append(text[begin : tag.start()])
            inside = name
        elif closing and (not inside or name == inside):
            if not inside:
                kept.clear()
            inside, begin = "", tag.end()
    if not inside:
        kept.append(text[begin:])
    return "".join(kept)


def failed(note: str, status: Status = "instrument_failed") -> Reading:
    """A reading that could not be had."""
    return Reading(status=status, note=note)
