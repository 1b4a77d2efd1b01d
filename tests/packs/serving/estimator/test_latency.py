"""Quantile and mean of times: their intervals, their budgets, and what failures do."""

from typing import Any

import numpy as np
import pytest

from assay.catalogue.find import locate
from assay.line.decide import decide
from assay.line.estimate import Task, estimate
from assay.packs.serving._client import Client
from assay.packs.serving.estimator.mean import Mean
from assay.packs.serving.estimator.quantile import Quantile
from assay.packs.serving.estimator.share import Share
from assay.reports.phrases import Phrases
from assay.testing.check import check_part
from assay.uncertainty.queueing.latency import mean, quantile
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan, Stopping, Variant
from assay.vocabulary.result import Requirement
from assay.vocabulary.status import STATUSES
from assay.vocabulary.whole import Forewarns

TTFT = Measurand(name="serving.ttft:p99", label={}, definition={}, unit="ms", better="lower", low=0)
CLIENT = Client(bias_ms=2.0, half_ms=1.96, certificates=("ab" * 32,), restarts=2, known=True)


def task(repeats: int = 2, **more: Any) -> Task:
    return Task(TTFT, Plan(variants=(Variant(name="a"),), repeats=repeats, **more))


def material(made: Any, n: int) -> Material:
    return Material(name="m", version="1", licence="", source="", items=tuple(made.items(n)))


def runs(seed: int, n: int = 500) -> list[list[float | None]]:
    rng = np.random.default_rng(seed)
    return [rng.permutation(np.arange(1.0, n + 1)).tolist() for _ in range(2)]  # restarts that do not differ


@pytest.mark.parametrize("name", ["quantile", "mean", "share", "cost"])
def test_meets_the_contract(name: str) -> None:
    assert check_part(locate("estimator", f"serving.{name}", "test")) == []


def test_the_interval_is_that_of_the_room_of_numbers_and_the_client_widens_it(made: Any) -> None:
    given = runs(1)
    for estimator, with_client, of in (
        (Quantile(0.9), Quantile(0.9, CLIENT), lambda x: quantile(x, 0.9)), (Mean(), Mean(CLIENT), mean),
    ):  # fmt: skip
        plain = estimator.estimate(task(), made.rows(given), material(made, 500))
        found = of(given)
        assert plain.value == found.value and plain.interval == pytest.approx((found.low, found.high))
        assert plain.u == pytest.approx(found.u)
        corrected = with_client.estimate(task(), made.rows(given), material(made, 500))
        assert corrected.value == pytest.approx(found.value - 2.0)
        assert plain.interval and corrected.interval and corrected.value
        for end, mine in zip(plain.interval, corrected.interval, strict=True):
            assert abs(mine - corrected.value) == pytest.approx(np.hypot(end - found.value, 1.96))
        assert [row.source for row in corrected.budget] == ["requests", "restarts", "client:abababababab"]
        assert corrected.budget[-1].kind == "B" and corrected.budget[-1].u == pytest.approx(1.0, rel=1e-4)
        assert corrected.u == pytest.approx(np.sqrt(sum(row.u**2 for row in corrected.budget)))


def test_bounds_at_every_risk_decide(made: Any) -> None:
    found = Quantile(0.9, CLIENT).estimate(task(), made.rows(runs(2)), material(made, 500))
    highs = {risk: high for risk, _, high in found.one_sided if high is not None}
    assert list(highs.values()) == sorted(highs.values(), reverse=True) and len(highs) > 5
    assert found.interval is not None and highs[0.025] == found.interval[1]


def test_a_failed_request_took_longer_than_any(made: Any) -> None:
    given = runs(3)
    for place in range(0, 500, 20):  # one in twenty
        given[0][place] = given[1][place] = None
    assert Quantile(0.99).estimate(task(), made.rows(given), material(made, 500)).value is None
    median = Quantile(0.5).estimate(task(), made.rows(given), material(made, 500))
    every = sorted(np.inf if one is None else one for run in given for one in run)
    assert median.value == every[499]
    answered = Mean().estimate(task(), made.rows(given), material(made, 500))
    assert answered.notes[-1].code == "serving.mean_of_answered" and answered.notes[-1].values == {"failed": 50}
    assert answered.value == pytest.approx(np.mean([one for run in given for one in run if one is not None]))


def lost(observations: Observations, share: int) -> Observations:
    observations.status[::share] = STATUSES.index("instrument_failed")
    return observations


def test_lost_times_bound_a_quantile_and_leave_a_mean_open(made: Any) -> None:
    rows, m = lost(made.rows(runs(4)), 100), material(made, 500)
    found = estimate(task(), Quantile(0.9), rows, m)
    assert found.low and found.high and found.low.value < found.result.value < found.high.value
    worst = estimate(task(), Quantile(0.999), rows, m).high
    assert worst is not None and worst.value == 1e9  # longer than any timeout: above every limit, as it may be
    above = Requirement(measurand=TTFT.name, at_most=100.0)
    [decided] = decide((above,), {TTFT.name: estimate(task(), Quantile(0.9), rows, m)}, {TTFT.name: TTFT})
    assert decided.outcome == "does_not_conform"  # with every lost time at its best and at its worst
    mean_found = estimate(task(), Mean(), rows, m)
    assert mean_found.low is None and mean_found.result.notes[-1].code == "lost_unbounded"


def test_few_requests_have_no_interval_and_a_pile_up_says_how_many_it_takes(made: Any) -> None:
    few = Quantile(0.5).estimate(task(), made.rows([[1.0] * 10, [2.0] * 10]), material(made, 10))
    assert (few.value, few.interval, few.u, few.n_effective) == (1.0, None, None, None)
    assert few.notes[-1].code == "latency.few" and few.notes[-1].values == {"n": 20, "needed": 40}
    outside = Quantile(0.99).estimate(task(), made.rows([[1.0] * 10, [2.0] * 10]), material(made, 10))
    assert outside.value is None and outside.notes[-1].code == "latency.outside"
    assert outside.notes[-1].values == {"n": 20, "needed": 100}
    average = Mean(CLIENT).estimate(task(), made.rows([[3.0] * 10, [6.0] * 10]), material(made, 10))
    assert average.value == 2.5 and average.interval is None  # the client's bias of 2 ms is taken off
    none = Mean().estimate(task(), made.rows([[None] * 10]), material(made, 10))
    assert none.value is None
    ramp = np.repeat(np.arange(1.0, 6.0), 100).tolist()
    found = Quantile(0.9).estimate(task(), made.rows([ramp, ramp]), material(made, 500))
    assert found.interval is None and found.notes[-1].code == "latency.few_effective"
    assert int(found.notes[-1].values["needed"]) > 1000
    asked = Requirement(measurand=TTFT.name, at_most=1.0)
    shown = {TTFT.name: estimate(task(), Quantile(0.9), made.rows([ramp, ramp]), material(made, 500))}
    [decided] = decide((asked,), shown, {TTFT.name: TTFT})
    assert (decided.outcome, [note.code for note in decided.notes]) == ("inconclusive", ["undecided_no_interval"])


def test_too_few_planned_requests_are_told_before_any_is_sent() -> None:
    assert isinstance(Quantile(0.99), Forewarns) and isinstance(Share(), Forewarns)
    outside, few = Quantile(0.99).forewarned(99), Quantile(0.5).forewarned(39)
    assert outside is not None and outside.code == "serving.planned_outside"
    assert outside.values == {"n": 99, "p": "99", "needed": 100}
    assert few is not None and (few.code, few.values) == ("serving.planned_few", {"n": 39, "needed": 40})
    assert Mean().forewarned(39) == few == Share().forewarned(39)
    assert Quantile(0.99).forewarned(100) is None is Mean().forewarned(40)
    assert "39" in Phrases("zh").note(few) and "p99" in Phrases("en").note(outside)


def test_designs_that_a_load_cannot_have_are_refused(made: Any) -> None:
    two = Task(TTFT, Plan(variants=(Variant(name="a"), Variant(name="b"))))
    for wrong in (two, task(stopping=Stopping(decide_early=True))):
        with pytest.raises(BadInput, match="serving.mean"):
            Mean().check(wrong, material(made, 10))


def test_of_a_day_only_whole_restarts_repeat_each_other(made: Any) -> None:
    day = np.concatenate([np.full(100, 10.0), np.linspace(10.0, 100.0, 300), np.full(100, 10.0)])
    given = [(day * factor).tolist() for factor in (0.9, 1.0, 1.1)]
    daily = Client(stationary=False, restarts=3)
    plan = task(repeats=3)
    found = Mean(daily).estimate(plan, made.rows(given), material(made, 500))
    means = [float(np.mean(run)) for run in given]
    half = 4.302652729911275 * np.std(means, ddof=1) / np.sqrt(3)
    assert found.value == pytest.approx(np.mean(means))
    assert found.interval == pytest.approx((np.mean(means) - half, np.mean(means) + half))
    assert [row.source for row in found.budget] == ["restarts"]
    one = Quantile(0.9, daily).estimate(task(repeats=1), made.rows(given[:1]), material(made, 500))
    assert one.value is not None and one.interval is None and one.notes[-1].code == "serving.few_restarts"
    share = Share(daily).estimate(plan, made.rows([[1.0] * 500] * 3), material(made, 500))
    assert share.value == 1.0 and share.interval is not None and 0.99 < share.interval[0] < 1.0
