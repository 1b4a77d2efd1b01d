"""Quantiles and means of latencies that wait for each other, with intervals that hold in queues.

*Quantiles.* The interval of order statistics, with the effective number of requests in place of their number, is right
where the requests above the quantile came in many separate pile-ups. Where they came in few, an exponential tail fitted
to all requests above p80 is asked as well, and the interval spans both; where the data contradict such a tail, this is
said and the order statistics stand alone, with the dependence of the lower threshold. The value is the empirical one.

*Skewness.* Estimates from few pile-ups err downward more often than upward, and are then believed to be better than
they are. The upper end is moved out by a term of Hall's expansion of a studentised mean whose coefficient was found by
simulating queues: the study of ``python -m assay.testing.queues`` judges it, on other queues too.

*Failures.* A request that failed or timed out took longer than any: it is infinite. None is dropped.

Source: Conover 1999, section 3.2 (order statistics); Korn and Graubard 1998 (few degrees of freedom); Hall 1992, The
Bootstrap and Edgeworth Expansion, section 2.6 (z + γ (1 + 2 z²) / (6 √n)) (all recalled).
"""

from collections.abc import Callable, Sequence
from math import ceil, exp, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, ndtri

from assay.uncertainty.checked import at_least, level_given, within
from assay.uncertainty.coverage import quantile as student
from assay.uncertainty.queueing.dependence import Dependent, dependent, factors
from assay.uncertainty.queueing.tail import SKEWNESS, THRESHOLDS, tail
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Method = Literal["order", "order_tail", "mean"]

LEAST: Final = 40
"""Requests below which nothing is said of dependence, so that there is no interval; the value is that of any few."""

LEAST_EFFECTIVE: Final = 20.0
"""Effective number of requests below which no interval is stated: the dependence itself is then unknown.

It counts for the quantile and for the latencies as a whole: a short run at high load that has seen no pile-up yet
finds its high quantiles less dependent than they are.
"""

_MANY: Final = 10.0
"""Effective number of requests above a quantile from which their order statistics need no help."""

_ROUNDING: Final = 1e-9
"""Of the number of requests beyond a quantile."""

_INDEPENDENT: Final = 1.5
"""Requests an independent one is worth, up to which pile-ups are none."""

_SHARE_SKEWNESS: Final = 0.5
"""γ / 6 of the share of requests above a value, beyond what the binomial distribution has."""


_FAR: Final = 50.0
"""Logarithm of how many times the value an upper end is at most: beyond any latency, and within what a double holds."""

_MEAN_SKEWNESS: Final = 1.5
"""γ / 6 of the logarithm of a mean of latencies from long pile-ups."""


class Refusal(NamedTuple):
    """Why no interval is stated.

    Attributes:
        code: ``latency.few``, ``latency.outside``, ``latency.few_effective``, ``latency.no_upper_end``,
            ``latency.among_failures``, ``latency.all_equal``.
        needed: about how many requests in all it takes; None where more of them would not help.
    """

    code: str
    needed: int | None


class Latency(NamedTuple):
    """A quantile or mean of latencies; values in the unit of the latencies.

    Attributes:
        value: the empirical quantile or mean; None where it lies among failures, or a quantile so far out that less
            than one request lies beyond it.
        low: lower end of the interval; None where refused.
        high: upper end; the same.
        u: half the interval divided by the coverage factor of the normal distribution; None where refused.
        within: part of ``u`` by the scatter within restarts; None where refused.
        between: part of ``u`` by what differs between restarts; None with one restart or where refused.
        dof: degrees of freedom.
        n: number of requests.
        n_eff: effective number of requests; None where there are too few to say.
        method: how the interval was made.
        notes: codes of remarks.
        refusal: why there is no interval.
    """

    value: float | None
    low: float | None
    high: float | None
    u: float | None
    within: float | None
    between: float | None
    dof: float
    n: int
    n_eff: float | None
    method: Method
    notes: tuple[str, ...]
    refusal: Refusal | None


class _Ends(NamedTuple):
    low: float
    high: float | None
    basis: Dependent
    method: Method
    notes: tuple[str, ...]


def quantile(runs: Sequence[npt.ArrayLike], p: float, level: float = 0.95) -> Latency:
    """A quantile of latencies.

    Args:
        runs: latencies of each restart in the order of the requests; infinite for one that failed; a single run is a
            sequence of one.
        p: which quantile, 0 < p < 1.
        level: coverage probability of the interval.
    Raises:
        BadInput: no requests, an empty restart, a negative or undefined latency, p or level out of range.
    """
    within("latency", "p", p, "0 < p < 1", 0 < p < 1)
    given = _checked(runs, level, failures=True)
    ordered = np.sort(np.concatenate(given))
    n = len(ordered)
    value = float(ordered[ceil(p * n) - 1])
    if np.isfinite(value) and n < least_for(p):
        return _without(None, n, Refusal("latency.outside", least_for(p)))
    if n < LEAST:
        few = Refusal("latency.few", LEAST) if np.isfinite(value) else Refusal("latency.among_failures", None)
        return _without(value if np.isfinite(value) else None, n, few)
    above = dependent([(run > value).astype(np.float64) for run in given])
    if np.isinf(value):
        return _refused(None, above, Refusal("latency.among_failures", None))
    if ordered[0] == ordered[-1]:
        return _refused(value, above, Refusal("latency.all_equal", None))
    longest = float(ordered[np.isfinite(ordered)][-1])
    least = min(above, dependent([np.minimum(run, longest) for run in given]), key=lambda one: one.n_eff)
    if least.n_eff < LEAST_EFFECTIVE:
        return _refused(value, least, _more(least))
    ends = _ends(given, ordered, (p, (1 - level) / 2), above)
    if ends.basis.n_eff < LEAST_EFFECTIVE:
        return _refused(value, ends.basis, _more(ends.basis))
    if ends.high is None:
        lacks = Refusal("latency.no_upper_end", _needed(ends.basis, p, (1 - level) / 2))
        return _refused(value, ends.basis, lacks, ends.notes)
    return _stated(value, ends, level)


def least_for(p: float) -> int:
    """The fewest requests of which one lies beyond the quantile p.

    >>> least_for(0.99), least_for(0.5)
    (100, 2)
    """
    return ceil((1 - _ROUNDING) / min(p, 1 - p))


def mean(runs: Sequence[npt.ArrayLike], level: float = 0.95) -> Latency:
    """The mean of latencies.

    Args:
        runs: latencies of each restart in the order of the requests, finite: a mean of failures there is none.
        level: coverage probability of the interval.
    Raises:
        BadInput: as for ``quantile``; a latency is infinite.
    """
    given = _checked(runs, level, failures=False)
    n = sum(map(len, given))
    if n < LEAST:
        return _without(float(np.concatenate(given).mean()), n, Refusal("latency.few", LEAST))
    found = dependent(given)
    if min(float(run.min()) for run in given) == max(float(run.max()) for run in given):
        return _refused(found.value, found, Refusal("latency.all_equal", None))
    if found.n_eff < LEAST_EFFECTIVE:
        return _refused(found.value, found, _more(found))
    low, high = _studentised(found.value, found, (1 - level) / 2, _MEAN_SKEWNESS)
    return _stated(found.value, _Ends(low, high, found, "mean", ()), level)


def _checked(runs: Sequence[npt.ArrayLike], level: float, *, failures: bool) -> list[Floats]:
    """The restarts as arrays.

    Raises:
        BadInput: no requests, an empty restart, a negative or undefined latency, level out of range.
    """
    level_given("latency", level)
    given = [np.asarray(run, dtype=np.float64) for run in runs]
    at_least("latency", "restarts", len(given), 1)
    at_least("latency", "requests of each restart", min(len(run) for run in given), 1)
    for run in given:
        bad = int((np.isnan(run) | (run < 0) | (np.isinf(run) & (not failures))).sum())
        if bad:
            raise BadInput("latency.impossible", n=bad)
    return given


def _ends(given: list[Floats], ordered: Floats, asked: tuple[float, float], above: Dependent) -> _Ends:
    p, risk = asked
    low, high = order_ends(ordered, asked, above)
    if p <= THRESHOLDS[0] or not _piled(given, ordered, p, above):
        return _Ends(low, high, above, "order", ())
    model, contradicted = tail(given, p)
    notes = ("latency.tail_contradicted",) if contradicted else ()
    if model is None:
        notes = notes or ("latency.tail_with_failures",)
        return _lower_dependence(given, ordered, asked, above)._replace(notes=notes)
    found = dependent(model.influence)
    tail_low, tail_high = _studentised(model.value, found, risk, SKEWNESS)
    if high is None:
        return _Ends(min(low, tail_low), tail_high, found, "order_tail", (*notes, "latency.upper_end_by_tail"))
    return _Ends(min(low, tail_low), max(high, tail_high), found, "order_tail", notes)


def _piled(given: list[Floats], ordered: Floats, p: float, above: Dependent) -> bool:
    """Whether the requests above the quantile that did not fail came in few pile-ups; failures may come alone."""
    if np.isinf(ordered[-1]):
        value = ordered[ceil(p * len(ordered)) - 1]
        above = dependent([((run > value) & np.isfinite(run)).astype(np.float64) for run in given])
    return above.n > _INDEPENDENT * above.n_eff and above.n_eff * above.value < _MANY


def _lower_dependence(given: list[Floats], ordered: Floats, asked: tuple[float, float], above: Dependent) -> _Ends:
    """Order statistics alone, with the dependence above p80, which more pile-ups show, where that is stronger."""
    threshold = ordered[ceil(THRESHOLDS[0] * len(ordered)) - 1]
    at_threshold = dependent([(run > threshold).astype(np.float64) for run in given])
    basis = min(at_threshold, above, key=lambda one: one.n_eff)
    low, high = order_ends(ordered, asked, basis)
    return _Ends(low, high, basis, "order", ())


def order_ends(ordered: Floats, asked: tuple[float, float], basis: Dependent) -> tuple[float, float | None]:
    """Order statistics that enclose a quantile, with an effective number of requests.

    Args:
        ordered: sorted latencies, shape (n,).
        asked: which quantile, and the risk of either side.
        basis: the dependence of the requests above it.
    Returns:
        Lower end (0, the least latency there is, where so few requests have none) and upper end, None if there is
        none, or it lies among failures.
    """
    p, risk = asked
    n = len(ordered)
    less, more = (basis.n_eff * (float(ndtri(risk)) / t) ** 2 for t in factors(basis, risk, _SHARE_SKEWNESS))
    low = _last(n, lambda rank: _at_most((rank - 1) / n, less, p) <= risk)
    far = _last(n, lambda rank: 1 - _at_most(rank / n - 1 / more, more, p) > risk)
    return float(ordered[low - 1]) if low else 0.0, float(ordered[far]) if far < n and ordered[far] < np.inf else None


def _at_most(share: float, n_eff: float, p: float) -> float:
    """Probability that at most this share of ``n_eff`` requests lies below the quantile p."""
    below = share * n_eff
    return float(betainc(n_eff - below, below + 1, 1 - p)) if below > -1 else 0.0


def _last(n: int, holds: Callable[[int], bool]) -> int:
    """The largest rank, 1 to n, for which a condition holds that fails from some rank on; 0 if for none."""
    kept, lost = 0, n + 1
    while lost - kept > 1:
        middle = (kept + lost) // 2
        if holds(middle):
            kept = middle
        else:
            lost = middle
    return kept


def _studentised(value: float, found: Dependent, risk: float, skewness: float) -> tuple[float, float]:
    """Ends on the logarithmic scale; the upper one at most as far off as tells nothing any more."""
    below, above = factors(found, risk, skewness)
    relative = sqrt(found.variance) / value
    return value * exp(-below * relative), value * exp(min(_FAR, above * relative))


def _more(found: Dependent) -> Refusal:
    return Refusal("latency.few_effective", ceil(2 * found.n * LEAST_EFFECTIVE / found.n_eff))


def _needed(found: Dependent, p: float, risk: float) -> int:
    """Twice the requests whose order statistics reach an upper end: none of n_eff may lie above with this risk."""
    return ceil(2 * found.n / found.n_eff * float(np.log(risk) / np.log(p)))


def _without(value: float | None, n: int, why: Refusal) -> Latency:
    return Latency(value, None, None, None, None, None, 0.0, n, None, "order", (), why)


def _refused(value: float | None, found: Dependent, why: Refusal, notes: tuple[str, ...] = ()) -> Latency:
    return Latency(value, None, None, None, None, None, found.dof, found.n, found.n_eff, "order", notes, why)


def _stated(value: float, ends: _Ends, level: float) -> Latency:
    assert ends.high is not None
    low, high, basis = min(ends.low, value), max(ends.high, value), ends.basis
    u = (high - low) / (2 * student((1 + level) / 2))
    share = basis.within / basis.variance if basis.variance > 0 else 1.0
    between = None if basis.between is None else u * sqrt(1 - share)
    return Latency(
        value, low, high, u, u * sqrt(share), between, basis.dof, basis.n, basis.n_eff, ends.method, ends.notes, None
    )
