"""Reference material: are its units alike, does it keep, and what does its certified value's budget consist of?

For AI a unit is a shard of the items, between-unit variance is how shards differ, and a trend in time is contamination,
label drift or a changed answer key.

Source: ISO 33405:2024 (successor of ISO Guide 35), ISO 13528:2022 annex B, Thompson, Ellison and Wood 2006 (IUPAC
harmonized protocol, appendix 1) for the expanded criterion; clauses recalled throughout.
"""

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri, fdtri, stdtr

from assay.uncertainty.charts.control import Trend, trend
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.laboratories.precision import Precision, precision
from assay.vocabulary.errors import BadInput


class Homogeneity(NamedTuple):
    """What a homogeneity study shows.

    Attributes:
        analysis: mean squares, degrees of freedom and the F test between units.
        between: s_bb, standard deviation between units; 0 where MS_between is below MS_within.
        hidden: the heterogeneity that the repeatability of this study could hide: √(MS_w / n) (2 / ν_w)^¼.
        u_bb: standard uncertainty to be added: ``between``, or ``hidden`` where MS_between is below MS_within.
        fallback: whether ``hidden`` was taken.
        limit: 0.3 σ_pt; None if no σ_pt was given.
        sufficient: whether ``between`` is at most the limit.
        limit_expanded: √(F1 (0.3 σ_pt)² + F2 s_w²), which a material just homogeneous enough passes 95 times in 100.
        sufficient_expanded: whether ``between`` is at most that.
    """

    analysis: Precision
    between: float
    hidden: float
    u_bb: float
    fallback: bool
    limit: float | None = None
    sufficient: bool | None = None
    limit_expanded: float | None = None
    sufficient_expanded: bool | None = None


class Stability(NamedTuple):
    """What a stability study shows.

    Attributes:
        trend: the straight line through the results.
        stable: whether its slope could be 0, at the 5 % level.
        u_lts: standard uncertainty for a life of so long: u(slope) · time, in the unit of the values.
        life: the time that ``u_lts`` is for, in the unit of the times.
    """

    trend: Trend
    stable: bool
    u_lts: float
    life: float


class Certified(NamedTuple):
    """Budget of a certified value; all in its unit.

    Attributes:
        u: combined standard uncertainty.
        rows: code and standard uncertainty of each part.
        expanded: U = k u.
        k: coverage factor.
    """

    u: float
    rows: tuple[tuple[str, float], ...]
    expanded: float
    k: float


def homogeneity(units: Sequence[Sequence[float]], sigma_pt: float | None = None) -> Homogeneity:
    """Analysis of replicates on several units.

    Args:
        units: the results on each unit: two units or more, two results on each or, where numbers differ, on most.
        sigma_pt: standard deviation for proficiency assessment, above 0, or any other size that heterogeneity is to be
            small against.
    Raises:
        BadInput: ``number.few``, ``number.above_zero``, or ``material.no_scatter`` where no result differs from another
            on its unit, which shows no repeatability rather than none.
    """
    found = precision(units)
    if found.ms_within == 0:
        raise BadInput("material.no_scatter")
    hidden = sqrt(found.ms_within / found.n_mean) * (2 / found.dof_within) ** 0.25
    fallback = found.ms_between < found.ms_within
    plain = Homogeneity(found, found.between, hidden, hidden if fallback else found.between, fallback)
    if sigma_pt is None:
        return plain
    _positive("sigma_pt", sigma_pt)
    limit = 0.3 * sigma_pt
    f1, f2 = factors(len(units), found.n_mean, found.dof_within)
    wider = sqrt(f1 * limit**2 + f2 * found.ms_within)
    return plain._replace(limit=limit, sufficient=found.between <= limit, limit_expanded=wider,
                          sufficient_expanded=found.between <= wider)  # fmt: skip


def factors(units: int, replicates: float, dof_within: float) -> tuple[float, float]:
    """F1 = χ²₀.₉₅(m − 1) / (m − 1) and F2 = (F₀.₉₅(m − 1, ν_w) − 1) / n of the expanded criterion.

    >>> [round(one, 2) for one in factors(10, 2, 10)]
    [1.88, 1.01]
    """
    dof = units - 1
    return float(chdtri(dof, 0.05)) / dof, (float(fdtri(dof, dof_within, 0.95)) - 1) / replicates


def stability(times: Sequence[float], values: Sequence[float], life: float) -> Stability:
    """Test of a trend in time, and what an undetected one may add over the life of the material.

    Args:
        times: when each result was had; three or more, not all the same.
        values: the results.
        life: how long the certificate is to hold, above 0, in the unit of the times.
    Raises:
        BadInput: ``number.few``, ``number.above_zero``, ``control.same_time``.
    Source: ISO 33405:2024 and ISO Guide 35:2017 (recalled): |b1| < t₀.₉₅,ₙ₋₂ s(b1); u_lts = s(b1) · t.
    """
    _positive("life", life)
    line = trend(times, values)
    stable = line.u == 0 and line.slope == 0 or abs(line.slope) < coverage_factor(0.95, line.dof) * line.u
    return Stability(line, stable, line.u * life, life)


def certified(
    u_char: float, u_bb: float = 0.0, u_lts: float = 0.0, u_sts: float = 0.0, level: float = 0.95
) -> Certified:
    """Budget u² = u_char² + u_bb² + u_lts² + u_sts²: characterisation, homogeneity, long-term and transport stability.

    Source: ISO 17034 and ISO 33405:2024 (recalled).

    >>> certified(3.0, 4.0).u
    5.0
    """
    _positive("u_char", u_char)
    rows = (("characterisation", u_char), ("homogeneity", u_bb), ("stability", u_lts), ("transport", u_sts))
    for name, part in rows:
        if not (part >= 0 and isfinite(part)):
            raise BadInput("number.negative", where="reference material", key=name, got=repr(part))
    u, k = float(np.linalg.norm([part for _, part in rows])), coverage_factor(level)
    return Certified(u, rows, k * u, k)


def p_of_trend(line: Trend) -> float:
    """Two-sided p value of the slope of a line; 1 where nothing varies about a line that is level."""
    if line.u == 0:
        return 1.0 if line.slope == 0 else 0.0
    return 2 * float(stdtr(line.dof, -abs(line.slope) / line.u))


def _positive(key: str, value: float) -> None:
    if not (value > 0 and isfinite(value)):
        raise BadInput("number.above_zero", where="reference material", key=key, got=repr(value))
