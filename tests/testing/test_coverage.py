"""A small seeded version of the coverage study; the whole one is a command."""

import pytest

from assay.testing.coverage import DESIGNS, SCORES, exact_coverage, main, study

REQUIRED = list(DESIGNS)[:3]


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("name", REQUIRED)
def test_nominal_95_percent_covers_95_percent(name, score):
    """600 simulations: the band of 93 to 97 % widened by two and a half standard errors of the simulation."""
    for row in study(name, score, 600):
        slack = 2.5 * (0.95 * 0.05 / 600) ** 0.5
        middle = 0.95 if row.exact is None else row.exact
        low, high = min(0.93, middle) - slack, max(0.97, middle) + slack
        assert low <= row.covered <= high, row
        assert row.accepted <= 0.05 + slack, row


def test_the_exact_table():
    assert exact_coverage(30, 0.9) == pytest.approx(0.974, abs=5e-4)
    assert exact_coverage(100, 0.95) == pytest.approx(0.966, abs=5e-4)


def test_the_study_can_fail():
    """An interval made for another level is found out."""
    assert study(REQUIRED[1], 0.9, 300, level=0.8)[0].covered < 0.88


def test_the_command_prints_the_table(capsys):
    main(["--simulations", "20", "--design", REQUIRED[0]])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(SCORES)
    assert all(line.count("|") == 10 for line in lines)
