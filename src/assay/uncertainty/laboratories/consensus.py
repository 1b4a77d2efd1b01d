"""Consensus values of several laboratories: what they agree on, how well, and whether they agree at all.

Every estimator is a sum of the values with weights, so that the covariance of a laboratory with a consensus that it
is part of is known: cov(x_i, X) = w_i u_i².

Source: ISO 13528:2022 annex C and ISO 5725-5 (Algorithm A; clauses recalled); Cox 2002 (weighted mean and its test);
Birge 1932; Mandel and Paule 1970; DerSimonian and Laird 1986.
"""

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtri

from assay.uncertainty.coverage import effective_dof
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Method = Literal["algorithm_a", "weighted_mean", "mandel_paule", "dersimonian_laird", "assigned"]

_MOST_STEPS: Final = 10_000


class Consensus(NamedTuple):
    """A consensus value.

    Attributes:
        method: how it was made.
        value: the consensus, in the unit of the values.
        u: its standard uncertainty.
        dof: degrees of freedom of ``u``; None where infinite.
        weights: of the laboratories, with sum 1; 0 for one that was moved to the edge by Algorithm A.
        between: standard deviation between laboratories, beyond what their uncertainties explain; None where the
            method does not speak of it.
        spread: robust standard deviation s*; None unless by Algorithm A.
    """

    method: Method
    value: float
    u: float
    dof: float | None
    weights: Floats
    between: float | None = None
    spread: float | None = None


class Consistency(NamedTuple):
    """Whether the laboratories differ by no more than their uncertainties explain.

    Attributes:
        chi_squared: Σ (x_i − X)² / u_i² about the weighted mean.
        dof: number of laboratories less 1.
        p: probability of a sum as large as this or larger, were they consistent.
        birge: Birge ratio √(χ² / dof); about 1 if they are.
    """

    chi_squared: float
    dof: int
    p: float
    birge: float


def algorithm_a(values: Sequence[float]) -> Consensus:
    """Robust mean and standard deviation; u(x_pt) = 1.25 s* / √p. The stated uncertainties play no part.

    Values beyond 1.5 s* are moved to that distance, none is left out. Where more than half agree to the last digit the
    median of absolute deviations is 0: then the ordinary standard deviation is where the iteration begins.

    Args:
        values: one of each laboratory, three or more.
    Raises:
        BadInput: ``number.few``, or ``interlab.all_equal`` where all are the same.
    Source: ISO 13528:2022 (recalled: C.3.1 and 7.7.3); iterated to the last digit rather than to the third.

    >>> round(algorithm_a([24.14, 20.155, 19.5, 20.3, 20.705, 17.57, 20.1, 20.94, 21.185]).value, 3)
    20.412
    """
    x = _values(values, 3)
    if (x == x[0]).all():
        raise BadInput("interlab.all_equal", n=len(x))
    centre = float(np.median(x))
    scale = 1.0 / float(ndtri(0.75)) * float(np.median(np.abs(x - centre)))
    if scale == 0:
        scale = float(x.std(ddof=1))
    for _ in range(_MOST_STEPS):
        moved = np.clip(x, centre - 1.5 * scale, centre + 1.5 * scale)
        then = (centre, scale)
        centre, scale = float(moved.mean()), 1.134 * float(moved.std(ddof=1))
        if abs(centre - then[0]) + abs(scale - then[1]) <= 1e-14 * (abs(centre) + scale) or scale == 0:
            break
    if scale <= 1e-9 * float(np.ptp(x)):  # a robust spread of nothing: all but a few agree to the last digit
        raise BadInput("interlab.all_equal", n=len(x))
    within = np.abs(x - centre) < 1.5 * scale
    weights = within / max(1, int(within.sum()))
    u = 1.25 * scale / sqrt(len(x))
    return Consensus("algorithm_a", centre, u, float(len(x) - 1), np.asarray(weights, np.float64), None, scale)


def weighted_mean(values: Sequence[float], u: Sequence[float], dof: Sequence[float | None] = ()) -> Consensus:
    """Mean with weights 1 / u²; right if the stated uncertainties are, and if nothing else makes laboratories differ.

    Args:
        values: one of each laboratory, two or more.
        u: their standard uncertainties, all above 0.
        dof: their degrees of freedom, None where infinite; all infinite by default.
    Source: Cox 2002, procedure A; JCGM 100:2008 G.4 (recalled) for the degrees of freedom.
    """
    x, s = _both(values, u)
    weights = _normal(s**-2.0)
    parts = [(float(w * v), nu) for w, v, nu in zip(weights, s, dof or [None] * len(x), strict=True)]
    value, total = _mean(x, weights), float(np.sqrt((weights**2 * s**2).sum()))
    return Consensus("weighted_mean", value, total, effective_dof(parts), weights, 0.0)


def consistency(values: Sequence[float], u: Sequence[float]) -> Consistency:
    """Chi-squared test of the weighted mean, and the Birge ratio."""
    x, s = _both(values, u)
    chi2 = _q(x, s, 0.0)[0]
    dof = len(x) - 1
    return Consistency(chi2, dof, float(chdtrc(dof, chi2)), sqrt(chi2 / dof))


def mandel_paule(values: Sequence[float], u: Sequence[float]) -> Consensus:
    """Weighted mean with weights 1 / (u² + τ²), τ being such that χ² is its expectation; τ = 0 where it is less.

    Source: Mandel and Paule 1970; Paule and Mandel 1982. The same as the empirical Bayes estimator of Morris 1983.
    """
    x, s = _both(values, u)
    target = float(len(x) - 1)
    if _q(x, s, 0.0)[0] <= target:
        return _random_effects("mandel_paule", x, s, 0.0)
    low, high = 0.0, float(np.ptp(x)) ** 2 * len(x)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _q(x, s, middle)[0] > target else (low, middle)
        if high - low <= 1e-15 * high:
            break
    return _random_effects("mandel_paule", x, s, high)


def dersimonian_laird(values: Sequence[float], u: Sequence[float]) -> Consensus:
    """Weighted mean with weights 1 / (u² + τ²), τ by the method of moments.

    Source: DerSimonian and Laird 1986, equation for τ² (recalled: 8).
    """
    x, s = _both(values, u)
    w = s**-2.0
    excess = _q(x, s, 0.0)[0] - (len(x) - 1)
    between = max(0.0, excess / float(w.sum() - (w**2).sum() / w.sum()))
    return _random_effects("dersimonian_laird", x, s, between)


def covariances(consensus: Consensus, u: Sequence[float]) -> Floats:
    """Covariance of each laboratory's error with the consensus it is part of, shape (laboratories,)."""
    return np.asarray(consensus.weights * np.asarray(u, np.float64) ** 2, np.float64)


def _random_effects(method: Method, x: Floats, s: Floats, between2: float) -> Consensus:
    """With the variance between laboratories found; its degrees of freedom are the number of them less 1."""
    weights = _normal(1 / (s**2 + between2))
    u = sqrt(1 / float((1 / (s**2 + between2)).sum()))
    dof = float(len(x) - 1) if between2 > 0 else None
    return Consensus(method, _mean(x, weights), u, dof, weights, sqrt(between2))


def _q(x: Floats, s: Floats, between2: float) -> tuple[float, float]:
    weights = 1 / (s**2 + between2)
    mean = _mean(x, _normal(weights))
    return float((weights * (x - mean) ** 2).sum()), mean


def _mean(x: Floats, weights: Floats) -> float:
    return float(x[0] + weights @ (x - x[0]))  # no digits lost to a large mean


def _normal(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum(), np.float64)


def _values(values: Sequence[float], least: int) -> Floats:
    x = np.asarray(values, np.float64)
    if len(x) < least:
        raise BadInput("number.few", where="interlab", n=len(x), least=least)
    if not np.isfinite(x).all():
        raise BadInput("number.not_finite", where="interlab", key="value")
    return x


def _both(values: Sequence[float], u: Sequence[float]) -> tuple[Floats, Floats]:
    x, s = _values(values, 2), np.asarray(u, np.float64)
    for one in s.tolist():
        if not (one > 0 and isfinite(one)):
            raise BadInput("number.above_zero", where="interlab", key="u", got=repr(one))
    if len(x) != len(s):
        raise BadInput("number.unequal", where="interlab", first=len(x), second=len(s))
    return x, s
