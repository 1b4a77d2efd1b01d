"""Numbers in running text, in English and Chinese."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from assay.packs.general.instrument._text import even

_SUPER: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_MINUS: Final = str.maketrans("−﹣－‐‑–—", "-------")
_CHINESE: Final = "零〇一二两三四五六七八九十百千万亿"
_CHINESE_DIGITS: Final = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SMALL: Final = {"十": 10, "百": 100, "千": 1000}
_LARGE: Final = {"万": 10**4, "亿": 10**8}

# A sign may follow a Chinese word (等于-2), but not one after which it joins two numbers (2020年-2021年).
_AFTER_HAN: Final = rf"(?<=[一-鿿])(?<![{_CHINESE}年月日号时点分秒周])"
_SIGN: Final = rf"(?P<sign>(?:(?<![\w)\]])|{_AFTER_HAN})[-+](?=[$€£¥.\d])|负|零下)?"
_MANTISSA: Final = r"(?P<mantissa>\d[\d.,:_]*\d|\d|(?<![\w.])\.\d+)"
_POWER: Final = (
    r"(?:[eE](?P<e>[-+]?\d{1,4})(?!\w)"
    r"|\s?(?:×|x|\*|·|\\times|\\cdot)\s?10\s?(?:\^|\*\*)\s?[{(]?(?P<ten>[-+]?\d{1,4})[})]?"
    r"|\s?(?:\^|\*\*)\s?[{(]?(?P<power>[-+]?\d{1,4})[})]?)?"
)
_FRACTION: Final = r"(?:\s(?P<over>\d{1,9})\s?/\s?(?P<under>\d{1,9})|\s?/\s?(?P<denominator>\d+(?:\.\d+)?)(?![\d/]))?"
_TAIL: Final = r"(?P<more>\s?/\s?\d|[.,:]\d)?(?P<large>\s?[万亿]+)?"
_ARABIC: Final = re.compile(rf"{_SIGN}[$€£¥]?\s?(?<![A-Za-z_\d^\\])(?<!\d[.,]){_MANTISSA}{_POWER}{_FRACTION}{_TAIL}")
_HAN: Final = re.compile(
    rf"(?P<sign>负|零下)?(?P<percent>百分之)?(?P<digits>[{_CHINESE}]+(?:点[零〇一二三四五六七八九]+)?)"
)
_PERCENT: Final = re.compile(r"\s?(?:\\?%|percent\b|per cent\b)", re.I)
_RANGE: Final = re.compile(r"\d\s?[-~/]\s?$")
# Words that hold a numeral and mean no number: 一些 is some, 十分 is very, 万一 is in case.
_IDIOM: Final = re.compile(
    rf"(?<![{_CHINESE}])(?:一(?=[些般样定起直旦切共下点边致])|十分(?![之钟数])|万一)|(?<=[统唯第之同])一(?![{_CHINESE}])"
)
_ORDINAL: Final = re.compile(r"(?:st|nd|rd|th)\b", re.I)
_GROUPED: Final = re.compile(r"\d{1,3}(?:[,_]\d{3})+(?:\.\d+)?")
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?|\.\d+")

_LATEX_FRACTION: Final = re.compile(r"([-+]?)\s?\\[dt]?frac\s?\{([^{}]{1,40})\}\s?\{([^{}]{1,40})\}")
_STATEMENT: Final = re.compile(
    r"(?:answer|result|solution)[\"*]*(?:\s(?:to|for|of|here)\b[^.:\n]{0,60}?)?"
    r"(?:\s?\**[:=]\**|\s(?:is|was|equals|would be|should be|must be)\b[:\s]?)"
    r"|(?:答案|结果|得数)\"?(?:应该|应当|应|就)?\**(?:是|为|等于|[:=])(?!不)\**[:=]?"
    r"|\#\#\#\#|<answer>",
    re.I,
)
_NOT: Final = re.compile(r"\s*(?:not|isn't|definitely not|不是|并非)\b|\s*不", re.I)
_BOXED: Final = re.compile(r"\\boxed\s?\{")


@dataclass(frozen=True)
class Amount:
    """A number in a text.

    Attributes:
        value: the number, in the unit of the reference; None if it cannot be told.
        percent: it was written with a percent sign, and ``value`` is the hundredth of its figure.
        has_unit: a known unit stands behind it.
        begin: where it begins in the text.
        end: where it ends.
    """

    value: float | None
    percent: bool
    has_unit: bool
    begin: int
    end: int


class Units:
    """The units that a number may have, with their factors."""

    def __init__(self, unit: str | None, factors: dict[str, float]) -> None:
        known = {even(name).strip(): factor for name, factor in factors.items()}
        if unit is not None and unit.strip():
            known.setdefault(even(unit).strip(), 1.0)
        self._factors = known
        names = sorted(known, key=len, reverse=True)
        each = "|".join([re.escape(name) + (r"(?![A-Za-z])" if name[-1].isascii() else "") for name in names])
        self._pattern = re.compile(rf"\s?(?:\\text\{{\s?|\\mathrm\{{\s?)?({each})") if names else None

    def after(self, text: str, at: int) -> tuple[float, int] | None:
        """Factor and end of the unit that stands at a place, if one does."""
        found = self._pattern.match(text, at) if self._pattern else None
        return (self._factors[found[1]], found.end()) if found else None


def prepared(text: str) -> str:
    """A text in the one form in which numbers are looked for."""
    if not text.isascii():
        # Before NFKC, which would make 10³ into 103, 1½ into 11/2, and a list 1，2 into something like 1,2.
        text = re.sub(r"(?<=\d)([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})", lambda found: "^" + found[1].translate(_SUPER), text)
        text = re.sub(r"(?<=\d)(?=[½¼¾⅐-⅞])", " ", text)
        text = re.sub(r"(?<=\d)[\u00a0\u2009\u202f’](?=\d{3}(?!\d))", ",", text)
        text = re.sub(r"，(?!\d{3}(?!\d))", ", ", text)
        text = even(text.translate(_MINUS)).replace("\u2044", "/")
    if "'" in text or "{,}" in text:
        text = re.sub(r"(?<=\d)(?:'|\{,\})(?=\d{3}(?!\d))", ",", text)
    if "\\" in text:
        text = text.replace("\\,", "").replace("\\!", "").replace("\\$", "$").replace("\\ ", " ")
        text = _LATEX_FRACTION.sub(r" \1\2/\3", text)
    return text


def stated(text: str, units: Units) -> Amount | None:
    """The number of the last explicit statement, or None if no statement has one."""
    last: Amount | None = None
    boxed = [_box(text, found.end()) for found in _BOXED.finditer(text)]
    for begin, end in boxed[-50:]:
        inside = _after_equals(text[begin:end], candidates(text[begin:end], units))
        if len(inside) > 1:  # a pair or a list
            inside = [Amount(None, False, False, 0, end - begin)]
        last = _moved(inside[0], begin) if inside else last
    if last is not None:
        return last
    for found in list(_STATEMENT.finditer(text))[-200:]:
        if _NOT.match(text, found.end()):
            continue
        begin = found.end()
        line = text[begin : begin + 300].lstrip(" \n\t*$:").partition("\n")[0]
        begin = text.index(line, begin) if line else begin
        numbers = _after_equals(line, candidates(line, units, explicit=True))
        last = _moved(numbers[0], begin) if numbers else last
    return last


def candidates(text: str, units: Units, explicit: bool = False) -> list[Amount]:
    """Every number in a text, in order.

    Args:
        text: a prepared text.
        units: units that may follow a number.
        explicit: a number is expected here, so that a single Chinese digit counts beside other numbers.
    """
    found = [amount for match in _ARABIC.finditer(text) if (amount := _arabic(match, text, units)) is not None]
    if found and not explicit:
        return found
    taken = [(number.begin, number.end) for number in found]
    chinese = [
        number
        for match in _HAN.finditer(_IDIOM.sub(lambda word: "□" * len(word[0]), text))
        if (number := _han(match, text, units)) is not None
        and not any(begin <= number.begin < end for begin, end in taken[:50])
    ]
    if not explicit:
        long = [number for number in chinese if number.end - number.begin > 1]
        if not long and len({number.value for number in chinese}) > 1:  # 一 and 两 are words as often as numbers
            return [Amount(None, False, False, chinese[-1].begin, chinese[-1].end)]
        return long or chinese
    return sorted(found + chinese, key=lambda number: number.begin)


def amount(text: str, units: Units) -> Amount | None:
    """The number that is all of a text, with its unit; None if the text is anything else."""
    numbers = candidates(text, units)
    if len(numbers) != 1 or text[: numbers[0].begin].strip() or text[numbers[0].end :].strip(" \t\n.。}$"):
        return None
    return numbers[0]


def _moved(number: Amount, by: int) -> Amount:
    return Amount(number.value, number.percent, number.has_unit, number.begin + by, number.end + by)


def _after_equals(line: str, numbers: list[Amount]) -> list[Amount]:
    """In "3 + 4 = 7" the statement is what follows the last equals sign of the first sentence."""
    sentence = re.split(r"(?<=[^\d\s])[.;]\s|(?<=\d)[.;]\s|。|；", line, maxsplit=1)[0]
    equals = sentence.rfind("=")
    after = [number for number in numbers if number.begin > equals]
    return after if equals >= 0 and after else numbers


def _box(text: str, begin: int) -> tuple[int, int]:
    """Begin and end of what stands in braces, at most 500 characters."""
    depth = 1
    for at in range(begin, min(len(text), begin + 500)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return begin, at
    return begin, min(len(text), begin + 500)


def _arabic(match: re.Match[str], text: str, units: Units) -> Amount | None:
    end = match.end()
    if _ORDINAL.match(text, end):
        return None
    between = match["more"] or _RANGE.search(text, max(0, match.start() - 3), match.start())
    value = None if between else _mantissa(match["mantissa"])
    if value is not None:
        value = _with_power(value, match)
    if value is not None and match["over"]:
        value = value + int(match["over"]) / int(match["under"]) if int(match["under"]) else None
    elif value is not None and match["denominator"]:
        under = float(match["denominator"])
        value = value / under if under else None
    for character in (match["large"] or "").strip():
        value = value * _LARGE[character] if value is not None else None
    sign = -1.0 if (match["sign"] or "+").strip() in ("-", "负", "零下") else 1.0
    number = _finished(value, sign, match.start(), end, text, units)
    if number.value is None or number.percent or text[max(0, number.begin - 3) : number.begin] != "百分之":
        return number
    return Amount(number.value / 100, True, False, number.begin, number.end)


def _finished(value: float | None, sign: float, begin: int, end: int, text: str, units: Units) -> Amount:
    unit = units.after(text, end)
    percent = None if unit else _PERCENT.match(text, end)
    if unit:
        value, end = (value * unit[0] if value is not None else None), unit[1]
    elif percent:
        value, end = (value / 100 if value is not None else None), percent.end()
    if value is not None and not math.isfinite(value):
        value = None
    return Amount(None if value is None else sign * value, percent is not None, unit is not None, begin, end)


def _mantissa(text: str) -> float | None:
    if _PLAIN.fullmatch(text) is None:
        if _GROUPED.fullmatch(text) is None:
            return None
        text = text.replace(",", "").replace("_", "")
    return float(text) if len(text) <= 400 else None


def _with_power(value: float, match: re.Match[str]) -> float | None:
    try:
        if match["power"]:
            return float(value ** int(match["power"]))
        exponent = match["e"] or match["ten"]
        if not exponent:
            return value
        whole = match["mantissa"].replace(",", "").replace("_", "")
        return float(f"{whole}e{exponent}")
    except (OverflowError, ZeroDivisionError):
        return None


def _han(match: re.Match[str], text: str, units: Units) -> Amount | None:
    value = chinese_number(match["digits"])
    if value is None:
        return None
    sign = -1.0 if match["sign"] else 1.0
    if match["percent"]:
        return Amount(sign * value / 100, True, False, match.start(), match.end())
    return _finished(value, sign, match.start(), match.end(), text, units)


@lru_cache(maxsize=4_096)
def chinese_number(text: str) -> float | None:
    """一百二十三 is 123, 三点五 is 3.5, 二〇二四 is 2024; None if the characters make no number."""
    if len(text) > 60:
        return None
    whole, _, decimals = text.partition("点")
    if whole[:1] in "百千万亿":
        return None
    if all(character in _CHINESE_DIGITS for character in whole):
        number = int("".join([str(_CHINESE_DIGITS[character]) for character in whole]))
    else:
        total, section, digit, last = 0, 0, 0, 1
        for character in whole:
            if character in _CHINESE_DIGITS:
                digit, last = _CHINESE_DIGITS[character], (10 if character in "零〇" else last)
            elif character in _SMALL:
                section, digit, last = section + (digit or 1) * _SMALL[character], 0, _SMALL[character]
            else:
                large = _LARGE[character]
                total = (total + section + digit) * large if large > 10**4 else total + (section + digit) * large
                section, digit, last = 0, 0, large
        # 三百五 is 350 and 一万二 is 12000, but 三百零五 is 305 and 十五 is 15
        number = total + section + digit * (last // 10 if last > 10 else 1)
    return float(f"{number}." + "".join([str(_CHINESE_DIGITS[character]) for character in decimals]) + "0")
