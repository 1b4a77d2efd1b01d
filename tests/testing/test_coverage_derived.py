"""A small seeded version of the study of derived quantities; the whole one is a command."""

import pytest

from assay.testing.coverage_derived import main, study
from assay.testing.derived_designs import DESIGNS

QUICK = [
    "median of 100", "quantile 0.9 of 300", "quantile 0.9 of 100 items × 4 repeats", "pass@3 of 100 items × 5",
    "pass^3 of these 100 items × 8", "F1 of 300 cases", "F1 of 300 cases × 10 retrainings", "precision of 300 cases",
    "overconfident (slope 2), 300 cases", "3 strata of 30 at 0.3, 0.6, 0.9",
    "100 items × 2 of a population of 200, score 0.8", "10 clusters of about 8, score 0.5",
    "4 variants × 2, 30 % of cells lost", "these items, 4 variants × 2, 30 % of cells lost",
    "Jeffreys, 100 items at 0.5",
]  # fmt: skip


@pytest.mark.parametrize("name", QUICK)
def test_nominal_95_percent_covers_95_percent(name):
    """500 simulations: the band of 93 to 97 % widened by two and a half standard errors of the simulation."""
    row = study(name, 500)
    slack = 2.5 * (0.95 * 0.05 / 500) ** 0.5
    assert 0.93 - slack <= row.covered <= 0.97 + slack, row
    assert row.unstated == 0
    assert row.accepted <= 0.05 + 2 * slack and row.rejected <= 0.05 + 2 * slack, row


@pytest.mark.parametrize(("name", "least"), [
    ("gap 0: 5 groups of 100 at 0.9", 0.93), ("gap 0.1: 2 groups of 100", 0.93), ("calibrated, 300 cases", 0.93),
])  # fmt: skip
def test_intervals_at_a_bound_cover_at_least_their_level(name, least):
    """A true 0 is covered, and the interval never leaves the bounds, so that it may cover more than it says."""
    row = study(name, 60 if name.startswith("gap") else 500)
    assert row.covered >= least - 2.5 * (0.95 * 0.05 / 60) ** 0.5, row
    assert row.rejected <= 0.1, row


def test_the_study_can_fail():
    assert study("median of 100", 300, level=0.8).covered < 0.88


def test_the_command_prints_the_table(capsys):
    main(["--simulations", "5", "--design", "median of 30", "--design", "F1 of 30 cases"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and all(line.count("|") == 7 for line in lines)
    assert {case.measurand for case in DESIGNS.values()} >= {"general.gap", "tabular.f1", "general.pass_hat_k"}
