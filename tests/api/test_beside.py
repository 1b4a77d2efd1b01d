"""Two runs whose readings depend on those before them: what is common cancels, and nothing else does."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assay.api._beside import Beside, stands_alone
from assay.api._judged import Rule
from assay.line.estimate import Estimated
from assay.uncertainty.queueing.latency import mean
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Component, Note, Result

MS = Measurand(name="serving.e2e:mean", label={}, definition={}, unit="ms", better="lower", low=0.0)
RULE = Rule(0.95, 0.95, None, "lower", "", 1)


def result(value: float | None, interval: Any, budget: tuple[tuple[str, str, float], ...], **more: Any) -> Result:
    u = float(np.sqrt(sum(row[2] ** 2 for row in budget))) if budget else None
    rows = tuple(Component(source=source, label="x", kind=kind, u=each, share=0.5)  # type: ignore[arg-type]
                 for source, kind, each in budget)  # fmt: skip
    return Result(
        measurand=MS.name, estimand="population", value=value, u=u, interval=interval, level=0.95, k=None, dof=None,
        method="requests", n_effective=None, n_items=100, n_groups=None, n_repeats=1, n_variants=1,
        n_observations=100, counts={"ok": 100}, if_lost=None, budget=rows, **more,
    )  # fmt: skip


def run(own: Result, schedule: str = "", series: Any = None, ends: tuple[Any, Any] = (None, None)) -> Any:
    """A run that has this result at every level."""
    lost = np.array([ends != (None, None)])
    return SimpleNamespace(
        name="r", defined=MS, result=own, schedules=[schedule] if schedule else [], series=lambda: series,
        side=SimpleNamespace(lost=lost), at=lambda level: Estimated(own, *ends),
    )  # fmt: skip


def test_only_a_calibration_that_both_name_is_common() -> None:
    first = result(10.0, (8.0, 12.0), (("requests", "A", 0.6), ("client:aaa", "B", 0.8)))
    own = result(14.0, (12.0, 16.0), (("requests", "A", 0.6), ("client:bbb", "B", 0.8)))
    same = result(14.0, (12.0, 16.0), (("requests", "A", 0.6), ("client:aaa", "B", 0.8)))
    apart, together = (Beside(run(first), run(second), RULE).stated() for second in (own, same))
    assert apart.correlation == 0.0 and together.correlation == pytest.approx(0.64)
    assert apart.interval == pytest.approx((4 - 8**0.5, 4 + 8**0.5)) and apart.u == pytest.approx(2**0.5)
    assert together.interval == pytest.approx((4 - (0.72 * 4) ** 0.5, 4 + (0.72 * 4) ** 0.5))
    assert together.u == pytest.approx((2 - 2 * 0.64) ** 0.5)
    assert together.verdict == "worse" and together.ratio == pytest.approx(1.4)


def simulated(seed: int, n: int = 1500) -> tuple[Any, Any]:
    """Two servers with the same crowds of requests, which make the second a little slower."""
    rng = np.random.default_rng(seed)
    crowd, noise = np.zeros(n), rng.normal(size=n)
    for place in range(1, n):
        crowd[place] = 0.9 * crowd[place - 1] + noise[place]
    return 60 + 3 * crowd + rng.normal(size=n), 61 + 3.3 * crowd + rng.normal(size=n)


def stated(values: Any) -> Result:
    found = mean([values])
    return result(found.value, (found.low, found.high), (("requests", "A", found.u or 0.0),))


def test_the_crowds_of_one_schedule_cancel_and_the_interval_still_covers() -> None:
    covered, widths = 0, []
    for seed in range(80):
        first, second = simulated(seed)
        sides = [(stated(values), values[None, :]) for values in (first, second)]
        same = Beside(run(sides[0][0], "s", sides[0][1]), run(sides[1][0], "s", sides[1][1]), RULE)
        other = Beside(run(sides[0][0], "s", sides[0][1]), run(sides[1][0], "t", sides[1][1]), RULE).stated()
        line = same.stated()
        assert line.interval is not None and other.interval is not None and other.correlation == 0.0
        covered += line.interval[0] <= 1.0 <= line.interval[1]
        widths.append((line.interval[1] - line.interval[0]) / (other.interval[1] - other.interval[0]))
    assert covered >= 74
    assert np.median(widths) < 0.5


def test_requests_that_count_for_one_alone_do_not_count() -> None:
    first, second = simulated(1)
    holed = second.copy()
    holed[:1490] = np.nan  # a dozen are left: too few to say what is common
    made = Beside(run(stated(first), "s", first[None, :]), run(stated(second), "s", holed[None, :]), RULE)
    assert made.same_schedule and made.stated().correlation == 0.0
    shorter = Beside(run(stated(first), "s", first[None, :]), run(stated(second), "s", second[None, :700]), RULE)
    assert shorter.stated().correlation == 0.0


def test_what_was_lost_may_decide_and_then_nothing_is_said() -> None:
    first = result(10.0, (9.0, 11.0), (("requests", "A", 0.5),))
    second = result(13.0, (12.0, 14.0), (("requests", "A", 0.5),))
    low = result(8.0, (7.0, 9.0), (("requests", "A", 0.5),))
    assert Beside(run(first), run(second), RULE).stated().verdict == "worse"
    line = Beside(run(first), run(second, ends=(low, second)), RULE).stated()
    assert line.verdict == "cannot_tell" and "lost_decides" in {note.code for note in line.notes}
    unbounded = result(13.0, (12.0, 14.0), (("requests", "A", 0.5),), notes=(Note(code="lost_unbounded"),))
    line = Beside(run(first), run(unbounded), RULE).stated()
    assert line.verdict == "cannot_tell" and line.interval is not None
    assert "lost_unbounded" in {note.code for note in line.notes}


def test_a_run_without_a_value_or_an_interval_decides_nothing() -> None:
    first = result(10.0, (9.0, 11.0), (("requests", "A", 0.5),))
    nothing = Beside(run(first), run(result(None, None, ())), RULE).stated()
    assert (nothing.value, nothing.interval, nothing.verdict) == (None, None, "cannot_tell")
    alone = Beside(run(first), run(result(12.0, None, ())), RULE).stated()
    assert (alone.value, alone.interval, alone.ratio, alone.verdict) == (2.0, None, None, "cannot_tell")
    assert "no_interval" in {note.code for note in alone.notes}


def test_an_end_at_zero_has_no_ratio() -> None:
    first = result(0.5, (0.0, 1.5), (("requests", "A", 0.5),))
    assert Beside(run(first), run(result(3.0, (2.0, 4.0), (("requests", "A", 0.5),))), RULE).stated().ratio is None


def test_means_over_items_are_still_paired() -> None:
    from assay.packs.general.estimator.mean import Mean
    from assay.packs.serving.estimator.quantile import Quantile

    def work(estimator: Any) -> Any:
        return SimpleNamespace(recipe=SimpleNamespace(estimators={"m": estimator}))

    assert not stands_alone([work(Mean()), work(Mean())], "m") and stands_alone([work(Quantile(0.5))] * 2, "m")
    assert not stands_alone([work(Quantile(0.5)), work(Mean())], "m")
