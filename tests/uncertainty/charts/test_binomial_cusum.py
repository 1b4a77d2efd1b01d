"""Binomial cumulative sums: simulation, the likelihood ratio they stand for, what is asked of a judge's chart."""

from math import log

import numpy as np
import pytest
from scipy.stats import binom

from assay.uncertainty.charts.binomial_cusum import caught, designed, run_length, watched
from assay.uncertainty.charts.control import ewma, given
from assay.vocabulary.errors import BadInput


def first_alarms(chart, share, days, runs, seed=1):
    """Day of the first alarm, from 1, of many charts at once, written a second time; days + 1 where there is none."""
    rng, at, first = np.random.default_rng(seed), np.zeros(runs), np.full(runs, days + 1)
    for day in range(1, days + 1):
        at = np.maximum(0.0, at + rng.binomial(chart.cases, share, runs) - chart.reference)
        first = np.where((first > days) & (at > chart.limit + 1e-9), day, first)
    return first


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_run_lengths_and_chances_by_simulation(share):
    chart = designed(share, share + 0.1, 50, run_length=100)
    first = first_alarms(chart, share, 3000, 4000)
    assert first.mean() == pytest.approx(chart.run_length, rel=0.06)
    assert run_length(chart, share) == chart.run_length
    soon = first_alarms(chart, share + 0.1, 10, 4000, seed=2)
    assert (soon <= 3).mean() == pytest.approx(caught(chart, share + 0.1, 3), abs=0.025)


def test_it_is_the_likelihood_ratio_on_a_grid():
    chart = designed(0.1, 0.2, 50)
    odds = log(0.2 * 0.9 / (0.1 * 0.8))
    failures = np.array([6, 9, 10, 3])
    ratio = np.cumsum(binom.logpmf(failures, 50, 0.2) - binom.logpmf(failures, 50, 0.1))
    at, least = 0.0, 0.0
    for x, total in zip(watched(chart, failures.tolist()).sum, ratio, strict=True):
        least = min(least, total)
        at = (total - least) / odds
        assert x == pytest.approx(at, abs=0.05 * len(failures))


def test_what_is_asked_of_the_chart_of_a_judge():
    """Sensitivity down by 0.1, 50 positive cases a day: within 10 days in 95 %, at most one false alarm in 200."""
    for share in (0.02, 0.05, 0.1, 0.2, 0.3):
        chart = designed(share, share + 0.1, 50)
        assert caught(chart, share + 0.1, 10) >= 0.95
        assert chart.run_length >= 600
    rng = np.random.default_rng(3)
    chart = designed(0.1, 0.2, 50)
    quiet = [len(watched(chart, rng.binomial(50, 0.1, 200).tolist()).alarms) <= 1 for _ in range(300)]
    assert np.mean(quiet) >= 0.93


def test_a_moving_average_with_the_settings_there_are_does_it_too():
    rng, sigma = np.random.default_rng(4), np.sqrt(0.1 * 0.9 / 50)
    seen = []
    for _ in range(200):
        chart = given((rng.binomial(50, 0.2, 10) / 50).tolist(), 0.1, float(sigma))
        average = ewma(chart)
        seen.append(bool((average.values > average.upper).any()))
    assert np.mean(seen) >= 0.95


def test_a_judge_of_poor_sensitivity_is_where_it_ends():
    assert caught(designed(0.45, 0.55, 50), 0.55, 10) < 0.95


def test_days_with_lost_cases():
    chart = designed(0.1, 0.2, 50)
    whole, half = watched(chart, [8, 8]), watched(chart, [4, 4, 4, 4], [25] * 4)
    assert half.sum[-1] == pytest.approx(whole.sum[-1])
    assert watched(chart, [0], [0]).sum.tolist() == [0.0]


def test_after_an_alarm_it_begins_anew():
    found = watched(designed(0.1, 0.2, 50), [20, 7, 20])
    assert found.alarms == (0, 2) and found.sum[1] == 0


@pytest.mark.parametrize(
    "task",
    [
        lambda: designed(0.2, 0.1, 50),
        lambda: designed(0.0, 0.1, 50),
        lambda: designed(0.1, 0.2, 0),
        lambda: designed(0.1, 0.2, 50, 0.5),
        lambda: designed(0.499, 0.501, 5000, 1e6),
        lambda: watched(designed(0.1, 0.2, 50), [51]),
        lambda: watched(designed(0.1, 0.2, 50), [1.5]),
        lambda: watched(designed(0.1, 0.2, 50), [1, 2], [50]),
        lambda: run_length(designed(0.1, 0.2, 50), 1.5),
    ],
)
def test_refusals(task):
    with pytest.raises(BadInput):
        task()
