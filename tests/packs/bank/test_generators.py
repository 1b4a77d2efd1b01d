"""What every generator must be: one item for one seed, right references, no cue in the options, no two items alike."""

import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest

from assay.catalogue.build import load_class
from assay.catalogue.find import parts
from assay.packs.bank._make import LETTERS
from assay.packs.bank.material.release import Release
from assay.testing.check import check_part
from assay.testing.generators import generator_faults
from assay.vocabulary.material import Item

PARTS = [part for part in parts("generator") if part.name.startswith("bank.")]
DIMENSIONS = {
    "understanding", "generation", "reasoning", "mathematics", "code", "knowledge", "discipline", "role play",
    "emotional intelligence", "multi-language", "robustness", "cognition", "reliability", "instruction following",
    "tool use",
}  # fmt: skip
NAMES = [part.name for part in PARTS]
CHOICE = [part for part in PARTS if load_class(part).instrument == "general.choice"]


def items(name: str, language: str, n: int, seed: int = 7) -> tuple[Item, ...]:
    return Release(generators=(name,), languages=(language,), n=n, seed=seed).load(Path()).items


def said(item: Item) -> str:
    """The words of an item, of all its turns."""
    return item.stimulus if isinstance(item.stimulus, str) else " ".join(turn["content"] for turn in item.stimulus)


def test_three_generators_or_more_for_each_dimension() -> None:
    counts = Counter(load_class(part).dimension for part in PARTS)
    assert set(counts) == DIMENSIONS and min(counts.values()) >= 3


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_the_contract(part: Any) -> None:
    assert check_part(part) == []


def extremes(cls: Any) -> list[dict[str, Any]]:
    """Every value of a factor that is a word, and the smallest and the largest of one that is a number."""
    found = []
    for name, hint in get_type_hints(cls, include_extras=True).items():
        if get_origin(hint) is Literal:
            found += [{name: value} for value in get_args(hint)]
        elif get_origin(hint) is Annotated:
            found += [{name: hint.__metadata__[0].ge}, {name: hint.__metadata__[0].le}]
    return found


@pytest.mark.parametrize("part", PARTS, ids=NAMES)
def test_the_contract_at_the_ends_of_every_factor(part: Any) -> None:
    cls = load_class(part)
    for settings in extremes(cls):
        assert generator_faults(cls(**settings), seeds=8) == [], settings


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_are_written_in_themselves(name: str) -> None:
    """No Chinese in an English item and no English sentence in a Chinese one, but where languages are the subject."""
    if name in ("bank.number_words", "bank.cross_reading", "bank.date_formats"):
        return
    for item in items(name, "en", 20):
        assert not re.search(r"[\u4e00-\u9fff]", f"{item.stimulus} {item.choices}"), item.stimulus
    for item in items(name, "zh", 20):
        text = re.sub(r"```.*?```|\{.*?\}+|\([a-z ]+\)", "", said(item), flags=re.DOTALL)
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", text), item.stimulus
        assert re.search(r"[\u4e00-\u9fff]", text)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_is_left_unfilled(name: str) -> None:
    for language in ("en", "zh"):
        for item in items(name, language, 30):
            text = re.sub(r"```.*?```", "", said(item), flags=re.DOTALL)
            assert not re.search(r"\{[a-z_]+\}|\bNone\b|  |。。|，，|\.\.(?!\.)(?<!\.\.\.)", text.replace("...",
                "")), text
            assert said(item) == said(item).strip()


def features(item: Item) -> np.ndarray[Any, Any]:
    """What can be seen of each option without the question: ranks of length, number and likeness, and the place."""
    options = item.choices
    numbers = [float(found[0]) if (found := re.search(r"-?\d+(?:\.\d+)?", text)) else 0.0 for text in options]
    bags = [set(text) for text in options]
    alike = [sum(len(a & b) / len(a | b) for b in bags) for a in bags]
    columns = [[len(text) for text in options], numbers, [abs(x - np.mean(numbers)) for x in numbers], alike,
               [len(text.split()) for text in options], list(range(len(options)))]  # fmt: skip
    return np.array([np.argsort(np.argsort(column, kind="stable"), kind="stable") if len(set(column)) > 1 else
                     [-1] * len(column) for column in columns]).T  # fmt: skip


def one_hot(tables: list[np.ndarray[Any, Any]], size: int) -> np.ndarray[Any, Any]:
    """Each option of each item as a row: for each feature, which rank it has."""
    rows = np.concatenate(tables)
    return (rows[:, :, None] == np.arange(-1, size)[None, None, :]).reshape(len(rows), -1).astype(float)


def hits(scores: np.ndarray[Any, Any], right: list[int]) -> np.ndarray[Any, Any]:
    """Chance that the option with the highest score is the right one, ties being broken at random."""
    best = np.isclose(scores, scores.max(axis=1, keepdims=True))
    return best[np.arange(len(right)), right] / best.sum(axis=1)


@pytest.mark.parametrize("part", CHOICE, ids=[part.name for part in CHOICE])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_cue_in_the_options(part: Any, language: str) -> None:
    """Rules and a linear classifier on the options alone, trained on half of the items, are at chance on the rest."""
    made = [item for item in items(part.name, language, 2_000) if "twin:original" not in item.tags]
    size, half = len(made[0].choices), len(made) // 2
    right = [LETTERS.index(item.reference) for item in made]
    noise = 4 * np.sqrt((1 - 1 / size) / size / half)
    shares = np.bincount(right, minlength=size) / len(right)
    assert np.abs(shares - 1 / size).max() < noise, "a place is right more often than others"
    seen = [features(item) for item in made]
    learned, later = one_hot(seen[:half], size), one_hot(seen[half:], size)
    wanted = np.zeros((half, size))
    wanted[np.arange(half), right[:half]] = 1
    weights = np.linalg.solve(learned.T @ learned + np.eye(learned.shape[1]), learned.T @ wanted.ravel())
    assert hits((later @ weights).reshape(-1, size), right[half:]).mean() < 1 / size + noise
    tables, truth = learned.reshape(half, size, -1), right[:half]
    rates = [hits(tables[:, :, k], truth).mean() for k in range(tables.shape[2])]
    best = int(np.argmax(rates))
    assert hits(later.reshape(-1, size, later.shape[1])[:, :, best], right[half:]).mean() < 1 / size + noise


def test_the_classifier_finds_a_cue_that_is_there() -> None:
    """A right option that is the longest in two items of three is found out."""
    rng = Random(3)
    tables, right = [], []
    for _ in range(1_000):
        place = rng.randrange(4)
        words = ["x" * rng.randrange(3, 9) for _ in range(4)]
        words[place] += "y" * 9 if rng.random() < 0.67 else ""
        tables.append(features(Item(id="", stimulus="", choices=tuple(words))))
        right.append(place)
    learned, later = one_hot(tables[:500], 4), one_hot(tables[500:], 4)
    wanted = np.zeros((500, 4))
    wanted[np.arange(500), right[:500]] = 1
    weights = np.linalg.solve(learned.T @ learned + np.eye(learned.shape[1]), learned.T @ wanted.ravel())
    assert hits((later @ weights).reshape(-1, 4), right[500:]).mean() > 0.6


@pytest.mark.parametrize("name", ["bank.tool_gap", "bank.unanswerable", "bank.false_premise", "bank.consistency"])
def test_the_share_of_each_verdict_is_as_stated(name: str) -> None:
    made = items(name, "en", 400)
    if name == "bank.tool_gap":
        shares = np.mean([item.reference == [] for item in made])
    else:
        marks = {"bank.unanswerable": "cannot", "bank.false_premise": "reason is wrong", "bank.consistency": ""}
        shares = np.mean([marks[name] in item.choices[LETTERS.index(item.reference)] for item in made])
    wanted = {"bank.unanswerable": 0.25, "bank.consistency": 1.0}.get(name, 0.5)
    assert abs(shares - wanted) < 0.1


def grams(text: str) -> set[str]:
    return {text[n : n + 4] for n in range(len(text) - 3)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_near_duplicates_are_bounded(name: str, language: str) -> None:
    """Of the pairs of items at the same setting, at most 2 % share 97 % of their sequences of four characters."""
    made = [f"{item.stimulus}{sorted(item.choices)}" for item in items(name, language,
        40) if "twin:original" not in item.tags]
    sets = [grams(text) for text in made]
    near = [len(a & b) / len(a | b) > 0.97 for n, a in enumerate(sets) for b in sets[:n]]
    assert np.mean(near) <= 0.02


def test_a_generator_repeats_itself_only_for_the_same_state() -> None:
    for part in PARTS:
        made = load_class(part)()
        assert made.make(Random(1), "en") == made.make(Random(1), "en") != made.make(Random(2), "en")
