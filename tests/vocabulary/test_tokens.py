"""Tokens of texts in two languages, and the longest common subsequence against the plain recursion."""

import random
from functools import cache

from assay.vocabulary.tokens import common, is_character, texts, tokens


def test_tokens() -> None:
    assert tokens("It's 3.5 km — Ｗｉｄｅ, café_x") == ["it", "s", "3", "5", "km", "wide", "café", "x"]
    assert tokens("小明有3个苹果。カナ") == ["小", "明", "有", "3", "个", "苹", "果", "カ", "ナ"]
    assert [is_character(t) for t in ("小", "カ", "a", "3", "ab")] == [True, True, False, False, False]


def test_texts_of_nested_values_without_end() -> None:
    assert list(texts({"a": ["x", {"b": "y"}, 3, None], "c": "z"})) == ["x", "y", "z"]
    deep = value = []
    for _ in range(5_000):
        value.append([])
        value = value[0]
    value.append("hidden")
    assert list(texts(deep)) == []


def test_common_subsequence_is_the_longest() -> None:
    rng = random.Random(1)
    for _ in range(200):
        a = [rng.choice("abcd") for _ in range(rng.randrange(0, 12))]
        b = [rng.choice("abcd") for _ in range(rng.randrange(0, 12))]

        @cache
        def longest(i: int, j: int, a: tuple = tuple(a), b: tuple = tuple(b)) -> int:
            if i == len(a) or j == len(b):
                return 0
            if a[i] == b[j]:
                return 1 + longest(i + 1, j + 1)
            return max(longest(i + 1, j), longest(i, j + 1))

        assert common(a, b) == longest(0, 0)
