"""The uncertainty of a mean of readings that depend on those before them, in one run or in several restarts.

In a queue a slow request is followed by slow ones, so that n readings say as much as n / τ independent ones. The
variance of the mean is estimated twice, by the initial monotone sequence of the autocovariances and by means of twenty
batches, and the larger is taken: the first is sharp, the second sees what is slower than the first reaches.

Source: Geyer 1992, Statistical Science 7, 473, section 3.3 (initial monotone sequence); batch means: Law 2015,
Simulation Modeling and Analysis, section 9.5.3 (both recalled).
"""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtri

from assay.uncertainty.coverage import effective_dof, quantile

Floats = npt.NDArray[np.float64]

BATCHES: Final = 20


class Dependent(NamedTuple):
    """A mean of dependent readings.

    Attributes:
        value: mean over all readings of all restarts.
        within: variance of ``value`` by the scatter within the restarts.
        between: variance of ``value`` by what differs between the restarts beyond that; None with one restart.
        dof: degrees of freedom of the sum of both.
        n: number of readings.
        n_eff: number of independent readings whose mean would be known as well, at most n.
    """

    value: float
    within: float
    between: float | None
    dof: float
    n: int
    n_eff: float

    @property
    def variance(self) -> float:
        """Variance of ``value``."""
        return self.within + (self.between or 0.0)


def factors(found: Dependent, risk: float, skewness: float) -> tuple[float, float]:
    """Factors of the standard uncertainty for the lower and the upper end of an interval.

    A mean from few pile-ups errs downward more often than upward and is then believed to be better than it is: the
    upper end is moved out by a term of the expansion of a studentised mean, which independent readings are spared.

    Args:
        found: the mean.
        risk: of either end.
        skewness: γ / 6 of a mean from long pile-ups.
    Source: Hall 1992, The Bootstrap and Edgeworth Expansion, section 2.6: z + γ (1 + 2 z²) / (6 √n) (recalled).
    """
    z, t = float(ndtri(1 - risk)), quantile(1 - risk, found.dof)
    return t, t + skewness * (1 - found.n_eff / found.n) * (1 + 2 * z * z) / sqrt(found.n_eff)


def autocovariance(z: Floats) -> Floats:
    """Autocovariances at lags 0 to n − 1, with divisor n; shape (n,).

    >>> autocovariance(np.array([1.0, -1.0, 1.0, -1.0])).round(12).tolist()
    [1.0, -0.75, 0.5, -0.25]
    """
    n = len(z)
    size = next_fast_len(2 * n, real=True)
    spectrum = rfft(z - z.mean(), size)
    found: Floats = irfft(spectrum.real**2 + spectrum.imag**2, size)[:n] / n
    return found


def initial_monotone(z: Floats) -> tuple[float, int]:
    """Long-run variance (n times the variance of the mean) and the number of lags that it was summed over.

    Args:
        z: readings in their order, shape (n,), n ≥ 2.
    Source: Geyer 1992, section 3.3 (recalled): sums of neighbouring autocovariances are positive and fall, for
        reversible chains; here a rule of truncation.
    """
    found = autocovariance(z)
    even = len(z) // 2 * 2
    pairs = found[0:even:2] + found[1:even:2]
    ends = np.flatnonzero(pairs <= 0)
    kept = np.minimum.accumulate(pairs[: ends[0]] if len(ends) else pairs)
    return max(float(2 * kept.sum() - found[0]), 0.0), 2 * len(kept)


def batch_means(z: Floats, batches: int = BATCHES) -> float:
    """Variance of the mean from the means of consecutive batches of equal length; the last readings may be left out."""
    size = len(z) // batches
    means = z[: size * batches].reshape(batches, size).mean(axis=1)
    return float(means.var(ddof=1)) / batches


def dependent(runs: Sequence[Floats]) -> Dependent:
    """The mean of dependent readings with its variance.

    Args:
        runs: the readings of each restart in the order of the requests; each shape (n of the restart,), 40 or more
            in all. Restarts are independent of each other.
    """
    counts = np.array([len(run) for run in runs], dtype=np.float64)
    n = int(counts.sum())
    means = np.array([float(run.mean()) for run in runs])
    value = float(means @ counts) / n
    centred = np.concatenate([run - mean for run, mean in zip(runs, means, strict=True)])
    spread = float(centred @ centred) / n
    long_run, lags = initial_monotone(centred)
    by_batches = batch_means(centred)
    within = max(long_run / n, by_batches, spread / n)
    dof = n / (4 * lags + 1)
    if within == by_batches:
        dof = min(dof, BATCHES - 1.0)
    dof = max(1.0, dof)
    between = _between(means - value, counts / n, within)
    parts = [(within**0.5, dof)] + ([] if between is None else [(between**0.5, len(runs) - 1.0)])
    total = within + (between or 0.0)
    marginal = spread + float((means - value) ** 2 @ counts) / n
    n_eff = min(float(n), marginal / total) if total > 0 else float(n)
    return Dependent(value, within, between, effective_dof(parts) or dof, n, n_eff)


def _between(off: Floats, share: Floats, within: float) -> float | None:
    """What the scatter of the restarts' means adds to the variance of their mean.

    Source: the variance of a weighted mean from independent clusters, Σ wᵢ² (mᵢ − m)² R / (R − 1) (recalled).
    """
    runs = len(off)
    if runs < 2:
        return None
    return max(0.0, float(share**2 @ off**2) * runs / (runs - 1) - within)
