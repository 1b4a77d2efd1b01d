"""What models of comparisons share: contrasts, existence, Newton steps, sandwich."""

import numpy as np
import pytest

from assay.uncertainty.arena.strengths import Strengths, connected, contrasts, inverted, maximum, sandwich
from assay.vocabulary.errors import BadInput


@pytest.mark.parametrize("n", [2, 3, 7])
def test_contrasts_are_orthonormal_with_the_sum_0(n):
    basis = contrasts(n)
    assert basis.T @ basis == pytest.approx(np.eye(n - 1))
    assert basis.sum(axis=0) == pytest.approx(np.zeros(n - 1))


def test_connected():
    connected(np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]))
    with pytest.raises(BadInput, match="never compared"):
        connected(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))
    with pytest.raises(BadInput, match="every comparison"):
        connected(np.array([[0, 1, 1], [0, 0, 1], [0, 1, 0]]))


def test_the_maximum_of_a_parabola_and_of_nothing():
    at, value, information = maximum(lambda x: (-float((x - 3) @ (x - 3)) / 2, 3 - x, np.eye(2)), np.zeros(2), "here")
    assert at == pytest.approx([3, 3]) and value == pytest.approx(0) and information.tolist() == np.eye(2).tolist()
    with pytest.raises(BadInput, match="undetermined"):
        maximum(lambda x: (float(x.sum()), np.ones(1), np.eye(1)), np.zeros(1), "here")
    with pytest.raises(BadInput, match="undetermined"):
        inverted(np.diag([1.0, 0.0]), "here")


def test_the_sandwich_of_single_rows_and_its_refusals():
    scores = np.random.default_rng(1).standard_normal((50, 2))
    table, clusters = sandwich(np.eye(2), scores, np.arange(50), "here")
    assert table == pytest.approx(scores.T @ scores * 50 / 49) and clusters == 50
    with pytest.raises(BadInput, match="clusters"):
        sandwich(np.eye(2), scores, np.zeros(50), "here")
    with pytest.raises(BadInput, match="no scatter"):
        sandwich(np.eye(2), np.tile([[1.0, 2.0], [-1.0, -2.0]], (25, 1)), np.arange(50) // 2, "here")


def test_a_difference_takes_student_with_clusters():
    found = Strengths(np.array([1.0, -1.0]), np.array([[1.0, -1.0], [-1.0, 1.0]]), None, None, 0.0, 5)
    value, u, (low, high) = found.difference(0, 1)
    assert (value, u) == (2.0, 2.0)
    assert high - low == pytest.approx(2 * 2.776445 * 2.0, rel=1e-5)
