"""Agreement of raters on categories and scores, beyond chance: kappa, alpha, AC1, with intervals over units.

All coefficients are 1 − D_observed / D_expected (or its counterpart for agreement), and all are functions of sums over
units, so that one vectorised bootstrap over units (or clusters of units) serves them. Kappa and alpha fall with the
share of the commonest category even where raters agree; AC1 hardly does. They answer different questions.

Where all raters agree on every unit, resampling shows no spread; the lower end then is what the coefficient would be
if the share of units in agreement were at the lower end of Wilson's interval (with distances, if the others were in
disagreement as by chance).

Source: Cohen 1960, 1968; Fleiss 1971; Krippendorff 2011 ("Computing Krippendorff's alpha-reliability"); Gwet 2008,
equations of AC1 with missing ratings (recalled).
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, level_given, places, within
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import wilson
from assay.uncertainty.resample import Plan, bootstrap, sums
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["none", "linear", "quadratic"]
_WHERE = "agreement"
_CATEGORIES = 200


class Agreement(NamedTuple):
    """A coefficient with its interval over units.

    Attributes:
        value: 1 for full agreement, 0 for agreement by chance.
        u: standard deviation of the draws; None where all raters agree on every unit.
        interval: coverage interval, at most 1; None if it was not asked for.
        observed: share of agreement, or 1 less the observed disagreement in the metric's own unit.
        units: units with two or more ratings.
    """

    value: float
    u: float | None
    interval: tuple[float, float] | None
    observed: float
    units: int


class Ratings(NamedTuple):
    """Ratings of units by raters.

    Attributes:
        value: shape (units, raters); category codes or numbers.
        present: which of them were had, same shape; all if None.
        group: cluster of each unit, shape (units,); every unit its own if None.
    """

    value: npt.ArrayLike
    present: npt.ArrayLike | None = None
    group: npt.ArrayLike | None = None


class _Coefficient(NamedTuple):
    """What to sum over units, and observed and expected disagreement as functions of the sums (see ``resample``).

    ``simple`` says that a unit is in agreement or not, so that its disagreement is at most 1.
    """

    columns: Floats
    seen: Callable[[Floats], Floats]
    expected: Callable[[Floats], Floats]
    simple: bool

    def value(self, total: Floats) -> Floats:
        """1 − seen / expected; not a number where nothing else was to be expected."""
        with np.errstate(divide="ignore", invalid="ignore"):
            seen, expected = self.seen(total), self.expected(total)
            return np.asarray(1 - np.where(expected > 1e-15, seen / expected, np.nan))


def cohen_kappa(ratings: Ratings, weights: Weights = "none", plan: Plan | None = None) -> Agreement:
    """Cohen's kappa of two raters; weighted by distance of the sorted categories if wanted.

    Args:
        ratings: of two raters; units that one of them did not rate are left out.
        weights: ``none``, ``linear`` or ``quadratic``.
        plan: of the bootstrap over units; no interval if None.
    Raises:
        BadInput: not two raters, fewer than two units, or both using one and the same category throughout.

    >>> round(cohen_kappa(Ratings([[0, 0]] * 20 + [[0, 1]] * 5 + [[1, 0]] * 10 + [[1, 1]] * 15)).value, 4)
    0.4
    """
    code, present, names = _coded(ratings)
    within(_WHERE, "raters", code.shape[1], "2", code.shape[1] == 2)
    both = np.asarray(present.all(axis=1))
    q = len(names)
    away = np.abs(np.subtract.outer(np.arange(q), np.arange(q))).astype(np.float64)
    cost = {"none": (away > 0).astype(np.float64), "linear": away, "quadratic": away**2}[weights] / max(1, q - 1) ** (
        {"none": 0, "linear": 1, "quadratic": 2}[weights]
    )
    first, second = code[both, 0], code[both, 1]
    columns = np.hstack([np.eye(q)[first], np.eye(q)[second], cost[first, second][:, None], np.ones((len(first), 1))])

    def seen(total: Floats) -> Floats:
        return np.asarray(total[..., -2] / total[..., -1])

    def expected(total: Floats) -> Floats:
        pairs = np.einsum("...i,ij,...j->...", total[..., :q], cost, total[..., q : 2 * q], optimize=True)
        return np.asarray(pairs / total[..., -1] ** 2)

    return _finished(_Coefficient(columns, seen, expected, weights == "none"), ratings.group, both, plan)


def fleiss_kappa(ratings: Ratings, plan: Plan | None = None) -> Agreement:
    """Fleiss' kappa of the same number of ratings of each unit, by whichever raters.

    Args:
        ratings: the same number present for each unit, two or more.
        plan: of the bootstrap over units; no interval if None.
    Raises:
        BadInput: numbers of ratings that differ (take ``krippendorff_alpha``), or one category throughout.
    """
    code, present, names = _coded(ratings)
    counts, m = _counts(code, present, len(names)), present.sum(axis=1)
    within(_WHERE, "ratings of a unit", float(m.min()), f"{m.max()}", bool((m == m[0]).all()))
    at_least(_WHERE, "ratings of a unit", int(m[0]), 2)
    agree = ((counts**2).sum(axis=1) - m) / (m * (m - 1))
    columns = np.hstack([counts / m[:, None], agree[:, None], np.ones((len(m), 1))])

    def seen(total: Floats) -> Floats:
        return np.asarray(1 - total[..., -2] / total[..., -1])

    def expected(total: Floats) -> Floats:
        return np.asarray(1 - ((total[..., :-2] / total[..., -1:]) ** 2).sum(axis=-1))

    return _finished(_Coefficient(columns, seen, expected, True), ratings.group, m > 1, plan)


def gwet_ac1(ratings: Ratings, categories: int | None = None, plan: Plan | None = None) -> Agreement:
    """Gwet's AC1, for any number of raters and with missing ratings.

    Args:
        ratings: categories.
        categories: how many there are, those never used included; as many as are used (at least two) if None.
        plan: of the bootstrap over units; no interval if None.
    Raises:
        BadInput: no unit with two ratings, or fewer categories stated than used.

    >>> round(gwet_ac1(Ratings([[1, 1]] * 118 + [[1, 0]] * 5 + [[0, 1]] * 2)).value, 3)
    0.941
    """
    code, present, names = _coded(ratings)
    q = categories if categories is not None else max(2, len(names))
    within(_WHERE, "categories", q, f">= {max(2, len(names))}", q >= max(2, len(names)))
    counts, m = _counts(code, present, len(names)), present.sum(axis=1)
    several = np.asarray(m > 1)
    agree: Floats = np.where(several, ((counts**2).sum(axis=1) - m) / np.maximum(m * (m - 1), 1), 0.0)
    shares = counts / np.maximum(m, 1)[:, None]
    columns = np.hstack([shares, agree[:, None], several[:, None], (m > 0)[:, None]]).astype(np.float64)

    def seen(total: Floats) -> Floats:
        return np.asarray(1 - total[..., -3] / total[..., -2])

    def expected(total: Floats) -> Floats:
        share = total[..., :-3] / total[..., -1:]
        return np.asarray(1 - (share * (1 - share)).sum(axis=-1) / (q - 1))

    return _finished(_Coefficient(columns, seen, expected, True), ratings.group, m > 0, plan, several)


def krippendorff_alpha(ratings: Ratings, metric: Metric = "nominal", plan: Plan | None = None) -> Agreement:
    """Krippendorff's alpha: any number of raters, missing ratings, four metrics.

    Args:
        ratings: numbers; for ``ratio`` none below 0. Units with one rating do not count.
        metric: how far apart two values are.
        plan: of the bootstrap over units; no interval if None.
    Raises:
        BadInput: no unit with two ratings, one value throughout, or more than 200 values for ``ordinal``.
    """
    code, present, names = _coded(ratings)
    counts, m = _counts(code, present, len(names)), present.sum(axis=1)
    used = np.asarray(m > 1)
    counts, m = counts[used], m[used].astype(np.float64)
    at_least(_WHERE, "units with two ratings", len(m), 1)
    if metric == "ratio":
        within(_WHERE, "rating", float(names.min()), ">= 0", bool((names >= 0).all()))
    coefficient = _ordinal(counts, m) if metric == "ordinal" else _metric(counts, m, _distance(names, metric))
    coefficient = coefficient._replace(simple=metric == "nominal")
    return _finished(coefficient, ratings.group, used, plan)


def _metric(counts: Floats, m: Floats, distance: Floats) -> _Coefficient:
    """Alpha where distances do not depend on how often values occur."""
    seen = np.einsum("ui,ij,uj->u", counts, distance, counts, optimize=True) / (m - 1)
    columns = np.hstack([counts, seen[:, None]])

    def disagreement(total: Floats) -> Floats:
        return np.asarray(total[..., -1] / total[..., :-1].sum(axis=-1))

    def expected(total: Floats) -> Floats:
        n = total[..., :-1].sum(axis=-1)
        return np.asarray(((total[..., :-1] @ distance) * total[..., :-1]).sum(axis=-1) / (n * (n - 1)))

    return _Coefficient(columns, disagreement, expected, False)


def _ordinal(counts: Floats, m: Floats) -> _Coefficient:
    """Alpha where the distance of two values is the number of ratings between them, half of their own included."""
    q = counts.shape[1]
    within(_WHERE, "values", q, f"<= {_CATEGORIES}", q <= _CATEGORIES)
    rows, columns = np.triu_indices(q, 1)
    pairs = 2 * counts[:, rows] * counts[:, columns] / (m - 1)[:, None]

    def away(total: Floats) -> Floats:
        middle = np.cumsum(total[..., :q], axis=-1) - total[..., :q] / 2
        return np.asarray((middle[..., rows] - middle[..., columns]) ** 2)

    def seen(total: Floats) -> Floats:
        return np.asarray((away(total) * total[..., q:]).sum(axis=-1) / total[..., :q].sum(axis=-1))

    def expected(total: Floats) -> Floats:
        n = total[..., :q].sum(axis=-1)
        pairs = away(total) * total[..., rows] * total[..., columns]
        return np.asarray(2 * pairs.sum(axis=-1) / (n * (n - 1)))

    return _Coefficient(np.hstack([counts, pairs]), seen, expected, False)


def _distance(names: Floats, metric: Metric) -> Floats:
    away = np.subtract.outer(names, names)
    if metric == "nominal":
        return np.asarray(away != 0, dtype=np.float64)
    if metric == "interval":
        return np.asarray(away**2)
    both = np.add.outer(names, names)
    return np.divide(away, both, out=np.zeros_like(away), where=both > 0) ** 2


def _coded(ratings: Ratings) -> tuple[npt.NDArray[np.int64], Flags, Floats]:
    """Codes from 0 in the order of the values, which are present, and the values."""
    value = np.asarray(ratings.value, dtype=np.float64)
    within(_WHERE, "dimensions of ratings", value.ndim, "2", value.ndim == 2)
    present = np.ones(value.shape, bool) if ratings.present is None else np.asarray(ratings.present, dtype=bool)
    at_least(_WHERE, "ratings", int(present.sum()), 2)
    finite(_WHERE, value[present])
    names, place = np.unique(value[present], return_inverse=True)
    code = np.zeros(value.shape, dtype=np.int64)
    code[present] = place
    return code, present, names


def _counts(code: npt.NDArray[np.int64], present: Flags, q: int) -> Floats:
    """How many raters put each unit into each category, shape (units, categories)."""
    unit = np.broadcast_to(np.arange(len(code))[:, None], code.shape)[present]
    return np.bincount(unit * q + code[present], minlength=len(code) * q).reshape(len(code), q).astype(np.float64)


def _finished(
    coefficient: _Coefficient, group: npt.ArrayLike | None, used: Flags, plan: Plan | None, counted: Flags | None = None
) -> Agreement:
    total = coefficient.columns.sum(axis=0)
    units = int((used if counted is None else counted).sum())
    at_least(_WHERE, "units with two ratings", units, 1 if plan is None else 2)
    value, observed = float(coefficient.value(total)), 1 - float(coefficient.seen(total))
    if not np.isfinite(value):
        raise BadInput("agreement.one_category")
    if plan is None:
        return Agreement(value, None, None, observed, units)
    level_given(_WHERE, plan.level)
    place = None if group is None else places(np.asarray(group)[used], len(coefficient.columns))
    if observed >= 1 - 1e-12:
        clusters = units if place is None else int(place.max()) + 1
        share, _ = wilson(1.0, clusters, coverage_factor(plan.level))
        chance = float(coefficient.expected(total)) if coefficient.simple else 1.0
        return Agreement(value, None, (max(-1.0, 1 - (1 - share) / chance), 1.0), observed, units)
    found = bootstrap(sums(coefficient.columns, place), coefficient.value, plan)
    return Agreement(value, found.u, (found.low, min(1.0, found.high)), observed, units)
