"""A server with a bottleneck that was put into it: an engine of stages whose times are exact, behind plain HTTP.

Requests wait for a place, for prefill, and are then decoded in steps together; what is sent goes over a line with a
delay and a throughput. Every stage has a clock of its own that does not drift: an event that is handled late takes
effect as of the moment for which it was due. ``GET /metrics`` answers as vLLM or llama.cpp do.
"""

import gc
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final, Literal, Protocol

import msgspec

from assay.timing.client.asked import MS, Target
from assay.timing.client.job import receive, send, started
from assay.timing.clock import Waiter, now_ns
from assay.timing.reference.frames import HEAD, framed
from assay.vocabulary.record import Record

_MOST_REQUEST: Final = 2**20
_IDLE_NS: Final = 200 * MS
_SPIN_NS: Final = 60_000


class Planted(Record, kw_only=True):
    """What each stage of the server can do.

    Attributes:
        places: requests that are answered at a time.
        waiting: requests that may wait for a place; more are turned away with status 503.
        prefill_us: time for a token of a prompt.
        lanes: prompts that are read at a time.
        step_ms: time for a step of decoding, in which every request in progress gets a token.
        each_ms: what each request in progress adds to it.
        interrupts: no step is taken while a prompt is read.
        delay_ms: of the line, in each direction.
        bytes_per_s: throughput of the line, all connections together; 0 for any.
        each_bytes_per_s: throughput of each connection; 0 for any.
        chunk_bytes: an event has at least so many bytes.
        timings: the last event states prefill and decoding, as llama.cpp's does.
        metrics: whose names ``/metrics`` uses; empty: there is none.
    """

    places: int = 64
    waiting: int = 10_000
    prefill_us: float = 20.0
    lanes: int = 8
    step_ms: float = 2.0
    each_ms: float = 0.0
    interrupts: bool = False
    delay_ms: float = 0.0
    bytes_per_s: float = 0.0
    each_bytes_per_s: float = 0.0
    chunk_bytes: int = 200
    timings: bool = False
    metrics: Literal["", "vllm", "llama.cpp"] = "vllm"


class _Asked(msgspec.Struct):
    messages: list[dict[str, Any]] = []
    max_tokens: int = 16
    stream: bool = False


class Line(Protocol):
    """A connection as the engine needs it: when its line is free again, in nanoseconds."""

    free: int


class _Sequence:
    """A request in the engine; times in nanoseconds."""

    __slots__ = ("arrived", "begun", "first", "left", "line", "peer", "stream", "tokens", "wanted")

    def __init__(self, peer: Line, asked: _Asked, arrived: int) -> None:
        self.peer, self.arrived, self.stream = peer, arrived, asked.stream
        self.tokens = sum(len(str(one.get("content", "")).split()) for one in asked.messages) or 1
        self.wanted = self.left = max(1, asked.max_tokens)
        self.begun = self.first = 0


class _Peer:
    """A connection."""

    __slots__ = ("asked", "free", "left", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.asked, self.left, self.free = sock, bytearray(), b"", 0


class Engine:
    """The stages, driven by a list of what is due.

    Attributes:
        due: what is to be done: when, order, what, with which moment.
    """

    def __init__(self, planted: Planted, push: Callable[[Any, bytes], None]) -> None:
        self._planted, self._push = planted, push
        self.due: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()
        self._waiting: deque[_Sequence] = deque()
        self._unread: deque[_Sequence] = deque()
        self._reading = 0
        self._running: list[_Sequence] = []
        self._held = 0
        self._stepping = False
        self._line_free = 0
        self._totals = {"queue_s": 0.0, "prefill_s": 0.0, "decode_s": 0.0, "requests": 0}

    def at(self, when: int, what: Callable[[int], None]) -> None:
        """Put something on the list."""
        heappush(self.due, (when, next(self._order), what))

    def take(self, peer: Line, body: bytes, now: int) -> None:
        """A request has come."""
        try:
            asked = msgspec.json.decode(body, type=_Asked)
        except msgspec.MsgspecError:
            self._send(peer, _plain(400, b'{"error":{"message":"not a request"}}'), now)
            return
        one = _Sequence(peer, asked, now)
        self.at(now + round(self._planted.delay_ms * MS), lambda when: self._arrive(one, when))

    def asked_for(self, peer: Line, path: str, now: int) -> None:
        """A page has been asked for."""
        known = path == "/metrics" and self._planted.metrics
        page = _plain(200, self._metrics().encode()) if known else _plain(404, b"{}")
        self.at(now + round(self._planted.delay_ms * MS), lambda when: self._send(peer, page, when))

    def _arrive(self, one: _Sequence, now: int) -> None:
        if self._held >= self._planted.places and len(self._waiting) >= self._planted.waiting:
            self._send(one.peer, _plain(503, b'{"error":{"message":"too many requests"}}'), now)
            return
        self._waiting.append(one)
        self._admit(now)

    def _admit(self, now: int) -> None:
        while self._waiting and self._held < self._planted.places:
            one = self._waiting.popleft()
            self._held += 1
            self._totals["queue_s"] += (now - one.arrived) / 1e9
            self._unread.append(one)
        self._read(now)

    def _read(self, now: int) -> None:
        """Begin prefill where a lane is free."""
        while self._unread and self._reading < self._planted.lanes:
            one = self._unread.popleft()
            one.begun = now
            self._reading += 1
            self.at(now + round(one.tokens * self._planted.prefill_us * 1000), self._read_by(one))

    def _read_by(self, one: _Sequence) -> Callable[[int], None]:
        def done(now: int) -> None:
            self._reading -= 1
            one.first = now
            self._totals["prefill_s"] += (now - one.begun) / 1e9
            if one.stream:
                self._send(one.peer, HEAD, now)
            self._running.append(one)
            self._token(one, now)
            self._read(now)
            self._step(now)

        return done

    def _step(self, now: int) -> None:
        if self._stepping or not self._running or (self._planted.interrupts and self._reading):
            return
        self._stepping = True
        batch = list(self._running)
        length = self._planted.step_ms + self._planted.each_ms * len(batch)

        def done(when: int) -> None:
            self._stepping = False
            for one in batch:
                self._token(one, when)
            self._step(when)

        self.at(now + round(length * MS), done)

    def _token(self, one: _Sequence, now: int) -> None:
        one.left -= 1
        if one.stream:
            self._send(one.peer, self._event(one, now), now)
        if one.left > 0:
            return
        self._running.remove(one)
        self._held -= 1
        self._totals["decode_s"] += (now - one.first) / 1e9
        self._totals["requests"] += 1
        if not one.stream:
            tree = {"choices": [{"message": {"content": " a" * one.wanted}, "finish_reason": "length"}],
                    "usage": _usage(one), **self._timings(one, now)}  # fmt: skip
            self._send(one.peer, _plain(200, msgspec.json.encode(tree)), now)
        self._admit(now)

    def _event(self, one: _Sequence, now: int) -> bytes:
        tree: dict[str, object] = {"id": "planted", "choices": [{"index": 0, "delta": {"content": " a"}}]}
        data = msgspec.json.encode(tree)
        padding = max(0, self._planted.chunk_bytes - len(data) - 20)
        tree["system_fingerprint"] = "." * padding
        out = framed(b"data: " + msgspec.json.encode(tree) + b"\n\n")
        if one.left <= 0:
            last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}], "usage": _usage(one),
                    **self._timings(one, now)}  # fmt: skip
            out += framed(b"data: " + msgspec.json.encode(last) + b"\n\n") + framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"
        return out

    def _timings(self, one: _Sequence, now: int) -> dict[str, object]:
        if not self._planted.timings:
            return {}
        return {"timings": {"prompt_ms": (one.first - one.begun) / MS, "predicted_ms": (now - one.first) / MS}}

    def _send(self, peer: Line, out: bytes, now: int) -> None:
        """Over the line: when it was let through, and then its delay."""
        over = now
        if self._planted.bytes_per_s:
            over = self._line_free = max(over, self._line_free) + round(len(out) / self._planted.bytes_per_s * 1e9)
        if self._planted.each_bytes_per_s:
            over = peer.free = max(over, peer.free) + round(len(out) / self._planted.each_bytes_per_s * 1e9)
        self.at(over + round(self._planted.delay_ms * MS), lambda _: self._push(peer, out))

    def _metrics(self) -> str:
        waiting, running, totals = len(self._waiting), self._held, self._totals
        if self._planted.metrics == "llama.cpp":
            return (f"llamacpp:requests_processing {running}\nllamacpp:requests_deferred {waiting}\n"
                    f"llamacpp:prompt_seconds_total {totals['prefill_s']}\n")  # fmt: skip
        label = '{engine="0",model_name="planted"}'
        lines = [f"vllm:num_requests_running{label} {running}", f"vllm:num_requests_waiting{label} {waiting}",
                 f"vllm:kv_cache_usage_perc{label} 0.2", f"vllm:num_preemptions_total{label} 0"]  # fmt: skip
        for name in ("queue", "prefill", "decode"):
            lines += [f"vllm:request_{name}_time_seconds_sum{label} {totals[f'{name}_s']}",
                      f"vllm:request_{name}_time_seconds_count{label} {totals['requests']}"]  # fmt: skip
        return "\n".join(lines) + "\n"


def _usage(one: _Sequence) -> dict[str, int]:
    return {"prompt_tokens": one.tokens, "completion_tokens": one.wanted, "total_tokens": one.tokens + one.wanted}


def _plain(status: int, body: bytes) -> bytes:
    words = {200: b"OK", 400: b"Bad Request", 404: b"Not Found", 503: b"Service Unavailable"}[status]
    return b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status, words, len(body), body,
    )  # fmt: skip


class _Server:
    """The loop: what is due, and what comes."""

    def __init__(self, planted: Planted) -> None:
        self._waiter = Waiter()
        self._engine = Engine(planted, self._push)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._waiter.watch(self._listener, self._listener)

    def serve(self, orders: int) -> None:
        """Serve until the descriptor of orders is closed at its other end."""
        self._waiter.watch(orders, orders)
        due = self._engine.due
        while True:
            now = now_ns()
            while due and due[0][0] <= now:
                when, _, what = heappop(due)
                what(when)
                now = now_ns()
            for owner, readable, writable in self._waiter.wait(due[0][0] - now - _SPIN_NS if due else _IDLE_NS):
                if owner == orders:
                    return
                if owner is self._listener:
                    self._accept()
                    continue
                try:
                    if writable and owner.left:
                        self._push(owner, b"")
                    if readable and owner.sock.fileno() >= 0:
                        self._read(owner)
                except OSError:
                    self._drop(owner)

    def _accept(self) -> None:
        with suppress(OSError):
            sock, _ = self._listener.accept()
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._waiter.watch(sock, _Peer(sock))

    def _read(self, peer: _Peer) -> None:
        try:
            data = peer.sock.recv(65_536)
        except BlockingIOError:
            return
        if not data or len(peer.asked) > _MOST_REQUEST:
            self._drop(peer)
            return
        peer.asked += data
        head, found, rest = bytes(peer.asked).partition(b"\r\n\r\n")
        if not found:
            return
        stated = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(stated[0].split(b":")[1]) if stated else 0
        if len(rest) < length:
            return
        peer.asked = bytearray(rest[length:])
        if head.startswith(b"POST "):
            self._engine.take(peer, rest[:length], now_ns())
        else:
            self._engine.asked_for(peer, head.split(b" ")[1].decode("latin-1"), now_ns())

    def _push(self, peer: _Peer, out: bytes) -> None:
        if peer.sock.fileno() < 0:
            return
        out = peer.left + out
        try:
            taken = peer.sock.send(out)
        except BlockingIOError:
            taken = 0
        except OSError:
            self._drop(peer)
            return
        peer.left = out[taken:]
        self._waiter.watch(peer.sock, peer, write=bool(peer.left))

    def _drop(self, peer: _Peer) -> None:
        self._waiter.forget(peer.sock)
        peer.sock.close()


@contextmanager
def planted_server(planted: Planted) -> Iterator[Target]:
    """A server of this kind in a process of its own, until the block ends; where requests go."""
    process: subprocess.Popen[bytes] = started("assay.testing.planted_server")
    assert process.stdin is not None and process.stdout is not None
    try:
        send(process.stdin, planted)
        yield Target(url=f"http://127.0.0.1:{receive(process.stdout)}/v1/chat/completions")
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def main() -> None:
    """Take what is planted from standard input, tell the port, serve until standard input ends."""
    try:
        server = _Server(receive(sys.stdin.buffer))
        send(sys.stdout.buffer, server.port)
        gc.freeze()
        gc.disable()
        server.serve(sys.stdin.fileno())
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        os._exit(0)


if __name__ == "__main__":
    main()
