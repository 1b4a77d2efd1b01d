"""The material: multiple-choice items with four options, the same for every tool, written in each tool's own format.

Everything here is passed on item by item: the peak memory of a process is never below that of the one that started it,
so the program that measures has to stay small.
"""

import csv
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

WORDS = ["court", "crystal", "energy", "engine", "enzyme", "glacier", "lattice", "market", "neuron", "river", "vector"]
LETTERS = "ABCD"


def make(number: int, seed: int = 7) -> Iterator[dict]:
    """Items about nothing, of ordinary length."""
    draw = random.Random(seed)
    for index in range(number):
        asked = f"Consider the {draw.choice(WORDS)} in relation to the {draw.choice(WORDS)}:"
        yield {
            "id": f"Q{index:05d}",
            "input": f"[Q{index:05d}] {asked} {' '.join(draw.choices(WORDS, k=16))}?",
            "choices": [f"The {draw.choice(WORDS)} of the {draw.choice(WORDS)}, part {letter}" for letter in LETTERS],
            "target": target(index),
        }


def target(index: int) -> str:
    """The right answers are spread evenly over the letters."""
    return LETTERS[index % len(LETTERS)]


def share(letter: str, number: int) -> float:
    """The score that a subject deserves which always answers ``letter``."""
    return sum(target(index) == letter for index in range(number)) / number


def prompt(item: dict) -> str:
    """The question as put to the tools that have no template of their own."""
    options = "\n".join(f"{letter}) {text}" for letter, text in zip(LETTERS, item["choices"], strict=True))
    return f"{item['input']}\n\n{options}\n\nAnswer with one letter."


def write_jsonl(path: Path, rows: Iterable[dict]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def write_csv(path: Path, fields: list[str], rows: Iterable[dict]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)
