"""A mean of human grades from a judge's scores, by the line of one on the other.

On calibration cases grade = a_kind + b · score is fitted by least squares; in use the mean grade is Σ share of the kind
× (a_kind + b · mean score of the kind). The calibration cases need not have the scores or kinds of use in the same
shares; what must carry over is the line. Its budget has three rows: the line, with standard errors that hold for any
scatter and for clusters; the scores in use; and the transfer, what the line may be off by elsewhere.

With calibration cases that are a random sample of the items in use this is a prediction-powered mean with λ = b.

Where R² is small the mean in use is close to the mean of the calibration cases whatever the judge says, and the result
would speak of these and not of use: below 0.1, or with a slope that is not above 0 with 95 % confidence, it is refused.
R² is that part of the variance within kinds which the score explains.

Source: sandwich covariance CR2, Bell and McCaffrey 2002 (recalled); scatter between kinds: DerSimonian and Laird 1986
(recalled). Coverage: ``python -m assay.testing.judges``.
"""

from math import sqrt
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, places, same_length, within
from assay.uncertainty.coverage import effective_dof, quantile
from assay.uncertainty.judging.prediction_powered import lowered
from assay.uncertainty.laboratories.consensus import dersimonian_laird
from assay.uncertainty.resample import sums
from assay.uncertainty.score.crossed import clustered
from assay.uncertainty.spread import Spread
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEAST_R2: Final = 0.1
_WHERE: Final = "graded judge"
_SURE: Final = 0.95
_LEAST: Final = 10


class Graded(NamedTuple):
    """Calibration cases.

    Attributes:
        grade: human grades, shape (n,).
        score: the judge's scores, in its own unit, shape (n,).
        kind: of each case, shape (n,); all of one kind if None.
        group: cluster of each case, shape (n,); each its own if None.
    """

    grade: npt.ArrayLike
    score: npt.ArrayLike
    kind: npt.ArrayLike | None = None
    group: npt.ArrayLike | None = None


class Scored(NamedTuple):
    """Items in use: scores, kinds and clusters as in ``Graded``, shape (N,)."""

    score: npt.ArrayLike
    kind: npt.ArrayLike | None = None
    group: npt.ArrayLike | None = None


class Row(NamedTuple):
    """One row of the budget: code of the source, contribution in the unit of the grades, degrees of freedom."""

    code: Literal["line", "scores", "transfer"]
    contribution: float
    dof: float | None


class Line(NamedTuple):
    """The fitted line.

    Attributes:
        intercept: a of each kind, in the order of the sorted kinds, shape (kinds,).
        slope: b, grades per unit of the score.
        u_slope: its standard uncertainty.
        covariance: of intercepts and slope, shape (kinds + 1, kinds + 1).
        dof: clusters less parameters.
        r2: share of the variance within kinds that the score explains.
        design: kinds and scores, shape (n, kinds + 1).
        inverse: of the design's squares, shape (kinds + 1, kinds + 1).
        residual: grades less the line, shape (n,).
    """

    intercept: Floats
    slope: float
    u_slope: float
    covariance: Floats
    dof: float
    r2: float
    design: Floats
    inverse: Floats
    residual: Floats


class GradedMean(NamedTuple):
    """A corrected mean grade.

    Attributes:
        spread: value, standard uncertainty and what interval, tail and bound are made from.
        raw: the mean before it was moved within its bounds.
        line: the calibration.
        rows: the budget.
        naive: the mean score in use.
        away: how far the mean score in use lies from that of calibration, in standard deviations of its scores.
    """

    spread: Spread
    raw: float
    line: Line
    rows: tuple[Row, ...]
    naive: float
    away: float


def graded_mean(
    cases: Graded, use: Scored, bounds: tuple[float, float] | None = None, transfer_u: float = 0.0
) -> GradedMean:
    """The mean human grade of the items in use.

    Args:
        cases: at least 10, in more clusters than there are parameters.
        use: scores of the same judge; their kinds must occur in ``cases``.
        bounds: lowest and highest possible grade; None if there are none.
        transfer_u: standard uncertainty of the line's mean error where it was not calibrated, in the unit of the
            grades; 0 if use is as calibration (see ``between_kinds``).
    Raises:
        BadInput: too few cases, a kind that was not calibrated, or a judge that explains too little (see above).

    >>> x = [1.0, 2.0, 3.0, 4.0, 5.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    >>> y = [0.1, 0.3, 0.4, 0.6, 0.9, 0.2, 0.2, 0.5, 0.7, 0.8]
    >>> found = graded_mean(Graded(y, x), Scored([2.0, 3.0] * 50), (0.0, 1.0))
    >>> round(found.line.slope, 3), round(found.raw, 4)
    (0.18, 0.38)
    """
    within(_WHERE, "transfer_u", transfer_u, ">= 0", transfer_u >= 0)
    line, names, group = _calibrated(cases)
    if line.r2 < LEAST_R2 or line.slope <= quantile(_SURE, line.dof) * line.u_slope:
        b, u_b = f"{line.slope:.3g}", f"{line.u_slope:.2g}"
        raise BadInput("judge.flat", r2=f"{line.r2:.2f}", least=LEAST_R2, b=b, u=u_b)
    score, at = _in_use(use, names)
    each = line.intercept[at] + line.slope * score
    raw = float(each.mean())
    target = np.append(np.bincount(at, minlength=len(names)) / len(at), score.mean())
    weight = line.design @ line.inverse @ target * line.residual
    rows = [Row("line", sqrt(float(target @ line.covariance @ target)), lowered(line.dof, sums(weight, group)[:, 0]))]
    used = None if use.group is None else places(use.group, len(score))
    scores, dof = clustered(np.full(len(each), 1 / len(each)), each - raw, used)
    rows.append(Row("scores", sqrt(scores), dof))
    if transfer_u > 0:
        rows.append(Row("transfer", transfer_u, None))
    u = sqrt(sum(row.contribution**2 for row in rows))
    low, high = bounds if bounds is not None else (None, None)
    value = raw if bounds is None else min(bounds[1], max(bounds[0], raw))
    spread = Spread(value, u, effective_dof((row.contribution, row.dof) for row in rows), low, high, None, "t")
    seen, naive = line.design[:, -1], float(score.mean())
    return GradedMean(spread, raw, line, tuple(rows), naive, (naive - float(seen.mean())) / float(seen.std()))


def _in_use(use: Scored, names: npt.NDArray[np.str_]) -> tuple[Floats, Ints]:
    """Scores, and the place of the kind of each item."""
    score, kind = _columns(use.score, use.kind)
    at_least(_WHERE, "items in use", len(score), 2)
    lacking = ~np.isin(kind, names)
    if lacking.any():
        raise BadInput("judge.kind", kind=str(kind[lacking][0]), kinds=", ".join(str(name) for name in names))
    return score, np.searchsorted(names, kind).astype(np.int64)


def between_kinds(cases: Graded, kinds_in_use: int = 1) -> float:
    """Standard uncertainty of transfer to new kinds: scatter of the kinds about one line beyond that of their cases.

    Args:
        cases: of three or more kinds, each with two or more cases; the kinds stand for others.
        kinds_in_use: number of new kinds whose mean is wanted.
    Returns:
        In the unit of the grades; 0 where the kinds scatter no more than their cases.
    Raises:
        BadInput: fewer than three kinds, or a kind with one case.
    """
    at_least(_WHERE, "kinds in use", kinds_in_use, 1)
    line, _, group = _calibrated(cases._replace(kind=None))
    _, kind = _columns(cases.score, cases.kind)
    names, place = np.unique(kind, return_inverse=True)
    at_least(_WHERE, "kinds", len(names), 3)
    off, u = [], []
    for k in range(len(names)):
        ours = line.residual[place == k]
        at_least(_WHERE, "cases of a kind", len(ours), 2)
        share = np.full(len(ours), 1 / len(ours))
        clusters = None if group is None else places(group[place == k], len(ours))
        pooled = float(line.residual.var(ddof=2)) / len(ours)
        off.append(float(ours.mean()))
        u.append(sqrt(max(clustered(share, ours - ours.mean(), clusters)[0], 1e-6 * pooled)))
    return (dersimonian_laird(off, u).between or 0.0) / sqrt(kinds_in_use)


def _columns(score: npt.ArrayLike, kind: npt.ArrayLike | None) -> tuple[Floats, npt.NDArray[np.str_]]:
    first = np.asarray(score, dtype=np.float64)
    finite(_WHERE, first)
    second = np.full(len(first), "") if kind is None else np.asarray(kind).astype(np.str_)
    same_length(_WHERE, first, second)
    return first, second


def _calibrated(cases: Graded) -> tuple[Line, npt.NDArray[np.str_], Ints | None]:
    """The line, the sorted kinds, and the cluster of each case."""
    grade = np.asarray(cases.grade, dtype=np.float64)
    score, kind = _columns(cases.score, cases.kind)
    same_length(_WHERE, grade, score)
    finite(_WHERE, grade)
    at_least(_WHERE, "calibration cases", len(grade), _LEAST)
    names, place = np.unique(kind, return_inverse=True)
    group = None if cases.group is None else places(cases.group, len(grade))
    units = len(grade) if group is None else int(group.max()) + 1
    at_least(_WHERE, "clusters of calibration cases", units, len(names) + 3)
    design = np.hstack([np.eye(len(names))[place], score[:, None]]).astype(np.float64)
    within_kind = score - (np.bincount(place, score) / np.bincount(place))[place]
    if float(within_kind @ within_kind) <= 1e-20 * max(1.0, float(score @ score)):
        raise BadInput("numbers.no_scatter", where=_WHERE, n=len(score))
    inverse: Floats = np.asarray(np.linalg.inv(design.T @ design), dtype=np.float64)
    found = inverse @ design.T @ grade
    residual = grade - design @ found
    left = grade - (np.bincount(place, grade) / np.bincount(place))[place]
    total = float(left @ left)
    r2 = 1 - float(residual @ residual) / total if total > 0 else 0.0
    covariance = _sandwich(design, inverse, residual, group)
    line = Line(found[:-1], float(found[-1]), sqrt(float(covariance[-1, -1])), covariance,
                float(units - design.shape[1]), r2, design, inverse, residual)  # fmt: skip
    return line, names, group


def _sandwich(design: Floats, inverse: Floats, residual: Floats, group: Ints | None) -> Floats:
    """Covariance of the parameters by CR2: unbiased where the residuals are independent and of equal variance."""
    if group is None:
        leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
        moved = design * (residual / np.sqrt(np.maximum(1 - leverage, 1e-9)))[:, None]
    else:
        members = [group == c for c in range(int(group.max()) + 1)]
        moved = np.stack([_of_cluster(design[ours], inverse, residual[ours]) for ours in members])
    return np.asarray(inverse @ moved.T @ moved @ inverse)


def _of_cluster(design: Floats, inverse: Floats, residual: Floats) -> Floats:
    sizes, vectors = np.linalg.eigh(np.eye(len(design)) - design @ inverse @ design.T)
    root = np.where(sizes > 1e-9, 1 / np.sqrt(np.maximum(sizes, 1e-9)), 0.0)
    return np.asarray(design.T @ (vectors * root) @ vectors.T @ residual)
