"""The schedules of a measurement file: the law they are asked for, what they state, and what is refused."""

import json

import numpy as np
import pytest

from assay.packs.serving._arrivals import Arrivals
from assay.timing.client.asked import How, Request
from assay.timing.client.offer import offer
from assay.timing.reference.script import Script
from assay.timing.reference.serving import serving
from assay.uncertainty.schedules.arrivals import poisson
from assay.vocabulary.errors import BadInput

N = 100_000
BURSTS = ({"rate": 90.0, "mean_s": 2.0}, {"rate": 10.0, "mean_s": 6.0})
DAY = {"kind": "day", "trough": 100, "peak": 900, "period_s": 120.0}
RANDOM = {
    "poisson": Arrivals(arrivals="poisson", rate=50.0),
    "gamma, even": Arrivals(arrivals="gamma", rate=50.0, cv=0.5),
    "gamma, bursty": Arrivals(arrivals="gamma", rate=50.0, cv=3.0),
    "mmpp": Arrivals(arrivals="mmpp", states=BURSTS),
    "mmpp with silence": Arrivals(arrivals="mmpp", states=({"rate": 200, "mean_s": 0.5}, {"rate": 0, "mean_s": 1.5})),
    "day": Arrivals(arrivals="profile", profile=DAY),
    "bursty day": Arrivals(arrivals="profile", profile=DAY, cv=2.0),
    "week": Arrivals(arrivals="profile", profile={**DAY, "kind": "week"}),
    "holiday": Arrivals(arrivals="profile", profile={**DAY, "kind": "holiday", "holidays": [0, 2]}),
    "hours": Arrivals(arrivals="profile", profile={"kind": "day", "hours": [*range(24)], "period_s": 2000.0}),
    "steps": Arrivals(arrivals="profile", profile={"kind": "steps", "steps": [10, 400, 0, 60], "period_s": 400.0}),
    "ramp": Arrivals(arrivals="profile", profile={"kind": "ramp", "peak": 300.0, "period_s": 100.0}),
}


@pytest.mark.parametrize("name", RANDOM)
def test_gaps_of_every_random_kind_fit_at_a_hundred_thousand(name: str) -> None:
    asked = RANDOM[name]
    made = asked.schedule(N, 11)
    said = asked.statement(made)
    assert len(made.at_ns) == said["n"] == N and (np.diff(made.at_ns) >= 0).all()
    assert said["fit"]["p"] > 0.001 and said["fit"]["distance"] < 0.007
    assert said["rate"] == pytest.approx(said["rate_asked"], rel=0.1)
    assert said["rate"] == made.rate and said["seed"] == 11 and said["digest"] == made.digest
    assert json.loads(json.dumps(said, allow_nan=False)) == said


@pytest.mark.parametrize(("name", "other"), [("poisson", "gamma, even"), ("mmpp", "poisson"), ("day", "ramp")])
def test_the_fit_finds_another_process(name: str, other: str) -> None:
    made, asked = RANDOM[other].schedule(20_000, 1), RANDOM[name]
    assert asked.statement(made._replace(kind=asked.schedule(10, 1).kind))["fit"]["p"] < 1e-6


def test_what_is_not_random_has_no_fit() -> None:
    constant = Arrivals(arrivals="constant", rate=4.0)
    said = constant.statement(constant.schedule(100, 0))
    assert said["fit"] is None and said["rate"] == pytest.approx(4.0) and said["cv"] < 1e-8
    replay = Arrivals(arrivals="replay")
    said = replay.statement(replay.schedule(4, 0, [10.0, 10.25, 10.25, 11.5]))
    assert said["fit"] is None and said["rate_asked"] is None and said["largest_gap_s"] == 1.25
    assert said["dispersion"] == []


def test_the_dispersion_tells_bursts() -> None:
    even, bursts = RANDOM["poisson"], RANDOM["mmpp"]
    for asked, low, high in ((even, 0.7, 1.3), (bursts, 10, 200)):
        (found,) = [one["index"] for one in asked.statement(asked.schedule(20_000, 3))["dispersion"]
                    if one["window_s"] == 10.0]  # fmt: skip
        assert low < found < high


def test_the_same_seed_makes_the_same_times_and_more_requests_begin_with_the_same() -> None:
    """Of hidden states the course is drawn after all arrivals, so that more of these have another course."""
    for asked in RANDOM.values():
        few = asked.schedule(500, 3)
        assert few.digest == asked.schedule(500, 3).digest != asked.schedule(500, 4).digest
        assert asked.arrivals == "mmpp" or np.abs(asked.schedule(2000, 3).at_ns[:500] - few.at_ns).max() <= 1


def test_a_day_keeps_its_rates_when_it_is_compressed_and_is_repeated() -> None:
    """At 2 it is quietest, at 14 busiest; the second day is as the first."""
    made = RANDOM["day"].schedule(N, 2).at_ns / 1e9
    hour = 120.0 / 24
    for day in (0.0, 120.0):
        night, noon = (((made > day + h * hour) & (made < day + (h + 1) * hour)).sum() / hour for h in (1.5, 13.5))
        assert night == pytest.approx(100, abs=25) and noon == pytest.approx(893, rel=0.08)
    assert made[-1] == pytest.approx(120 * N / (500 * 120), rel=0.05)


def test_a_holiday_is_quieter_than_a_working_day() -> None:
    table = {"kind": "holiday", "trough": 20.0, "peak": 100.0, "period_s": 700.0, "holidays": [1], "holiday": 0.3}
    made = Arrivals(arrivals="profile", profile=table).schedule(25_000, 1).at_ns / 1e9
    counts = np.bincount((made / 100).astype(int))[:4]
    assert counts[1] / counts[0] == pytest.approx(0.3, abs=0.04) and counts[2] / counts[0] == pytest.approx(1, abs=0.06)


def test_a_ramp_goes_on_at_its_last_rate() -> None:
    made = RANDOM["ramp"].schedule(N, 2).at_ns / 1e9
    assert ((made > 200) & (made < 300)).sum() == pytest.approx(30_000, rel=0.03)


def test_the_client_keeps_the_rate_of_the_schedule() -> None:
    """To a thousandth of the realised rate; a machine that is busy with something else may need another try."""
    made = Arrivals(arrivals="poisson", rate=100.0).schedule(300, 5)
    body = json.dumps({"model": "timing", "stream": True, "messages": []}).encode()
    rates = []
    with serving(Script(ttft_ms=1.0, gap_ms=1.0, chunks=2)) as served:
        for _ in range(3):
            offered, _conditions = offer(served.target, [Request(body=body, at_ns=int(at)) for at in made.at_ns], How())
            assert all(one.status == "ok" for one in offered)
            rates.append((len(offered) - 1) * 1e9 / (offered[-1].issued_ns - offered[0].issued_ns))
            if rates[-1] == pytest.approx(made.rate, rel=0.001):
                return
    pytest.fail(f"asked {made.rate}, offered {rates}")


def profiled(**table: object) -> Arrivals:
    return Arrivals(arrivals="profile", profile=table)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Arrivals(arrivals="diurnal"), "expected one of constant"),
        (Arrivals(), "poisson needs 'rate'"),
        (Arrivals(arrivals="gamma", rate=1.0), "gamma needs 'cv'"),
        (Arrivals(arrivals="replay", rate=1.0), "'rate' means nothing where arrivals are replay"),
        (Arrivals(rate=1.0, cv=2.0), "'cv' means nothing where arrivals are poisson"),
        (Arrivals(arrivals="closed", rate=1.0), "'rate' means nothing"),
        (Arrivals(arrivals="closed"), "a closed loop sends"),
        (Arrivals(arrivals="mmpp", states=({"rate": 1.0, "means": 2.0},)), "states, 1: unknown key 'means'"),
        (Arrivals(arrivals="mmpp", states=({"rate": 1.0},)), "'mean_s' is missing"),
        (Arrivals(arrivals="mmpp", states=({"rate": "x", "mean_s": 1.0},)), "'rate' is 'x'; expected float"),
        (Arrivals(arrivals="mmpp", states=({"rate": float("nan"), "mean_s": 1.0},)), "finite"),
        (Arrivals(arrivals="mmpp", states=({"rate": 0.0, "mean_s": 1.0},)), "states"),
        (Arrivals(rate=float("nan")), "rate"),
        (Arrivals(rate=-1.0), "rate"),
        (Arrivals(arrivals="gamma", rate=1.0, cv=0.0), "cv"),
        (profiled(kind="month"), "'kind' is 'month'"),
        (profiled(), "'kind' is missing"),
        (profiled(kind="day"), "day needs 'peak'"),
        (profiled(kind="day", peak=1.0, steps=[1.0]), "'steps' means nothing beside day"),
        (profiled(kind="day", peak=1.0, trough=2.0), "'peak' is 1.0; expected 2"),
        (profiled(kind="day", peak=1.0, hours=[1.0] * 24), "means nothing beside hours"),
        (profiled(kind="day", hours=[1.0] * 23), "23 hourly factors"),
        (profiled(kind="day", peak=0.0), "rates of a profile"),
        (profiled(kind="day", peak=1.0, period_s=0.0), "above 0"),
        (profiled(kind="week", peak=1.0, weekend=-0.5), "0 or more"),
        (profiled(kind="holiday", peak=1.0, holidays=[7]), "days of the week"),
        (profiled(kind="steps", period_s=10.0), "steps needs 'steps'"),
        (profiled(kind="steps", steps=[1.0]), "steps needs 'period_s'"),
        (profiled(kind="steps", steps=[1.0, 0.0], period_s=10.0), "offers about 5 requests in 10 s"),
        (profiled(kind="day", peak=1e-4, period_s=1.0), "offers about 0 requests in 1 s"),
        (profiled(kind="ramp", period_s=10.0), "ramp needs 'peak'"),
        (Arrivals(arrivals="replay"), "of 100 requests 0 have one"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(asked: Arrivals, said: str) -> None:
    with pytest.raises(BadInput) as found:
        asked.schedule(100, 1)
    assert said in str(found.value)
    assert found.value.message("zh") != str(found.value)


def test_a_schedule_needs_two_requests_and_a_seed_that_is_one() -> None:
    for n, seed in ((1, 0), (0, 0), (10, -1)):
        with pytest.raises(BadInput):
            Arrivals(rate=1.0).schedule(n, seed)
    with pytest.raises(BadInput, match="comes before"):
        Arrivals(arrivals="replay").schedule(3, 0, [0.0, 2.0, 1.0])


def test_the_statement_is_of_the_settings_that_were_asked_for() -> None:
    """Half the rate that was asked for does not fit."""
    said = Arrivals(rate=10.0).statement(poisson(5.0, 1000, 1))
    assert said["rate_asked"] == 10.0 and said["rate"] == pytest.approx(5.0, rel=0.15) and said["fit"]["p"] < 1e-6
