"""The change between two rounds: against formulas written out, an independent implementation, and simulation."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from assay.uncertainty.score.rounds import Pairing, gap, interval, moved, of_anchors, of_others

SEED = 20261121


def pairing(weight=1.0, before=(), after=(), left=(), fresh=()):
    return Pairing(weight, *(np.array(part, float) for part in (before, after, left, fresh)))


def drawn(rng, cells):
    """Two rounds: anchors keep most of their answers, the later round is a little better."""
    made = []
    for p, rise, anchors, others in cells:
        hard = rng.random(anchors) < p
        kept = rng.random(anchors) < 0.7
        again = np.where(kept, hard, rng.random(anchors) < p)
        after = again | (rng.random(anchors) < rise)
        fresh = (rng.random(others) < p) | (rng.random(others) < rise)
        made.append(Pairing(1 / len(cells), hard * 1.0, after * 1.0, (rng.random(others) < p) * 1.0, fresh * 1.0))
    return made


def test_the_change_is_the_difference_of_the_full_means() -> None:
    cells = drawn(np.random.default_rng(1), [(0.6, 0.1, 4, 9), (0.2, 0.0, 3, 7)])
    later = [np.concatenate([cell.after, cell.fresh]).mean() for cell in cells]
    earlier = [np.concatenate([cell.before, cell.left]).mean() for cell in cells]
    expected = sum(cell.weight * (b - a) for cell, a, b in zip(cells, earlier, later, strict=True))
    found = moved(cells)
    assert found is not None and found.value == pytest.approx(expected)


def test_with_many_units_it_is_the_usual_interval() -> None:
    """Anchors alone: the paired t interval; others alone: Welch's; both to within what one added unit does."""
    rng = np.random.default_rng(2)
    (cell,) = drawn(rng, [(0.5, 0.2, 4_000, 4_000)])
    paired = stats.ttest_rel(cell.after, cell.before).confidence_interval(0.95)
    apart = stats.ttest_ind(cell.fresh, cell.left, equal_var=False).confidence_interval(0.95)
    assert interval(of_anchors([cell]), 0.95) == pytest.approx((paired.low, paired.high), abs=1e-4)
    assert interval(of_others([cell]), 0.95) == pytest.approx((apart.low, apart.high), abs=1e-4)


def test_anchors_that_answer_alike_make_it_sharper() -> None:
    same = pairing(before=[1, 0] * 10, after=[1, 0] * 10, left=[1, 0] * 10, fresh=[1, 0] * 10)
    none = pairing(left=[1, 0] * 20, fresh=[1, 0] * 20)
    opposite = pairing(before=[1, 0] * 10, after=[0, 1] * 10, left=[1, 0] * 10, fresh=[1, 0] * 10)
    sharp, plain, dull = (moved([cell]).u for cell in (same, none, opposite))
    assert sharp < plain < dull
    variance = 0.25 * 40 / 39  # of one reading, by its usual formula
    assert plain == pytest.approx(sqrt(2 * variance / 40), rel=0.03)
    assert sharp == pytest.approx(sqrt(2 * variance / 40 * (1 - 0.5)), rel=0.05)


def test_what_is_missing_gives_no_number() -> None:
    only_anchors = pairing(before=[1], after=[0])
    assert of_others([only_anchors]) is None and of_anchors([pairing(left=[1], fresh=[1])]) is None
    assert moved([pairing(before=[], left=[1.0])]) is None
    assert moved([only_anchors]) is not None


def test_equal_answers_leave_an_interval() -> None:
    found = moved([pairing(before=[1] * 3, after=[1] * 3, left=[1] * 8, fresh=[1] * 8)])
    low, high = interval(found, 0.95)
    assert low < 0 < high and found.value == 0


def test_an_interval_stays_within_what_is_possible() -> None:
    found = moved([pairing(left=[0, 0], fresh=[1, 1])])
    assert interval(found, 0.999)[1] == 1.0


@pytest.mark.parametrize("name", ["all", "anchors", "others", "gap"])
@pytest.mark.parametrize(
    "design",
    [
        [(p, 0.1, 2, 9) for p in np.linspace(0.1, 0.9, 18)],
        [(0.5, 0.0, 2, 9)] * 18,
        [(0.9, 0.3, 6, 27)] * 6,
        [(0.4, 0.2, 10, 40)] * 2,
        [(0.0, 0.01, 6, 27)] * 6,
        [(0.01, 0.0, 2, 9)] * 18,
    ],
    ids=["18 cells", "no change", "near the top", "two large cells", "hardly ever", "hardly ever, no change"],
)
def test_coverage(design, name, request) -> None:
    """Nominal 95 %; few units in many cells may be covered more often, never much less."""
    rng = np.random.default_rng(SEED)
    truth = sum((1 - p) * rise for p, rise, _, _ in design) / len(design)
    truth = 0.0 if name == "gap" else truth
    covered, times = 0, 1_500
    for _ in range(times):
        cells = drawn(rng, design)
        parts = {"all": moved(cells), "anchors": of_anchors(cells), "others": of_others(cells)}
        parts["gap"] = gap(parts["anchors"], parts["others"])
        low, high = interval(parts[name], 0.95, 2.0)
        covered += low <= truth <= high
    assert 0.935 <= covered / times <= 1.0 if "hardly" in request.node.name else 0.993
