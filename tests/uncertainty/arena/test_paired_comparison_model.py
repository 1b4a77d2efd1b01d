"""Bradley-Terry and Davidson: the published baseball fit, statsmodels, scipy, coverage, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

from assay.testing.arena import STRENGTHS, judged
from assay.uncertainty.arena.paired_comparison_model import Comparisons, bootstrap_strengths, bradley_terry, not_lost
from assay.uncertainty.resample import Plan
from assay.vocabulary.errors import BadInput

BASEBALL = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())["baseball"]
TEAMS = ["Mil", "Det", "Tor", "NY", "Bos", "Cle", "Bal"]
CITIES = ["Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore"]


def baseball():
    rows = [
        (TEAMS.index(home), TEAMS.index(away), outcome, times)
        for home, away, won, lost in BASEBALL["games"]["rows"]
        for outcome, times in ((1.0, won), (0.0, lost))
    ]
    first, second, outcome, times = (np.array(column) for column in zip(*rows, strict=True))
    return Comparisons(first, second, outcome, times=times)


def simulated(rng, n, strength, order=0.0, tie=0.0):
    systems = len(strength)
    first = rng.integers(0, systems, n)
    second = (first + rng.integers(1, systems, n)) % systems
    gap = strength[first] - strength[second] + order
    won, lost = np.exp(gap / 2), np.exp(-gap / 2)
    u = rng.random(n) * (won + lost + tie)
    return Comparisons(first, second, np.where(u < won, 1.0, np.where(u < won + lost, 0.0, 0.5)))


def test_published_baseball():
    plain = bradley_terry(baseball())
    for place, city in enumerate(CITIES[:-1]):
        value, u, _ = plain.difference(place, 6)
        assert (value, u) == (pytest.approx(BASEBALL["no_order"][city][0], abs=5e-5),
                              pytest.approx(BASEBALL["no_order"][city][1], abs=5e-5))  # fmt: skip
    home = bradley_terry(baseball(), order=True)
    assert home.order == pytest.approx(BASEBALL["home_effect"], abs=5e-5)
    assert plain.order is None and plain.tie is None
    assert plain.strength.sum() == pytest.approx(0, abs=1e-12)
    assert np.abs(plain.covariance.sum(axis=0)).max() < 1e-12


def test_counts_are_rows():
    data = baseball()
    times = np.asarray(data.times)
    spread = Comparisons(*(np.repeat(column, times) for column in data[:3]))
    one, other = bradley_terry(data), bradley_terry(spread)
    assert one.strength == pytest.approx(other.strength)
    assert one.log_likelihood == pytest.approx(other.log_likelihood)


@pytest.mark.parametrize("order", [False, True])
def test_against_the_logistic_regression_of_statsmodels(order):
    rng = np.random.default_rng(1)
    data = simulated(rng, 800, np.array([0.0, 0.5, 1.0, -0.4, 0.2]), 0.3)
    group = rng.integers(0, 60, 800)
    design = np.zeros((800, 5))
    design[np.arange(800), data.first], design[np.arange(800), data.second] = 1, -1
    design = design[:, :4]  # the last one is 0
    design = np.hstack([design, np.ones((800, 1))]) if order else design
    fit = sm.Logit(data.outcome, design).fit(disp=0, tol=1e-12)
    ours = bradley_terry(data, order=order)
    for place in range(4):
        value, u, _ = ours.difference(place, 4)
        assert (value, u) == (pytest.approx(fit.params[place], abs=1e-6), pytest.approx(fit.bse[place], rel=1e-5))
    assert ours.log_likelihood == pytest.approx(fit.llf)
    robust = sm.Logit(data.outcome, design).fit(
        disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
    )
    clustered = bradley_terry(data._replace(group=group), order=order)
    for place in range(4):
        _, u, _ = clustered.difference(place, 4)
        assert u == pytest.approx(robust.bse[place] * np.sqrt(60 / 59), rel=1e-5)
    if order:
        assert clustered.order[1] == pytest.approx(robust.bse[4] * np.sqrt(60 / 59), rel=1e-5)


def test_ties_against_a_general_optimiser():
    optimize = pytest.importorskip("scipy.optimize")
    data = simulated(np.random.default_rng(2), 600, np.array([0.0, 0.8, -0.5, 0.3]), 0.4, 0.6)

    def minus(theta):
        strength = np.append(theta[:3], 0.0)
        half = (strength[data.first] - strength[data.second] + theta[3]) / 2
        logs = np.stack([half, -half, np.full(600, theta[4])])
        chosen = np.where(data.outcome == 1, 0, np.where(data.outcome == 0, 1, 2))
        return float((np.logaddexp.reduce(logs) - logs[chosen, np.arange(600)]).sum())

    best = optimize.minimize(minus, np.zeros(5), method="BFGS", options={"gtol": 1e-7})
    ours = bradley_terry(data, order=True)
    assert [ours.difference(k, 3)[0] for k in range(3)] == pytest.approx(best.x[:3], abs=1e-4)
    assert (ours.order[0], ours.tie[0]) == (pytest.approx(best.x[3], abs=1e-4), pytest.approx(best.x[4], abs=1e-4))
    assert ours.log_likelihood == pytest.approx(-best.fun)
    step = 1e-3 * np.eye(5)
    hessian = np.array([
        [(minus(best.x + a + b) - minus(best.x + a - b) - minus(best.x - a + b) + minus(best.x - a - b)) / 4e-6
         for b in step] for a in step
    ])  # fmt: skip
    u = np.sqrt(np.diag(np.linalg.inv(hessian)))
    assert [ours.difference(k, 3)[1] for k in range(3)] == pytest.approx(u[:3], rel=1e-3)
    assert (ours.order[1], ours.tie[1]) == (pytest.approx(u[3], rel=1e-3), pytest.approx(u[4], rel=1e-3))
    alone = bradley_terry(data._replace(group=np.arange(600)), order=True)
    assert alone.tie[1] == pytest.approx(ours.tie[1], rel=0.15)


def test_names_and_order_of_rows_do_not_matter():
    data = simulated(np.random.default_rng(3), 500, np.array([0.0, 0.8, -0.5]), 0.0, 0.5)
    turned = Comparisons(2 - data.second, 2 - data.first, 1 - data.outcome)
    one, other = bradley_terry(data), bradley_terry(turned)
    assert one.strength == pytest.approx(other.strength[::-1])
    assert one.covariance == pytest.approx(other.covariance[::-1, ::-1])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (Comparisons([0, 1, 2, 3], [1, 0, 3, 2], [1, 1, 1, 1]), "comparison.disconnected"),
        (Comparisons([0, 0, 1, 2], [1, 2, 2, 1], [1, 1, 1, 1]), "comparison.separated"),
        (Comparisons([0, 1], [0, 0], [1, 0]), "comparison.itself"),
        (Comparisons([0, 1], [1, 0], [1, 0.3]), "numbers.range"),
        (Comparisons([0, -1], [1, 0], [1, 1]), "numbers.range"),
        (Comparisons([0, 1], [1, 0], [1]), "numbers.length"),
        (Comparisons([], [], []), "numbers.too_few"),
        (Comparisons([0, 1], [1, 0], [1, 1], [5, 5]), "numbers.too_few"),
        (Comparisons([0, 1], [1, 0], [1, 1], [5, 6], [1, 2]), "comparison.times_and_groups"),
    ],
)
def test_refusals(data, code):
    with pytest.raises(BadInput) as refused:
        bradley_terry(data)
    assert refused.value.code == code
    assert "{" not in refused.value.message("zh")


def test_a_system_without_any_comparison_and_an_order_that_never_changed():
    with pytest.raises(BadInput, match="never compared"):
        bradley_terry(simulated(np.random.default_rng(4), 50, np.zeros(2)), n_systems=3)
    with pytest.raises(BadInput, match="undetermined"):
        bradley_terry(Comparisons([0] * 10, [1] * 10, [1] * 6 + [0] * 4), order=True)


def test_clusters_that_agree_show_no_scatter():
    rows = Comparisons([0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 1])
    with pytest.raises(BadInput, match="no scatter"):
        bradley_terry(rows)


def test_ties_alone_are_no_reason_to_refuse():
    found = bradley_terry(Comparisons([0, 1, 0, 1], [1, 0, 1, 0], [0.5, 0.5, 1, 1]))
    assert found.strength == pytest.approx([0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize(("tie", "clusters"), [(0.0, False), (0.5, False), (0.0, True)])
def test_coverage(tie, clusters):
    rng = np.random.default_rng(5)
    strength = np.linspace(-1, 1, 6)
    covered = 0
    for _ in range(300):
        data = simulated(rng, 400, strength, 0.3, tie)
        data = data._replace(group=np.arange(400) // 5) if clusters else data
        low, high = bradley_terry(data, order=True).difference(5, 0)[2]
        covered += low <= 2.0 <= high
    assert covered >= 0.91 * 300


@pytest.mark.parametrize("order", [False, True])
def test_covariates_against_the_logistic_regression_of_statsmodels(order):
    rng = np.random.default_rng(11)
    data = simulated(rng, 800, np.array([0.0, 0.5, 1.0, -0.4]), 0.3)
    z = np.stack([rng.normal(40, 300, 800), rng.normal(0, 0.01, 800)], axis=1)  # units far apart
    group = rng.integers(0, 60, 800)
    design = np.zeros((800, 4))
    design[np.arange(800), data.first], design[np.arange(800), data.second] = 1, -1
    scale = np.array([300.0, 0.01])
    design = np.hstack([design[:, :3], z / scale, np.ones((800, int(order)))])
    fit = sm.Logit(data.outcome, design).fit(disp=0, tol=1e-12)
    ours = bradley_terry(data._replace(covariates=z), order=order)
    assert [value * s for (value, _), s in zip(ours.covariates, scale, strict=True)] == pytest.approx(fit.params[3:5])
    assert [u * s for (_, u), s in zip(ours.covariates, scale, strict=True)] == pytest.approx(fit.bse[3:5], rel=1e-5)
    assert ours.difference(1, 3)[:2] == (pytest.approx(fit.params[1]), pytest.approx(fit.bse[1], rel=1e-5))
    robust = sm.Logit(data.outcome, design).fit(
        disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": group, "use_correction": False}
    )
    clustered = bradley_terry(data._replace(covariates=z, group=group), order=order)
    assert clustered.covariates[0][1] * 300 == pytest.approx(robust.bse[3] * np.sqrt(60 / 59), rel=1e-5)
    assert clustered.difference(1, 3)[1] == pytest.approx(robust.bse[1] * np.sqrt(60 / 59), rel=1e-5)


def test_a_covariate_of_no_effect_and_ties_beside_it():
    data = simulated(np.random.default_rng(12), 900, np.array([0.0, 0.6, -0.5]), 0.2, 0.6)
    plain = bradley_terry(data, order=True)
    zero = bradley_terry(data._replace(covariates=np.random.default_rng(13).standard_normal(900)), order=True)
    assert abs(zero.covariates[0][0]) < 3 * zero.covariates[0][1]
    assert zero.strength == pytest.approx(plain.strength, abs=0.05)
    assert zero.tie[0] == pytest.approx(plain.tie[0], abs=0.02)


@pytest.mark.parametrize(
    ("z", "order", "code"),
    [
        (np.zeros(300), False, "model.not_converged"),
        (np.ones(300), True, "model.not_converged"),
        (np.full(300, np.nan), False, "numbers.not_finite"),
        (np.ones(299), False, "numbers.length"),
    ],
)
def test_covariates_that_say_nothing_are_refused(z, order, code):
    data = simulated(np.random.default_rng(14), 300, np.zeros(3))
    with pytest.raises(BadInput) as refused:
        bradley_terry(data._replace(covariates=z), order=order)
    assert refused.value.code == code


def test_a_covariate_that_follows_from_the_systems_is_refused():
    data = simulated(np.random.default_rng(15), 300, np.zeros(3))
    length = np.array([100.0, 250.0, 130.0])
    with pytest.raises(BadInput, match="undetermined"):
        bradley_terry(data._replace(covariates=length[data.first] - length[data.second]))


def test_resampling_clusters_agrees_with_the_sandwich():
    data = simulated(np.random.default_rng(16), 600, np.array([0.0, 0.5, -0.5]), 0.2)
    data = data._replace(group=np.arange(600) // 6)
    ours, draws = bradley_terry(data, order=True), bootstrap_strengths(data, order=True, plan=Plan(400, 2, 0.95, "bca"))
    assert draws.value == pytest.approx(bradley_terry(data._replace(group=None), order=True).strength)
    _, u, (low, high) = ours.difference(1, 2)
    found = draws.difference(1, 2)
    assert found.u == pytest.approx(u, rel=0.12)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.4 * u), pytest.approx(high, abs=0.4 * u))
    assert (found.clusters, found.undefined, found.method) == (100, 0, "bca")
    assert draws.covariance == pytest.approx(ours.covariance, abs=0.2 * u**2)
    again = bootstrap_strengths(data, order=True, plan=Plan(400, 2, 0.95, "bca"))
    assert np.array_equal(again.draws, draws.draws)


def test_resamples_without_an_estimate_are_counted_and_too_many_refused():
    few = Comparisons([0, 0, 0, 0, 1, 1], [1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0])
    draws = bootstrap_strengths(few, plan=Plan(200, method="percentile"))
    assert np.isnan(draws.draws).any()
    with pytest.raises(BadInput, match="no value"):
        draws.difference(0, 1)
    for bad in (few._replace(times=[1] * 6), few._replace(group=[1] * 6)):
        with pytest.raises(BadInput):
            bootstrap_strengths(bad)
    with pytest.raises(BadInput, match="studentised"):
        bootstrap_strengths(few, plan=Plan(200, method="t"))


def test_wins_are_counted_with_half_a_tie():
    table = not_lost(Comparisons([0, 1, 0, 1], [1, 0, 2, 2], [1, 1, 0.5, 0]), 3)
    assert table.tolist() == [[0, 1, 0.5], [1, 0, 0], [0.5, 1, 0]]


@pytest.mark.parametrize(
    ("both", "fitted", "mechanism"), [(True, False, "probability"), (False, False, "probability"), (False, True, "log")]
)
def test_a_judge_that_favours_the_first_by_0_15_gives_unbiased_strengths(both, fitted, mechanism):
    rng, errors = np.random.default_rng(17), []
    for _ in range(120):
        found = bradley_terry(judged(rng, 500 if both else 1000, both=both, mechanism=mechanism), order=fitted)
        errors.append(found.strength - STRENGTHS)
    mean, u = np.mean(errors, axis=0), np.std(errors, axis=0) / np.sqrt(120)
    assert (np.abs(mean) < 3.5 * u + 0.02).all()  # maximum likelihood itself is off by some 0.01 here
