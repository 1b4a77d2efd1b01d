"""Differences of two systems: over the same items, and over different ones."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.testing.reference import Design as Simulation
from assay.testing.reference import simulate
from assay.testing.validation.differences_exact import discordant, paired
from assay.testing.validation.differences_exact import unpaired as exact_unpaired
from assay.testing.validation.simulation import LEVEL, Aim, Drawn, Study
from assay.testing.validation.studies.means import with_score
from assay.uncertainty.comparing.comparison import Cells, cells, difference, unpaired
from assay.uncertainty.comparing.difference import Difference, interval
from assay.uncertainty.score.crossed import Design, Rows, mean

SCORES: Final = ((0.05, 0.1), (0.5, 0.5), (0.7, 0.8), (0.9, 0.95))
DESIGNS: Final = {
    "10 items": Simulation(n_items=10),
    "30 items": Simulation(n_items=30),
    "200 items": Simulation(n_items=200),
    "1000 items": Simulation(n_items=1000),
    "10000 items": Simulation(n_items=10_000),
    "200 items × 3 variants × 4 repeats": Simulation(n_items=200, n_variants=3, n_repeats=4),
    "100 clusters of 5": Simulation(n_items=500, n_groups=100),
}
_SUMMED: Final = 200
"""Up to so many items the exact sum is quick enough to be made whenever studies are listed."""
APART: Final = {"10 items": 10, "30 items": 30, "200 items": 200, "1000 items": 1000}


class _SameItems:
    """A generator that draws items from one stream and answers from another."""

    def __init__(self, items: np.random.Generator, answers: np.random.Generator) -> None:
        self.normal, self.random = items.normal, answers.random


def _cells(values: npt.NDArray[np.float64]) -> Cells:
    item, variant, _ = np.indices(values.shape)
    return cells(Rows(item.ravel(), variant.ravel(), values.ravel()), *values.shape[:2])


def _ends(found: Difference | None) -> tuple[float, float]:
    ends = None if found is None else interval(found, LEVEL)
    assert ends is not None
    return ends


def _paired(simulation: Simulation, scores: tuple[float, float]) -> Callable[[np.random.Generator], list[Drawn]]:
    def draw(rng: np.random.Generator) -> list[Drawn]:
        state = int(rng.integers(2**63))
        seen = []
        for place, score in enumerate(scores):  # the same items for both, other answers
            streams = _SameItems(np.random.default_rng([state, 0]), np.random.default_rng([state, 1 + place]))
            seen.append(simulate(with_score(simulation, score), streams))  # type: ignore[arg-type]
        group = None if seen[0].groups is None else seen[0].groups.astype(np.int64)
        sides = [_cells(one.values) for one in seen]
        made = []
        for truth, population in (
            (scores[1] - scores[0], True), (seen[1].fixed_true - seen[0].fixed_true, False),
        ):  # fmt: skip
            weight = np.ones(simulation.n_items)
            task = Design(weight, group, simulation.n_variants, population, False, (0.0, 1.0))
            made.append(Drawn(*_ends(difference(sides[0], sides[1], task)), truth))
        return made

    return draw


def _apart(n: int, scores: tuple[float, float]) -> Callable[[np.random.Generator], list[Drawn]]:
    def draw(rng: np.random.Generator) -> list[Drawn]:
        design = Design(np.ones(n), None, 1, True, False, (0.0, 1.0))
        sides = [
            mean(Rows(np.arange(n), np.zeros(n, int), (rng.random(n) < score).astype(float)), design).spread
            for score in scores
        ]
        return [Drawn(*_ends(unpaired(*sides)), scores[1] - scores[0])]

    return draw


def _studies() -> Iterator[Study]:
    for scores in SCORES:
        label = f"{scores[0]} and {scores[1]}"
        truth = round(scores[1] - scores[0], 12)
        for name, design in DESIGNS.items():
            claimed = design.n_items >= 30
            aims = (Aim("population"), Aim("fixed", "at_least")) if claimed else (
                Aim("population", "none"), Aim("fixed", "none"))  # fmt: skip
            single = design.n_items <= _SUMMED and design.n_variants == design.n_repeats == 1 and not design.n_groups
            sums = paired(design.n_items, *discordant(scores, design.item_sd)) if single else None
            yield Study(f"paired, {name}, {label}", "paired", name, design.n_groups or design.n_items,
                        truth, _paired(design, scores), aims, sums)  # fmt: skip
        for name, n in APART.items():
            aim = Aim() if n >= 30 else Aim("", "none")
            yield Study(f"unpaired, {name}, {label}", "unpaired", f"{name} each", n, truth, _apart(n, scores),
                        (aim,), exact_unpaired(n, scores) if n <= _SUMMED else None)  # fmt: skip


STUDIES: Final = tuple(_studies())
