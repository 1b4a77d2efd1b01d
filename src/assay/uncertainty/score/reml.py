"""Restricted maximum likelihood of crossed variance components with missing cells and unequal numbers of readings.

Readings of one cell enter by their number, mean and sum of squares. With D the diagonal variance of the cell means,
V = D + θ_I Z_I Z_Iᵀ + θ_V Z_V Z_Vᵀ; the factor with more levels is absorbed exactly (its block is diagonal), the other
leaves a dense matrix of its own size. Steps follow the average of observed and expected information; components stay at
or above zero (those that want to be negative are held at zero while the score points outwards); where a step does not
raise the likelihood, a multiplicative step does, which always can.

Source: Patterson and Thompson 1971; average information: Gilmour, Thompson and Cullis 1995 (recalled); the
multiplicative step: Zhou, Hu, Zhou and Lange 2019 (recalled).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from assay.uncertainty.score.cells import Cells, Components, Source
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
_STEPS = 200
_DONE = 1e-11
_FLOOR = 1e-9  # of the variance of all readings: scatter below it is taken for none
_MOST = 1e3  # times the variance of all readings: no component is larger
_LEVELS = 5000
_SPARSE = 0.1
_CHUNK = 50_000


class _Data(NamedTuple):
    """Scaled readings: ``big`` and ``small`` are the factors with more and with fewer levels; NaN-free columns."""

    cells: Cells
    swapped: bool
    y: Floats
    within: float
    sources: tuple[Source, ...]

    @property
    def big(self) -> npt.NDArray[np.int64]:
        return self.cells.variant if self.swapped else self.cells.item

    @property
    def small(self) -> npt.NDArray[np.int64]:
        return self.cells.item if self.swapped else self.cells.variant

    @property
    def factors(self) -> tuple[Source, Source]:
        """The factor with fewer levels, and the absorbed one."""
        return ("items", "variants") if self.swapped else ("variants", "items")


class _State(NamedTuple):
    """Minus twice the restricted log-likelihood, its parts, and how to apply the inverse of V.

    Attributes:
        theta: the components, scaled.
        deviance: minus twice the log-likelihood.
        weight: inverse of D, shape (cells,).
        level: 1 / (1 + θ Σ weight) of each level of the absorbed factor.
        shrink: θ times that.
        cross: weights as a table, absorbed by other factor; sparse where few cells were read.
        block: Zᵀ (D + absorbed)⁻¹ Z of the other factor, shape (levels, levels).
        factor: of the identity plus θ times that block.
        ones: inverse of V times 1, shape (cells,).
        residual: inverse of V times (y − mean), shape (cells,).
    """

    theta: Floats
    deviance: float
    weight: Floats
    level: Floats
    shrink: Floats
    cross: Floats
    block: Floats
    factor: tuple[Floats, bool]
    ones: Floats
    residual: Floats


def reml(seen: Cells) -> Components:
    """Estimate the components.

    Args:
        seen: cells, not all readings equal.
    Returns:
        Components with the inverse of the average information as covariance. A component at zero keeps its variance
        from the information as if it were free, so that it is not taken for certain.
    Raises:
        BadInput: more than 5000 levels of both factors, or no convergence: the likelihood of data without any scatter
            within cells may have no maximum.
    """
    if min(seen.n_items, seen.n_variants) > _LEVELS:
        raise BadInput("numbers.range", where="reml", name="levels", got=min(seen.n_items, seen.n_variants),
                       expected=f"levels <= {_LEVELS}")  # fmt: skip
    scale = float(np.sqrt(seen.within / seen.n.sum() + seen.mean.var()))
    swapped = seen.n_variants > seen.n_items
    y = (seen.mean - seen.mean.mean()) / scale
    data = _Data(seen, swapped, y, seen.within / scale**2, _sources(seen))
    try:
        return _components(data, _maximum(data), scale)
    except np.linalg.LinAlgError:
        raise BadInput("model.not_converged", where="reml", steps=_STEPS) from None


def _maximum(data: _Data) -> _State:
    """Where the restricted likelihood is largest, from equal components."""
    theta = np.full(len(data.sources), 1 / len(data.sources))
    state = _at(data, theta)
    for _ in range(_STEPS):
        score, information = _derivatives(data, state)
        free = (state.theta > 0) | (score > 0)
        step = _step(state.theta, score, information, free)
        moved = _move(data, state, step, score)
        gain = float(score[free] @ step[free])
        if moved is None or gain < _DONE:
            return moved or state
        state = moved
    raise BadInput("model.not_converged", where="reml", steps=_STEPS)


def _step(theta: Floats, score: Floats, information: Floats, free: npt.NDArray[np.bool_]) -> Floats:
    """The Newton step, components that it would take below zero going to zero, and the others accordingly."""
    step, moving = np.zeros(len(theta)), free.copy()
    for _ in theta:
        left = score[moving] - information[np.ix_(moving, ~moving)] @ step[~moving]
        step[moving] = np.linalg.lstsq(information[np.ix_(moving, moving)], left, rcond=None)[0]
        below = moving & (theta + step < 0)
        below[-1] = False
        if not below.any():
            break
        step[below] = -theta[below]
        moving &= ~below
    return step


def _sources(seen: Cells) -> tuple[Source, ...]:
    found: list[Source] = []
    if seen.n_items > 1:
        found.append("items")
    if seen.n_variants > 1:
        found.append("variants")
    crossed = len(seen.n) > seen.n_items + seen.n_variants - 1 and seen.n_items > 1 and seen.n_variants > 1
    if seen.within == 0:
        return (*found, "rest")  # cells read once, or repeats that all agree
    return (*found, "interaction", "repeats") if crossed else (*found, "repeats")


def _part(data: _Data, theta: Floats, name: Source) -> float:
    return float(theta[data.sources.index(name)]) if name in data.sources else 0.0


def _at(data: _Data, theta: Floats) -> _State:
    """Everything that depends on the components alone."""
    last = theta[-1]
    across = _part(data, theta, "interaction")
    spread = across + last / data.cells.n if data.sources[-1] == "repeats" else np.full(len(data.y), last)
    weight = 1 / spread
    inside, outside = data.factors
    big, small = _part(data, theta, outside), _part(data, theta, inside)
    total = np.bincount(data.big, weights=weight)
    level = 1 / (1 + big * total)
    cross = _matrix(data, weight)
    n_small = cross.shape[1]
    scaled = _times(cross, big * level)
    block = np.diag(np.bincount(data.small, weights=weight, minlength=n_small)) - _dense(cross.T @ scaled)
    factor = cho_factor(np.eye(n_small) + small * block, lower=True, check_finite=False)
    state = _State(theta, 0.0, weight, level, big * level, cross, block, factor, weight, weight)
    ones = _apply(data, state, np.ones(len(data.y)), small)
    information = float(ones.sum())
    rest = data.y - float(ones @ data.y) / information
    residual = _apply(data, state, rest, small)
    deviance = float(np.log(spread).sum() - np.log(level).sum() + 2 * np.log(np.diag(factor[0])).sum())
    deviance += float(np.log(information) + rest @ residual)
    if data.sources[-1] == "repeats":
        deviance += (data.cells.n.sum() - len(data.y)) * float(np.log(last)) + data.within / last
    return state._replace(deviance=deviance, ones=ones, residual=residual)


def _matrix(data: _Data, weight: Floats) -> Floats:
    """Weights as a table of the larger by the smaller factor, sparse where few cells were read."""
    from scipy.sparse import csr_array

    shape = (int(data.big.max()) + 1, int(data.small.max()) + 1)
    table = csr_array((weight, (data.big, data.small)), shape=shape)
    found: Floats = table if len(weight) < _SPARSE * shape[0] * shape[1] else table.toarray()
    return found


def _times(cross: Floats, rows: Floats) -> Floats:
    if isinstance(cross, np.ndarray):
        return np.asarray(cross * rows[:, None])
    from scipy.sparse import diags_array

    found: Floats = diags_array(rows) @ cross
    return found


def _dense(table: Floats) -> Floats:
    found: Floats = table if isinstance(table, np.ndarray) else table.toarray()
    return found


def _absorbed(data: _Data, state: _State, x: Floats) -> Floats:
    """Inverse of D and the absorbed factor, applied; shape (cells,)."""
    y = state.weight * x
    return np.asarray(y - state.weight * (state.shrink * np.bincount(data.big, weights=y))[data.big])


def _apply(data: _Data, state: _State, x: Floats, small: float) -> Floats:
    """Inverse of V, applied; shape (cells,)."""
    y = _absorbed(data, state, x)
    if small == 0:
        return y
    seen = np.bincount(data.small, weights=y, minlength=len(state.block))
    return y - _absorbed(data, state, (small * cho_solve(state.factor, seen, check_finite=False))[data.small])


def _derivatives(data: _Data, state: _State) -> tuple[Floats, Floats]:
    """Score and average information of the log-likelihood, shapes (c,) and (c, c)."""
    small = _part(data, state.theta, data.factors[0])
    n, r, q = data.cells.n, state.residual, state.ones
    information = float(q.sum())
    traces = _traces(data, state, small)
    images: list[Floats] = []
    score = []
    for source in data.sources:
        if source in ("items", "variants"):
            place = data.cells.item if source == "items" else data.cells.variant
            image, fixed = (np.asarray(np.bincount(place, weights=v)[place], np.float64) for v in (r, q))
        else:
            over = (1 / n) if source == "repeats" else np.ones(len(n))
            image, fixed = np.asarray(over * r), np.asarray(over * q)
        images.append(image)
        score.append(float(r @ image) - traces[source] + float(q @ fixed) / information)
    table = np.empty((len(images), len(images)))
    for column, image in enumerate(images):
        solved = _apply(data, state, image, small)
        solved = solved - q * float(q @ image) / information
        table[:, column] = [float(other @ solved) for other in images]
    if data.sources[-1] == "repeats":
        last = state.theta[-1]
        score[-1] += data.within / last**2 - (n.sum() - len(n)) / last
        table[-1, -1] += data.within / last**3
    return np.array(score) / 2, (table + table.T) / 4


def _traces(data: _Data, state: _State, small: float) -> dict[Source, float]:
    """Trace of the inverse of V times the matrix of each component."""
    inverse = cho_solve(state.factor, np.eye(len(state.block)), check_finite=False)
    total = np.bincount(data.big, weights=state.weight)
    level = state.level
    inside, outside = data.factors
    squares = _dense(state.cross.T @ _times(state.cross, level**2))
    found: dict[Source, float] = {
        inside: float((state.block * inverse).sum()),
        outside: float(total @ level) - small * float((inverse * squares).sum()),
    }
    if data.sources[-1] == "rest":
        found["rest"] = float(_diagonal(data, state, small, inverse).sum())
        return found
    diagonal = _diagonal(data, state, small, inverse)
    found["interaction"] = float(diagonal.sum())
    found["repeats"] = float(diagonal @ (1 / data.cells.n))
    return found


def _diagonal(data: _Data, state: _State, small: float, inverse: Floats) -> Floats:
    """Diagonal of the inverse of V, shape (cells,)."""
    shrink = state.shrink[data.big]
    plain = np.asarray(state.weight - state.weight**2 * shrink)
    if small == 0:
        return plain
    table = _at_cells(data, state, inverse)
    whole = np.bincount(data.big, weights=state.weight * table)
    at = np.diag(inverse)[data.small] - 2 * shrink * table + shrink**2 * whole[data.big]
    return plain - small * state.weight**2 * at


def _at_cells(data: _Data, state: _State, inverse: Floats) -> Floats:
    """The product of cross and inverse at the cells that were read, shape (cells,)."""
    if isinstance(state.cross, np.ndarray):
        return np.asarray((state.cross @ inverse)[data.big, data.small])
    order = np.argsort(data.big, kind="stable")
    many = np.bincount(data.big)
    begin = np.cumsum(many) - many
    found = np.empty(len(order))
    for first in range(0, len(order), _CHUNK):
        part = order[first : first + _CHUNK]
        times = many[data.big[part]]
        row = np.repeat(np.arange(len(part)), times)
        mate = order[begin[data.big[part]][row] + np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)]
        values = state.weight[mate] * inverse[data.small[part][row], data.small[mate]]
        found[part] = np.bincount(row, weights=values, minlength=len(part))
    return found


def _move(data: _Data, state: _State, step: Floats, score: Floats) -> _State | None:
    """A better point along the step, or by the multiplicative step; None if there is none."""
    slack = 1e-9 * abs(state.deviance) * 1e-3
    for halving in range(8):
        theta = np.clip(state.theta + step * 0.5**halving, 0.0, _MOST)
        theta[-1] = max(theta[-1], 0.1 * state.theta[-1], _FLOOR)
        tried = _tried(data, theta)
        if tried is not None and tried.deviance <= state.deviance + slack:
            return tried
    small = _part(data, state.theta, data.factors[0])
    traces = _traces(data, state, small)
    denominator = np.array([traces[source] for source in data.sources])
    denominator[-1] += (data.cells.n.sum() - len(data.y)) / state.theta[-1] if data.sources[-1] == "repeats" else 0.0
    ratio = np.maximum(1 + 2 * score / np.maximum(denominator, _FLOOR), 0.01)
    theta = np.clip(state.theta * np.sqrt(ratio), 0.0, _MOST)
    theta[-1] = max(theta[-1], _FLOOR)
    tried = _tried(data, theta)
    return tried if tried is not None and tried.deviance < state.deviance else None


def _tried(data: _Data, theta: Floats) -> _State | None:
    """The state there, or None where it cannot be computed."""
    try:
        with np.errstate(all="ignore"):
            found = _at(data, theta)
    except (np.linalg.LinAlgError, ZeroDivisionError):
        return None
    return found if np.isfinite(found.deviance) and found.ones.sum() > 0 else None


def _components(data: _Data, state: _State, scale: float) -> Components:
    _, information = _derivatives(data, state)
    covariance = np.asarray(np.linalg.pinv(information, hermitian=True) * scale**4, np.float64)
    theta = np.where(state.theta <= 2 * _FLOOR, 0.0, state.theta)
    variance = theta * scale**2
    sources = data.sources
    if sources[-1] == "rest" and data.cells.n.max() > 1:
        sources = (*sources[:-1], "interaction")  # repeats were had, and all agreed
    return Components(sources, variance, variance.copy(), covariance, "reml")
