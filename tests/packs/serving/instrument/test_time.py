"""The instrument that reads a time of each request."""

from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.serving.instrument.time import Time
from assay.testing.check import check_part
from assay.vocabulary.procedure import PartUse

TRUE = {"ttft": 100.0, "ttft_scheduled": 101.0, "itl": 10.0, "itl_longest": 12.0, "e2e": 130.0, "e2e_scheduled": 131.0,
        "client_lag": 1.0, "decode": 30.0, "prefill": 60.0, "wait": 40.0, "tpot": 10.0}  # fmt: skip


def read(made: Any, of: str, timed: list[Any], **changes: Any) -> list[Any]:
    return Time(of=of).read_whole(made.items(len(timed)), made.responses(timed, **changes))  # type: ignore[arg-type]


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "serving.time", "test")) == []


@pytest.mark.parametrize(("of", "true"), TRUE.items())
def test_every_time_is_what_its_definition_says(made: Any, of: str, true: float) -> None:
    one = made.request(50.0, 100.0, (8.0, 10.0, 12.0), served={"prompt_ms": 60.0})
    [reading] = read(made, of, [one])
    assert reading.value == pytest.approx(true)


def test_tokens_divide_the_time_per_token_and_not_the_gaps(made: Any) -> None:
    one = made.request(0.0, 100.0, (12.0,), completion_tokens=5)
    assert read(made, "tpot", [one])[0].value == pytest.approx(3.0)
    assert read(made, "itl", [one])[0].value == pytest.approx(12.0)


def test_an_answer_of_one_token_has_no_time_between_tokens(made: Any) -> None:
    for of in ("itl", "itl_longest", "tpot"):
        [reading] = read(made, of, [made.request(0.0, gaps_ms=())])
        assert (reading.status, reading.value, reading.note) == ("not_applicable", None, "serving.one_token")


def test_what_a_server_does_not_state_is_no_number(made: Any) -> None:
    assert read(made, "prefill", [made.request(0.0)])[0].note == "serving.not_stated"
    [reading] = read(made, "ttft_scheduled", [made.request(0.0, scheduled=None)])
    assert (reading.status, reading.note) == ("not_applicable", "serving.no_schedule")


def test_failures_and_stamps_that_may_not_be_relied_upon_keep_their_reason(made: Any) -> None:
    failed, late, good = made.request(0.0, error="stalled"), made.request(1.0, unresolved=True), made.request(2.0)
    found = read(made, "ttft", [failed, late, good])
    assert [one.status for one in found] == ["subject_failed", "instrument_failed", "ok"]
    assert [one.note for one in found] == ["stalled", "timing.unresolved", ""]


def test_a_refused_restart_gives_no_time(made: Any) -> None:
    found = read(made, "ttft", [made.request(0.0), made.request(1.0)], refused=("error", "late"))
    assert {(one.status, one.note) for one in found} == {("instrument_failed", "timing.refused: error, late")}


def test_the_start_of_a_run_is_left_out_and_an_overload_has_no_times(made: Any) -> None:
    slow = [made.request(10.0 * k, 1500.0 - 30 * k if k < 40 else 100.0 + k % 7) for k in range(400)]
    found = read(made, "ttft", slow)
    assert found[0].note == "steady.outside" and found[-1].status == "ok"
    assert sum(one.status == "ok" for one in found) > 200
    growing = [made.request(10.0 * k, 100.0 + 9.0 * k) for k in range(400)]
    assert {one.note for one in read(made, "ttft", growing)} == {"steady.overload"}
    assert {one.status for one in read(made, "ttft", growing, stationary=False)} == {"ok"}  # a day has no steady state


def test_calibrations_become_settings_of_the_estimator(made: Any) -> None:
    firsts = [made.responses([made.request(0.0)], certificate=made.certificate(bias))[0] for bias in (0.4, 0.6)]
    firsts.append(made.responses([made.request(0.0)], refused=("error",))[0])
    use = Time().settled(PartUse(part="serving.quantile", settings={"p": 0.99}), firsts)
    client = use.settings["client"]
    assert use.settings["p"] == 0.99 and client["bias_ms"] == pytest.approx(0.5) and client["known"]
    assert (client["restarts"], client["refused"], len(client["certificates"])) == (3, 1, 2)
    assert client["half_ms"] == pytest.approx(made.certificate(0.4).line("ttft", "p99").half)
    unknown = Time(of="prefill").settled(PartUse(part="serving.mean"), firsts).settings["client"]
    assert not unknown["known"] and unknown["half_ms"] == 0
