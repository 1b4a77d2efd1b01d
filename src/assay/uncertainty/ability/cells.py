"""The ability of one subject from answers to items of calibrated cells, and what follows for other items.

An item of cell k is answered right with P = c + (1 − c) / (1 + exp(−(a θ + d + g + e))): ``e`` is the item's own part
(normal, the cell's ``item_sd``), ``g`` the subject's own part in the cell (normal, ``subject_sd``), the same for all
its items. Every item is asked once, so that ``e`` is integrated out of each answer and ``g`` out of the answers to a
cell.

The posterior of θ has the prior N(0, 2²): twice the spread of the reference population, so that it says little.
What is not known of the cells is carried on by the delta method: the derivative of a posterior mean by a parameter is
its posterior covariance with the score of that parameter.

Source: two and three parameters: Birnbaum 1968; spread common to the items of a cell: Bradlow, Wainer and Wang 1999
(testlets); items that inherit from a family: Sinharay, Johnson and Williamson 2003; fit of a person, l_z: Drasgow,
Levine and Williams 1985 (all recalled).
"""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtr

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR_SD: Final = 2.0
"""Standard deviation of the prior of an ability, in units of the reference population."""

THETA: Final[Floats] = np.linspace(-8.0, 8.0, 321)
"""Abilities over which posteriors are summed, shape (nodes,)."""

_SUBJECT_NODES: Final = 15
_ITEM_NODES: Final = 9
_LEAST: Final = 1e-12


class Cells(NamedTuple):
    """Calibrated cells as arrays of shape (cells,), but for ``covariance``: (cells, 2, 2), slope then intercept."""

    slope: Floats
    intercept: Floats
    floor: Floats
    item_sd: Floats
    covariance: Floats
    subject_sd: float


class Curves(NamedTuple):
    """Probabilities of a right answer, item parts integrated out.

    Attributes:
        cells: whose curves.
        p: probability, shape (cells, nodes of θ, nodes of the subject's part).
        dp: its derivative by the logit, same shape.
        log_weight: of the nodes of the subject's part, shape (nodes of the subject's part,).
    """

    cells: Cells
    p: Floats
    dp: Floats
    log_weight: Floats


class Answered(NamedTuple):
    """Numbers of items asked and answered right in each cell, both of shape (cells,)."""

    n: Ints
    right: Ints


class Posterior(NamedTuple):
    """What is known of one subject.

    Attributes:
        weight: posterior over ``THETA``, shape (nodes,).
        own: posterior of the subject's part given θ, shape (cells, nodes, nodes of the subject's part).
        score: expected score of each intercept given θ, shape (cells, nodes).
        theta: posterior mean.
        sd: posterior standard deviation.
        u_cells: standard uncertainty from what is not known of the cells.
    """

    weight: Floats
    own: Floats
    score: Floats
    theta: float
    sd: float
    u_cells: float


class Expected(NamedTuple):
    """A mean score over stated numbers of items, expected of one subject.

    Attributes:
        value: the mean.
        u_ability: from the ability.
        u_own: from the subject's own part in the cells.
        u_cells: from what is not known of the cells.
        u_items: from the items' own parts.
        at: the mean given each of ``THETA``, shape (nodes,).
    """

    value: float
    u_ability: float
    u_own: float
    u_cells: float
    u_items: float
    at: Floats

    @property
    def u(self) -> float:
        """All of it."""
        return sqrt(self.u_ability**2 + self.u_own**2 + self.u_cells**2 + self.u_items**2)

    @property
    def u_given(self) -> float:
        """All but what the ability leaves open."""
        return sqrt(self.u_own**2 + self.u_cells**2 + self.u_items**2)


def logistic(x: Floats) -> Floats:
    """1 / (1 + exp(−x))."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-x)))


def normal_nodes(n: int) -> tuple[Floats, Floats]:
    """Nodes and weights of Gauss and Hermite for a standard normal, both of shape (n,)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return nodes, weights / weights.sum()


def curves(cells: Cells) -> Curves:
    """Tables of the cells."""
    own, own_weight = normal_nodes(_SUBJECT_NODES)
    part, part_weight = normal_nodes(_ITEM_NODES)
    base = (cells.slope[:, None] * THETA + cells.intercept[:, None])[:, :, None] + cells.subject_sd * own
    p, dp = np.zeros_like(base), np.zeros_like(base)
    for node, weight in zip(part, part_weight, strict=True):
        one = logistic(base + node * cells.item_sd[:, None, None])
        p += weight * one
        dp += weight * one * (1 - one)
    free = (1 - cells.floor)[:, None, None]
    p = np.clip(1 - free + free * p, _LEAST, 1 - _LEAST)
    return Curves(cells, p, free * dp, np.log(own_weight))


def posterior(made: Curves, answered: Answered) -> Posterior:
    """What the answers say of the subject; with no answers, the prior."""
    asked = np.flatnonzero(answered.n)
    own = np.broadcast_to(np.exp(made.log_weight), made.p.shape).copy()
    score = np.zeros(made.p.shape[:2])
    log = -(THETA**2) / (2 * PRIOR_SD**2)
    if len(asked):
        n, right = answered.n[asked, None, None], answered.right[asked, None, None]
        p = made.p[asked]
        each = right * np.log(p) + (n - right) * np.log1p(-p) + made.log_weight
        top = each.max(axis=2, keepdims=True)
        each = np.exp(each - top)
        total = each.sum(axis=2, keepdims=True)
        log = log + (top[:, :, 0] + np.log(total[:, :, 0])).sum(axis=0)
        own[asked] = each / total
        score[asked] = (own[asked] * (right - n * p) / (p * (1 - p)) * made.dp[asked]).sum(axis=2)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    theta = float(weight @ THETA)
    gap = weight * (THETA - theta)
    gradient = np.stack([score @ (gap * THETA), score @ gap], axis=1)
    return Posterior(weight, own, score, theta, sqrt(float(gap @ (THETA - theta))), _through(gradient, made.cells))


def expected_score(made: Curves, known: Posterior, items: npt.ArrayLike) -> Expected:
    """The mean score expected over so many items of each cell.

    Args:
        made: tables of the cells.
        known: of the subject.
        items: number of items in each cell, shape (cells,).
    """
    count = np.asarray(items, dtype=np.float64)
    share = count / count.sum()
    mean = (known.own * made.p).sum(axis=2)
    spread = np.maximum((known.own * made.p**2).sum(axis=2) - mean**2, 0.0)
    at = share @ mean
    value = float(known.weight @ at)
    slope_of = _by_intercept(made, known, mean)
    gap = known.weight * (at - value)
    weighted = known.weight * slope_of
    by_intercept = known.score @ gap + share * weighted.sum(axis=1)
    by_slope = known.score @ (gap * THETA) + share * (weighted @ THETA)
    return Expected(
        value=value,
        u_ability=sqrt(float(gap @ (at - value))),
        u_own=sqrt(float(known.weight @ (share**2 @ spread))),
        u_cells=_through(np.stack([by_slope, by_intercept], axis=1), made.cells),
        u_items=sqrt(float((share**2 / np.maximum(count, 1.0)) @ _item_variance(made.cells, known.theta))),
        at=at,
    )


def _by_intercept(made: Curves, known: Posterior, mean: Floats) -> Floats:
    """How the mean of each cell given θ moves with its intercept, shape (cells, nodes).

    By parts, for a normal part g of variance w²: E[P'] + Cov(P, s) = Cov(P, g) / w², s the score of the answers.
    """
    sd = made.cells.subject_sd
    if sd == 0:
        return np.asarray((known.own * made.dp).sum(axis=2))
    own, _ = normal_nodes(_SUBJECT_NODES)
    part = (known.own * own).sum(axis=2)
    return np.asarray(((known.own * made.p * own).sum(axis=2) - mean * part) / sd)


def _item_variance(cells: Cells, theta: float) -> Floats:
    """Variance of P over the items of each cell at an ability, shape (cells,)."""
    part, weight = normal_nodes(_ITEM_NODES)
    p = logistic((cells.slope * theta + cells.intercept)[:, None] + cells.item_sd[:, None] * part)
    mean = p @ weight
    return np.asarray((1 - cells.floor) ** 2 * np.maximum(p**2 @ weight - mean**2, 0.0))


def _through(gradient: Floats, cells: Cells) -> float:
    """Standard uncertainty from a gradient of shape (cells, 2); the errors of different cells are independent."""
    return sqrt(max(0.0, float(np.einsum("ki,kij,kj->", gradient, cells.covariance, gradient))))


def interval(centres: Floats, weight: Floats, sd: float, level: float) -> tuple[float, float]:
    """The central interval of a mixture of normals of one standard deviation.

    Args:
        centres: of the normals, shape (nodes,).
        weight: of each, adding up to 1.
        sd: of each; 0 for points.
        level: probability between the ends.

    >>> ends = interval(np.array([0.0]), np.array([1.0]), 1.0, 0.95)
    >>> [round(end, 4) for end in ends]
    [-1.96, 1.96]
    """
    tail = (1 - level) / 2
    return tuple(_quantile(centres, weight, max(sd, 1e-9), at) for at in (tail, 1 - tail))  # type: ignore[return-value]


def _quantile(centres: Floats, weight: Floats, sd: float, at: float) -> float:
    low, high = float(centres.min()) - 9 * sd, float(centres.max()) + 9 * sd
    for _ in range(80):
        middle = (low + high) / 2
        if float(weight @ ndtr((middle - centres) / sd)) < at:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def person_fit(made: Curves, known: Posterior, answered: Answered) -> float:
    """l_z: log-likelihood of the answers, cell by cell, less its expectation, in standard deviations.

    Far below 0 where a subject answers hard cells and misses easy ones. About standard normal for a subject that fits.

    Source: Drasgow, Levine and Williams 1985, with the counts of cells in place of single items (recalled).
    """
    node = int(np.abs(THETA - known.theta).argmin())
    gap = variance = 0.0
    for cell in np.flatnonzero(answered.n):
        n = int(answered.n[cell])
        r = np.arange(n + 1)[:, None]
        p = made.p[cell, node]
        log = gammaln(n + 1) - gammaln(r + 1) - gammaln(n - r + 1) + r * np.log(p) + (n - r) * np.log1p(-p)
        chance = np.exp(log) @ np.exp(made.log_weight)
        surprise = np.log(np.maximum(chance, 1e-300))
        mean = float(chance @ surprise)
        gap += float(surprise[int(answered.right[cell])]) - mean
        variance += float(chance @ surprise**2) - mean**2
    return gap / sqrt(variance) if variance > 0 else 0.0
