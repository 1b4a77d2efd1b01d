"""Wrong references: against a numerical integral, and coverage of the interval of a score on simulated tests."""

import numpy as np
import pytest
from scipy import integrate, stats

from assay.catalogue.build import measurand
from assay.line.estimate import Task, estimate
from assay.packs.general.estimator.audited import Audited
from assay.packs.general.estimator.mean import Mean
from assay.testing.coverage_derived import observations
from assay.testing.derived_designs import Drawn
from assay.uncertainty.label_errors import bounds, label_errors
from assay.uncertainty.spread import Spread
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import Plan, Variant


@pytest.mark.parametrize(("checked", "wrong", "unchecked"), [(200, 0, 1.0), (50, 3, 0.8), (10, 10, 0.5), (40, 1, 0.0)])
def test_against_integral_and_beta_quantiles(checked: int, wrong: int, unchecked: float) -> None:
    found = label_errors(checked, wrong, unchecked)
    beta = stats.beta(wrong + 0.5, checked - wrong + 0.5)
    square = integrate.quad(lambda f: (f * unchecked) ** 2 * beta.pdf(f), 0, 1)[0]
    assert found.u == pytest.approx(np.sqrt(square), abs=1e-6)
    exact = stats.binomtest(wrong, checked).proportion_ci(0.95, "exact")
    assert found.interval == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert (found.at(0.7), found.at(0.1), found.at(1.0)) == pytest.approx((0.7 * found.u, 0.9 * found.u, found.u))
    assert found.remaining == pytest.approx(beta.mean() * unchecked)
    assert label_errors(checked, wrong, unchecked, 0.03).u == pytest.approx(np.hypot(found.u, 0.03))


@pytest.mark.parametrize("counts", [(0, 0), (5, 6), (5, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="audit found"):
        label_errors(*counts)


def covered(false_right: float, truth: float, seed: int) -> tuple[float, float]:
    """Shares of 95 % intervals that hold the true score, with the row for wrong references and without.

    3000 items, a subject that answers the share ``truth`` rightly, 5 % of the references wrong; an answer to such an
    item reads as right with the probability ``false_right``. 100 of the items are audited.
    """
    rng = np.random.default_rng(seed)
    n, runs, rate = 3000, 150, 0.05
    material = Material(name="m", items=tuple(Item(id=str(k), stimulus="x") for k in range(n)))
    task = Task(measurand("general.accuracy", "test"), Plan(variants=(Variant(name="v"),)))
    hits = np.zeros(2)
    for _ in range(runs):
        wrong = rng.random(n) < rate
        right = rng.random(n) < truth
        read = np.where(wrong, rng.random(n) < false_right, right).astype(float)
        found = int(rng.binomial(100, rate))
        rows = observations(Drawn(read[:, None, None], truth))
        for k, part in enumerate((Audited(certificate="c", checked=100, wrong=found), Mean())):
            ends = estimate(task, part, rows, material).result.interval
            assert ends is not None
            hits[k] += ends[0] <= truth <= ends[1]
    return float(hits[0] / runs), float(hits[1] / runs)


@pytest.mark.parametrize(("false_right", "truth"), [(0.0, 0.7), (1.0, 0.7), (0.5, 0.7), (0.0, 0.95), (1.0, 0.1)])
def test_coverage_whichever_way_wrong_references_push(false_right: float, truth: float) -> None:
    with_row, without = covered(false_right, truth, seed=3)
    assert with_row >= 0.93
    if (false_right, truth) == (0.0, 0.7):  # the row is needed: without it the bias is mistaken for the subject's
        assert without < 0.5


@pytest.mark.parametrize("read", [0.0, 0.02, 0.5, 0.93, 1.0])
def test_the_bounds_hold_between_the_extremes(read: float) -> None:
    """At so large a sample that only f counts, they are (r − f) / (1 − f) and r / (1 − f) with the upper bound of f."""
    found = label_errors(100, 3, 0.9)
    spread = Spread(read, 1e-9, None, 0.0, 1.0, 1e12, "wilson")
    most = stats.beta.ppf(0.975, 4, 97) * 0.9
    row = next(row for row in bounds(spread, found, 0.95) if row.risk == 0.025)
    assert row.low == pytest.approx(max(0.0, (read - most) / (1 - most)), abs=1e-4)
    assert row.high == pytest.approx(min(1.0, read / (1 - most)), abs=1e-4)
    table = bounds(spread, found, 0.9)
    assert all(a.low <= b.low and a.high >= b.high for a, b in zip(table, table[1:], strict=False))
    wider = bounds(spread, label_errors(100, 3, 0.9, 0.05), 0.95)
    assert all(a.low <= b.low and a.high >= b.high for a, b in zip(wider, bounds(spread, found, 0.95), strict=True))
