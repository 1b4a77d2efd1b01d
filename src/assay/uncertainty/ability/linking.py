"""One scale of ability brought to another by the cells that both have.

The scale and shift are those for which the expected scores over the shared cells differ least, by ability; their
covariance is that of leaving out each shared cell in turn, which contains that cells do not keep their places.

Source: Stocking and Lord 1983; mean and sigma for a beginning: Marco 1977; jackknife over the common items for the
uncertainty of a link: Monseur and Berezner 2007 (all recalled).
"""

from typing import NamedTuple

import numpy as np

from assay.uncertainty.ability.cells import Cells, Floats, logistic
from assay.uncertainty.checked import at_least

_THETA: Floats = np.linspace(-3.0, 3.0, 31)
_WEIGHT: Floats = np.exp(-(_THETA**2) / 2) / np.exp(-(_THETA**2) / 2).sum()
_WHERE = "link of two scales"


class Linked(NamedTuple):
    """θ on the anchored scale = scale θ' + shift, with the covariance of scale and shift of shape (2, 2)."""

    scale: float
    shift: float
    covariance: Floats


def linked(anchored: Cells, other: Cells) -> Linked:
    """The link from the shared cells, in the same order in both.

    Args:
        anchored: on the scale that is kept.
        other: on the scale that is brought to it.
    Raises:
        BadInput: fewer than five cells.
    """
    n = len(anchored.slope)
    at_least(_WHERE, "shared cells", n, 5)
    all_of_them = np.arange(n)
    best = _fit(anchored, other, all_of_them)
    without = np.array([_fit(anchored, other, np.delete(all_of_them, k)) for k in range(n)])
    gap = without - without.mean(axis=0)
    return Linked(float(best[0]), float(best[1]), (n - 1) / n * gap.T @ gap)


def moved(cells: Cells, link: Linked) -> Cells:
    """The cells on the anchored scale; the uncertainty of the link is not in them.

    >>> one = Cells(np.array([2.0]), np.array([-1.0]), np.zeros(1), np.zeros(1), np.zeros((1, 2, 2)), 0.0)
    >>> there = moved(one, Linked(2.0, 1.0, np.zeros((2, 2))))
    >>> float(there.slope[0]), float(-there.intercept[0] / there.slope[0])
    (1.0, 2.0)
    """
    turn = np.array([[1 / link.scale, 0.0], [-link.shift / link.scale, 1.0]])
    return cells._replace(
        slope=cells.slope / link.scale,
        intercept=cells.intercept - cells.slope * link.shift / link.scale,
        covariance=turn @ cells.covariance @ turn.T,
    )


def _fit(anchored: Cells, other: Cells, use: np.ndarray) -> Floats:
    """Scale and shift by Gauss and Newton from those of mean and sigma, shape (2,)."""
    slope, intercept, floor = anchored.slope[use], anchored.intercept[use], anchored.floor[use, None]
    wanted = _score(slope, intercept, floor, _THETA)
    at = _mean_sigma(-intercept / slope, -other.intercept[use] / other.slope[use])
    for _ in range(50):
        there = (_THETA - at[1]) / at[0]
        s = logistic(other.slope[use, None] * there + other.intercept[use, None])
        steep = ((1 - floor) * s * (1 - s) * other.slope[use, None]).mean(axis=0)
        gap = wanted - _score(other.slope[use], other.intercept[use], floor, there)
        change = np.stack([-steep * there / at[0], -steep / at[0]], axis=1)
        weighted = change * _WEIGHT[:, None]
        step = np.linalg.solve(weighted.T @ change + 1e-12 * np.eye(2), weighted.T @ gap)
        step *= min(1.0, 0.3 * at[0] / max(float(np.abs(step).max()), 1e-12))
        at = at + step
        if np.abs(step).max() < 1e-9:
            break
    return at


def _score(slope: Floats, intercept: Floats, floor: Floats, theta: Floats) -> Floats:
    """Mean probability of a right answer over the cells at each ability."""
    return np.asarray((floor + (1 - floor) * logistic(slope[:, None] * theta + intercept[:, None])).mean(axis=0))


def _mean_sigma(anchored: Floats, other: Floats) -> Floats:
    """Scale and shift from medians and quartiles of the difficulties, so that a wild one does no harm."""
    spread = [float(np.subtract(*np.percentile(b, [75, 25]))) for b in (anchored, other)]
    scale = float(np.clip(spread[0] / spread[1], 0.2, 5.0)) if min(spread) > 0 else 1.0
    return np.array([scale, float(np.median(anchored)) - scale * float(np.median(other))])
