"""Rules that a reader of the items asked for, and references of the harder settings worked out in another way."""

import asyncio
import re
import sqlite3
from contextlib import closing
from fractions import Fraction
from itertools import permutations, product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from assay.catalogue.build import build
from assay.packs.bank._make import LETTERS
from assay.packs.bank.generator.list_function import ListFunction, _run
from assay.packs.bank.generator.loop_output import LoopOutput
from assay.packs.bank.generator.sql_query import _QUERIES, SqlQuery
from assay.packs.bank.material.release import Release
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import PartUse

NUMBERS = ("exceptions", "liars", "arithmetic", "divisible", "two_prices", "unit_conversion", "dilution", "inheritance",
           "motion", "loop_output")  # fmt: skip


def items(name: str, n: int, language: str = "en", seed: int = 11, **settings: Any) -> tuple[Item, ...]:
    given = {"settings": {name: settings}} if settings else {}
    return Release(generators=(name,), languages=(language,), n=n, seed=seed, **given).load(Path()).items


def numbers(text: object) -> list[int]:
    return [int(found) for found in re.findall(r"\d+", str(text))]


@pytest.mark.parametrize("name", NUMBERS)
def test_an_item_that_is_read_as_a_number_says_where_it_wants_it(name: str) -> None:
    """Else the last number of a good answer may be another: "One rose costs 6 euros, and one tulip 7"."""
    for language, words in (("en", "on the last line"), ("zh", "请在最后一行只写出")):
        for item in items(f"bank.{name}", 20, language):
            assert words in str(item.stimulus)


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("two_prices", ("The other one costs {no} euros.\n\n**{yes}**", "由此解得，另一种{no}元。\n\n{yes}",
                        "Both together: {no}.\n\nAnswer: {yes} euros")),
        ("liars", ("{no} of the people are named first.\n{yes}", "共有{no}人可以判断。\n\n答案是 {yes}。",
                   "Case {no} fails.\n\n$\\boxed{{{yes}}}$")),
        ("motion", ("In stretch {no} it slows down.\n\n{yes} m", "第{no}段之后：\n**{yes} 米**",
                    "\\({yes}\\ \\mathrm{{m}}\\)")),
        ("unit_conversion", ("10^{no} of them.\n{yes}", "换算时乘以 10^{no}。\n{yes}")),
    ],
)  # fmt: skip
def test_natural_wordings_of_the_right_number_are_read_as_right(name: str, answers: tuple[str, ...]) -> None:
    instrument = build("instrument", PartUse(part="general.number"), "test")
    for item in items(f"bank.{name}", 10):
        for answer in answers:
            for shown, wanted in ((item.reference, 1.0), (f"1{item.reference}", 0.0)):
                output = answer.format(yes=shown, no=3)
                assert asyncio.run(instrument.read(item, Response(status="ok", output=output))).value == wanted, output


@pytest.mark.parametrize(("language", "wanted"), [("en", "Write only the code"), ("zh", "只写代码")])
def test_codes_are_wanted_alone(language: str, wanted: str) -> None:
    """The whole answer is compared."""
    for countries in (1, 3):
        made = items("bank.country_code", 10, language, countries=countries)
        assert all(wanted in str(item.stimulus) for item in made)


def test_events_with_gaps_by_trying_every_order() -> None:
    for item in items("bank.event_order", 12, events=6, gaps=3):
        text = str(item.stimulus)
        near = [(a, b) if "before" in how or "followed" in how else (b, a) for a, how, b in re.findall(
            r"(?:^|\. )(?!Straight|Exactly)([Tt]he [a-z ]+?) "
            r"(came right after|came right before|was immediately followed by) (the [a-z ]+)", text)]  # fmt: skip
        near += re.findall(r"Straight after (the [a-z ]+?) there was (the [a-z ]+)", text)
        apart = re.findall(r"(?:^|\. )([Tt]he [a-z ]+?) came before (the [a-z ]+?), with exactly one", text)
        apart += re.findall(r"happened after (the [a-z ]+?) and before (the [a-z ]+)", text)
        rules = [(a.lower(), b.lower(), 1) for a, b in near] + [(a.lower(), b.lower(), 2) for a, b in apart]
        assert len(rules) == 5 and len(apart) == 3
        names = sorted({name for a, b, _ in rules for name in (a, b)})
        orders = [order for order in permutations(names)
                  if all(order.index(b) - order.index(a) == far for a, b, far in rules)]  # fmt: skip
        assert len(orders) == 1
        asked = ("first", "second", "third", "fourth", "fifth", "sixth").index(re.findall(r"came (\w+)\?", text)[0])
        assert item.choices[LETTERS.index(str(item.reference))] == orders[0][asked]


def test_liars_who_compare_by_trying_every_case() -> None:
    for item in items("bank.liars", 25, people=7, pairs=4):
        text = str(item.stimulus)
        says = [(a, b, b, kind == "tells")
                for a, b, kind in re.findall(r'(\w+) says: "(\w+) always (tells|lies)', text)]  # fmt: skip
        for words, claim in (("Either both", True), ("Exactly one of", False)):
            says += [(*found, claim) for found in re.findall(rf'(\w+) says: "{words} (\w+) and (\w+) always', text)]
        (known, kind), = re.findall(r"certain that (\w+) always (tells|lies)", text)
        people = sorted({name for a, b, c, _ in says for name in (a, b, c)})
        assert len(says) == 6 and len(people) == 7
        counts = set()
        for case in product((True, False), repeat=7):
            honest = dict(zip(people, case, strict=True))
            held = [honest[a] == ((honest[b] if b == c else honest[b] == honest[c]) == claim)
                    for a, b, c, claim in says]  # fmt: skip
            if honest[known] == (kind == "tells") and all(held):
                counts.add(case.count(False))
        assert counts == {item.reference}


@pytest.mark.parametrize("exceptions", [1, 2, 3, 4])
def test_exceptions_by_walking_through_every_block(exceptions: int) -> None:
    for language in ("en", "zh"):
        for item in items("bank.exceptions", 20, language, exceptions=exceptions):
            blocks, each, untouched, *rest = numbers(str(item.stimulus).rpartition("\n\n")[0])
            spared = rest[0] if exceptions > 1 else 0
            whole = rest[1:3] if exceptions > 2 else []
            done = [each - spared * (block not in whole) for block in range(1, blocks + 1) if block != untouched]
            back = rest[-1] if exceptions > 3 else 0
            assert untouched not in whole and back <= (blocks - 1 - len(whole)) * spared
            assert item.reference == sum(done) + back


def test_three_divisors_by_counting() -> None:
    rules = {"at least one": lambda hits: any(hits), "exactly one": lambda hits: sum(hits) == 1,
             "by none": lambda hits: not any(hits),
             "but neither": lambda hits: hits == [True, False, False]}  # fmt: skip
    for item in items("bank.divisible", 40, divisors=3, largest=3_000):
        low, high, *divisors = numbers(item.stimulus)
        rule = next(rules[words] for words in rules if words in str(item.stimulus))
        assert item.reference == sum(rule([x % d == 0 for d in divisors]) for x in range(low, high + 1))


@pytest.mark.parametrize(("largest", "low"), [(10, 2), (40, 4), (500, 50)])
def test_prices_fit_the_goods(largest: int, low: int) -> None:
    """No cup of soy milk for 200 yuan, and no child's ticket that costs more than an adult's."""
    cheap = {"pen", "coffee", "bun", "rose", "tulip", "notebook"}
    for item in items("bank.two_prices", 60, largest_price=largest):
        a, b, first, c, d, second = numbers(item.stimulus)
        x, y = Fraction(first * d - second * b, a * d - b * c), Fraction(second * a - first * c, a * d - b * c)
        asked = re.findall(r"does one (.+) cost", str(item.stimulus))[0]
        assert item.reference in (x, y) and min(x, y) >= low and max(x, y) <= largest + 1
        assert asked not in cheap or largest == 10
        assert "ticket" not in asked or x > y


def test_nothing_moves_faster_than_its_kind_does() -> None:
    tops = {"train": 80, "tram": 20, "lorry": 26, "motorcycle": 50, "racing car": 90, "passenger car": 40}
    for item in items("bank.motion", 80, stretches=8):
        text = str(item.stimulus)
        what, begin = re.findall(r"A (.+) moves .* at (\d+) m/s\. It", text)[0]
        speed, distance, kinds = int(begin), Fraction(0), []
        stretch = r"(speeds up|slows down|keeps its speed)(?: at (\d+) m/s²)? for (\d+) s"
        for kind, rate, time in re.findall(stretch, text):
            change = {"speeds up": 1, "slows down": -1, "keeps its speed": 0}[kind] * int(rate or 0) * int(time)
            distance += Fraction(2 * speed + change, 2) * int(time)
            speed += change
            kinds.append(kind)
            assert 2 <= speed <= tops[what]
        assert len(kinds) == 8 and all(a != b for a, b in zip(kinds, kinds[1:], strict=False))
        assert distance == item.reference


def test_solutions_are_made_up_in_flasks_that_exist_and_from_what_is_there() -> None:
    for item in items("bank.dilution", 80, steps=5):
        text = str(item.stimulus)
        concentration, volume = Fraction(re.findall(r"solution of (\d+)", text)[0]), 10**9
        steps = re.findall(r"(mix|make) (\d+) mL of (?:it|the result) (?:with|up to) (\d+) mL", text)
        assert len(steps) == 5
        for kind, taken, other in steps:
            assert int(taken) <= volume and (kind == "mix" or int(other) in (50, 100, 250, 500, 1000))
            volume = int(other) + (int(taken) if kind == "mix" else 0)
            concentration *= Fraction(int(taken), volume)
        assert concentration == Fraction(str(item.reference))
        assert len(str(item.reference).replace(".", "").strip("0")) <= 4


def test_the_example_of_a_fraction_is_never_the_answer() -> None:
    made = items("bank.inheritance", 60, genes=4)
    assert all(item.reference != "2/7" and "2/7" in str(item.stimulus) for item in made)


def test_what_is_asked_for_has_changed_hands() -> None:
    for item in items("bank.swaps", 60, swaps=2):
        begin, _, rest = str(item.stimulus).partition(". Then")
        thing = re.findall(r"has the (.+) in the end", rest)[0]
        owner = re.findall(rf"(\w+) the {thing}", begin)[0]
        assert owner in rest.partition("\n")[0]


def test_loops_by_running_them_their_branches_differ_and_their_numbers_stay_small() -> None:
    for lines, turns in ((1, 2), (2, 5), (3, 12)):
        for seed in range(150):
            item = LoopOutput(turns=turns, lines=lines).make(Random(seed), "en")
            text = str(item.stimulus)
            yes, no = re.findall(r"== 0:\n(.*)    else:\n(.*)print", text, flags=re.DOTALL)[0]
            assert yes != no and abs(int(item.reference)) < 10_000
            told: list[int] = []
            exec(text.partition("```python")[2].partition("```")[0], {"print": told.append})
            assert told == [item.reference]
            for branch in (yes, no):
                assert [" = " in line and "," not in line for line in branch.splitlines()][1:].count(True) == 0


def step(line: str, xs: list[int]) -> list[int]:
    """What one line of a task says, done without looking at the generator."""
    k = ([*numbers(line), 0])[0]
    made: list[int] = []
    for place, x in enumerate(xs):
        if line.startswith("Drop"):
            made += [] if x % k == 0 else [x]
        elif line.startswith("Keep only"):
            made += [] if x in made else [x]
        elif line.startswith("Reverse"):
            made = [x, *made]
        elif line.startswith("Replace each number by"):
            made += [x + (made[-1] if made else 0)]
        elif line.startswith("Multiply"):
            made += [x * k] if place in range(1, 99, 2) else [x]
        elif line.startswith("Cap"):
            made += [k] if x > k else [x]
        elif line.startswith("Replace the list"):
            made += [x - xs[place - 1]] if place else []
        elif line.startswith("Replace each run"):
            made += [] if made and made[-1] == x else [x]
        elif line.startswith("Insert"):
            made += [x] if x >= 0 else [x, 0]
    if line.startswith("Sort"):
        made = sorted(sorted(xs), key=abs)
    elif line.startswith("Rotate"):
        made = list(xs)
        for _ in range(k):
            made = made[1:] + made[:1]
    elif line.startswith("Swap"):
        made = [x for n in range(0, len(xs), 2) for x in reversed(xs[n : n + 2])]
    return made


def test_lists_by_doing_what_the_task_says() -> None:
    for item in items("bank.list_function", 60, steps=4):
        lines = re.findall(r"^\d\. (.*)$", str(item.stimulus), flags=re.MULTILINE)
        for test in item.reference["tests"]:
            shown = re.findall(r"= (\[.*?\])", test)[:2]
            given, wanted = [[int(x) for x in re.findall(r"-?\d+", text)] for text in shown]
            for line in lines:
                given = step(line, given)
            assert given == wanted, lines


def test_leaving_out_a_step_is_noticed() -> None:
    for steps in (2, 8):
        for seed in range(25):
            made = ListFunction(steps=steps)
            chosen, _, lists = made._drawn(Random(seed))
            right = [_run(chosen, given) for given in lists]
            for n in range(steps):
                assert [_run(chosen[:n] + chosen[n + 1 :], given) for given in lists] != right


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_careless_query_is_noticed(level: int) -> None:
    kinds = set()
    for seed in range(40):
        kind, words, setup, query = SqlQuery(level=level)._drawn(Random(seed), "en")
        kinds.add(kind)
        with closing(sqlite3.connect(":memory:")) as database:
            database.executescript(setup)
            rows = database.execute(query).fetchall()
            careless = database.execute(_QUERIES[kind][1].format(**words)).fetchall()
        assert rows and sorted(rows) != sorted(careless)
    assert len(kinds) == {1: 4, 2: 3, 3: 2}[level]


def test_rows_of_the_queries_by_plain_loops() -> None:
    seen = set()
    for level in (1, 2, 3):
        for seed in range(60):
            kind, words, setup, query = SqlQuery(level=level)._drawn(Random(seed), "en")
            with closing(sqlite3.connect(":memory:")) as database:
                database.executescript(setup)
                sellers = database.execute("SELECT id, name, city FROM sellers").fetchall()
                sales = database.execute("SELECT * FROM sales").fetchall()  # id, seller, goods, units, price
                found = sorted(database.execute(query).fetchall())
            city = {one: where for one, _, where in sellers}
            word, few = words["word"], words["few"]
            units = {one: sum(n for _, who, _, n, _ in sales if who == one) for one, _, _ in sellers}
            wanted: list[Any] = []
            if kind == "never":
                wanted = [(name,) for one, name, _ in sellers
                          if not any(row[1:3] == (one, word) and row[3] >= few for row in sales)]  # fmt: skip
            elif kind == "every":
                wanted = [(name, sum(n for _, who, what, n, _ in sales if who == one and what == word))
                          for one, name, _ in sellers]  # fmt: skip
            elif kind == "cities":
                sold = {what: {city[who] for _, who, w, _, _ in sales if w == what} for _, _, what, _, _ in sales}
                wanted = [(what, len(where)) for what, where in sold.items() if len(where) > 1]
            elif kind == "average":
                for one, _, what, n, _ in sales:
                    same = [m for _, _, w, m, _ in sales if w == what]
                    wanted += [(one,)] if n * len(same) > sum(same) else []
            elif kind == "sum":
                for where in set(city.values()):
                    these = [row[3] for row in sales
                             if (city[row[1]], row[2]) == (where, word) and row[4] >= words["price"]]  # fmt: skip
                    wanted += [(where, sum(these))] if these else []
            elif kind == "top":
                for where in set(city.values()):
                    these = [row[3] for row in sales if city[row[1]] == where and row[4] < words["price"]]
                    wanted += [(where, max(these))] if these else []
            elif kind == "above":
                wanted = [(name,) for one, name, _ in sellers
                          if sum(row[3] * row[4] for row in sales if row[1] == one) > words["limit"]]  # fmt: skip
            elif kind == "kinds":
                for one, name, _ in sellers:
                    goods = {row[2] for row in sales if row[1] == one and row[3] >= few}
                    wanted += [(name, len(goods))] if goods else []
            else:
                best = {where: max(units[one] for one, _, w in sellers if w == where) for where in city.values()}
                wanted = [(where, name) for one, name, where in sellers if units[one] == best[where] > 0]
            seen.add(kind)
            assert found == sorted(wanted), kind
    assert seen == set(_QUERIES)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_unit_prefixes_are_in_use_with_their_units(language: str) -> None:
    """No teraseconds and no kilofarads."""
    odd = r"(giga|tera|mega|kilo)(second|farad|tesla)|(mega|giga|tera)(metre|gram|litre)"
    odd += r"|\d+ [kMGT](s|F) | [kMGT](s|F)？"
    made = items("bank.unit_conversion", 300, language, powers=18)
    assert not any(re.search(odd, str(item.stimulus)) for item in made)


def read(item: Item, text: str) -> float | None:
    instrument = build("instrument", PartUse(part="llm.constraints"), "test")
    return asyncio.run(instrument.read(item, Response(status="ok", output=text))).value


def test_a_story_needs_its_words_its_place_and_no_quotation_marks() -> None:
    story = items("bank.story_words", 1, "zh", keywords=2, sentences=3)[0]
    first, second, name, place = story.reference[0]["texts"]
    good = f"{name}在{place}捡到{first}。{second}就在旁边。风停了。"
    assert read(story, good) == 1.0
    for wrong in (good.replace("风停了", "他说：“走吧”"), good.replace(place, "家"), good.replace("风停了。", "")):
        assert read(story, wrong) == 0.0


def test_a_notice_needs_its_facts_its_number_of_sentences_and_not_the_word() -> None:
    notice = items("bank.notice", 1, "en", demands=4)[0]
    day, clock, where, name, end, phone = notice.reference[0]["texts"]
    good = f"We meet on {day} at {clock} {where} until {end}. Ring {name} on {phone}. Doors open early. Come in."
    assert read(notice, good) == 1.0
    word = notice.reference[-1]["texts"][0]
    changes = ((" Come in.", ""), ("Come in", f"Come in, {word}"), (end, "late"))
    for wrong in (good.replace(*change) for change in changes):
        assert read(notice, wrong) == 0.0
