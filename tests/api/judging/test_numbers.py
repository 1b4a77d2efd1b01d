"""The numbers of a certificate where several cases belong to one item."""

import numpy as np
import pytest

from assay.api.judging.numbers import Verdicts, agreement, confusion, contrast, difference, share
from assay.uncertainty.score.crossed import clustered


def test_clusters_of_one_change_nothing() -> None:
    hits = np.array([True] * 17 + [False] * 3)
    assert share(hits) == share(hits, np.arange(20))


def test_cases_that_err_together_count_as_one() -> None:
    hits = np.repeat([True] * 15 + [False] * 5, 4)
    found, alone = share(hits, np.repeat(np.arange(20), 4)), share(np.array([True] * 15 + [False] * 5))
    assert found is not None and alone is not None and found.n == 80 and found.n_effective is not None
    assert found.n_effective == pytest.approx(19, rel=0.01) and found.dof == 19
    assert found.u == pytest.approx(alone.u, rel=0.05)


def test_the_uncertainty_is_that_of_the_sandwich_over_clusters() -> None:
    rng = np.random.default_rng(2)
    group = rng.integers(0, 30, 200)
    values = rng.normal(size=200) * 0.1 + rng.normal(size=30)[group] * 0.1
    found = difference(values, group)
    _, codes = np.unique(group, return_inverse=True)
    variance, _ = clustered(np.full(200, 1 / 200), values - values.mean(), codes)
    assert found is not None and found.u is not None
    assert found.u == pytest.approx(variance**0.5, rel=0.05), "another estimate of the same"


@pytest.mark.parametrize(("clustering", "low"), [(True, 0.93), (False, 0.0)])
def test_the_interval_of_a_rate_covers_with_clusters_and_not_without(clustering: bool, low: float) -> None:
    hits = 0
    for seed in range(500):
        rng = np.random.default_rng(seed)
        p = rng.beta(4, 1, 40)  # each item has its own rate, 0.8 on the whole
        group = np.repeat(np.arange(40), 5)
        found = share(rng.random(200) < p[group], group if clustering else None)
        assert found is not None and found.interval is not None
        hits += found.interval[0] <= 0.8 <= found.interval[1]
    assert low <= hits / 500 <= (0.975 if clustering else 0.92)


def test_sensitivity_and_the_favour_for_long_answers_know_of_items() -> None:
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(25), 4)
    human = (rng.random(100) < 0.5).astype(float)
    judge = np.where(rng.random(25)[group] < 0.3, 1 - human, human)[:, None]
    found, alone = Verdicts(human, judge, False, group), Verdicts(human, judge, False)
    ours, theirs = agreement(found, 1.0), agreement(alone, 1.0)
    assert ours is not None and theirs is not None and ours.n_effective is not None
    assert ours.value == theirs.value and ours.n_effective < 0.75 * ours.n
    long = rng.random(100) < 0.5
    with_items, without = contrast(found, long), contrast(alone, long)
    assert with_items is not None and without is not None
    assert with_items.value == without.value and (with_items.u or 0) >= (without.u or 0)


def test_grades_keep_their_items() -> None:
    found = Verdicts(np.array([0.0, 0.5, 0.5]), np.array([[0.25], [0.5], [0.5]]), True, np.array([0, 1, 1]))
    assert [(cell.human, cell.judge, cell.n, cell.group) for cell in confusion(found)] == [
        (0.0, 0.25, 1, 0), (0.5, 0.5, 2, 1)
    ]  # fmt: skip
