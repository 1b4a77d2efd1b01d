"""The mean over items × variants × repeats, as the reference endpoint would be measured."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from assay.catalogue.build import build
from assay.testing.reference import Design as Simulation
from assay.testing.reference import simulate
from assay.testing.validation.exact import without_intervals
from assay.testing.validation.simulation import Aim, Drawn, Study, decided
from assay.uncertainty.score.crossed import Design, Rows, mean
from assay.vocabulary.material import Item, Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import PartUse, Plan, Variant

SCORES: Final = (0.05, 0.5, 0.9, 0.95)
_FEW_GROUPS: Final = 30
_FEW_VARIANTS: Final = 30
DESIGNS: Final = {
    "10 items": Simulation(n_items=10),
    "30 items": Simulation(n_items=30),
    "100 items": Simulation(n_items=100),
    "300 items": Simulation(n_items=300),
    "1000 items": Simulation(n_items=1000),
    "10000 items": Simulation(n_items=10_000),
    "10 items × 4 repeats": Simulation(n_items=10, n_repeats=4),
    "30 items × 4 repeats": Simulation(n_items=30, n_repeats=4),
    "100 items × 2 repeats": Simulation(n_items=100, n_repeats=2),
    "1000 items × 2 repeats": Simulation(n_items=1000, n_repeats=2),
    "50 items × 3 variants": Simulation(n_items=50, n_variants=3),
    "200 items × 3 variants × 4 repeats": Simulation(n_items=200, n_variants=3, n_repeats=4),
    "10 clusters of 10": Simulation(n_items=100, n_groups=10),
    "30 clusters of 4 × 2 repeats": Simulation(n_items=120, n_groups=30, n_repeats=2),
    "100 clusters of 5": Simulation(n_items=500, n_groups=100),
    "200 items × 3 variants as a sample": Simulation(n_items=200, n_variants=3, n_repeats=2, variants_are="sample"),
    "200 items × 10 variants as a sample": Simulation(n_items=200, n_variants=10, n_repeats=2, variants_are="sample"),
    "200 items × 30 variants as a sample": Simulation(n_items=200, n_variants=30, variants_are="sample"),
}


class Told:
    """What an estimator is told besides the rows."""

    def __init__(self, measurand: Measurand, plan: Plan) -> None:
        self.measurand, self.plan = measurand, plan


def with_score(simulation: Simulation, score: float) -> Simulation:
    """The same design at another true score."""
    return Simulation(**{**simulation.__dict__, "score": score})


def _draw(simulation: Simulation) -> Any:
    shape = (simulation.n_items, simulation.n_variants, simulation.n_repeats)
    item, variant, _ = (index.ravel() for index in np.indices(shape))
    sample = simulation.variants_are == "sample"

    def draw(rng: np.random.Generator) -> list[Drawn]:
        seen = simulate(simulation, rng)
        rows = Rows(item, variant, seen.values.ravel())
        group = None if seen.groups is None else seen.groups.astype(np.int64)
        made = []
        for truth, population in ((seen.population_true, True), (seen.fixed_true, False)):
            weight = np.ones(simulation.n_items)
            design = Design(weight, group, simulation.n_variants, population, sample, (0.0, 1.0))
            made.append(decided(mean(rows, design).spread, truth))
        return made

    return draw


def _notes(simulation: Simulation) -> Any:
    def notes(rng: np.random.Generator, estimand: str) -> set[str]:
        """Codes that the estimator ``general.mean`` puts into a result of this design."""
        seen = simulate(simulation, rng)
        item, variant, repeat = (index.ravel() for index in np.indices(seen.values.shape))
        plan = Plan(
            repeats=simulation.n_repeats, variants=tuple(Variant(name=f"v{i}") for i in range(simulation.n_variants)),
            variants_are=simulation.variants_are, estimand="population" if estimand == "population" else "fixed",
        )  # fmt: skip
        groups = [None] * simulation.n_items if seen.groups is None else [f"g{g}" for g in seen.groups]
        items = tuple(Item(id=f"i{i}", stimulus="", reference="", group=g) for i, g in enumerate(groups))
        rows = Observations(
            item=item.astype(np.int32), variant=variant.astype(np.int16), repeat=(repeat + 1).astype(np.int16),
            status=np.zeros(item.size, np.int8), value=seen.values.ravel(),
        )  # fmt: skip
        score = Measurand(name="score", label={}, definition={}, better="higher", low=0.0, high=1.0)
        estimator = build("estimator", PartUse(part="general.mean"), "validation")
        material = Material(name="simulated", version="1", items=items)
        return {note.code for note in estimator.estimate(Told(score, plan), rows, material).notes}

    return notes


def _aims(simulation: Simulation) -> tuple[Aim, Aim]:
    """What is claimed for the population of the items, and for these items."""
    bound = "interaction_bound" if simulation.n_variants > 1 else "binomial_bound"
    fixed = Aim("fixed") if simulation.n_repeats > 1 else Aim("fixed", "at_least", bound)
    if simulation.variants_are == "sample" and simulation.n_variants < _FEW_VARIANTS:
        return Aim("population", "known", "few_variants"), Aim("fixed", "known", "few_variants")
    if 0 < simulation.n_groups < _FEW_GROUPS:
        return Aim("population", "known", "few_groups"), fixed
    if simulation.n_items < 30:
        return Aim("population", "none"), Aim("fixed", "none")
    return Aim("population"), fixed


def _studies() -> Iterator[Study]:
    for name, design in DESIGNS.items():
        for score in SCORES:
            simulation = with_score(design, score)
            binomial = design.n_groups == 0 and design.n_variants == design.n_repeats == 1
            yield Study(
                name=f"mean, {name}, {score}", method="mean", design=name, n=design.n_groups or design.n_items,
                truth=score, draw=_draw(simulation), aims=_aims(design), notes=_notes(simulation),
                exact=without_intervals("wilson", design.n_items, score) if binomial else None,
            )  # fmt: skip


STUDIES: Final = tuple(_studies())
