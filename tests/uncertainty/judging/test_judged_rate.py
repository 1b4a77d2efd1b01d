"""Rates corrected for a judge's errors: published numbers, the general propagation, exact properties, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from assay.uncertainty.judging.judged_rate import (
    Counted,
    LabelError,
    Share,
    bound,
    ends,
    interval,
    judged_rate,
    restricted,
    statistics,
    table,
    tail,
    with_lost,
)
from assay.uncertainty.proportion import wilson
from assay.vocabulary.errors import BadInput

VECTOR = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())["judge_rg"]


def published():
    return judged_rate(
        Share(VECTOR["p"], VECTOR["n"]), Share(VECTOR["q0"], VECTOR["m0"]), Share(VECTOR["q1"], VECTOR["m1"])
    )


def test_published_budget():
    found, expect = published(), VECTOR["expect"]
    assert found.value == found.raw == pytest.approx(expect["theta"], abs=1e-9)
    assert [abs(row.contribution) for row in found.rows] == pytest.approx(expect["u"], abs=1e-9)
    assert found.u == pytest.approx(expect["uc"], abs=1e-9)
    # Their interval is an adjusted delta method; ours lies within a hundredth of it.
    assert interval(found) == pytest.approx(expect["ci95_lee"], abs=0.01)


def test_budget_against_gtc():
    gtc = pytest.importorskip("GTC")
    p, q0, q1, e0, e1 = (gtc.ureal(x, u) for x, u in ((0.4, 0.02), (0.8, 0.03), (0.9, 0.01), (0.05, 0.01), (0.1, 0.02)))
    labelled = (p + q0 - 1) / (q0 + q1 - 1)
    theirs = (labelled - e0) / (1 - e0 - e1)
    shares = [Share(x, x * (1 - x) / u**2) for x, u in ((0.4, 0.02), (0.8, 0.03), (0.9, 0.01))]
    ours = judged_rate(*shares, error=LabelError(0.05, 0.1, 0.01, 0.02))
    assert ours.value == pytest.approx(theirs.x)
    assert ours.u == pytest.approx(theirs.u)
    signed = [gtc.rp.u_component(theirs, x) for x in (p, q0, q1, e0, e1)]
    assert [row.contribution for row in ours.rows] == pytest.approx(signed)


def test_restricted_proportions_are_the_most_likely():
    """Against a search over a grid of q0 and q1."""
    seen = Counted(*(np.asarray(x) for x in (0.5, 40.0, 0.9, 20.0, 0.95, 20.0)))
    theta = 0.3

    def likelihood(p, q0, q1):
        rows = ((seen.p, seen.n, p), (seen.q0, seen.m0, q0), (seen.q1, seen.m1, q1))
        return sum(n * (x * np.log(y) + (1 - x) * np.log(1 - y)) for x, n, y in rows)

    q0, q1 = np.meshgrid(np.linspace(0.5, 0.999, 600), np.linspace(0.5, 0.999, 600))
    grid = likelihood(theta * q1 + (1 - theta) * (1 - q0), q0, q1)
    ours = restricted(np.asarray(theta), seen)
    assert float(ours[0]) == pytest.approx(float(theta * ours[2] + (1 - theta) * (1 - ours[1])), abs=1e-10)
    assert float(likelihood(*ours)) >= grid.max() - 1e-9
    assert float(likelihood(*ours)) == pytest.approx(grid.max(), abs=1e-3)


def test_a_perfect_judge_with_endless_calibration_gives_wilson():
    found = judged_rate(Share(0.3, 50), Share(1.0, 1e9), Share(1.0, 1e9))
    assert interval(found) == pytest.approx(wilson(0.3, 50, 1.959964), abs=1e-4)


def test_right_and_wrong_may_change_names():
    one = interval(judged_rate(Share(0.4, 300), Share(0.8, 60), Share(0.95, 90)))
    other = interval(judged_rate(Share(0.6, 300), Share(0.95, 90), Share(0.8, 60)))
    assert other == pytest.approx((1 - one[1], 1 - one[0]), abs=1e-9)


@pytest.mark.parametrize("p", [0.0, 0.02, 0.1, 0.5, 0.95, 1.0])
@pytest.mark.parametrize(("q0", "m0"), [(1.0, 20), (0.9, 50), (0.7, 200)])
def test_within_bounds_and_never_of_zero_width(p, q0, m0):
    found = judged_rate(Share(p, 200), Share(q0, m0), Share(0.95, 40))
    got = interval(found)
    assert found.u > 0 and 0 <= found.value <= 1
    if got is not None:
        assert 0 <= got[0] <= found.value <= got[1] <= 1
        assert got[1] - got[0] > 0.005


def test_a_share_that_no_rate_can_give():
    found = judged_rate(Share(0.1, 1000), Share(0.7, 200), Share(0.9, 200))
    assert found.value == 0 and found.raw < 0
    assert interval(found) is None
    assert found.reach == pytest.approx((0.3, 0.9))
    assert tail(found, 0.0, above=False) < 1e-6  # not even a rate of 0 gives so few


def test_bounds_and_tails_agree():
    found = published()
    for risk in (0.01, 0.05, 0.2):
        for below in (True, False):
            edge = bound(found, risk, below=below)
            assert tail(found, edge, above=below) == pytest.approx(risk, abs=1e-6)
    assert tail(found, 0.05, above=True) < tail(found, 0.1, above=True) < tail(found, 0.3, above=True)
    assert [row.low for row in table(found)] == sorted(row.low for row in table(found))
    ours = interval(found)
    assert bound(found, 0.025, below=True) <= ours[0] + 1e-6
    assert bound(found, 0.025, below=False) >= ours[1] - 1e-6


def test_few_degrees_of_freedom_widen():
    few = interval(judged_rate(Share(0.5, 100, dof=4), Share(0.9, 500), Share(0.9, 500)))
    many = interval(judged_rate(Share(0.5, 100), Share(0.9, 500), Share(0.9, 500)))
    assert few[1] - few[0] > 1.2 * (many[1] - many[0])


def test_label_error_moves_the_interval_with_the_rate():
    plain = published()
    stage = judged_rate(Share(0.4, 1000), Share(0.7, 200), Share(0.9, 200), LabelError(0.02, 0.1))
    assert stage.value == pytest.approx((plain.value - 0.02) / 0.88)
    assert interval(stage) == pytest.approx([(end - 0.02) / 0.88 for end in interval(plain)], abs=1e-9)
    unsure = judged_rate(Share(0.4, 1000), Share(0.7, 200), Share(0.9, 200), LabelError(0.02, 0.1, 0.02, 0.02))
    assert interval(unsure)[1] > interval(stage)[1]
    assert len(unsure.rows) == 5


def test_label_error_is_undone():
    """Labels that are wrong on 5 % and 10 %, of calibration cases like the judged items; the judge errs on its own."""
    rng, hits = np.random.default_rng(11), 0
    theta, q0, q1, e0, e1 = 0.6, 0.85, 0.9, 0.05, 0.1
    for _ in range(300):
        truth = rng.random(600) < theta
        label = np.where(truth, rng.random(600) >= e1, rng.random(600) < e0)
        verdict = np.where(truth, rng.random(600) < q1, rng.random(600) >= q0)
        p = rng.binomial(2000, theta * q1 + (1 - theta) * (1 - q0)) / 2000
        sides = [verdict[label == side] == side for side in (0, 1)]
        q = [Share(float(right.mean()), len(right)) for right in sides]
        found = judged_rate(Share(p, 2000), *q, error=LabelError(e0, e1))
        hits += abs(statistics(np.asarray(e0 + theta * (1 - e0 - e1)), found.counted)[0]) <= 1.96
    assert 0.92 <= hits / 300 <= 0.98


def test_ends_of_many_at_once():
    seen = Counted(*(np.array(x, float) for x in ([0.4, 0.3], [1000, 50], [0.7, 1], [200, 30], [0.9, 0.8], [200, 30])))
    low, high = ends(seen, 1.959963984540054)
    assert (low[0], high[0]) == pytest.approx(interval(published()), abs=1e-9)
    assert low[1] < 0.375 < high[1]
    assert np.abs(statistics(low, seen)[0]) == pytest.approx([1.959964, 1.959964], abs=1e-5)


def test_what_was_lost_may_be_anything():
    assert with_lost((0.4, 0.5), Share(0.0, 1000)) == (0.4, 0.5)
    low, high = with_lost((0.4, 0.5), Share(0.1, 1000))
    assert low < 0.4 * 0.9 and high > 0.5 * 0.9 + 0.1


@pytest.mark.parametrize(
    ("p", "q0", "q1", "error", "code"),
    [
        (Share(0.4, 100), Share(0.5, 100), Share(0.6, 100), None, "judge.blind"),
        (Share(0.4, 100), Share(0.7, 8), Share(0.6, 8), None, "judge.blind"),  # 0.3, but not surely above 0
        (Share(1.4, 100), Share(0.9, 100), Share(0.9, 100), None, "numbers.range"),
        (Share(0.4, 0), Share(0.9, 100), Share(0.9, 100), None, "numbers.range"),
        (Share(0.4, 100), Share(0.9, 100), Share(0.9, 100), LabelError(0.5, 0.4), "numbers.range"),
        (Share(0.4, 100), Share(0.9, 100), Share(0.9, 100), LabelError(-0.1, 0.0), "numbers.range"),
    ],
)
def test_refusals(p, q0, q1, error, code):
    with pytest.raises(BadInput) as refused:
        judged_rate(p, q0, q1, error)
    assert refused.value.code == code
