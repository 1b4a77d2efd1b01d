"""Mean grades by the line on a judge's scores: statsmodels, the relation to PPI++, coverage, transfer, refusals."""


import numpy as np
import pytest

from assay.uncertainty.judging.graded_judge import Graded, Scored, between_kinds, graded_mean
from assay.uncertainty.judging.prediction_powered import Judged, Labelled, prediction_powered
from assay.uncertainty.spread import interval
from assay.vocabulary.errors import BadInput


def cases(n=80, seed=1, kinds=3):
    rng = np.random.default_rng(seed)
    x, kind = rng.normal(size=n), rng.integers(0, kinds, n)
    return Graded(0.2 + 0.1 * kind + 0.5 * x + 0.3 * rng.normal(size=n), x, kind)


def test_line_against_statsmodels():
    api = pytest.importorskip("statsmodels.api")
    data = cases()
    line = graded_mean(data, Scored([0.0, 1.0], [0, 1])).line
    fitted = api.OLS(data.grade, line.design).fit(cov_type="HC2")
    assert [*line.intercept, line.slope] == pytest.approx(fitted.params)
    assert line.covariance == pytest.approx(fitted.cov_params())
    single = data._replace(kind=None)
    assert graded_mean(single, Scored([0.0, 1.0])).line.r2 == pytest.approx(
        np.corrcoef(data.grade, data.score)[0, 1] ** 2
    )


def test_clusters_of_one_are_no_clusters():
    data, use = cases(), Scored([0.0, 1.0, 2.0], [0, 1, 2])
    alone, each = graded_mean(data, use), graded_mean(data._replace(group=np.arange(80)), use)
    assert each.line.covariance == pytest.approx(alone.line.covariance)
    assert each.spread.u == pytest.approx(alone.spread.u)


def test_on_a_random_sample_it_is_prediction_powered_with_the_slope_for_weight():
    data = cases(200)._replace(kind=None)
    many = np.random.default_rng(2).normal(size=3000)
    ours = graded_mean(data, Scored(many))
    other = prediction_powered(Labelled(data.grade, data.score), Judged(many), weight=ours.line.slope)
    assert ours.raw == pytest.approx(other.raw)
    assert ours.spread.u == pytest.approx(other.spread.u, rel=0.02)


@pytest.mark.parametrize(("n", "away", "clusters"), [(50, 1.0, 0), (200, 0.5, 20)])
def test_coverage(n, away, clusters):
    rng, hits, naive, size = np.random.default_rng(n), 0, 0, 300
    for _ in range(size):
        x, kind = rng.normal(size=n), rng.integers(0, 2, n)
        group = rng.integers(0, clusters, n) if clusters else None
        noise = 0.2 * rng.normal(size=n) * (1 + abs(x))
        noise = noise if group is None else noise + 0.2 * rng.normal(size=clusters)[group]
        use = Scored(rng.normal(size=1000) + away, rng.integers(0, 2, 1000))
        found = graded_mean(Graded(0.6 + 0.2 * kind + 0.5 * x + noise, x, kind, group), use)
        truth = 0.7 + 0.5 * away
        low, high = interval(found.spread, 0.95)
        hits += low <= truth <= high
        naive += abs(found.naive - truth) <= 1.96 / 1000**0.5
    assert hits / size >= 0.93 - 2.5 * (0.05 * 0.95 / size) ** 0.5
    assert naive < size / 10


def test_budget_and_transfer():
    data, use = cases(), Scored(np.linspace(-1, 1, 50), [0, 1] * 25)
    plain, unsure = graded_mean(data, use), graded_mean(data, use, transfer_u=0.1)
    assert [row.code for row in unsure.rows] == ["line", "scores", "transfer"]
    assert unsure.spread.u == pytest.approx(np.hypot(plain.spread.u, 0.1))
    assert graded_mean(data, Scored(use.score + np.array(3.0), use.kind)).rows[0].contribution > 2 * (
        plain.rows[0].contribution
    )


def test_within_bounds():
    data = cases()._replace(kind=None)
    found = graded_mean(data, Scored([9.0, 9.5, 10.0]), (-1.0, 1.5))
    assert found.raw > found.spread.value == 1.5
    assert interval(found.spread, 0.95)[1] == 1.5
    assert found.away > 5


def test_scatter_between_kinds():
    rng = np.random.default_rng(3)
    kind = np.repeat(np.arange(30), 40)
    x = rng.normal(size=1200)
    offset = 0.2 * rng.normal(size=30)
    y = 0.5 * x + offset[kind] + 0.3 * rng.normal(size=1200)
    assert between_kinds(Graded(y, x, kind)) == pytest.approx(offset.std(ddof=1), rel=0.1)
    assert between_kinds(Graded(y, x, kind), 4) == pytest.approx(between_kinds(Graded(y, x, kind)) / 2)
    assert between_kinds(Graded(y - offset[kind], x, kind)) < 0.05


@pytest.mark.parametrize(
    ("data", "use", "code"),
    [
        (Graded(np.random.default_rng(4).normal(size=50), np.arange(50.0)), Scored([1.0, 2.0]), "judge.flat"),
        (Graded(-np.arange(50.0), np.arange(50.0) % 49), Scored([1.0, 2.0]), "judge.flat"),
        (cases(), Scored([1.0, 2.0], [0, 7]), "judge.kind"),
        (cases(8), Scored([1.0, 2.0], [0, 1]), "numbers.too_few"),
        (Graded(np.arange(20.0), np.ones(20)), Scored([1.0, 2.0]), "numbers.no_scatter"),
        (Graded(np.arange(20.0), np.arange(19.0)), Scored([1.0, 2.0]), "numbers.length"),
        (Graded(np.arange(20.0), np.arange(20.0) ** 2), Scored([1.0, np.inf]), "numbers.not_finite"),
    ],
)
def test_refusals(data, use, code):
    with pytest.raises(BadInput) as refused:
        graded_mean(data, use)
    assert refused.value.code == code


def test_refusals_of_transfer():
    with pytest.raises(BadInput, match="transfer_u"):
        graded_mean(cases(), Scored([1.0, 2.0], [0, 1]), transfer_u=-1.0)
    with pytest.raises(BadInput, match="kinds"):
        between_kinds(cases(kinds=2))
