"""How far a run has come, told by its worker processes without a message."""

import threading
import time

from assay.timing.client.asked import How, Request
from assay.timing.client.offer import offer
from assay.timing.client.tally import Marks, tallied
from assay.timing.reference.script import Script
from assay.timing.reference.serving import MODEL, serving

BODY = b'{"model": "' + MODEL.encode() + b'", "stream": true, "messages": [{"role": "user", "content": "x"}]}'


def test_the_numbers_of_all_workers_are_added_and_stay_when_the_file_is_gone() -> None:
    with tallied(3) as tally:
        assert tally.read() == (0, 0)
        Marks(str(tally.path), 0).write(5, 3)
        Marks(str(tally.path), 2).write(7, 1)
        assert tally.read() == (12, 4)
        path = tally.path
    assert not path.exists() and tally.read() == (12, 4)


def test_a_run_tells_how_many_it_has_sent_and_what_was_answered() -> None:
    seen: list[tuple[int, int]] = []
    with serving(Script(ttft_ms=20, gap_ms=2, chunks=4)) as served, tallied(2) as tally:
        own = [Request(body=BODY, at_ns=k * 50_000_000) for k in range(40)]
        beside = [Request(body=BODY, at_ns=k * 50_000_000, to=1) for k in range(40)]
        requests = sorted([*own, *beside], key=lambda one: one.at_ns or 0)
        over = threading.Event()

        def look() -> None:
            while not over.is_set():
                seen.append(tally.read())
                time.sleep(0.1)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            found, _ = offer([served.target, served.target], requests, How(workers=2), tally)
        finally:
            over.set()
            thread.join()
    assert all(one.status == "ok" for one in found)
    assert seen == sorted(seen) and all(sent >= answered for sent, answered in seen)
    assert 20 <= seen[-1][0] <= 40 and seen[-1][1] >= 20  # of the first target only
    assert len(set(seen)) >= 3  # it moved while the run was under way
