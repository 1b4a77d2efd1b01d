"""What the reference subjects of the bank answered, read by the instruments of its generators."""

import asyncio
from collections.abc import Sequence
from typing import Final

import numpy as np

from assay.testing.difficulty.asked import (
    LEARNED,
    SETTINGS,
    constructed_answers,
    learned_answers,
    learned_subjects,
    material,
    readings,
)
from assay.testing.difficulty.minds import Mind, constructed
from assay.testing.difficulty.solvers import SOLVERS
from assay.uncertainty.ability.tabled import Asked
from assay.vocabulary.cell import Kind, cell_name

ITEMS: Final = 12
"""Items of each cell that are answered."""


def asked(
    generators: Sequence[str] = tuple(SETTINGS), items: int = ITEMS, minds: int = 28, learned: bool = True
) -> Asked:
    """Let the reference subjects answer.

    Args:
        generators: whose items.
        items: of each cell.
        minds: number of constructed respondents.
        learned: whether the learned models answer too.
    """
    return asyncio.run(_asked(generators, items, constructed(minds), learned))


async def _asked(generators: Sequence[str], n: int, minds: list[Mind], learned: bool) -> Asked:
    trained = learned_subjects() if learned else []
    subjects: list[tuple[str, Kind]] = [*((name, "learned") for name, _, _ in trained),
                                        *((mind.name, "constructed") for mind in minds)]  # fmt: skip
    names: dict[str, int] = {}
    floor: list[float] = []
    cell: list[int] = []
    right, present = [], []
    for generator in generators:
        items = material(generator, n).items
        for item in items:
            if (name := cell_name(item)) not in names:
                names[name] = len(names)
                floor.append(1 / len(item.choices) if item.choices else 0.0)
            cell.append(names[name])
        family = any(f"generator:{one}" in items[0].tags for one in LEARNED)
        told = learned_answers(items) if trained and family else [["?"] * len(items)] * len(trained)
        right.append(await readings(generator, items, [*told, *constructed_answers(minds, items)]))
        had = np.ones(right[-1].shape)
        had[: len(trained)] = float(family)
        had[len(trained) :] = float(any(f"generator:{one}" in items[0].tags for one in SOLVERS))
        present.append(had)
    return Asked(list(names), floor, np.array(cell), np.hstack(right), np.hstack(present), subjects)
