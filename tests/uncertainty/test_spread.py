"""The intervals of a bounded quantity to choose from."""

import numpy as np
import pytest

from assay.uncertainty.spread import Spread, bounded, interval, tail, with_interval

BINOMIAL = Spread(81 / 263, 0.0285, None, 0.0, 1.0, 263.0, "wilson")


@pytest.mark.parametrize(
    ("kind", "method"), [("wilson", "wilson"), ("clopper_pearson", "exact"), ("jeffreys", None)]
)
def test_against_scipy(kind, method):
    stats = pytest.importorskip("scipy.stats")
    if method is None:
        theirs = stats.beta(81.5, 182.5).ppf([0.025, 0.975])
    else:
        theirs = stats.binomtest(81, 263).proportion_ci(0.95, method)
    assert interval(with_interval(BINOMIAL, kind), 0.95) == pytest.approx(tuple(theirs), abs=1e-9)


def test_the_tail_that_decides_is_the_same():
    tails = {tail(with_interval(BINOMIAL, kind), 0.25, 0.05, above=True) for kind in ("wilson", "clopper_pearson")}
    assert len(tails) == 1


def test_few_degrees_of_freedom_widen_all_of_them():
    wide, narrow = (bounded(0.8, 0.05, dof, (0.0, 1.0)) for dof in (4.0, None))
    for kind in ("wilson", "clopper_pearson", "jeffreys"):
        ends = [interval(with_interval(one, kind), 0.95) for one in (wide, narrow)]
        assert ends[0][0] < ends[1][0] < 0.8 < ends[1][1] < ends[0][1]


def test_others_have_no_choice():
    t = Spread(0.5, 0.1, 3.0, None, None, None, "t")
    assert with_interval(t, "jeffreys") == t
    assert np.diff(interval(with_interval(Spread(1.0, 0.01, None, 0.0, 1.0, 30.0, "wilson"), "jeffreys"), 0.95))[0] > 0
