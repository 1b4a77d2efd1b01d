"""Whether the options of choice items give the right one away to somebody who does not see the question.

A linear rule on features of the options is learned on four fifths of the items and tried on the rest, five times over
(clusters of items stay together); and each feature alone is tried as a rule. A rule that ties several options is right
by as much as a choice among them by lot would be. The excess over guessing is tested by its own scatter; that of the
linear rule is widened, since the folds learn from the same items.

Source: ridge regression and cross-validation as in Hastie, Tibshirani and Friedman 2009, sections 3.4 and 7.10
(recalled); widened variance: Nadeau and Bengio 2003 (recalled), 1 + J n₂/n₁ for J folds; clusters as in
``assay.uncertainty.score.crossed``.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.score.crossed import clustered

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS: Final = 5
_PENALTY: Final = 10.0


class Found(NamedTuple):
    """How often a rule finds the right option.

    Attributes:
        accuracy: fraction found.
        chance: fraction that guessing finds.
        interval: 95 % interval of the accuracy; None where nothing varies.
        p: one-sided probability of so much above chance.
    """

    accuracy: float
    chance: float
    interval: tuple[float, float] | None
    p: float


def by_feature(columns: Sequence[Floats], right: Sequence[int], group: Ints | None) -> Found:
    """The rule that takes the option with the largest value of one feature.

    Args:
        columns: the feature of each option, one array for each item.
        right: place of the right option of each item.
        group: cluster of each item from 0; None if items stand alone.
    """
    return _found(np.array([_hit(values, place) for values, place in zip(columns, right, strict=True)]),
                  np.array([1 / len(values) for values in columns]), group)  # fmt: skip


def by_classifier(tables: Sequence[Floats], right: Sequence[int], group: Ints | None, seed: int = 0) -> Found:
    """The linear rule, cross-validated.

    Args:
        tables: features of the options of each item, each of shape (options, features).
        right: place of the right option of each item.
        group: cluster of each item from 0; None if items stand alone.
        seed: of the folds.
    """
    units = np.arange(len(tables)) if group is None else group
    names, unit = np.unique(units, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(np.arange(len(names)) % FOLDS)[unit.ravel()]
    sizes = np.array([len(table) for table in tables])
    item = np.repeat(np.arange(len(tables)), sizes)
    rows = np.concatenate(list(tables))
    wanted = -1.0 / sizes[item]
    wanted[np.concatenate([[0], np.cumsum(sizes)[:-1]]) + np.array(right)] += 1
    scores = np.zeros(len(rows))
    for number in range(FOLDS):
        later = fold[item] == number
        seen = rows[~later]
        weights = np.linalg.solve(seen.T @ seen + _PENALTY * np.eye(rows.shape[1]), seen.T @ wanted[~later])
        scores[later] = rows[later] @ weights
    parts = np.split(scores, np.cumsum(sizes)[:-1])
    hits = np.array([_hit(values, place) for values, place in zip(parts, right, strict=True)])
    return _found(hits, 1 / sizes, group, 1 + FOLDS / (FOLDS - 1))


def _hit(values: Floats, right: int) -> float:
    """Chance that the option with the largest value is the right one, ties being broken by lot."""
    best = values >= values.max() - 1e-9 * (1 + np.abs(values).max())
    return float(best[right]) / float(best.sum())


def _found(hits: Floats, chance: Floats, group: Ints | None, widened: float = 1.0) -> Found:
    excess, n = hits - chance, len(hits)
    value, guess = float(hits.mean()), float(chance.mean())
    units = None if group is None else np.unique(group, return_inverse=True)[1].ravel().astype(np.int64)
    u2, dof = clustered(np.full(n, 1 / n), excess - excess.mean(), units)
    if u2 <= 1e-18:
        return Found(value, guess, None, 1.0 if value <= guess + 1e-12 else 0.0)
    u = float(np.sqrt(u2 * widened))
    k = coverage_factor(0.95, dof)
    p = float(stdtr(dof, -(value - guess) / u))
    return Found(value, guess, (max(0.0, value - k * u), min(1.0, value + k * u)), p)
