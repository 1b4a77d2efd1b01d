"""What to buy next: the closed form against a search, and against the modules that do the measuring."""


import numpy as np
import pytest

from assay.uncertainty.judging.judged_rate import Share, judged_rate
from assay.uncertainty.judging.labels_plan import Costs, best_share, gain, least_r2, powered_scene, rates_scene, split
from assay.uncertainty.judging.prediction_powered import Judged, Labelled, prediction_powered
from assay.vocabulary.errors import BadInput


@pytest.mark.parametrize("scene", [powered_scene(0.4, 0.7), rates_scene(0.8, 0.97, 0.97, 0.5)])
def test_no_other_split_is_better(scene):
    costs, money = Costs(2.0, 0.05), 500.0
    best = split(scene, costs, money)
    price = costs.label + (costs.reading if scene.read_too else 0)
    assert best.labels * price + best.readings * costs.reading == pytest.approx(money)
    labels = np.linspace(1, money / price - 1, 4000)
    readings = (money - labels * price) / costs.reading
    u = np.sqrt(scene.per_label / labels + scene.per_reading / readings)
    assert best.u == pytest.approx(u.min(), rel=1e-5)
    at_best = gain(scene, costs, best.labels, best.readings)
    assert at_best.by_labels == pytest.approx(at_best.by_readings)


def test_gain_is_the_fall_of_the_variance():
    scene, costs = powered_scene(1.0, 0.6), Costs(1.0, 0.01)
    now, then = gain(scene, costs, 200, 5000), gain(scene, costs, 200.001, 5000)
    assert (now.u**2 - then.u**2) / 0.001 == pytest.approx(now.by_labels, rel=1e-3)
    then = gain(scene, costs, 200, 5000.1)
    assert (now.u**2 - then.u**2) / 0.001 == pytest.approx(now.by_readings, rel=1e-3)
    assert gain(scene, costs, 200, 1e12).u == pytest.approx(now.floor)


def test_rates_scene_is_what_the_measurement_states():
    scene = rates_scene(0.8, 0.85, 0.9, 0.4)
    p = 0.8 * 0.9 + 0.2 * 0.15
    found = judged_rate(Share(p, 2000), Share(0.85, 180), Share(0.9, 120))
    assert gain(scene, Costs(1.0, 1.0), 300, 2000).u == pytest.approx(found.u)


def test_powered_scene_is_what_the_measurement_states():
    rng = np.random.default_rng(1)
    f = rng.normal(size=2000)
    y = 0.8**0.5 * f + 0.2**0.5 * rng.normal(size=2000)
    found = prediction_powered(Labelled(y, f), Judged(rng.normal(size=8000)))
    assert gain(powered_scene(1.0, 0.8), Costs(1.0, 1.0), 2000, 10_000).u == pytest.approx(found.spread.u, rel=0.05)


def test_when_a_judge_is_useless():
    for price in (0.01, 0.1, 0.5):
        costs = Costs(1.0, price)
        edge = least_r2(costs)
        assert not split(powered_scene(1.0, edge - 0.005), costs, 100.0).useful
        assert split(powered_scene(1.0, edge + 0.005), costs, 100.0).useful
    assert not split(powered_scene(1.0, 0.99), Costs(1.0, 2.0), 100.0).useful
    alone = split(powered_scene(1.0, 0.0), Costs(1.0, 0.01), 100.0)
    assert (alone.labels, alone.readings, alone.u) == (100.0, 0.0, 0.1)
    # The error rates of a judge that is right in 85 to 90 % cost more to learn than the rate itself by hand.
    assert not split(rates_scene(0.8, 0.85, 0.9, 0.5), Costs(1.0, 0.01), 100.0).useful


def test_best_share_of_right_cases():
    shares = np.linspace(0.01, 0.99, 981)
    u = [rates_scene(0.7, 0.9, 0.8, float(share)).per_label for share in shares]
    assert shares[int(np.argmin(u))] == pytest.approx(best_share(0.7, 0.9, 0.8), abs=0.002)
    assert best_share(0.5, 1.0, 1.0) == 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: powered_scene(0.0, 0.5),
        lambda: powered_scene(1.0, 1.0),
        lambda: rates_scene(0.8, 0.4, 0.5, 0.5),
        lambda: rates_scene(1.0, 0.9, 0.9, 0.5),
        lambda: split(powered_scene(1.0, 0.5), Costs(0.0, 1.0), 10.0),
        lambda: split(powered_scene(1.0, 0.5), Costs(1.0, 1.0), 0.0),
        lambda: gain(powered_scene(1.0, 0.5), Costs(1.0, 1.0), 0, 10),
    ],
)
def test_refusals(wrong):
    with pytest.raises(BadInput) as refused:
        wrong()
    assert refused.value.code == "numbers.range"
