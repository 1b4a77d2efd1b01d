"""The area under the ROC curve: a published number, an independent implementation, coverage."""


import numpy as np
import pytest
from scipy.special import ndtri

from assay.uncertainty.conformity import against_limit
from assay.uncertainty.score.auc import Area, Cases, Scores, auc, placements
from assay.uncertainty.spread import interval

Floats = np.typing.NDArray[np.float64]


def cases(m: int, n: int, variants: int = 1, **changes: object) -> Cases:
    positive = np.arange(m + n) < m
    return Cases(positive, np.ones(m + n), None, variants, True, variants > 1)._replace(**changes)


def area(values: Floats, given: Cases, keep: "np.typing.NDArray[np.bool_] | None" = None) -> Area:
    """``values``: shape (items, variants) or (items, variants, repeats)."""
    values = values if values.ndim == 3 else values.reshape(len(given.positive), -1, 1)
    places = np.indices(values.shape).reshape(3, -1)
    rows = np.ones(values.size, bool) if keep is None else keep.ravel()
    found = auc(Scores(places[0][rows], places[1][rows], places[2][rows] + 1, values.ravel()[rows]), given)
    assert found is not None
    return found


def by_definition(positive: Floats, negative: Floats) -> tuple[float, float, float]:
    """The AUC and DeLong's variance of each class's part from the kernel of every pair, O(m n)."""
    kernel = np.array([[1.0 if x > y else 0.5 if x == y else 0.0 for y in negative] for x in positive])
    theta = kernel.mean()
    m, n = kernel.shape
    s10 = sum((kernel[i].mean() - theta) ** 2 for i in range(m)) / (m - 1)
    s01 = sum((kernel[:, j].mean() - theta) ** 2 for j in range(n)) / (n - 1)
    return float(theta), s10 / m, s01 / n


def test_published_ratings() -> None:
    # Hanley and McNeil 1982, table I: 58 normal and 51 abnormal, five grades. Area 0.8932 and standard error 0.0307
    # by DeLong's method: Stata Base Reference Manual, roctab, on the same data.
    grades = np.arange(1, 6)
    normal, abnormal = np.repeat(grades, [33, 6, 6, 11, 2]), np.repeat(grades, [3, 2, 2, 11, 33])
    values = np.concatenate([abnormal, normal]).astype(float)
    positive = np.arange(109) < 51
    placed = placements(values, positive, np.ones(109))
    u = np.sqrt(placed[positive].var(ddof=1) / 51 + placed[~positive].var(ddof=1) / 58)
    assert placed[positive].mean() == pytest.approx(0.8932, abs=5e-5)
    assert u == pytest.approx(0.0307, abs=5e-5)
    found = area(values, cases(51, 58)).spread
    assert found.value == pytest.approx(0.8932, abs=5e-5)
    assert u < (found.u or 0) < 1.1 * u


@pytest.mark.parametrize(("m", "n", "shift"), [(2, 2, 0.0), (7, 30, 1.0), (40, 25, 2.0), (60, 60, 0.3)])
def test_against_the_definition(m: int, n: int, shift: float) -> None:
    random = np.random.default_rng(m)
    values = np.round(random.standard_normal(m + n), 1) + shift * (np.arange(m + n) < m)  # with ties
    theta, of_positives, of_negatives = by_definition(values[:m], values[m:])
    found = area(values, cases(m, n))
    assert found.spread.value == pytest.approx(theta, abs=1e-14)
    k = min(m, n)
    p = (theta * k + 0.5) / (k + 1)
    expected = [
        ((m - 1) * of_positives + p * (1 - p) / m) / m,
        ((n - 1) * of_negatives + p * (1 - p) / n) / n,
    ]
    if sum(expected) > theta * (1 - theta) / k:
        assert [row.code for row in found.rows] == ["pairs_bound"]
        assert found.rows[0].u ** 2 == pytest.approx(theta * (1 - theta) / k)
    else:
        assert [row.code for row in found.rows] == ["positives", "negatives"]
        assert [row.u**2 for row in found.rows] == pytest.approx(expected)


def test_against_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(5)
    values = np.round(random.random(200), 2)
    given = cases(80, 120)
    assert area(values, given).spread.value == pytest.approx(metrics.roc_auc_score(given.positive, values), abs=1e-14)
    weight = random.random(200) + 0.1
    found = area(values, given._replace(weight=weight)).spread.value
    assert found == pytest.approx(metrics.roc_auc_score(given.positive, values, sample_weight=weight), abs=1e-12)


def test_equal_weights_and_single_clusters_change_little() -> None:
    values = np.random.default_rng(1).standard_normal(100) + (np.arange(100) < 40)
    plain = area(values, cases(40, 60)).spread
    assert area(values, cases(40, 60, weight=np.full(100, 3.0))).spread.u == pytest.approx(plain.u)
    alone = area(values, cases(40, 60, group=np.arange(100))).spread
    assert alone.value == plain.value and alone.u == pytest.approx(plain.u, rel=0.02)


def test_clusters_of_like_cases_widen() -> None:
    random = np.random.default_rng(2)
    group = np.concatenate([np.repeat(np.arange(20), 5), np.repeat(np.arange(20, 40), 5)])
    values = random.standard_normal(40)[group] + 0.1 * random.standard_normal(200) + (np.arange(200) < 100)
    alone, clustered = area(values, cases(100, 100)), area(values, cases(100, 100, group=group))
    assert [row.code for row in clustered.rows] == ["items_in_groups"]
    assert (clustered.spread.u or 0) > 1.8 * (alone.spread.u or 0)


@pytest.mark.parametrize("order", [1.0, -1.0])
def test_perfect_order_leaves_the_uncertainty_of_the_smaller_class(order: float) -> None:
    values = order * np.concatenate([np.ones(20), np.zeros(100)])
    found = area(values, cases(20, 100))
    assert found.spread.method == "wilson" and found.spread.n == pytest.approx(20)
    assert [row.code for row in found.rows] == ["all_equal"] and found.notes == ("order_equal",)
    low, high = interval(found.spread, 0.95) or (0, 0)
    assert 0 <= low < high <= 1 and high - low == pytest.approx(0.161, abs=0.001)  # Wilson, 20 of 20


def test_one_pair_out_of_order_is_no_worse_and_hardly_better_than_none() -> None:
    values = np.concatenate([[0.5], np.ones(19), [0.6], np.zeros(99)])
    perfect = interval(area(np.where(np.arange(120) < 20, 1.0, 0.0), cases(20, 100)).spread, 0.95) or (0, 0)
    one = interval(area(values, cases(20, 100)).spread, 0.95) or (0, 0)
    assert one[0] == pytest.approx(perfect[0], abs=0.01)
    assert one[1] < 1


def test_a_constant_score() -> None:
    found = area(np.full(80, 0.3), cases(30, 50)).spread
    assert (found.value, found.method, found.n) == (0.5, "all_equal", pytest.approx(30))
    low, high = interval(found, 0.95) or (0, 0)
    assert low < 0.45 and high > 0.55


def test_one_positive_case() -> None:
    found = area(np.array([0.5, 0.1, 0.2, 0.6, 0.7]), cases(1, 4))
    assert found.spread.value == 0.5 and found.notes == ("one_case",)
    low, high = interval(found.spread, 0.95) or (0, 0)
    assert low < 0.1 and high > 0.9


def test_no_value_without_both_classes() -> None:
    rows = Scores(np.arange(3), np.zeros(3, int), np.ones(3, int), np.array([0.1, 0.2, 0.3]))
    assert auc(rows, cases(3, 2)) is None


def test_retraining_is_a_row_and_what_it_shares_with_the_cases_is_not() -> None:
    random = np.random.default_rng(7)
    score = random.standard_normal(120) + (np.arange(120) < 60)
    same = np.repeat(score[:, None], 10, axis=1)
    alone, copied = area(score, cases(60, 60)), area(same, cases(60, 60, 10))
    assert [row.u for row in copied.rows] == pytest.approx([*(row.u for row in alone.rows), 0.0])
    moved = same + 0.6 * random.standard_normal(10) * (np.arange(120) < 60)[:, None]
    found = area(moved, cases(60, 60, 10))
    areas = np.array([area(moved[:, v], cases(60, 60)).spread.value for v in range(10)])
    assert found.spread.value == pytest.approx(areas.mean())
    assert found.rows[2].code == "variants" and found.rows[2].dof == 9
    assert 0.8 * areas.std(ddof=1) / np.sqrt(10) < found.rows[2].u <= areas.std(ddof=1) / np.sqrt(10)
    noisy = same + 0.6 * random.standard_normal(same.shape)  # scatter of single cases is no effect of retraining
    areas = np.array([area(noisy[:, v], cases(60, 60)).spread.value for v in range(10)])
    assert area(noisy, cases(60, 60, 10)).rows[2].u < 0.6 * areas.std(ddof=1) / np.sqrt(10)


def test_these_cases_and_no_others() -> None:
    random = np.random.default_rng(3)
    values = random.standard_normal((80, 5)) + (np.arange(80) < 30)[:, None]
    found = area(values, cases(30, 50, 5, population=False))
    areas = np.array([area(values[:, v], cases(30, 50)).spread.value for v in range(5)])
    assert [(row.code, row.dof) for row in found.rows] == [("variants", 4)]
    assert found.spread.u == pytest.approx(areas.std(ddof=1) / np.sqrt(5))
    assert "few_variants" in found.notes
    same = area(np.repeat(values[:, :1], 5, axis=1), cases(30, 50, 5, population=False)).spread
    assert (same.method, same.n) == ("all_equal", 5)
    here = area(values, cases(30, 50, 5, population=False, variants_are_sample=False))
    assert [row.code for row in here.rows] == ["repeats_bound"] and here.notes == ("repeats_bound",)


def test_repeats_that_were_seen_lower_the_bound() -> None:
    score = np.random.default_rng(4).standard_normal(60) + (np.arange(60) < 30)
    given = cases(30, 30, population=False)
    once = area(score, given).rows[0]
    often = area(np.repeat(score[:, None], 9, axis=1)[:, None, :], given).rows[0]
    assert (often.code, often.dof) == ("repeats_bound", 8)
    assert often.u == pytest.approx(once.u / 3)


def test_cases_lost_in_one_retraining_are_missing_in_that_one_alone() -> None:
    random = np.random.default_rng(8)
    values = random.standard_normal((50, 4)) + (np.arange(50) < 20)[:, None]
    keep = np.ones((50, 4), bool)
    keep[:3, 1] = keep[40, 2] = False
    keep[:20, 3] = False  # no positive case: this retraining has no area
    found = area(values, cases(20, 30, 4), keep[:, :, None])
    areas = [by_definition(values[:20, v][keep[:20, v]], values[20:, v][keep[20:, v]])[0] for v in range(3)]
    assert found.spread.value == pytest.approx(np.mean(areas))
    assert found.rows[-1].dof == 2


@pytest.mark.parametrize(("level", "m", "n"), [(0.7, 50, 50), (0.9, 20, 100), (0.97, 50, 50)])
def test_coverage_on_binormal_scores(level: float, m: int, n: int) -> None:
    random = np.random.default_rng(11)
    covered = wrong = 0
    for _ in range(400):
        values = random.standard_normal(m + n) + ndtri(level) * np.sqrt(2) * (np.arange(m + n) < m)
        spread = area(values, cases(m, n)).spread
        low, high = interval(spread, 0.95) or (0, 0)
        covered += low <= level <= high
        wrong += against_limit(spread, level, 0.05, at_least=True).outcome == "conforms"
    assert covered >= 0.92 * 400
    assert wrong <= 0.08 * 400  # a limit at the true value is accepted with a probability of about the risk


def test_coverage_with_retraining() -> None:
    random = np.random.default_rng(12)
    covered = 0
    positive = (np.arange(100) < 50)[:, None]
    mu = ndtri(0.9) * np.sqrt(2 * 1.25 + 0.09)  # so that the area, averaged over all, is 0.9
    for _ in range(300):
        shift = (mu + 0.3 * random.standard_normal(10)) * positive
        values = shift + random.standard_normal((100, 1)) + 0.5 * random.standard_normal((100, 10))
        low, high = interval(area(values, cases(50, 50, 10)).spread, 0.95) or (0, 0)
        covered += low <= 0.9 <= high
    assert covered >= 0.91 * 300
