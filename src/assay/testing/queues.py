"""The study of intervals in queues: how often they contain the true quantile or mean, and how often none is stated.

``python -m assay.testing.queues`` prints the tables of the documentation (some minutes; ``--simulations 100`` for a
first look).
"""

import argparse
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import binom

from assay.testing.queue_systems import Floats, System, simulated, true_mean, true_quantile
from assay.uncertainty.queueing.latency import Latency, mean, quantile
from assay.uncertainty.score.quantiles import ranks

SYSTEMS: Final[tuple[System, ...]] = ("M/M/1", "H2/M/1", "MMPP/M/1")
LOADS: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
QUANTILES: Final = (0.5, 0.9, 0.99)
REQUESTS: Final = 20_000
FULL: Final = 0.8
LEAST_COVERED: Final = 0.9
MOST_REFUSED: Final = 0.001
_CHANCE: Final = 1e-3


class Setting(NamedTuple):
    """One cell of the study: a queue, its load, the requests in all and over how many restarts they are spread."""

    system: System
    load: float
    n: int = REQUESTS
    restarts: int = 1


OTHERS: Final = (
    Setting("M/lognormal/1", 0.5), Setting("M/lognormal/1", 0.8), Setting("M/bimodal/1", 0.5),
    Setting("M/bimodal/1", 0.8), Setting("M/M/1", 0.8, REQUESTS, 5), Setting("MMPP/M/1", 0.8, REQUESTS, 5),
    Setting("M/M/1", 0.8, 5000), Setting("M/M/1", 0.9, 5000), Setting("M/M/1", 0.8, 50_000),
    Setting("independent", 0.0), Setting("independent", 0.0, 1000),
)  # fmt: skip


class Covered(NamedTuple):
    """What came of one quantile, or of the mean, in one setting.

    Attributes:
        p: which quantile; None for the mean.
        covered: share of the stated intervals that contain the truth.
        low: share of the stated intervals that end below it.
        refused: share of the runs of which none was stated.
        width: median width of the stated intervals by the true value; None where none was stated.
        independent: share of the runs whose interval for independent requests contains the truth; None for the mean.
        independent_width: its median width by the true value; None for the mean.
    """

    p: float | None
    covered: float | None
    low: float | None
    refused: float
    width: float | None
    independent: float | None
    independent_width: float | None


def coverage(setting: Setting, simulations: int, seed: int = 1) -> list[Covered]:
    """Simulate runs of one setting and count; one row for each quantile and one for the mean."""
    key = [seed, sum(setting.system.encode()), round(1000 * setting.load), setting.n, setting.restarts]
    rng = np.random.default_rng(key)
    found: dict[float | None, list[Latency]] = {p: [] for p in (*QUANTILES, None)}
    alone: dict[float, list[tuple[float, float]]] = {p: [] for p in QUANTILES}
    for _ in range(simulations):
        size = setting.n // setting.restarts
        runs = [simulated(setting.system, setting.load, size, rng) for _ in range(setting.restarts)]
        ordered = np.sort(np.concatenate(runs))
        for p in QUANTILES:
            found[p].append(quantile(runs, p))
            alone[p].append(_independent(ordered, p))
        found[None].append(mean(runs))
    rows = []
    for which, answers in found.items():
        truth = true_mean(*setting[:2]) if which is None else true_quantile(*setting[:2], which)
        rows.append(_counted(which, truth, answers, None if which is None else np.array(alone[which])))
    return rows


def _independent(ordered: Floats, p: float) -> tuple[float, float]:
    low, high = _ranks(len(ordered), p)
    return float(ordered[low - 1]), float(ordered[min(high, len(ordered)) - 1])


@lru_cache
def _ranks(n: int, p: float) -> tuple[int, int]:
    return ranks(n, p, 0.95)


def _counted(p: float | None, truth: float, answers: list[Latency], alone: Floats | None) -> Covered:
    ends = np.array([(one.low, one.high) for one in answers if one.refusal is None], dtype=np.float64).reshape(-1, 2)
    refused = 1 - len(ends) / len(answers)
    stated = len(ends) > 0
    below, above = ends[:, 1] < truth, ends[:, 0] > truth
    return Covered(
        p,
        float(1 - (below | above).mean()) if stated else None,
        float(below.mean()) if stated else None,
        refused,
        float(np.median(ends[:, 1] - ends[:, 0])) / truth if stated else None,
        None if alone is None else float(((alone[:, 0] <= truth) & (truth <= alone[:, 1])).mean()),
        None if alone is None else float(np.median(alone[:, 1] - alone[:, 0])) / truth,
    )


def lines(setting: Setting, rows: list[Covered]) -> Iterator[str]:
    """Lines of a Markdown table."""
    requests = f"{setting.n:,}" + (f" in {setting.restarts}" if setting.restarts > 1 else "")
    load = "" if setting.system == "independent" else f"{setting.load}"
    for row in rows:
        of = "mean" if row.p is None else f"p{100 * row.p:g}"
        cells = (row.covered, row.low, row.refused, row.width, row.independent, row.independent_width)
        shown = " | ".join("" if cell is None else f"{cell:.3f}" for cell in cells)
        yield f"| {setting.system} | {load} | {requests} | {of} | {shown} |"


def faults(setting: Setting, rows: list[Covered], simulations: int) -> Iterator[str]:
    """What a quantile of many requests must not do: hold too seldom, or refuse at a load of 0.8 or less.

    Beyond what chance may do in so many runs, with a probability of a thousandth a row.
    """
    for row in rows:
        if row.p is None or setting.n < REQUESTS:
            continue
        stated = round((1 - row.refused) * simulations)
        if row.covered is not None and binom.cdf(round(row.covered * stated), stated, LEAST_COVERED) < _CHANCE:
            yield f"{setting.system} at {setting.load}: p{100 * row.p:g} holds in {row.covered:.3f}"
        if setting.load <= FULL and binom.sf(round(row.refused * simulations) - 1, simulations, MOST_REFUSED) < _CHANCE:
            yield f"{setting.system} at {setting.load}: p{100 * row.p:g} is refused in {row.refused:.3f}"


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; 1 if a quantile holds too seldom or is refused where it may not be."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.queues", description=__doc__)
    parser.add_argument("--simulations", type=int, default=2000, help="runs of each setting (default: 2000)")
    simulations = parser.parse_args(arguments).simulations
    wrong: list[str] = []
    for settings in (tuple(Setting(system, load) for system in SYSTEMS for load in LOADS), OTHERS):
        print("| queue | load | requests | of | contains | ends below | refused | width | independent | its width |")
        print("|" + " --- |" * 10)
        for setting in settings:
            rows = coverage(setting, simulations)
            print("\n".join(lines(setting, rows)), flush=True)
            wrong += faults(setting, rows, simulations)
        print(flush=True)
    good = (f"Quantiles of {REQUESTS:,} requests: none holds in less than {LEAST_COVERED:g}, or is refused in more "
            f"than {MOST_REFUSED:g} at a load of {FULL:g} or less, but by chance")  # fmt: skip
    print("\n".join(wrong) or good)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
