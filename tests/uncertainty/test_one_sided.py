"""Bounds by risk: what lies between them, and that bound and tail say the same."""


import numpy as np
import pytest
from scipy.special import ndtri

from assay.uncertainty.conformity import against_limit
from assay.uncertainty.one_sided import RISKS, OneSided, bound_at, tail_at
from assay.uncertainty.spread import Spread, bound, interval, tail

NORMAL = tuple(OneSided(r, float(ndtri(r)), float(-ndtri(r))) for r in RISKS)


@pytest.mark.parametrize("risk", [0.0005, 0.003, 0.025, 0.04, 0.3])
def test_a_normal_table_gives_the_normal_tails_everywhere(risk):
    """Interpolation is linear in the normal quantile, so that for a normal estimate it is exact."""
    assert bound_at(NORMAL, risk, below=True) == pytest.approx(ndtri(risk))
    assert tail_at(NORMAL, float(ndtri(risk)), above=True) == pytest.approx(risk)
    assert tail_at(NORMAL, float(ndtri(risk)), above=False) == pytest.approx(1 - risk, abs=0.16)
    assert tail_at(NORMAL, -9.0, above=True) == RISKS[0]
    assert bound_at(NORMAL, 0.0001, below=True) is None


def test_a_spread_with_a_table_takes_interval_and_decision_from_it():
    """The estimate is far from the middle of its bounds: value ± k u would say something else."""
    table = (OneSided(0.025, 0.0, 10.0), OneSided(0.05, 0.1, 8.0), OneSided(0.5, 1.0, 2.0))
    spread = Spread(1.0, 0.1, None, 0.0, None, None, "range", table)
    assert interval(spread, 0.95) == (0.0, 10.0)
    assert interval(spread, 0.999) is None
    assert bound(spread, 0.05, below=False) == 8.0
    assert tail(spread, 8.0, 0.05, above=False) == 0.05
    assert against_limit(spread, 5.0, 0.05, at_least=False).outcome == "inconclusive"
    assert against_limit(spread, 8.0, 0.05, at_least=False).outcome == "conforms"
    assert against_limit(spread, 0.05, 0.05, at_least=True).outcome == "conforms"


def test_tails_never_fall_when_the_limit_moves_away():
    limits = np.linspace(-4, 4, 81)
    tails = [tail_at(NORMAL, float(limit), above=True) for limit in limits]
    assert tails == sorted(tails)


def test_no_bounds_at_all_say_nothing():
    assert tail_at((OneSided(0.05, None, None),), 1.0, above=True) == 0.5
    assert bound_at((OneSided(0.05, None, None),), 0.05, below=True) is None
