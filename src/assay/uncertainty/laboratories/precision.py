"""Repeatability and reproducibility, and laboratories that stand apart from the others. None is ever dropped here.

Source: ISO 5725-2:2019 (recalled: 7.3 Mandel, Cochran and Grubbs; 7.4 variances). The critical values are computed
from F and t, of which the tables of the standard are made, so that any number of laboratories and replicates serves.
"""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, fdtri, stdtrit

from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]


class Precision(NamedTuple):
    """One-way analysis of laboratories with replicates, which need not be equally many.

    Attributes:
        mean: of all results, weighted by their number.
        repeatability: s_r, within laboratories.
        between: s_L, between them; 0 where the estimate of its square is negative.
        reproducibility: s_R = √(s_r² + s_L²).
        dof_within: degrees of freedom of s_r.
        dof_between: number of laboratories less 1.
        n_mean: what stands for the number of replicates where these differ.
        ms_within: mean square within.
        ms_between: mean square between.
        p: p value of the F test that laboratories do not differ; None where nothing varies within.
    """

    mean: float
    repeatability: float
    between: float
    reproducibility: float
    dof_within: float
    dof_between: float
    n_mean: float
    ms_within: float
    ms_between: float
    p: float | None


class Outlying(NamedTuple):
    """A test of the one that stands out most.

    Attributes:
        place: its number in the order given, from 0.
        statistic: of the test.
        critical_5: critical value at 5 %; exceeded by a straggler.
        critical_1: critical value at 1 %; exceeded by an outlier.
    """

    place: int
    statistic: float
    critical_5: float
    critical_1: float

    @property
    def verdict(self) -> str:
        """``outlier``, ``straggler``, or ``none``."""
        if self.statistic > self.critical_1:
            return "outlier"
        return "straggler" if self.statistic > self.critical_5 else "none"


class Mandel(NamedTuple):
    """Mandel's statistics and the sizes that 5 % and 1 % of laboratories exceed; shape (laboratories,).

    Attributes:
        values: h (between) or k (within) of each laboratory.
        critical_5: at 5 %.
        critical_1: at 1 %.
    """

    values: tuple[float, ...]
    critical_5: tuple[float, ...]
    critical_1: tuple[float, ...]


def precision(replicates: Sequence[Sequence[float]]) -> Precision:
    """Repeatability and reproducibility standard deviations.

    Args:
        replicates: the results of each laboratory: two laboratories or more, at least one of them with two results.
    Raises:
        BadInput: ``number.few``.
    Source: ISO 5725-2:2019 (recalled: 7.4.5).
    """
    x, n, means, squares = _table(replicates)
    total, p = float(n.sum()), len(x)
    dof = total - p
    if dof < 1:
        raise BadInput("number.few", where="interlab: replicates", n=int(n.max()), least=2)
    grand = float(means[0] + n @ (means - means[0]) / total)
    within = float(squares.sum()) / dof
    among = float((n * (means - grand) ** 2).sum()) / (p - 1)
    n_mean = (total - float((n**2).sum()) / total) / (p - 1)
    between = max(0.0, (among - within) / n_mean)
    test = None if within == 0 else float(fdtrc(p - 1, dof, among / within))
    return Precision(grand, sqrt(within), sqrt(between), sqrt(within + between), dof, float(p - 1), n_mean, within,
                     among, test)  # fmt: skip


def cochran(replicates: Sequence[Sequence[float]]) -> Outlying | None:
    """Cochran's test of the largest variance within a laboratory; None where no variance is above 0.

    Laboratories with one result are left aside; for unequal numbers n is their mean, as the standard allows.

    Source: ISO 5725-2:2019 (recalled: 7.3.3); C = 1 / (1 + (p − 1) / F), F at 1 − α / p.
    """
    x, n, _, squares = _table(replicates)
    used = np.flatnonzero(n > 1)
    if len(used) < 2 or not squares[used].any():
        return None
    variances = squares[used] / (n[used] - 1)
    nu = float(n[used].mean()) - 1
    place = int(np.argmax(variances))
    critical = [_cochran(len(used), nu, alpha) for alpha in (0.05, 0.01)]
    return Outlying(int(used[place]), float(variances[place] / variances.sum()), *critical)


def grubbs(values: Sequence[float]) -> Outlying | None:
    """Grubbs' test of the value farthest from the mean, on either side; None where all are equal or there are but two.

    Source: ISO 5725-2:2019 (recalled: 7.3.4); G = (p − 1) / √p · √(t² / (p − 2 + t²)), t at α / (2 p).

    >>> round(grubbs([1, 2, 3, 4, 5, 6, 7, 8, 9, 30]).critical_5, 3)
    2.29
    """
    x = np.asarray(values, np.float64)
    p = len(x)
    if p < 3 or (x == x[0]).all():
        return None
    distance = np.abs(x - x.mean()) / x.std(ddof=1)
    place = int(np.argmax(distance))
    critical = []
    for alpha in (0.05, 0.01):
        t = float(stdtrit(p - 2, 1 - alpha / (2 * p)))
        critical.append((p - 1) / sqrt(p) * sqrt(t * t / (p - 2 + t * t)))
    return Outlying(place, float(distance[place]), *critical)


def mandel_h(values: Sequence[float]) -> Mandel | None:
    """Mandel's h: how far each laboratory's mean is from that of all, in their standard deviation; None if all agree.

    Source: ISO 5725-2:2019 (recalled: 7.3.1); critical (p − 1) t / √(p (t² + p − 2)), t at α / 2.
    """
    x = np.asarray(values, np.float64)
    p = len(x)
    if p < 3 or (x == x[0]).all():
        return None
    h = (x - x.mean()) / x.std(ddof=1)
    edges = []
    for alpha in (0.05, 0.01):
        t = float(stdtrit(p - 2, 1 - alpha / 2))
        edges.append(((p - 1) * t / sqrt(p * (t * t + p - 2)),) * p)
    return Mandel(tuple(h.tolist()), edges[0], edges[1])


def mandel_k(replicates: Sequence[Sequence[float]]) -> Mandel | None:
    """Mandel's k: each laboratory's scatter over that of all; None if nothing varies or a laboratory has one result.

    Source: ISO 5725-2:2019 (recalled: 7.3.1); critical √(p F / (F + p − 1)), F at 1 − α with n − 1 and (p − 1)(n − 1).
    """
    x, n, _, squares = _table(replicates)
    if (n < 2).any() or not squares.any():
        return None
    pooled = float(squares.sum() / (n - 1).sum())
    k = np.sqrt(squares / (n - 1) / pooled)
    p, edges = len(x), []
    for alpha in (0.05, 0.01):
        f = [float(fdtri(m - 1, float((n - 1).sum() - (m - 1)), 1 - alpha)) for m in n]
        edges.append(tuple(sqrt(p * one / (one + p - 1)) for one in f))
    return Mandel(tuple(k.tolist()), edges[0], edges[1])


def _cochran(p: int, nu: float, alpha: float) -> float:
    f = float(fdtri(nu, (p - 1) * nu, 1 - alpha / p))
    return 1 / (1 + (p - 1) / f)


def _table(replicates: Sequence[Sequence[float]]) -> tuple[list[Floats], Floats, Floats, Floats]:
    """Results, their number, means and sums of squares by laboratory."""
    x = [np.asarray(row, np.float64) for row in replicates]
    if len(x) < 2 or any(len(row) == 0 for row in x):
        raise BadInput("number.few", where="interlab", n=min([len(x), *map(len, x)]), least=2)
    if not all(np.isfinite(row).all() for row in x):
        raise BadInput("number.not_finite", where="interlab", key="value")
    n = np.array([len(row) for row in x], np.float64)
    means = np.array([row[0] + (row - row[0]).mean() for row in x])
    squares = np.array([float(((row - mean) ** 2).sum()) for row, mean in zip(x, means, strict=True)])
    return x, n, means, squares
