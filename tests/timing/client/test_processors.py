"""What the processors did: read from the system's own account, or not told."""

import time

from assay.timing.client import processors
from assay.timing.client.processors import Ticks, Watch, available, ticks


def test_the_account_is_read(tmp_path, monkeypatch):
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 1 5 100 4 2 3 25 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    monkeypatch.setattr(processors, "_STAT", stat)
    assert ticks() == Ticks(104, 25, 150)
    stat.write_text("cpu 1 2\n")
    assert ticks() is None
    stat.unlink()
    assert ticks() is None
    with Watch() as watch:
        time.sleep(0.01)
    assert watch.seen() == (None, None, ())


def test_stolen_time_is_found_where_it_was(monkeypatch):
    rows = iter([Ticks(0, 0, 0), Ticks(10, 0, 100), Ticks(20, 50, 200)])
    last = Ticks(20, 50, 200)
    monkeypatch.setattr(processors, "ticks", lambda: next(rows, last))
    with Watch() as watch:
        time.sleep(0.35)
    seen = watch.seen()
    assert (seen.steal, seen.load) == (0.25, 0.9)
    assert len(seen.stolen) == 1 and seen.stolen[0][0] < seen.stolen[0][1]


def test_there_are_processors():
    assert available() and all(number >= 0 for number in available())
