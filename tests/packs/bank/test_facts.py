"""Facts and references of the bank beside independent sources and independent ways to work them out."""

import re
import sqlite3
from contextlib import closing
from datetime import date
from fractions import Fraction
from itertools import permutations, product
from pathlib import Path
from random import Random

import pytest

from assay.packs.bank._elements import CHINESE, ENGLISH, SYMBOLS
from assay.packs.bank._make import LETTERS
from assay.packs.bank._numerals import chinese, english
from assay.packs.bank._perturb import _PAIRS
from assay.packs.bank._twins import bases
from assay.packs.bank.generator.country_code import COUNTRIES
from assay.packs.bank.material.release import Release
from assay.packs.general.instrument._number import chinese_number


def items(name, n=60, language="en", **settings):
    settings = {"settings": {name: settings}} if settings else {}
    return Release(generators=(name,), languages=(language,), n=n, seed=3, **settings).load(Path()).items


def chosen(item):
    return item.choices[LETTERS.index(item.reference)]


def test_elements_are_those_of_periodictable() -> None:
    table = pytest.importorskip("periodictable")
    other = {"aluminium": "aluminum", "caesium": "cesium"}
    assert len(SYMBOLS) == len(ENGLISH) == len(CHINESE) == len(set(CHINESE)) == 86
    for n, (symbol, name) in enumerate(zip(SYMBOLS, ENGLISH, strict=True), 1):
        assert (table.elements[n].symbol, table.elements[n].name) == (symbol, other.get(name, name))


def test_country_codes_are_those_of_pycountry() -> None:
    countries = pytest.importorskip("pycountry").countries
    for name, _, two, three in COUNTRIES:
        found = countries.get(alpha_2=two)
        assert found.alpha_3 == three and found.name.split(",")[0] == name
    assert len({country[1] for country in COUNTRIES}) == len(COUNTRIES)


def test_traditional_characters_are_those_of_opencc() -> None:
    """Character by character, over the very texts that are disturbed."""
    script = pytest.importorskip("opencc").OpenCC("s2t")
    table = {pair[0]: pair[1] for pair in _PAIRS.split()}
    for base in bases(5) + bases(8):
        for seed in range(200):
            text = str(base.make(Random(seed), "zh").stimulus)
            assert "".join(table.get(c, c) for c in text) == script.convert(text)


def test_chinese_numerals_are_read_back() -> None:
    """By the reader of the instrument ``general.number``, which was written for itself."""
    rng = Random(5)
    for digits in range(1, 13):
        for _ in range(200):
            number = int("".join(rng.choice("0001234567899") for _ in range(digits)))
            assert chinese_number(chinese(number)) == number


@pytest.mark.parametrize(
    ("number", "words", "figures"),
    [
        (15, "fifteen", "十五"), (40, "forty", "四十"), (102, "one hundred and two", "一百零二"), (110,
        "one hundred and ten", "一百一十"),
        (2_005, "two thousand and five", "二千零五"), (10_010, "ten thousand and ten", "一万零一十"),
        (300_040, "three hundred thousand and forty", "三十万零四十"),
        (120_003_000, "one hundred and twenty million three thousand", "一亿二千万三千"),
        (1_000_000_007, "one billion and seven", "十亿零七"),
        (100_001_000, "one hundred million one thousand", "一亿零一千"),
    ],
)  # fmt: skip
def test_numbers_in_words(number: int, words: str, figures: str) -> None:
    assert (english(number), chinese(number)) == (words, figures)


def test_seats_by_trying_every_order() -> None:
    for item in items("bank.seating", 40, people=5):
        text = str(item.stimulus)
        names = sorted(set(re.findall(r"\b([A-Z][a-z]+) (?:sits|has)|of ([A-Z][a-z]+)\.", text)))
        people = sorted({name for pair in names for name in pair if name} - {"Who"})
        clues = re.findall(r"(\w+) sits (?:(directly)|(\d+) seats) to the (left|right) of (\w+)\.", text)
        (anchor, seat), = re.findall(r"(\w+) has seat (\d+)", text)
        solutions = []
        for order in permutations(people):
            at = {name: place for place, name in enumerate(order, 1)}
            if at[anchor] == int(seat) and all(
                at[a] - at[b] == (1 if side == "right" else -1) * (1 if near else int(far)) for a, near, far, side,
                b in clues
            ):
                solutions.append(order)
        assert len(solutions) == 1
        asked = int(re.findall(r"seat (\d+)\?", text)[0])
        assert chosen(item) == solutions[0][asked - 1]


def test_liars_by_trying_every_case() -> None:
    for item in items("bank.liars", 40):
        text = str(item.stimulus)
        says = re.findall(r'(\w+) says: "(\w+) always (tells|lies)', text)
        (known, kind), = re.findall(r"certain that (\w+) always (tells|lies)", text)
        people = sorted({name for a, b, _ in says for name in (a, b)})
        counts = set()
        for case in product((True, False), repeat=len(people)):
            honest = dict(zip(people, case, strict=True))
            if honest[known] == (kind == "tells") and all(honest[a] == (honest[b] == (k == "tells")) for a, b,
                k in says):
                counts.add(case.count(False))
        assert counts == {item.reference}


def test_counts_by_counting() -> None:
    for item in items("bank.divisible", 40):
        low, high = map(int, re.findall(r"from (\d+) to (\d+)", str(item.stimulus))[0])
        p, q = map(int, re.findall(r"\d+", str(item.stimulus).partition("divisible")[2]))
        text = str(item.stimulus)
        rule = {"exactly": lambda a, b: a != b, "neither": lambda a, b: not a and not b, "or by": lambda a, b: a or b,
                "but not": lambda a, b: a and not b}  # fmt: skip
        keep = next(rule[key] for key in rule if key in text)
        assert item.reference == sum(keep(x % p == 0, x % q == 0) for x in range(low, high + 1))


def test_expressions_by_evaluating_them() -> None:
    for item in items("bank.arithmetic", 100):
        text = re.findall(r"[-\d(][-\d()+×÷ ]*[\d)]", str(item.stimulus))[0].replace("×", "*").replace("÷", "/")
        assert Fraction(eval(text)) == item.reference


def test_remainders_and_premises() -> None:
    for item in items("bank.false_premise"):
        number, divisor, asked = map(int, re.findall(r"\d+", str(item.stimulus))[:3])
        wanted = f"reason is {'right' if number % divisor == 0 else 'wrong'}; the remainder is {asked % divisor}."
        assert chosen(item).endswith(wanted)


def test_weekdays_by_counting_from_a_day_that_is_known() -> None:
    """1 January 1900 was a Monday (Sakamoto's method, another than that of datetime)."""
    def weekday(day: date) -> int:
        shift = (0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4)
        year = day.year - (day.month < 3)
        return (year + year // 4 - year // 100 + year // 400 + shift[day.month - 1] + day.day) % 7

    names = ("星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六")
    for item in items("bank.weekday", 100, "zh"):
        known, asked = [date(*map(int, found)) for found in re.findall(r"(\d+)年(\d+)月(\d+)日", str(item.stimulus))]
        assert f"日是{names[weekday(known)]}" in str(item.stimulus) and chosen(item) == names[weekday(asked)]


def test_swaps_by_carrying_them_out() -> None:
    for item in items("bank.swaps"):
        text = str(item.stimulus)
        begin, _, rest = text.partition(". Then")
        held = dict(re.findall(r"([A-Z][a-z]+) the ([a-z]+ [a-z]+)", begin))
        for a, b in re.findall(r"([A-Z]\w+) (?:and|trades with) ([A-Z]\w+)", rest):
            held[a], held[b] = held[b], held[a]
        thing = re.findall(r"has the (.+) in the end", text)[0]
        assert held[chosen(item)] == thing


def test_twins_keep_numbers_names_and_the_answer() -> None:
    for name in ("bank.slips", "bank.distraction"):
        for language in ("en", "zh"):
            made = items(name, 40, language)
            for first, twin in zip(made[::2], made[1::2], strict=True):
                assert chosen(first) == chosen(twin) and first.group == twin.group
                assert [n for n in re.findall(r"\d+", str(first.stimulus)) if n not in re.findall(r"\d+",
                    str(twin.stimulus))] == []
                kept = sum(option in str(twin.stimulus) for option in twin.choices)
                assert kept == 4 or "of:EventOrder" in twin.tags or name == "bank.distraction"


def test_options_in_another_order_are_the_same_options() -> None:
    made = items("bank.option_order", 40)
    for first, twin in zip(made[::2], made[1::2], strict=True):
        assert sorted(first.choices) == sorted(twin.choices) and first.choices != twin.choices
        assert chosen(first) == chosen(twin)


def test_every_query_finds_something() -> None:
    """Else a query that finds nothing at all would be right."""
    for item in items("bank.sql_query", 60) + items("bank.sql_query", 20, sales=8, sellers=4, level=3):
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript(item.reference["setup"])
            assert database.execute(item.reference["query"]).fetchall()
