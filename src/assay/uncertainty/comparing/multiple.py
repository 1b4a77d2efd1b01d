"""Several differences at once: simultaneous intervals, adjusted p values, ranks, groups, and how many items it takes.

Source: max-T: Hothorn, Bretz and Westfall 2008 (recalled), here with the joint covariance of the differences that
their pairs give (a Gaussian multiplier bootstrap over clusters draws from just that); Holm 1979; Benjamini and
Hochberg 1995; ranks: Mogstad, Romano, Shaikh and Wilhelm 2024; groups: Piepho 2004, insert and absorb (recalled);
items: Miller 2024 (arXiv 2411.00640), section 5.
"""

from collections.abc import Sequence
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtr

from assay.uncertainty.comparing.difference import Difference

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DRAWS: Final = 10_000


def level_of_each(
    differences: Sequence[Difference], pairs: Sequence[tuple[int, int]], level: float, seed: int = 1, draws: int = DRAWS
) -> float:
    """Level of a single interval at which all of them together hold with probability ``level`` (max-T).

    Args:
        differences: those to be stated together.
        pairs: places of first and second system of each.
        level: probability that all intervals hold.
        seed: of the draws.
        draws: draws of the multivariate t distribution (normal where no difference has degrees of freedom).
    Returns:
        Between ``level`` (one difference) and that of Bonferroni.
    """
    stated = [place for place, found in enumerate(differences) if found.u is not None]
    if len(stated) < 2:
        return level
    chosen = [differences[place] for place in stated]
    correlation = _correlation(chosen, [pairs[place] for place in stated])
    values, vectors = np.linalg.eigh(correlation)
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((draws, len(chosen))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    largest = np.abs(drawn).max(axis=1)
    freedoms = [d.design_dof for d in chosen if d.design_dof is not None and d.method != "score"]
    return _single(largest, min(freedoms) if freedoms else None, len(chosen), level, rng)


def level_of_contrasts(
    covariance: Floats, level: float, dof: float | None = None, seed: int = 1, draws: int = DRAWS
) -> float:
    """Level of a single interval at which those of all differences of two values hold together (max-T).

    Args:
        covariance: of the values, shape (systems, systems); every difference has an uncertainty.
        level: probability that all intervals hold.
        dof: degrees of freedom of the covariance; None for infinitely many.
        seed: of the draws.
        draws: draws of the values from the multivariate normal or t distribution.

    >>> level_of_contrasts(np.eye(2), 0.95)
    0.95
    """
    n = len(covariance)
    if n < 3:
        return level
    values, vectors = np.linalg.eigh(covariance)
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((draws, n)) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
    largest = np.zeros(draws)
    for i in range(n - 1):
        u = np.sqrt(covariance[i, i] + np.diag(covariance)[i + 1 :] - 2 * covariance[i, i + 1 :])
        largest = np.maximum(largest, (np.abs(drawn[:, i, None] - drawn[:, i + 1 :]) / u).max(axis=1))
    return _single(largest, dof, n * (n - 1) // 2, level, rng)


def _single(largest: Floats, dof: float | None, count: int, level: float, rng: np.random.Generator) -> float:
    """Level of one interval from the largest of ``count`` standardised draws; between ``level`` and Bonferroni's."""
    risk: float
    if dof is not None:
        largest = largest / np.sqrt(rng.chisquare(dof, len(largest)) / dof)
        risk = 2 * float(stdtr(dof, -float(np.quantile(largest, level))))
    else:
        risk = 2 * float(ndtr(-float(np.quantile(largest, level))))
    return 1 - min(1 - level, max((1 - level) / count, risk))


def _correlation(chosen: Sequence[Difference], pairs: Sequence[tuple[int, int]]) -> Floats:
    """Correlation of the differences; one without a spread of its own is taken as independent of the others."""
    n = len(chosen)
    covariance = np.zeros((n, n))
    for name in ("by_unit", "by_variant"):
        size = max(len(getattr(found, name)) for found in chosen)
        parts = np.zeros((size, n))
        for place, found in enumerate(chosen):
            column = getattr(found, name)
            parts[: len(column), place] = column
        covariance += parts.T @ parts
    systems = np.zeros((1 + max(max(pair) for pair in pairs), n))
    for place, (found, (first, second)) in enumerate(zip(chosen, pairs, strict=True)):
        systems[first, place], systems[second, place] = -found.by_system[0], found.by_system[1]
    covariance += systems.T @ systems
    spread = np.sqrt(np.diag(covariance))
    none = spread == 0
    spread[none] = 1.0
    correlation = covariance / np.outer(spread, spread)
    correlation[none, none] = 1.0
    return np.asarray(correlation)


def holm(p: Sequence[float]) -> list[float]:
    """P values adjusted so that a wrong rejection anywhere is as rare as stated.

    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, p[place] * (len(p) - rank)))
        adjusted[place] = largest
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """P values adjusted so that of the rejections no larger share than stated is wrong on average.

    >>> [round(x, 3) for x in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    order = sorted(range(len(p)), key=p.__getitem__, reverse=True)
    adjusted, smallest = [0.0] * len(p), 1.0
    for rank, place in enumerate(order):
        smallest = min(smallest, p[place] * len(p) / (len(p) - rank))
        adjusted[place] = smallest
    return adjusted


def ranks(beats: Flags) -> list[tuple[int, int]]:
    """Interval of the rank of each system; with simultaneous intervals behind them, all hold together.

    Args:
        beats: whether the system of the row was shown to be better than that of the column, shape (systems, systems).
    Returns:
        1 + the systems shown to be better, and the number of systems less those shown to be worse.

    >>> ranks(np.array([[False, False, True], [False, False, True], [False, False, False]]))
    [(1, 2), (1, 2), (3, 3)]
    """
    n = len(beats)
    return [(1 + int(beats[:, place].sum()), n - int(beats[place].sum())) for place in range(n)]


def groups(apart: Flags) -> list[tuple[int, ...]]:
    """The largest groups of systems of which no two were shown to differ; a system may be in several.

    Args:
        apart: whether two systems were shown to differ, shape (systems, systems), symmetric.

    >>> groups(np.array([[False, False, True], [False, False, False], [True, False, False]]))
    [(0, 1), (1, 2)]
    """
    n = len(apart)
    found = [frozenset(range(n))]
    for i in range(n):
        for j in range(i + 1, n):
            if apart[i, j]:
                halves = [half for group in found for half in _halves(group, i, j)]
                found = [group for group in dict.fromkeys(halves) if not any(group < other for other in halves)]
    return sorted(tuple(sorted(group)) for group in found)


def _halves(group: frozenset[int], i: int, j: int) -> list[frozenset[int]]:
    return [group - {i}, group - {j}] if i in group and j in group else [group]


def items_needed(found: Difference, level: float, power: float = 0.8, size: float | None = None) -> int | None:
    """Items like these at which a true difference of this size would be shown with probability ``power``.

    Args:
        found: a paired difference.
        level: level of the interval that is to exclude 0.
        power: wanted probability.
        size: the true difference, not 0; that observed if None.
    Returns:
        All items, those measured already included; None where more items would not settle it.
    Source: n = (z_{1-α/2} + z_{power})² σ² / δ², Miller 2024, section 5.
    """
    true = found.value if size is None else size
    if found.method not in ("score", "t") or found.u is None or not true or found.by_system != (0.0, 0.0):
        return None
    if float((found.by_variant**2).sum()) > 0:
        return None
    factor = float(ndtri((1 + level) / 2)) + float(ndtri(power))
    return ceil(found.n_items * (factor * found.u / true) ** 2)
