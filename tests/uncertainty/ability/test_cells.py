"""Ability from calibrated cells: published information, direct integration, derivatives, fit of persons."""

from math import log, sqrt

import numpy as np
import pytest

from assay.uncertainty.ability.cells import (
    THETA,
    Answered,
    Cells,
    curves,
    expected_score,
    interval,
    person_fit,
    posterior,
)
from assay.uncertainty.ability.next_items import item_information


def some(slope, intercept, floor=None, item_sd=0.0, covariance=None, subject_sd=0.0):
    n = len(slope)
    return Cells(
        np.array(slope, float), np.array(intercept, float), np.zeros(n) if floor is None else np.array(floor, float),
        np.full(n, item_sd), np.zeros((n, 2, 2)) if covariance is None else np.array(covariance, float), subject_sd,
    )  # fmt: skip


@pytest.mark.parametrize("a", [0.5, 1.0, 2.5])
def test_published_information(a):
    # Lord 1980 (recalled): the information of a 2PL item is largest at its difficulty, where it is a² / 4
    found = item_information(curves(some([a], [0.0])))[0]
    assert found.max() == pytest.approx(a * a / 4, rel=1e-9)
    assert THETA[found.argmax()] == pytest.approx(0.0, abs=1e-12)
    # with guessing: a² (P − c)² (1 − P) / ((1 − c)² P) (Birnbaum 1968, recalled)
    c, d = 0.25, 0.7
    p = c + (1 - c) / (1 + np.exp(-(a * THETA + d)))
    formula = a * a * (p - c) ** 2 * (1 - p) / ((1 - c) ** 2 * p)
    assert item_information(curves(some([a], [d], [c])))[0] == pytest.approx(formula, rel=1e-9)


def likelihood(cells, n, right, theta):
    """Log-likelihood of one subject by sums over fine grids, a program of its own."""
    z = np.linspace(-7, 7, 701)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    total = 0.0
    for k in range(len(n)):
        if not n[k]:
            continue
        inner = 0.0
        for g, w in zip(z[::7], weight[::7] / weight[::7].sum(), strict=True):
            x = cells.slope[k] * theta + cells.intercept[k] + cells.subject_sd * g + cells.item_sd[k] * z
            p = cells.floor[k] + (1 - cells.floor[k]) * float(weight @ (1 / (1 + np.exp(-x))))
            inner += w * p ** right[k] * (1 - p) ** (n[k] - right[k])
        total += log(inner)
    return total


def test_posterior_against_direct_integration():
    cells = some([1.2, 0.8, 2.0], [0.5, -1.0, 0.3], [0.0, 0.25, 0.0], item_sd=0.6, subject_sd=0.9)
    n, right = np.array([4, 3, 5]), np.array([3, 2, 1])
    known = posterior(curves(cells), Answered(n, right))
    grid = np.linspace(-8, 8, 161)
    log_ = np.array([likelihood(cells, n, right, t) - t * t / 8 for t in grid])
    weight = np.exp(log_ - log_.max())
    weight /= weight.sum()
    mean = float(weight @ grid)
    assert known.theta == pytest.approx(mean, abs=1e-4)
    assert known.sd == pytest.approx(sqrt(float(weight @ (grid - mean) ** 2)), abs=1e-4)


def test_without_answers_the_prior_stays():
    made = curves(some([1.0], [0.0]))
    known = posterior(made, Answered(np.zeros(1, int), np.zeros(1, int)))
    assert known.theta == pytest.approx(0.0, abs=1e-9)
    assert known.sd == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("subject_sd", [0.0, 0.7])
def test_what_cells_leave_open_is_the_derivative(subject_sd):
    slope, intercept = np.array([1.2, 0.8, 2.0]), np.array([0.5, -1.0, 0.3])
    rng = np.random.default_rng(3)
    half = rng.normal(0, 0.2, (3, 2, 2))
    covariance = half @ half.transpose(0, 2, 1)
    answered = Answered(np.array([4, 0, 5]), np.array([3, 0, 2]))
    items = [10, 30, 5]

    def at(move):
        moved = some(slope + move[:3], intercept + move[3:], [0, 0.25, 0], 0.5, covariance, subject_sd)
        known = posterior(curves(moved), answered)
        return known, expected_score(curves(moved), known, items)

    known, score = at(np.zeros(6))
    step = 1e-4
    theta, value = np.zeros(6), np.zeros(6)
    for k in range(6):
        move = np.eye(6)[k] * step
        (up, high), (down, low) = at(move), at(-move)
        theta[k], value[k] = (up.theta - down.theta) / 2 / step, (high.value - low.value) / 2 / step
    for gradient, stated in ((theta, known.u_cells), (value, score.u_cells)):
        u2 = sum(gradient[[k, k + 3]] @ covariance[k] @ gradient[[k, k + 3]] for k in range(3))
        assert stated == pytest.approx(sqrt(u2), rel=2e-3)


def test_expected_score_of_a_known_subject():
    # 200 answers pin the ability; of a cell that was not asked, the subject's own part stays open
    cells = some([1.5, 1.0], [0.0, 0.0], subject_sd=0.8)
    made = curves(cells)
    known = posterior(made, Answered(np.array([0, 400]), np.array([0, 200])))
    score = expected_score(made, known, [1, 0])
    g = np.random.default_rng(1).normal(0, 0.8, 400_000)
    theta = np.random.default_rng(2).choice(THETA, 400_000, p=known.weight)
    p = 1 / (1 + np.exp(-(1.5 * theta + g)))
    assert score.value == pytest.approx(p.mean(), abs=1e-3)
    assert score.u == pytest.approx(p.std(), rel=0.01)
    asked = expected_score(made, known, [0, 1])
    assert asked.value == pytest.approx(0.5, abs=2e-3)
    assert asked.u < 0.03  # what was asked 400 times is known whatever the ability is


def test_interval_of_a_mixture():
    ends = interval(np.array([-1.0, 1.0]), np.array([0.5, 0.5]), 0.1, 0.9)
    assert ends[0] == pytest.approx(-1 - 0.1 * 1.2816, abs=1e-3)  # ten per cent of the lower normal
    assert ends[1] == pytest.approx(-ends[0], abs=1e-9)


def test_fit_of_a_person():
    cells = some([1.0] * 20, np.linspace(4, -4, 20))
    made, n = curves(cells), np.full(20, 3)
    fits = np.round(3 / (1 + np.exp(-np.linspace(4, -4, 20)))).astype(int)
    turned = fits[::-1].copy()
    for right, low, high in ((fits, 0.0, 4.0), (turned, -99.0, -5.0)):
        answered = Answered(n, right)
        assert low < person_fit(made, posterior(made, answered), answered) < high
    rng = np.random.default_rng(4)
    found = []
    for _ in range(400):
        right = rng.binomial(3, 1 / (1 + np.exp(-np.linspace(4, -4, 20) - rng.normal() / 2)))
        answered = Answered(n, right)
        found.append(person_fit(made, posterior(made, answered), answered))
    assert np.mean(np.array(found) < -2.33) < 0.03


def test_a_single_answer_by_hand():
    made = curves(some([1.0], [0.0]))
    known = posterior(made, Answered(np.array([1]), np.array([1])))
    weight = np.exp(-(THETA**2) / 8) / (1 + np.exp(-THETA))
    assert known.theta == pytest.approx(float(weight @ THETA / weight.sum()), abs=1e-9)
