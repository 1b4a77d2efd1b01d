"""A small seeded version of the judge study; the whole one is a command."""

import numpy as np
import pytest

from assay.testing.judges import (
    JUDGES,
    TABLES,
    alarm_study,
    class_study,
    graded_study,
    lost_study,
    main,
    powered_study,
    rate_study,
)

SLACK = 2.5 * (0.95 * 0.05) ** 0.5
LINES = ((100, 0.1, 10_000), (100, 0.9, 200), (300, 0.5, 1000), (300, 0.3, 200), (1000, 0.7, 10_000))
"""Calibration cases, true rate, judged items."""


def test_corrected_rates_cover_and_naive_ones_do_not():
    """Two and a half standard errors of a simulation more than 93 to 97 %; the command takes more lines."""
    found = [rate_study(judge, cases, theta, items, (1500, 1)).columns
             for judge in JUDGES for cases, theta, items in LINES]  # fmt: skip
    slack = SLACK / 1500**0.5
    assert all(0.93 - slack <= columns["corrected"] <= 0.97 + slack for columns in found)
    assert 0.94 <= sum(columns["corrected"] for columns in found) / len(found) <= 0.96
    assert sum(columns["naive"] < 0.9 for columns in found) >= 0.7 * len(found)
    assert sum(columns["wrongly above"] + columns["wrongly below"] for columns in found) / len(found) / 2 <= 0.05


def test_the_study_can_fail():
    assert rate_study((0.85, 0.85), 300, 0.3, 1000, (500, 1), level=0.8).columns["corrected"] < 0.87


def test_two_hundred_labels_and_ten_thousand_readings_halve_the_interval():
    for theta, judge in ((None, 0.8), (0.9, 0.98), (0.8, 0.97)):
        columns = powered_study(200, theta, judge, (150, 1)).columns
        assert columns["R²"] >= 0.78
        assert columns["ratio of widths"] <= 0.5
        assert columns["powered"] >= 0.93 - SLACK / 150**0.5


def test_lost_verdicts():
    at_random = lost_study(0.7, (0.1, 0.1), (200, 1)).columns
    only_wrong = lost_study(0.7, (0.2, 0.0), (200, 1)).columns
    assert at_random["as if lost at random"] >= 0.93 - SLACK / 200**0.5
    assert only_wrong["as if lost at random"] < 0.8
    for columns in (at_random, only_wrong):
        assert columns["bounded"] >= 0.95
        assert columns["an answer of its own"] >= 0.93 - SLACK / 200**0.5


def test_classes_alarms_and_grades():
    matrix, pi = [[0.8, 0.1, 0.1], [0.1, 0.85, 0.05], [0.1, 0.2, 0.7]], [0.6, 0.3, 0.1]
    columns = class_study(np.array(matrix), np.array(pi), (100, 500), (150, 1)).columns
    assert all(columns[f"class {k}"] >= 0.93 - SLACK / 150**0.5 for k in range(3))
    assert alarm_study((100, 100), 0.7, 0.85, 0.0, (150, 1)).columns["alarms"] <= 0.05 + SLACK / 150**0.5
    graded = graded_study(50, 1.0, 0, (150, 1)).columns
    assert graded["corrected"] >= 0.93 - SLACK / 150**0.5
    assert graded["naive"] < 0.1


@pytest.mark.parametrize("name", ["compatible", "graded"])
def test_the_command_prints_a_table(capsys, name):
    main(["--simulations", "12", "--table", name])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + {"compatible": 5, "graded": 4}[name]
    assert len({line.count("|") for line in lines}) == 1
    assert name in TABLES
