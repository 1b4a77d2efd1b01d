"""A run that is ended from another thread: its processes go at once, and nothing new begins."""

import contextvars
import threading
import time

import pytest

from assay.timing.calibration.calibrate import body
from assay.timing.client.asked import How, Request
from assay.timing.client.offer import offer
from assay.timing.client.stopping import Stop, current, stoppable
from assay.timing.reference.script import Script
from assay.timing.reference.serving import serving
from assay.vocabulary.errors import CannotMeasure


def test_a_run_ends_at_once_and_no_other_begins() -> None:
    with serving(Script(ttft_ms=30_000, gap_ms=1, chunks=2)) as served:
        ended: list[tuple[str, float]] = []

        def run() -> None:
            for _ in range(2):
                try:
                    offer(served.target, [Request(body=body())], How(concurrency=1))
                except CannotMeasure as error:
                    ended.append((error.code, time.monotonic()))

        with stoppable() as stop:
            thread = threading.Thread(target=contextvars.copy_context().run, args=(run,))
            thread.start()
            time.sleep(1.0)
            stopped_s = time.monotonic()
            stop.now()
            thread.join(10)
    assert [code for code, _ in ended] == ["interrupted"] * 2
    assert ended[-1][1] - stopped_s < 2


def test_what_is_ended_before_it_begins_does_not_begin() -> None:
    stop = Stop()
    stop.now()
    with pytest.raises(CannotMeasure), stop.over([]):
        pytest.fail("it began")


def test_a_stop_is_known_in_its_block_only() -> None:
    with stoppable() as stop:
        assert current() is stop
    assert current() is not stop
    current().check()
