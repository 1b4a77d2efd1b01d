"""The Pareto front of uncertain quantities."""

from math import erf

import numpy as np
import pytest

from assay.uncertainty.comparing.front import front
from assay.vocabulary.errors import BadInput


def test_against_the_exact_probability_of_two_normals() -> None:
    """B dominates A where it is better in both: the product of two normal probabilities."""
    rng = np.random.default_rng(0)
    x = rng.normal([[0.0], [1.0]], 1.0, (2, 200_000))
    y = rng.normal([[0.0], [0.5]], 1.0, (2, 200_000))
    found = front(x, y)

    def phi(z: float) -> float:
        return (1 + erf(z / 2**0.5)) / 2

    expected = phi(1 / 2**0.5) * phi(0.5 / 2**0.5)
    assert found.beats[1, 0] == pytest.approx(expected, abs=0.004)
    assert found.on[0] == pytest.approx(1 - expected, abs=0.004)
    turned = front(-x, -y, (True, True))
    assert (turned.on == found.on).all()


def test_ties_do_not_dominate_and_three_may_share_the_work() -> None:
    assert front([[1.0], [1.0]], [[2.0], [2.0]]).on.tolist() == [1.0, 1.0]
    assert front([[1.0], [1.0]], [[2.0], [3.0]]).on.tolist() == [0.0, 1.0]
    found = front([[0.0, 0.0], [1.0, -1.0], [-1.0, 1.0]], [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    assert found.on[0] == 0.0 and found.beats[1, 0] == found.beats[2, 0] == 0.5


def test_a_system_on_the_edge_of_domination_is_rarely_said_to_be_dominated() -> None:
    """Truth: A is no worse than B in x (equal) and worse in y. Said to be dominated for sure in at most 5 % of runs."""
    rng, said = np.random.default_rng(4), 0
    for _ in range(500):
        seen = rng.normal([0.0, 0.0], 1.0)  # x of both; y is plain
        x = rng.normal(seen[:, None], 1.0, (2, 2000))
        y = np.array([[0.0], [10.0]]) + rng.normal(size=(2, 2000))
        said += front(x, y).on[0] <= 0.05
    assert 10 <= said <= 40  # 25 expected


def test_refusals() -> None:
    for x, y in (([[np.nan]], [[1.0]]), (np.zeros((0, 3)), np.zeros((0, 3)))):
        with pytest.raises(BadInput):
            front(x, y)
