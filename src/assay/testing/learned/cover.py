"""How often the interval of ``assay demo`` holds the true score: its sampling repeated from the census of the items.

Each repetition draws items without replacement and each answer from the item's exact probability, and gives the
readings to the estimator of the demonstration. ``python -m assay.testing.learned.cover`` prints the table.
"""

import argparse
import math
from typing import Any, Final, NamedTuple

import numpy as np

from assay.catalogue.build import build, measurand
from assay.testing.learned.arithmetic import Wide
from assay.testing.learned.census import POPULATIONS, Population, chances
from assay.testing.learned.checkpoint import shipped
from assay.testing.learned.network import Network
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import PartUse, Plan, Variant

ITEMS: Final = 200
REPEATS: Final = 4


class Covered(NamedTuple):
    """What repetitions found.

    Attributes:
        share: intervals that held the true score.
        below: intervals that lay below it.
        above: intervals that lay above it.
        bias: mean of the estimates less the true score.
        width: mean width of the intervals.
        ratio: mean standard uncertainty over the scatter of the estimates.
    """

    share: float
    below: float
    above: float
    bias: float
    width: float
    ratio: float


class _Task(NamedTuple):
    measurand: Measurand
    plan: Plan


def covered(chance: Wide, repetitions: int, seed: int = 1, items: int = ITEMS, repeats: int = REPEATS) -> Covered:
    """Repeat the sampling of the demonstration.

    Args:
        chance: probability of a right answer of each item of the population, shape (items,).
        repetitions: how many.
        seed: of the simulation.
        items: drawn each time.
        repeats: answers to each item.
    """
    rng, true = np.random.default_rng(seed), math.fsum(chance) / len(chance)
    settings = {"population_items": len(chance)}
    estimator: Any = build("estimator", PartUse(part="general.mean", settings=settings), "cover")
    plan = Plan(repeats=repeats, variants=(Variant(name="verbatim"),), estimand="population")
    task = _Task(measurand("llm.accuracy", "cover"), plan)
    material = Material(name="sample", items=tuple(Item(id=str(n), stimulus="") for n in range(items)))
    place = np.repeat(np.arange(items, dtype=np.int32), repeats)
    repeat = np.tile(np.arange(1, repeats + 1, dtype=np.int16), items)
    variant, status = np.zeros(len(place), np.int16), np.zeros(len(place), np.int8)
    found = []
    for _ in range(repetitions):
        drawn = chance[rng.choice(len(chance), items, replace=False)]
        right = rng.random((items, repeats)) < drawn[:, None]
        value = right.astype(np.float64).ravel()
        rows = Observations(item=place, variant=variant, repeat=repeat, status=status, value=value)
        result = estimator.estimate(task, rows, material)
        found.append((result.value, *result.interval, result.u))
    values, low, high, u = np.array(found).T
    below, above = float(np.mean(high < true)), float(np.mean(low > true))
    scatter = float(values.std(ddof=1))
    return Covered(1 - below - above, below, above, float(values.mean()) - true, float((high - low).mean()),
                   float(u.mean()) / scatter if scatter else math.inf)  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.learned.cover", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5_000, help="of each row (default: 5000)")
    parser.add_argument("--model", nargs="*", default=["rm-1"], help="models (default: rm-1)")
    parser.add_argument("--temperature", type=float, nargs="*", default=[1.0, 0.5], help="above 0 (default: 1 and 0.5)")
    parser.add_argument("--all", action="store_true", help="all populations in place of that of assay demo")
    args = parser.parse_args(arguments)
    print("| model | population | T | true score | covered | below | above | bias | mean width | mean u / scatter |")
    print("|" + " --- |" * 10)
    for name in args.model:
        network = Network(shipped(name))
        for population in POPULATIONS if args.all else POPULATIONS[:1]:
            table = chances(network, population.items(), args.temperature)
            for k, temperature in enumerate(args.temperature):
                found = covered(table[:, k], args.repetitions)
                print(_row(name, population, temperature, table[:, k]), *(f"{x:.4f} |" for x in found), flush=True)


def _row(name: str, population: Population, temperature: float, chance: Wide) -> str:
    settings = ", ".join(f"{key}={value}" for key, value in population.settings.items())
    told = f"{population.generator} ({settings}), {population.language}, {len(chance)} items"
    return f"| {name} | {told} | {temperature:g} | {math.fsum(chance) / len(chance):.6f} |"


if __name__ == "__main__":
    main()
