"""The two corrections against each other: the variance by jackknife and simulation, alarms, refusals."""

import numpy as np
import pytest

from assay.uncertainty.judging.judge_compatibility import judge_compatibility
from assay.uncertainty.judging.prediction_powered import Judged, Labelled
from assay.vocabulary.errors import BadInput


def verdicts(rng, n, theta, q0, q1):
    y = (rng.random(n) < theta).astype(float)
    return y, np.where(y == 1, rng.random(n) < q1, rng.random(n) >= q0).astype(float)


def drawn(rng, labels, cases, fell=0.0, theta=0.7, q=0.85):
    labelled = Labelled(*verdicts(rng, labels, theta, q - fell, q))
    judged = Judged(verdicts(rng, 2000, theta, q - fell, q)[1])
    return labelled, judged, Labelled(*verdicts(rng, cases, 0.5, q, q)) if cases else None


@pytest.mark.parametrize("cases", [0, 200])
def test_false_alarms_are_as_rare_as_stated(cases):
    rng = np.random.default_rng(21 + cases)
    found = [judge_compatibility(*drawn(rng, 150, cases)) for _ in range(500)]
    assert np.mean([not one.compatible for one in found]) <= 0.05 + 2.5 * (0.05 * 0.95 / 500) ** 0.5
    seen = np.std([one.difference for one in found])
    assert np.mean([one.u for one in found]) == pytest.approx(seen, rel=0.25 if cases == 0 else 0.12)


def test_covariance_of_shared_judged_items_is_accounted_for():
    rng = np.random.default_rng(5)
    found = [judge_compatibility(*drawn(rng, 2000, 2000)) for _ in range(300)]
    rates = np.array([(one.by_rates, one.by_labels) for one in found])
    assert np.mean([one.correlation for one in found]) == pytest.approx(np.corrcoef(rates.T)[0, 1], abs=0.12)
    assert np.mean([one.correlation for one in found]) > 0.2


def test_a_judge_that_changed_is_found_out():
    rng = np.random.default_rng(6)
    assert np.mean([not judge_compatibility(*drawn(rng, 300, 500, fell=0.25)).compatible for _ in range(100)]) > 0.7


def test_on_the_same_cases_only_the_judge_s_means_are_compared():
    labelled, judged, _ = drawn(np.random.default_rng(7), 200, 0)
    found = judge_compatibility(labelled, judged)
    y, f = np.asarray(labelled.y), np.asarray(labelled.f)
    j = f[y == 1].mean() - f[y == 0].mean()
    gap = np.asarray(judged.f).mean() - f.mean()
    weight = (found.by_labels - y.mean()) / gap
    assert found.difference == pytest.approx((1 / j - weight) * gap)
    assert found.same_cases


def test_the_same_items_named_by_their_group_are_the_same_data():
    labelled, judged, _ = drawn(np.random.default_rng(8), 200, 0)
    names = np.arange(200)
    named = labelled._replace(group=names)
    whole = judge_compatibility(named, judged)
    again = judge_compatibility(named, judged, named)
    assert (again.u, again.p) == (pytest.approx(whole.u), pytest.approx(whole.p))
    apart = judge_compatibility(named, judged, labelled._replace(group=names + 1000))
    assert apart.u != pytest.approx(whole.u, rel=0.01)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda y, f: (y, 1 - f), "judge.blind"),
        (lambda y, f: (y * 2, f), "numbers.range"),
        (lambda y, f: (y * 0 + 1, f), "numbers.too_few"),
    ],
)
def test_refusals(change, code):
    labelled, judged, _ = drawn(np.random.default_rng(9), 100, 0)
    with pytest.raises(BadInput) as refused:
        judge_compatibility(Labelled(*change(np.asarray(labelled.y), np.asarray(labelled.f))), judged)
    assert refused.value.code == code
