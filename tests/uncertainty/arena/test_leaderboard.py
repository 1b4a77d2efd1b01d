"""Ranks and groups: Tukey's studentised range of scipy, families of equal systems, refusals."""


import numpy as np
import pytest
from scipy.stats import studentized_range

from assay.uncertainty.arena.leaderboard import leaderboard
from assay.uncertainty.comparing.multiple import level_of_contrasts
from assay.vocabulary.errors import BadInput


@pytest.mark.parametrize(("n", "dof"), [(3, None), (6, 20.0), (12, None)])
def test_the_factor_is_that_of_the_studentised_range(n, dof):
    found = leaderboard(np.arange(float(n)), np.eye(n), dof)
    expected = studentized_range.ppf(0.95, n, dof or np.inf) / np.sqrt(2)
    assert found.factor == pytest.approx(expected, rel=0.015)


def test_two_systems_need_no_larger_factor():
    assert level_of_contrasts(np.diag([1.0, 4.0]), 0.9) == 0.9
    assert leaderboard([1.0, 0.0], np.diag([1.0, 4.0])).factor == pytest.approx(1.96, abs=1e-3)


def test_what_all_have_in_common_does_not_matter():
    rng = np.random.default_rng(1)
    a = rng.standard_normal((5, 5))
    table, x = a @ a.T + np.eye(5), rng.standard_normal(5) * 4
    one, other = leaderboard(x, table), leaderboard(x + 7, table + 3.0)
    assert one.ranks == other.ranks and one.groups == other.groups
    assert one.value == pytest.approx(other.value) and one.u == pytest.approx(other.u)
    assert one.factor == pytest.approx(other.factor, rel=0.01)


def test_order_and_marks():
    found = leaderboard([0.0, 3.0, 2.9, -3.0], np.eye(4) * 0.01)
    assert found.order == (1, 2, 0, 3)
    assert found.ranks == ((3, 3), (1, 2), (1, 2), (4, 4))
    assert found.groups == ((0,), (1, 2), (3,))
    assert found.apart[1].tolist() == [1, 0, 0, 1] and (found.apart == -found.apart.T).all()


def test_equal_systems_are_told_apart_as_rarely_as_stated():
    rng, wrong = np.random.default_rng(2), 0
    factor = leaderboard(np.zeros(8), np.eye(8)).factor
    for _ in range(4000):
        x = rng.standard_normal(8)
        wrong += float(np.ptp(x)) > factor * np.sqrt(2)
    assert wrong / 4000 == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize(
    ("x", "table", "dof", "code"),
    [
        ([1.0], [[1.0]], None, "numbers.too_few"),
        ([1.0, 2.0], np.eye(3), None, "numbers.length"),
        ([1.0, np.nan], np.eye(2), None, "numbers.not_finite"),
        ([1.0, 2.0], np.ones((2, 2)), None, "numbers.no_scatter"),
        ([1.0, 2.0], np.eye(2), 0.0, "numbers.range"),
    ],
)
def test_refusals(x, table, dof, code):
    with pytest.raises(BadInput) as refused:
        leaderboard(x, table, dof)
    assert refused.value.code == code
