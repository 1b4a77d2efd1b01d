"""The reference server, as a process: sends what was made beforehand when it is due, and writes down when it did.

The stamp of an event is taken just before it is handed to the system, and again just after: on one machine it has
arrived in between. A request has arrived when the kernel says so, where the kernel says.
"""

import gc
import os
import re
import socket
import struct
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from typing import Final

import msgspec

from assay.timing.client.job import receive, send
from assay.timing.clock import STAMP_SPACE, Waiter, distance, kernel_ns, now_ns, stamped
from assay.timing.reference import frames
from assay.timing.reference.options import FIELDS, Serve
from assay.timing.reference.script import Script, of_request

_MOST_ROWS: Final = 4_000_000
_MOST_REQUEST: Final = 16 * 2**20
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]{1,9}) *\r\n", re.IGNORECASE)
_IDLE_NS: Final = 200_000_000
_SPIN_NS: Final = 60_000
_FLOOD: Final = 16 * 2**20


class _Stream:
    """An answer that is being sent."""

    __slots__ = ("arrived_ns", "due", "groups", "name", "next", "number", "peer", "script")

    def __init__(self, peer: "_Peer", number: int, script: Script, usage: bool) -> None:
        self.peer, self.number, self.script = peer, number, script
        self.name = frames.answer_id(number).encode()
        self.groups = frames.template(script, usage)
        self.due = script.due_ns(number)
        self.next = 0
        self.arrived_ns = 0


class _Peer:
    """A connection."""

    __slots__ = ("arrived_ns", "asked", "left", "sock", "stream")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.asked = bytearray()
        self.left = b""
        self.stream: _Stream | None = None
        self.arrived_ns = 0


class Server:
    """The loop of a server process.

    Attributes:
        port: where it listens.
        log: rows of ``FIELDS`` numbers, flat.
    """

    def __init__(self, options: Serve) -> None:
        self._options = options
        self._waiter = Waiter()
        self._due: list[tuple[int, int, _Stream]] = []
        self._order = count()
        self._numbers = count(options.number, options.of)
        self.log = array("q")
        self._distance_ns = distance().ns
        self._listener = socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if options.of > 1:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._listener.bind((options.host, options.port))
        self._listener.listen(4096)
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._waiter.watch(self._listener, self._listener)

    def serve(self, orders: int, obey: Callable[["Server", bytes], None]) -> None:
        """Serve until the descriptor of orders is closed at its other end.

        Args:
            orders: a descriptor to read orders from.
            obey: called with each.
        """
        self._waiter.watch(orders, orders)
        while True:
            now = now_ns()
            while self._due and self._due[0][0] <= now:
                self._play(heappop(self._due)[2])
                now = now_ns()
            wait = self._due[0][0] - now - _SPIN_NS if self._due else _IDLE_NS
            for owner, readable, writable in self._waiter.wait(wait):
                if owner == orders:
                    order = os.read(orders, 1)
                    if not order:
                        return
                    obey(self, order)
                elif owner is self._listener:
                    self._accept()
                else:
                    self._serve(owner, readable, writable)

    def _accept(self) -> None:
        with suppress(OSError):
            sock, _ = self._listener.accept()
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stamped(sock)
            self._waiter.watch(sock, _Peer(sock))

    def _serve(self, peer: _Peer, readable: bool, writable: bool) -> None:
        try:
            if writable and peer.left:
                self._push(peer, b"")
            if readable and peer.sock.fileno() >= 0:
                self._read(peer)
        except OSError:
            self._drop(peer)

    def _read(self, peer: _Peer) -> None:
        try:
            data, ancillary, _, _ = peer.sock.recvmsg(65_536, STAMP_SPACE)
        except BlockingIOError:
            return
        now, kernel = now_ns(), kernel_ns(ancillary)
        if not data or len(peer.asked) > _MOST_REQUEST:
            self._drop(peer)
            return
        peer.asked += data
        peer.arrived_ns = kernel - self._distance_ns if kernel else now
        if peer.stream is not None:
            return  # asked before it was answered: later
        self._take(peer)

    def _take(self, peer: _Peer) -> None:
        """Begin to answer, if a whole request is there."""
        stop = peer.asked.find(b"\r\n\r\n")
        if stop < 0:
            return
        head = bytes(peer.asked[: stop + 2])
        stated = _LENGTH.search(head)
        end = stop + 4 + (int(stated[1]) if stated else 0)
        if end > _MOST_REQUEST:
            self._drop(peer)
            return
        if len(peer.asked) < end:
            if b"100-continue" in head.lower() and len(peer.asked) == stop + 4:
                self._push(peer, b"HTTP/1.1 100 Continue\r\n\r\n")
            return
        body = bytes(peer.asked[stop + 4 : end])
        del peer.asked[:end]
        if not head.startswith(b"POST "):
            models = b'{"object":"list","data":[{"id":"timing","object":"model","created":0,"owned_by":"assay"}]}'
            self._push(peer, frames.plain(200, models))
            return
        self._begin(peer, body)

    def _begin(self, peer: _Peer, body: bytes) -> None:
        try:
            script, streamed, usage = of_request(body, self._options.script)
        except ValueError:
            self._push(peer, frames.plain(400, b'{"error":{"message":"not a request that this server knows"}}'))
            return
        number = next(self._numbers)
        if not streamed:
            self._push(peer, frames.whole(script, number))
            return
        if script.fault and number % script.every:
            script = msgspec.structs.replace(script, fault="")
        if script.fault in ("status", "not_http"):
            self._push(peer, frames.plain(500, b'{"error":{"message":"a fault on purpose"}}')
                       if script.fault == "status" else b"\x16\x03\x01 what is this\r\n\r\n")  # fmt: skip
            return
        stream = _Stream(peer, number, script, usage)
        stream.arrived_ns, peer.stream = peer.arrived_ns, stream
        self._note(number, -1, peer.arrived_ns, now_ns(), peer.arrived_ns)
        self._push(peer, frames.HEAD + b"".join(frames.written(one, stream.name, now_ns()) for one in stream.groups[0]))
        heappush(self._due, (stream.arrived_ns + stream.due[0], next(self._order), stream))

    def _play(self, stream: _Stream) -> None:
        """Send the text that is due, and set the time of the next."""
        peer, place, script = stream.peer, stream.next, stream.script
        if peer.stream is not stream:
            return  # the client has gone
        try:
            if script.fault and place >= script.fault_at and not self._fault(stream):
                return
            group = stream.groups[place % script.chunks + 1]
            before = now_ns()
            self._push(peer, b"".join([frames.written(one, stream.name, before) for one in group]))
            if peer.left:
                before = -before  # more than the system would take: not a moment that could be relied upon
            due = stream.arrived_ns + stream.due[place % script.chunks]
            self._note(stream.number, place, before, now_ns(), due)
        except OSError:
            self._drop(peer)
            return
        stream.next += 1
        if stream.next < script.chunks:
            heappush(self._due, (stream.arrived_ns + stream.due[stream.next], next(self._order), stream))
        else:
            self._end(peer, script)

    def _end(self, peer: _Peer, script: Script) -> None:
        peer.stream = None
        if script.fault == "close":
            self._drop(peer)
        elif peer.asked:
            self._take(peer)

    def _fault(self, stream: _Stream) -> bool:
        """Do what goes wrong on purpose; whether the stream goes on after it."""
        peer, fault = stream.peer, stream.script.fault
        if fault == "stall":
            return False
        if fault == "reset":
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if fault in ("cut", "reset"):
            self._drop(peer)
            return False
        if fault == "endless":
            self._push(peer, frames.written(stream.groups[1][0], stream.name, now_ns()))
            gap = max(1, round(stream.script.gap_ms * 1e6))
            heappush(self._due, (now_ns() + gap, next(self._order), stream))
            return False
        parting = _PARTING.get(fault)
        if parting is None or stream.next > stream.script.fault_at:
            return True
        out, over = parting()
        self._push(peer, out)
        if over:
            peer.stream = None
        return not over

    def _push(self, peer: _Peer, out: bytes) -> None:
        """Send; what the system does not take is sent when it does. Raises ``OSError``."""
        out = peer.left + out if peer.left else out
        try:
            taken = peer.sock.send(out)
        except BlockingIOError:
            taken = 0
        had, peer.left = bool(peer.left), out[taken:]
        if peer.left or had:
            self._waiter.watch(peer.sock, peer, write=bool(peer.left))

    def _note(self, *row: int) -> None:
        if len(self.log) < _MOST_ROWS * FIELDS:
            self.log.extend(row)

    def _drop(self, peer: _Peer) -> None:
        peer.stream = None
        self._waiter.forget(peer.sock)
        peer.sock.close()


_PARTING: Final[dict[str, Callable[[], tuple[bytes, bool]]]] = {
    "malformed": lambda: (frames.framed(b'data: {"choices": [{"delta"\n\n') + b"0\r\n\r\n", True),
    "framing": lambda: (b"what is this\r\n", True),
    "disordered": lambda: (frames.framed(b"data: [DONE]\n\n"), False),
    "oversized": lambda: (frames.framed(b"data: " + b"x" * _FLOOD), True),
    "unfinished": lambda: (b"0\r\n\r\n", True),
    "server_error": lambda: (frames.framed(b'data: {"error": {"message": "on purpose"}}\n\n') + b"0\r\n\r\n", True),
}


def _obey(server: Server, order: bytes) -> None:
    """Hand over the log, or forget it."""
    if order == b"c":
        server.log = array("q")
    send(sys.stdout.buffer, server.log.tobytes())


def main() -> None:
    """Take options from standard input, tell the port, serve until standard input ends."""
    try:
        options: Serve = receive(sys.stdin.buffer)
        if options.processor is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {options.processor})
        try:
            server = Server(options)
        except OSError as error:
            send(sys.stdout.buffer, error.strerror or str(error))
            return
        send(sys.stdout.buffer, server.port)
        gc.freeze()
        gc.disable()
        server.serve(sys.stdin.fileno(), _obey)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        os._exit(0)


if __name__ == "__main__":
    main()
