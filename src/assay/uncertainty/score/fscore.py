"""F1 and its kin from a table of true by predicted classes.

F1 of one class depends on TP / (TP + FP + FN) = J alone: F1 = 2 J / (1 + J). Given TP + FP + FN, J is a proportion, so
that Wilson's interval of J, carried over, is one of F1: never of zero width, within 0 and 1. Averages over classes, and
other weights of precision and recall, take the delta method over the multinomial counts, with the interval of a
bounded quantity of that standard uncertainty.

Independent cases; for clusters take ``resample.bootstrap`` over sums of the counts with ``fbeta`` as the statistic.

Source: Takahashi, Yamamoto, Kuchiba and Koyama 2022 (delta method, recalled); the step from J to F1 is our own.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty import spread
from assay.uncertainty.checked import finite, level_given, within
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import wilson
from assay.uncertainty.score.crossed import Rows
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
_WHERE = "f1"


class Score(NamedTuple):
    """Estimate, standard uncertainty by the delta method (0 where nothing or everything is right), and interval."""

    value: float
    u: float
    interval: tuple[float, float]


class Linearised(NamedTuple):
    """A ratio of sums as a mean of one number for each reading.

    Attributes:
        value: the numbers, shape (rows,).
        used: False for readings of variants without a ratio, same shape.
        ratio: mean of the ratio over the variants that have one.
        size: cases in the denominator, mean over those variants; with weights the effective number.
        variants: how many have a ratio.
    """

    value: Floats
    used: npt.NDArray[np.bool_]
    ratio: float
    size: float
    variants: int


def fbeta(counts: Floats, beta: float = 1.0) -> Floats:
    """F of counts or their sums: (1 + β²) TP / ((1 + β²) TP + β² FN + FP).

    Args:
        counts: TP, FP and FN in this order, shape (..., 3).
        beta: how much more recall weighs than precision.
    """
    hit = (1 + beta**2) * counts[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(hit / (hit + counts[..., 1] + beta**2 * counts[..., 2]))


def f1(hits: float, false_alarms: float, misses: float, level: float = 0.95) -> Score:
    """F1 of one class.

    Args:
        hits: cases of the class that were called so (TP).
        false_alarms: others that were called so (FP).
        misses: cases of the class that were not (FN).
        level: coverage probability.
    Raises:
        BadInput: a negative count, or none at all, so that F1 has no value.

    >>> found = f1(30, 10, 10)
    >>> round(found.value, 3), [round(end, 3) for end in found.interval]
    (0.75, [0.632, 0.84])
    """
    counts = np.array([hits, false_alarms, misses], dtype=np.float64)
    _counts_given(counts, level)
    n = float(counts.sum())
    j = hits / n
    low, high = wilson(j, n, coverage_factor(level))
    u = 2 / (1 + j) ** 2 * float(np.sqrt(j * (1 - j) / n))
    return Score(2 * j / (1 + j), u, (2 * low / (1 + low), 2 * high / (1 + high)))


def f_macro(table: npt.ArrayLike, beta: float = 1.0, level: float = 0.95) -> Score:
    """Mean over classes of F, each class weighing the same.

    Args:
        table: cases by true class (rows) and predicted class (columns), shape (classes, classes).
        beta: how much more recall weighs than precision; 1 for F1.
        level: coverage probability.
    Raises:
        BadInput: a negative count, or a class without any case in its row and column.
    """
    counts = np.asarray(table, dtype=np.float64)
    _counts_given(counts, level)
    n, classes = float(counts.sum()), len(counts)
    hit, said, is_so = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    whole = beta**2 * is_so + said
    if (whole == 0).any():
        raise BadInput("f1.empty_class", place=int(np.flatnonzero(whole == 0)[0]))
    each = (1 + beta**2) * hit / whole
    value = float(each.mean())
    gradient = -(each / whole)[None, :] - (beta**2 * each / whole)[:, None]
    gradient = (gradient + np.diag((1 + beta**2) / whole)) / classes
    mean = float((gradient * counts).sum()) / n
    u = float(np.sqrt(max(0.0, float((gradient**2 * counts).sum()) - n * mean**2)))
    if u <= 1e-12 or not 0 < value < 1:
        effective = float(whole.min()) / (1 + beta**2)  # all right or all wrong: no surer than the rarest class alone
        return Score(value, 0.0, wilson(min(max(value, 0.0), 1.0), max(effective, 1.0), coverage_factor(level)))
    ends = spread.interval(spread.bounded(value, u, None, (0.0, 1.0)), level)
    assert ends is not None
    return Score(value, u, ends)


def linearised(rows: Rows, parts: tuple[Floats, Floats], weight: Floats, n_variants: int) -> Linearised | None:
    """A ratio of sums over cases, such as F1 or precision, as one number for each reading, whose mean it is.

    In each variant the ratio is R = Σ w x / Σ w y; a reading is given R + (x − R y) / mean(y), so that the spread of
    these numbers over cases is, to first order, that of R, with clusters, repeats and variants as for a mean.

    Args:
        rows: the readings; their values are not used.
        parts: x and y of each reading, shape (rows,): for F1 2 TP and 2 TP + FP + FN, for precision TP and TP + FP.
        weight: of each item, shape (items,).
        n_variants: variants of the plan.
    Returns:
        The numbers; None if no variant has a denominator above 0.
    Source: Taylor linearisation of a ratio, Cochran 1977, section 2.11 (recalled).
    """
    top, below = parts
    cell = rows.item.astype(np.int64) * n_variants + rows.variant
    share = weight[rows.item] / np.bincount(cell)[cell]
    value = np.zeros(len(top))
    used = np.zeros(len(top), dtype=np.bool_)
    sizes, ratios = [], []
    for variant in np.unique(rows.variant):
        ours = rows.variant == variant
        w, x, y = share[ours], top[ours], below[ours]
        if not (whole := float(w @ y)) > 0:
            continue
        ratio = float(w @ x) / whole
        value[ours] = ratio + (x - ratio * y) * float(w.sum()) / whole
        used[ours] = True
        ratios.append(ratio)
        by_item = np.bincount(rows.item[ours], weights=w * y, minlength=len(weight))
        sizes.append(whole**2 / float(weight @ by_item))
    if not ratios:
        return None
    return Linearised(value, used, float(np.mean(ratios)), float(np.mean(sizes)), len(ratios))


def _counts_given(counts: Floats, level: float) -> None:
    finite(_WHERE, counts)
    level_given(_WHERE, level)
    within(_WHERE, "counts", float(counts.min()), "0 <= n", bool((counts >= 0).all()))
    if counts.sum() == 0:
        raise BadInput("numbers.too_few", where=_WHERE, name="cases", got=0, least=1)
