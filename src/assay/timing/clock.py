"""Clocks: the monotonic clock that all processes of a machine share, and what the wall clock is worth beside it.

The kernel stamps packets with the wall clock (CLOCK_REALTIME). Its distance from the monotonic clock changes only when
somebody sets the clock: both are slewed together (recalled). It is measured again and again, and a change is a step.
"""

import select
import selectors
import socket
import struct
import sys
import time
from typing import Any, Final, NamedTuple

now_ns = time.monotonic_ns
"""Nanoseconds of the monotonic clock; the same in every process of a machine (Linux, macOS)."""

KERNEL_STAMP: Final = 35
"""``SO_TIMESTAMPNS`` and ``SCM_TIMESTAMPNS`` on x86 and ARM under Linux; Python does not name it."""

STAMP_SPACE: Final = socket.CMSG_SPACE(16) if hasattr(socket, "CMSG_SPACE") else 0
STEP_NS: Final = 50_000
"""A change of the distance of the two clocks beyond this is a step."""

_TRIES: Final = 15
_STAMP: Final = struct.Struct("@qq")


class Distance(NamedTuple):
    """Wall clock − monotonic clock: nanoseconds, and half the width of the measurement."""

    ns: int
    u_ns: int


def distance() -> Distance:
    """Measure wall clock − monotonic clock: the narrowest of 15 brackets."""
    found: Distance | None = None
    for _ in range(_TRIES):
        before = now_ns()
        wall = time.time_ns()
        after = now_ns()
        if found is None or (after - before) // 2 < found.u_ns:
            found = Distance(wall - (before + after) // 2, (after - before) // 2)
    assert found is not None
    return found


def stamped(sock: socket.socket) -> bool:
    """Ask the kernel to stamp what a socket receives; whether it will."""
    if not sys.platform.startswith("linux") or not hasattr(sock, "recvmsg"):
        return False
    try:
        sock.setsockopt(socket.SOL_SOCKET, KERNEL_STAMP, 1)
    except OSError:
        return False
    return True


def kernel_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    """Wall-clock nanoseconds of a kernel stamp in what ``recvmsg`` brought along; 0 if there is none."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == KERNEL_STAMP and len(data) >= _STAMP.size:
            seconds, rest = _STAMP.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(rest)
    return 0


class Waiter:
    """Waits for sockets, to the microsecond where the system can.

    ``epoll`` and its kin wait in whole milliseconds; ``select`` on the descriptor of the set waits in microseconds.
    """

    def __init__(self) -> None:
        self._set = selectors.DefaultSelector()
        self._fd: int | None = self._set.fileno() if hasattr(self._set, "fileno") else None

    def watch(self, sock: Any, owner: Any, write: bool = False) -> None:
        """Wait for a socket to be readable, and writable if so asked; ``owner`` is handed back then."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        try:
            self._set.modify(sock, wanted, owner)
        except KeyError:
            self._set.register(sock, wanted, owner)

    def forget(self, sock: Any) -> None:
        """Wait for it no longer."""
        try:
            self._set.unregister(sock)
        except (KeyError, ValueError):
            return

    def wait(self, for_ns: int) -> list[tuple[Any, bool, bool]]:
        """What is ready within so many nanoseconds: owner, readable, writable. Returns at once for 0 or less."""
        if for_ns > 0:
            if self._fd is None:
                return self._ready(for_ns / 1e9)
            select.select([self._fd], [], [], for_ns / 1e9)
        return self._ready(0)

    def _ready(self, timeout_s: float) -> list[tuple[Any, bool, bool]]:
        return [(key.data, bool(mask & selectors.EVENT_READ), bool(mask & selectors.EVENT_WRITE))
                for key, mask in self._set.select(timeout_s)]  # fmt: skip

    def close(self) -> None:
        """Let go of the set."""
        self._set.close()
