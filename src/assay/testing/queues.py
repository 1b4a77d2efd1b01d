"""The study of intervals in queues: how often they contain the true quantile or mean, and how often none is stated.

``python -m assay.testing.queues`` prints the tables of the documentation (about half an hour; ``--simulations 100`` for
a first look).
"""

import argparse
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from assay.testing.queue_systems import Floats, System, simulated, true_mean, true_quantile
from assay.uncertainty.queueing.latency import Latency, mean, quantile
from assay.uncertainty.score.quantiles import ranks

SYSTEMS: Final[tuple[System, ...]] = ("M/M/1", "H2/M/1", "MMPP/M/1")
LOADS: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
QUANTILES: Final = (0.5, 0.9, 0.99)
REQUESTS: Final = 20_000


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


def table(settings: tuple[Setting, ...], simulations: int) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| queue | load | requests | of | contains | ends below | refused | width | independent | its width |"
    yield "|" + " --- |" * 10
    for setting in settings:
        requests = f"{setting.n:,}" + (f" in {setting.restarts}" if setting.restarts > 1 else "")
        load = "" if setting.system == "independent" else f"{setting.load}"
        for row in coverage(setting, simulations):
            of = "mean" if row.p is None else f"p{100 * row.p:g}"
            cells = (row.covered, row.low, row.refused, row.width, row.independent, row.independent_width)
            shown = " | ".join("" if cell is None else f"{cell:.3f}" for cell in cells)
            yield f"| {setting.system} | {load} | {requests} | {of} | {shown} |"


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.queues", description=__doc__)
    parser.add_argument("--simulations", type=int, default=2000, help="runs of each setting (default: 2000)")
    simulations = parser.parse_args(arguments).simulations
    for settings in (tuple(Setting(system, load) for system in SYSTEMS for load in LOADS), OTHERS):
        for line in table(settings, simulations):
            print(line, flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
