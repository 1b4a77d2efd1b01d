"""Bootstrap intervals by resampling clusters, seeded.

Many statistics are functions of sums over clusters (means, ratios, kappas): for these, a resample is a row of counts
times a table of sums, and all resamples are one matrix product. Any other statistic is computed from the rows of the
clusters drawn, one resample after the other.

Three intervals: ``percentile``; ``bca``, corrected for bias and skewness by a jackknife over clusters; ``t``, the
studentised one, for functions of sums only. Draws from few clusters are too narrow; ``percentile`` and ``bca`` are read
further out by the ratio of Student's to the normal quantile and √(C / (C − 1)) for C clusters, unless ``expanded`` is
off. With skewed data and fewer than about 50 clusters ``t`` holds its level best. The bootstrap cannot leave the
values that were seen: where all clusters agree it is
refused, since its interval would have no width.

Source: Efron 1987 (BCa); Efron and Tibshirani 1993, chapters 12 and 14 (recalled); expansion: Hesterberg 2015,
The American Statistician 69, 371 (recalled); clusters: Davison and Hinkley 1997,
section 3.8 (recalled).
"""

from collections.abc import Callable
from math import sqrt
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from assay.uncertainty.checked import at_least, finite, level_given, places, within
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Method = Literal["percentile", "bca", "t"]
Statistic = Callable[[Floats], Floats]
"""Takes sums, shape (..., columns), and gives the value of each, shape (...,). It must not care about their scale."""
_WHERE = "bootstrap"
_CHUNK = 2_000_000
_UNDEFINED = 0.05


class Plan(NamedTuple):
    """How to resample: number of draws, seed, coverage probability, kind of interval, and whether it is expanded."""

    draws: int = 10_000
    seed: int = 1
    level: float = 0.95
    method: Method = "bca"
    expanded: bool = True


class Resampled(NamedTuple):
    """An estimate with its bootstrap interval.

    Attributes:
        value: the statistic of the data.
        u: standard deviation of the draws.
        low: lower end of the interval.
        high: upper end.
        method: how the interval was made.
        clusters: how many were resampled.
        undefined: draws in which the statistic had no value; they are left out.
    """

    value: float
    u: float
    low: float
    high: float
    method: Method
    clusters: int
    undefined: int


def sums(columns: npt.ArrayLike, group: npt.ArrayLike | None = None) -> Floats:
    """Sums of columns over clusters.

    Args:
        columns: shape (rows, columns) or (rows,); a column of weights (or of ones) makes means of the others.
        group: cluster of each row, shape (rows,); each row its own if None.
    Returns:
        Shape (clusters, columns).

    >>> sums([[1.0, 1.0], [2.0, 1.0], [6.0, 1.0]], [0, 0, 1]).tolist()
    [[3.0, 2.0], [6.0, 1.0]]
    """
    table = np.asarray(columns, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    finite(_WHERE, table)
    if group is None:
        return table
    place = places(group, len(table))
    return np.stack([np.bincount(place, weights=column) for column in table.T], axis=1)


def ratio(total: Floats) -> Floats:
    """First column over second: a ratio, or with a column of weights a mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(total[..., 0] / total[..., 1])


def drawn(table: Floats, draws: int, seed: int) -> Floats:
    """Sums of resampled clusters.

    Args:
        table: of ``sums``, shape (clusters, columns).
        draws: number of resamples.
        seed: of the generator; the same draws for the same number of clusters.
    Returns:
        Shape (draws, columns).
    """
    rng = np.random.default_rng(seed)
    n = len(table)
    found = np.empty((draws, table.shape[1]))
    step = max(1, _CHUNK // n)
    for begin in range(0, draws, step):
        rows = min(step, draws - begin)
        found[begin : begin + rows] = _counts(rng, rows, n) @ table
    return found


def _counts(rng: np.random.Generator, rows: int, n: int) -> Floats:
    """How often each cluster was drawn, shape (rows, clusters)."""
    picked = rng.integers(0, n, size=(rows, n), dtype=np.int32)
    picked += np.arange(rows, dtype=np.int32)[:, None] * np.int32(n)
    return np.bincount(picked.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def bootstrap(table: Floats, statistic: Statistic = ratio, plan: Plan = Plan()) -> Resampled:  # noqa: B008
    """Interval of a function of sums over clusters.

    Args:
        table: of ``sums``, shape (clusters, columns).
        statistic: of sums; the same for sums all multiplied by one number.
        plan: how to resample.
    Raises:
        BadInput: one cluster, no variation, or a statistic that has no value in more than 5 % of the draws.

    >>> rows = [[v, 1.0] for v in (3.0, 5.0, 4.0, 8.0, 6.0, 4.0, 7.0, 5.0)]
    >>> found = bootstrap(sums(rows), plan=Plan(draws=2000))
    >>> found.value, found.low < 5.25 < found.high
    (5.25, True)
    """
    _check(len(table), plan)
    value = float(statistic(table.sum(axis=0)))
    if plan.method == "t":
        return _studentised(table, statistic, plan, value)
    draws = np.asarray(statistic(drawn(table, plan.draws, plan.seed)), dtype=np.float64)
    with np.errstate(all="ignore"):
        left_out = np.asarray(statistic(table.sum(axis=0) - table)) if plan.method == "bca" else draws[:0]
    return finished(value, draws, left_out, plan, len(table))


def bootstrap_rows(statistic: Callable[[Ints], float], group: npt.ArrayLike, plan: Plan = Plan()) -> Resampled:  # noqa: B008
    """Interval of any statistic.

    Args:
        statistic: takes places of rows, shape (rows drawn,), those of a cluster drawn twice standing twice; gives the
            value, or NaN where there is none.
        group: cluster of each row, shape (rows,).
        plan: how to resample; ``t`` is not to be had.
    Raises:
        BadInput: as for ``bootstrap``; or the method ``t``.
    """
    place = places(group, len(np.asarray(group)))
    n = int(place.max(initial=-1)) + 1
    _check(n, plan)
    if plan.method == "t":
        raise BadInput("bootstrap.method")
    order = np.argsort(place, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(place))[:-1])
    rng = np.random.default_rng(plan.seed)
    draws = np.array([
        statistic(np.concatenate([members[c] for c in rng.integers(0, n, n)])) for _ in range(plan.draws)
    ])  # fmt: skip
    left_out = [statistic(order[place[order] != c]) for c in range(n)] if plan.method == "bca" else []
    return finished(statistic(np.arange(len(place))), draws, np.array(left_out), plan, n)


def _check(n: int, plan: Plan) -> None:
    at_least(_WHERE, "clusters", n, 2)
    level_given(_WHERE, plan.level)
    within(_WHERE, "draws", plan.draws, "draws >= 100", plan.draws >= 100)


def finished(value: float, draws: Floats, left_out: Floats, plan: Plan, clusters: int) -> Resampled:
    """The interval from draws and jackknife values.

    Args:
        value: of the data.
        draws: values of the resamples, shape (draws,); not finite where there is none.
        left_out: values without each cluster, shape (clusters,); needed by ``bca`` alone.
        plan: level and method.
        clusters: how many were resampled.
    """
    had = draws[np.isfinite(draws)]
    undefined = len(draws) - len(had)
    if not np.isfinite(value) or undefined > _UNDEFINED * len(draws):
        raise BadInput("bootstrap.undefined", share=f"{max(undefined, 1) / len(draws):.1%}")
    if float(np.ptp(had)) <= 1e-12 * abs(value):
        raise BadInput("numbers.no_scatter", where=_WHERE, n=clusters)
    k = coverage_factor(plan.level)
    if plan.expanded:
        k = coverage_factor(plan.level, clusters - 1) * sqrt(clusters / (clusters - 1))
    tails = ndtr(np.array([-k, k])) if plan.method == "percentile" else bca_tails(value, had, left_out, k)
    low, high = np.quantile(had, tails)
    return Resampled(value, float(had.std(ddof=1)), float(low), float(high), plan.method, clusters, undefined)


def bca_tails(value: float, draws: Floats, left_out: Floats, k: float) -> Floats:
    """Probabilities at which BCa reads the distribution of the draws, for a coverage factor k, shape (2,).

    Source: Efron and Tibshirani 1993, equations 14.10, 14.14 and 14.15 (recalled); draws equal to the value count half.
    """
    n = len(draws)
    below = (float((draws < value).sum()) + float((draws == value).sum()) / 2) / n
    bias = ndtri(min(max(below, 0.5 / n), 1 - 0.5 / n))
    acceleration = skewness(left_out)
    z = bias + np.array([-k, k])
    return np.asarray(ndtr(bias + z / np.maximum(1 - acceleration * z, 1e-3)))


def skewness(left_out: Floats) -> float:
    """Acceleration from values without one cluster each; those that are not finite are left out."""
    had = left_out[np.isfinite(left_out)]
    gap = had.mean() - had if len(had) else np.zeros(1)
    squares = float((gap**2).sum())
    return float((gap**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0


def jackknife_u(table: Floats, statistic: Statistic = ratio) -> float:
    """Standard uncertainty by leaving out one cluster at a time.

    Source: Efron and Tibshirani 1993, equation 11.5 (recalled).
    """
    at_least(_WHERE, "clusters", len(table), 2)
    left_out = np.asarray(statistic(table.sum(axis=0) - table))
    n = len(left_out)
    return float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))


def _studentised(table: Floats, statistic: Statistic, plan: Plan, value: float) -> Resampled:
    """Draws of (value of the draw - value) / u of the draw, with u from the linear part of the statistic."""
    n, width = table.shape
    upper = np.triu_indices(width)
    extended = np.hstack([table, table[:, upper[0]] * table[:, upper[1]]])
    resampled = drawn(extended, plan.draws, plan.seed)
    u = float(_linear_u(extended.sum(axis=0)[None], statistic, n, width)[0])
    if not u > 1e-12 * abs(value):
        raise BadInput("numbers.no_scatter", where=_WHERE, n=n)
    draws = np.asarray(statistic(resampled[:, :width]))
    with np.errstate(all="ignore"):
        away = (draws - value) / _linear_u(resampled, statistic, n, width)
    had = away[np.isfinite(away)]
    if len(had) < (1 - _UNDEFINED) * len(away):
        raise BadInput("bootstrap.undefined", share=f"{1 - len(had) / len(away):.1%}")
    low, high = np.quantile(had, [(1 - plan.level) / 2, (1 + plan.level) / 2])
    ends = value - float(high) * u, value - float(low) * u
    return Resampled(value, u, *ends, "t", n, len(away) - len(had))


def _linear_u(extended: Floats, statistic: Statistic, n: int, width: int) -> Floats:
    """Standard uncertainty of the statistic of each row of sums, shape (rows,).

    Args:
        extended: sums of the columns and of their products, shape (rows, columns + products).
    """
    total, products = extended[:, :width], extended[:, width:]
    step = 1e-5 * np.maximum(np.sqrt(np.abs(products[:, _squares(width)])), 1e-300)
    gradient = np.empty_like(total)
    for column in range(width):
        move = np.zeros_like(total)
        move[:, column] = step[:, column]
        gradient[:, column] = (statistic(total + move) - statistic(total - move)) / (2 * step[:, column])
    scatter = np.zeros((len(total), width, width))
    upper = np.triu_indices(width)
    scatter[:, upper[0], upper[1]] = scatter[:, upper[1], upper[0]] = products
    scatter -= total[:, :, None] * total[:, None, :] / n
    variance = np.einsum("rc,rcd,rd->r", gradient, scatter, gradient) * n / (n - 1)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _squares(width: int) -> list[int]:
    """Places of the squares among the products of columns."""
    rows, columns = np.triu_indices(width)
    return [int(place) for place in np.flatnonzero(rows == columns)]
