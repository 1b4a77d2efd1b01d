"""What the machine was doing: the time that processors spent, and that others took from them."""

import os
import threading
from pathlib import Path
from typing import Final, NamedTuple

from assay.timing.clock import now_ns

_STAT: Final = Path("/proc/stat")
_EVERY_S: Final = 0.1


class Ticks(NamedTuple):
    """Time of all processors since the machine was started, in ticks of 1/100 s: idle, stolen, all."""

    idle: int
    stolen: int
    total: int


def ticks() -> Ticks | None:
    """The first line of ``/proc/stat``; None where there is none.

    Source: proc_stat(5): user nice system idle iowait irq softirq steal guest guest_nice; guests count in user.
    """
    try:
        fields = [int(field) for field in _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError):
        return None
    return Ticks(fields[3] + fields[4], fields[7], sum(fields)) if len(fields) == 8 else None


def available() -> list[int]:
    """Numbers of the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


class Watched(NamedTuple):
    """Shares of all processors' time, stolen and used; and the stretches in which time was stolen. None: not told."""

    steal: float | None
    load: float | None
    stolen: tuple[tuple[int, int], ...]


class Watch:
    """Looks at the processors ten times a second while the ``with`` block lasts."""

    def __init__(self, share: float = 0.05) -> None:
        self._share = share
        self._rows: list[tuple[int, Ticks]] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="processors", daemon=True)

    def __enter__(self) -> "Watch":
        self._note()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._note()

    def _look(self) -> None:
        while not self._end.wait(_EVERY_S):
            self._note()

    def _note(self) -> None:
        found = ticks()
        if found is not None:
            self._rows.append((now_ns(), found))

    def seen(self) -> Watched:
        """What was seen; a stretch counts as stolen from where more than the given share of it was."""
        if len(self._rows) < 2 or self._rows[-1][1].total <= self._rows[0][1].total:
            return Watched(None, None, ())
        first, last = self._rows[0][1], self._rows[-1][1]
        total = last.total - first.total
        stolen = tuple(
            (a_ns, b_ns) for (a_ns, a), (b_ns, b) in zip(self._rows, self._rows[1:], strict=False)
            if b.stolen - a.stolen > max(1, self._share * (b.total - a.total))
        )  # fmt: skip
        return Watched((last.stolen - first.stolen) / total, 1 - (last.idle - first.idle) / total, stolen)
