"""Calibration of cells: recovery within stated uncertainties, the maximum of the likelihood, cells of no use."""

import numpy as np
import pytest

from assay.uncertainty.ability.cell_calibration import Answers, calibrated
from assay.vocabulary.errors import BadInput


def simulated(seed, subjects=40, cells=60, items=10, own=0.8, part=0.4):
    rng = np.random.default_rng(seed)
    a, d = np.exp(rng.normal(0, 0.25, cells)), rng.uniform(-2.5, 2.5, cells)
    c = np.where(np.arange(cells) % 3 == 0, 0.25, 0.0)
    theta = rng.normal(0, 1, subjects)
    theta = (theta - theta.mean()) / theta.std()
    cell = np.repeat(np.arange(cells), items)
    logit = a[cell] * theta[:, None] + d[cell] + rng.normal(0, own, (subjects, cells))[:, cell]
    logit += rng.normal(0, part, len(cell))
    p = c[cell] + (1 - c[cell]) / (1 + np.exp(-logit))
    right = (rng.random(p.shape) < p).astype(float)
    return a, d, theta, Answers(right, np.ones_like(right), cell, c)


def test_recovery_with_stated_uncertainties():
    z_slope, z_intercept, z_theta, own, part = [], [], [], [], []
    for seed in range(6):
        a, d, theta, answers = simulated(seed)
        found = calibrated(answers)
        u = np.sqrt(np.diagonal(found.cells.covariance, axis1=1, axis2=2))
        z_slope += list((found.cells.slope - a[found.kept]) / u[:, 0])
        z_intercept += list((found.cells.intercept - d[found.kept]) / u[:, 1])
        z_theta += list((found.theta - theta) / found.u)
        own.append(found.cells.subject_sd)
        part.append(np.sqrt((found.cells.item_sd**2).mean()))
    for z in (z_slope, z_intercept, z_theta):
        assert abs(np.mean(z)) < 0.35
        assert 0.85 < np.std(z) < 1.2
    assert np.mean(own) == pytest.approx(0.8, rel=0.07)
    assert np.mean(part) == pytest.approx(0.4, rel=0.2)


def test_every_cell_is_at_the_maximum_of_its_marginal_likelihood():
    optimize = pytest.importorskip("scipy.optimize")
    *_, answers = simulated(7)
    found = calibrated(answers)
    z, w = np.polynomial.hermite_e.hermegauss(41)
    w = w / w.sum()
    mean, spread = found.cells.slope.mean(), found.cells.slope
    among = (((spread - mean) ** 2).sum() + found.cells.covariance[:, 0, 0].sum()) / (len(spread) - 1)
    for place in (1, 5, 7):  # without guessing
        mine = answers.cell == found.kept[place]
        n, r = answers.present[:, mine].sum(axis=1), answers.right[:, mine].sum(axis=1)
        sd = found.cells.subject_sd
        part = found.cells.item_sd[place]

        def worse(x, n=n, r=r, sd=sd, part=part, found=found):
            eta = x[0] * found.theta[:, None, None] + x[1] + sd * z[:, None] + part * z
            p = (1 / (1 + np.exp(-eta))) @ w
            inside = (p ** r[:, None] * (1 - p) ** (n - r)[:, None]) @ w
            prior = (x[0] - mean) ** 2 / (2 * among) + x[1] ** 2 / 32
            return -np.log(inside).sum() + prior

        ours = np.array([found.cells.slope[place], found.cells.intercept[place]])
        best = optimize.minimize(worse, ours, method="BFGS")
        assert ours == pytest.approx(best.x, abs=0.02)
        assert worse(ours) <= best.fun + 0.005


def test_cells_that_say_nothing_are_named():
    _, _, theta, answers = simulated(3)
    rng = np.random.default_rng(5)
    n = len(theta)
    more = np.hstack([
        np.zeros((n, 10)), np.ones((n, 10)), (rng.random((n, 10)) < 0.25).astype(float),
        (rng.random((n, 10)) < 0.5).astype(float), np.ones((n, 10)),
    ])  # fmt: skip
    present = np.hstack([answers.present, np.ones((n, 40)), (np.arange(n) < 5)[:, None] * np.ones((n, 10))])
    cell = np.concatenate([answers.cell, np.repeat(np.arange(60, 65), 10)])
    floor = np.concatenate([answers.floor, [0.0, 0.0, 0.25, 0.0, 0.0]])
    found = calibrated(Answers(np.hstack([answers.right, more]), present, cell, floor))
    assert found.why[60:65] == ["none", "all", "none", "flat", "few"]
    assert not set(range(60, 65)) & set(found.kept)


def test_too_little_is_refused():
    *_, answers = simulated(1, subjects=9)
    with pytest.raises(BadInput, match="9 of 'subjects'"):
        calibrated(answers)
    *_, answers = simulated(1, subjects=12, cells=2)
    with pytest.raises(BadInput, match="cells"):
        calibrated(answers)
