"""References of the bank worked out again from the words of the items, by other means than those that made them."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from assay.packs.bank._make import LETTERS
from assay.packs.bank.material.release import Release
from assay.vocabulary.material import Item


def items(name: str, n: int = 30, language: str = "en", **settings: Any) -> tuple[Item, ...]:
    given = {"settings": {name: settings}} if settings else {}
    return Release(generators=(name,), languages=(language,), n=n, seed=11, **given).load(Path()).items


def chosen(item: Item) -> str:
    return item.choices[LETTERS.index(str(item.reference))]


def solved(rows: list[list[int]], wanted: list[int]) -> list[Fraction]:
    """The solution of a square system, by Cramer's rule."""
    def determinant(m: list[list[Fraction]]) -> Fraction:
        if len(m) == 1:
            return m[0][0]
        minors = [[row[:k] + row[k + 1 :] for row in m[1:]] for k in range(len(m))]
        return sum(((-1) ** k * m[0][k] * determinant(minor) for k, minor in enumerate(minors)), Fraction(0))

    exact = [[Fraction(x) for x in row] for row in rows]
    whole = determinant(exact)
    return [determinant([row[:k] + [Fraction(w)] + row[k + 1 :] for row, w in zip(exact, wanted, strict=True)]) / whole
            for k in range(len(rows))]  # fmt: skip


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_a_game_is_played_again(extra: int) -> None:
    for item in items("bank.game_master", turns=14, extra=extra):
        text = str(item.stimulus)
        most, shield, poison, start = (int(re.findall(rule, text)[0]) for rule in (
            r"exceed (\d+)", r"Armour takes (\d+)", r"loses (\d+) points", r"with (\d+) points"))  # fmt: skip
        health, ill, strikes = start, False, 0
        for turn in text.split("\n\n")[1].split("\n"):
            force = int(found[-1]) if (found := re.findall(r"\d+(?=\.$)", turn)) else 0
            if "strikes" in turn:
                health -= force - max(0, shield - (strikes if extra == 2 else 0))
                strikes += 1
            elif "bites" in turn:
                health, ill = health - force, True
            elif "antidote" in turn:
                ill = False
            else:
                health = min(most, health + (force // 2 if ill and extra else force))
            health -= poison * ill
        assert health == item.reference


@pytest.mark.parametrize(("order", "asked"), [
    (1, r"Where will (\w+) look"), (2, r"does (\w+) think that (\w+) will"),
    (3, r"does (\w+) think that (\w+) expects (\w+) to"),
])  # fmt: skip
def test_beliefs_are_what_is_left_of_the_events_in_each_mind(order: int, asked: str) -> None:
    """A takes B to know those of the events A knows at which B was there, and so on."""
    for item in items("bank.false_belief", moves=8, order=order):
        text, _, question = str(item.stimulus).partition("\n\n")
        begin = text.partition(" are in the room")[0]
        here = set(re.split(", | and ", begin))
        events = [(set(here), re.findall(r"see the \w+ \w+ in (the [a-z ]+)\. Whoever", text)[0])]
        for sentence in text.partition("coming back. ")[2].split(". "):
            name = sentence.split()[0]
            if "goes out" in sentence:
                here.remove(name)
            elif "comes back" in sentence:
                here.add(name)
            else:
                assert name in here
                events.append((set(here), re.findall(r"into (the [a-z ]+)", sentence)[0]))
        found = re.findall(asked, question)[0]
        for mind in [found] if isinstance(found, str) else found:
            events = [event for event in events if mind in event[0]]
        assert chosen(item) == events[-1][1]


@pytest.mark.parametrize("order", [1, 2])
def test_what_is_believed_after_talks_in_private(order: int) -> None:
    """By the last talk that bears on it, searched from the end."""
    for item in items("bank.hidden_feeling", witnesses=4, talks=7, order=order):
        text = str(item.stimulus)
        who, shown = re.findall(r"present (\w+) showed only (\w+)", text)[0]
        talks = [(a, b, what) for a, b, what in re.findall(r"(\w+) told (\w+): \"What \w+ felt was (\w+)", text)]
        if order == 1:
            one = re.findall(r"does (\w+) believe", text)[0]
            told = [what for _, hearer, what in talks if hearer == one]
        else:
            one, other = re.findall(r"does (\w+) suppose that (\w+)", text)[0]
            assert other != who
            told = [what for speaker, hearer, what in talks if {speaker, hearer} == {one, other}]
        assert chosen(item) == (told[-1] if told else shown)


def test_feelings_follow_from_wish_and_belief() -> None:
    for item in items("bank.appraisal", others=5, twists=3):
        text = str(item.stimulus)
        name = re.findall(r"does (\w+) most", text)[0]
        source = re.findall(rf"All that {name} knows .* comes from (\w+),", text)[0]
        kind, event = re.findall(rf"{name} (hoped|feared) that ([^.]+)\.", text)[0]
        happened = not re.search(r"In the end .*(stayed|on time|withdrew|turned down|in the hall|was off)", text.split(
            " Unless")[0])  # fmt: skip
        came = happened != (f"{source} has been told, wrongly" in text)
        against = " not " in event or "would stay" in event
        feeling = {("hoped", True): "satisfied", ("hoped", False): "disappointed", ("feared", True): "distressed",
                   ("feared", False): "relieved"}[kind, came != against]  # fmt: skip
        assert chosen(item).startswith(feeling)


def test_a_reply_fits_card_visitor_and_address() -> None:
    for item in items("bank.persona_reply", 60, topics=6, secrets=2):
        text = str(item.stimulus)
        visitor, kind, topic = re.findall(r"\n\n(\w+), a (local|stranger), asks ([^.]+)\.", text)[0]
        address = re.findall(rf"{kind}s \"([a-z ]+)\"", text)[0]
        secret = re.findall(r"also knows ([^.]+), but has promised to tell nobody except (\w+)", text)
        unknown = " ".join(re.findall(r"has no idea ([^.]+)", text))
        reply, _, call = chosen(item).rstrip(".").rpartition(", ")
        said = "secret" if "my word" in reply or "promised" in reply else \
            "unknown" if re.search("never heard|know nothing|Nobody", reply) else "fact"  # fmt: skip
        kept = bool(secret) and topic in secret[0][0] and visitor != secret[0][1]
        assert call == address
        assert said == ("unknown" if topic in unknown else "secret" if kept else "fact")


@pytest.mark.parametrize("seen", ["compass", "body"])
def test_a_walk_in_the_complex_plane(seen: str) -> None:
    for item in items("bank.walk", legs=12, seen=seen):
        text = str(item.stimulus)
        facing = {"north": 1j, "east": 1 + 0j, "south": -1j, "west": -1 + 0j}[re.findall(r"to the (\w+)", text)[0]]
        at = 0j
        for turn, far in re.findall(r"(?:turns (\w+) and )?walks (\d+) m", text):
            facing *= {"": 1, "left": 1j, "right": -1j, "round": -1}[turn]
            at += facing * int(far)
        way = -at if seen == "compass" else -at / facing * 1j  # with what lies ahead turned to the north
        words = (("south", "north"), ("west", "east"))
        words = words if seen == "compass" else (("behind", "ahead"), ("left", "right"))
        assert words[0][way.imag > 0] in chosen(item) and words[1][way.real > 0] in chosen(item)
        assert min(abs(at.real), abs(at.imag)) > 0.4 * max(abs(at.real), abs(at.imag))


@pytest.mark.parametrize("kind", ["affine", "sum", "second", "woven", "weighted", "third"])
def test_sequences_are_continued_from_their_numbers_alone(kind: str) -> None:
    """The constants follow from the first numbers shown, and the others agree."""
    for item in items("bank.rule_induction", 25, kind=kind, shown=6, ahead=3):
        row = [int(x) for x in re.findall(r"-?\d+(?=, )", str(item.stimulus))]
        assert len(row) == 6
        made: list[Fraction] = [Fraction(x) for x in row[:4]]
        if kind == "affine":
            a, b = solved([[row[0], 1], [row[1], 1]], row[1:3])
            assert b != 0
        elif kind == "weighted":
            a, b = solved([[row[1], row[0]], [row[2], row[1]]], row[2:4])
        while len(made) < 9:
            match kind:
                case "affine":
                    made.append(a * made[-1] + b)
                case "sum":
                    assert row[2] != row[0] + row[1]
                    made.append(made[-1] + made[-2] + row[2] - row[1] - row[0])
                case "second":
                    made.append(3 * made[-1] - 3 * made[-2] + made[-3])
                case "woven":
                    made.append(2 * made[-2] - made[-4])
                case "weighted":
                    made.append(a * made[-1] + b * made[-2])
                case _:
                    made.append(4 * made[-1] - 6 * made[-2] + 4 * made[-3] - made[-4])
        assert made[:6] == row and made[-1] == item.reference


def test_who_is_never_below_another_may_be_first() -> None:
    counts = []
    for item in items("bank.unanswerable", 60, people=9):
        text = str(item.stimulus).partition("\n\n")[0]
        above = re.findall(r"(\w+) (?:is taller than|is older than|arrived later than|paid more than) (\w+)", text)
        below = re.findall(r"(\w+) (?:is shorter than|is younger than|arrived before|paid less than) (\w+)", text)
        assert above and below
        pairs = above + [(b, a) for a, b in below]
        first = {a for a, _ in pairs} - {b for _, b in pairs}
        counts.append(len(first))
        assert chosen(item) == (first.pop() if len(first) == 1 else "It cannot be told")
    assert set(counts) == {1, 2}


def test_rows_are_edited_again() -> None:
    for item in items("bank.edit_steps", words=6, steps=20):
        text = str(item.stimulus)
        row = text.split("\n")[1].split()
        for line in re.findall(r"^\d+\. (.+)$", text, re.MULTILINE):
            at = int(found[0]) - 1 if (found := re.findall(r"number (\d+)", line)) else 0
            if line.startswith("Reverse") or (line.startswith("If") and len(row) % 2):
                row.reverse()
            elif line.startswith(("Swap", "If")):
                row[0], row[-1] = row[-1], row[0]
            elif line.startswith("Remove"):
                del row[at]
            elif line.startswith("Move"):
                row.append(row.pop(at))
            else:
                row.insert(at, row[at] if line.startswith("Repeat") else re.findall(r"\"(\w+)\"", line)[0])
        assert " ".join(row) == item.reference


def test_fractions_are_as_near_as_stated() -> None:
    for item in items("bank.consistency", 60, largest=2_000, nearness=300):
        a, b = (Fraction(choice) for choice in item.choices)
        larger = "larger" in str(item.stimulus)
        assert Fraction(chosen(item)) == (max(a, b) if larger else min(a, b)) and 0 < abs(a - b) <= Fraction(1, 300)
