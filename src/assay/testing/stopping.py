"""The study of early ends: how often they err, and what they save, on simulated items of the reference endpoint.

``python -m assay.testing.stopping`` prints the two tables of the documentation (five to ten minutes).
"""

import argparse
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
from scipy.special import bdtr, bdtrc, ndtr, ndtri

from assay.testing.reference import Design as Simulation
from assay.testing.reference import simulate
from assay.uncertainty.stopping.betting import Floats, Units, log_capital, outcome
from assay.uncertainty.stopping.confidence_sequence import log_mixture

RISK: Final = 0.05
DECISIONS: Final = ((0.85, 0.95), (0.85, 0.75), (0.5, 0.6), (0.5, 0.4), (0.7, 0.8), (0.9, 0.8))
"""Limits and true scores 0.10 away from them."""

SCORES: Final = (0.05, 0.3, 0.5, 0.9, 0.95)
DESIGNS: Final = {
    "items, one 0/1 reading each": Simulation(n_items=400),
    "items × 2 variants × 2 repeats": Simulation(n_items=400, n_variants=2, n_repeats=2),
    "clusters of 1 to 9 items, harder where larger": Simulation(n_items=1000, n_groups=200),
    "graded scores": Simulation(n_items=400),
}


class Saved(NamedTuple):
    """What an early end saves against one limit.

    Attributes:
        limit: the true score must be at least this.
        score: true score of the population.
        requests: mean number of requests to the decision.
        fixed: requests of a fixed design for a score half as far from the limit, at the same risk and power 0.9.
        wrong: fraction of the runs that decided wrongly.
        undecided: fraction that never decided.
    """

    limit: float
    score: float
    requests: float
    fixed: int
    wrong: float
    undecided: float


def fixed_design(limit: float, score: float, risk: float = RISK, power: float = 0.9) -> int:
    """Smallest number of 0/1 readings from which on the exact test decides with this power.

    Source: exact binomial test; the power has saw teeth, so that the last size that falls short counts.
    """
    below = score < limit
    least = 0
    for n in range(10, 3000):
        counts = np.arange(n + 1)
        if below:
            critical = int((bdtr(counts, n, limit) <= risk).sum()) - 1
            reached = bdtr(critical, n, score) if critical >= 0 else 0.0
        else:
            critical = int((bdtrc(counts, n, limit) > risk).sum())
            reached = bdtrc(critical, n, score)
        if reached < power:
            least = n
    return least + 1


def looks(most: int, batch: int = 10) -> list[int]:
    """Numbers of units after which a run with the default settings is looked at, up to ``most``."""
    found = [0]
    while found[-1] < most:
        found.append(min(most, found[-1] + max(batch, found[-1] // 20)))
    return found[1:]


def saved(limit: float, score: float, simulations: int, most: int = 3000, seed: int = 1) -> Saved:
    """Simulate runs that end once they have decided against ``limit``; new items each time.

    Args:
        limit: the true score must be at least this.
        score: true score of the population.
        simulations: number of runs.
        most: items of the material.
        seed: of the simulation.
    """
    rng = np.random.default_rng([seed, round(1000 * limit), round(1000 * score)])
    requests = wrong = undecided = 0
    right = "conforms" if score >= limit else "does_not_conform"
    at = looks(most)
    for _ in range(simulations):
        read = simulate(Simulation(n_items=most, score=score), rng).values.ravel()
        n, said = _decision(read, at, limit)
        requests += n
        wrong += said not in (right, "inconclusive")
        undecided += said == "inconclusive"
    fixed = fixed_design(limit, (limit + score) / 2)
    return Saved(limit, score, requests / simulations, fixed, wrong / simulations, undecided / simulations)


def _decision(read: Floats, at: list[int], limit: float) -> tuple[int, str]:
    sums = np.cumsum(read)
    for n in at:
        said = _said(int(sums[n - 1]), n, limit)
        if said != "inconclusive":
            return n, said
    return at[-1], "inconclusive"


@lru_cache(maxsize=100_000)
def _said(right: int, n: int, limit: float) -> str:
    units = Units(np.repeat([1.0, 0.0], [right, n - right]), np.ones(n), 1.0)
    return outcome(units, limit, RISK, at_least=True)


def ever_wrong(name: str, score: float, simulations: int, seed: int = 1) -> tuple[float, float, float]:
    """How often the true score is excluded at any look of a run, of which there is one after every unit.

    Args:
        name: one of ``DESIGNS``.
        score: true score of the population.
        simulations: number of runs.
        seed: of the simulation.
    Returns:
        Fractions of the runs in which the lower one-sided bound at risk 0.05 was ever above the truth, the upper one
        ever below, and the 95 % sequence ever without it: Bernoulli's for the first design, betting's for the others.
    """
    rng = np.random.default_rng([seed, sum(name.encode()), round(1000 * score)])
    wrong = np.zeros(3)
    for _ in range(simulations):
        units, truth = _simulated(name, score, rng)
        above, below = (float(np.max(_path(units, truth, above=side))) for side in (True, False))
        needed = -np.log(RISK)
        if name == next(iter(DESIGNS)):
            sums = np.cumsum(units.score)
            both = max(log_mixture(s, n + 1, truth, RISK) for n, s in enumerate(sums.tolist())) > needed
        else:
            both = max(above, below) >= needed + np.log(2)
        wrong += [above >= needed, below >= needed, both]
    return tuple((wrong / simulations).tolist())


def _path(units: Units, at: float, *, above: bool) -> Floats:
    """The capital's logarithm after every unit, as ``log_capital`` has it after the last; shape (units,)."""
    stakes = ((np.arange(64) + 0.5) / 64) ** 2
    odds = at if above else 1 - at
    won = units.score if above else units.weight - units.score
    factors = 1 + np.outer(stakes, won / odds - units.weight) / units.heaviest
    paths = np.cumsum(np.log(factors), axis=1)
    top = paths.max(axis=0)
    found: Floats = top + np.log(np.exp(paths - top).mean(axis=0))
    assert abs(found[-1] - log_capital(units, at, above=above)) < 1e-8 * max(1.0, abs(found[-1]))
    return found


def _simulated(name: str, score: float, rng: np.random.Generator) -> tuple[Units, float]:
    """Units of one run and the true score."""
    design = Simulation(**{**DESIGNS[name].__dict__, "score": score})
    if name.startswith("clusters"):
        return _clusters(design.n_groups, score, rng)
    values = simulate(design, rng).values
    scores = values.mean(axis=(1, 2))
    if name.startswith("graded"):  # a right answer is worth 0.6 to 1, a wrong one 0 to 0.4: mean 0.2 + 0.6 score
        scores = 0.6 * scores + 0.4 * rng.random(len(scores))
        return Units(scores, np.ones(len(scores)), 1.0), 0.2 + 0.6 * score
    return Units(scores, np.ones(len(scores)), 1.0), score


def _clusters(n: int, score: float, rng: np.random.Generator) -> tuple[Units, float]:
    """Clusters whose items are harder the more there are, with difficulties in common; the true score is by item."""
    sizes = rng.integers(1, 10, n)
    shift = float(ndtri(score)) * np.sqrt(1 + 0.35**2)
    shared = rng.normal(0.0, 0.35, n)
    chances = ndtr(shift + 0.2 - 0.08 * sizes + shared)
    every = np.arange(1, 10)
    truth = float((every * ndtr((shift + 0.2 - 0.08 * every) / np.sqrt(1 + 0.35**2))).sum() / every.sum())
    return Units(rng.binomial(sizes, chances).astype(np.float64), sizes.astype(np.float64), 9.0), truth


def tables(simulations: int) -> Iterator[str]:
    """The lines of two Markdown tables."""
    yield "| limit | true score | mean requests | fixed design | ratio | wrong | undecided |"
    yield "|" + " --- |" * 7
    for limit, score in DECISIONS:
        row = saved(limit, score, simulations)
        yield (f"| {limit} | {score} | {row.requests:.1f} | {row.fixed} | {row.requests / row.fixed:.3f} "
               f"| {row.wrong:.4f} | {row.undecided:.4f} |")  # fmt: skip
    for limit in (0.5, 0.85):
        row = saved(limit, limit - 1e-9, simulations)
        yield f"| {limit} | at it | {row.requests:.1f} | | | {row.wrong:.4f} | {row.undecided:.4f} |"
    yield ""
    yield "| design | score | lower bound ever wrong | upper bound ever wrong | interval ever wrong |"
    yield "|" + " --- |" * 5
    for name in DESIGNS:
        for score in SCORES:
            found = " | ".join(f"{part:.4f}" for part in ever_wrong(name, score, simulations))
            yield f"| {name} | {score} | {found} |"


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.stopping", description=__doc__)
    parser.add_argument("--simulations", type=int, default=5000, help="runs of each row (default: 5000)")
    for line in tables(parser.parse_args(arguments).simulations):
        print(line, flush=True)


if __name__ == "__main__":
    main()
