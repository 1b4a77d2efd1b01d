"""The instrument that reads what is delivered a second."""

from typing import Any

import numpy as np
import pytest

from assay.catalogue.find import locate
from assay.packs.serving._limits import Limits
from assay.packs.serving.instrument.throughput import Throughput
from assay.testing.check import check_part
from assay.vocabulary.material import Item


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
