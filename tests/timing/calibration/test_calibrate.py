"""The certificate of the client: its interval holds the next run's error, and it refuses when it must."""

import msgspec
import numpy as np
import pytest
from scipy import stats

from assay.timing.calibration.calibrate import Load, TimingLine, calibrated, certified, joined, judged, offered_at
from assay.timing.calibration.deviation import Compared, Deviations, compared, statistic
from assay.timing.calibration.pilots import PILOT, drift, pilots
from assay.timing.client.asked import MS, How, Request
from assay.timing.client.offer import offer
from assay.timing.client.offered import Conditions
from assay.timing.reference.serving import serving
from assay.vocabulary.errors import BadInput

LIGHT = Load(concurrency=4, chunks_per_s=300, chunks=6, ttft_ms=10, seconds=0.3, batches=4, tolerance_ms=3000,
             tail_tolerance_ms=9000)  # fmt: skip
CALM = Conditions(start_ns=0, end_ns=10**9, workers=1, processors=1)


def line(errors, bracket=0.0):
    return TimingLine(quantity="ttft", statistic="mean", errors=tuple(errors), error=0.0, true=0.0, bracket=bracket)


def rows(error, count=40, itl=2, true=100.0, lost=0):
    """Requests whose times to first token err so much; the first ``lost`` are not to be relied upon."""
    errors = np.broadcast_to(error, count)
    return Deviations([Compared(k, None if k < lost else (true + errors[k], true), (2 * true, 2 * true),
                                np.ones((2, itl)), 0.002, 0.001, 1.0) for k in range(count)], 0)  # fmt: skip


def test_half_is_student_s_prediction_or_the_worst_batch():
    errors = [0.1, 0.3, 0.2, 0.25, 0.15]
    by_scipy = stats.t.ppf(0.975, 4) * np.std(errors, ddof=1) * np.sqrt(1 + 1 / 5)
    assert line(errors).bias == pytest.approx(0.2) and line(errors).half == pytest.approx(by_scipy)
    assert line(errors, 0.5).bound == pytest.approx(0.2 + by_scipy + 0.5)
    one_far = [0.0] * 19 + [10.0]
    assert line(one_far).half == pytest.approx(9.5), "Student's t alone would say 4.8"


@pytest.mark.parametrize("drawn", ["normal", "stalls", "drifting"])
def test_the_interval_holds_the_error_of_the_next_run(drawn):
    draws = np.random.default_rng(7)
    held = 0
    for _ in range(1000):
        if drawn == "normal":
            errors = draws.normal(1, 0.3, 21)
        elif drawn == "stalls":
            errors = 0.02 + 0.01 * draws.standard_gamma(2, 21) + draws.exponential(5, 21) * (draws.random(21) < 0.1)
        else:
            errors = 0.05 * np.cumsum(draws.normal(size=21)) + draws.normal(size=21)
        made = line(np.delete(errors, 10))
        held += abs(errors[10] - made.bias) <= made.half
    assert 920 <= held <= 985


def test_a_certificate_of_known_errors():
    made = certified(Load(chunks_per_s=60.0, batches=4), rows(0.25), CALM)
    found = made.line("ttft", "mean")
    assert found.error == pytest.approx(0.25) and found.errors == pytest.approx((0.25,) * 4) and found.true == 100
    assert found.half == pytest.approx(0.001) and made.refused == () and made.requests == 40
    assert made.corrected(107.0, "ttft", "p99") == pytest.approx((106.75, 106.749, 106.751))
    assert made.chunks_per_s == 120 and made.line("itl", "p99").error == 0
    with pytest.raises(BadInput, match="nothing of p90 of itl"):
        certified(Load(batches=4), rows(0.25, itl=0), CALM).line("itl", "p90")


@pytest.mark.parametrize(
    ("found", "conditions", "reason"),
    [
        (rows(1.01), {}, "error"),
        (rows([0.0] * 39 + [6.0]), {}, "error"),
        (rows(0.1, lost=9), {}, "unresolved"),
        (rows(0.1, lost=40), {}, "few"),
        (rows(0.1, count=0), {}, "few"),
        (rows(0.1), {"end_ns": 10**12}, "rate"),
        (rows(0.1), {"invalid": ("clock_step",)}, "clock_step"),
    ],
)
def test_refusals(found, conditions, reason):
    made = certified(Load(chunks_per_s=60.0, batches=4), found, msgspec.structs.replace(CALM, **conditions))
    assert reason in made.refused
    with pytest.raises(BadInput, match=reason):
        made.corrected(100.0, "ttft", "mean")


def test_the_rule_of_a_third_follows_the_tolerance():
    load = Load(chunks_per_s=60.0, batches=4, tolerance_ms=3.1)
    assert certified(load, rows(1.01), CALM).refused == ()
    assert certified(load, rows(1.04), CALM).refused == ("error",)


def test_before_and_after_are_joined_so_that_drift_widens_the_interval():
    load = Load(chunks_per_s=60.0, batches=4)
    before, after = certified(load, rows(0.1), CALM), certified(load, rows(0.3), CALM)
    both = joined([before, after])
    found = both.line("ttft", "mean")
    assert len(found.errors) == 8 and found.bias == pytest.approx(0.2) and found.half > 0.2 and both.requests == 80
    assert joined([before, certified(load, rows(5.0), CALM)]).refused == ("error",)
    refused = certified(load, rows(0.1), msgspec.structs.replace(CALM, invalid=("late",)))
    assert "late" in joined([before, refused]).refused
    for parts in ([], [before, certified(Load(batches=4), rows(0.1), CALM)]):
        with pytest.raises(BadInput, match="one and the same load"):
            joined(parts)
    assert judged(both).refused == both.refused


def test_a_statistic_is_what_another_library_says():
    values = np.random.default_rng(1).gamma(2, 3, 501)
    for p in (50, 90, 99):
        assert statistic(values, f"p{p}") == stats.scoreatpercentile(values, p, interpolation_method="higher") or (
            np.mean(values <= statistic(values, f"p{p}")) >= p / 100)  # fmt: skip
    assert statistic(values, "mean") == pytest.approx(np.sum(values) / 501)


@pytest.fixture(scope="module")
def server():
    with serving(LIGHT.script) as running:
        yield running


def test_the_client_is_calibrated_at_a_load(server):
    made = calibrated(LIGHT, How(workers=2), server)
    assert made.requests == LIGHT.count and made.failed == 0 and made.conditions[0].workers == 2
    assert {(one.quantity, one.statistic) for one in made.lines} >= {("ttft", "mean"), ("e2e", "p99"), ("itl", "p50")}
    assert all(abs(one.error) < 500 for one in made.lines) and made.behind_p99_ms >= 0
    assert abs(made.line("ttft", "mean").true - 10) < 500


def test_answers_of_others_are_not_compared(server):
    server.forget()
    offered, conditions = offered_at(LIGHT, None, server)
    truth = server.truth()
    some = dict(list(truth.items())[:5])
    found = compared(offered, some, conditions.windows)
    assert len(found.rows) == 5 and found.failed == len(offered) - 5
    assert [row.at_ns for row in found.rows] == sorted(row.at_ns for row in found.rows)


def test_pilots_run_beside_the_load(server):
    made = calibrated(LIGHT, None, server)
    own = [Request(body=offered_body(), group="own")] * 12
    asked = pilots(own, 1, 40, 0.4, chunks=4)
    assert sum(one.group == PILOT for one in asked) == 10 and asked[1].at_ns == 40 * MS
    server.forget()
    offered, conditions = offer([server.target, server.target], asked, How(concurrency=3))
    found = drift(made, offered, server.truth(), conditions)
    assert found.n == 10 and found.agrees in (True, False) and abs(found.error) < 500
    assert drift(made, offered[:0], {}, conditions).agrees is None
    far = msgspec.structs.replace(made, lines=tuple(msgspec.structs.replace(one, errors=(-900.0,) * 8)
                                                    for one in made.lines))  # fmt: skip
    assert drift(far, offered, server.truth(), conditions).agrees is False
    with pytest.raises(BadInput):
        pilots(own, 1, 0, 1)


def offered_body():
    return msgspec.json.encode({"model": "timing", "stream": True, "max_tokens": 3})


@pytest.mark.parametrize("bad", [
    {"concurrency": 0}, {"chunks": 1}, {"batches": 2}, {"seconds": 0.0}, {"tolerance_ms": 0.0},
    {"chunks_per_s": 1e6},
])  # fmt: skip
def test_loads_that_cannot_be(bad):
    with pytest.raises(BadInput):
        calibrated(Load(**bad))


def test_a_load_has_the_gap_that_makes_its_rate():
    load = Load(concurrency=64, chunks_per_s=16000)
    due = load.script.due_ns(0)
    assert 64 * 64 / (due[-1] / 1e9) == pytest.approx(16000, rel=1e-6)
    assert load.count % 64 == 0
