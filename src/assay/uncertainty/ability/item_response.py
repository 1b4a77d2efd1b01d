"""The two-parameter logistic model of right and wrong answers: P = 1 / (1 + exp(−(a θ + d))), difficulty b = −d / a.

Item parameters by marginal maximum likelihood (abilities integrated out), with normal priors where wanted; abilities as
means of their posterior, whose standard uncertainty contains that of the item parameters.

**Scale.** The data fix θ up to origin and unit. Here the abilities of the systems that calibrated the items have mean 0
and standard deviation 1 as a population; ``rescaled`` moves to another anchor. A θ without its anchor says nothing.

The integral is a sum over equally spaced abilities (the trapezoidal rule), as close as answers to many items demand:
the nodes of Gauss and Hermite lie further apart than an ability from 200 items is uncertain. Slopes may be negative,
so that an item keyed wrong shows itself; for that the prior of the slope is normal.

Source: Bock and Aitkin 1981 (marginal likelihood by expectation and maximisation); acceleration: Varadhan and Roland
2008, scheme S3; information of incomplete data: Louis 1982 (all recalled). Published estimates for the data of the
tests: Rizopoulos 2006, Journal of Statistical Software 17(5), section 3.1 (recalled).
"""

from math import ceil, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, within
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
_WHERE = "item response model"
_REACH = 6.0  # standard deviations on both sides
_STEPS = 2000
_DONE = 1e-6
_LIGHT = 1e-9


class Prior(NamedTuple):
    """Normal priors: mean and standard deviation of the slopes and of the intercepts."""

    slope: tuple[float, float] = (1.0, 1.0)
    intercept: tuple[float, float] = (0.0, 3.0)


DEFAULT: Final = Prior()


class Answers(NamedTuple):
    """What each system answered.

    Attributes:
        right: 1 or 0, shape (systems, items).
        present: which answers were had, same shape; all if None.
        times: how many systems each row stands for, shape (systems,); one each if None.
    """

    right: npt.ArrayLike
    present: npt.ArrayLike | None = None
    times: npt.ArrayLike | None = None


class Items(NamedTuple):
    """Calibrated items.

    Attributes:
        slope: a, shape (items,), per unit of θ.
        intercept: d, shape (items,).
        covariance: of slopes, then intercepts, shape (2 items, 2 items).
        log_likelihood: marginal, without priors.
        mean: of the abilities of the population that they were calibrated with, on this scale.
        sd: its standard deviation.
    """

    slope: Floats
    intercept: Floats
    covariance: Floats
    log_likelihood: float
    mean: float = 0.0
    sd: float = 1.0

    @property
    def difficulty(self) -> Floats:
        """b = −d / a, shape (items,)."""
        return np.asarray(-self.intercept / self.slope)

    @property
    def u(self) -> tuple[Floats, Floats]:
        """Standard uncertainty of slopes and, by the delta method, of difficulties, both of shape (items,)."""
        n = len(self.slope)
        c = self.covariance
        va, vd, both = np.diag(c)[:n], np.diag(c)[n:], np.diag(c[:n, n:])
        b = self.difficulty
        return np.sqrt(va), np.sqrt(np.maximum(0.0, vd + 2 * b * both + b**2 * va)) / np.abs(self.slope)

    def information(self, theta: npt.ArrayLike) -> Floats:
        """Information of all items together at each ability, Σ a² P (1 − P), shape (abilities,).

        >>> Items(np.ones(4), np.zeros(4), np.eye(8), 0.0).information([0.0]).tolist()
        [1.0]
        """
        p = _probability(self.slope, self.intercept, np.asarray(theta, dtype=np.float64))
        return np.asarray((self.slope[:, None] ** 2 * p * (1 - p)).sum(axis=0))


class Abilities(NamedTuple):
    """Posterior means of abilities and their uncertainties, all of shape (systems,).

    Attributes:
        theta: on the scale of the items.
        u: standard uncertainty, all included.
        u_answers: the part from the number of items answered (standard deviation of the posterior).
        u_items: the part from the uncertainty of the item parameters. Common to all systems: it does not average out.
    """

    theta: Floats
    u: Floats
    u_answers: Floats
    u_items: Floats


class _Data(NamedTuple):
    """Answers as numbers: right (0 where absent), present or None where complete, times each row counts."""

    right: Floats
    present: Floats | None
    times: Floats


class _Expected(NamedTuple):
    """Posterior over nodes (systems, nodes), and expected numbers right and answering (items, nodes)."""

    posterior: Floats
    right: Floats
    seen: Floats
    log_likelihood: float


def calibrated(answers: Answers, prior: Prior | None = DEFAULT) -> Items:
    """Estimate slopes and intercepts.

    Args:
        answers: of the systems, which stand for a normal population.
        prior: of the parameters; None for maximum likelihood.
    Raises:
        BadInput: fewer than three items or two systems, an item that all answered alike, a prior without width, or no
            convergence.
    """
    data = _data(answers)
    alike = _alike(data)
    if len(alike):
        raise BadInput("items.alike", items=", ".join(str(place) for place in alike[:10]), n=len(alike))
    at_least(_WHERE, "items", data.right.shape[1], 3)
    at_least(_WHERE, "systems", int(data.times.sum()), 2)
    for sd in () if prior is None else (prior.slope[1], prior.intercept[1]):
        within(_WHERE, "prior", sd, "sd > 0", 0 < sd < np.inf)
    nodes, log_weight = _nodes(data.right.shape[1])
    share = data.right.T @ data.times / (_seen(data).T @ data.times)
    parameters = np.stack([np.ones(len(share)), np.log(share / (1 - share)) * 1.2])
    parameters = _settled(data, parameters, (nodes, log_weight), prior)
    expected = _expect(data, parameters, nodes, log_weight)
    information = _information(data, parameters, nodes, expected)
    if prior is not None:
        n = len(share)
        information += np.diag(np.repeat([prior.slope[1] ** -2.0, prior.intercept[1] ** -2.0], n))
    covariance = np.linalg.inv(information)
    if not (np.diag(covariance) > 0).all():
        raise BadInput("model.not_converged", where=_WHERE, steps=_STEPS)
    return Items(parameters[0], parameters[1], (covariance + covariance.T) / 2, expected.log_likelihood)


def abilities(items: Items, answers: Answers) -> Abilities:
    """Abilities of systems that answered calibrated items, among those that calibrated them or not.

    Args:
        items: of ``calibrated``; the prior of an ability is their population.
        answers: of the same items in the same order; systems that answered nothing get the population's mean.
    """
    data = _data(answers)
    n = len(items.slope)
    within(_WHERE, "items", data.right.shape[1], str(n), data.right.shape[1] == n)
    z, log_weight = _nodes(n)
    nodes = items.mean + items.sd * z
    expected = _expect(data, np.stack([items.slope, items.intercept]), nodes, log_weight)
    theta = expected.posterior @ nodes
    spread = np.sqrt(np.maximum(expected.posterior @ nodes**2 - theta**2, 0.0))
    p = _probability(items.slope, items.intercept, nodes)
    post = expected.posterior
    by_slope = data.right * (post @ nodes**2 - theta**2)[:, None]
    by_slope -= _seen(data) * (post @ (nodes**2 * p).T - theta[:, None] * (post @ (nodes * p).T))
    by_intercept = -_seen(data) * (post @ (nodes * p).T - theta[:, None] * (post @ p.T))
    gradient = np.hstack([by_slope, by_intercept])
    of_items = np.sqrt(np.maximum(((gradient @ items.covariance) * gradient).sum(axis=1), 0.0))
    return Abilities(theta, np.hypot(spread, of_items), spread, of_items)


def rescaled(items: Items, shift: float, scale: float) -> Items:
    """The same items on the scale θ' = scale θ + shift, for another anchor.

    Args:
        items: on their scale.
        shift: where the old origin goes.
        scale: new units in an old one, above 0.

    >>> one = rescaled(Items(np.array([2.0]), np.array([-1.0]), np.eye(2), 0.0), 50.0, 10.0)
    >>> float(one.slope[0]), float(one.difficulty[0]), one.mean, one.sd
    (0.2, 55.0, 50.0, 10.0)
    """
    within(_WHERE, "scale", scale, "scale > 0", 0 < scale < np.inf)
    finite(_WHERE, [shift])
    n = len(items.slope)
    eye = np.eye(n)
    turn = np.block([[eye / scale, np.zeros((n, n))], [-shift / scale * eye, eye]])
    return Items(
        items.slope / scale, items.intercept - items.slope * shift / scale, turn @ items.covariance @ turn.T,
        items.log_likelihood, items.mean * scale + shift, items.sd * scale,
    )  # fmt: skip


def _data(answers: Answers) -> _Data:
    right = np.asarray(answers.right, dtype=np.float64)
    within(_WHERE, "dimensions of answers", right.ndim, "2", right.ndim == 2)
    present = None if answers.present is None else np.asarray(answers.present, dtype=bool)
    right = right if present is None else np.where(present, right, 0.0)
    finite(_WHERE, right)
    fits = (right == 0) | (right == 1)
    within(_WHERE, "answer", float(right.ravel()[(~fits).argmax()]), "0, 1", bool(fits.all()))
    times = np.ones(len(right)) if answers.times is None else np.asarray(answers.times, dtype=np.float64)
    return _Data(right, None if present is None or present.all() else present.astype(np.float64), times)


def _seen(data: _Data) -> Floats:
    return np.ones_like(data.right) if data.present is None else data.present


def _alike(data: _Data) -> npt.NDArray[np.int64]:
    """Items that nobody, or everybody, answered right."""
    right, seen = data.right.T @ data.times, _seen(data).T @ data.times
    return np.flatnonzero((right == 0) | (right == seen))


def _nodes(n_items: int) -> tuple[Floats, Floats]:
    """Abilities in units of the population, and logs of their shares of it."""
    half = ceil(_REACH / min(0.25, 1.4 / sqrt(n_items)))
    nodes = np.linspace(-_REACH, _REACH, 2 * half + 1)
    log_weight = -(nodes**2) / 2
    return nodes, log_weight - np.log(np.exp(log_weight).sum())


def _probability(slope: Floats, intercept: Floats, nodes: Floats) -> Floats:
    """Probability of a right answer, shape (items, nodes)."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-(slope[:, None] * nodes + intercept[:, None]))))


def _expect(data: _Data, parameters: Floats, nodes: Floats, log_weight: Floats) -> _Expected:
    slope, intercept = parameters
    log_wrong = -np.logaddexp(0.0, slope[:, None] * nodes + intercept[:, None])
    log = (data.right @ slope)[:, None] * nodes + (data.right @ intercept)[:, None]
    log += (log_wrong.sum(axis=0) if data.present is None else data.present @ log_wrong) + log_weight
    top = log.max(axis=1)
    posterior = np.exp(log - top[:, None])
    total = posterior.sum(axis=1)
    posterior /= total[:, None]
    counted = posterior * data.times[:, None]
    seen = counted.sum(axis=0)[None, :] if data.present is None else data.present.T @ counted
    return _Expected(posterior, data.right.T @ counted, seen, float(data.times @ (top + np.log(total))))


def _maximise(parameters: Floats, nodes: Floats, expected: _Expected, prior: Prior | None) -> Floats:
    """Two Newton steps for every item at once, shape (2, items)."""
    found = parameters.copy()
    for _ in range(2):
        p = _probability(found[0], found[1], nodes)
        rest, weight = expected.right - expected.seen * p, expected.seen * p * (1 - p)
        ga, gd = rest @ nodes, rest.sum(axis=1)
        aa, ad, dd = weight @ nodes**2, weight @ nodes, weight.sum(axis=1)
        if prior is not None:
            (ma, sa), (md, sd) = prior
            ga, gd = ga - (found[0] - ma) / sa**2, gd - (found[1] - md) / sd**2
            aa, dd = aa + sa**-2.0, dd + sd**-2.0
        determinant = np.maximum(aa * dd - ad**2, 1e-12)
        step = np.stack([dd * ga - ad * gd, aa * gd - ad * ga]) / determinant
        found += step * np.minimum(1.0, 1.0 / np.maximum(np.abs(step).max(axis=0), 1e-300))
    return found


def _settled(data: _Data, start: Floats, grid: tuple[Floats, Floats], prior: Prior | None) -> Floats:
    """Expectation and maximisation, extrapolated every two steps, until parameters move by less than 1e-6."""
    nodes, log_weight = grid

    def step(at: Floats) -> tuple[Floats, float]:
        expected = _expect(data, at, nodes, log_weight)
        value = expected.log_likelihood
        if prior is not None:
            value -= sum(float((((row - m) / s) ** 2).sum()) / 2 for row, (m, s) in zip(at, prior, strict=True))
        return _maximise(at, nodes, expected, prior), value

    here = start
    for _ in range(_STEPS // 3):
        one, _ = step(here)
        if np.abs(one - here).max() < _DONE:
            return one
        two, value = step(one)
        change, bend = one - here, two - 2 * one + here
        length = max(1.0, float(np.linalg.norm(change)) / max(float(np.linalg.norm(bend)), 1e-300))
        far, reached = step(here + 2 * length * change + length**2 * bend) if length > 1 else (two, value)
        here = far if np.isfinite(reached) and reached >= value else two
        if np.abs(here).max() > 100:
            break
    raise BadInput("model.not_converged", where=_WHERE, steps=_STEPS)


def _information(data: _Data, parameters: Floats, nodes: Floats, expected: _Expected) -> Floats:
    """Observed information of the marginal likelihood, shape (2 items, 2 items): complete less missing."""
    n = parameters.shape[1]
    p = _probability(parameters[0], parameters[1], nodes)
    weight = expected.seen * p * (1 - p)
    complete = [np.diag(weight @ nodes**power) for power in (2, 1, 0)]
    found = np.block([[complete[0], complete[1]], [complete[1], complete[2]]])
    moments = np.zeros((3, n, n))
    seen = _seen(data)
    for place, node in enumerate(nodes):
        rows = np.flatnonzero(expected.posterior[:, place] > _LIGHT)
        if not len(rows):
            continue
        score = data.right[rows] - seen[rows] * p[:, place]
        table = (score * (expected.posterior[rows, place] * data.times[rows])[:, None]).T @ score
        for power in range(3):
            moments[power] += node**power * table
    found -= np.block([[moments[2], moments[1]], [moments[1], moments[0]]])
    theta = expected.posterior @ nodes
    mean = np.hstack([
        data.right * theta[:, None] - seen * (expected.posterior @ (nodes * p).T),
        data.right - seen * (expected.posterior @ p.T),
    ])  # fmt: skip
    return np.asarray(found + (mean * data.times[:, None]).T @ mean)
