"""Which items the reference subjects answer, and what they answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from assay.catalogue.build import build
from assay.testing.difficulty.minds import Mind
from assay.testing.difficulty.solvers import answer
from assay.testing.learned.checkpoint import names, shipped
from assay.testing.learned.sampling import Ask
from assay.testing.learned.speaking import Speaker
from assay.uncertainty.ability.cells import Floats
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json

SETTINGS: Final[dict[str, dict[str, Json]]] = {
    "bank.two_digit_sums": {"operation": ["sum", "difference"]},
    "bank.number_order": {"wanted": ["larger", "smaller"]},
    "bank.digit_sorting": {"length": [3, 4, 5]},
    "bank.letter_rows": {"task": ["copy", "reverse"], "length": [2, 3]},
    "bank.days_later": {"days": [20, 99, 365]},
    "bank.arithmetic": {"steps": [1, 2, 4, 6, 8], "digits": [1, 2, 3]},
    "bank.loop_output": {"turns": [2, 5, 8, 12], "lines": [1, 2, 3]},
    "bank.two_prices": {"largest_count": [5, 9, 20], "largest_price": [40, 200]},
    "bank.edit_steps": {"words": [5, 7, 10], "steps": [2, 4, 8, 16]},
    "bank.swaps": {"people": [4, 5, 7], "swaps": [2, 6, 12, 24]},
    "bank.walk": {"legs": [2, 5, 10, 20], "seen": ["compass", "body"]},
    "bank.rule_induction": {"kind": ["any", "affine", "sum", "second", "woven", "weighted", "third"], "ahead": [1, 3]},
    "bank.weekday": {"days": [30, 400, 1500, 10000]},
    "bank.consistency": {"largest": [60, 1000], "nearness": [8, 100, 1000]},
    "bank.false_premise": {"largest": [200, 2000, 100000]},
    "bank.motion": {"stretches": [1, 2, 4, 8]},
    "bank.dilution": {"steps": [1, 2, 3, 5]},
    "bank.event_order": {"events": [4, 6, 8, 12], "gaps": [0, 2]},
    "bank.agreement": {"distance": ["next", "apart"]},
}
"""Generators whose items some of the reference subjects can work, and the settings that they are asked at."""

LEARNED: Final = ("TwoDigitSums", "NumberOrder", "DigitSorting", "LetterRows", "DaysLater", "Agreement")
"""Generators that the learned models are asked: their families, and no others."""

TEMPERATURES: Final = (0.0, 0.4, 0.7, 1.0, 1.3, 1.6, 2.0)

_TOGETHER: Final = 48


def material(generator: str, n: int) -> Material:
    """The items of one generator at all its settings, ``n`` for each and language."""
    settings = {"generators": [generator], "settings": {generator: SETTINGS[generator]}, "n": n, "seed": 7}
    made: Material = build("material", PartUse(part="bank.release", settings=settings), "difficulty").load(Path())
    return made


def learned_subjects() -> list[tuple[str, str, float]]:
    """Name, checkpoint and temperature of each learned subject."""
    return [(f"{name} at temperature {t:g}", name, t) for name in names() for t in TEMPERATURES]


def constructed_answers(minds: Sequence[Mind], items: Sequence[Item]) -> list[list[str]]:
    """What each respondent answers, by respondent and item."""
    return [[answer(mind, item, 0) for item in items] for mind in minds]


def learned_answers(items: Sequence[Item]) -> list[list[str]]:
    """What each learned subject answers, by subject and item."""
    found: list[list[str]] = []
    for place, (_, name, temperature) in enumerate(learned_subjects()):
        speaker = Speaker(shipped(name))
        asks = [Ask(str(item.stimulus), 1000 * place + n, temperature, max_tokens=40) for n, item in enumerate(items)]
        told: list[str] = []
        for start in range(0, len(asks), _TOGETHER):
            told += [one.text for one in speaker.answers(asks[start : start + _TOGETHER])]
        found.append(told)
    return found


async def readings(generator: str, items: Sequence[Item], answers: Sequence[Sequence[str]]) -> Floats:
    """1 or 0 for each answer by the generator's own instrument, shape (subjects, items); unreadable ones are 0.

    The subjects are ours: an answer of theirs that cannot be read is a failure to answer.
    """
    instrument: Any = build("instrument", PartUse(part=build("generator", PartUse(part=generator), "").instrument), "")
    found = np.zeros((len(answers), len(items)))
    for row, told in enumerate(answers):
        for column, (item, text) in enumerate(zip(items, told, strict=True)):
            reading = await instrument.read(item, Response(status="ok", output=text))
            found[row, column] = reading.value or 0.0
    return found
