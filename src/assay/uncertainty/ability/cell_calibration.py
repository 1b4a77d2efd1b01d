"""Cells of a bank calibrated from the answers of reference subjects to several items of each.

The logit of subject s on item j of cell k is a θ + d + g + e: θ of the subject, standard normal over the subjects; g of
the subject in the cell, normal with one standard deviation for the whole bank; e of the item, normal with the standard
deviation of its cell, drawn towards that of all cells as far as the items are few. Guessing is held fixed at ``floor``.

First g and e are predicted at the mode of the penalised likelihood, which gives the spread of items, and their
variances by expectation and maximisation. That mode flattens slopes of 0/1 data; slopes, intercepts and the spread of
g are therefore fitted again by the marginal likelihood of the answers of each subject to each cell, with g and e
integrated out as in ``cells.py``; that items are shared by the subjects adds the variance of their mean to that of the
intercept. Abilities are posterior means over the cells, which as predictors do not flatten slopes. Slopes are drawn to
their mean as far as they are known poorly, mean and spread estimated: a choice of the steepest would else pick those
that came out too steep by chance (van der Linden and Glas 2000).

Source: penalised quasi-likelihood: Breslow and Clayton 1993; expectation and maximisation for variances: Dempster,
Laird and Rubin 1977; information of incomplete data: Louis 1982 (all recalled).
"""

from typing import Final, NamedTuple

import numpy as np
from scipy.special import bdtrc

from assay.uncertainty.ability.cells import Cells, Floats, Ints, logistic, normal_nodes
from assay.uncertainty.checked import at_least
from assay.vocabulary.errors import BadInput

INTERCEPT_SD: Final = 4.0
"""Standard deviation of the prior of an intercept, around 0."""

_PRIOR_ITEMS: Final = 4.0  # items that the standard deviation of all cells counts for in that of one
_STEPS: Final = 400
_BEGINNING: Final = 120
_DONE: Final = 1e-3
_OWN: Final = normal_nodes(15)
_PARTS: Final = normal_nodes(7)
_CHANCE: Final = 0.01
_WHERE: Final = "calibration of cells"


class Answers(NamedTuple):
    """What reference subjects answered.

    Attributes:
        right: 1 or 0, shape (subjects, items).
        present: which answers were had, same shape.
        cell: of each item, from 0, shape (items,).
        floor: probability of a right answer by guessing, shape (cells,).
    """

    right: Floats
    present: Floats
    cell: Ints
    floor: Floats


class Calibrated(NamedTuple):
    """Cells, the subjects that calibrated them, and what became of each cell.

    Attributes:
        cells: those of ``kept``, in that order.
        kept: numbers of the calibrated cells.
        why: of every cell: empty where calibrated, else ``none``, ``all``, ``flat`` or ``few``.
        theta: abilities of the subjects, shape (subjects,).
        u: their standard uncertainties, same shape.
    """

    cells: Cells
    kept: list[int]
    why: list[str]
    theta: Floats
    u: Floats


class _Table(NamedTuple):
    """Answers cell by cell: right and present of shape (cells, subjects, most items), floor of shape (cells, 1, 1)."""

    right: Floats
    present: Floats
    floor: Floats


class _State(NamedTuple):
    """Where the fit stands: a and d (cells,), g (cells, subjects), e (cells, items), θ, and the variances.

    ``among`` are mean and variance of the slopes of all cells, to which that of each is drawn.
    """

    slope: Floats
    intercept: Floats
    own: Floats
    part: Floats
    theta: Floats
    own_variance: float
    part_variance: Floats
    among: tuple[float, float] = (1.0, 1.0)


def calibrated(answers: Answers) -> Calibrated:
    """Estimate the cells.

    Raises:
        BadInput: fewer than ten subjects, fewer than three cells that can be calibrated, or no convergence.
    """
    at_least(_WHERE, "subjects", len(answers.right), 10)
    why = [_unusable(answers, cell) for cell in range(len(answers.floor))]
    while True:
        kept = [cell for cell, reason in enumerate(why) if not reason]
        at_least(_WHERE, "cells", len(kept), 3)
        table = _table(answers, kept)
        state, covariance, u = _refined(table, _settled(table))
        flat = np.flatnonzero(state.slope < 2 * np.sqrt(covariance[:, 0, 0]))
        if not len(flat):
            break
        for place in flat:
            why[kept[place]] = "flat"
    cells = Cells(
        state.slope, state.intercept, answers.floor[kept], np.sqrt(state.part_variance), covariance,
        float(np.sqrt(state.own_variance)),
    )  # fmt: skip
    return Calibrated(cells, kept, why, state.theta, u)


def _unusable(answers: Answers, cell: int) -> str:
    """Why a cell tells nothing; empty if it does."""
    mine = answers.cell == cell
    seen = answers.present[:, mine]
    n, right = int(seen.sum()), int((answers.right[:, mine] * seen).sum())
    if (seen.sum(axis=1) > 0).sum() < 10:
        return "few"
    floor = float(answers.floor[cell])
    if not floor:
        return "none" if right < 5 else "all" if n - right < 5 else ""
    right_of, seen_of = (answers.right[:, mine] * seen).sum(axis=1), seen.sum(axis=1)
    each = [(int(r), int(m)) for r, m in zip(right_of, seen_of, strict=True) if m]
    best = min(float(bdtrc(r - 1, m, floor)) for r, m in each)
    if best > _CHANCE / len(each) and float(bdtrc(right - 1, n, floor)) > _CHANCE:
        return "none"
    return "all" if n - right < 5 else ""


def _table(answers: Answers, kept: list[int]) -> _Table:
    members = [np.flatnonzero(answers.cell == cell) for cell in kept]
    shape = (len(kept), len(answers.right), max(map(len, members)))
    right, present = np.zeros(shape), np.zeros(shape)
    for place, items in enumerate(members):
        right[place, :, : len(items)] = answers.right[:, items]
        present[place, :, : len(items)] = answers.present[:, items]
    return _Table(right * present, present, answers.floor[kept][:, None, None])


def _first(table: _Table) -> _State:
    seen = np.maximum(table.present.sum(axis=(0, 2)), 1.0)
    share = np.clip(table.right.sum(axis=(0, 2)) / seen, 0.02, 0.98)
    raw = np.log(share / (1 - share))
    cells, subjects, items = table.right.shape
    solved = (table.right.sum(axis=(1, 2)) + 0.5) / (table.present.sum(axis=(1, 2)) + 1)
    solved = np.clip((solved - table.floor[:, 0, 0]) / (1 - table.floor[:, 0, 0]), 0.02, 0.98)
    return _State(
        np.ones(cells), np.log(solved / (1 - solved)), np.zeros((cells, subjects)), np.zeros((cells, items)),
        (raw - raw.mean()) / max(float(raw.std()), 1e-3), 0.5, np.full(cells, 0.25),
    )  # fmt: skip


def _settled(table: _Table) -> _State:
    """The mode of the penalised likelihood with its variances, or where it stands after so many steps: a beginning."""
    state = _first(table)
    for _ in range(_BEGINNING):
        before = np.concatenate([state.slope, state.intercept])
        state, weight, work = _moved(table, state)
        state = _placed(state, weight, work)
        if np.abs(np.concatenate([state.slope, state.intercept]) - before).max() < _DONE:
            break
    return state


def _refined(table: _Table, state: _State) -> tuple[_State, Floats, Floats]:
    """The marginal fit, with covariances of slopes and intercepts and the uncertainties of the abilities."""
    for _ in range(_STEPS):
        before = np.concatenate([state.slope, state.intercept, [state.own_variance]])
        state, information, weight, work = _marginal(table, state)
        state = _placed(state, weight, work)
        now = np.concatenate([state.slope, state.intercept, [state.own_variance]])
        if np.abs(now - before).max() < _DONE:
            break
    else:
        raise BadInput("model.not_converged", where=_WHERE, steps=_STEPS)
    covariance: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    items = (table.present.sum(axis=1) > 0).sum(axis=1)
    covariance[:, 1, 1] += state.part_variance / items
    return state, covariance, _ability_u(state, weight)


def _marginal(table: _Table, state: _State) -> tuple[_State, Floats, Floats, Floats]:
    """A step towards the marginal maximum of every cell, and of the spread of the subjects' own parts.

    Returns:
        The state; information of slopes and intercepts, (cells, 2, 2); weight and working logit, (cells, subjects).
    """
    own, own_weight = _OWN
    n, r = table.present.sum(axis=2)[:, :, None], table.right.sum(axis=2)[:, :, None]
    eta = state.slope[:, None] * state.theta + state.intercept[:, None]
    p, dp = _integrated(table, eta[:, :, None] + np.sqrt(state.own_variance) * own, state.part_variance)
    log = r * np.log(p) + (n - r) * np.log1p(-p) + np.log(own_weight)
    post = np.exp(log - log.max(axis=2, keepdims=True))
    post /= post.sum(axis=2, keepdims=True)
    score = (r - n * p) / (p * (1 - p)) * dp
    mean = (post * score).sum(axis=2)
    weight = (post * n * dp**2 / (p * (1 - p))).sum(axis=2)
    info = weight - (post * score**2).sum(axis=2) + mean**2  # may be less than nothing for one subject in one cell
    info = np.maximum(info, weight / (1 + weight * state.own_variance) / 2)
    gradient = np.stack([mean @ state.theta - (state.slope - state.among[0]) / state.among[1],
                         mean.sum(axis=1) - state.intercept / INTERCEPT_SD**2], axis=1)  # fmt: skip
    powers = np.stack([state.theta**2, state.theta, np.ones_like(state.theta)])
    sums = info @ powers.T + [1 / state.among[1], 0.0, INTERCEPT_SD**-2]
    information = sums[:, [[0, 1], [1, 2]]]
    step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
    step *= 0.8 * np.minimum(1.0, 1.0 / np.maximum(np.abs(step).max(axis=1), 1e-9))[:, None]
    seen = (n[:, :, 0] > 0).astype(float)
    second, first = (post * own**2).sum(axis=2), (post * own).sum(axis=2)
    # what slope and intercept leave open comes back to the parts, as far as the answers move these: as in REML
    line = np.linalg.inv(information)
    open_ = line[:, [0], 0] * state.theta**2 + 2 * line[:, [0], 1] * state.theta + line[:, [1], 1]
    returned = (1 - second + first**2) ** 2 * open_
    own_variance = float(((state.own_variance * second + returned) * seen).sum() / seen.sum())
    slope = state.slope + step[:, 0]
    spread = float((slope.var() * len(slope) + line[:, 0, 0].sum()) / max(1, len(slope) - 1))
    moved = state._replace(
        slope=slope, intercept=state.intercept + step[:, 1], own_variance=max(own_variance, 1e-4),
        among=(float(slope.mean()), max(spread, 1e-2)),
    )  # fmt: skip
    part = np.sqrt(state.own_variance) * first
    work = eta + part + np.divide(mean, weight, out=np.zeros_like(mean), where=weight > 1e-9)
    return moved, information, weight, work


def _integrated(table: _Table, eta: Floats, part_variance: Floats) -> tuple[Floats, Floats]:
    """Probability and its derivative by the logit, the items' parts integrated out; shape of ``eta``."""
    p, dp = np.zeros_like(eta), np.zeros_like(eta)
    for node, weight in zip(*_PARTS, strict=True):
        one = logistic(eta + node * np.sqrt(part_variance)[:, None, None])
        p += weight * one
        dp += weight * one * (1 - one)
    return np.clip(table.floor + (1 - table.floor) * p, 1e-9, 1 - 1e-9), (1 - table.floor) * dp


def _moved(table: _Table, state: _State) -> tuple[_State, Floats, Floats]:
    """One step of every cell, g eliminated; then the variances.

    Returns:
        The state; weight and working logit less e, (cells, subjects).
    """
    eta = state.slope[:, None] * state.theta + state.intercept[:, None] + state.own
    eta3 = eta[:, :, None] + state.part[:, None, :]
    s = logistic(eta3)
    p = np.clip(table.floor + (1 - table.floor) * s, 1e-9, 1 - 1e-9)
    dp = (1 - table.floor) * s * (1 - s)
    w = table.present * dp**2 / (p * (1 - p))
    g = table.present * (table.right - p) * dp / (p * (1 - p))
    w_subject, g_subject = w.sum(axis=2), g.sum(axis=2)
    cross = np.concatenate([(state.theta * w_subject)[:, :, None], w_subject[:, :, None], w], axis=2)
    own_scale = w_subject + 1 / state.own_variance
    slope_gradient = g_subject @ state.theta - (state.slope - state.among[0]) / state.among[1]
    outer = np.concatenate([
        slope_gradient[:, None], (g_subject.sum(axis=1) - state.intercept / INTERCEPT_SD**2)[:, None],
        g.sum(axis=1) - state.part / state.part_variance[:, None],
    ], axis=1)  # fmt: skip
    own_gradient = g_subject - state.own / state.own_variance
    whole = _outer_information(state, w, w_subject)
    schur = whole - np.einsum("ksi,ksj->kij", cross / own_scale[:, :, None], cross)
    inverse = np.linalg.inv(schur)
    step = np.einsum("kij,kj->ki", inverse, outer - np.einsum("ksi,ks->ki", cross, own_gradient / own_scale))
    own_step = (own_gradient - np.einsum("ksi,ki->ks", cross, step)) / own_scale
    damp = 0.8 * np.minimum(1.0, 1.0 / np.maximum(np.abs(step).max(axis=1), 1e-9))[:, None]
    own_variance = 1 / own_scale + np.einsum("ksi,kij,ksj->ks", cross, inverse, cross) / own_scale**2
    moved = state._replace(
        slope=state.slope + damp[:, 0] * step[:, 0], intercept=state.intercept + damp[:, 0] * step[:, 1],
        part=state.part + damp * step[:, 2:], own=state.own + damp * own_step,
    )  # fmt: skip
    moved = _varied(table, moved, own_variance, np.einsum("kii->ki", inverse)[:, 2:])
    work = eta + np.divide(g_subject, w_subject, out=np.zeros_like(eta), where=w_subject > 1e-9)
    return moved, w_subject, work


def _outer_information(state: _State, w: Floats, w_subject: Floats) -> Floats:
    """Information of slope, intercept and e with their priors, shape (cells, 2 + items, 2 + items)."""
    cells, _, items = w.shape
    whole = np.zeros((cells, 2 + items, 2 + items))
    whole[:, 0, 0] = w_subject @ state.theta**2 + 1 / state.among[1]
    whole[:, 0, 1] = whole[:, 1, 0] = w_subject @ state.theta
    whole[:, 1, 1] = w_subject.sum(axis=1) + INTERCEPT_SD**-2
    whole[:, 0, 2:] = whole[:, 2:, 0] = np.einsum("ksj,s->kj", w, state.theta)
    whole[:, 1, 2:] = whole[:, 2:, 1] = w.sum(axis=1)
    places = np.arange(items)
    whole[:, 2 + places, 2 + places] = w.sum(axis=1) + 1 / state.part_variance[:, None]
    return whole


def _varied(table: _Table, state: _State, own: Floats, part: Floats) -> _State:
    """Variances from predicted parts and how well these are known; padding counts for nothing."""
    seen = (table.present.sum(axis=2) > 0).astype(float)
    own_variance = float(((state.own**2 + own) * seen).sum() / seen.sum())
    real = (table.present.sum(axis=1) > 0).astype(float)
    sums, n = ((state.part**2 + part) * real).sum(axis=1), real.sum(axis=1)
    common = float(sums.sum() / n.sum())
    return state._replace(
        own_variance=max(own_variance, 1e-4),
        part_variance=np.maximum((sums + _PRIOR_ITEMS * common) / (n + _PRIOR_ITEMS), 1e-4),
    )


def _placed(state: _State, weight: Floats, work: Floats) -> _State:
    """Abilities from the working logits, brought to mean 0 and standard deviation 1 as a population."""
    precision = np.where(weight > 1e-9, weight / (1 + weight * state.own_variance), 0.0)
    information = state.slope**2 @ precision + 1.0
    mean = state.slope @ (precision * (work - state.intercept[:, None])) / information
    shift, scale = float(mean.mean()), float(np.sqrt(mean.var() + (1 / information).mean()))
    # the cells follow, so that the probabilities stay as they are
    return state._replace(
        theta=(mean - shift) / scale, intercept=state.intercept + state.slope * shift, slope=state.slope * scale,
        among=(state.among[0] * scale, state.among[1] * scale**2),
    )  # fmt: skip


def _ability_u(state: _State, weight: Floats) -> Floats:
    """Standard deviations of the posteriors of the abilities, shape (subjects,)."""
    precision = np.where(weight > 1e-9, weight / (1 + weight * state.own_variance), 0.0)
    return np.asarray((state.slope**2 @ precision + 1.0) ** -0.5)
