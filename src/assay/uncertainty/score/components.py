"""Variance components of items × variants × repeats, and the uncertainty of a mean with other numbers of them.

The model is y_ivr = μ + item_i + variant_v + (item × variant)_iv + repetition_ivr with independent random effects.
Balanced readings are analysed by their mean squares, others by restricted maximum likelihood (``reml.py``); both give
the components with their covariance, so that every combination of them has degrees of freedom.

The mean of the readings stands for the mean over N items × M variants, finite or infinite, of which I × V were
measured R times: u² = σ²_I (1/I − 1/N) + σ²_V (1/V − 1/M) + σ²_IV (1/(IV) − 1/(NM)) + σ²_R / (IVR).
A fixed benchmark is N = I; fixed prompt variants are M = V. For other numbers of items, variants and repeats the
same formula is a D study.

Source: two-way crossed design with replication, Shavelson and Webb 1991 (recalled); one factor: JCGM 100:2008, H.5
(recalled); degrees of freedom 2 θ² / var(θ): Satterthwaite 1946; finite populations: the model-based variance of the
difference of two means (Cornfield and Tukey 1956, recalled).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import within
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.score.cells import Cells, Components, Source, cells
from assay.uncertainty.score.crossed import Rows
from assay.uncertainty.score.reml import reml
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_WHERE = "components"


class Line(NamedTuple):
    """One line of an analysis of variance: sum of squares, degrees of freedom, mean square."""

    source: Source
    squares: float
    dof: int
    mean_square: float


class Sizes(NamedTuple):
    """Numbers of items, of variants, and of repeats of each."""

    items: int
    variants: int
    repeats: int


class Population(NamedTuple):
    """How many items and variants the mean stands for; None for infinitely many."""

    items: int | None = None
    variants: int | None = None


class Row(NamedTuple):
    """One row of a budget: standard uncertainty contributed, and its degrees of freedom (1 or more)."""

    source: Source
    u: float
    dof: float


class Budget(NamedTuple):
    """Rows, combined standard uncertainty, and its effective degrees of freedom."""

    rows: tuple[Row, ...]
    u: float
    dof: float


class Estimate(NamedTuple):
    """Mean over items of the mean over variants of the mean over repeats, with its budget."""

    value: float
    budget: Budget
    components: Components

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Value ± k u with Student's k; not clipped at bounds, which are not known here."""
        k = coverage_factor(level, self.budget.dof)
        return self.value - k * self.budget.u, self.value + k * self.budget.u


def anova(seen: Cells) -> tuple[Line, ...]:
    """Analysis of variance of balanced readings.

    Returns:
        Lines for items, variants and interaction where there are two or more of each, and for repeats (``rest`` for
        the interaction where every cell was read once).
    Raises:
        BadInput: cells that are missing or were read differently often.

    >>> rows = Rows(np.array([0, 0, 1, 1]), np.zeros(4, int), np.array([1.0, 3.0, 5.0, 7.0]))
    >>> [(line.source, line.squares, line.dof) for line in anova(cells(rows))]
    [('items', 16.0, 1), ('repeats', 4.0, 2)]
    """
    if not seen.balanced:
        raise BadInput("components.unbalanced")
    grid = seen.mean.reshape(seen.n_items, seen.n_variants)
    grid = grid - grid.mean()
    repeats = int(seen.n[0])
    by_item, by_variant = grid.mean(axis=1), grid.mean(axis=0)
    rest = grid - by_item[:, None] - by_variant
    items, variants = grid.shape
    lines: list[tuple[Source, float, int]] = [
        ("items", repeats * variants * float(by_item @ by_item), items - 1),
        ("variants", repeats * items * float(by_variant @ by_variant), variants - 1),
        ("interaction" if repeats > 1 else "rest", repeats * float((rest**2).sum()), (items - 1) * (variants - 1)),
        ("repeats", seen.within, items * variants * (repeats - 1)),
    ]
    return tuple(Line(source, squares, dof, squares / dof) for source, squares, dof in lines if dof > 0)


def from_table(lines: tuple[Line, ...], sizes: Sizes) -> Components:
    """Components from mean squares: what each expects, solved.

    Args:
        lines: of ``anova``.
        sizes: of the design they come from.
    """
    items, variants, repeats = sizes
    times = {"items": variants * repeats, "variants": items * repeats, "interaction": repeats, "rest": 1, "repeats": 1}
    sources = tuple(line.source for line in lines)
    holds = {  # components in the expected mean square of each line
        "items": {"items", "interaction", "rest", "repeats"},
        "variants": {"variants", "interaction", "rest", "repeats"},
        "interaction": {"interaction", "repeats"},
        "rest": {"rest"},
        "repeats": {"repeats"},
    }
    expected = np.array([[times[s] if s in holds[line.source] else 0 for s in sources] for line in lines], float)
    solve = np.linalg.inv(expected)
    squares = np.array([line.mean_square for line in lines])
    estimate = solve @ squares
    covariance = solve @ np.diag([2 * line.mean_square**2 / line.dof for line in lines]) @ solve.T
    return Components(sources, np.maximum(estimate, 0.0), estimate, covariance, "anova")


def components(seen: Cells) -> Components:
    """Components of balanced readings by their mean squares, of others by restricted maximum likelihood.

    Raises:
        BadInput: every reading is the same, or each factor has one level and one reading.
    """
    if seen.within == 0 and float(np.ptp(seen.mean)) <= 1e-13 * float(np.abs(seen.mean).max()):
        raise BadInput("numbers.no_scatter", where=_WHERE, n=int(seen.n.sum()))
    if seen.balanced:
        return from_table(anova(seen), Sizes(seen.n_items, seen.n_variants, int(seen.n[0])))

    return reml(seen)


def factors(sizes: Sizes, population: Population) -> dict[Source, float]:
    """How much of each component is in the variance of the mean of a balanced design.

    Args:
        sizes: the design, measured or planned.
        population: what its mean stands for.
    Raises:
        BadInput: fewer in the population than in the sample, or a size below 1.
    """
    for name, size in zip(("items", "variants", "repeats"), sizes, strict=True):
        within(_WHERE, name, size, "1 <= n", size >= 1)
    _stands_for(sizes, population)
    cell = sizes.items * sizes.variants
    n, m = population
    interaction = 1 / cell - (1 / (n * m) if n and m else 0.0)
    return {
        "items": 1 / sizes.items - (1 / n if n else 0.0),
        "variants": 1 / sizes.variants - (1 / m if m else 0.0),
        "interaction": interaction,
        "repeats": 1 / (cell * sizes.repeats),
        "rest": 1 / cell,  # cannot be split: that repeats would lower it is not known
    }


def _stands_for(sizes: Sizes, population: Population) -> None:
    for name, size, whole in zip(("items", "variants"), sizes, population, strict=False):
        within(_WHERE, f"population.{name}", whole or 0, f"N >= {size}", whole is None or whole >= size)


def weighted_factors(seen: Cells, weight: Floats, population: Population) -> dict[Source, float]:
    """The same for a weighted mean of cells, for designs that are not balanced.

    Args:
        seen: the cells.
        weight: of each, shape (cells,), with the sum 1.
        population: what the mean stands for.
    """
    _stands_for(Sizes(seen.n_items, seen.n_variants, 1), population)
    by_item, by_variant = np.bincount(seen.item, weights=weight), np.bincount(seen.variant, weights=weight)
    n, m = population.items, population.variants
    cell = float(weight @ weight)
    return {
        "items": max(0.0, float(by_item @ by_item) - (1 / n if n else 0.0)),
        "variants": max(0.0, float(by_variant @ by_variant) - (1 / m if m else 0.0)),
        "interaction": max(0.0, cell - (1 / (n * m) if n and m else 0.0)),
        "repeats": float(weight**2 @ (1 / seen.n)),
        "rest": cell,
    }


def budget(found: Components, share: dict[Source, float]) -> Budget:
    """The budget of a mean: a row for each component, and Satterthwaite's degrees of freedom for all together.

    Args:
        found: the components, whose covariance makes the degrees of freedom.
        share: of ``factors`` or ``weighted_factors``; zeros leave a component out.
    Raises:
        BadInput: every component left is 0: the design cannot see what still varies, and u = 0 would be a lie.
    """
    take = np.array([share[source] for source in found.sources])
    parts = take * found.variance
    spread = take**2 * np.diag(found.covariance)
    rows = tuple(
        Row(source, float(np.sqrt(part)), max(1.0, 2 * float(part) ** 2 / float(var)) if var > 0 else 1.0)
        for source, part, var in zip(found.sources, parts, spread, strict=True)
        if source != "rest" or part > 0
    )
    total, var = float(parts.sum()), float(take @ found.covariance @ take)
    if total <= 0:
        raise BadInput("components.nothing_left")
    return Budget(rows, float(np.sqrt(total)), max(1.0, 2 * total**2 / var) if var > 0 else 1.0)


def planned(found: Components, sizes: Sizes, population: Population | None = None) -> Budget:
    """D study: the budget of a mean with other numbers of items, variants and repeats."""
    return budget(found, factors(sizes, population or Population()))


def estimate(rows: Rows, population: Population | None = None) -> Estimate:
    """The mean over items of the mean over variants of the mean over repeats, with its budget.

    Args:
        rows: readings as columns; cells may be missing.
        population: what it stands for; infinitely many items and variants if None.
    """
    stands_for = population or Population()
    seen = cells(rows)
    found = components(seen)
    per_item = np.bincount(seen.item)
    weight = 1 / per_item[seen.item] / seen.n_items
    value = float(weight @ seen.mean)
    return Estimate(value, budget(found, weighted_factors(seen, weight, stands_for)), found)
