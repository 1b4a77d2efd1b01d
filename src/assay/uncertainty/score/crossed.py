"""The mean of scores over items × variants × repeats, with clusters and weights, and what its uncertainty is made of.

The measurement model is y_ivr = μ + item_i + variant_v + (item × variant)_iv + repetition_ivr, with independent
clusters of items where there are any. Nothing is averaged before this file; cells that lack readings are allowed.

Source: two-way crossed design with replication, as in ISO 5725-3 (recalled) and Shavelson and Webb 1991 (D study);
cluster-robust variance as in Bell and McCaffrey 2002, in closed form for a mean.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.proportion import jeffreys_u
from assay.uncertainty.spread import Method, Spread, all_equal_u, bounded

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Rows(NamedTuple):
    """Readings as columns, all of shape (rows,): places of item and variant from 0, and the value read."""

    item: npt.NDArray[np.integer]
    variant: npt.NDArray[np.integer]
    value: Floats


class Design(NamedTuple):
    """What the rows stand for.

    Attributes:
        weight: weight of each item, shape (items,), above 0.
        group: cluster of each item from 0, shape (items,); None if items stand alone.
        n_variants: variants of the plan.
        population: True if the items stand for others, False if the result speaks of these items.
        variants_are_sample: True if the variants stand for others.
        bounds: smallest and largest possible value; None for a side without one.
        stratum: stratum of each item from 0, shape (items,), clusters lying within strata; None if there are none. The
            weights then are those of the items in the whole, so that those of a stratum add up to its own.
        population_items: how many items the population has; None for infinitely many. Used where repeats were read.
    """

    weight: Floats
    group: Ints | None
    n_variants: int
    population: bool
    variants_are_sample: bool
    bounds: tuple[float | None, float | None]
    stratum: Ints | None = None
    population_items: int | None = None


class Row(NamedTuple):
    """One row of the budget: code of the source, standard uncertainty, degrees of freedom (None: infinite)."""

    code: Literal["items", "items_in_groups", "repeats", "binomial_bound", "interaction_bound", "variants", "all_equal"]
    u: float
    dof: float | None


class Mean(NamedTuple):
    """The estimate, its budget, and codes of remarks."""

    spread: Spread
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


class _Cells(NamedTuple):
    """Statistics by cell (item × variant), shape (items, variants), of the items that have readings.

    ``fraction`` is the part of the population that these items are: 0 for an infinite one.
    """

    n: Floats
    mean: Floats
    squares: Floats
    weight: Floats
    group: Ints | None
    stratum: Ints | None
    fraction: float


def mean(rows: Rows, design: Design) -> Mean:
    """Weighted mean over items of the mean over variants of the mean over repeats, with its uncertainty.

    Args:
        rows: at least one reading.
        design: what they stand for.
    Returns:
        The estimate; its spread is never of zero width where the quantity is bounded, and there is none
        (``method`` is ``none``) where nothing bounds it and nothing was seen to vary.
    """
    cells = _cells(rows, design)
    present = cells.n > 0
    per_item = np.where(present, cells.mean, 0.0).sum(axis=1) / present.sum(axis=1)
    share = cells.weight / cells.weight.sum()
    value = float((cells.weight * per_item).sum() / cells.weight.sum())  # exact where the scores are whole numbers
    low, high = design.bounds
    if low is not None and high is not None:
        value = min(max(value, low), high)  # the last digit of a sum must not leave the bounds
    repeats = _repeats(cells, share, design.bounds)
    stand_in = _all_equal(rows, cells, value, design)
    if stand_in is not None:
        return stand_in
    parts: list[Row] = []
    notes: list[str] = []
    if design.population:
        found, codes = _population(cells, share, (per_item, value), repeats, design.bounds)
        parts += found
        notes += [*codes, *(["joint_dof"] if len(parts) > 1 else [])]
    elif repeats is not None:
        parts.append(repeats)
    else:
        parts.append(_one_repeat(cells, share, design.bounds))
        notes.append(parts[-1].code)
    if design.variants_are_sample and design.n_variants > 1:
        if present.any(axis=0).sum() < 2:  # how variants differ was not seen
            return Mean(Spread(value, None, None, low, high, None, "none"), (), ("one_variant",))
        parts.append(_variants(cells, share, repeats, design.population))
        if design.n_variants < 30:
            notes.append("few_variants")
    spread = _spread(value, parts, _is_binomial(rows, cells), (design, cells.fraction if repeats is not None else 0.0))
    if spread.method == "wilson":
        parts = [Row(parts[0].code, parts[0].u, None)]
    return Mean(spread, tuple(parts), tuple(notes))


def _cells(rows: Rows, design: Design) -> _Cells:
    n_items, n_variants = len(design.weight), design.n_variants
    cell = rows.item.astype(np.int64) * n_variants + rows.variant
    size = n_items * n_variants
    n = np.bincount(cell, minlength=size).astype(np.float64)
    centre = float(rows.value.mean())  # sums of small numbers: no digits lost to a large mean
    sums = _sums(cell, rows.value - centre, size)
    means = centre + np.divide(sums, n, out=np.zeros(size), where=n > 0)
    squares = _sums(cell, (rows.value - means[cell]) ** 2, size)
    shape = (n_items, n_variants)
    used = n.reshape(shape).any(axis=1)
    group = None
    if design.group is not None:
        group = np.unique(design.group[used], return_inverse=True)[1].astype(np.int64)
    whole = design.population_items
    return _Cells(
        n.reshape(shape)[used],
        means.reshape(shape)[used],
        squares.reshape(shape)[used],
        design.weight[used],
        group,
        None if design.stratum is None else np.unique(design.stratum[used], return_inverse=True)[1].astype(np.int64),
        min(1.0, int(used.sum()) / whole) if whole else 0.0,
    )


def _sums(place: Ints, values: Floats, size: int = 0) -> Floats:
    """Sum of the values at each place."""
    return np.asarray(np.bincount(place, weights=values, minlength=size), dtype=np.float64)


def _cell_factors(cells: _Cells, share: Floats) -> Floats:
    """Factor of the variance of a single reading in each cell in the variance of the mean, shape (items, variants)."""
    present = cells.n > 0
    per_cell = (share / present.sum(axis=1))[:, None] ** 2
    return np.where(present, per_cell / np.maximum(cells.n, 1), 0.0)


def _repeats(cells: _Cells, share: Floats, bounds: tuple[float | None, float | None]) -> Row | None:
    """Scatter between repetitions; None if no cell was read twice.

    For bounded scores one more degree of freedom is added at the largest possible variance, a quarter of the squared
    range: where few repetitions disagreed, how many would is not known well (the Jeffreys rule for a count).
    """
    repeated = cells.n > 1
    if not repeated.any():
        return None
    factors = _cell_factors(cells, share)
    seen = factors[repeated]
    dof = cells.n[repeated] - 1
    u2 = float((seen * cells.squares[repeated] / dof).sum() * factors.sum() / seen.sum())
    nu = float(seen.sum() ** 2 / (seen**2 / dof).sum())
    return Row("repeats", _padded(u2, nu, float(factors.sum()), bounds), nu)


def _padded(u2: float, nu: float, factor: float, bounds: tuple[float | None, float | None]) -> float:
    low, high = bounds
    if low is not None and high is not None:
        u2 = (u2 * nu + factor * (high - low) ** 2 / 4) / (nu + 1)
    return float(np.sqrt(u2))


def _one_repeat(cells: _Cells, share: Floats, bounds: tuple[float | None, float | None]) -> Row:
    """An upper bound for the scatter between repetitions where there is one repetition only.

    One variant: the spread of all readings, which for 0/1 readings is the binomial bound. Several: what item and
    variant together do not explain; it contains their interaction, so that it too is an upper bound.
    """
    factors = _cell_factors(cells, share)
    n_items, n_variants = cells.mean.shape
    if n_variants > 1 and (cells.n > 0).all() and n_items > 1:
        rest = cells.mean - cells.mean.mean(axis=1)[:, None] - cells.mean.mean(axis=0) + cells.mean.mean()
        dof = float((n_items - 1) * (n_variants - 1))
        u2 = float((rest**2).sum() / dof * factors.sum())
        return Row("interaction_bound", _padded(u2, dof, float(factors.sum()), bounds), dof)
    read = cells.mean[cells.n > 0]
    dof = float(max(read.size - 1, 1))
    u2 = float(((read - read.mean()) ** 2).sum() / dof * factors.sum())
    return Row("binomial_bound", float(np.sqrt(u2)), dof)


def _population(
    cells: _Cells,
    share: Floats,
    seen: tuple[Floats, float],
    repeats: Row | None,
    bounds: tuple[float | None, float | None],
) -> tuple[list[Row], list[str]]:
    """Sampling of the items (or of their clusters), what the repetitions contribute to it, and remarks.

    Of a finite population the part that was measured is known but for its repetitions: the variance of the items is
    multiplied by 1 − fraction, that of the repetitions is not. Without repeats the two cannot be told apart, and the
    correction is left out.

    Source: Cochran 1977, section 2.6 (recalled).
    """
    per_item, value = seen
    residual = per_item - value
    notes: list[str] = []
    found = None if cells.stratum is None else _stratified(cells, share, per_item, bounds)
    if cells.stratum is not None and found is None:
        notes.append("strata_unused")
    u2, dof = clustered(share, residual, cells.group) if found is None else found
    if u2 == 0:  # clusters, or items read several times, that happen to agree although the readings in them do not
        u2 = repeats.u**2 if repeats is not None else clustered(share, residual, None)[0]
    code: Literal["items", "items_in_groups"] = "items" if cells.group is None else "items_in_groups"
    if repeats is None:
        return [Row(code, float(np.sqrt(u2)), dof)], notes + (["fraction_unused"] if cells.fraction else [])
    inner = min(repeats.u**2, u2)
    sampled = Row(code, float(np.sqrt((u2 - inner) * (1 - cells.fraction))), dof)
    return [sampled, Row("repeats", float(np.sqrt(inner)), repeats.dof)], notes


def _stratified(
    cells: _Cells, share: Floats, per_item: Floats, bounds: tuple[float | None, float | None]
) -> tuple[float, float] | None:
    """Variance and degrees of freedom from the scatter within strata; None if one of them has a single unit.

    For bounded scores each stratum gets one more degree of freedom at the variance m (1 − m) of the squared range, with
    m its mean drawn towards the middle by half a unit at either end: a stratum whose few units agree is not certain.

    Source: Cochran 1977, section 5.4 (recalled); degrees of freedom by Satterthwaite; the added one is our own, after
    Jeffreys' prior for a count, and simulated in ``assay.testing.coverage_derived``.
    """
    assert cells.stratum is not None
    parts = []
    low, high = bounds
    for stratum in range(int(cells.stratum.max()) + 1):
        ours = cells.stratum == stratum
        group = None if cells.group is None else np.unique(cells.group[ours], return_inverse=True)[1].astype(np.int64)
        whole = float(share[ours].sum())
        inside = share[ours] / whole
        centre = float(inside @ per_item[ours])
        units = inside if group is None else _sums(group, inside)
        if len(units) < 2:
            return None
        u2, dof = clustered(inside, per_item[ours] - centre, group)
        if low is not None and high is not None:
            n = 1 / float((units**2).sum())
            m = ((centre - low) / (high - low) * n + 0.5) / (n + 1)
            u2, dof = (u2 * dof + m * (1 - m) * (high - low) ** 2 / n) / (dof + 1), dof + 1
        parts.append((whole * float(np.sqrt(u2)), dof))
    return sum(u**2 for u, _ in parts), effective_dof(parts) or 1.0


def clustered(share: Floats, residual: Floats, group: Ints | None) -> tuple[float, float]:
    """Variance of a weighted mean from residuals, robust to clusters, and its degrees of freedom.

    The sum of squared cluster totals is scaled to be unbiased, and its degrees of freedom are matched to two moments,
    under the working model of independent residuals of equal variance. Balanced clusters: C / (C − 1) and C − 1.

    Args:
        share: weights of the items, sum 1, shape (items,).
        residual: item minus mean, shape (items,).
        group: cluster of each item from 0, shape (items,); None if every item is its own.
    Returns:
        Variance (0 with one cluster, which shows nothing) and degrees of freedom (1 or more).
    Source: Bell and McCaffrey 2002 (recalled), here with G = D − w qᵀ − q wᵀ + w wᵀ Q in closed form.
    """
    if group is None:
        total, w, q = share * residual, share, share**2
    else:
        total, w, q = _sums(group, share * residual), _sums(group, share), _sums(group, share**2)
    whole = float(q.sum())
    trace = whole - 2 * float(w @ q) + whole * float(w @ w)
    if len(w) < 2 or trace <= 0:
        return 0.0, 1.0
    factors = np.stack([w, q])
    core = np.array([[whole, -1.0], [-1.0, 0.0]])
    inner = core @ (factors @ factors.T)
    squares = float((q**2).sum() + 2 * np.trace(core @ (factors * q) @ factors.T) + np.trace(inner @ inner))
    return float((total**2).sum() * whole / trace), max(1.0, trace**2 / squares)


def _variants(cells: _Cells, share: Floats, repeats: Row | None, population: bool) -> Row:
    """Sampling of the variants: spread of the variant means, less what items and repetitions put into it."""
    read = (cells.n > 0).any(axis=0)
    cells = cells._replace(n=cells.n[:, read], mean=cells.mean[:, read], squares=cells.squares[:, read])
    present = cells.n > 0
    weight = share[:, None] * present
    means = (weight * cells.mean).sum(axis=0) / weight.sum(axis=0)
    n_variants = len(means)
    u2 = float(means.var(ddof=1) / n_variants)
    inner = repeats.u**2 if repeats is not None else 0.0
    if population and present.all() and len(share) > 1:
        rest = cells.mean - cells.mean.mean(axis=1)[:, None] - means + float(means.mean())
        dof = (len(share) - 1) * (n_variants - 1)
        inner = float((rest**2).sum() / dof * (share**2).sum() / n_variants)
    return Row("variants", float(np.sqrt(max(0.0, u2 - inner))), float(n_variants - 1))


def _is_binomial(rows: Rows, cells: _Cells) -> bool:
    """Independent 0/1 readings of equal weight, one an item: their spread is a function of their mean."""
    if cells.group is not None or cells.stratum is not None or cells.n.shape[1] > 1 or cells.n.max() > 1:
        return False
    return bool(((rows.value == 0) | (rows.value == 1)).all() and (cells.weight == cells.weight[0]).all())


def _spread(value: float, parts: list[Row], binomial: bool, stands_for: tuple[Design, float]) -> Spread:
    design, fraction = stands_for
    low, high = design.bounds
    u = float(np.sqrt(sum(row.u**2 for row in parts)))
    if u == 0:
        return Spread(value, None, None, low, high, None, "none")
    dof = _combined_dof(parts, design, fraction)
    if low is None or high is None:
        return Spread(value, u, dof, low, high, None, "t")
    if binomial and (low, high) == (0.0, 1.0) and len(parts) == 1:
        return Spread(value, u, None, low, high, parts[0].dof + 1 if parts[0].dof else 1.0, "wilson")
    return bounded(value, u, dof, (low, high))


def _combined_dof(parts: list[Row], design: Design, fraction: float) -> float | None:
    """Items and repeats of a population come from one estimate, the spread of the items: its dof are theirs.

    With a fraction f of the population measured, the variance is 1 − f times that estimate, and f times the repeats'.
    """
    if not design.population:
        return effective_dof((row.u, row.dof) for row in parts)
    sampled, *others = parts
    inner = [row for row in others if row.code == "repeats"]
    joint = sampled.u**2 + (1 - fraction) * sum(row.u**2 for row in inner)
    joined = [(float(np.sqrt(joint)), sampled.dof), *((float(np.sqrt(fraction)) * row.u, row.dof) for row in inner)]
    return effective_dof([*joined, *((row.u, row.dof) for row in others if row.code == "variants")])


def _all_equal(rows: Rows, cells: _Cells, value: float, design: Design) -> Mean | None:
    """What stands in where nothing was seen to vary, or one item (or cluster) shows no spread."""
    low, high = design.bounds
    units = len(cells.weight) if cells.group is None else int(cells.group.max()) + 1
    same = bool((rows.value == rows.value[0]).all())
    if not same and not (design.population and units < 2):
        return None
    if low is None or high is None:
        spread = Spread(value, None, None, low, high, None, "none")
        return Mean(spread, (), ("no_interval",)) if same or units < 2 else None
    n = float(units if design.population else len(rows.value))
    value = float(rows.value[0]) if same else value
    p = (value - low) / (high - low)
    notes = ("all_equal",) if same else ("one_item",)
    method: Method = "wilson" if same and p in (0.0, 1.0) else "all_equal"
    u = (jeffreys_u(p * n, n) if method == "wilson" else all_equal_u(p, n)) * (high - low)
    return Mean(Spread(value, u, None, low, high, n, method), (Row("all_equal", u, None),), notes)
