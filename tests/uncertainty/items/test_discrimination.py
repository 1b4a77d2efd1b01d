"""Item-rest discrimination: beside scipy, and its false alarms on simulated systems."""

import numpy as np
import pytest
from scipy import stats

from assay.uncertainty.comparing.multiple import benjamini_hochberg
from assay.uncertainty.items.discrimination import discriminations, lower


def answered(rng: np.random.Generator, subjects: int, items: int, wrong: int = 0) -> np.ndarray:
    """Systems from weak to able; the keys of the first items, which have two options, are wrong."""
    ability, ease = rng.normal(0, 1.5, (subjects, 1)), rng.normal(0, 1, items)
    scores = (rng.random((subjects, items)) < 1 / (1 + np.exp(-(ability + ease)))).astype(float)
    scores[:, :wrong] = 1 - scores[:, :wrong]
    return scores


@pytest.mark.parametrize("seed", range(20))
def test_the_exact_probability_is_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 13))
    right = np.arange(n) < rng.integers(1, n)
    ability = rng.permutation(n).astype(float)
    other = stats.mannwhitneyu(ability[right], ability[~right], alternative="less", method="exact").pvalue
    assert lower(right, ability) == pytest.approx(other, rel=1e-12)


def test_ties_are_those_of_all_permutations() -> None:
    right = np.array([1, 1, 0, 0, 0, 1, 0], bool)
    ability = np.array([1, 2, 2, 3, 3, 2, 1.0])
    drawn = stats.permutation_test(
        (stats.rankdata(ability)[right], stats.rankdata(ability)[~right]), lambda a, b: a.sum(), alternative="less",
        permutation_type="independent", n_resamples=10**6,
    )  # fmt: skip
    assert lower(right, ability) == pytest.approx(drawn.pvalue, rel=1e-12)


def test_many_systems_go_over_into_the_normal_approximation() -> None:
    rng = np.random.default_rng(2)
    for n in (61, 100):
        right, ability = rng.random(n) < 0.4, np.round(rng.normal(size=n), 1)
        other = stats.mannwhitneyu(ability[right], ability[~right], alternative="less", method="asymptotic").pvalue
        assert lower(right, ability) == pytest.approx(other, abs=1e-3)


def test_wrong_keys_are_found_and_right_ones_are_not_blamed() -> None:
    rng = np.random.default_rng(7)
    found = discriminations(answered(rng, 60, 80, wrong=8))
    q = benjamini_hochberg([one.p for one in found])
    blamed = {place for place, value in enumerate(q) if value <= 0.1}
    assert len(blamed & set(range(8))) >= 6 and len(blamed - set(range(8))) <= 1
    assert all(one.correlation is not None and one.correlation < 0 for one in (found[place] for place in blamed))


def test_false_alarms_are_no_more_often_than_stated() -> None:
    """Where the item has nothing to do with ability, p is below 0.05 at most that often: 2,000 items."""
    rng = np.random.default_rng(3)
    scores = answered(rng, 15, 60)
    scores = np.concatenate([np.tile(scores, 1), (rng.random((15, 2_000)) < 0.5).astype(float)], axis=1)
    ability = answered(rng, 15, 400).mean(axis=1)
    alarms = np.mean([lower(column >= 0.5, ability) <= 0.05 for column in scores[:, 60:].T if 0 < column.sum() < 15])
    assert alarms <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2_000)


def test_what_cannot_be_told_is_no_number() -> None:
    scores = np.array([[1, 1, np.nan], [1, 0, 1], [1, 1, 0], [1, 0, np.nan]])
    first, _, last = discriminations(scores)
    assert (first.correlation, first.p, first.right) == (None, 1.0, 4)
    assert (last.correlation, last.subjects) == (None, 2)
