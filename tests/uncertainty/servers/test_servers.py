"""Comparisons, grades and the highest rate."""

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from assay.testing.queue_systems import simulated
from assay.uncertainty.queueing.latency import quantile
from assay.uncertainty.servers.comparing import Ends, difference, ratio, shared
from assay.uncertainty.servers.grades import Grade, Threshold, drawn, probabilities
from assay.uncertainty.servers.highest_rate import Search, highest_rate
from assay.uncertainty.servers.knee import answered_u, knee
from assay.vocabulary.errors import BadInput


def test_the_difference_of_two_shares_is_that_of_newcombe():
    """Published: 56/70 and 48/80 give 0.2 with 0.0524 to 0.3339 (Newcombe 1998, method 10)."""
    ends = [Ends(x / n, *proportion_confint(x, n, 0.05, "wilson")) for x, n in ((56, 70), (48, 80))]
    found = difference(*ends)
    assert found == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found[1:] == pytest.approx(confint_proportions_2indep(56, 70, 48, 80, method="newcomb"), abs=1e-3)


def test_a_ratio_is_a_difference_of_logarithms():
    found = ratio(Ends(4.0, 3.0, 6.0), Ends(2.0, 1.5, 3.0))
    half = np.hypot(np.log(6 / 4), np.log(2 / 1.5))
    assert found == pytest.approx((2.0, 2 * np.exp(-np.hypot(np.log(4 / 3), np.log(1.5))), 2 * np.exp(half)))
    with pytest.raises(BadInput):
        ratio(Ends(1.0, 0.0, 2.0), Ends(1.0, 0.5, 2.0))


def test_a_common_schedule_sharpens_the_difference_and_it_still_holds():
    """Two servers, one 5 % slower, get the same gaps and the same work at load 0.8."""
    covered, narrower, p = 0, [], 0.9
    truth = -np.log(1 - p) * (1 / (1 - 0.8) - 1.05 / (1 - 0.84))
    for seed in range(40):
        rng = np.random.default_rng(seed)
        gaps, work = rng.exponential(1 / 0.8, 25_000), rng.exponential(1.0, 25_000)
        runs = []
        for service in (work, 1.05 * work):
            steps = np.concatenate([[0.0], np.cumsum(service[:-1] - gaps[1:])])
            runs.append((steps - np.minimum.accumulate(steps) + service)[5000:])
        one, other = (quantile([run], p) for run in runs)
        together = shared(*([(run > end.value).astype(float)] for run, end in zip(runs, (one, other), strict=True)))
        ends = [Ends(end.value, end.low, end.high) for end in (one, other)]
        paired, apart = difference(*ends, together), difference(*ends)
        covered += paired.low <= truth <= paired.high
        narrower.append((paired.high - paired.low) / (apart.high - apart.low))
    assert covered >= 34
    assert np.median(narrower) < 0.7


def test_servers_that_share_nothing_have_no_correlation():
    rng = np.random.default_rng(1)
    found = [shared([rng.normal(size=2000)], [rng.normal(size=2000)]) for _ in range(100)]
    assert np.mean(np.array(found) > 0) <= 0.08
    assert shared([np.ones(100)], [np.ones(100)]) == 0.0
    with pytest.raises(BadInput):
        shared([np.ones(100)], [np.ones(99)])


def test_grades_take_joint_draws():
    rng = np.random.default_rng(2)
    normal = rng.normal(size=200_000)
    ttft = drawn(Ends(0.2, 0.2 - 1.96 * 0.01, 0.2 + 1.96 * 0.02), 0.95, normal)
    assert np.quantile(ttft, [0.025, 0.5, 0.975]) == pytest.approx([0.1804, 0.2, 0.2392], abs=5e-4)
    rule = [
        Grade("A", (Threshold("ttft", 0.2), Threshold("goodput", 10.0, at_least=True))),
        Grade("B", (Threshold("ttft", 0.2),)),
        Grade("C"),
    ]
    together = probabilities(rule, {"ttft": ttft, "goodput": 10.0 - normal})
    assert together == pytest.approx({"A": 0.5, "B": 0.0, "C": 0.5}, abs=0.01)
    apart = probabilities(rule, {"ttft": ttft, "goodput": 10.0 + rng.normal(size=200_000)})
    assert apart == pytest.approx({"A": 0.25, "B": 0.25, "C": 0.5}, abs=0.01)
    with pytest.raises(BadInput, match="goodput"):
        probabilities(rule, {"ttft": ttft})
    with pytest.raises(BadInput, match="last grade"):
        probabilities(rule[:1], {"ttft": ttft, "goodput": ttft})


def _mm1(seed, n, limit):
    """An M/M/1 server with mean service 1; overloaded from a rate of 1 on."""

    def measure(rate, place):
        if rate >= 1:
            return np.zeros(0, dtype=np.bool_)
        rng = np.random.default_rng([seed, round(rate * 1e9), place])
        return simulated("M/M/1", rate, n, rng) <= limit

    return measure


def test_the_highest_rate_of_a_queue_lies_between_its_ends():
    """90 % within 10 service times: the truth is 1 + ln(0.1) / 10."""
    truth = 1 + np.log(0.1) / 10
    wrong, widths = 0, []
    for seed in range(12):
        found = highest_rate(_mm1(seed, 10_000, 10.0), (0.2, 1.5), Search(0.9))
        wrong += not found.low <= truth <= found.high
        widths.append(found.high / found.low)
        assert {one.verdict for one in found.tried} <= {"meets", "fails", "undecided"}
    assert wrong <= 2
    assert np.median(widths) < 1.25


def test_a_range_without_the_highest_rate_says_which_side_it_lies_on():
    below = highest_rate(_mm1(1, 5000, 10.0), (0.1, 0.3), Search(0.9))
    assert (below.low, below.high, below.resolved) == (0.3, None, False)
    above = highest_rate(_mm1(1, 5000, 10.0), (1.2, 1.5), Search(0.9))
    assert (above.low, above.high, above.resolved) == (None, 1.2, False)
    assert len(above.tried) == 1


def test_runs_that_say_nothing_are_no_verdict():
    good = _mm1(1, 5000, 10.0)
    first = highest_rate(lambda rate, place: good(rate, place) if place else None, (0.1, 1.5), Search(0.9))
    assert first.low is not None and first.high is not None and {one.runs for one in first.tried} >= {2}
    none = highest_rate(lambda rate, place: None, (0.1, 1.5), Search(0.9, rates=3))
    assert (none.low, none.high, none.resolved) == (None, None, False)
    assert {(one.verdict, one.share, one.runs, one.n) for one in none.tried} == {("undecided", None, 4, 0)}


def test_a_search_that_is_none_is_refused():
    for between, how in (((0.5, 0.5), Search(0.9)), ((0.0, 1.0), Search(0.9)), ((0.1, 1.0), Search(1.0))):
        with pytest.raises(BadInput):
            highest_rate(_mm1(1, 100, 1.0), between, how)


def _sweep(seed, rates, n):
    """Answers a second of an M/M/1 server that can do 1 a second, up to the last arrival."""
    rng = np.random.default_rng(seed)
    found = []
    for rate in rates:
        sent, service = np.cumsum(rng.exponential(1 / rate, n)), rng.exponential(1.0, n)
        steps = np.concatenate([[0.0], np.cumsum(service[:-1] - np.diff(sent))])
        ended = sent + steps - np.minimum.accumulate(steps) + service
        counts = np.histogram(ended, np.linspace(0, sent[-1], 101))[0]
        found.append(((n - 1) / (sent[-1] - sent[0]), counts.sum() / sent[-1], answered_u(counts, sent[-1] / 100)))
    return np.array(found).T


def test_the_knee_of_a_server_is_what_it_can_do():
    found = [knee(*_sweep(seed, (0.3, 0.5, 0.7, 1.2, 1.5, 2.0), 5000)) for seed in range(60)]
    assert sum(one.low <= 1.0 <= one.high for one in found) >= 51
    assert np.median([one.high - one.low for one in found]) < 0.06
    assert np.median([one.p for one in found]) > 0.05


def test_a_sweep_that_ends_before_the_knee_says_so():
    found = knee(*_sweep(1, (0.3, 0.5, 0.7), 5000))
    assert (found.value, found.high) == (None, None)
    assert 0.6 < found.low <= 0.75


def test_a_server_that_gives_way_under_overload_does_not_fit_the_broken_line():
    found = knee([1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 2.9, 2.0, 1.0], [0.02] * 5)
    assert found.p < 1e-6
    with pytest.raises(BadInput):
        knee([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [0.1, 0.0, 0.1])


def test_the_fit_is_the_least_of_all_squares():
    rng = np.random.default_rng(3)
    rate = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    for _ in range(20):
        y, u = np.minimum(rate, 2.6) + 0.1 * rng.normal(size=5), rng.uniform(0.05, 0.2, 5)
        grid = np.linspace(0.01, 5, 50_000)
        loss = (((y - np.minimum(rate, grid[:, None])) / u) ** 2).sum(axis=1)
        assert knee(rate, y, u).value == pytest.approx(grid[np.argmin(loss)], abs=2e-4)
