"""A mean of human labels, sharpened by a judge that has read many more items.

θ = λ · mean f(unlabelled) + mean(y − λ f) over the labelled items. Whatever the judge does, the labels take its bias
out, provided that the labelled items are a random sample of the same population as the unlabelled ones. λ makes the
variance smallest; a judge that says nothing gets λ near 0, and the mean of the labels is left. An unusable verdict may
be given any one number in both samples: the result stays right, whyever verdicts are lost.

λ comes from the same data, with the variance of f pooled over both samples. By simulation (10,000 unlabelled items; 50,
100 and 200 labels) this needs no cross-fitting once the degrees of freedom are n − 2 and not n: for normal readings the
nominal 95 % covers 94.2 to 95.5 %; λ from five folds covers 94.7 to 95.1 %. For 0/1 readings folds take away a bias of
up to a fifth of the standard uncertainty (50 labels, a rate of 0.9) but leave the coverage as it is. Published practice
(normal quantile, n for n − 1) covers 93.0 to 94.8 % for normal readings and 78 to 94 % for 0/1 readings, where the few
disagreements on the labelled items understate their own variance. So:

- Readings 0 or 1: half a reading of disagreement by the whole range is added to the variance.
- Others: degrees of freedom are lowered where the residuals have heavy tails, as for differences.
- All on one line: the first rule if there are bounds, no result if there are none.
- The interval is Student's, cut to the bounds; for 0/1 readings with fewer than 50 labels, or fewer than 30 of one
  kind, Wilson's with an effective number, since Student's is then too short.

Source: Angelopoulos et al. 2023, Science 382, 669; PPI++: Angelopoulos, Duchi and Zrnic, arXiv 2311.01453; it is the
regression estimator of double sampling (Cochran 1977, chapter 12, recalled). The three rules are our own.
"""

from math import sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, places, same_length, within
from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.resample import sums
from assay.uncertainty.score.crossed import clustered
from assay.uncertainty.spread import Spread, bounded
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_WHERE: Final = "prediction-powered mean"
_LEAST: Final = 10
_PADDED: Final = 0.5
_FEW: Final = 50
_RARE: Final = 30
_LINE: Final = 1e-20


class Labelled(NamedTuple):
    """Items with both.

    Attributes:
        y: human labels, shape (n,).
        f: the judge's readings of the same items, in the same unit, shape (n,).
        group: cluster of each item, shape (n,); each its own if None.
    """

    y: npt.ArrayLike
    f: npt.ArrayLike
    group: npt.ArrayLike | None = None


class Judged(NamedTuple):
    """Items with the judge's reading alone: readings and clusters, shape (N,)."""

    f: npt.ArrayLike
    group: npt.ArrayLike | None = None


class Row(NamedTuple):
    """One row of the budget: code of the source, signed contribution, degrees of freedom."""

    code: Literal["labels", "judged"]
    contribution: float
    dof: float | None


class PredictionPowered(NamedTuple):
    """A mean with its budget.

    Attributes:
        spread: value, standard uncertainty and what interval, tail and bound are made from (see ``spread.py``).
        raw: the mean before it was moved within its bounds.
        weight: λ.
        rows: the budget.
        r2: squared correlation of labels and readings on the labelled items.
        labels_alone: standard uncertainty of the mean of the labels without the judge.
    """

    spread: Spread
    raw: float
    weight: float
    rows: tuple[Row, Row]
    r2: float
    labels_alone: float


def prediction_powered(
    labelled: Labelled, judged: Judged, bounds: tuple[float, float] | None = None, weight: float | None = None
) -> PredictionPowered:
    """The mean of y in the population that both samples were drawn from.

    Args:
        labelled: at least 10 items, in at least 4 clusters.
        judged: two or more items, none of them among the labelled.
        bounds: lowest and highest possible label; None if there are none.
        weight: λ; the best one if None.
    Raises:
        BadInput: too few items, values that are not finite or out of bounds, or all labelled items on one line without
            bounds.

    >>> y = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    >>> f = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    >>> found = prediction_powered(Labelled(y, f), Judged([1.0, 1.0, 1.0, 0.0] * 100), (0.0, 1.0))
    >>> round(found.raw, 3), round(found.weight, 3)
    (0.731, 0.777)
    """
    y, f, group = _sample(labelled.y, labelled.f, labelled.group)
    many, _, many_group = _sample(judged.f, judged.f, judged.group)
    at_least(_WHERE, "labelled items", len(y), _LEAST)
    at_least(_WHERE, "judged items", len(many), 2)
    binary = False
    if bounds is not None:
        low, high = bounds
        within(_WHERE, "label", float(y[np.argmax(np.abs(y - (low + high) / 2))]), f"{low:g} to {high:g}",
               bool((y >= low).all() and (y <= high).all()))  # fmt: skip
        binary = all(bool(((x == low) | (x == high)).all()) for x in (y, f))
    rate = _best(y, f, many) if weight is None else weight
    raw = rate * float(many.mean()) + float((y - rate * f).mean())
    first, first_dof = _labels_part(y, f, group, rate, weight is None)
    reach = None if bounds is None else bounds[1] - bounds[0]
    padded = binary or _on_a_line(y, f)
    if padded:
        if reach is None:
            raise BadInput("numbers.no_scatter", where=_WHERE, n=len(y))
        first = (first_dof * first + _PADDED * reach**2 / _units(group, len(y))) / (first_dof + _PADDED)
    else:
        first_dof = lowered(first_dof, sums(y - rate * f - float((y - rate * f).mean()), group)[:, 0])
    second, second_dof = _mean_part(many, many_group)
    rows = (Row("labels", sqrt(first), first_dof), Row("judged", rate * sqrt(second), second_dof))
    dof = effective_dof((abs(row.contribution), row.dof) for row in rows)
    u = sqrt(first + rate**2 * second)
    units, rare = _units(group, len(y)), 0 if np.ptp(y) == 0 else min(int((y == y[0]).sum()), int((y != y[0]).sum()))
    kept = 1 / (2 * units) if binary and (units < _FEW or rare < _RARE) else None
    spread = _spread(raw, (u, dof), bounds, kept)
    alone = sqrt(_mean_part(y, group)[0])
    return PredictionPowered(spread, raw, rate, rows, r_squared(y, f), alone)


def _sample(y: npt.ArrayLike, f: npt.ArrayLike, group: npt.ArrayLike | None) -> tuple[Floats, Floats, Ints | None]:
    first, second = np.asarray(y, dtype=np.float64), np.asarray(f, dtype=np.float64)
    same_length(_WHERE, first, second)
    finite(_WHERE, first, second)
    place = None if group is None else places(group, len(first))
    if place is not None:
        at_least(_WHERE, "clusters", int(place.max(initial=-1)) + 1, 4)
    return first, second, place


def _units(group: Ints | None, n: int) -> int:
    return n if group is None else int(group.max()) + 1


def _best(y: Floats, f: Floats, many: Floats) -> float:
    """Cov(y, f) / ((1 + n / N) Var f), the variance pooled within the two samples."""
    n, most = len(f), len(many)
    pooled = (float(((f - f.mean()) ** 2).sum()) + float(((many - many.mean()) ** 2).sum())) / (n + most - 2)
    if pooled <= 0:
        return 0.0
    return float(np.cov(y, f)[0, 1]) / ((1 + n / most) * pooled)


def _mean_part(values: Floats, group: Ints | None) -> tuple[float, float]:
    """Variance of a mean and its degrees of freedom."""
    return clustered(np.full(len(values), 1 / len(values)), values - values.mean(), group)


def _labels_part(y: Floats, f: Floats, group: Ints | None, rate: float, estimated: bool) -> tuple[float, float]:
    """Variance of the mean of y − λ f and its degrees of freedom; one is spent on an estimated λ."""
    variance, dof = _mean_part(y - rate * f, group)
    if not estimated:
        return variance, dof
    return variance * dof / (dof - 1), dof - 1


def lowered(dof: float, total: Floats) -> float:
    """Degrees of freedom lowered for heavy tails; var(s²) = σ⁴ (γ + 2) / n with the excess kurtosis γ (recalled).

    Args:
        dof: from the design.
        total: sum of the residuals of each cluster, shape (clusters,).
    """
    squares = total**2
    mean = float(squares.mean())
    if mean == 0:
        return dof
    excess = float((squares**2).mean()) / mean**2 - 3
    return max(1.0, dof / (1 + max(0.0, excess) / 2))


def _on_a_line(y: Floats, f: Floats) -> bool:
    """Whether y is a linear function of f on all items, so that nothing shows how far others lie from it."""
    dy, df = y - y.mean(), f - f.mean()
    squares = float(df @ df)
    off = dy - (float(dy @ df) / squares if squares > 0 else 0.0) * df
    return float(off @ off) <= _LINE * max(1.0, float(y @ y))


def _spread(
    raw: float, known: tuple[float, float | None], bounds: tuple[float, float] | None, kept: float | None
) -> Spread:
    """The record for intervals: Wilson's if ``kept``, the share of the range kept from the bounds, is given."""
    u, dof = known
    if bounds is None:
        return Spread(raw, u, dof, None, None, None, "t")
    low, high = bounds
    if kept is None:
        return Spread(min(high, max(low, raw)), u, dof, low, high, None, "t")
    inset = kept * (high - low)  # half a reading: at the bound itself no effective number could be told
    return bounded(min(high - inset, max(low + inset, raw)), u, dof, bounds)


def r_squared(y: Floats, f: Floats) -> float:
    """Squared correlation; 0 where one of them does not vary."""
    (vyy, vyf), (_, vff) = np.cov(y, f)
    return float(vyf**2 / (vyy * vff)) if vyy > 0 and vff > 0 else 0.0
