"""The loop of a worker: issues what is due, takes what has come, and notes when it was held up."""

import tempfile
from collections import deque
from heapq import heappop, heappush
from typing import IO, Final, NamedTuple

import msgspec

from assay.timing.client.asked import How, Request
from assay.timing.client.chunks import Stamps, told
from assay.timing.client.connection import Connection, Exchange, Place
from assay.timing.client.framing import request_bytes
from assay.timing.client.offered import Failure
from assay.timing.client.reading import body_of, stamps_of
from assay.timing.client.tally import Marks
from assay.timing.clock import Waiter, now_ns
from assay.timing.wall_clock import WallClock

_BEAT_NS: Final = 5_000_000
_SWEEP_NS: Final = 50_000_000
_NOTE_NS: Final = 500_000_000
_TRIES: Final = 3
_MOST_STALLS: Final = 10_000


class Kept(NamedTuple):
    """An exchange that is over; its bytes lie in the spool."""

    exchange: Exchange
    offset: int
    size: int


class Desk:
    """A worker's connections, its part of the schedule, and what came of it.

    Attributes:
        kept: exchanges that are over.
        spool: their bytes, on disk.
        not_issued: places of requests that were never sent, and why.
        stalls: stretches in which the loop did not come round.
        clock: the wall clock, watched.
        tls_in_run: TLS connections made during the run.
        ended_ns: when the last answer was had.
    """

    def __init__(
        self, places: list[Place], requests: dict[int, Request], how: How, marks: Marks | None = None
    ) -> None:
        self._places, self.requests, self._how, self._marks = places, requests, how, marks
        self._next_note = self._noted = self._over_n = self._good_n = 0
        self._waiter = Waiter()
        self._idle: list[list[Connection]] = [[] for _ in places]
        self._all: set[Connection] = set()
        self._waiting: deque[Exchange] = deque()
        self._due: list[tuple[int, int]] = []
        self._free: deque[int] = deque()
        self._turns: dict[str, deque[int]] = {}
        self._said: dict[str, list[object]] = {}
        self._flying = 0
        self._slotted: set[int] = set()
        self._running = False
        self.kept: list[Kept] = []
        self.spool: IO[bytes] = tempfile.TemporaryFile(buffering=1 << 20)  # noqa: SIM115 (kept until it was read)
        self.not_issued: dict[int, str] = {}
        self.stalls: list[tuple[int, int]] = []
        self.clock = WallClock()
        self.tls_in_run = 0
        self.ended_ns = 0
        self._size = self._done_ns = 0
        for place, request in requests.items():
            later = request.session in self._turns
            if request.session:
                self._turns.setdefault(request.session, deque())
            if later:
                self._turns[request.session].append(place)

    def open(self) -> None:
        """Open the connections that the run will need."""
        wanted = [0] * len(self._places)
        for request in self.requests.values():
            wanted[request.to] += 1
        most = self._how.connections if self._how.concurrency is None else self._how.concurrency
        for to, count in enumerate(wanted):
            for _ in range(min(count, most, self._how.connections - len(self._all))):
                self._connect(to)
        until = now_ns() + int(self._how.connect_s * 1e9)
        while any(not one.ready for one in self._all) and now_ns() < until:
            self._take(self._waiter.wait(_BEAT_NS))
        for one in [one for one in self._all if not one.ready]:
            self._drop(one)

    def warm(self) -> None:
        """Send the first requests once, one after another; what comes of them is not kept."""
        for place in list(self.requests)[: self._how.warm_up]:
            request = self.requests[place]
            self._issue(self._exchange(place, request.body, None))
            while self._flying:
                self._take(self._waiter.wait(_BEAT_NS))
                self._sweep(now_ns())
        self.kept.clear()
        self.stalls.clear()
        self.spool.seek(0)
        self.spool.truncate()
        self._size = 0

    def run(self, start_ns: int) -> None:
        """Carry out the schedule; every request ends in ``kept`` or ``not_issued``."""
        self._running = True
        timed, begun = deque[int](), set[str]()
        for place, request in self.requests.items():
            if request.session and request.session in begun:
                continue
            begun.add(request.session)
            (self._free if request.at_ns is None else timed).append(place)
        slots = self._how.concurrency or 0
        next_sweep = start_ns
        while timed or self._free or self._due or self._flying or self._waiting:
            now = now_ns()
            while timed and start_ns + (self.requests[timed[0]].at_ns or 0) <= now:
                place = timed.popleft()
                self._issue(self._exchange(place, self.requests[place].body,
                                           start_ns + (self.requests[place].at_ns or 0)))  # fmt: skip
            while self._due and self._due[0][0] <= now:
                due, place = heappop(self._due)
                self._turn(place, due)
            while self._free and len(self._slotted) < slots and now >= start_ns:
                place = self._free.popleft()
                self._slotted.add(place)
                self._issue(self._exchange(place, self.requests[place].body, None))
            upcoming = [start_ns + (self.requests[timed[0]].at_ns or 0)] if timed else []
            upcoming += [self._due[0][0]] if self._due else []
            upcoming += [start_ns] if now < start_ns else []
            self._round(min([*upcoming, now + _BEAT_NS]))
            if now >= next_sweep:
                next_sweep = now + _SWEEP_NS
                self._sweep(now)
                self.clock.look(now)
                self._note(now)
        self.ended_ns = now_ns()
        for one in list(self._all):
            self._drop(one)
        self._waiter.close()

    def _note(self, now: int) -> None:
        """Twice a second, between two looks for what has come: how far the run has come."""
        if self._marks is None or now < self._next_note:
            return
        self._next_note = now + _NOTE_NS
        new = self.kept[self._noted :]
        self._noted = len(self.kept)
        self._over_n += sum(one.exchange.to == 0 for one in new)
        self._good_n += sum(one.exchange.to == 0 and not one.exchange.error for one in new)
        flying = sum(one.exchange is not None and one.exchange.to == 0 for one in self._all)
        self._marks.write(self._over_n + flying, self._good_n)

    def _round(self, until_ns: int) -> None:
        """Wait no longer than until then, take what has come, and note it if we were held up."""
        began = now_ns()
        if self._done_ns and began - self._done_ns > self._how.stall_ns:
            self._held_up(self._done_ns, began)
        wait = until_ns - began - self._how.spin_ns
        ready = self._waiter.wait(wait if wait > 0 else 0)
        woke = now_ns()
        self._take(ready)
        self._done_ns = done = now_ns()
        if woke - began - max(wait, 0) > self._how.stall_ns:
            self._held_up(began + max(wait, 0), done)
        elif done - woke > self._how.stall_ns:
            self._held_up(woke, done)

    def _held_up(self, from_ns: int, to_ns: int) -> None:
        """Note a stretch in which the loop did not come round; one that meets the last is part of it."""
        if self.stalls and (from_ns <= self.stalls[-1][1] or len(self.stalls) >= _MOST_STALLS):
            first, last = self.stalls[-1]
            self.stalls[-1] = min(first, from_ns), max(last, to_ns)
        else:
            self.stalls.append((from_ns, to_ns))

    def _take(self, ready: list[tuple[Connection, bool, bool]]) -> None:
        for one, readable, writable in ready:
            try:
                if writable and one.sock.fileno() >= 0:
                    self._writable(one)
                if readable and one.sock.fileno() >= 0:
                    self._readable(one)
            except OSError as error:
                self._broken(one, error)

    def _writable(self, one: Connection) -> None:
        if not one.ready:
            one.connected()
            self._waiter.watch(one.sock, one)
            self._rest(one)
        elif not one.unsent or one.push():
            self._waiter.watch(one.sock, one)

    def _readable(self, one: Connection) -> None:
        got = one.read()
        if got is None:
            return
        exchange = one.exchange
        if exchange is None:  # idle: closed by the server, or speaking unasked
            self._drop(one)
            if one.used and self._running:
                self._connect(one.to)
            return
        data, user, kernel = got
        if kernel and user - kernel + self.clock.first.ns > self._how.stall_ns:
            self._held_up(kernel - self.clock.first.ns, user)
        if not data:
            if not exchange.data:
                raise ConnectionResetError("closed before a byte of the answer")
            exchange.cut()
            self._over(one, user)
        elif exchange.take(data, user, kernel, self._how.most_bytes):
            self._over(one, user)

    def _broken(self, one: Connection, error: OSError) -> None:
        exchange, was_ready = one.exchange, one.ready
        self._drop(one)
        if exchange is None:
            waits = None if was_ready else self._next(one.to)
            if waits is not None:
                self._failed(waits, "connect", str(error))
            return
        self._flying -= 1
        if exchange.data:
            self._failed(exchange, "reset", str(error))
            return
        exchange.again()
        exchange.reconnected += 1
        if exchange.reconnected >= _TRIES:
            self._failed(exchange, "closed", str(error))
        else:
            self._issue(exchange)

    def _over(self, one: Connection, at_ns: int) -> None:
        """An answer has come to its end, whatever that was."""
        exchange = one.exchange
        assert exchange is not None
        one.exchange = None
        one.used = True
        self._flying -= 1
        exchange.closed_ns = at_ns
        exchange.settle()
        again = exchange.framing.keep and exchange.framing.state == "done" and not exchange.error and not one.unsent
        if again:
            self._rest(one)
        else:
            self._drop(one)
            if self._running and (self._waiting or not exchange.error):
                self._connect(one.to)
        self._keep(exchange)

    def _keep(self, exchange: Exchange) -> None:
        self.kept.append(Kept(exchange, self._size, len(exchange.data)))
        self.spool.write(exchange.data)
        self._size += len(exchange.data)
        request = self.requests[exchange.place]
        held = exchange.place in self._slotted
        self._slotted.discard(exchange.place)
        if self._running and request.session and self._turns[request.session]:
            place = self._answered(request.session, exchange)
            if held and place is not None:
                self._slotted.add(place)
        exchange.out, exchange.data = b"", bytearray()

    def _failed(self, exchange: Exchange, error: Failure, detail: str) -> None:
        exchange.settle()
        exchange.error, exchange.detail = error, detail
        exchange.closed_ns = now_ns()
        self._keep(exchange)

    def _answered(self, session: str, exchange: Exchange) -> int | None:
        """A turn is over: the next one, returned, is due after its pause; none if this one failed."""
        place = self._turns[session].popleft()
        found = told(body_of(exchange, bytes(exchange.data)), Stamps(*stamps_of(exchange)), keep=True)
        if exchange.error or found.error or exchange.framing.status != 200 or found.events is None:
            for lost in (place, *self._turns[session]):
                self.not_issued[lost] = "an earlier turn of its session failed"
            self._turns[session].clear()
            return None
        if self.requests[place].continues:
            before = self._said.get(session) or _messages(self.requests[exchange.place].body)
            self._said[session] = [*before, {"role": "assistant", "content": found.events.text}]
        heappush(self._due, ((exchange.closed_ns or now_ns()) + self.requests[place].pause_ns, place))
        return place

    def _turn(self, place: int, due_ns: int) -> None:
        request = self.requests[place]
        body = request.body
        if request.continues:
            tree = msgspec.json.decode(body)
            self._said[request.session] = tree["messages"] = [*self._said[request.session], *tree["messages"]]
            body = msgspec.json.encode(tree)
        self._issue(self._exchange(place, body, due_ns))

    def _exchange(self, place: int, body: bytes, scheduled_ns: int | None) -> Exchange:
        to = self.requests[place].to
        target = self._places[to]
        return Exchange(place, to, request_bytes(target.shown, target.path, target.headers, body), scheduled_ns)

    def _issue(self, exchange: Exchange) -> None:
        if exchange.issued_ns is None:
            exchange.issued_ns = now_ns()
        if self._idle[exchange.to]:
            self._write(self._idle[exchange.to].pop(), exchange)
            return
        self._waiting.append(exchange)
        if len(self._all) >= self._how.connections:
            other = next((idle for idle in self._idle if idle), None)
            if other is None:
                return
            self._drop(other[-1])
        self._connect(exchange.to)

    def _write(self, one: Connection, exchange: Exchange) -> None:
        self._flying += 1
        try:
            if not one.write(exchange):
                self._waiter.watch(one.sock, one, write=True)
        except OSError as error:
            self._broken(one, error)

    def _rest(self, one: Connection) -> None:
        """A connection is free: it takes what waits for it."""
        exchange = self._next(one.to)
        if exchange is None:
            self._idle[one.to].append(one)
        else:
            self._write(one, exchange)

    def _next(self, to: int) -> Exchange | None:
        """The first that waits for a connection to a target."""
        for place, exchange in enumerate(self._waiting):
            if exchange.to == to:
                del self._waiting[place]
                return exchange
        return None

    def _connect(self, to: int) -> None:
        one = Connection(self._places[to], to, self._how.kernel)
        self._all.add(one)
        self.tls_in_run += self._running and self._places[to].tls
        try:
            one.connect(self._how.connect_s)
        except OSError as error:
            self._broken(one, error)
            return
        self._waiter.watch(one.sock, one, write=not one.ready)
        if one.ready:
            self._rest(one)

    def _drop(self, one: Connection) -> None:
        self._all.discard(one)
        if one in self._idle[one.to]:
            self._idle[one.to].remove(one)
        self._waiter.forget(one.sock)
        one.close()

    def _sweep(self, now: int) -> None:
        """End what takes too long."""
        for one in list(self._all):
            exchange = one.exchange
            if exchange is None:
                if not one.ready and now - one.since_ns > self._how.connect_s * 1e9:
                    self._broken(one, TimeoutError("no connection in time"))
                continue
            if now - (exchange.written_ns or now) > self._how.timeout_s * 1e9:
                exchange.error = "timeout"
            elif now - exchange.last_ns > self._how.stall_s * 1e9:
                exchange.error = "stalled"
            if exchange.error:
                self._over(one, now)
        for exchange in list(self._waiting):
            if now - (exchange.issued_ns or now) > self._how.timeout_s * 1e9:
                self._waiting.remove(exchange)
                self._failed(exchange, "not_issued", "no connection was free in time")
        if self._waiting and len(self._all) < self._how.connections:
            self._connect(self._waiting[0].to)


def _messages(body: bytes) -> list[object]:
    """The messages of a request; none if it has none."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return []
    return list(found["messages"]) if isinstance(found, dict) and isinstance(found.get("messages"), list) else []
