"""Several results drawn together: each from its interval, those with a cause in common along with each other.

What two results share is told by the sources of their budgets: the same source is the same influence, with its signed
part of each standard uncertainty. Everything else is taken as independent.

A draw is not data: the distribution is the confidence distribution behind the interval, so that the share of draws
beyond the end of a 95 % interval is 2.5 %.

Source: two-piece distribution about the value (recalled); common causes by a Gaussian copula (recalled).
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtrit

from assay.uncertainty.checked import at_least
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.one_sided import OneSided, Table
from assay.uncertainty.servers.comparing import Ends
from assay.uncertainty.servers.grades import drawn

Floats = npt.NDArray[np.float64]

DRAWS: Final = 100_000
_FURTHEST: Final = float(np.finfo(np.float64).max) / 4


class Known(NamedTuple):
    """What is known of one quantity.

    Attributes:
        ends: value and interval.
        level: coverage probability of the interval.
        dof: degrees of freedom behind it; None where infinite.
        u: standard uncertainty, in the unit of the value.
        sources: signed contribution to ``u`` of each source that another quantity may share.
        table: bounds by risk, where the interval comes from the inversion of a test; else empty.
    """

    ends: Ends
    level: float = 0.95
    dof: float | None = None
    u: float = 0.0
    sources: Mapping[str, float] = {}
    table: Table = ()


def together(known: Sequence[Known], draws: int = DRAWS, seed: int = 1) -> Floats:
    """Joint draws of several quantities.

    Args:
        known: the quantities.
        draws: how many.
        seed: of the generator.
    Returns:
        Shape (quantities, draws). Where no bound is known at the smallest risk of a table, the draws beyond it lie
        farther out than any limit.

    >>> one = Known(Ends(1.0, 0.0, 2.0))
    >>> found = together([one, one], draws=2000)
    >>> found.shape, bool(abs((found[0] < 0).mean() - 0.025) < 0.01)
    ((2, 2000), True)
    """
    at_least("draws", "draws", draws, 1)
    rng = np.random.default_rng(seed)
    causes = {name: rng.standard_normal(draws) for name in shared(known)}
    found = np.empty((len(known), draws))
    for place, one in enumerate(known):
        parts = {name: one.sources[name] / one.u for name in causes if one.u > 0 and name in one.sources}
        size = sum(part**2 for part in parts.values())
        scale = 1.0 if size <= 1 else 1 / sqrt(size)  # of rounding, or of a budget that does not add up
        normal = sqrt(max(0.0, 1 - size)) * rng.standard_normal(draws)
        for name, part in parts.items():
            normal += scale * part * causes[name]
        found[place] = _drawn(one, normal)
    return found


def shared(known: Sequence[Known]) -> list[str]:
    """Sources that two of these or more have, in alphabetical order."""
    names = [name for one in known for name in one.sources]
    return sorted({name for name in names if names.count(name) > 1})


def _drawn(one: Known, normal: Floats) -> Floats:
    if one.table:
        return _from_table(one, normal)
    if one.dof is None:
        return drawn(one.ends, one.level, normal)
    heavy = stdtrit(one.dof, ndtr(normal)) * (coverage_factor(one.level) / coverage_factor(one.level, one.dof))
    return drawn(one.ends, one.level, heavy)


def _from_table(one: Known, normal: Floats) -> Floats:
    """Quantiles between the bounds of the table, by the normal quantile of the risk; clamped at the smallest risk."""
    below, above = _side(one.table, 1), _side(one.table, 2)
    below, above = below or [(0.0, one.ends.value)], above or [(0.0, one.ends.value)]
    places = [*(-place for place, _ in below), *(place for place, _ in reversed(above))]
    values = [*(edge for _, edge in below), *(edge for _, edge in reversed(above))]
    found = np.interp(normal, places, np.maximum.accumulate(values))
    for rows, side, far in ((normal < places[0], below, -_FURTHEST), (normal > places[-1], above, _FURTHEST)):
        if side[0][0] < -float(ndtri(one.table[0].risk)):  # no bound at the smallest risk
            found = np.where(rows, far, found)
    return np.asarray(found)


def _side(table: Sequence[OneSided], column: int) -> list[tuple[float, float]]:
    """Distance from the middle in normal quantiles, and bound, from the farthest on; risks without a bound left out."""
    return [(-float(ndtri(row.risk)), float(edge)) for row in table if (edge := row[column]) is not None]
