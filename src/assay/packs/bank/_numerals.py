"""Whole numbers in English and Chinese words."""

from typing import Final

_SMALL: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ONES: Final = tuple(_SMALL.split())
_TENS: Final = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DIGITS: Final = "零一二三四五六七八九"


def english(number: int) -> str:
    """A number from 0 to 999,999,999,999 in words, as in British English: ``one hundred and two``."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        ones = number % 10
        return _TENS[number // 10] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        rest = number % 100
        return f"{_ONES[number // 100]} hundred" + (f" and {english(rest)}" if rest else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if number >= size:
            rest = number % size
            tail = f"{' and' if rest < 100 else ''} {english(rest)}" if rest else ""
            return f"{english(number // size)} {name}{tail}"
    raise AssertionError("every number of 1000 or more has a thousand")


def chinese(number: int) -> str:
    """A number from 0 to 999,999,999,999 in words: 一百零二."""
    if number == 0:
        return _DIGITS[0]
    text, skipped = "", False
    for size, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part = number // size % 10_000
        if part:
            text += ("零" if text and (part < 1000 or skipped) else "") + _below(part) + name
        skipped = not part
    return text[1:] if text.startswith("一十") else text


def _below(number: int) -> str:
    text, zero = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // size % 10
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + name
            zero = False
        else:
            zero = True
    return text
