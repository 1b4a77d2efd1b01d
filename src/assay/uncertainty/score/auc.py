"""The area under the ROC curve over cases × retrainings, and what its uncertainty is made of.

The AUC is the probability that a positive case scores higher than a negative one, ties counting half. It is a mean
over pairs, not over cases; to first order it is the mean of one number for each case, its *placement*: the share of
the cases of the other class that stand on its right side. With placements v_i of the m positive and w_j of the n
negative cases, var(AUC) = var(v) / m + var(w) / n. The placements of one case in several retrainings are averaged,
so that what all retrainings owe to the same cases stays in the rows of the cases, as in ``crossed.py``.

Near perfect separation that variance collapses (with all pairs in order it is 0). Three rules keep the interval
honest there; all rest on k = min(m, n) disjoint pairs, which are independent:

- Each class gets one more degree of freedom at the largest variance that a mean of p can have, p (1 − p), with
  p = (AUC k + ½) / (k + 1): how far a case out of order would lie is not known from cases in order.
- No sum of the two is larger than AUC (1 − AUC) / k: a mean over all pairs is no worse than one over k of them.
- Where every placement is the same, k stands for the number of independent readings.

Source: DeLong, DeLong and Clarke-Pearson 1988 (placements); Obuchowski 1997 (clusters, recalled); the bound
AUC (1 − AUC) / min(m, n): Birnbaum and Klose 1957 (recalled). The first of the three rules is our own, after
Jeffreys' prior for a count; its coverage is simulated in the tests.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.proportion import jeffreys_u
from assay.uncertainty.score.crossed import clustered
from assay.uncertainty.spread import Method, Spread, all_equal_u, bounded

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Scores(NamedTuple):
    """Scores as columns, all of shape (rows,): places of item and variant from 0, repeat, and the score read."""

    item: npt.NDArray[np.integer]
    variant: npt.NDArray[np.integer]
    repeat: npt.NDArray[np.integer]
    value: Floats


class Cases(NamedTuple):
    """What the rows stand for.

    Attributes:
        positive: class of each item, shape (items,).
        weight: weight of each item, shape (items,), above 0.
        group: cluster of each item from 0, shape (items,); None if items stand alone.
        n_variants: variants of the plan.
        population: True if the items stand for others, False if the result speaks of these items.
        variants_are_sample: True if the variants stand for others.
    """

    positive: Flags
    weight: Floats
    group: Ints | None
    n_variants: int
    population: bool
    variants_are_sample: bool


class Row(NamedTuple):
    """One row of the budget: code of the source, standard uncertainty, degrees of freedom (None: infinite)."""

    code: Literal["positives", "negatives", "items_in_groups", "pairs_bound", "repeats_bound", "variants", "all_equal"]
    u: float
    dof: float | None


class Area(NamedTuple):
    """The estimate, its budget, and codes of remarks."""

    spread: Spread
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


class _Placed(NamedTuple):
    """Placements of the cases used.

    Attributes:
        cell: mean over repeats, shape (items, variants); 0 where there is none.
        present: whether there is one, same shape.
        areas: AUC of each variant that has one, shape (variants used,).
        between: sum of squares of the AUCs of repeats about that of their variant, and its degrees of freedom.
        cases: the cases used.
        value: the mean of ``areas``.
        pairs: number of disjoint pairs that the weakest class allows, k; fractional with weights.
    """

    cell: Floats
    present: Flags
    areas: Floats
    between: tuple[float, int]
    cases: Cases
    value: float
    pairs: float

    @property
    def case(self) -> Floats:
        """Mean placement of each case over its variants, shape (items,)."""
        return np.asarray(self.cell.sum(axis=1) / self.present.sum(axis=1))


def auc(scores: Scores, cases: Cases) -> Area | None:
    """Mean over variants of the mean over repeats of the AUC, with its uncertainty.

    Args:
        scores: higher for cases that look more positive.
        cases: what they stand for.
    Returns:
        The estimate, its spread never of zero width; None if no variant has scores of both classes.

    >>> two = Cases(np.array([True, True, False, False]), np.ones(4), None, 1, True, False)
    >>> rows = Scores(np.arange(4), np.zeros(4, int), np.ones(4, int), np.array([0.9, 0.4, 0.4, 0.1]))
    >>> auc(rows, two).spread.value
    0.875
    """
    placed = _placed(scores, cases)
    if placed is None:
        return None
    retrained = cases.variants_are_sample and len(placed.areas) > 1
    if cases.population:
        parts = _sampled(placed)
    elif retrained:
        parts = []
    else:
        parts = [_repeats_bound(placed)]
    if retrained:
        parts.append(_variants(placed))
    total = float(np.sqrt(sum(row.u**2 for row in parts)))
    seen = placed.cell[placed.present]
    if total == 0 or placed.value in (0.0, 1.0) or (cases.population and (seen == seen[0]).all()):
        return _all_equal(placed, len(placed.areas) if retrained and not cases.population else placed.pairs)
    dof = effective_dof((row.u, row.dof) for row in parts)
    notes = ["one_case"] if parts[0].code == "pairs_bound" and _smallest(placed.cases) < 2 else []
    if retrained and cases.n_variants < 10:
        notes.append("few_variants")
    if parts[0].code == "repeats_bound":
        notes.append("repeats_bound")
    return Area(bounded(placed.value, total, dof, (0.0, 1.0)), tuple(parts), tuple(notes))


def placements(value: Floats, positive: Flags, weight: Floats) -> Floats:
    """Weight of the cases of the other class on the right side of each case, as a share; ties count half.

    Args:
        value: one score for each case, shape (items,).
        positive: class of each case, shape (items,); both occur.
        weight: weight of each case, shape (items,).
    Returns:
        Shape (items,): for a positive case the share of negatives below it, for a negative that of positives above.
    Source: DeLong, DeLong and Clarke-Pearson 1988, equations for V10 and V01 (recalled).
    """
    found = np.empty(len(value))
    for ours, sign in ((positive, 1.0), (~positive, -1.0)):
        others, heavy = sign * value[~ours], weight[~ours]
        order = np.argsort(others, kind="stable")
        below = np.concatenate([[0.0], np.cumsum(heavy[order])])
        first = np.searchsorted(others[order], sign * value[ours], side="left")
        last = np.searchsorted(others[order], sign * value[ours], side="right")
        found[ours] = (below[first] + below[last]) / 2 / below[-1]
    return found


def _placed(scores: Scores, cases: Cases) -> _Placed | None:
    n_items = len(cases.positive)
    total, count = np.zeros((n_items, cases.n_variants)), np.zeros((n_items, cases.n_variants))
    areas: list[float] = []
    squares, dof = 0.0, 0
    for variant in range(cases.n_variants):
        found = []
        for repeat in np.unique(scores.repeat[scores.variant == variant]):
            rows = (scores.variant == variant) & (scores.repeat == repeat)
            items = scores.item[rows]
            positive, weight = cases.positive[items], cases.weight[items]
            if positive.all() or not positive.any():
                continue
            placement = placements(scores.value[rows], positive, weight)
            total[items, variant] += placement
            count[items, variant] += 1
            found.append(_average(placement[positive], weight[positive]))
        if found:
            areas.append(float(np.mean(found)))
            squares += float(((np.array(found) - areas[-1]) ** 2).sum())
            dof += len(found) - 1
    if not areas:
        return None
    used = count.any(axis=1)
    kept = cases._replace(
        positive=cases.positive[used],
        weight=cases.weight[used],
        group=None if cases.group is None else np.unique(cases.group[used], return_inverse=True)[1].astype(np.int64),
    )
    cell = np.divide(total, count, out=np.zeros_like(total), where=count > 0)[used]
    return _Placed(
        cell, count[used] > 0, np.array(areas), (squares, dof), kept, float(np.mean(areas)), _pairs(kept)
    )


def _average(values: Floats, weight: Floats) -> float:
    if (values == values[0]).all():
        return float(values[0])  # the last digit of a sum must not hide that nothing varied
    return float(weight @ values / weight.sum())


def _shares(cases: Cases) -> tuple[Floats, Floats]:
    """Weights of the positive and of the negative cases, each with the sum 1, both of shape (items,)."""
    positive = np.where(cases.positive, cases.weight, 0.0)
    negative = np.where(cases.positive, 0.0, cases.weight)
    return positive / positive.sum(), negative / negative.sum()


def _totals(share: Floats, cases: Cases) -> Floats:
    """Sums over clusters, or the values themselves if items stand alone."""
    if cases.group is None:
        return share
    return np.asarray(np.bincount(cases.group, weights=share), dtype=np.float64)


def _pairs(cases: Cases) -> float:
    """Number of disjoint pairs without a cluster in common that the weakest class allows."""
    counts = [1 / float((_totals(share, cases) ** 2).sum()) for share in _shares(cases)]
    if cases.group is not None:
        counts.append(max(1.0, (int(cases.group.max()) + 1) / 2))
    return min(counts)


def _smallest(cases: Cases) -> int:
    """Cases (or clusters) of the class that has fewer."""
    return min(int((_totals(share, cases) > 0).sum()) for share in _shares(cases))


def _sampled(placed: _Placed) -> list[Row]:
    """Sampling of the cases: a row for each class, or one for clusters, whose cases may be of both classes."""
    p = (placed.value * placed.pairs + 0.5) / (placed.pairs + 1)
    bound = placed.value * (1 - placed.value) / placed.pairs
    if _smallest(placed.cases) < 2:
        return [Row("pairs_bound", float(np.sqrt(bound)), None)]
    parts = _by_cluster(placed, p) if placed.cases.group is not None else _by_class(placed, p)
    if sum(row.u**2 for row in parts) > bound:
        return [Row("pairs_bound", float(np.sqrt(bound)), None)]
    return parts


def _by_class(placed: _Placed, p: float) -> list[Row]:
    positive, negative = _shares(placed.cases)
    return [Row("positives", *_of_class(placed, positive, p)), Row("negatives", *_of_class(placed, negative, p))]


def _of_class(placed: _Placed, share: Floats, p: float) -> tuple[float, float]:
    ours = share > 0
    u2, dof = clustered(share[ours], placed.case[ours] - float(share @ placed.case), None)
    u2 = (u2 * dof + p * (1 - p) * float((share**2).sum())) / (dof + 1)
    return float(np.sqrt(u2)), dof + 1


def _by_cluster(placed: _Placed, p: float) -> list[Row]:
    shares = _shares(placed.cases)
    influence = sum(share * (placed.case - float(share @ placed.case)) for share in shares)
    totals = _totals(np.asarray(influence), placed.cases)
    dof = float(len(totals) - 1)
    u2 = float((totals**2).sum()) * len(totals) / dof
    most = p * (1 - p) * sum(float((_totals(share, placed.cases) ** 2).sum()) for share in shares)
    return [Row("items_in_groups", float(np.sqrt((u2 * dof + most) / (dof + 1))), dof + 1)]


def _variants(placed: _Placed) -> Row:
    """Sampling of the variants: spread of their AUCs, less what the interaction with sampled cases puts into it."""
    n = len(placed.areas)
    u2 = float(placed.areas.var(ddof=1)) / n
    inner = 0.0
    if placed.cases.population and n == placed.cell.shape[1] and placed.present.all():
        for share in _shares(placed.cases):
            ours = share > 0
            cell, heavy = placed.cell[ours], share[ours]
            if len(cell) > 1:
                rest = cell - cell.mean(axis=1)[:, None] - cell.mean(axis=0) + cell.mean()
                inner += float((rest**2).sum()) / ((len(cell) - 1) * (n - 1)) * float((heavy**2).sum()) / n
    return Row("variants", float(np.sqrt(max(0.0, u2 - inner))), float(n - 1))


def _repeats_bound(placed: _Placed) -> Row:
    """Scatter between repetitions for these cases and these variants, with what stands in where it was not seen.

    The sampling variance of the cases contains that of their scores, so that it is an upper bound; it enters as one
    more degree of freedom, and alone where there is one repetition.
    """
    squares, dof = placed.between
    most = sum(row.u**2 for row in _sampled(placed))
    scatter = squares / dof / _readings(placed, dof) if dof else 0.0
    return Row("repeats_bound", float(np.sqrt((scatter * dof + most) / (dof + 1))), float(dof) if dof else None)


def _readings(placed: _Placed, dof: int) -> int:
    """AUCs that the mean is made of: one for each variant and repeat."""
    return dof + len(placed.areas)


def _all_equal(placed: _Placed, n: float) -> Area:
    """What stands in where nothing was seen to vary: n independent pairs (or retrainings) that all gave this."""
    p = placed.value
    method: Method = "wilson" if p in (0.0, 1.0) else "all_equal"
    u = jeffreys_u(p * n, n) if method == "wilson" else all_equal_u(p, n)
    return Area(Spread(p, u, None, 0.0, 1.0, n, method), (Row("all_equal", u, None),), ("order_equal",))
