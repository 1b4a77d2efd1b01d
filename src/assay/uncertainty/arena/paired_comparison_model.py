"""Strengths of systems from comparisons in pairs: Bradley and Terry, with order, covariates, and Davidson's ties.

With strengths β (log scale), γ the advantage of the one shown first, δ the effect of covariates z (such as the length
of the first answer less that of the second) and η the log of the tie parameter, the first, the second and neither win
with probabilities as exp(g/2) : exp(−g/2) : exp(η), where g = βi − βj + γ + zδ. Without ties this is the logistic
model of g. Only differences of strengths mean anything; they are given with the sum 0 and their whole covariance.
A strength beside covariates is what is left of it where both answers have the same z.

The covariance is the inverse of the information, or the sandwich over clusters of comparisons (one prompt, one user)
that are not independent; resampling whole clusters shows the same without the normal approximation. Where some systems
were never compared with the rest, or won or lost every comparison with it, strengths have no finite estimate, and that
is said instead.

A judge who favours the first: what he adds to the probability of the first cancels where every pair is shown in both
orders, or in a random one, and γ is left out; with γ strengths then come out too far apart. What he adds to the log
odds is γ itself; without it strengths come out too close. Either way equal systems stay equal. How much it is shows
``python -m assay.testing.arena order``. Where one order alone is shown, nothing helps.

Source: Bradley and Terry 1952; Davidson 1970; Davidson and Beaver 1977, here with the tie parameter multiplied by the
root of the order effect (another parameter, the same model); existence: Ford 1957. Data with published estimates:
Agresti 1990, table 10.10 (recalled). Covariates of the comparison: Critchlow and Fligner 1991 (recalled).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

from assay.uncertainty.arena.strengths import Curve, Strengths, connected, contrasts, inverted, maximum, sandwich
from assay.uncertainty.checked import at_least, finite, places, same_length, within
from assay.uncertainty.resample import Plan, Resampled, finished
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_WHERE = "comparisons"


class Comparisons(NamedTuple):
    """Comparisons as columns, all of shape (rows,).

    Attributes:
        first: place from 0 of the system shown first.
        second: place of the other.
        outcome: 1 if the first won, 0 if the second did, 0.5 for a tie.
        group: cluster of each; None if comparisons are independent.
        times: how often this row happened; once if None. Not with clusters.
        covariates: of the first less of the second, shape (rows,) or (rows, covariates), each in a unit of its own.
    """

    first: npt.ArrayLike
    second: npt.ArrayLike
    outcome: npt.ArrayLike
    group: npt.ArrayLike | None = None
    times: npt.ArrayLike | None = None
    covariates: npt.ArrayLike | None = None


class StrengthDraws(NamedTuple):
    """Strengths of resampled clusters.

    Attributes:
        value: strengths of the data, shape (systems,).
        draws: of the resamples, shape (draws, systems); not a number where a resample has no finite estimate.
        left_out: of the data without each cluster, shape (clusters, systems); empty unless the plan is ``bca``.
        plan: how it was resampled.
    """

    value: Floats
    draws: Floats
    left_out: Floats
    plan: Plan
    clusters: int

    @property
    def covariance(self) -> Floats:
        """Covariance of the draws that have a value, shape (systems, systems)."""
        return np.asarray(np.cov(self.draws[np.isfinite(self.draws).all(axis=1)].T))

    def difference(self, one: int, other: int) -> Resampled:
        """Strength of ``one`` less that of ``other`` with its bootstrap interval.

        Raises:
            BadInput: more than 5 % of the resamples have no finite estimate, or all agree.
        """
        gaps = [table[..., one] - table[..., other] for table in (self.value, self.draws, self.left_out)]
        return finished(float(gaps[0]), gaps[1], gaps[2], self.plan, self.clusters)


class _Cells(NamedTuple):
    """Rows that are alike counted together.

    Attributes:
        first, second: places of the systems, shape (cells,).
        extra: ones for the order effect, then the covariates over their scale, shape (cells, columns).
        outcome: number of wins of the first, of the second, and of ties, shape (3, cells).
    """

    first: Ints
    second: Ints
    extra: Floats
    outcome: Floats


class _Fit(NamedTuple):
    """Parameters: contrasts of the strengths, then those of ``extra``, then tie; how many of the second, and whether
    there are ties."""

    theta: Floats
    basis: Floats
    n_extra: int
    has_tie: bool

    def parts(self) -> tuple[Floats, Floats, float]:
        """Strengths, effects of ``extra``, log tie parameter (minus infinity without ties)."""
        n = self.basis.shape[1]
        return self.basis @ self.theta[:n], self.theta[n : n + self.n_extra], (
            float(self.theta[-1]) if self.has_tie else -np.inf
        )


def bradley_terry(comparisons: Comparisons, n_systems: int | None = None, order: bool = False) -> Strengths:
    """Maximum likelihood estimates with their covariance.

    Args:
        comparisons: the rows; ties bring in Davidson's parameter.
        n_systems: number of systems; as many as are named if None.
        order: whether to estimate the advantage of the one shown first.
    Raises:
        BadInput: systems that are not connected, or that won or lost everything; one cluster; an outcome that is none
            of 0, ½ and 1; an order effect where one order alone was shown; a covariate that is the same for all rows,
            or that follows from the systems, beside them.

    >>> rows = Comparisons([0, 0, 1, 1, 0, 2], [1, 1, 2, 2, 2, 0], [1, 0, 1, 0, 1, 1])
    >>> bradley_terry(rows).strength.round(6).tolist()
    [0.0, 0.0, 0.0]
    """
    n = _checked(comparisons, n_systems)
    scale, extra = _extra(comparisons, order)
    cells = _cells(comparisons, extra, n)
    connected(_beats(cells, n))
    fit, likelihood, information = _fitted(cells, n)
    inverse, clusters = inverted(information, _WHERE), None
    if comparisons.group is not None:
        if comparisons.times is not None:
            raise BadInput("comparison.times_and_groups")
        scores = _scores(fit, comparisons, extra)
        inverse, clusters = sandwich(inverse, scores, comparisons.group, _WHERE)
    strength, effect, eta = fit.parts()
    k = fit.basis.shape[1]
    u = np.sqrt(np.diag(inverse))
    rest = [(float(e / s), float(v / s)) for e, v, s in zip(effect, u[k : k + fit.n_extra], scale, strict=True)]
    covariance = fit.basis @ inverse[:k, :k] @ fit.basis.T
    return Strengths(
        strength, covariance, rest[0] if order else None, (eta, float(u[-1])) if fit.has_tie else None,
        likelihood, clusters, tuple(rest[int(order) :]),
    )  # fmt: skip


def bootstrap_strengths(
    comparisons: Comparisons, n_systems: int | None = None, order: bool = False, plan: Plan = Plan(method="percentile")  # noqa: B008
) -> StrengthDraws:
    """Strengths of resampled clusters (items, prompts), each estimated again.

    Args:
        comparisons: as for ``bradley_terry``; each row its own cluster if no cluster is given.
        n_systems: as for ``bradley_terry``.
        order: as for ``bradley_terry``.
        plan: draws, seed, level and ``percentile`` or ``bca``; the latter estimates once more without each cluster.
    Raises:
        BadInput: as for ``bradley_terry``; rows that happened more than once; fewer than two clusters; the method
            ``t``.
    """
    if comparisons.times is not None:
        raise BadInput("comparison.times_and_groups")
    if plan.method == "t":
        raise BadInput("bootstrap.method")
    value = bradley_terry(comparisons._replace(group=None), n_systems, order).strength
    n, extra = len(value), _extra(comparisons, order)[1]
    place = places(comparisons.group, len(extra))
    clusters = int(place.max()) + 1
    at_least(_WHERE, "clusters", clusters, 2)
    rng = np.random.default_rng(plan.seed)

    def strengths(times: Floats) -> Floats:
        cells = _cells(comparisons._replace(times=times[place]), extra, n)
        try:
            connected(_beats(cells, n))
            return _fitted(cells, n)[0].parts()[0]
        except BadInput:
            return np.full(n, np.nan)

    def drawn() -> Floats:
        return strengths(np.bincount(rng.integers(0, clusters, clusters), minlength=clusters).astype(np.float64))

    draws = np.array([drawn() for _ in range(plan.draws)])
    without = [strengths((np.arange(clusters) != c).astype(np.float64)) for c in range(clusters)]
    return StrengthDraws(value, draws, np.array(without if plan.method == "bca" else []).reshape(-1, n), plan, clusters)


def not_lost(comparisons: Comparisons, n_systems: int) -> Floats:
    """How often each system beat each other, a tie counted as half, shape (systems, systems).

    Args:
        comparisons: the rows.
        n_systems: number of systems.
    """
    n = _checked(comparisons, n_systems)
    return _beats(_cells(comparisons, _extra(comparisons, False)[1], n), n)


def _checked(rows: Comparisons, n_systems: int | None) -> int:
    first, second = np.asarray(rows.first, np.int64), np.asarray(rows.second, np.int64)
    outcome = np.asarray(rows.outcome, dtype=np.float64)
    same_length(_WHERE, first, second, outcome)
    at_least(_WHERE, "rows", len(first), 1)
    n = int(max(first.max(), second.max())) + 1 if n_systems is None else n_systems
    least, most = int(min(first.min(), second.min())), int(max(first.max(), second.max()))
    within(_WHERE, "system", least if least < 0 else most, f"0 <= place < {n}", least >= 0 and most < n)
    at_least(_WHERE, "systems", n, 2)
    if (first == second).any():
        raise BadInput("comparison.itself", place=int(first[(first == second).argmax()]))
    fits = (outcome == 0) | (outcome == 0.5) | (outcome == 1)
    within(_WHERE, "outcome", float(outcome[(~fits).argmax()]), "0, 0.5, 1", bool(fits.all()))
    return n


def _extra(rows: Comparisons, order: bool) -> tuple[Floats, Floats]:
    """Scales, shape (columns,), and the columns beside the strengths over them, shape (rows, columns)."""
    n = len(np.asarray(rows.first))
    columns = np.ones((n, int(order)))
    if rows.covariates is not None:
        given = np.asarray(rows.covariates, dtype=np.float64)
        same_length(_WHERE, rows.first, given)
        finite(_WHERE, given)
        columns = np.hstack([columns, given.reshape(n, -1)])
    scale = np.sqrt((columns**2).mean(axis=0))
    scale[scale == 0] = 1.0
    return scale, columns / scale


def _cells(rows: Comparisons, extra: Floats, n: int) -> _Cells:
    first, second = np.asarray(rows.first, np.int64), np.asarray(rows.second, np.int64)
    outcome = np.asarray(rows.outcome, dtype=np.float64)
    times = np.ones(len(first)) if rows.times is None else np.asarray(rows.times, dtype=np.float64)
    if rows.covariates is not None:
        return _Cells(first, second, extra, np.stack([times * (outcome == kind) for kind in (1.0, 0.0, 0.5)]))
    place = first * n + second
    count = np.stack([np.bincount(place, times * (outcome == kind), n * n) for kind in (1.0, 0.0, 0.5)])
    had = np.flatnonzero(count.any(axis=0))
    return _Cells(had // n, had % n, np.ones((len(had), extra.shape[1])), count[:, had].astype(np.float64))


def _beats(cells: _Cells, n: int) -> Floats:
    """How often each beat each other, a tie counted as half, shape (systems, systems)."""
    won, lost, tied = cells.outcome
    table = np.bincount(cells.first * n + cells.second, won + tied / 2, n * n)
    return np.asarray((table + np.bincount(cells.second * n + cells.first, lost + tied / 2, n * n)).reshape(n, n))


def _fitted(cells: _Cells, n: int) -> tuple[_Fit, float, Floats]:
    basis, has_tie = contrasts(n), bool(cells.outcome[2].any())
    fit = _Fit(np.zeros(n - 1 + cells.extra.shape[1] + has_tie), basis, cells.extra.shape[1], has_tie)
    theta, value, information = maximum(lambda at: _likelihood(cells, fit._replace(theta=at)), fit.theta, _WHERE)
    return fit._replace(theta=theta), value, information


def _probabilities(gap: Floats, eta: float) -> tuple[Floats, Floats, Floats]:
    """Of a win of the first, of the second, and of a tie."""
    half = gap / 2
    top = np.maximum(np.abs(half), eta)
    won, lost, tied = np.exp(half - top), np.exp(-half - top), np.exp(eta - top)
    total = won + lost + tied
    return won / total, lost / total, tied / total


def _likelihood(cells: _Cells, fit: _Fit) -> Curve:
    beta, effect, eta = fit.parts()
    first, second, extra, count = cells
    n, total = len(beta), count.sum(axis=0)
    chance = np.stack(_probabilities(beta[first] - beta[second] + extra @ effect, eta))
    won, lost, tied = chance
    value = float(xlogy(count, chance).sum())
    gap = (count[0] - count[1] - total * (won - lost)) / 2
    square = total * (won + lost - (won - lost) ** 2) / 4
    both = -total * (won - lost) * tied / 2

    def edge(weight: Floats) -> Floats:
        return fit.basis.T @ (np.bincount(first, weight, n) - np.bincount(second, weight, n))

    pairs = np.bincount(first * n + second, square, n * n).reshape(n, n)
    pairs = pairs + pairs.T
    k = n - 1
    score, table = np.zeros(len(fit.theta)), np.zeros((len(fit.theta), len(fit.theta)))
    score[:k], score[k : k + fit.n_extra] = edge(gap), extra.T @ gap
    table[:k, :k] = fit.basis.T @ (np.diag(pairs.sum(axis=1)) - pairs) @ fit.basis
    for j in range(fit.n_extra):
        table[:k, k + j] = table[k + j, :k] = edge(square * extra[:, j])
    table[k : k + fit.n_extra, k : k + fit.n_extra] = extra.T @ (square[:, None] * extra)
    if fit.has_tie:
        score[-1] = (count[2] - total * tied).sum()
        table[-1, :k] = table[:k, -1] = edge(both)
        table[-1, k:-1] = table[k:-1, -1] = extra.T @ both
        table[-1, -1] = (total * tied * (1 - tied)).sum()
    return value, score, table


def _scores(fit: _Fit, rows: Comparisons, extra: Floats) -> Floats:
    """Score of every row, shape (rows, parameters)."""
    first, second = np.asarray(rows.first, np.int64), np.asarray(rows.second, np.int64)
    outcome = np.asarray(rows.outcome, dtype=np.float64)
    beta, effect, eta = fit.parts()
    won, lost, tied = _probabilities(beta[first] - beta[second] + extra @ effect, eta)
    gap = ((2 * outcome - 1 - (won - lost)) / 2)[:, None]
    parts = [gap * (fit.basis[first] - fit.basis[second]), gap * extra]
    return np.hstack([*parts, ((outcome == 0.5) - tied)[:, None]] if fit.has_tie else parts)
