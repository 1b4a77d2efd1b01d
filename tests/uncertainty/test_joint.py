"""Joint draws of results: as wide as their intervals, together where they share a cause."""

import numpy as np
import pytest
from scipy.stats import binom

from assay.uncertainty.joint import Known, shared, together
from assay.uncertainty.one_sided import OneSided
from assay.uncertainty.servers.comparing import Ends


def test_the_draws_have_the_interval() -> None:
    for dof in (None, 4.0):
        (found,) = together([Known(Ends(3.0, 1.0, 9.0), 0.9, dof)])
        assert (found < 1.0).mean() == pytest.approx(0.05, abs=0.003)
        assert (found > 9.0).mean() == pytest.approx(0.05, abs=0.003)
        assert np.median(found) == pytest.approx(3.0, abs=0.05)
    assert (together([Known(Ends(3.0, 1.0, 9.0))]) == together([Known(Ends(3.0, 1.0, 9.0))])).all()


def test_few_degrees_of_freedom_are_nearer_in_the_middle_than_they_look() -> None:
    heavy, light = together([Known(Ends(0.0, -1.0, 1.0), 0.95, 3.0), Known(Ends(0.0, -1.0, 1.0), 0.95)])
    assert (np.abs(heavy) > 2).mean() > 3 * (np.abs(light) > 2).mean()


def test_a_table_of_bounds_is_read_at_its_risks() -> None:
    """Exact bounds of a median by order statistics of 100 readings at 0 … 99."""
    risks = (0.0005, 0.005, 0.025, 0.1, 0.35, 0.5)
    table = tuple(OneSided(r, float(binom.ppf(r, 100, 0.5)), float(99 - binom.ppf(r, 100, 0.5))) for r in risks)
    (found,) = together([Known(Ends(49.5, 40.0, 59.0), table=table)])
    for row in table[1:4]:
        assert row.low is not None and (found <= row.low).mean() == pytest.approx(row.risk, abs=0.02)
    assert table[0].low is not None and found.min() >= table[0].low  # nothing is claimed beyond the smallest risk


@pytest.mark.parametrize("side", [-1, 1])
def test_where_no_bound_is_known_every_limit_may_be_missed(side: int) -> None:
    ends = [(0.01, 1.0, None), (0.1, 2.0, 8.0), (0.5, 5.0, 5.0)]
    table = tuple(OneSided(r, low, high) if side > 0 else OneSided(r, None if high is None else -high, -low)
                  for r, low, high in ends)  # fmt: skip
    (found,) = together([Known(Ends(side * 5.0, -9.0, 9.0), table=table)])
    assert (side * found > 1e300).mean() == pytest.approx(0.1, abs=0.005)
    bare = tuple(OneSided(row.risk, row.low, None) if side > 0 else OneSided(row.risk, None, row.high) for row in table)
    (found,) = together([Known(Ends(side * 5.0, -9.0, 9.0), table=bare)])
    assert (side * found > 1e300).mean() == pytest.approx(0.5, abs=0.01)


def test_what_is_shared_goes_up_and_down_together() -> None:
    ends, u = Ends(0.0, -1.96, 1.96), 1.0
    one = Known(ends, u=u, sources={"certificate:a": 0.8, "certificate:b": 0.1})
    other = Known(ends, u=u, sources={"certificate:a": -0.6, "certificate:c": 0.2})
    found = together([one, other])
    assert shared([one, other]) == ["certificate:a"]
    assert np.corrcoef(found)[0, 1] == pytest.approx(-0.48, abs=0.01)
    assert found.std(axis=1) == pytest.approx([1.0, 1.0], abs=0.01)
    whole = Known(ends, u=u, sources={"certificate:a": 1.0000001})
    assert np.corrcoef(together([whole, whole]))[0, 1] == pytest.approx(1.0)
