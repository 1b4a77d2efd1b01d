"""What a restart says of the load that it put on the server."""

from typing import Any

import pytest

from assay.packs.serving.bench.load import Load
from assay.vocabulary.observation import Response
from assay.vocabulary.whole import Loads


def test_what_a_restart_put_on_the_server(made: Any) -> None:
    schedule = {"kind": "poisson", "rate": 9.5, "digest": "d" * 64}
    found = Load(rate=10.0).loaded(made.responses([made.request(k * 100.0) for k in range(5)], schedule=schedule))
    assert found is not None and (found.rate, found.schedule, found.concurrency) == (9.5, "d" * 64, 4)
    assert (found.unsteady, found.overloaded, found.refused) == ("", False, ())
    assert isinstance(Load(rate=1.0), Loads)


def test_more_than_can_be_answered_is_overload(made: Any) -> None:
    timed = [made.request(k * 10.0, first_ms=100.0 + k * 40.0) for k in range(300)]
    found = Load(rate=100.0).loaded(made.responses(timed))
    assert found is not None and found.overloaded and found.unsteady == "steady.overload"


def test_a_closed_loop_has_no_rate(made: Any) -> None:
    found = Load(arrivals="closed", concurrency=4).loaded(
        made.responses([made.request(0.0, scheduled=None)], schedule={"kind": "closed"}, refused=("late",))
    )
    assert found is not None and (found.rate, found.schedule, found.refused) == (None, "", ("late",))


@pytest.mark.parametrize("schedule", [{"rate": "fast", "digest": 7}, {"rate": True}, {"rate": None}])
def test_a_schedule_that_says_no_number_has_none(made: Any, schedule: dict[str, Any]) -> None:
    found = Load(rate=1.0).loaded(made.responses([made.request(0.0)], schedule=schedule))
    assert found is not None and found.rate is None and found.schedule == ""


def test_responses_that_say_nothing_of_a_load() -> None:
    assert Load(rate=1.0).loaded([Response(status="ok", output="text")]) is None
    assert Load(rate=1.0).loaded([]) is None
