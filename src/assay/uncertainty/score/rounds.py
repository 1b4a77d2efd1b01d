"""The change of a mean between two rounds that have some units in common, cell by cell.

A cell is a stratum: units drawn at random from all that one generator could make at one setting. Units asked in both
rounds (anchors) are taken as pairs, the others are independent. With n₁ and n₂ units in the rounds, a of them common,

    change = Σ w (ȳ₂ − ȳ₁),   u² = Σ w² (s₁²/n₁ + s₂²/n₂ − 2 a s₁₂ / (n₁ n₂)),

s₁₂ being the covariance over the anchors: the difference of the full means, its weights fixed by the design. Weights
chosen from the data (inverse variances of the paired and the unpaired difference) would be a little sharper and, with
the few units of a cell, biased.

Every variance gets one more degree of freedom at m (1 − m), m being the mean drawn towards the middle by half a unit at
either end, as in ``crossed.py``: cells whose few units agree are not certain. The covariance gets one at 0. Where all
units of a round agree, or all anchors move alike, the uncertainty is at least what that number of equal readings
leaves.

The many cells of few units have each a poor estimate of their variance, so that the degrees of freedom of the whole are
Welch's, (Σ a)² / Σ (a² / (ν + 2)) − 2, which do not take the scatter of those estimates for a lack of freedom.

Source: Cochran 1977, section 12.11 (sampling on two occasions) and 5.4 (strata), recalled; Welch 1947 (recalled); the
added degree of freedom is our own. Coverage: ``tests/uncertainty/score/test_rounds.py``.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.coverage import coverage_factor, effective_dof
from assay.uncertainty.spread import all_equal_u

Floats = npt.NDArray[np.float64]


class Pairing(NamedTuple):
    """One cell; each unit's value is the mean of its readings, from 0 to 1.

    Attributes:
        weight: share of the cell in the mean.
        before: anchors in the earlier round, shape (anchors,).
        after: the same anchors in the later round, in the same order.
        left: other units of the earlier round.
        fresh: other units of the later round.
    """

    weight: float
    before: Floats
    after: Floats
    left: Floats
    fresh: Floats


class Moved(NamedTuple):
    """A change, its standard uncertainty, and its degrees of freedom."""

    value: float
    u: float
    dof: float | None


def moved(cells: Sequence[Pairing]) -> Moved | None:
    """The change of the whole mean; None if a cell lacks units in a round.

    >>> one = Pairing(1.0, np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    >>> moved([one]).value
    0.25
    """
    parts = []
    for cell in cells:
        first = np.concatenate([cell.before, cell.left])
        second = np.concatenate([cell.after, cell.fresh])
        if not len(first) or not len(second):
            return None
        shared = len(cell.before)
        (s1, pad1), (s2, pad2) = _variance(first), _variance(second)
        common = 0.0
        if shared > 1:
            spread = float(((cell.before - cell.before.mean()) * (cell.after - cell.after.mean())).sum())
            common = spread / shared  # one more degree of freedom at 0
        u2 = s1 / len(first) + s2 / len(second) - 2 * shared * common / (len(first) * len(second))
        least = pad1 / len(first) ** 2 + pad2 / len(second) ** 2
        parts.append((cell.weight, float(second.mean() - first.mean()), max(u2, least), min(len(first), len(second))))
    rounds = ([(one.before, one.left) for one in cells], [(one.after, one.fresh) for one in cells])
    return _sum(parts, sum(_if_equal([part for pair in one for part in pair], 1.0) for one in rounds))


def of_anchors(cells: Sequence[Pairing]) -> Moved | None:
    """The change of the units asked in both rounds, pair by pair; None if a cell has none."""
    parts = []
    for cell in cells:
        gap = cell.after - cell.before
        if not len(gap):
            return None
        moves = (float((gap**2).sum()) + 0.5) / (len(gap) + 1)  # share of pairs that move, drawn towards the middle
        u2 = (float(((gap - gap.mean()) ** 2).sum()) + moves) / len(gap) / len(gap)
        parts.append((cell.weight, float(gap.mean()), u2, len(gap)))
    return _sum(parts, _if_equal([cell.after - cell.before for cell in cells], 2.0))


def of_others(cells: Sequence[Pairing]) -> Moved | None:
    """The change of the units asked in one round only, which are independent; None if a cell lacks them in a round."""
    parts = []
    for cell in cells:
        if not len(cell.left) or not len(cell.fresh):
            return None
        u2 = _variance(cell.left)[0] / len(cell.left) + _variance(cell.fresh)[0] / len(cell.fresh)
        n = min(len(cell.left), len(cell.fresh))
        parts.append((cell.weight, float(cell.fresh.mean() - cell.left.mean()), u2, n))
    rounds = ([cell.left for cell in cells], [cell.fresh for cell in cells])
    return _sum(parts, sum(_if_equal(one, 1.0) for one in rounds))


def gap(anchors: Moved, others: Moved) -> Moved:
    """The one change less the other; they have no unit in common."""
    parts = [(anchors.u, anchors.dof), (others.u, others.dof)]
    return Moved(anchors.value - others.value, sqrt(anchors.u**2 + others.u**2), effective_dof(parts))


def interval(found: Moved, level: float, reach: float = 1.0) -> tuple[float, float]:
    """Coverage interval within what is possible: from −``reach`` to ``reach``."""
    k = coverage_factor(level, found.dof)
    return max(found.value - k * found.u, -reach), min(found.value + k * found.u, reach)


def _variance(values: Floats) -> tuple[float, float]:
    """Variance of one unit with the added degree of freedom, and what that adds."""
    n = len(values)
    m = (float(values.sum()) + 0.5) / (n + 1)
    pad = m * (1 - m)
    return (float(((values - values.mean()) ** 2).sum()) + pad) / n, pad


def _if_equal(parts: Sequence[Floats], reach: float) -> float:
    """Variance that stands in where all values are equal, their range being ``reach``; 0 where they are not."""
    values = np.concatenate(parts)
    if float(np.ptp(values)) > 0:
        return 0.0
    return (all_equal_u(1.0, len(values)) * reach) ** 2


def _sum(parts: Sequence[tuple[float, float, float, int]], least: float) -> Moved:
    """Of weight, value, variance and degrees of freedom; ``least`` is the smallest variance of the whole."""
    variances = [(weight**2 * u2, dof) for weight, _, u2, dof in parts]
    whole = sum(u2 for u2, _ in variances)
    dof = whole**2 / sum(u2**2 / (nu + 2) for u2, nu in variances) - 2
    value = sum(weight * value for weight, value, _, _ in parts)
    return Moved(value, sqrt(max(whole, least)), max(dof, float(min(nu for _, nu in variances))))
