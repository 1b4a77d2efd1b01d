"""Disturbances of any item: each says for which languages and forms it is, and gives nothing where it is not sure.

What is right must stay right. Numbers, code, formulas, quoted texts, markup, options and the words of the reference
are never touched (but for their order in ``option_order``, and for the width of figures in ``full_width``); nor are
words of number, order, negation and comparison. A question about its own wording is left alone by all kinds but
``option_order``.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from assay.packs.bank import _perturb, _slips
from assay.packs.bank._make import LETTERS, pick
from assay.packs.bank._protect import Sight, freely

_WORD: Final = re.compile(r"(?<![\w'’-])[a-z]{5,}(?![\w'’-])")
_TOKEN: Final = re.compile(r"[a-z]+")
_ORDERED: Final = re.compile(r"[^\"“”<>\[\]\n]{1,40}")  # an option that an order can name
_OTHER_FORM: Final = re.compile(  # words whose characters have another traditional form than elsewhere
    "头发|理发|发型|毛发|金发|白发|黑发|发丝|皇后|太后|王后|母后|公里|英里|海里|里程|千里|万里|邻里|故里|茶几|几乎|几案"
    "|钟情|钟爱|批准|准许|准予|不准|获准|云云|日历|历法|挂历|年历|农历|公历|阴历|阳历"
)
_ENDS: Final = ".?!…:。？！：”\"」』）)`"
_UNIT: Final = re.compile(  # words that are units, and may differ by a letter or two
    r"(metre|meter|gram|litre|liter|second|minute|farad|volt|ohm|watt|joule|hertz|pascal|newton|ampere|kelvin|candela|byte|bit"
    r"|mole|tonne|hectare|pound|ounce|inche|feet|yard|mile|gallon|degree)s?$"
)
_STEM: Final = 4  # words that begin alike may be one word in two forms
_SHARE: Final = 4  # one in so many of the words that may be changed
_MOST_CHINESE: Final = 3
_IN_WORDS: Final = ("choice", "number", "text")
_AROUND: Final = (*_IN_WORDS, "json", "tools", "code", "sql")

Disturbed = str | tuple[tuple[str, ...], str] | None


class Kind(NamedTuple):
    """A kind of disturbance.

    Attributes:
        languages: to which it applies.
        forms: to which it applies.
        change: gives the changed text, or for ``option_order`` options and reference; None where nothing could be
            changed surely.
    """

    languages: tuple[str, ...]
    forms: tuple[str, ...]
    change: Callable[[Random, Sight], Disturbed]


def typo(rng: Random, sight: Sight) -> str | None:
    """Letters exchanged or doubled within words; in Chinese a character typed twice."""
    if sight.language == "zh":
        return _chinese(rng, sight, _slips.DOUBLED)

    def change(word: str) -> str:
        at = 1 + int(rng.random() * (len(word) - 3))
        if word[at] != word[at + 1] and rng.random() < 0.6:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at] + word[at:]

    return _english(rng, sight, change)


def keyboard(rng: Random, sight: Sight) -> str | None:
    """A letter within a word replaced by one of a neighbouring key."""

    def change(word: str) -> str:
        at = 1 + int(rng.random() * (len(word) - 2))
        return word[:at] + pick(rng, _perturb.NEAR[word[at]]) + word[at + 1 :]

    return _english(rng, sight, change)


def pinyin(rng: Random, sight: Sight) -> str | None:
    """A word replaced by what comes of the same pinyin, or of one with a key missed."""
    return _chinese(rng, sight, _slips.PINYIN)


def homophone(rng: Random, sight: Sight) -> str | None:
    """Words written as others that sound the same."""
    if sight.language == "zh":
        return _chinese(rng, sight, _slips.HOMOPHONES)
    known = _tokens(sight.known)
    usable = [word for word in _slips.SOUNDS if word not in known and _slips.SOUNDS[word] not in known]
    found = [word for word in usable if re.search(rf"(?<![\w'’-]){word}(?![\w'’-])", sight.text)]
    chosen = rng.sample(found, min(2, len(found)))
    waiting = set(chosen)  # each is written wrongly once

    def change(piece: str) -> str:
        for word in chosen:
            if word in waiting:
                piece, n = re.subn(rf"(?<![\w'’-]){word}(?![\w'’-])", _slips.SOUNDS[word], piece, count=1)
                waiting.difference_update([word] if n else [])
        return piece

    return _if_changed(sight, freely(sight.text, change)) if chosen else None


def full_width(rng: Random, sight: Sight) -> str | None:
    """Letters, figures and marks of ASCII in their full-width form; a normal form (NFKC) gives the original back."""
    table = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    made = freely(sight.text, lambda piece: piece.translate(table), numbers=True)
    return _if_changed(sight, made) if _alike(made, sight.text) else None


def script(rng: Random, sight: Sight) -> str | None:
    """Traditional characters for simplified ones, or simplified for traditional; one that has two forms stays."""
    simplified, traditional = _scripts()
    is_traditional = sum(c in traditional for c in sight.text) > sum(c in simplified for c in sight.text)
    table = traditional if is_traditional else simplified

    def change(piece: str) -> str:
        kept = {at for found in _OTHER_FORM.finditer(piece) for at in range(*found.span())}
        return "".join(c if at in kept else table.get(c, c) for at, c in enumerate(piece))

    return _if_changed(sight, freely(sight.text, change))


def paraphrase(rng: Random, sight: Sight) -> str | None:
    """Other words around the question, if it ends like a sentence."""
    if sight.text.rstrip()[-1] not in _ENDS:
        return None
    return _perturb.paraphrase(rng, sight.text, sight.language)


def aside(rng: Random, sight: Sight) -> str | None:
    """Sentences that have nothing to do with the question, and share no word with it."""
    said = f"{sight.text}\n{sight.known}"
    free = [one for one in _slips.ASIDES[sight.language] if not _shared(one, said, sight.language)]
    return _perturb.aside_around(sight.text, rng.sample(free, 2), sight.language) if len(free) > 1 else None


def injection(rng: Random, sight: Sight) -> str | None:
    """An order to answer something else, hidden in what is only to be read; with options, to give a wrong one."""
    said = f"{sight.text}\n{sight.known}".lower()
    item = sight.item
    wrong = [one for letter, one in zip(LETTERS, item.choices, strict=False) if letter != item.reference]
    words = [one for one in wrong if _ORDERED.fullmatch(one)] if not sight.ties_options else []
    free = words or [word for word in _slips.HIDDEN[sight.language] if word not in said]
    return _perturb.injection(rng, sight.text, sight.language, pick(rng, free)) if free else None


def option_order(rng: Random, sight: Sight) -> tuple[tuple[str, ...], str] | None:
    """Options in another order; the reference is the letter that the right one then has."""
    item = sight.item
    letters = LETTERS[: len(item.choices)]
    if not 2 <= len(item.choices) <= len(LETTERS) or item.reference not in tuple(letters) or sight.ties_options:
        return None
    choices, reference = _perturb.reordered(rng, item.choices, item.reference)
    return choices, str(reference)


KINDS: Final[dict[str, Kind]] = {
    "typo": Kind(("en", "zh"), _IN_WORDS, typo),
    "keyboard": Kind(("en",), _IN_WORDS, keyboard),
    "pinyin": Kind(("zh",), _IN_WORDS, pinyin),
    "homophone": Kind(("en", "zh"), _IN_WORDS, homophone),
    "full_width": Kind(("en", "zh"), _IN_WORDS, full_width),
    "script": Kind(("zh",), _IN_WORDS, script),
    "paraphrase": Kind(("en", "zh"), _AROUND, paraphrase),
    "aside": Kind(("en", "zh"), _AROUND, aside),
    "injection": Kind(("en", "zh"), _AROUND, injection),
    "option_order": Kind(("en", "zh", ""), ("choice",), option_order),
}
"""Every kind by its name, in the order in which twins are made."""


def unfit(name: str, sight: Sight) -> str:
    """Why an item gets no twin of a kind, as a code; empty if it may get one.

    Returns:
        ``words`` (it is not put in words), ``form``, ``language``, ``wording`` (it may be about its own wording), or
        nothing.
    """
    kind = KINDS[name]
    if not sight.text:
        return "words"
    if sight.form not in kind.forms:
        return "form"
    if sight.language not in kind.languages:
        return "language"
    if name in ("paraphrase", "aside", "injection") and sight.about_text:
        return "wording"
    return "wording" if name != "option_order" and sight.about_itself else ""


def _english(rng: Random, sight: Sight, change: Callable[[str], str]) -> str | None:
    """One in four of the words that may be changed, one at least."""
    tokens = _TOKEN.findall(sight.text.lower())
    stems = [token[:_STEM] for token in tokens] + [token[:_STEM] for token in _TOKEN.findall(sight.known.lower())]
    free: set[str] = set()

    def collect(piece: str) -> str:
        free.update(word for word in _WORD.findall(piece) if _may_change(word, stems))
        return piece

    freely(sight.text, collect)
    names = sorted(free)
    slips: dict[str, str] = {}
    for word in rng.sample(names, len(names)):
        if len(slips) >= max(1, len(names) // _SHARE):
            break
        made = change(word)
        if made != word and made not in sight.vocabulary and made not in _slips.ANOTHER and made not in _slips.KEPT:
            slips[word] = made
    if not slips:
        return None
    return freely(sight.text, lambda piece: _WORD.sub(lambda found: slips.get(found[0], found[0]), piece))


def _may_change(word: str, stems: list[str]) -> bool:
    """A word that stands once, in one form, and neither counts, measures, orders, compares nor denies."""
    kept = word in _slips.KEPT or word in _slips.ANOTHER or _UNIT.search(word) is not None
    return not kept and stems.count(word[:_STEM]) == 1


def _chinese(rng: Random, sight: Sight, table: dict[str, str]) -> str | None:
    """Up to three words of a table that stand once in the free pieces of the text and not in options or reference."""
    found = [word for word in table if sight.text.count(word) == 1 and not set(word) & set(sight.known)]
    chosen = rng.sample(found, min(_MOST_CHINESE, len(found)))

    def change(piece: str) -> str:
        for word in chosen:
            piece = piece.replace(word, table[word])
        return piece

    return _if_changed(sight, freely(sight.text, change)) if chosen else None


def _if_changed(sight: Sight, made: str) -> str | None:
    return made if made != sight.text else None


def _alike(one: str, other: str) -> bool:
    return unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)


def _tokens(text: str) -> frozenset[str]:
    return frozenset(_TOKEN.findall(text.lower()))


def _shared(aside: str, said: str, language: str) -> bool:
    """Whether a sentence has a word of four letters or more, or two Chinese characters in a row, that a text has."""
    if language == "en":
        return bool({word for word in _tokens(aside) if len(word) >= _STEM} & _tokens(said))
    pairs = {aside[at : at + 2] for at in range(len(aside) - 1)}
    return any(pair.isalpha() and pair in said for pair in pairs)


@cache
def _scripts() -> tuple[dict[str, str], dict[str, str]]:
    """Simplified to traditional and the other way."""
    table = tomllib.loads(Path(__file__).with_name("_scripts.toml").read_text("utf-8"))
    pairs = list(zip(table["simplified"], table["traditional"], strict=True))
    usual = [(pair[0], pair[1]) for pair in table["usual"].split()]
    back = {pair[0]: pair[1] for pair in table["back"].split()}
    return dict(pairs + usual), {b: a for a, b in pairs + usual} | back
