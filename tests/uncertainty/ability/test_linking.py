"""Scales brought together: an exact link is found exactly, noise shows in the stated uncertainty."""


import numpy as np
import pytest

from assay.uncertainty.ability.cells import Cells
from assay.uncertainty.ability.linking import Linked, linked, moved
from assay.vocabulary.errors import BadInput


def bank(rng, n=20):
    slope, difficulty = np.exp(rng.normal(0, 0.3, n)), rng.normal(0, 1, n)
    floor = np.where(np.arange(n) % 2, 0.25, 0.0)
    return Cells(slope, -slope * difficulty, floor, np.zeros(n), np.zeros((n, 2, 2)), 0.0)


def away(cells, scale, shift):
    """The same cells on the scale θ' = (θ − shift) / scale."""
    return cells._replace(slope=cells.slope * scale, intercept=cells.intercept + cells.slope * shift)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.7, -0.8), (0.4, 2.0)])
def test_an_exact_link(scale, shift):
    cells = bank(np.random.default_rng(1))
    found = linked(cells, away(cells, scale, shift))
    assert (found.scale, found.shift) == pytest.approx((scale, shift), abs=1e-6)
    assert np.abs(found.covariance).max() < 1e-10
    back = moved(away(cells, scale, shift), found)
    assert back.slope == pytest.approx(cells.slope, abs=1e-5)
    assert back.intercept == pytest.approx(cells.intercept, abs=1e-5)


def test_cells_that_moved_show_in_the_uncertainty():
    found, stated = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        cells = bank(rng, 15)
        there = away(cells, 1.3, 0.5)
        there = there._replace(intercept=there.intercept + rng.normal(0, 0.3, 15))
        one = linked(cells, there)
        found.append((one.scale, one.shift))
        stated.append(np.diag(one.covariance))
    error = np.array(found) - [1.3, 0.5]
    assert np.abs(error.mean(axis=0)).max() < 0.05
    assert np.sqrt(np.mean(stated, axis=0)) == pytest.approx(error.std(axis=0), rel=0.3)


def test_covariance_is_carried_along():
    covariance = np.array([[[0.04, 0.01], [0.01, 0.09]]])
    one = Cells(np.array([2.0]), np.array([1.0]), np.zeros(1), np.zeros(1), covariance, 0.0)
    there = moved(one, Linked(2.0, 3.0, np.zeros((2, 2))))
    rng = np.random.default_rng(1)
    draws = rng.multivariate_normal([2.0, 1.0], one.covariance[0], 200_000)
    slope, intercept = draws[:, 0] / 2, draws[:, 1] - draws[:, 0] * 3 / 2
    assert there.covariance[0] == pytest.approx(np.cov(slope, intercept), rel=0.02)


def test_few_cells_are_refused():
    cells = bank(np.random.default_rng(1), 4)
    with pytest.raises(BadInput, match="shared cells"):
        linked(cells, cells)
