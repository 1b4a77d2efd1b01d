"""The difference of two systems that were given the same items, pair by pair, and its interval.

The pair of an item is what the second system scored on it less what the first one scored, each as the mean of its
repeats in each variant, the differences then averaged over the variants that both have. Two systems find the same
items hard; that part cancels in the pair, so that an unpaired difference of the same data is less certain.

The standard uncertainty is that of a weighted mean of the pairs, robust to clusters. How its interval is made stands in
``difference.py``.

Source: Miller 2024 (arXiv 2411.00640), section 4; clusters: Bell and McCaffrey 2002 (recalled); tails: var(s²) =
σ⁴ (γ + 2n / (n - 1)) / n with the excess kurtosis γ, whose degrees of freedom by JCGM 100:2008 G.4.2 (recalled) are
2 s⁴ / var(s²). Coverage: ``tests/uncertainty/comparing/test_comparison.py``.
"""

from math import hypot, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.comparing.difference import Difference
from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.score.crossed import Design, Rows, clustered
from assay.uncertainty.spread import Spread, all_equal_u

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_DUST: Final = 1e-12  # of the range: what sums of equal numbers may differ by


class Cells(NamedTuple):
    """Readings of one system by item and variant, all of shape (items, variants).

    Attributes:
        n: number of readings.
        mean: their mean; 0 where there is none.
        squares: sum of squares about it.
    """

    n: Floats
    mean: Floats
    squares: Floats


class _Pairs(NamedTuple):
    """The items that both systems have a reading of; ``gap`` has shape (items used, variants used)."""

    gap: Floats
    present: Flags
    share: Floats
    per_item: Floats
    value: float
    group: Ints | None
    unit: Ints
    column: Ints
    sides: tuple[Cells, Cells]


def cells(rows: Rows, n_items: int, n_variants: int) -> Cells:
    """Readings by item and variant.

    Args:
        rows: the readings; there may be none.
        n_items: items of the design.
        n_variants: variants of the design.
    """
    shape, size = (n_items, n_variants), n_items * n_variants
    place = rows.item.astype(np.int64) * n_variants + rows.variant
    n = np.bincount(place, minlength=size).astype(np.float64)
    centre = float(rows.value.mean()) if len(rows.value) else 0.0  # no digits lost to a large mean
    sums = np.bincount(place, weights=rows.value - centre, minlength=size)
    mean = np.where(n > 0, centre + sums / np.maximum(n, 1), 0.0)
    squares = np.bincount(place, weights=(rows.value - mean[place]) ** 2, minlength=size)
    return Cells(n.reshape(shape), mean.reshape(shape), np.asarray(squares, np.float64).reshape(shape))


def collapsed(seen: Cells) -> Cells:
    """The mean over a system's own variants as one, for systems that have no variant in common; shape (items, 1)."""
    has = seen.n > 0
    mean = seen.mean.sum(axis=1) / np.maximum(has.sum(axis=1), 1)
    return Cells(has.any(axis=1).astype(float)[:, None], mean[:, None], np.zeros((len(mean), 1)))


def mean_of(seen: Cells, weight: Floats) -> float | None:
    """Weighted mean over items of the mean over variants; None if there is no reading."""
    has = seen.n > 0
    used = has.any(axis=1)
    if not used.any():
        return None
    per_item = seen.mean[used].sum(axis=1) / has[used].sum(axis=1)
    return float(weight[used] @ per_item / weight[used].sum())


def difference(first: Cells, second: Cells, design: Design) -> Difference | None:
    """The paired difference, second less first.

    Args:
        first: readings of one system.
        second: readings of the other, of the same items and variants.
        design: what they stand for.
    Returns:
        None if there is no cell of item and variant that both have a reading of.

    >>> right = Cells(np.ones((4, 1)), np.array([[1.0], [1.0], [0.0], [1.0]]), np.zeros((4, 1)))
    >>> wrong = right._replace(mean=np.array([[1.0], [0.0], [0.0], [0.0]]))
    >>> alone = Design(np.ones(4), None, 1, True, False, (0.0, 1.0))
    >>> difference(wrong, right, alone).value
    0.5
    """
    present = (first.n > 0) & (second.n > 0)
    if not present.any():
        return None
    low, high = design.bounds
    reach = high - low if low is not None and high is not None else None
    pairs = _pairs(first, second, present, design)
    dust = _DUST * (reach if reach is not None else float(np.abs(pairs.gap).max()) or 1.0)
    found = _fixed(pairs, reach) if not design.population else _population(pairs)
    if found is None or (found.u or 0.0) <= dust:
        return _stand_in(pairs, design, reach)
    if design.variants_are_sample and pairs.gap.shape[1] > 1:
        found = _with_variants(found, pairs, design)
    counts = _counts(pairs, design, reach, dust)
    if counts is not None and (design.population or "paired_bound" in found.notes):
        found = found._replace(method="score", dof=None, counts=counts)
    return _spread_out(found._replace(reach=reach), pairs, design)


def unpaired(first: Spread, second: Spread) -> Difference:
    """The difference of two systems without an item in common; there is nothing to pair."""
    low, high = second.low, second.high
    reach = high - low if low is not None and high is not None else None
    nothing = np.zeros(0)
    value = second.value - first.value
    if first.u is None or second.u is None:
        return Difference(value, None, None, "none", reach, 0.0, None, 0, 0, None, nothing, nothing, nothing)
    dof = effective_dof([(first.u, first.dof), (second.u, second.dof)])
    u = hypot(first.u, second.u)
    return Difference(value, u, dof, "mover", reach, 0.0, None, 0, 0, dof, nothing, nothing, nothing,
                      (first.u, second.u), (first, second))  # fmt: skip


def _pairs(first: Cells, second: Cells, present: Flags, design: Design) -> _Pairs:
    used, column = present.any(axis=1), present.any(axis=0)
    here = np.ix_(used, column)
    has = present[here]
    gap = np.where(has, second.mean[here] - first.mean[here], 0.0)
    share = design.weight[used] / design.weight[used].sum()
    per_item = gap.sum(axis=1) / has.sum(axis=1)
    value = float(per_item[0]) if (per_item == per_item[0]).all() else float(share @ per_item)
    if abs(value) <= _DUST * float(np.abs(gap).max()):  # what the last digits of a sum leave of nothing
        value = 0.0
    unit = np.flatnonzero(used) if design.group is None else design.group[used]
    group = None if design.group is None else np.unique(unit, return_inverse=True)[1].astype(np.int64)
    sides = (Cells(*(part[here] for part in first)), Cells(*(part[here] for part in second)))
    return _Pairs(gap, has, share, per_item, value, group, unit, np.flatnonzero(column), sides)


def _blank(pairs: _Pairs, u2: float, dof: float | None, code: str = "") -> Difference:
    units = len(pairs.share) if pairs.group is None else int(pairs.group.max()) + 1
    nothing = np.zeros(0)
    notes = (code,) if code else ()
    n = len(pairs.share)
    return Difference(pairs.value, sqrt(u2), dof, "t", None, n, None, n, units, dof, nothing, nothing, nothing,
                      notes=notes)  # fmt: skip


def _population(pairs: _Pairs) -> Difference | None:
    """Sampling of the items, or of their clusters; the scatter of repeats is part of it."""
    residual = pairs.per_item - pairs.value
    u2, dof = clustered(pairs.share, residual, pairs.group)
    found = _blank(pairs, u2, dof)
    if found.n_units < 2:
        return None
    scale = float(np.abs(pairs.gap).max()) or 1.0
    if sqrt(u2) > _DUST * scale:
        totals = pairs.share * residual
        if pairs.group is not None:
            totals = np.asarray(np.bincount(pairs.group, weights=totals), np.float64)
            found = found._replace(notes=("few_groups",) if found.n_units < 30 else ())
        return found._replace(dof=_lowered(dof, totals))
    scatter = [_scatter(side, pairs, None) for side in pairs.sides]
    if scatter[0] is not None and scatter[1] is not None:  # items, or clusters, that agree although their readings vary
        u2 = scatter[0][0] + scatter[1][0]
    else:
        u2 = clustered(pairs.share, residual, None)[0]
    return found._replace(u=sqrt(u2))


def _lowered(dof: float, totals: Floats) -> float:
    """Degrees of freedom of the variance of these contributions; heavy tails lower them."""
    largest = float(np.abs(totals).max())
    if largest == 0:
        return dof
    squares = (totals / largest) ** 2
    excess = float((squares**2).sum()) * len(totals) / float(squares.sum()) ** 2 - 3
    return max(1.0, dof / (1 + max(0.0, excess) / 2))


def _fixed(pairs: _Pairs, reach: float | None) -> Difference | None:
    """These very items: the scatter of the repeats of both systems, or of the pairs as an upper bound for it."""
    first, second = (_scatter(side, pairs, reach) for side in pairs.sides)
    if first is not None and second is not None:
        dof = effective_dof([(sqrt(first[0]), first[1]), (sqrt(second[0]), second[1])])
        found = _blank(pairs, first[0] + second[0], dof)
        return found._replace(by_system=(sqrt(first[0]), sqrt(second[0])))
    seen = pairs.gap[pairs.present]
    if len(seen) < 2:
        return None
    factors = (pairs.share / pairs.present.sum(axis=1))[:, None] ** 2 * pairs.present
    dof = float(len(seen) - 1)
    return _blank(pairs, float(seen.var(ddof=1) * factors.sum()), _lowered(dof, seen - seen.mean()), "paired_bound")


def _scatter(side: Cells, pairs: _Pairs, reach: float | None) -> tuple[float, float] | None:
    """What the scatter between one system's repeats adds to the variance, with its degrees of freedom.

    None if no cell was read twice. With bounds, one more degree of freedom at the largest possible variance is added,
    as in ``crossed.py``.
    """
    factors = np.where(pairs.present, (pairs.share / pairs.present.sum(axis=1))[:, None] ** 2, 0.0)
    factors = factors / np.maximum(side.n, 1)
    repeated = (side.n > 1) & pairs.present
    if not repeated.any():
        return None
    seen, dof = factors[repeated], side.n[repeated] - 1
    whole = float(factors.sum())
    u2 = float((seen * side.squares[repeated] / dof).sum() * whole / seen.sum())
    nu = float(seen.sum() ** 2 / (seen**2 / dof).sum())
    if reach is not None:
        u2 = (u2 * nu + whole * reach**2 / 4) / (nu + 1)
    return u2, nu


def _with_variants(found: Difference, pairs: _Pairs, design: Design) -> Difference:
    """Adds the sampling of the variants: spread of their differences, less what the items put into it."""
    weight = pairs.share[:, None] * pairs.present
    means = (weight * pairs.gap).sum(axis=0) / weight.sum(axis=0)
    n = len(means)
    u2 = float(means.var(ddof=1) / n)
    if design.population and pairs.present.all() and len(pairs.share) > 1:
        rest = pairs.gap - pairs.per_item[:, None] - means + float(means.mean())
        inner = float((rest**2).sum()) / ((len(pairs.share) - 1) * (n - 1))
        u2 = max(0.0, u2 - inner * float((pairs.share**2).sum()) / n)
    assert found.u is not None
    by_variant = np.zeros(design.n_variants)
    size = float(np.linalg.norm(means - means.mean()))
    if size > 0:
        by_variant[pairs.column] = (means - means.mean()) / size * sqrt(u2)
    dof = effective_dof([(found.u, found.dof), (sqrt(u2), float(n - 1))])
    notes = (*found.notes, *(("few_variants",) if n < 10 else ()))
    return found._replace(u=hypot(found.u, sqrt(u2)), dof=dof, design_dof=dof, by_variant=by_variant, notes=notes)


def _counts(pairs: _Pairs, design: Design, reach: float | None, dust: float) -> tuple[int, int] | None:
    """Pairs that only the second, and only the first, has right; None unless they are independent 0/1 pairs."""
    several = pairs.gap.shape[1] > 1 and (design.variants_are_sample or not design.population)
    if reach is None or pairs.group is not None or several or (pairs.share != pairs.share[0]).any():
        return None
    apart = np.abs(pairs.per_item)
    if not ((apart <= dust) | (np.abs(apart - reach) <= dust)).all():
        return None
    return int((pairs.per_item > reach / 2).sum()), int((pairs.per_item < -reach / 2).sum())


def _spread_out(found: Difference, pairs: _Pairs, design: Design) -> Difference:
    """The contributions of the clusters, in the places that they have in the design."""
    size = len(design.weight) if design.group is None else int(design.group.max()) + 1
    totals = np.bincount(pairs.unit, weights=pairs.share * pairs.per_item, minlength=size)
    by_unit: Floats = np.zeros(size)
    part = (found.u or 0.0) ** 2 - float((found.by_variant**2).sum())
    if found.by_system == (0.0, 0.0) and part > 0:
        moved = pairs.share * (pairs.per_item - pairs.value)
        by_unit = np.asarray(np.bincount(pairs.unit, weights=moved, minlength=size), np.float64)
        length = float(np.linalg.norm(by_unit))
        by_unit = by_unit * (sqrt(part) / length) if length > 0 else by_unit
    return found._replace(totals=np.asarray(totals, np.float64), by_unit=by_unit)


def _stand_in(pairs: _Pairs, design: Design, reach: float | None) -> Difference:
    """What stands in where no pair differs from another, or where there is one item, or one cluster, only."""
    found = _blank(pairs, 0.0, None)
    same = bool(np.ptp(pairs.gap[pairs.present]) <= _DUST * (reach or 1.0))
    code = "pairs_equal" if same and (found.n_units > 1 or not design.population) else "one_unit"
    n = float(found.n_units if design.population else pairs.present.sum())
    found = found._replace(counts=_counts(pairs, design, reach, _DUST * (reach or 1.0)), n=n, notes=(code,))
    if reach is None:
        return _spread_out(found._replace(u=None, method="none"), pairs, design)
    u = all_equal_u((pairs.value + reach) / (2 * reach), n) * 2 * reach
    return _spread_out(found._replace(u=u, method="all_equal", reach=reach), pairs, design)._replace(
        by_unit=np.zeros(0)
    )
