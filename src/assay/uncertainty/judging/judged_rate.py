"""The true rate behind the verdicts of a fallible judge, by the judge's own error rates.

A judge calls a share p of the judged items right. It calls a right answer right with probability q1 (sensitivity) and
a wrong one wrong with probability q0 (specificity), both measured on calibration cases. Then θ = (p + q0 − 1) / J with
J = q0 + q1 − 1, and the budget has three rows. What must hold is that q0 and q1 are the same in use as in calibration;
the share of right answers need not be.

A θ between 0 and 1 exists only for p from 1 − q0 to q1. A p outside of it by chance is common near 0 and 1 and the
value is then 0 or 1; a p further out than chance allows shows that the judge has changed, and there is no interval.

The interval holds all θ that the score statistic does not put further away than the coverage factor. Its variance takes
the three proportions that are most likely under that θ, so that it stays within [0, 1] and never has zero width. It
was chosen by simulation: at q0 and q1 from 0.7 to 0.95, 50 to 500 cases of each class, 200 to 10,000 items and θ from
0.1 to 0.9 it covered 94.3 to 96.2 %, the delta method 91.7 to 98.6 %, Fieller's set 92.0 to 97.1 %, the likelihood
ratio 90.7 to 95.9 %, Lang and Reiczigel's interval 94.4 to 98.3 %, Beta posteriors 93.1 to 96.1 % (2,000 simulations of
each of 72 cases). Over the 225 lines of the judge study, 5,000 simulations each, it covered 94.0 to 96.8 %.

Tails and bounds, which decide, are the more cautious of score and likelihood ratio: the two err on different sides
where a judge hardly ever errs. At a risk of 2.5 % they erred in at most 3.1 %, score alone in up to 4.1 %. Taken from
both sides they would be an interval that covers 94.3 to 98.0 %.

Source: Rogan and Gladen 1978; Lang and Reiczigel 2014 (recalled); Lee et al., arXiv 2511.21140. The score interval is
that of Tango's kind (restricted likelihood) for this model, our own; ``python -m assay.testing.judges`` shows coverage.
"""

from collections.abc import Callable
from math import inf, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr, xlogy

from assay.uncertainty.checked import level_given, within
from assay.uncertainty.coverage import coverage_factor, effective_dof, quantile
from assay.uncertainty.one_sided import RISKS, OneSided, Table
from assay.uncertainty.proportion import jeffreys_u, wilson
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Code = Literal["judged", "specificity", "sensitivity", "label_false", "label_missed"]
LEAST_J: Final = 0.2
"""Below this q0 + q1 − 1 a judge is refused: an error of 0.01 in p would be one of 0.05 or more in θ."""
_WHERE: Final = "judged rate"
_SURE: Final = 0.95
_STEPS: Final = 60
_HALVINGS: Final = 32


class Share(NamedTuple):
    """A measured proportion.

    Attributes:
        value: 0 to 1.
        n: number of independent readings, above 0; with clusters the effective number value (1 − value) / u².
        dof: degrees of freedom of u where n is an effective number; None for independent readings.
    """

    value: float
    n: float
    dof: float | None = None

    @property
    def u(self) -> float:
        """Standard uncertainty; at 0 and 1 that of the Jeffreys posterior."""
        if self.value in (0.0, 1.0):
            return jeffreys_u(self.value * self.n, self.n)
        return sqrt(self.value * (1 - self.value) / self.n)


class LabelError(NamedTuple):
    """How often the reference labels themselves are wrong: a judge before the judge.

    The correction holds where judge and labels err independently of each other given the truth only if the calibration
    cases have about the share of right answers of the judged items, since q0 and q1 were read against the same labels.

    Attributes:
        e0: probability that a wrong answer is labelled right.
        e1: probability that a right answer is labelled wrong.
        u0: standard uncertainty of ``e0``.
        u1: standard uncertainty of ``e1``.
    """

    e0: float
    e1: float
    u0: float = 0.0
    u1: float = 0.0


class Row(NamedTuple):
    """One row of the budget.

    Attributes:
        code: the source.
        sensitivity: derivative of the rate by this quantity.
        u: standard uncertainty of the quantity.
        dof: degrees of freedom of ``u``; None where infinite.
    """

    code: Code
    sensitivity: float
    u: float
    dof: float | None

    @property
    def contribution(self) -> float:
        """Signed contribution to the standard uncertainty."""
        return self.sensitivity * self.u


class Counted(NamedTuple):
    """The three proportions and their numbers as arrays of one shape, or as numbers."""

    p: Floats
    n: Floats
    q0: Floats
    m0: Floats
    q1: Floats
    m1: Floats


class JudgedRate(NamedTuple):
    """A corrected rate with its budget.

    Attributes:
        value: the rate, 0 to 1.
        raw: the same before it was moved to 0 or 1; equal to ``value`` between them.
        u: standard uncertainty by propagation.
        dof: effective degrees of freedom; None where infinite.
        rows: the budget; three rows, five with label error.
        reach: shares p for which a rate between 0 and 1 exists, 1 − q0 to q1 (narrower with label error).
        counted: what was measured, without label error.
        error: of the labels; None if they are taken for true.
    """

    value: float
    raw: float
    u: float
    dof: float | None
    rows: tuple[Row, ...]
    reach: tuple[float, float]
    counted: Counted
    error: LabelError | None


def judged_rate(p: Share, q0: Share, q1: Share, error: LabelError | None = None) -> JudgedRate:
    """The rate corrected for the judge's errors, and for those of the labels that it was calibrated with.

    Args:
        p: share of the judged items that the judge calls right.
        q0: share of the wrong calibration cases that it calls wrong.
        q1: share of the right calibration cases that it calls right.
        error: of the labels.
    Raises:
        BadInput: J is below 0.2 or, with its own uncertainty, not above 0 with 95 % confidence; 1 − e0 − e1 is below
            0.2; a share outside of 0 to 1.
    Source: Rogan and Gladen 1978; the budget is the law of propagation.

    >>> found = judged_rate(Share(0.4, 1000), Share(0.7, 200), Share(0.9, 200))
    >>> round(found.value, 4), round(found.u, 4), [round(row.contribution, 4) for row in found.rows]
    (0.1667, 0.0522, [0.0258, 0.045, -0.0059])
    """
    for name, one in (("p", p), ("q0", q0), ("q1", q1)):
        within(_WHERE, name, one.value, "0 to 1", 0 <= one.value <= 1)
        within(_WHERE, f"readings of {name}", one.n, "above 0 and finite", 0 < one.n < inf)
    j = discerning(q0, q1)
    labelled = (p.value + q0.value - 1) / j
    rows: list[Row] = [
        Row("judged", 1 / j, p.u, p.dof),
        Row("specificity", (1 - labelled) / j, q0.u, q0.dof),
        Row("sensitivity", -labelled / j, q1.u, q1.dof),
    ]
    raw, ends = labelled, (0.0, 1.0)
    if error is not None:
        keeps = _label_error(error)
        raw, ends = (labelled - error.e0) / keeps, (error.e0, 1 - error.e1)
        rows = [row._replace(sensitivity=row.sensitivity / keeps) for row in rows]
        rows.append(Row("label_false", -(1 - raw) / keeps, error.u0, None))
        rows.append(Row("label_missed", raw / keeps, error.u1, None))
    counted = Counted(*(np.asarray(x, dtype=np.float64) for one in (p, q0, q1) for x in (one.value, one.n)))
    low, high = (1 - q0.value + end * j for end in ends)
    u = sqrt(sum(row.contribution**2 for row in rows))
    dof = effective_dof((abs(row.contribution), row.dof) for row in rows)
    return JudgedRate(min(1.0, max(0.0, raw)), raw, u, dof, tuple(rows), (low, high), counted, error)


def discerning(q0: Share, q1: Share) -> float:
    """J = q0 + q1 − 1, how far the judge tells right from wrong (Youden's index).

    Raises:
        BadInput: J is below 0.2, or its lower 95 % bound is not above 0.
    """
    j = q0.value + q1.value - 1
    u = sqrt(q0.u**2 + q1.u**2)
    if j < LEAST_J or j <= quantile(_SURE, effective_dof([(q0.u, q0.dof), (q1.u, q1.dof)])) * u:
        raise BadInput("judge.blind", j=f"{j:.3g}", u=f"{u:.2g}", least=LEAST_J)
    return j


def _label_error(error: LabelError) -> float:
    for name, value in error._asdict().items():
        within(_WHERE, name, value, "0 to 1", 0 <= value <= 1)
    keeps = 1 - error.e0 - error.e1
    within(_WHERE, "1 - e0 - e1", keeps, f">= {LEAST_J}", keeps >= LEAST_J)
    return keeps


def _tilted(seen: Floats, n: Floats, push: Floats) -> tuple[Floats, Floats]:
    """The proportion that maximises the log-likelihood plus ``push`` times itself, and its derivative by ``push``."""
    b = n - push
    with np.errstate(all="ignore"):
        root = np.sqrt(np.maximum(b * b + 4 * push * n * seen, 0))
        found = np.clip(np.where(b >= 0, 2 * n * seen / (b + root), (root - b) / (2 * push)), 0, 1)
        slope = found * (1 - found) / (n - push * (1 - 2 * found))
    return found, np.where(np.isfinite(slope), slope, 0.0)


def restricted(theta: Floats, seen: Counted) -> tuple[Floats, Floats, Floats]:
    """The most likely p, q0 and q1 among those that give the rate ``theta``; arrays broadcast.

    A Lagrange multiplier makes each of them the root of a quadratic; it is found by Newton steps between bounds.
    """
    size = np.minimum(seen.n, np.minimum(seen.m0, seen.m1))
    low = np.full(np.broadcast(theta, seen.p, size).shape, -1.0)
    high, push = -low, np.zeros_like(low)
    for _ in range(_STEPS):
        (p, dp), (f, df) = _tilted(seen.p, seen.n, -push), _tilted(1 - seen.q0, seen.m0, (1 - theta) * push)
        q, dq = _tilted(seen.q1, seen.m1, theta * push)
        gap = theta * q + (1 - theta) * f - p
        at = push / (size + np.abs(push))
        low, high = np.where(gap < 0, at, low), np.where(gap < 0, high, at)
        if float(np.abs(gap).max()) < 1e-12:
            break
        with np.errstate(all="ignore"):
            step = push - gap / (theta**2 * dq + (1 - theta) ** 2 * df + dp)
            there = step / (size + np.abs(step))
            middle = (low + high) / 2
            push = np.where((there > low) & (there < high), step, size * middle / (1 - np.abs(middle)))
    return p, 1 - f, q


def statistics(theta: Floats, seen: Counted, extra: Floats | float = 0.0) -> tuple[Floats, Floats]:
    """Score and signed root of the likelihood ratio at a rate, both standard normal there; above 0 where p is high.

    Args:
        theta: rates in terms of the labels; arrays broadcast.
        seen: what was measured.
        extra: variance of the rate from elsewhere.
    """
    p, q0, q1 = restricted(theta, seen)
    variance = p * (1 - p) / seen.n + (1 - theta) ** 2 * q0 * (1 - q0) / seen.m0 + theta**2 * q1 * (1 - q1) / seen.m1
    gap = seen.p - theta * seen.q1 - (1 - theta) * (1 - seen.q0)
    more = variance + extra * (seen.q0 + seen.q1 - 1) ** 2
    away = _away(seen.p, p) * seen.n + _away(seen.q0, q0) * seen.m0 + _away(seen.q1, q1) * seen.m1
    with np.errstate(all="ignore"):
        score = np.where(np.abs(gap) < 1e-12, 0.0, gap / np.sqrt(more))
        share = np.where(more > 0, np.sqrt(variance / more), 1.0)
    return score, np.sign(gap) * np.sqrt(2 * np.maximum(away, 0.0)) * share


def _away(seen: Floats, at: Floats) -> Floats:
    """Log-likelihood ratio of one reading."""
    with np.errstate(all="ignore"):
        found = xlogy(seen, seen) - xlogy(seen, at) + xlogy(1 - seen, 1 - seen) - xlogy(1 - seen, 1 - at)
    return np.asarray(found)


def ends(seen: Counted, k: Floats | float) -> tuple[Floats, Floats]:
    """Ends of the score interval without label error, of the shape of ``seen``; 0 to 1 is searched."""
    value = np.clip((seen.p + seen.q0 - 1) / (seen.q0 + seen.q1 - 1), 0.0, 1.0)
    return (
        last_where(value, 0.0, lambda theta: statistics(theta, seen)[0] <= k),
        last_where(value, 1.0, lambda theta: statistics(theta, seen)[0] >= -k),
    )


def last_where(inside: Floats, last: float, holds: Callable[[Floats], npt.NDArray[np.bool_]]) -> Floats:
    """The last rate from ``inside`` towards ``last`` for which it holds."""
    start, outside = np.asarray(inside, dtype=np.float64), np.full(np.shape(inside), last)
    whole = holds(outside)
    for _ in range(_HALVINGS):
        middle = (start + outside) / 2
        good = holds(middle)
        start, outside = np.where(good, middle, start), np.where(good, outside, middle)
    return np.where(whole, last, start)


def _at(found: JudgedRate, theta: Floats) -> tuple[Floats, Floats]:
    """Both statistics at a rate, label error included."""
    error = found.error
    if error is None:
        return statistics(theta, found.counted)
    extra = ((1 - theta) * error.u0) ** 2 + (theta * error.u1) ** 2
    return statistics(error.e0 + theta * (1 - error.e0 - error.e1), found.counted, extra)


def interval(found: JudgedRate, level: float = 0.95) -> tuple[float, float] | None:
    """Two-sided coverage interval within 0 to 1; None where no rate between 0 and 1 fits what the judge said.

    >>> found = judged_rate(Share(0.4, 1000), Share(0.7, 200), Share(0.9, 200))
    >>> [round(end, 3) for end in interval(found)]
    [0.05, 0.259]
    >>> interval(judged_rate(Share(0.1, 1000), Share(0.7, 200), Share(0.9, 200))) is None
    True
    """
    level_given(_WHERE, level)
    k, value = coverage_factor(level, found.dof), np.asarray(found.value)
    if abs(float(_at(found, value)[0])) > k:
        return None
    low = last_where(value, 0.0, lambda theta: _at(found, theta)[0] <= k)
    high = last_where(value, 1.0, lambda theta: _at(found, theta)[0] >= -k)
    return float(low), float(high)


def tail(found: JudgedRate, limit: float, *, above: bool) -> float:
    """How probable a result at least this far on one side is, were the true rate ``limit``; the more cautious of two.

    Args:
        found: the rate.
        limit: 0 to 1.
        above: True for results as high as this or higher, False for as low or lower.
    """
    within(_WHERE, "limit", limit, "0 to 1", 0 <= limit <= 1)
    sign = -1.0 if above else 1.0
    furthest = max(sign * float(z) for z in _at(found, np.asarray(limit)))
    return float(ndtr(furthest) if found.dof is None else stdtr(found.dof, furthest))


def bound(found: JudgedRate, risk: float = 0.05, *, below: bool) -> float:
    """One-sided bound: the rate lies above it (``below``) or below it, with an error of at most ``risk``.

    A limit beyond it is one that ``tail`` refutes at this risk.
    """
    within(_WHERE, "risk", risk, "0 < risk <= 0.5", 0 < risk <= 0.5)
    k = quantile(1 - risk, found.dof)
    value = np.asarray(found.value)
    if below:
        return float(last_where(value, 0.0, lambda theta: np.minimum(*_at(found, theta)) <= k))
    return float(last_where(value, 1.0, lambda theta: np.maximum(*_at(found, theta)) >= -k))


def table(found: JudgedRate) -> Table:
    """The bounds at the usual risks, for a ``Spread`` that is to decide (see ``one_sided.py``)."""
    return tuple(OneSided(risk, bound(found, risk, below=True), bound(found, risk, below=False)) for risk in RISKS)


def with_lost(interval_of_read: tuple[float, float], lost: Share, level: float = 0.95) -> tuple[float, float]:
    """The interval of the whole where some items got no usable verdict and these may be anything.

    Were they lost at random, the interval of those read would serve as it is.

    Args:
        interval_of_read: of the rate among items with a verdict, at this level.
        lost: share of all items without one; its upper Wilson limit is used, which is cautious.
        level: coverage probability, of both.

    >>> [round(end, 3) for end in with_lost((0.6, 0.7), Share(0.05, 1000))]
    [0.561, 0.72]
    """
    level_given(_WHERE, level)
    share = wilson(lost.value, lost.n, coverage_factor(level, lost.dof))[1] if lost.value > 0 else 0.0
    return interval_of_read[0] * (1 - share), 1 - (1 - interval_of_read[1]) * (1 - share)
