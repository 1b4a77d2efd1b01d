"""What models of comparisons share: strengths with their covariance, when they exist, and how they are found.

Source: existence: Ford 1957, and for rankings Hunter 2004, assumption 1 (recalled); sandwich: White 1982, Liang and
Zeger 1986 (recalled).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from assay.uncertainty.checked import at_least, places
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Curve = tuple[float, Floats, Floats]
"""Log-likelihood, score and information at some parameters."""
STEPS = 50
_FAR = 30.0  # log strengths this far apart are on their way to infinity


class Strengths(NamedTuple):
    """Estimates on the log scale (logits).

    Attributes:
        strength: with the sum 0, shape (systems,).
        covariance: of ``strength``, shape (systems, systems); its rows sum to 0.
        order: advantage of the first and its standard uncertainty; None if not estimated.
        tie: log of Davidson's tie parameter and its standard uncertainty; None without ties.
        log_likelihood: at the estimates.
        clusters: for the sandwich; None where the covariance is the inverse of the information.
        covariates: effect of each covariate, per unit of it, and its standard uncertainty.
    """

    strength: Floats
    covariance: Floats
    order: tuple[float, float] | None
    tie: tuple[float, float] | None
    log_likelihood: float
    clusters: int | None
    covariates: tuple[tuple[float, float], ...] = ()

    def difference(self, one: int, other: int, level: float = 0.95) -> tuple[float, float, tuple[float, float]]:
        """Strength of ``one`` less that of ``other``, its standard uncertainty, and coverage interval."""
        value = float(self.strength[one] - self.strength[other])
        c = self.covariance
        u = float(np.sqrt(max(0.0, c[one, one] + c[other, other] - 2 * c[one, other])))
        k = coverage_factor(level, None if self.clusters is None else float(self.clusters - 1))
        return value, u, (value - k * u, value + k * u)


def connected(beats: Floats) -> None:
    """Refuse what has no finite estimate: every system must have beaten, through others, every other.

    Args:
        beats: above 0 where the system of the row did not lose to that of the column, shape (systems, systems).
    Raises:
        BadInput: ``comparison.disconnected`` or ``comparison.separated``.
    """
    from scipy.sparse.csgraph import connected_components

    parts, label = connected_components(beats + beats.T > 0, directed=False)
    if parts > 1:
        raise BadInput("comparison.disconnected", n=parts, groups=_groups(label))
    parts, label = connected_components(beats > 0, directed=True, connection="strong")
    if parts > 1:
        raise BadInput("comparison.separated", groups=_groups(label))


def _groups(label: npt.NDArray[np.integer]) -> str:
    found = [np.flatnonzero(label == one).tolist() for one in np.unique(label)]
    return "; ".join(", ".join(str(place) for place in one[:8]) + (" …" if len(one) > 8 else "") for one in found[:5])


def contrasts(n: int) -> Floats:
    """Orthonormal columns with the sum 0, shape (n, n − 1) (Helmert)."""
    basis = np.triu(np.ones((n, n - 1)))
    basis[np.arange(1, n), np.arange(n - 1)] = -np.arange(1, n)
    return np.asarray(basis / np.sqrt(np.arange(1, n) * np.arange(2, n + 1)))


def maximum(curve: Callable[[Floats], Curve], start: Floats, where: str) -> tuple[Floats, float, Floats]:
    """Newton steps, halved where they go too far, for a log-likelihood that is concave.

    Args:
        curve: log-likelihood, score and information at parameters of shape (parameters,).
        start: where to begin.
        where: what is estimated, for the message.
    Returns:
        The parameters, the log-likelihood and the information at its maximum.
    Raises:
        BadInput: ``model.not_converged``.
    """
    at = start
    value, score, information = curve(at)
    for _ in range(STEPS):
        try:
            step = cho_solve(cho_factor(information, lower=True), score)
        except np.linalg.LinAlgError:
            break
        if float(score @ step) < 1e-16 * max(1.0, abs(value)) or np.abs(step).max() < 1e-11:
            return at, value, information
        for halving in range(30):
            tried = at + step * 0.5**halving
            found = curve(tried)
            if found[0] >= value - 1e-12 * abs(value):
                break
        at, (value, score, information) = tried, found
        if np.abs(at).max() > _FAR:
            break
    raise BadInput("model.not_converged", where=where, steps=STEPS)


def inverted(information: Floats, where: str) -> Floats:
    """Inverse of the information.

    Raises:
        BadInput: ``model.not_converged`` where the data leave a parameter undetermined.
    """
    sizes = np.linalg.eigvalsh(information)
    if sizes[0] <= 1e-10 * sizes[-1]:
        raise BadInput("model.not_converged", where=where, steps=STEPS)
    return np.asarray(cho_solve(cho_factor(information, lower=True), np.eye(len(information))))


def sandwich(inverse: Floats, scores: Floats, group: npt.ArrayLike, where: str) -> tuple[Floats, int]:
    """Covariance from the scores of clusters, times C / (C − 1); and the number C of clusters.

    Args:
        inverse: of the information, shape (parameters, parameters).
        scores: of the rows, shape (rows, parameters).
        group: cluster of each row, shape (rows,).
        where: what is estimated, for messages.
    Raises:
        BadInput: one cluster, or clusters that show no scatter.
    """
    place = places(group, len(scores))
    clusters = int(place.max()) + 1
    at_least(where, "clusters", clusters, 2)
    table = np.stack([np.bincount(place, column, clusters) for column in scores.T], axis=1)
    robust = inverse @ (table.T @ table) @ inverse * (clusters / (clusters - 1))
    if (np.diag(robust) <= 1e-10 * np.diag(inverse)).any():
        raise BadInput("numbers.no_scatter", where=where, n=clusters)
    return np.asarray(robust), clusters
