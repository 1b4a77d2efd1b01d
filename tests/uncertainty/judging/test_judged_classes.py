"""Class proportions by a confusion matrix: two classes, the inverse matrix, least squares, coverage, refusals."""


import numpy as np
import pytest

from assay.uncertainty.judging import judged_rate as two
from assay.uncertainty.judging.judged_classes import Confusion, interval, judged_classes, tail
from assay.vocabulary.errors import BadInput

FAIR = [[160, 20, 20], [20, 170, 10], [20, 40, 140]]


def test_two_classes_are_the_rate():
    found = judged_classes(Confusion([[140, 60], [20, 180]], [600, 400]))
    rate = two.judged_rate(two.Share(0.4, 1000), two.Share(0.7, 200), two.Share(0.9, 200))
    assert found.value[1] == pytest.approx(rate.value)
    assert found.covariance[1, 1] ** 0.5 == pytest.approx(rate.u)
    parts = [found.judged[1, 1], found.calibration[0, 1, 1], found.calibration[1, 1, 1]]
    assert np.sqrt(parts) == pytest.approx([abs(row.contribution) for row in rate.rows])
    assert found.discerning == pytest.approx(0.6)
    assert interval(found, 1) == pytest.approx(two.interval(rate), abs=0.005)
    assert tail(found, 1, 0.05, above=True) == pytest.approx(two.tail(rate, 0.05, above=True), abs=0.01)


def test_as_many_answers_as_classes_is_the_inverse_matrix():
    judged = np.array([500.0, 300.0, 200.0])
    q = np.array(FAIR) / 200
    found = judged_classes(Confusion(FAIR, judged))
    assert found.value == pytest.approx(np.linalg.solve(q.T, judged / 1000))
    assert found.covariance.sum(axis=1) == pytest.approx(np.zeros(3), abs=1e-12)


def test_covariance_is_that_of_simulated_estimates():
    rng = np.random.default_rng(3)
    q = np.array([[0.75, 0.1, 0.05, 0.1], [0.1, 0.7, 0.1, 0.1], [0.05, 0.1, 0.6, 0.25]])
    pi = np.array([0.5, 0.3, 0.2])
    counts = [np.stack([rng.multinomial(300, row) for row in q]) for _ in range(600)]
    found = [judged_classes(Confusion(one, rng.multinomial(2000, pi @ q))) for one in counts]
    raw = np.array([one.raw for one in found])
    assert raw.mean(axis=0) == pytest.approx(pi, abs=0.01)
    stated = np.mean([np.diag(one.covariance) for one in found], axis=0)
    assert raw.var(axis=0) == pytest.approx(stated, rel=0.2)


def test_none_below_zero():
    found = judged_classes(Confusion(FAIR, [800, 100, 20]))
    assert found.raw.min() < 0
    assert found.value.min() == 0 and found.value.sum() == pytest.approx(1)
    rare = int(found.raw.argmin())
    got = interval(found, rare)
    assert got is None or (got[0] == 0 and got[1] > 0)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_coverage_with_rare_confusions(k):
    rng, hits = np.random.default_rng(5), 0
    q, pi = np.array([[0.95, 0.04, 0.01], [0.01, 0.97, 0.02], [0.02, 0.03, 0.95]]), np.array([0.8, 0.15, 0.05])
    for _ in range(250):
        counts = np.stack([rng.multinomial(50, row) for row in q])
        found = judged_classes(Confusion(counts, rng.multinomial(10_000, pi @ q)))
        hits += min(tail(found, k, float(pi[k]), above=side) for side in (True, False)) >= 0.025
    assert hits / 250 >= 0.91


def test_clusters_widen():
    one, other = (judged_classes(Confusion(FAIR, [500, 300, 200], n)) for n in (None, 100))
    assert other.covariance[0, 0] > 2 * one.covariance[0, 0]


@pytest.mark.parametrize(
    ("calibration", "judged", "code"),
    [
        ([[50, 50], [45, 55]], [60, 40], "judge.blind_classes"),
        ([[90, 5, 5], [5, 50, 45], [5, 48, 47]], [60, 20, 20], "judge.blind_classes"),
        ([[90, 10], [5, 50], [0, 40]], [60, 40], "numbers.too_few"),
        ([[90, 10], [0, 0]], [60, 40], "numbers.too_few"),
        ([[90, 10], [5, 95]], [60, 30, 10], "numbers.range"),
        ([[90, -1], [5, 95]], [60, 40], "numbers.range"),
        ([[90, float("nan")], [5, 95]], [60, 40], "numbers.not_finite"),
    ],
)
def test_refusals(calibration, judged, code):
    with pytest.raises(BadInput) as refused:
        judged_classes(Confusion(calibration, judged))
    assert refused.value.code == code
