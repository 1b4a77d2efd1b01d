"""The study of adaptive tests, small: coverage with calibration errors, and what is saved."""

import pytest

from assay.testing.adaptive import Bank, Course, coverage, saved, tables


def test_coverage_with_the_cells_calibrated_anew():
    found = coverage(Bank(cells=60), Course(0.35, most=120), calibrations=12, each=15)
    assert found.simulations == 180
    assert 0.90 <= found.ability <= 0.99
    assert 0.90 <= found.score <= 0.99
    assert found.u_cells > 0.02 and found.reached > 0.9


def test_adaptive_asks_less_than_a_random_draw():
    plain = Bank(cells=60, slope_sd=0.0, floor=0.0, subject_sd=0.0, item_sd=0.0, respondents=0)
    wide, narrow = (saved(plain._replace(width=width), 0.4, 12) for width in (8.0, 3.0))
    assert wide.ratio < 0.4
    assert wide.ratio < narrow.ratio < 0.9


@pytest.mark.parametrize("line", ["| bank |", "| misfit |"])
def test_the_tables_of_the_documentation(line):
    assert any(row.startswith(line) for row in tables(calibrations=1, each=2, savings=2))
