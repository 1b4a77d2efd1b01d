"""What a load client is asked to do: requests, where they go, and how they are sent."""

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record

Keep = Literal["text", "nothing"]

MS: Final = 1_000_000
"""Nanoseconds in a millisecond."""

SECOND: Final = 1_000_000_000
"""Nanoseconds in a second."""


class Request(Record, kw_only=True):
    """One request to be sent.

    Attributes:
        body: what is posted: JSON, as bytes.
        group: name of its class in a mixture of requests.
        at_ns: when it is to be issued, in nanoseconds from the start of the run; None in a closed loop, and for all
            but the first turn of a session.
        session: name of the conversation that it is a turn of; its turns are sent in the order of the list, each
            after the answer to the one before. Empty for a request that stands alone.
        pause_ns: time from the end of the last turn's answer until this turn is issued.
        continues: the messages of the last turn and its answer are put before the messages of this one.
        to: which target, by its place in the list.
    """

    body: bytes
    group: str = ""
    at_ns: int | None = None
    session: str = ""
    pause_ns: int = 0
    continues: bool = False
    to: int = 0


class Target(Record, kw_only=True):
    """Where requests go.

    Attributes:
        url: the whole address, as ``http://127.0.0.1:8000/v1/chat/completions``.
        headers: further header lines, such as ``Authorization``.
        ca_file: certificates to trust instead of the system's (https).
    """

    url: str
    headers: Mapping[str, str] = {}
    ca_file: str | None = None

    def place(self) -> tuple[bool, str, int, str]:
        """Whether it is TLS, host, port, and path with query.

        Raises:
            BadInput: ``load.url``, ``load.header``.
        """
        try:
            parts = urlsplit(self.url)
            tls, host, port = parts.scheme == "https", parts.hostname, parts.port
        except ValueError as error:
            raise BadInput("load.url", url=self.url, reason=str(error)) from error
        if parts.scheme not in ("http", "https") or not host or any(c <= " " or c > "~" for c in self.url):
            raise BadInput("load.url", url=self.url, reason="scheme, host or characters")
        for name, value in self.headers.items():
            if not name or any(c <= " " or c in ":\x7f" or c > "~" for c in name) or any(c in "\r\n\0" for c in value):
                raise BadInput("load.header", name=name)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return tls, host, port or (443 if tls else 80), path


class How(Record, kw_only=True):
    """How requests are sent; nothing of it is part of what is measured.

    Attributes:
        workers: number of processes.
        connections: the most connections, of all workers together.
        concurrency: number of requests in flight, kept up, for those without a time of their own (closed loop).
        warm_up: so many of its first requests are sent by each worker beforehand, one after another, and not counted.
        timeout_s: a request that is not complete so long after it was written has failed.
        stall_s: a request that receives nothing for so long has failed.
        connect_s: time for a connection, in seconds.
        kernel: take the kernel's receive stamps, where there are any.
        late_ns: a request issued later than this after its time is late.
        late_share: the greatest share of late requests in a valid run.
        stall_ns: a worker that does not come round for so long, or reads so late what the kernel had, has stalled.
        stalled_share: the greatest share of the run's time in stalls, in a valid run without kernel stamps.
        spin_ns: waits shorter than this are spent spinning.
        pin: tie each worker to a processor of its own.
        realtime: ask for real-time priority; whether it was had is told.
        most_bytes: a response that is longer has failed.
        keep: whether the text of answers is kept; times always are.
    """

    workers: int = 1
    connections: int = 256
    concurrency: int | None = None
    warm_up: int = 0
    timeout_s: float = 120.0
    stall_s: float = 60.0
    connect_s: float = 5.0
    kernel: bool = True
    late_ns: int = 5 * MS
    late_share: float = 0.01
    stall_ns: int = 2 * MS
    stalled_share: float = 0.05
    spin_ns: int = 200_000
    pin: bool = False
    realtime: bool = False
    most_bytes: int = 8 * 2**20
    keep: Keep = "text"

    def check(self) -> None:
        """Refuse settings that make no sense.

        Raises:
            BadInput: ``load.setting``.
        """
        least = {"workers": 1, "connections": 1, "warm_up": 0, "late_ns": 0, "stall_ns": 1, "spin_ns": 0,
                 "most_bytes": 1}  # fmt: skip
        for name, low in least.items():
            if getattr(self, name) < low:
                raise BadInput("load.setting", key=name, got=getattr(self, name), expected=f"{low} or more")
        for name in ("timeout_s", "stall_s", "connect_s"):
            if getattr(self, name) <= 0:
                raise BadInput("load.setting", key=name, got=getattr(self, name), expected="seconds above 0")
        if self.concurrency is not None and not 1 <= self.concurrency <= self.connections:
            raise BadInput("load.setting", key="concurrency", got=self.concurrency,
                           expected=f"1 to {self.connections} (connections)")  # fmt: skip
        if self.workers > self.connections:
            raise BadInput("load.setting", key="workers", got=self.workers,
                           expected=f"1 to {self.connections} (connections)")  # fmt: skip


def check_requests(requests: "tuple[Request, ...] | list[Request]", how: How, targets: int) -> None:
    """Refuse lists of requests that cannot be carried out as they are.

    Raises:
        BadInput: ``load.no_requests``, ``load.time``, ``load.target``, ``load.body``, ``load.loop``.
    """
    if not requests:
        raise BadInput("load.no_requests")
    begun: set[str] = set()
    last_ns = 0
    for place, request in enumerate(requests):
        later = request.session in begun
        if request.session:
            begun.add(request.session)
        if not 0 <= request.to < targets:
            raise BadInput("load.target", place=place, to=request.to, targets=targets)
        if request.continues:
            _messages(request.body, place)
        if request.at_ns is None:
            if not later and how.concurrency is None:
                raise BadInput("load.loop", place=place)
            continue
        if request.at_ns < last_ns or later or request.pause_ns:
            raise BadInput("load.time", place=place, at_ns=request.at_ns, last_ns=last_ns)
        last_ns = request.at_ns


def _messages(body: bytes, place: int) -> None:
    try:
        tree = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise BadInput("load.body", place=place, reason=str(error)) from error
    if not isinstance(tree, dict) or not isinstance(tree.get("messages"), list):
        raise BadInput("load.body", place=place, reason="messages")
