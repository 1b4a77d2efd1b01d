"""Planning: a published table, closed forms and other implementations, and what simulated measurements then state."""

import json
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower, normal_power

from assay.testing.reference import Design as Reference
from assay.testing.reference import simulate
from assay.uncertainty.comparing.comparison import cells, difference
from assay.uncertainty.comparing.difference import interval
from assay.uncertainty.conformity import against_limit
from assay.uncertainty.planning.cheapest import Goal, Room, Scene, designs, requests, why_not
from assay.uncertainty.planning.pilot import pilot, stands_for
from assay.uncertainty.planning.planning import (
    Limit,
    Stands,
    conservative_u,
    decision,
    decision_of_counts,
    items_for_power,
    paired,
    parts,
    planned_dof,
    planned_u,
    power,
)
from assay.uncertainty.score.components import Sizes
from assay.uncertainty.score.crossed import Design, Rows, mean
from assay.vocabulary.errors import BadInput

VECTORS = json.loads((Path(__file__).parents[2] / "reference/vectors.json").read_text(encoding="utf-8"))


def columns(values):
    """Readings of shape (items, variants, repeats) as rows."""
    item, variant, _ = np.indices(values.shape)
    return Rows(item.ravel(), variant.ravel(), values.ravel())


def layout(reference, groups=None, population=True):
    """The design of a measurement of the reference endpoint."""
    sample = reference.variants_are == "sample"
    return Design(np.ones(reference.n_items), groups, reference.n_variants, population, sample, (0.0, 1.0))


def stated(reference, rng, population=True):
    """One simulated measurement."""
    seen = simulate(reference, rng)
    return mean(columns(seen.values), layout(reference, seen.groups, population))


# published


def test_table_of_miller():
    """Miller 2024 (arXiv 2411.00640), section 5: 969, 3876 and 1260 questions."""
    vector = VECTORS["miller_power"]
    for row in vector["rows"]:
        variance = vector["omega2"] + 2 * row["sigma2_each"] / row["K"]
        n = items_for_power(variance, vector["delta"], 1 - vector["alpha"], vector["power"])
        assert n == row["n"]
        # the same by the search: components of the difference, cheapest number of items for these repeats
        made = parts(items=vector["omega2"], repeats=2 * row["sigma2_each"])
        scene = Scene(made, Stands(largest=None, padding=0.0), Goal("detect", vector["delta"], 0.95, vector["power"]))
        assert scene.items(Room(10_000, False, (1,)), 1, row["K"]) == row["n"]


# closed forms, and other implementations


def test_cheapest_is_the_closed_form():
    """u² = (σ²_i + σ²_r / R) / I: one repeat is cheapest, and more are only taken where items are few."""
    made, goal = parts(items=0.08, repeats=0.12), Goal("u", 0.01)
    scene = Scene(made, Stands(), goal)
    assert designs(scene, Room(10_000, False, (1,)))[0] == Sizes(2000, 1, 1)
    best = designs(scene, Room(1000, False, (1,)))[0]
    assert best == Sizes(1000, 1, 6) and planned_u(made, best, Stands()) == pytest.approx(0.01)
    assert not designs(scene, Room(799, False, (1,)))  # σ_i² / I alone is too much
    short = why_not(scene, Room(799, False, (1,)))
    assert (short.reason, short.needed) == ("items", Sizes(2000, 1, 1))


def test_cheapest_is_found_by_trying_everything():
    made = parts(items=0.05, interaction=0.03, repeats=0.08, variants=0.0016)
    stands = Stands(variants_are_sample=True)
    scene = Scene(made, stands, Goal("u", 0.03))
    best = designs(scene, Room(150, False, tuple(range(2, 7))))[0]
    every = [Sizes(i, v, r) for v in range(2, 7) for r in range(1, 12) for i in range(2, 151)]
    least = min(requests(one) for one in every if planned_u(made, one, stands) <= 0.03)
    assert requests(best) == least


def test_variants_as_a_sample_are_a_floor():
    made = parts(items=0.1, variants=0.0009)
    scene = Scene(made, Stands(variants_are_sample=True), Goal("u", 0.01))
    room = Room(10**6, False, (2, 3, 4))
    assert not designs(scene, room)
    short = why_not(scene, room)
    assert short.reason == "variants" and short.needed.variants == 10  # 0.03 / √V < 0.01 needs more than 9
    fixed = Scene(made, Stands(), Goal("u", 0.01))
    assert designs(fixed, Room(10**6, False, (3,)))[0] == Sizes(1000, 3, 1)


def test_fixed_items_need_repeats_only():
    """u² = (σ²_r ν + range² / 4) / (ν + 1) / (I R): the bound that a measurement puts in is foretold."""
    made, stands = parts(items=0.1, repeats=0.1), Stands(population=False)
    for repeats in (2, 5):
        dof = 50 * (repeats - 1)
        wanted = sqrt((0.1 * dof + 0.25) / (dof + 1) / (50 * repeats))
        assert planned_u(made, Sizes(50, 1, repeats), stands) == pytest.approx(wanted)
    assert planned_u(made, Sizes(50, 1, 1), stands) == pytest.approx(sqrt(0.2 / 50))
    best = designs(Scene(made, stands, Goal("u", 0.02)), Room(50, True, (1,)))
    assert best == [Sizes(50, 1, 6)]
    assert why_not(Scene(made, stands, Goal("u", 1e-6)), Room(50, True, (1,))).reason == "repeats"


def test_clusters_and_weights_are_design_effects():
    made = parts(groups=0.02, items=0.18)
    group = np.arange(200) // 10
    stands = stands_for(np.ones(200), group, Stands())
    assert stands.group_factor == pytest.approx(10) and stands.item_factor == pytest.approx(1)
    rho = 0.1
    wanted = sqrt(0.2 / 400 * (1 + 9 * rho))
    assert planned_u(made, Sizes(400, 1, 1), stands) == pytest.approx(wanted)
    weight = np.repeat([1.0, 3.0], 100)
    kish = 200 * (weight**2).sum() / weight.sum() ** 2
    assert stands_for(weight, None, Stands()).item_factor == pytest.approx(kish)


@pytest.mark.parametrize("dof", [None, 9, 40])
def test_power_is_that_of_statsmodels(dof):
    for effect in (0.2, 1.0, 2.8, 4.0):
        if dof is None:
            theirs = normal_power(effect, 1, 0.05)
        else:
            theirs = TTestPower().power(effect / sqrt(dof + 1), dof + 1, 0.05) - stats.nct.cdf(
                stats.t.ppf(0.025, dof), dof, effect)  # fmt: skip
        assert power(1.0, effect, 0.95, dof) == pytest.approx(theirs, abs=1e-6)


def test_decision_of_counts_is_that_of_the_rule():
    """Every count is put to the rule of ``conformity``; scipy's binomial gives its probability."""
    for p, at, n in ((0.9, 0.8, 60), (0.98, 0.95, 300), (0.6, 0.75, 45), (0.03, 0.1, 80)):
        accepted = 0.0
        for x in range(n + 1):
            rows = Rows(np.arange(n), np.zeros(n, int), (np.arange(n) < x).astype(float))
            spread = mean(rows, Design(np.ones(n), None, 1, True, False, (0.0, 1.0))).spread
            verdict = against_limit(spread, at, 0.05, at_least=True)
            if verdict.outcome == ("conforms" if p > at else "does_not_conform"):
                accepted += stats.binom.pmf(x, n, p)
        found = decision_of_counts(np.array([float(n)]), Limit(p, at, 0.05, (0.0, 1.0)))[0]
        assert found == pytest.approx(accepted, abs=1e-9)
    assert decision_of_counts(np.array([10.0]), Limit(0.99, 0.95, 0.05, (0.0, 1.0)))[0] == 0  # 10 of 10 show 0.74


def test_components_of_two_systems():
    made = paired(parts(items=0.1, variants=0.01, interaction=0.02, repeats=0.05), 0.4)
    assert made.variance.tolist() == pytest.approx([0.0, 0.12, 0.012, 0.024, 0.1])


# what measurements then state


PILOTS = [
    ({"n_items": 300, "n_variants": 2, "n_repeats": 2}, {}),
    ({"n_items": 400, "n_groups": 80, "n_repeats": 2}, {}),
    ({"n_items": 200, "n_variants": 3, "n_repeats": 3}, {"population": False}),
]


@pytest.mark.parametrize(("made", "more"), PILOTS, ids=["crossed", "clusters", "fixed"])
def test_measurements_of_the_planned_design_state_the_planned_u(made, more):
    """Plan for u = 0.01 from a pilot of the reference endpoint; 500 measurements have a median u within 10 %."""
    rng = np.random.default_rng(11)
    population = more.get("population", True)
    before = Reference(score=0.8, **made)
    seen = simulate(before, rng)
    found = pilot(columns(seen.values), seen.groups, (0.0, 1.0))
    stands = stands_for(np.ones(before.n_items), seen.groups, Stands(population=population))
    scene = Scene(found.parts, stands, Goal("u", 0.01))
    room = Room(before.n_items if not population else 100_000, not population, (before.n_variants,))
    best = designs(scene, room)[0]
    groups = round(before.n_groups * best.items / before.n_items)
    after = replace(before, n_items=best.items, n_repeats=best.repeats, n_groups=groups)
    us = [stated(after, rng, population).spread.u for _ in range(500)]
    assert np.median(us) == pytest.approx(scene.u(best), rel=0.1)
    assert scene.u(best) <= 0.01 and scene.u(best) <= scene.u(best, careful=True)


def test_conservative_u_covers_as_often_as_it_says():
    """Pilots of 30 items: the true u of the design lies below the conservative one in 9 of 10."""
    rng, sizes = np.random.default_rng(2), Sizes(500, 1, 1)
    for score in (0.7, 0.9):
        true = sqrt(score * (1 - score) / 500)
        before = Reference(n_items=30, score=score)
        below = 0
        for _ in range(400):
            found = pilot(columns(simulate(before, rng).values), None, (0.0, 1.0))
            below += conservative_u(found.parts, sizes, Stands()) >= true
        assert below / 400 > 0.88
    normal = [
        conservative_u(pilot(columns(rng.normal(size=(30, 1, 1))), None, (None, None)).parts, sizes,
                       Stands(largest=None)) >= sqrt(1 / 500) for _ in range(400)
    ]  # fmt: skip
    assert 0.85 < np.mean(normal) < 0.95


def test_planned_power_is_reached():
    """Two reference endpoints on the same items: the difference is shown as often as planned, within 2 points."""
    rng = np.random.default_rng(5)
    spread, n, delta, runs = 0.45, 400, 0.08, 2000
    hits = 0
    wide = Design(np.ones(n), None, 1, True, False, (0.0, 1.0))
    place, none = np.arange(n), np.zeros(n, int)
    centre = [sqrt(1 + spread**2) * stats.norm.ppf(p) for p in (0.7, 0.7 + delta)]

    def draw(items):
        difficulty = rng.normal(0, spread, items)
        return [(rng.random(items) < stats.norm.cdf(c - difficulty)).astype(float) for c in centre]

    many = draw(400_000)
    planned = power(float(np.std(many[1] - many[0])) / sqrt(n), delta, 0.95)
    for _ in range(runs):
        a, b = (cells(Rows(place, none, value), n, 1) for value in draw(n))
        ends = interval(difference(a, b, wide), 0.95)
        hits += ends[0] > 0
    assert hits / runs == pytest.approx(planned, abs=0.02)
    assert 0.6 < planned < 0.9


DECISIONS = [
    ({"n_items": 300, "score": 0.86}, 0.8),
    ({"n_items": 250, "n_variants": 2, "n_repeats": 2, "score": 0.85}, 0.8),
    ({"n_items": 320, "n_groups": 64, "score": 0.74}, 0.8),
]


@pytest.mark.parametrize(("made", "limit"), DECISIONS, ids=["counts", "crossed", "clusters"])
def test_planned_probability_of_a_decision_is_reached(made, limit):
    """The right decision is taken as often as planned, within 3 points (components from a very large pilot)."""
    rng, after = np.random.default_rng(8), Reference(**made)
    large = simulate(replace(after, n_items=20 * after.n_items, n_groups=20 * after.n_groups), rng)
    found = pilot(columns(large.values), large.groups, (0.0, 1.0))
    stands = stands_for(np.ones(len(large.values)), large.groups, Stands())
    sizes = Sizes(after.n_items, after.n_variants, after.n_repeats)
    asked = Limit(after.score, limit, 0.05, (0.0, 1.0))
    scene = Scene(found.parts, stands, Goal("decide", power=0.8, limits=(asked,), binary=True))
    planned = scene.probability(sizes)
    right = "conforms" if after.score > limit else "does_not_conform"
    runs = 2000
    hits = sum(
        against_limit(stated(after, rng).spread, limit, 0.05, at_least=True).outcome == right for _ in range(runs)
    )
    assert hits / runs == pytest.approx(planned, abs=0.03)
    assert 0.3 < planned < 0.99


def test_decision_of_an_unbounded_quantity_is_noncentral_t():
    asked = Limit(10.0, 9.0, 0.05, (None, None))
    theirs = stats.nct.sf(stats.t.ppf(0.95, 19), 19, 1.0 / 0.4)
    assert decision(0.4, 19, asked) == pytest.approx(theirs)
    assert decision(0.4, None, asked) == pytest.approx(stats.norm.cdf(2.5 - 1.6448536))


def test_counts_never_fall_short_again():
    """The probability saws up and down with whole counts; from the number of items found on, it is always enough."""
    asked = Limit(0.9, 0.8, 0.05, (0.0, 1.0))
    scene = Scene(parts(items=0.09), Stands(), Goal("decide", power=0.8, limits=(asked,), binary=True))
    n = scene.items(Room(1000, False, (1,)), 1, 1)
    after = decision_of_counts(np.arange(n - 1, 1001.0), asked)
    assert after[0] < 0.8 <= after[1:].min()


# pilots


def test_pilot_gives_back_its_own_u():
    """Components put together again for the pilot's own design give the u that the pilot states."""
    rng = np.random.default_rng(3)
    clusters = Reference(90, 18, n_repeats=2, group_sd=1.0)
    for reference in (Reference(80, n_variants=3, n_repeats=2), clusters, Reference(60)):
        seen = simulate(reference, rng)
        rows = columns(seen.values)
        found = pilot(rows, seen.groups, (0.0, 1.0))
        stands = stands_for(np.ones(reference.n_items), seen.groups, Stands())
        own = planned_u(found.parts, Sizes(reference.n_items, reference.n_variants, reference.n_repeats), stands)
        theirs = mean(rows, layout(reference, seen.groups)).spread.u
        assert theirs * 0.999 < own < theirs * (1.1 if seen.groups is not None else 1.02)  # what is below 0 is left out


def test_what_a_pilot_could_not_split_is_said():
    rng = np.random.default_rng(4)
    notes = {(1, 1): ("pilot_one_reading",), (2, 1): ("pilot_one_repeat",), (1, 2): ("pilot_one_variant",), (2, 2): ()}
    for (variants, repeats), wanted in notes.items():
        seen = simulate(Reference(60, n_variants=variants, n_repeats=repeats), rng)
        assert pilot(columns(seen.values), None, (0.0, 1.0)).notes == wanted


def test_pilot_without_scatter():
    rows = Rows(np.arange(20), np.zeros(20, int), np.ones(20))
    found = pilot(rows, None, (0.0, 1.0))
    p = 20.5 / 21
    assert found.parts.variance.sum() == pytest.approx(p * (1 - p)) and found.notes == ("pilot_all_equal",)
    assert conservative_u(found.parts, Sizes(20, 1, 1), Stands()) > planned_u(found.parts, Sizes(20, 1, 1), Stands())
    with pytest.raises(BadInput, match="20"):
        pilot(rows, None, (None, None))
    with pytest.raises(BadInput):
        pilot(rows, np.zeros(20, int), (0.0, 1.0))


def test_lost_readings_of_a_pilot():
    rng = np.random.default_rng(6)
    rows = columns(simulate(Reference(100, n_variants=2, n_repeats=2), rng).values)
    few = Rows(*(column[3:] for column in rows))
    assert pilot(few, None, (0.0, 1.0)).left_out == 1
    many = rng.random(len(rows.item)) < 0.7
    found = pilot(Rows(*(column[many] for column in rows)), None, (0.0, 1.0))
    assert found.left_out == 0 and 0.15 < found.parts.variance.sum() < 0.3


def test_bad_input():
    with pytest.raises(BadInput, match="items"):
        parts(items=-0.1)
    scene = Scene(parts(items=0.09), Stands(), Goal("decide", limits=(Limit(0.8, 0.8, 0.05, (0.0, 1.0)),)))
    room = Room(100, False, (1,))
    assert not designs(scene, room) and why_not(scene, room).reason == "on_limit"
    assert planned_dof(parts(items=0.1), Sizes(40, 1, 1), Stands()) == pytest.approx(39)
