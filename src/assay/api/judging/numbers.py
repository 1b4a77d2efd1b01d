"""What a certificate says of a judge, from its verdicts on cases of known verdict: numbers only."""

from collections import Counter
from collections.abc import Iterable
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import jeffreys_u, wilson
from assay.vocabulary.certificate import Cell, Rate, Stratum

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
_LEVEL: Final = 0.95
_K: Final = coverage_factor(_LEVEL, None)


class Verdicts(NamedTuple):
    """People's and the judge's verdicts on the same cases, from 0 to 1.

    Attributes:
        human: shape (cases,).
        judge: shape (cases, repeats); NaN where the judge gave none.
        graded: whether they are grades, not 0 and 1.
        group: item of each case, from 0, shape (cases,); None where every case stands alone.
    """

    human: Floats
    judge: Floats
    graded: bool
    group: Ints | None = None

    def groups(self, among: Flags) -> Ints | None:
        """The items of some of the cases."""
        return None if self.group is None else self.group[among]

    @property
    def first(self) -> Floats:
        """The judge's first verdict on each case, shape (cases,)."""
        return np.asarray(self.judge[:, 0])

    @property
    def had(self) -> Flags:
        """The cases with a first verdict."""
        return np.asarray(~np.isnan(self.judge[:, 0]))

    @property
    def residual(self) -> Floats:
        """Judge less people, by the first verdict; NaN where there is none."""
        return np.asarray(self.first - self.human)


def share(hits: Flags, group: Ints | None = None) -> Rate | None:
    """A proportion with its Wilson interval; None without readings.

    Where readings belong together, the interval is that of as many independent ones as would leave the same
    uncertainty, with the degrees of freedom of the clusters.

    Source: effective sample size, Korn and Graubard 1998 (recalled).
    """
    n = len(hits)
    if not n:
        return None
    x = int(hits.sum())
    clusters = n if group is None else len(np.unique(group))
    if clusters == n:
        return Rate(value=x / n, u=jeffreys_u(x, n), interval=wilson(x / n, n, _K), n=n)
    p = x / n
    u = _clustered_u(np.asarray(hits, dtype=np.float64) - p, group)
    effective = min(float(n), p * (1 - p) / u**2) if u and 0 < p < 1 else float(clusters)
    dof = float(clusters - 1) or None
    k = _K if dof is None else coverage_factor(_LEVEL, dof)
    u = jeffreys_u(p * effective, effective)
    return Rate(value=p, u=u, interval=wilson(p, effective, k), n=n, n_effective=effective, dof=dof)


def _clustered_u(off: Floats, group: Ints | None) -> float:
    """Standard uncertainty of a mean from what its readings are off by, summed within clusters."""
    total = off if group is None else np.bincount(np.unique(group, return_inverse=True)[1], off)
    clusters = len(total)
    return sqrt(float(total @ total) * clusters / (clusters - 1)) / len(off) if clusters > 1 else 0.0


def agreement(found: Verdicts, human: float, among: Flags | None = None) -> Rate | None:
    """Share of the cases with this verdict of people on which the judge says the same; None for grades."""
    if found.graded:
        return None
    chosen = found.had & (found.human == human) & (True if among is None else among)
    return share(found.first[chosen] == human, found.groups(chosen))


def difference(values: Floats, group: Ints | None = None) -> Rate | None:
    """A mean difference with its t interval within −1 to 1; None without readings; without scatter no uncertainty."""
    n = len(values)
    if not n:
        return None
    mean = float(values.mean())
    clusters = n if group is None else len(np.unique(group))
    u = _clustered_u(values - mean, group)
    if u == 0:
        return Rate(value=mean, u=None, interval=None, n=n)
    reach = coverage_factor(_LEVEL, clusters - 1) * u
    effective = None if clusters == n else min(float(n), float(values.var(ddof=1)) / u**2)
    return Rate(
        value=mean, u=u, interval=(max(-1.0, mean - reach), min(1.0, mean + reach)), n=n, n_effective=effective,
        dof=float(clusters - 1),
    )  # fmt: skip


def contrast(found: Verdicts, flag: Flags) -> Rate | None:
    """How much higher the judge's residual is where ``flag`` holds, people's verdict being the same.

    Within each verdict of people (for grades, over all cases) the mean residuals are subtracted; the differences are
    weighted by n1 n2 / (n1 + n2). Half a case of each kind is added to 0/1 verdicts for the uncertainty, which is
    therefore never zero.

    Returns:
        None where nothing can be compared.
    """
    strata = [np.ones(len(found.human), bool)] if found.graded else [found.human == 0, found.human == 1]
    total = weights = variance = 0.0
    n = 0
    for stratum in strata:
        flags = [stratum & found.had & side for side in (flag, ~flag)]
        sides = [found.residual[one] for one in flags]
        sizes = [len(side) for side in sides]
        if min(sizes) < 2:
            continue
        weight = sizes[0] * sizes[1] / sum(sizes)
        total += weight * float(sides[0].mean() - sides[1].mean())
        variance += weight**2 * sum(
            max(_variance(side, found.graded), 0.0 if found.group is None else _clustered_u(side - side.mean(),
                found.groups(one)) ** 2) for side, one in zip(sides, flags, strict=True)
        )  # fmt: skip
        weights, n = weights + weight, n + sum(sizes)
    if not weights or variance == 0:
        return None
    value, u = total / weights, sqrt(variance) / weights
    return Rate(value=value, u=u, interval=(max(-1.0, value - _K * u), min(1.0, value + _K * u)), n=n)


def _variance(residual: Floats, graded: bool) -> float:
    """Variance of a mean residual."""
    n = len(residual)
    if graded:
        return float(residual.var(ddof=1)) / n
    p = (float(np.abs(residual).sum()) + 0.5) / (n + 1)
    return p * (1 - p) / n


def repeatability(found: Verdicts) -> Rate | None:
    """Share of cases on which the first two answers are the same; None if each was put once."""
    if found.judge.shape[1] < 2:
        return None
    first, second = found.judge[:, 0], found.judge[:, 1]
    both = ~np.isnan(first) & ~np.isnan(second)
    return share(first[both] == second[both], found.groups(both))


def confusion(found: Verdicts) -> tuple[Cell, ...]:
    """Every pair of verdicts with its number, by the first answers; of grades within each item, where items share."""
    if found.graded and found.group is not None:
        columns = (found.human[found.had].tolist(), found.first[found.had].tolist(), found.group[found.had].tolist())
        triples = Counter(zip(*columns, strict=True))
        return tuple(Cell(human=h, judge=j, n=n, group=g) for (h, j, g), n in sorted(triples.items()))
    pairs = Counter(zip(found.human[found.had].tolist(), found.first[found.had].tolist(), strict=True))
    return tuple(Cell(human=human, judge=judge, n=n) for (human, judge), n in sorted(pairs.items()))


def strata(found: Verdicts, tags: Iterable[tuple[str, ...]]) -> tuple[Stratum, ...]:
    """The judge by language and by kind.

    Args:
        found: the verdicts.
        tags: of each case, such as ``kind:law``.
    """
    listed = [set(some) for some in tags]
    names = sorted({tag for some in listed for tag in some if tag.startswith(("language:", "kind:"))})
    made = []
    for tag in names:
        by, _, name = tag.partition(":")
        among = np.array([tag in some for some in listed]) & found.had
        made.append(
            Stratum(
                by=by, name=name, n=int(among.sum()),
                sensitivity=agreement(found, 1.0, among), specificity=agreement(found, 0.0, among),
                difference=difference(found.residual[among], found.groups(among)),
            )
        )  # fmt: skip
    return tuple(made)
