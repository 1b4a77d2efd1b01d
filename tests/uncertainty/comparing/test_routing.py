"""Routing policies: the line of chance, thresholds, and the coverage of the gain's interval."""

from typing import Any

import numpy as np
import pytest

from assay.uncertainty.comparing.routing import Cut, Sides, chosen, gain_of, halves, judged
from assay.uncertainty.resample import Plan
from assay.vocabulary.errors import BadInput

QUICK = Plan(draws=400, method="t")


def simulated(rng: np.random.Generator, n: int, useful: bool = True) -> tuple[Sides, Any]:
    """Items of many difficulties; the edge knows something of whether it is right, or nothing."""
    hard = rng.normal(size=n)
    noise = rng.normal(size=n)
    confidence = 1 / (1 + np.exp(1.5 * hard + 0.7 * noise)) if useful else 1 / (1 + np.exp(noise))
    first = (rng.random(n) < 1 / (1 + np.exp(2 * hard))).astype(float)
    second = (rng.random(n) < 1 / (1 + np.exp(2 * hard - 2))).astype(float)
    costs = rng.gamma(4, 0.025, n), rng.gamma(4, 0.25, n)
    return Sides(np.arange(n), first, costs[0], second, costs[1], np.ones(n)), confidence


def test_chance_gains_nothing_and_knowing_gains_what_it_says() -> None:
    first, second = np.array([1.0, 1.0, 0.0, 0.0]), np.ones(4)
    sides = Sides(np.arange(4), first, np.ones(4), second, np.full(4, 3.0), np.ones(4))
    knows = first == 0
    assert gain_of(sides, knows, cascade=False) == pytest.approx(1.0 - 0.75)  # half sent on: chance has 0.75
    assert gain_of(sides, np.array([True, False, True, False]), cascade=False) == pytest.approx(0.0)
    assert gain_of(sides, knows, cascade=True) == pytest.approx(1.0 - 0.875)  # costs 1 + 3/2: chance sends 3/4
    assert gain_of(sides, np.ones(4, bool), cascade=True) == pytest.approx(0.0)  # no dearer than the second alone


def test_the_gain_against_a_lottery() -> None:
    """An independent computation of chance: requests really sent on by lot, at the policy's mean cost."""
    rng = np.random.default_rng(2)
    sides, confidence = simulated(rng, 400)
    sent = Cut(0.3, True).sent(confidence)
    cost = float(np.where(sent, sides.cost + sides.other_cost, sides.cost).mean())
    share = (cost - sides.cost.mean()) / (sides.other_cost.mean() - sides.cost.mean())
    lots = [np.where(rng.random(400) < share, sides.other_quality, sides.quality).mean() for _ in range(20_000)]
    quality = np.where(sent, sides.other_quality, sides.quality).mean()
    assert gain_of(sides, sent, cascade=True) == pytest.approx(quality - np.mean(lots), abs=0.001)


def test_coverage_of_the_gain() -> None:
    """Nominal 95 % over 200 simulated runs of 100 items; the truth from two million items."""
    sides, confidence = simulated(np.random.default_rng(0), 2_000_000)
    cut = Cut(0.4, True)
    truth = gain_of(sides, cut.sent(confidence), cascade=True)
    rng, covered = np.random.default_rng(1), 0
    for _ in range(200):
        sides, confidence = simulated(rng, 100)
        found = judged(sides, cut.sent(confidence), np.arange(100), QUICK, cascade=True).gain
        assert found is not None and found.low is not None and found.high is not None
        covered += found.low <= truth <= found.high
    assert 178 <= covered <= 199


def test_a_threshold_on_noise_is_not_shown_to_be_better() -> None:
    """Chosen on one half it looks good there; judged on the other it is shown to be better in few of 100 runs."""
    rng, flattered, shown = np.random.default_rng(7), 0, 0
    for seed in range(100):
        sides, noise = simulated(rng, 200, useful=False)
        first = halves(200, seed)
        parts = [Sides(np.arange(100), *(column[rows] for column in sides[1:])) for rows in (first, ~first)]
        cut = chosen(parts[0], noise[first])
        if cut is None:
            continue
        flattered += gain_of(parts[0], cut.sent(noise[first]), cascade=True) > 0.01
        found = judged(parts[1], cut.sent(noise[~first]), np.arange(100), QUICK, cascade=True).gain
        shown += found is not None and found.low is not None and found.low > 0
    assert flattered > 50 and shown <= 8  # 2.5 expected


def test_clusters_widen_and_what_has_no_scatter_has_no_interval() -> None:
    rng = np.random.default_rng(3)
    sides, confidence = simulated(rng, 30)
    many = Sides(np.arange(300), *(np.repeat(column, 10) for column in sides[1:]))
    sent = Cut(0.4, True).sent(np.repeat(confidence, 10))
    alone = judged(many, sent, np.arange(300), QUICK, cascade=True).quality
    grouped = judged(many, sent, np.repeat(np.arange(30), 10), QUICK, cascade=True).quality
    assert None not in (alone.low, alone.high, grouped.low, grouped.high)
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)  # type: ignore[operator]
    equal = sides._replace(quality=np.ones(30), other_quality=np.ones(30))
    found = judged(equal, Cut(0.4, True).sent(confidence), np.arange(30), QUICK, cascade=True)
    assert found.quality == (1.0, None, None)
    same = judged(sides._replace(other_cost=sides.cost), sent[:30], np.arange(30), QUICK, cascade=False)
    assert same.gain is None


def test_refusals() -> None:
    sides, confidence = simulated(np.random.default_rng(0), 20)
    with pytest.raises(BadInput):
        gain_of(sides._replace(quality=np.full(20, np.nan)), confidence < 0.5, cascade=True)
    with pytest.raises(BadInput):
        gain_of(sides._replace(share=np.zeros(20)), confidence < 0.5, cascade=True)
    with pytest.raises(BadInput):
        halves(3, 0)
    assert chosen(sides, np.ones(20)) is None
    assert Cut(0.5, True).sent(np.array([np.nan, 0.4, 0.6])).tolist() == [True, True, False]
