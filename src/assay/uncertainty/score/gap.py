"""The largest difference between groups (max − min of their means), as a measure of fairness.

The range of measured means is too large even where the true means are all equal. The interval inverts the distribution
of the range: each end is the true gap for which a range as far from it as the one seen is just improbable enough. Where
a true gap of 0 is not improbable the lower end is 0. How the groups between the extremes lie matters and is not known:
the lower end takes them moved outwards by twice their standard uncertainty, the upper end moved inwards.

The same pseudorandom errors serve all gaps that are tried, so that the ends are reproducible and monotone.

Source: at a true gap of 0 this is the test by the studentised range (Tukey 1953); its inversion with unfavourable
positions is our own; coverage: ``tests/uncertainty/gum/test_quantities.py``.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from assay.uncertainty.checked import at_least, finite, level_given, same_length, within
from assay.uncertainty.one_sided import OneSided, Table, risks

Floats = npt.NDArray[np.float64]
_WHERE = "gap"
_SPANS = 60
_MOVED = 2.0


class Gap(NamedTuple):
    """Largest less smallest mean.

    Attributes:
        value: as seen; too large on average.
        interval: coverage interval for the true gap, from 0 up.
        highest: place of the group with the largest mean.
        lowest: place of the group with the smallest.
        p_equal: how probable a gap at least as large would be if all true means were equal.
    """

    value: float
    interval: tuple[float, float]
    highest: int
    lowest: int
    p_equal: float


class Groups(NamedTuple):
    """Means of independent groups, their standard uncertainties (above 0), and degrees of freedom (inf: exact).

    All of shape (groups,).
    """

    mean: npt.ArrayLike
    u: npt.ArrayLike
    dof: npt.ArrayLike | None = None


def gap(
    groups: Groups, level: float = 0.95, reach: float | None = None, draws: int = 10_000, seed: int = 1
) -> Gap:
    """The gap with its interval.

    Args:
        groups: means with their uncertainties; sizes may differ. All readings of a group equal: give a stand-in u.
        level: coverage probability.
        reach: largest possible gap, if there is one.
        draws: pseudorandom ranges.
        seed: of the generator.
    Raises:
        BadInput: one group, or u not above 0.

    >>> found = gap(Groups([0.80, 0.82, 0.79], [0.02, 0.03, 0.02]))
    >>> round(found.value, 2), found.interval[0]
    (0.03, 0.0)
    """
    level_given(_WHERE, level)
    made = _range(groups, draws, seed)
    p_equal = (1 + float((np.ptp(made.noise, axis=0) >= made.seen).sum())) / (1 + draws)
    ends = made.ends((1 - level) / 2, reach)
    return Gap(made.seen, ends, int(made.mean.argmax()), int(made.mean.argmin()), p_equal)


def one_sided(groups: Groups, level: float = 0.95, reach: float | None = None, draws: int = 10_000, seed: int = 1
              ) -> Table:  # fmt: skip
    """Bounds of the gap by risk, those of the interval of this level among them; arguments as for ``gap``."""
    made = _range(groups, draws, seed)
    return tuple(OneSided(risk, *made.ends(risk, reach)) for risk in risks(level))


class _Range(NamedTuple):
    """What the inversion needs: means, errors of shape (groups, draws), the range seen, and the two shapes."""

    mean: Floats
    noise: Floats
    seen: float
    outwards: Floats
    inwards: Floats

    def ends(self, risk: float, reach: float | None) -> tuple[float, float]:
        """Lower and upper bound, each with this risk; a range smaller than equal means give shows nothing more."""
        typical = float(np.median(np.ptp(self.noise, axis=0)))
        low = _end(self.outwards, self.noise, self.seen, 1 - risk)
        high = max(_end(self.inwards, self.noise, max(self.seen, typical), risk), self.seen)
        return (low, high) if reach is None else (min(low, reach), min(high, reach))


def _range(groups: Groups, draws: int, seed: int) -> _Range:
    mean, u = np.asarray(groups.mean, dtype=np.float64), np.asarray(groups.u, dtype=np.float64)
    dof = np.full(len(mean), np.inf) if groups.dof is None else np.asarray(groups.dof, dtype=np.float64)
    same_length(_WHERE, mean, u, dof)
    at_least(_WHERE, "groups", len(mean), 2)
    finite(_WHERE, mean, u)
    within(_WHERE, "u", float(u.min()), "u > 0", bool((u > 0).all()))
    within(_WHERE, "dof", float(dof.min()), "dof > 0", bool((dof > 0).all()))
    return _Range(mean, _noise(u, dof, draws, seed), float(np.ptp(mean)), *_shapes(mean, u))


def _noise(u: Floats, dof: Floats, draws: int, seed: int) -> Floats:
    """Errors of the means, shape (groups, draws), from a stratified sample for each group."""
    rng = np.random.default_rng(seed)
    strata = (np.arange(draws) + 0.5) / draws
    columns = []
    for size, nu in zip(u, dof, strict=True):
        quantiles = ndtri(strata) if np.isinf(nu) else stdtrit(nu, strata)
        columns.append(size * rng.permutation(quantiles))
    return np.stack(columns)


def _shapes(mean: Floats, u: Floats) -> tuple[Floats, Floats]:
    """Positions from 0 to 1 with every group but the extremes moved outwards, and inwards, by twice its u."""
    low, high = mean.min(), mean.max()
    centre, size, order = (low + high) / 2, high - low, np.argsort(mean, kind="stable")
    if size == 0:
        size, centre = 1.0, low + 0.5
    away = mean - centre
    step = _MOVED * u
    outwards = np.clip(away + np.where(away >= 0, step, -step), -size / 2, size / 2)
    inwards = np.sign(away) * np.maximum(np.abs(away) - step, 0.0)
    for shape in (outwards, inwards):
        shape[order[0]], shape[order[-1]] = -size / 2, size / 2
    return outwards / size + 0.5, inwards / size + 0.5


def _end(shape: Floats, noise: Floats, seen: float, probability: float) -> float:
    """The true gap whose range is at most ``seen`` with this probability; 0 where none is as large."""

    def share(size: float) -> float:
        moved = noise + size * shape[:, None]
        return float((moved.max(axis=0) - moved.min(axis=0) <= seen).mean())

    low, high = 0.0, seen + float(np.ptp(noise, axis=0).max())
    if share(0.0) <= probability:
        return 0.0
    for _ in range(_SPANS):
        middle = (low + high) / 2
        if share(middle) > probability:
            low = middle
        else:
            high = middle
        if high - low < 1e-5 * high:
            break
    return (low + high) / 2
