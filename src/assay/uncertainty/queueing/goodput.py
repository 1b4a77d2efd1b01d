"""The share of requests that meet all their limits at once, and how many good ones a second there are.

A request is good if it meets every limit that applies to it. One that failed or timed out is not good. The interval
counts with the effective number of requests: in a queue those that miss a limit come together.

Source: attainment of joint limits: Zhong et al. 2024 (DistServe, arXiv 2401.09670); effective numbers: Korn and
Graubard 1998 (recalled).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from assay.uncertainty.checked import at_least, level_given, same_length
from assay.uncertainty.proportion import clopper_pearson, jeffreys_u, lower_bound, upper_bound
from assay.uncertainty.queueing.dependence import Dependent, dependent, factors
from assay.uncertainty.queueing.latency import LEAST, LEAST_EFFECTIVE
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_SKEWNESS: Final = 0.5


class Limit(NamedTuple):
    """One limit on all requests of a run.

    Attributes:
        values: of each request, in the unit of the limit; infinite for one that failed; shape (n,).
        at_most: the largest value that is good.
        applies: whether the request has such a value (an answer of one token has no time per further token); shape
            (n,); None where all have.
    """

    values: npt.ArrayLike
    at_most: float
    applies: Bools | None = None


class Attainment(NamedTuple):
    """A share of good requests.

    Attributes:
        value: share of all requests, 0 to 1.
        low: lower end of the interval; None where the requests depend on each other too much, or are fewer than 40.
        high: upper end; the same.
        u: standard uncertainty; the same.
        n: number of requests.
        n_eff: effective number of requests; None where they are fewer than 40.
        basis: the mean of dependent readings that it rests on; None where they are fewer than 40.
    """

    value: float
    low: float | None
    high: float | None
    u: float | None
    n: int
    n_eff: float | None
    basis: Dependent | None


def good(limits: Sequence[Limit]) -> Bools:
    """Which requests meet every limit that applies; shape (n,).

    Raises:
        BadInput: no limit, lengths that differ, or a value that is no number.

    >>> good([Limit([0.1, 0.3, float("inf")], 0.2)]).tolist()
    [True, False, False]
    """
    at_least("goodput", "limits", len(limits), 1)
    columns = [np.asarray(limit.values, dtype=np.float64) for limit in limits]
    same_length("goodput", *columns, *(limit.applies for limit in limits if limit.applies is not None))
    found = np.ones(len(columns[0]), dtype=np.bool_)
    for column, limit in zip(columns, limits, strict=True):
        bad = int(np.isnan(column).sum())
        if bad:
            raise BadInput("numbers.not_finite", where="goodput", n=bad)
        met = column <= limit.at_most
        found &= met if limit.applies is None else met | (~limit.applies & np.isfinite(column))
    return found


def attainment(runs: Sequence[Bools], level: float = 0.95) -> Attainment:
    """Share of good requests with an interval.

    Args:
        runs: which requests of each restart were good, in the order of the requests.
        level: coverage probability.
    Raises:
        BadInput: no requests, an empty restart, or level out of range.
    Source: Clopper and Pearson 1934, with an effective number lowered for few degrees of freedom and skewness.
    """
    level_given("goodput", level)
    at_least("goodput", "restarts", len(runs), 1)
    at_least("goodput", "requests of each restart", min(len(run) for run in runs), 1)
    if (count := sum(map(len, runs))) < LEAST:
        return Attainment(sum(int(run.sum()) for run in runs) / count, None, None, None, count, None, None)
    found = dependent([run.astype(np.float64) for run in runs])
    p, n = min(max(found.value, 0.0), 1.0), found.n
    if found.variance == 0:
        low, high = clopper_pearson(p * n, n, level)
        return Attainment(p, low, high, jeffreys_u(p * n, n), n, float(n), found)
    if found.n_eff < LEAST_EFFECTIVE:
        return Attainment(p, None, None, None, n, found.n_eff, found)
    low, high = bound(found, (1 - level) / 2, below=True), bound(found, (1 - level) / 2, below=False)
    return Attainment(p, min(low, p), max(high, p), found.variance**0.5, n, found.n_eff, found)


def bound(found: Dependent, risk: float, *, below: bool) -> float:
    """One-sided bound on a share.

    The side towards the middle, where pile-ups that were not met would lead, has the larger factor for skewness.

    Args:
        found: the share as a mean of dependent readings.
        risk: of the bound.
        below: True for the lower bound.
    """
    short, long = factors(found, risk, _SKEWNESS)
    rare = found.value < 0.5  # the good ones are the rare ones, and more of them may come in a pile-up
    factor = long if rare != below else short
    n_eff = found.n_eff * (float(ndtri(risk)) / factor) ** 2
    p = min(max(found.value, 0.0), 1.0)
    return lower_bound(p * n_eff, n_eff, risk) if below else upper_bound(p * n_eff, n_eff, risk)


def per_second(share: Attainment, sent: int, span_s: float) -> tuple[float, float | None, float | None]:
    """Goodput: good requests a second with its interval, for a schedule that fixed how many are sent.

    Args:
        share: of the requests sent in the steady part.
        sent: how many were sent in it.
        span_s: its length in seconds.
    """
    rate = sent / span_s
    low, high = (None if end is None else end * rate for end in (share.low, share.high))
    return share.value * rate, low, high
