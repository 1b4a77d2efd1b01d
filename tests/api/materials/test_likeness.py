"""Nearly equal texts: all of those that a comparison of each with each finds, and fast."""

import random
from itertools import combinations
from time import perf_counter

from assay.api.materials.likeness import nearly_alike, plain

STEMS = ("river", "stone", "cloud", "market", "window", "paper")
WORDS = [f"{stem}{end}" for stem in STEMS for end in ("ing", "less", "ward", "")]


def shares(one: str, other: str) -> float:
    a, b = ({text[at : at + 4] for at in range(len(text) - 3)} for text in (one, other))
    return len(a & b) / len(a | b)


def texts(rng: random.Random, n: int) -> list[str]:
    made = [" ".join(rng.choice(WORDS) for _ in range(30)) for _ in range(n)]
    for place in range(0, n, 10):  # a tenth are others with a word changed
        made[place + 1] = made[place].replace(made[place].split()[7], "valley", 1)
    return made


def joined(pairs: list[tuple[int, int]], n: int) -> set[frozenset[int]]:
    groups = {place: {place} for place in range(n)}
    for a, b in pairs:
        if groups[a] is not groups[b]:
            groups[a] |= groups[b]
            for place in groups[b]:
                groups[place] = groups[a]
    return {frozenset(group) for group in groups.values() if len(group) > 1}


def test_what_each_with_each_finds_is_found() -> None:
    made = texts(random.Random(4), 200)
    known = {pair: shares(made[pair[0]], made[pair[1]]) for pair in combinations(range(200), 2)}
    exact = [pair for pair, share in known.items() if share >= 0.9]
    found = nearly_alike(made)
    assert joined([one[:2] for one in found], 200) == joined(exact, 200) and len(exact) >= 10
    assert all(abs(one.share - known[one[:2]]) < 1e-12 for one in found)
    lower = [pair for pair, share in known.items() if share >= 0.8]
    assert len(nearly_alike(made, 0.8)) >= 0.9 * len(joined(lower, 200))


def test_equal_short_and_chinese_texts() -> None:
    made = ["ab", "ab", "", "", "一加一等于几？", "一加一等于几？", "二乘三等于几？", "z"]
    assert [one[:2] for one in nearly_alike(made)] == [(0, 1), (2, 3), (4, 5)]
    assert nearly_alike(["alone"]) == []


def test_a_comparison_is_of_plain_texts() -> None:
    assert plain(" Ｗｈａｔ\n\tIS  it ") == plain("what is it")


def test_many_that_are_all_alike_stay_fast() -> None:
    made = [f"What is the sum of the two numbers that stand on the board, of which one is {n}?" for n in range(20_000)]
    began = perf_counter()
    assert len(nearly_alike(made, 0.8)) == 19_999
    assert perf_counter() - began < 60  # some seconds; each with each would take hours
