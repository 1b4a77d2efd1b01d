"""The planted server's engine in virtual time, with a client that is never late.

It tells in milliseconds what the load client would measure in seconds on an idle machine.
"""

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.testing.planted_server import Engine, Planted
from assay.timing.client.asked import MS
from assay.timing.reference.frames import HEAD

Floats = npt.NDArray[np.float64]


class Sent(NamedTuple):
    """A request: its body, and when it is due in nanoseconds; None in a closed loop."""

    body: bytes
    at_ns: int | None


class Answered(NamedTuple):
    """What came of the requests that were answered, in their order; times in ms, each shape (answered,).

    Attributes:
        lag: schedule to write; 0 in a closed loop.
        ttft: write to first text; for an answer in one piece, to that.
        e2e: write to last text.
        away: share of all requests that were turned away.
    """

    lag: Floats
    ttft: Floats
    e2e: Floats
    away: float


class _Client:
    """Sends by a schedule or keeps so many in flight, over so many connections."""

    def __init__(self, planted: Planted, requests: Sequence[Sent], places: int) -> None:
        self.engine = Engine(planted, self._push)
        self._requests, self._free = requests, places
        self._waiting: deque[int] = deque()
        self.now = 0
        self.stamps = np.full((len(requests), 4), -1, dtype=np.int64)

    def issue(self, place: int) -> Callable[[int], None]:
        """What is done when it is time for a request: it is written as soon as a connection is free."""

        def due(now: int) -> None:
            self.stamps[place, 0] = now
            self._waiting.append(place)
            self._write()

        return due

    def _write(self) -> None:
        while self._free and self._waiting:
            place = self._waiting.popleft()
            self._free -= 1
            self.stamps[place, 1] = self.now
            self.engine.take(_Peer(place), self._requests[place].body, self.now)

    def _push(self, peer: Any, out: bytes) -> None:
        if b'"content"' in out:
            self.stamps[peer.place, 3] = self.now
            if self.stamps[peer.place, 2] < 0:
                self.stamps[peer.place, 2] = self.now
        if out.endswith(b"0\r\n\r\n") or (out.startswith(b"HTTP/1.1") and out != HEAD):
            self._free += 1
            self._write()


class _Peer:
    """As much of a connection as the engine needs."""

    __slots__ = ("free", "place")

    def __init__(self, place: int) -> None:
        self.place, self.free = place, 0


def played(planted: Planted, requests: Sequence[Sent], connections: int) -> Answered:
    """Play requests through the engine.

    Args:
        planted: the server.
        requests: in the order of their times; all with a time, or none.
        connections: of the client; in a closed loop, the number of requests in flight.
    """
    client = _Client(planted, requests, connections)
    for place, one in enumerate(requests):
        client.engine.at(one.at_ns or 0, client.issue(place))
    while client.engine.due:
        client.now, _, what = heappop(client.engine.due)
        what(client.now)
    had = client.stamps[client.stamps[:, 3] >= 0].astype(np.float64) / MS
    lag = had[:, 1] - had[:, 0] if requests[0].at_ns is not None else np.zeros(len(had))
    return Answered(lag, had[:, 2] - had[:, 1], had[:, 3] - had[:, 1], 1 - len(had) / len(requests))
