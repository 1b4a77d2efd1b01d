"""Strengths of systems from comparisons in pairs: Bradley and Terry, with an order effect, and Davidson's ties.

With strengths β (log scale), γ the advantage of the one shown first and η the log of the tie parameter, the first, the
second and neither win with probabilities as exp((βi − βj + γ)/2) : exp((βj − βi − γ)/2) : exp(η). Without
ties this is the logistic model of βi − βj + γ. Only differences of strengths mean anything; they are given with the
sum 0 and their whole covariance.

The covariance is the inverse of the information, or the sandwich over clusters of comparisons (one prompt, one user)
that are not independent. Where some systems were never compared with the rest, or won or lost every comparison with
it, strengths have no finite estimate, and that is said instead.

Source: Bradley and Terry 1952; Davidson 1970; Davidson and Beaver 1977, here with the tie parameter multiplied by the
root of the order effect (another parameter, the same model); existence: Ford 1957. Data with published estimates:
Agresti 1990, table 10.10 (recalled).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from assay.uncertainty.checked import at_least, places, same_length, within
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_WHERE = "comparisons"
_STEPS = 50
_FAR = 30.0  # log strengths this far apart are on their way to infinity


class Comparisons(NamedTuple):
    """Comparisons as columns, all of shape (rows,).

    Attributes:
        first: place from 0 of the system shown first.
        second: place of the other.
        outcome: 1 if the first won, 0 if the second did, 0.5 for a tie.
        group: cluster of each; None if comparisons are independent.
        times: how often this row happened; once if None. Not with clusters.
    """

    first: npt.ArrayLike
    second: npt.ArrayLike
    outcome: npt.ArrayLike
    group: npt.ArrayLike | None = None
    times: npt.ArrayLike | None = None


class Strengths(NamedTuple):
    """Estimates on the log scale (logits).

    Attributes:
        strength: with the sum 0, shape (systems,).
        covariance: of ``strength``, shape (systems, systems); its rows sum to 0.
        order: advantage of the first and its standard uncertainty; None if not estimated.
        tie: log of Davidson's tie parameter and its standard uncertainty; None without ties.
        log_likelihood: at the estimates.
        clusters: for the sandwich; None where the covariance is the inverse of the information.
    """

    strength: Floats
    covariance: Floats
    order: tuple[float, float] | None
    tie: tuple[float, float] | None
    log_likelihood: float
    clusters: int | None

    def difference(self, one: int, other: int, level: float = 0.95) -> tuple[float, float, tuple[float, float]]:
        """Strength of ``one`` less that of ``other``, its standard uncertainty, and coverage interval."""
        value = float(self.strength[one] - self.strength[other])
        c = self.covariance
        u = float(np.sqrt(max(0.0, c[one, one] + c[other, other] - 2 * c[one, other])))
        k = coverage_factor(level, None if self.clusters is None else float(self.clusters - 1))
        return value, u, (value - k * u, value + k * u)


class _Games(NamedTuple):
    """Counts by pair in order: wins of the first, wins of the second, ties, each of shape (systems, systems)."""

    won: Floats
    lost: Floats
    tied: Floats


class _Fit(NamedTuple):
    """Parameters: contrasts of the strengths, then order, then tie; which of the two there are."""

    theta: Floats
    basis: Floats
    has_order: bool
    has_tie: bool

    def parts(self) -> tuple[Floats, float, float]:
        """Strengths, order effect, log tie parameter (minus infinity without ties)."""
        n = self.basis.shape[1]
        order = float(self.theta[n]) if self.has_order else 0.0
        return self.basis @ self.theta[:n], order, float(self.theta[-1]) if self.has_tie else -np.inf


def bradley_terry(comparisons: Comparisons, n_systems: int | None = None, order: bool = False) -> Strengths:
    """Maximum likelihood estimates with their covariance.

    Args:
        comparisons: the rows; ties bring in Davidson's parameter.
        n_systems: number of systems; as many as are named if None.
        order: whether to estimate the advantage of the one shown first.
    Raises:
        BadInput: systems that are not connected, or that won or lost everything; one cluster; an outcome that is none
            of 0, ½ and 1; an order effect where one order alone was shown.

    >>> rows = Comparisons([0, 0, 1, 1, 0, 2], [1, 1, 2, 2, 2, 0], [1, 0, 1, 0, 1, 1])
    >>> bradley_terry(rows).strength.round(6).tolist()
    [0.0, 0.0, 0.0]
    """
    first, second = np.asarray(comparisons.first, np.int64), np.asarray(comparisons.second, np.int64)
    outcome = np.asarray(comparisons.outcome, dtype=np.float64)
    n = _checked(first, second, outcome, n_systems)
    count = None if comparisons.times is None else np.asarray(comparisons.times, dtype=np.float64)
    games = _games((first, second, outcome, count), n)
    _connected(games)
    fit, likelihood, information = _maximum(games, order)
    sizes = np.linalg.eigvalsh(information)
    if sizes[0] <= 1e-10 * sizes[-1]:
        raise BadInput("model.not_converged", where=_WHERE, steps=_STEPS)
    inverse = cho_solve(cho_factor(information, lower=True), np.eye(len(information)))
    clusters = None
    if comparisons.group is not None:
        if count is not None:
            raise BadInput("comparison.times_and_groups")
        meat, clusters = _meat(fit, (first, second, outcome), places(comparisons.group, len(first)))
        robust = inverse @ meat @ inverse
        if (np.diag(robust) <= 1e-10 * np.diag(inverse)).any():
            raise BadInput("numbers.no_scatter", where=_WHERE, n=clusters)
        inverse = robust
    strength, gamma, eta = fit.parts()
    k = fit.basis.shape[1]
    u = np.sqrt(np.diag(inverse))
    covariance = fit.basis @ inverse[:k, :k] @ fit.basis.T
    return Strengths(
        strength, covariance, (gamma, float(u[k])) if order else None, (eta, float(u[-1])) if fit.has_tie else None,
        likelihood, clusters,
    )  # fmt: skip


def _checked(first: Ints, second: Ints, outcome: Floats, n_systems: int | None) -> int:
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


def _games(rows: tuple[Ints, Ints, Floats, Floats | None], n: int) -> _Games:
    first, second, outcome, count = rows
    place = first * n + second

    def table(kind: float) -> Floats:
        at = outcome == kind
        weights = None if count is None else count[at]
        return np.bincount(place[at], weights=weights, minlength=n * n).reshape(n, n).astype(np.float64)

    return _Games(table(1.0), table(0.0), table(0.5))


def _connected(games: _Games) -> None:
    """Refuse what has no finite estimate: every system must have beaten, through others, every other."""
    from scipy.sparse.csgraph import connected_components

    beats = games.won + games.lost.T + games.tied + games.tied.T
    parts, label = connected_components(beats + beats.T > 0, directed=False)
    if parts > 1:
        raise BadInput("comparison.disconnected", n=parts, groups=_groups(label))
    parts, label = connected_components(beats > 0, directed=True, connection="strong")
    if parts > 1:
        raise BadInput("comparison.separated", groups=_groups(label))


def _groups(label: npt.NDArray[np.integer]) -> str:
    found = [np.flatnonzero(label == one).tolist() for one in np.unique(label)]
    return "; ".join(", ".join(str(place) for place in one[:8]) + (" …" if len(one) > 8 else "") for one in found[:5])


def _contrasts(n: int) -> Floats:
    """Orthonormal columns with the sum 0, shape (n, n − 1) (Helmert)."""
    basis = np.triu(np.ones((n, n - 1)))
    basis[np.arange(1, n), np.arange(n - 1)] = -np.arange(1, n)
    return np.asarray(basis / np.sqrt(np.arange(1, n) * np.arange(2, n + 1)))


def _maximum(games: _Games, order: bool) -> tuple[_Fit, float, Floats]:
    """Newton steps, halved where they go too far; the likelihood is concave."""
    basis = _contrasts(len(games.won))
    has_tie = bool(games.tied.any())
    fit = _Fit(np.zeros(basis.shape[1] + order + has_tie), basis, order, has_tie)
    value, score, information = _likelihood(games, fit)
    for _ in range(_STEPS):
        try:
            step = cho_solve(cho_factor(information, lower=True), score)
        except np.linalg.LinAlgError:
            break
        if float(score @ step) < 1e-16 * max(1.0, abs(value)) or np.abs(step).max() < 1e-11:
            return fit, value, information
        for halving in range(30):
            tried = fit._replace(theta=fit.theta + step * 0.5**halving)
            found = _likelihood(games, tried)
            if found[0] >= value - 1e-12 * abs(value):
                break
        fit, (value, score, information) = tried, found
        if np.abs(fit.theta).max() > _FAR:
            break
    raise BadInput("model.not_converged", where=_WHERE, steps=_STEPS)


def _probabilities(fit: _Fit, gap: Floats) -> tuple[Floats, Floats, Floats]:
    """Of a win of the first, of the second, and of a tie, for the differences of strength in ``gap``."""
    _, gamma, eta = fit.parts()
    half = (gap + gamma) / 2
    top = np.maximum(np.abs(half), eta)
    won, lost, tied = np.exp(half - top), np.exp(-half - top), np.exp(eta - top)
    total = won + lost + tied
    return won / total, lost / total, tied / total


def _likelihood(games: _Games, fit: _Fit) -> tuple[float, Floats, Floats]:
    """Log-likelihood, score and information."""
    beta = fit.parts()[0]
    won, lost, tied = _probabilities(fit, beta[:, None] - beta[None, :])
    n = games.won + games.lost + games.tied
    value = float((games.won * np.log(won)).sum() + (games.lost * np.log(lost)).sum())
    if fit.has_tie:
        value += float((games.tied * np.log(tied)).sum())
    gap = (games.won - games.lost - n * (won - lost)) / 2
    square = n * (won + lost - (won - lost) ** 2) / 4
    both = -n * (won - lost) * tied / 2
    score = [fit.basis.T @ (gap.sum(axis=1) - gap.sum(axis=0))]
    pairs = square + square.T
    table = fit.basis.T @ (np.diag(pairs.sum(axis=1)) - pairs) @ fit.basis
    for kind, present in (("order", fit.has_order), ("tie", fit.has_tie)):
        if not present:
            continue
        weight = square if kind == "order" else both
        score.append(np.array([gap.sum() if kind == "order" else (games.tied - n * tied).sum()]))
        edge = fit.basis.T @ (weight.sum(axis=1) - weight.sum(axis=0))
        corner = float(square.sum() if kind == "order" else (n * tied * (1 - tied)).sum())
        extra = np.append(edge, [float(both.sum())] if kind == "tie" and fit.has_order else [])
        table = np.block([[table, extra[:, None]], [extra[None, :], np.array([[corner]])]])
    return value, np.concatenate(score), table


def _meat(fit: _Fit, rows: tuple[Ints, Ints, Floats], place: Ints) -> tuple[Floats, int]:
    """Sum over clusters of the outer products of their scores, times C / (C − 1); and C."""
    from scipy.sparse import csr_array

    first, second, outcome = rows
    clusters = int(place.max()) + 1
    at_least(_WHERE, "clusters", clusters, 2)
    beta = fit.parts()[0]
    won, lost, tied = _probabilities(fit, beta[first] - beta[second])
    gap = (2 * outcome - 1 - (won - lost)) / 2
    n = len(beta)
    values, columns = [gap, -gap], [first, second]
    if fit.has_order:
        values.append(gap)
        columns.append(np.full(len(gap), n))
    if fit.has_tie:
        values.append((outcome == 0.5) - tied)
        columns.append(np.full(len(gap), n + fit.has_order))
    shape = (clusters, n + fit.has_order + fit.has_tie)
    table = csr_array((np.concatenate(values), (np.tile(place, len(values)), np.concatenate(columns))), shape=shape)
    outer = (table.T @ table).toarray() * clusters / (clusters - 1)
    turn = np.zeros((shape[1], shape[1] - 1))
    turn[:n, : n - 1] = fit.basis
    turn[n:, n - 1 :] = np.eye(shape[1] - n)
    return np.asarray(turn.T @ outer @ turn), clusters
