"""The coverage study: how often nominal intervals contain the certified value of the reference endpoint.

``python -m assay.testing.coverage`` prints the table of the documentation (about two minutes).
"""

import argparse
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from scipy.special import bdtr

from assay.testing.reference import Design as Simulation
from assay.testing.reference import simulate
from assay.uncertainty.conformity import against_limit
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.crossed import Design, Rows, mean
from assay.uncertainty.proportion import wilson
from assay.uncertainty.spread import interval

SCORES: Final = (0.5, 0.9, 0.95)
DESIGNS: Final = {
    "30 items × 1": Simulation(n_items=30),
    "200 items × 3 variants × 4 repeats": Simulation(n_items=200, n_variants=3, n_repeats=4),
    "100 clusters of 5": Simulation(n_items=500, n_groups=100),
    "100 items × 1": Simulation(n_items=100),
    "1000 items × 1": Simulation(n_items=1000),
    "30 items × 4 repeats": Simulation(n_items=30, n_repeats=4),
    "100 items × 2 repeats": Simulation(n_items=100, n_repeats=2),
    "50 items × 3 variants": Simulation(n_items=50, n_variants=3),
    "30 clusters of 4 × 2 repeats": Simulation(n_items=120, n_groups=30, n_repeats=2),
    "10 clusters of 10": Simulation(n_items=100, n_groups=10),
    "200 items × 3 variants as sample": Simulation(n_items=200, n_variants=3, n_repeats=2, variants_are="sample"),
    "200 items × 10 variants as sample": Simulation(n_items=200, n_variants=10, n_repeats=2, variants_are="sample"),
}
"""The first three are the ones that every release must meet; the others show where the method ends."""


class Coverage(NamedTuple):
    """Coverage of one design.

    Attributes:
        design: its name.
        score: the true score.
        estimand: ``population`` or ``fixed``.
        covered: fraction of the intervals that contain the certified value.
        width: their mean width.
        accepted: fraction of the measurements accepted against "at least the true value" with a risk of 0.05, which
            are wrong acceptances at the very limit.
        exact: coverage by the exact binomial sum, for designs of independent 0/1 readings; None for others.
    """

    design: str
    score: float
    estimand: str
    covered: float
    width: float
    accepted: float
    exact: float | None


def study(name: str, score: float, simulations: int, seed: int = 1, level: float = 0.95) -> list[Coverage]:
    """Simulate measurements of one design at one true score, with new items each time.

    Args:
        name: one of ``DESIGNS``.
        score: true score of the population.
        simulations: number of measurements.
        seed: of the simulation.
        level: nominal coverage probability.
    Returns:
        One row for each estimand.
    """
    design = DESIGNS[name]
    simulated_design = Simulation(**{**design.__dict__, "score": score})
    rng = np.random.default_rng([seed, sum(name.encode()), round(1000 * score)])
    shape = (design.n_items, design.n_variants, design.n_repeats)
    item, variant, _ = (index.ravel() for index in np.indices(shape))
    covered, width, accepted = np.zeros(2), np.zeros(2), np.zeros(2)
    for _ in range(simulations):
        drawn = simulate(simulated_design, rng)
        rows = Rows(item, variant, drawn.values.ravel())
        group = None if drawn.groups is None else drawn.groups.astype(np.int64)
        for place, truth in enumerate((drawn.population_true, drawn.fixed_true)):
            task = Design(np.ones(design.n_items), group, design.n_variants, place == 0,
                          design.variants_are == "sample", (0.0, 1.0))  # fmt: skip
            spread = mean(rows, task).spread
            ends = interval(spread, level)
            assert ends is not None
            covered[place] += ends[0] <= truth <= ends[1]
            width[place] += ends[1] - ends[0]
            accepted[place] += against_limit(spread, truth, 0.05, at_least=True).outcome == "conforms"
    binomial = design.n_groups == 0 and design.n_variants == design.n_repeats == 1
    exact = exact_coverage(design.n_items, score, level) if binomial else None
    return [
        Coverage(name, score, estimand, float(covered[i]) / simulations, float(width[i]) / simulations,
                 float(accepted[i]) / simulations, exact if i == 0 else None)
        for i, estimand in enumerate(("population", "fixed"))
    ]


def exact_coverage(n: int, p: float, level: float = 0.95) -> float:
    """Coverage of the Wilson interval by the sum of the binomial probabilities of the counts that it serves."""
    ends = [wilson(x / n, n, coverage_factor(level)) for x in range(n + 1)]
    inside = [x for x in range(n + 1) if ends[x][0] <= p <= ends[x][1]]
    return float(bdtr(inside[-1], n, p) - (bdtr(inside[0] - 1, n, p) if inside[0] else 0.0))


def table(simulations: int, names: list[str]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield ("| design | true score | population: covered | mean width | wrongly accepted "
           "| fixed: covered | mean width | wrongly accepted | exact binomial |")  # fmt: skip
    yield "|" + " --- |" * 9
    for name in names:
        for score in SCORES:
            population, fixed = study(name, score, simulations)
            exact = "" if population.exact is None else f"{population.exact:.4f}"
            columns = [f"{x:.4f}" for row in (population, fixed) for x in (row.covered, row.width, row.accepted)]
            yield f"| {name} | {score} | {' | '.join(columns)} | {exact} |"


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.coverage", description=__doc__)
    parser.add_argument("--simulations", type=int, default=5000, help="measurements of each design (default: 5000)")
    parser.add_argument("--design", action="append", choices=list(DESIGNS), help="only this one; may be repeated")
    chosen = parser.parse_args(arguments)
    for line in table(chosen.simulations, chosen.design or list(DESIGNS)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
