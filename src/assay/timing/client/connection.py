"""One connection and the exchange that it carries: stamps are taken before anything is read of what they stamp."""

import errno
import socket
import ssl
from array import array
from contextlib import suppress
from typing import Final, NamedTuple

from assay.timing.client.framing import Framing
from assay.timing.client.offered import Failure
from assay.timing.clock import STAMP_SPACE, kernel_ns, now_ns, stamped

_READ_BYTES: Final = 65_536
_MOST_READS: Final = 262_144
_IN_PROGRESS: Final = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN)


class Place(NamedTuple):
    """A target as a worker needs it: address resolved, TLS settings, and the head of its requests.

    Attributes:
        family: address family.
        address: what ``connect`` takes.
        host: name of the host, for TLS.
        shown: host and port, for the header ``Host``.
        path: path and query.
        headers: further header lines.
        tls: whether it is TLS.
        ca_file: certificates to trust instead of the system's.
    """

    family: int
    address: tuple[str, int] | tuple[str, int, int, int]
    host: str
    shown: str
    path: str
    headers: dict[str, str]
    tls: bool
    ca_file: str | None


class Exchange:
    """One request on its way and what came back, as raw bytes with their stamps."""

    __slots__ = (
        "closed_ns", "data", "detail", "error", "framing", "issued_ns", "kernel", "last_ns", "out", "pending", "place",
        "reconnected", "scheduled_ns", "sent_ns", "sizes", "to", "user", "written_ns",
    )  # fmt: skip

    def __init__(self, place: int, to: int, out: bytes, scheduled_ns: int | None) -> None:
        self.place, self.to, self.out, self.scheduled_ns = place, to, out, scheduled_ns
        self.issued_ns: int | None = None
        self.error: Failure = ""
        self.detail = ""
        self.reconnected = 0
        self.again()

    def again(self) -> None:
        """Forget everything of an attempt that brought nothing."""
        self.written_ns: int | None = None
        self.sent_ns: int | None = None
        self.closed_ns: int | None = None
        self.last_ns = 0
        self.data = bytearray()
        self.pending = 0
        self.user, self.kernel, self.sizes = array("q"), array("q"), array("q")
        self.framing = Framing()

    def take(self, data: bytes, user: int, kernel: int, most_bytes: int) -> bool:
        """Keep what was read; whether the answer is complete or has failed."""
        self.user.append(user)
        self.kernel.append(kernel)
        self.data += data
        size = len(self.data)
        self.sizes.append(size)
        self.last_ns = user
        framing = self.framing
        # A chunked answer can only end with an empty line: what cannot be its end is read after the run.
        if framing.state not in ("size", "data", "data_end", "trailer") or self.data.endswith(b"\r\n\r\n"):
            framing.feed(bytes(self.data[self.pending :]))
            self.pending = size
            if framing.state == "bad":
                self.error, self.detail = "framing", framing.reason
            elif framing.state == "done" and framing.used < size:
                self.error, self.detail = "disordered", "bytes after the end"
                framing.keep = False
        if not self.error and (size > most_bytes or len(self.sizes) > _MOST_READS):
            self.error = "oversized"
        return bool(self.error) or framing.state == "done"

    def settle(self) -> None:
        """Read what is pending, for the account of an answer that is over."""
        self.framing.feed(bytes(self.data[self.pending :]))
        self.pending = len(self.data)
        if self.framing.state == "bad" and self.error in ("", "stalled", "timeout"):
            self.error, self.detail = "framing", self.framing.reason

    def cut(self) -> None:
        """The connection ended: it was cut, unless that is how this answer ends."""
        self.settle()
        if not self.framing.ended() and not self.error:
            self.error = "cut"


class Tls:
    """TLS over a socket that we read ourselves, so that every read keeps its stamp. The slower path: see ``open``."""

    def __init__(self, place: Place) -> None:
        context = ssl.create_default_context(cafile=place.ca_file)
        context.set_alpn_protocols(["http/1.1"])
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=place.host)

    def shake(self, sock: socket.socket) -> None:
        """The handshake, on a blocking socket. Raises ``OSError``."""
        while True:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                sock.sendall(self._out.read())
                got = sock.recv(_READ_BYTES)
                if not got:
                    raise ConnectionResetError("closed in the handshake") from None
                self._in.write(got)
            else:
                sock.sendall(self._out.read())
                return

    def seal(self, data: bytes) -> bytes:
        """The records to be sent."""
        self._object.write(data)
        return self._out.read()

    def open(self, data: bytes) -> bytes:
        """What records say, as far as they are complete. Raises ``OSError``."""
        self._in.write(data)
        found: list[bytes] = []
        while True:
            try:
                piece = self._object.read(_READ_BYTES)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                return b"".join(found)
            if not piece:
                return b"".join(found)
            found.append(piece)


class Connection:
    """A socket to a target.

    Attributes:
        sock: its socket.
        to: which target.
        exchange: what it carries; None while idle.
        ready: connected, TLS included.
        used: it has carried an answer.
        since_ns: when it was opened.
    """

    __slots__ = ("_left", "_place", "_stamps", "_tls", "exchange", "ready", "since_ns", "sock", "to", "used")

    def __init__(self, place: Place, to: int, kernel: bool) -> None:
        self._place, self.to = place, to
        self._left = b""
        self._tls: Tls | None = None
        self.exchange: Exchange | None = None
        self.ready = self.used = False
        self.since_ns = now_ns()
        self.sock = socket.socket(place.family, socket.SOCK_STREAM)
        self.sock.setblocking(False)
        with suppress(OSError):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stamps = kernel and stamped(self.sock)

    def connect(self, connect_s: float) -> None:
        """Begin to connect; with TLS, wait for it. Raises ``OSError``."""
        if self._place.tls:
            self.sock.settimeout(connect_s)
            self.sock.connect(self._place.address)
            self._tls = Tls(self._place)
            self._tls.shake(self.sock)
            self.sock.setblocking(False)
            self.ready = True
            return
        code = self.sock.connect_ex(self._place.address)
        if code not in (0, *_IN_PROGRESS):
            raise OSError(code, errno.errorcode.get(code, "connect"))
        self.ready = code == 0

    def connected(self) -> None:
        """The socket is writable for the first time. Raises ``OSError`` if that means that it failed."""
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, errno.errorcode.get(code, "connect"))
        self.ready = True

    def write(self, exchange: Exchange) -> bool:
        """Begin to send a request; whether all of it was taken. Raises ``OSError``."""
        self.exchange = exchange
        out = exchange.out if self._tls is None else self._tls.seal(exchange.out)
        exchange.written_ns = exchange.last_ns = now_ns()
        return self._push(out, exchange)

    def push(self) -> bool:
        """Send more of what is left; whether that was all. Raises ``OSError``."""
        assert self.exchange is not None
        return self._push(self._left, self.exchange)

    def _push(self, out: bytes, exchange: Exchange) -> bool:
        try:
            taken = self.sock.send(out)
        except BlockingIOError:
            taken = 0
        self._left = out[taken:]
        if not self._left:
            exchange.sent_ns = now_ns()
        return not self._left

    @property
    def unsent(self) -> bool:
        """Part of a request is still to be sent."""
        return bool(self._left)

    def read(self) -> tuple[bytes, int, int] | None:
        """What has come, with the process's stamp and the kernel's (wall clock; 0: none); None if nothing has.

        Empty bytes are the end of the connection. Raises ``OSError``.
        """
        try:
            if self._stamps:
                data, ancillary, _, _ = self.sock.recvmsg(_READ_BYTES, STAMP_SPACE)
                user = now_ns()
                kernel = kernel_ns(ancillary)
            else:
                data = self.sock.recv(_READ_BYTES)
                user, kernel = now_ns(), 0
        except BlockingIOError:
            return None
        if data and self._tls is not None:
            data = self._tls.open(data)
            if not data:
                return None
        return data, user, kernel

    def close(self) -> None:
        """Let go of it."""
        self.exchange = None
        self.sock.close()
