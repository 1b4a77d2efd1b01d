"""A leaderboard: what places the systems may have, and which cannot be told apart.

All differences are judged together (max-T), so that with the stated probability every interval of a rank and every
group is right at once: what is shown to be above stays above however many systems were compared. A rank by itself is no
result; two systems in one group may change places in a repetition.

Source: Mogstad, Romano, Shaikh and Wilhelm 2024 (ranks from simultaneous intervals of all differences).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, level_given, within
from assay.uncertainty.comparing.multiple import groups, level_of_contrasts, ranks
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
_WHERE = "leaderboard"


class Leaderboard(NamedTuple):
    """Places of systems; arrays over systems in the order in which they were given.

    Attributes:
        value: strengths, less their mean, shape (systems,).
        u: standard uncertainty of each, less the mean of all, shape (systems,).
        order: places of the systems from best to worst.
        ranks: best and worst rank of each that the differences allow, all right together with probability ``level``.
        groups: the largest groups in which no two were shown to differ; a system may stand in several.
        apart: 1 where the system of the row was shown to be above that of the column, −1 where below, 0 where neither,
            shape (systems, systems).
        factor: what each difference's standard uncertainty was multiplied with.
        level: probability that all of it is right.
    """

    value: Floats
    u: Floats
    order: tuple[int, ...]
    ranks: tuple[tuple[int, int], ...]
    groups: tuple[tuple[int, ...], ...]
    apart: npt.NDArray[np.int64]
    factor: float
    level: float


def leaderboard(
    value: npt.ArrayLike, covariance: npt.ArrayLike, dof: float | None = None, level: float = 0.95, seed: int = 1
) -> Leaderboard:
    """Ranks and groups from strengths and their covariance; higher is better.

    Args:
        value: strengths, or any values, shape (systems,).
        covariance: of them, shape (systems, systems); parts that all have in common do not matter.
        dof: degrees of freedom of the covariance (clusters − 1); None for infinitely many.
        level: probability with which all statements hold together.
        seed: of the draws behind the common coverage factor.
    Raises:
        BadInput: fewer than two systems; shapes that do not fit; a difference without uncertainty.

    >>> found = leaderboard([2.0, 0.1, 0.0], np.diag([0.01, 0.01, 0.01]))
    >>> found.ranks, found.groups
    (((1, 1), (2, 3), (2, 3)), ((0,), (1, 2)))
    """
    x, table = np.asarray(value, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
    finite(_WHERE, x, table)
    n = len(x)
    at_least(_WHERE, "systems", n, 2)
    if table.shape != (n, n):
        raise BadInput("numbers.length", where=_WHERE, lengths=f"{n}, {' × '.join(str(k) for k in table.shape)}")
    level_given(_WHERE, level)
    if dof is not None:
        within(_WHERE, "dof", dof, "dof > 0", dof > 0)
    variance = np.diag(table)[:, None] + np.diag(table)[None, :] - table - table.T
    upper = np.triu_indices(n, 1)
    if (variance[upper] <= 0).any():
        raise BadInput("numbers.no_scatter", where=_WHERE, n=n)
    factor = coverage_factor(level_of_contrasts(table, level, dof, seed), dof)
    gap = x[:, None] - x[None, :]
    apart = (np.sign(gap) * (np.abs(gap) > factor * np.sqrt(np.maximum(variance, 0.0)))).astype(np.int64)
    centre = np.eye(n) - 1 / n
    u = np.sqrt(np.maximum(np.diag(centre @ table @ centre), 0.0))
    order = tuple(int(place) for place in np.argsort(-x, kind="stable"))
    return Leaderboard(
        x - x.mean(), u, order, tuple(ranks(apart > 0)), tuple(groups(apart != 0)), apart, factor, level
    )  # fmt: skip
