"""The instrument that reads what is delivered a second."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assay.catalogue.find import locate
from assay.packs.general.instrument.exact import Exact
from assay.packs.serving._limits import Limits
from assay.packs.serving.instrument.throughput import Throughput
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading


def read(made: Any, timed: list[Any], instrument: Throughput, **changes: Any) -> list[float]:
    found = instrument.read_whole(made.items(len(timed)), made.responses(timed, **changes))
    return [one.value for one in found if one.value is not None]


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "serving.throughput", "test")) == []


def test_answers_and_tokens_a_second(made: Any) -> None:
    timed = [made.request(10.0 * k, completion_tokens=8) for k in range(400)]
    answers = read(made, timed, Throughput("requests"), stationary=False)
    assert len(answers) == 80 and np.mean(answers[10:]) == pytest.approx(100.0, rel=0.02)
    tokens = read(made, timed, Throughput("output_tokens"), stationary=False)
    assert np.mean(tokens[10:]) == pytest.approx(800.0, rel=0.02)


def test_only_good_ones_count_where_asked(made: Any) -> None:
    timed = [made.request(10.0 * k, 50.0 if k % 4 else 500.0) for k in range(400)]
    timed[7] = made.request(70.0, error="cut")
    found = read(made, timed, Throughput("good_requests", Limits(ttft_ms=200.0)), stationary=False)
    assert np.mean(found[20:]) == pytest.approx(75.0, rel=0.03)


def test_what_the_client_spoiled_is_good_as_often_as_the_rest(made: Any) -> None:
    timed = [made.request(10.0 * k, 50.0 if k % 2 else 500.0, unresolved=k % 5 == 0) for k in range(400)]
    found = read(made, timed, Throughput("good_requests", Limits(ttft_ms=200.0)), stationary=False)
    assert np.mean(found[20:]) == pytest.approx(50.0, rel=0.03)


RIGHT = Throughput("right_requests", reader=Exact())
ONE, ZERO = Reading(value=1.0), Reading(value=0.0)


def test_right_answers_count_by_what_the_reader_read(made: Any) -> None:
    """Two of three are right; a failed request is none, and one of a missed limit is none where limits are set."""
    timed = [made.request(10.0 * k, 50.0 if k % 2 else 500.0) for k in range(400)]
    judged = [ONE if k % 3 else ZERO for k in range(400)]
    for instrument, rate in ((RIGHT, 100 * 2 / 3), (replace(RIGHT, limits=Limits(ttft_ms=200.0)), 100 / 3)):
        found = instrument.read_beside(made.items(400), made.responses(timed, stationary=False), judged)
        assert np.mean([one.value for one in found if one.value is not None][20:]) == pytest.approx(rate, rel=0.03)


def test_what_the_reader_could_not_read_loses_its_slot_and_no_other(made: Any) -> None:
    timed = [made.request(10.0 * k) for k in range(400)]
    judged = [Reading(status="instrument_failed") if k == 200 else ONE for k in range(400)]
    found = RIGHT.read_beside(made.items(400), made.responses(timed, stationary=False), judged)
    assert [one.note for one in found if one.status == "instrument_failed"] == ["serving.unread"]
    assert sum(one.value is not None for one in found) == 79


@pytest.mark.parametrize(
    ("instrument", "part"),
    [(Throughput("right_requests"), "needs a reader"), (Throughput(reader=Exact()), "needs a reader"),
     (replace(RIGHT, reader=Throughput()), "must read 0 or 1"), (RIGHT, "target")],
)  # fmt: skip
def test_what_cannot_tell_right_answers(instrument: Throughput, part: str) -> None:
    assert part in instrument.check(Item(id="a", stimulus="x", reference={}))


def test_its_version_changes_with_the_reader_s(monkeypatch: pytest.MonkeyPatch) -> None:
    before = RIGHT.version
    monkeypatch.setattr(Exact, "version", Exact.version + 1)
    assert RIGHT.version != before and RIGHT.needs_reference and not Throughput().needs_reference


def test_an_overload_is_read_in_its_second_half(made: Any) -> None:
    timed = [made.request(10.0 * k, 100.0 + 10.0 * k) for k in range(400)]  # answers come half as fast as requests
    found = Throughput("requests").read_whole(made.items(400), made.responses(timed))
    kept = [one for one in found if one.value is not None]
    assert {one.note for one in kept} == {"steady.overload"}
    assert np.mean([one.value for one in kept]) == pytest.approx(50.0, rel=0.1)


def test_good_ones_need_limits() -> None:
    item = Item(id="a", stimulus="x")
    assert Throughput("good_tokens").check(item) and not Throughput().check(item)


def test_a_refused_restart_delivers_nothing_that_counts(made: Any) -> None:
    assert read(made, [made.request(0.0), made.request(1.0)], Throughput(), refused=("late",)) == []
