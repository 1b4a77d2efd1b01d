"""What a load client brings back: the stamps of every request, and the conditions under which they were taken."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from assay.vocabulary.record import Record
from assay.vocabulary.status import Status

Nanoseconds = npt.NDArray[np.int64]

Kind = Literal["text", "role", "empty", "finish", "usage", "done", "error", "other"]

KINDS: Final[tuple[Kind, ...]] = ("text", "role", "empty", "finish", "usage", "done", "error", "other")
"""Kinds of events; the code of a kind in a column is its place here. Defined in ``chunks.py``."""

Failure = Literal[
    "", "connect", "closed", "cut", "reset", "stalled", "timeout", "status", "framing", "malformed", "disordered",
    "oversized", "unfinished", "server_error", "not_issued", "worker_ended",
]  # fmt: skip
"""Why a request has no answer. ``not_issued`` and ``worker_ended`` are the client's own failures."""


class Usage(Record, kw_only=True):
    """Token counts as the server states them; None where it does not."""

    prompt: int | None = None
    completion: int | None = None
    cached: int | None = None


@dataclass(frozen=True, eq=False)
class Events:
    """The events of one streamed answer, in order; all arrays have shape (events,).

    Attributes:
        user_ns: when the client's process had read the end of the event, monotonic clock.
        kernel_ns: when the kernel had received it, brought to the monotonic clock; None where there were no stamps.
        kind: codes of ``KINDS``.
        shared: the event came with the same read as the one before; both bear the stamp of the read's last segment.
        tokens: completion tokens so far, where the server states them with every chunk; −1 where it does not.
        bounds: where each event's text ends in ``text``.
        text: the text of all events, one after another; empty where it was not to be kept.
    """

    user_ns: Nanoseconds
    kernel_ns: Nanoseconds | None
    kind: npt.NDArray[np.uint8]
    shared: npt.NDArray[np.bool_]
    tokens: npt.NDArray[np.int64]
    bounds: npt.NDArray[np.int64]
    text: str

    @property
    def at_ns(self) -> Nanoseconds:
        """The best stamps there are: the kernel's, else the process's own."""
        return self.user_ns if self.kernel_ns is None else self.kernel_ns

    def of(self, kind: Kind) -> npt.NDArray[np.bool_]:
        """Mask, shape (events,): which events are of a kind."""
        return np.equal(self.kind, KINDS.index(kind))

    def pieces(self) -> list[str]:
        """The text of each event."""
        starts = [0, *self.bounds.tolist()]
        return [self.text[a:b] for a, b in zip(starts, starts[1:], strict=False)]


@dataclass(frozen=True, eq=False, kw_only=True)
class Offered:
    """What became of one request. All stamps are absolute nanoseconds of this machine's monotonic clock; None: never.

    Attributes:
        place: its place in the list of requests.
        group: name of its class.
        to: which target.
        worker: which process sent it.
        scheduled_ns: when it was to be issued; None in a closed loop.
        issued_ns: when the client took it up.
        written_ns: just before its first byte was handed to the system. After a stale connection: the second time.
        sent_ns: just after its last byte was handed over.
        first_byte_ns: first byte of the answer.
        closed_ns: the read that completed the answer, or ended it.
        status: ``ok``, ``subject_failed`` (the server's doing), ``instrument_failed`` (the client's), ``not_run``.
        error: why, where it is not ok.
        detail: what more is known of the failure: the server's words, bounded; not to be shown unescaped.
        http_status: of the answer.
        events: the events of a stream; None where the answer was none.
        body: an answer that is no stream, bounded; empty for streams.
        usage: token counts, where given.
        finish: finish reason, where given.
        served: timings and other numbers that the server states about this request (``prompt_ms``, ``cache_n``).
        answer_id: the server's name of the answer.
        model: the model that the answer says it is from, bounded; empty where it does not.
        reconnected: how often a connection turned out closed before a byte of the answer, and was replaced.
        reads: number of reads.
        size: bytes of the answer.
    """

    place: int
    group: str = ""
    to: int = 0
    worker: int = 0
    scheduled_ns: int | None = None
    issued_ns: int | None = None
    written_ns: int | None = None
    sent_ns: int | None = None
    first_byte_ns: int | None = None
    closed_ns: int | None = None
    status: Status = "not_run"
    error: Failure = "not_issued"
    detail: str = ""
    http_status: int | None = None
    events: Events | None = None
    body: bytes = b""
    usage: Usage | None = None
    finish: str = ""
    served: dict[str, float] | None = None
    answer_id: str = ""
    model: str = ""
    reconnected: int = 0
    reads: int = 0
    size: int = 0


class Window(Record, kw_only=True):
    """A stretch of time that must not be relied upon, and why: ``stall``, ``steal``, ``clock_step``."""

    from_ns: int
    to_ns: int
    why: Literal["stall", "steal", "clock_step"]


class Conditions(Record, kw_only=True):
    """Under which conditions stamps were taken.

    Attributes:
        start_ns: zero of the schedule, absolute.
        end_ns: when the last worker had ended.
        workers: number of processes.
        processors: of the machine that this process may use.
        pinned: processor of each worker, where tied.
        realtime: real-time priority was asked for and had.
        kernel: all events bear kernel stamps.
        clock_step_ns: how much the wall clock moved against the monotonic clock during the run, drift included.
        clock_u_ns: half the width of the measurement of their difference.
        steal: share of all processors' time that the hypervisor took; None where the platform does not say.
        load: share of all processors' time that was used, by whomever; None where the platform does not say.
        lag_p99_ns: 99th percentile of written − scheduled; None without a schedule.
        lag_max_ns: the greatest; None without a schedule.
        late: number of requests written later than allowed, or never by the client's own doing.
        reads_shared: share of events that came with another one in the same read.
        user_lag_p99_ns: 99th percentile of process's stamp − kernel's stamp; None without kernel stamps.
        stalled_share: the greatest share of a worker's time in stalls.
        reconnected: connections found closed and replaced.
        tls_in_run: TLS connections made during the run; each held its worker up.
        windows: what must not be relied upon.
        invalid: why the run is not valid; empty if it is: ``late``, ``stalls``, ``clock_step``, ``worker_ended``.
    """

    start_ns: int
    end_ns: int
    workers: int
    processors: int
    pinned: tuple[int, ...] = ()
    realtime: bool = False
    kernel: bool = False
    clock_step_ns: int = 0
    clock_u_ns: int = 0
    steal: float | None = None
    load: float | None = None
    lag_p99_ns: int | None = None
    lag_max_ns: int | None = None
    late: int = 0
    reads_shared: float = 0.0
    user_lag_p99_ns: int | None = None
    stalled_share: float = 0.0
    reconnected: int = 0
    tls_in_run: int = 0
    windows: tuple[Window, ...] = ()
    invalid: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the run may be relied upon."""
        return not self.invalid
