"""Agreement: published numbers to all printed digits, statsmodels and scikit-learn, coverage, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from assay.uncertainty.judging.agreement import Ratings, cohen_kappa, fleiss_kappa, gwet_ac1, krippendorff_alpha
from assay.uncertainty.judging.intraclass import icc, mean_squares
from assay.uncertainty.resample import Plan
from assay.vocabulary.errors import BadInput

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text())
FLEISS = np.array([
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
])  # fmt: skip


def krippendorff_data():
    table = VECTORS["krippendorff"]["data"]
    value = np.array([[0.0 if one is None else one for one in row] for row in table]).T
    return Ratings(value, np.array([[one is not None for one in row] for row in table]).T)


def square(table):
    """Ratings of two raters from their table of counts."""
    table = np.asarray(table)
    rows, columns = np.indices(table.shape)
    return Ratings(np.stack([rows.ravel(), columns.ravel()], axis=1).repeat(table.ravel(), axis=0))


def simulated(rng, n, raters, certain):
    truth = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    return np.where(rng.random((n, raters)) < certain, truth[:, None], rng.integers(0, 3, (n, raters)))


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorff_vector(metric):
    found = krippendorff_alpha(krippendorff_data(), metric)
    assert found.value == pytest.approx(VECTORS["krippendorff"][metric], abs=1e-14)
    assert found.units == 11  # one unit has a single rating


def test_gwet_on_the_same_data():
    # Gwet 2014, Handbook of Inter-Rater Reliability, on these 12 units and 4 raters (recalled): AC1 = 0.77544,
    # percent agreement 0.81818
    found = gwet_ac1(krippendorff_data())
    assert found.value == pytest.approx(0.77544, abs=5e-6)
    assert found.observed == pytest.approx(0.81818, abs=5e-6)


def test_gwet_paradox():
    # Gwet 2008 (recalled): 118 and 2 in agreement, 5 against; kappa is low, AC1 is not
    table = [[118, 5], [2, 0]]
    assert gwet_ac1(square(table)).value == pytest.approx(0.941, abs=5e-4)
    assert cohen_kappa(square(table)).value == pytest.approx(-0.0234, abs=5e-5)


def test_fleiss_table_and_statsmodels():
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    codes = np.array([np.repeat(np.arange(5), row) for row in FLEISS])
    found = fleiss_kappa(Ratings(codes))
    assert found.value == pytest.approx(0.210, abs=5e-4)  # the worked example of 14 raters and 10 subjects
    assert found.value == pytest.approx(rater.fleiss_kappa(FLEISS), abs=1e-12)
    assert found.observed == pytest.approx(0.378, abs=5e-4)


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_against_scikit_learn_and_statsmodels(weights):
    metrics = pytest.importorskip("sklearn.metrics")
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    table = np.array([[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]])
    ratings = square(table)
    first, second = np.asarray(ratings.value).T
    found = cohen_kappa(ratings, weights, Plan(draws=20_000, method="percentile"))
    kind = None if weights == "none" else weights
    assert found.value == pytest.approx(metrics.cohen_kappa_score(first, second, weights=kind), abs=1e-12)
    wt = {"none": None, "linear": "linear", "quadratic": "quadratic"}[weights]
    theirs = rater.cohens_kappa(table, wt=wt)
    assert found.value == pytest.approx(theirs.kappa, abs=1e-12)
    assert found.u == pytest.approx(theirs.std_kappa, rel=0.05)  # the formula of Fleiss, Cohen and Everitt 1969


def test_alpha_by_definition_and_next_to_fleiss():
    """Nominal alpha of complete data is Fleiss' kappa corrected by 1 / (n m)."""
    data = simulated(np.random.default_rng(1), 50, 4, 0.7)
    alpha, kappa = krippendorff_alpha(Ratings(data)).value, fleiss_kappa(Ratings(data)).value
    assert alpha == pytest.approx(1 - (1 - kappa) * (1 - 1 / 200))
    # ordinal, from all pairs of values
    value = data.ravel()
    often = np.array([(value == k).sum() for k in range(3)])
    away = np.array([[abs(often[min(a, b) : max(a, b) + 1].sum() - (often[a] + often[b]) / 2) ** 2 for b in range(3)]
                     for a in range(3)])  # fmt: skip
    seen = np.mean([away[a, b] for row in data for i, a in enumerate(row) for j, b in enumerate(row) if i != j])
    expected = sum(away[a, b] for i, a in enumerate(value) for j, b in enumerate(value) if i != j) / (200 * 199)
    assert krippendorff_alpha(Ratings(data), "ordinal").value == pytest.approx(1 - seen / expected)


def test_shrout_and_fleiss():
    vector = VECTORS["shrout_fleiss_1979"]
    squares = mean_squares(vector["rows"])
    expected = vector["expect"]
    for name, value in (("BMS", squares.targets), ("WMS", squares.within), ("JMS", squares.raters),
                        ("EMS", squares.residual)):  # fmt: skip
        assert value == pytest.approx(expected[name], abs=5.1e-3)
    # intervals: the psych package of R on these data (recalled)
    published = {1: ("ICC11", -0.133, 0.72, 0.44), 2: ("ICC21", 0.019, 0.76, 0.62), 3: ("ICC31", 0.342, 0.95, 0.91)}
    for form, (name, low, high, mean) in published.items():
        found = icc(vector["rows"], form)
        assert found.value == pytest.approx(expected[name], abs=5e-3)
        assert found.interval == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=5.1e-3))
        assert found.of_mean == pytest.approx(mean, abs=5.1e-3)


def test_icc_interval_is_the_test_of_the_correlation():
    """At the lower end of ICC(3, 1) the F of the table is at the 97.5 % point of its distribution there."""
    stats = pytest.importorskip("scipy.stats")
    y = np.random.default_rng(2).normal(size=(15, 1)) + np.random.default_rng(3).normal(size=(15, 3))
    found, squares = icc(y, 3), mean_squares(y)
    for end, tail in zip(found.interval, (0.975, 0.025), strict=True):
        f = squares.targets / squares.residual * (1 - end) / (1 + 2 * end)
        assert stats.f.cdf(f, 14, 28) == pytest.approx(tail)


def test_units_rated_alike_leave_an_interval_of_some_width():
    data = np.repeat(np.arange(40)[:, None] % 2, 3, axis=1)
    for found in (fleiss_kappa(Ratings(data), Plan()), krippendorff_alpha(Ratings(data), plan=Plan()),
                  gwet_ac1(Ratings(data), plan=Plan()), cohen_kappa(Ratings(data[:, :2]), plan=Plan())):  # fmt: skip
        assert found.value == 1 and found.u is None
        assert found.interval[1] == 1 and 0.75 < found.interval[0] < 0.9
    rare = np.repeat((np.arange(40) == 0)[:, None].astype(float), 3, axis=1)
    assert fleiss_kappa(Ratings(rare), Plan()).interval[0] < 0  # one unit of the second category shows little


def test_clusters_of_units_widen():
    rng = np.random.default_rng(4)
    data = np.repeat(simulated(rng, 30, 3, 0.7), 5, axis=0)
    alone = fleiss_kappa(Ratings(data), Plan())
    clustered = fleiss_kappa(Ratings(data, None, np.repeat(np.arange(30), 5)), Plan())
    assert clustered.value == alone.value and clustered.u > 1.8 * alone.u


def test_missing_ratings_are_no_category():
    data = simulated(np.random.default_rng(5), 60, 3, 0.8).astype(float)
    present = np.random.default_rng(6).random(data.shape) < 0.8
    hidden = np.where(present, data, np.nan)
    one, other = (krippendorff_alpha(Ratings(values, present)) for values in (data, hidden))
    assert one == other
    both = present[:, :2].all(axis=1)
    assert cohen_kappa(Ratings(data[:, :2], present[:, :2])).value == cohen_kappa(Ratings(data[both, :2])).value


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: cohen_kappa(Ratings([[1, 2, 3]] * 4)), "numbers.range"),
        (lambda: cohen_kappa(Ratings([[1, 1]] * 9)), "agreement.one_category"),
        (lambda: fleiss_kappa(Ratings([[1, 1]] * 9)), "agreement.one_category"),
        (lambda: krippendorff_alpha(Ratings([[1, 1]] * 9)), "agreement.one_category"),
        (lambda: fleiss_kappa(Ratings([[1, 1], [1, 2]], [[True, True], [True, False]])), "numbers.range"),
        (lambda: krippendorff_alpha(Ratings([[1, 2], [2, 1]], [[True, False], [False, True]])), "numbers.too_few"),
        (lambda: krippendorff_alpha(Ratings([[1, -2], [2, 1]]), "ratio"), "numbers.range"),
        (lambda: fleiss_kappa(Ratings([[1, 2]]), Plan()), "numbers.too_few"),
        (lambda: gwet_ac1(Ratings([[1, 2], [3, 1]]), 2), "numbers.range"),
        (lambda: fleiss_kappa(Ratings([[1, 2], [1, 1]] * 5, None, [0] * 10), Plan()), "numbers.too_few"),
        (lambda: icc([[1.0, 1.0], [1.0, 1.0]], 1), "numbers.no_scatter"),
        (lambda: icc([[1.0, 2.0], [3.0, 4.0]], 3), "numbers.no_scatter"),
        (lambda: icc([[1.0], [3.0]], 1), "numbers.too_few"),
        (lambda: icc([[1.0, float("nan")], [3.0, 2.0]], 1), "numbers.not_finite"),
    ],
)
def test_refusals(call, code):
    with pytest.raises(BadInput) as refused:
        call()
    assert refused.value.code == code


def test_ac1_of_one_category_is_full_agreement():
    assert gwet_ac1(Ratings([[1, 1]] * 9)).value == 1


def test_coverage():
    rng = np.random.default_rng(7)
    large = simulated(rng, 400_000, 3, 0.8)
    methods = {
        "fleiss": lambda data, plan=None: fleiss_kappa(Ratings(data), plan),
        "alpha": lambda data, plan=None: krippendorff_alpha(Ratings(data), "ordinal", plan),
        "ac1": lambda data, plan=None: gwet_ac1(Ratings(data), 3, plan),
        "kappa": lambda data, plan=None: cohen_kappa(Ratings(data[:, :2]), "quadratic", plan),
    }
    truth = {name: method(large).value for name, method in methods.items()}
    covered = dict.fromkeys(methods, 0)
    for seed in range(150):
        data = simulated(rng, 100, 3, 0.8)
        for name, method in methods.items():
            low, high = method(data, Plan(600, seed)).interval
            covered[name] += low <= truth[name] <= high
    assert min(covered.values()) >= 0.89 * 150, covered


@pytest.mark.parametrize(("form", "truth"), [(1, 0.5), (2, 1 / 2.25), (3, 0.5)])
def test_coverage_of_intraclass_correlations(form, truth):
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(500):
        y = rng.normal(0, 1, (20, 1)) + (form > 1) * rng.normal(0, 0.5, 4) + rng.normal(0, 1, (20, 4))
        low, high = icc(y, form).interval
        covered += low <= truth <= high
    assert covered >= 0.92 * 500
