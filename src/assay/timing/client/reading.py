"""After the run: from raw bytes and stamps to what became of each request."""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from assay.timing.client.asked import How
from assay.timing.client.chunks import Stamps, told, whole
from assay.timing.client.connection import Exchange
from assay.timing.client.offered import Offered
from assay.vocabulary.status import Status

if TYPE_CHECKING:
    from assay.timing.client.desk import Desk

_KEPT_BODY: Final = 65_536
_SHOWN: Final = 300


def body_of(exchange: Exchange, data: bytes) -> bytes:
    """The body among the bytes of an answer."""
    spans = exchange.framing.spans
    if len(spans) == 2:
        return data[spans[0] : spans[1]]
    return b"".join([data[a:b] for a, b in zip(spans[::2], spans[1::2], strict=True)])


def stamps_of(exchange: Exchange, distance_ns: int = 0) -> Stamps:
    """The stamps of an answer's reads, by their place in its body."""
    spans = np.array(exchange.framing.spans, dtype=np.int64).reshape(-1, 2)
    sizes = np.array(exchange.sizes, dtype=np.int64)
    kernel = np.array(exchange.kernel, dtype=np.int64)
    had = bool(len(kernel)) and bool((kernel > 0).all())
    return Stamps(_in_body(sizes, spans), np.array(exchange.user, dtype=np.int64),
                  kernel - distance_ns if had else None)  # fmt: skip


def _in_body(ends: npt.NDArray[np.int64], spans: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How much of the body lies before each of these places among all bytes; shape as ``ends``."""
    if not len(spans):
        return np.zeros_like(ends)
    lengths = spans[:, 1] - spans[:, 0]
    before = np.concatenate([[0], np.cumsum(lengths)])
    at = np.searchsorted(spans[:, 0], ends, side="right") - 1
    inside = np.clip(ends - spans[at, 0], 0, lengths[at])
    return np.where(at < 0, 0, before[np.maximum(at, 0)] + inside)


def read_all(desk: "Desk", worker: int, how: How) -> tuple[list[Offered], bool]:
    """Everything that a worker was asked to send, in order; whether all reads bore kernel stamps."""
    made: dict[int, Offered] = {}
    kernel = True
    for kept in desk.kept:
        desk.spool.seek(kept.offset)
        exchange = kept.exchange
        kernel = kernel and all(stamp > 0 for stamp in exchange.kernel)
        made[exchange.place] = _read(exchange, desk.spool.read(kept.size), desk.clock.first.ns, how, worker)
    desk.spool.close()
    for place in desk.requests:
        if place not in made:
            made[place] = Offered(place=place, worker=worker, detail=desk.not_issued.get(place, ""))
    return [replace(made[place], group=request.group, to=request.to)
            for place, request in desk.requests.items()], kernel  # fmt: skip


def _read(exchange: Exchange, data: bytes, distance_ns: int, how: How, worker: int) -> Offered:
    framing = exchange.framing
    stamps = stamps_of(exchange, distance_ns)
    body = body_of(exchange, data)
    stream = framing.headers.get("content-type", "").lower().startswith("text/event-stream")
    found = told(body, stamps, how.keep == "text") if stream else whole(body)
    error, detail = exchange.error or found.error, exchange.detail or found.detail
    if framing.status and framing.status != 200 and exchange.error in ("", "cut"):
        error, detail = "status", body[:_SHOWN].decode("utf-8", "replace")
    elif not error and not stream and not found.usage and not found.finish:
        error, detail = "malformed", "neither a stream of events nor the JSON of an answer"
    status: Status = "ok" if not error else "instrument_failed" if error == "not_issued" else "subject_failed"
    first = None
    if len(stamps.user_ns):
        first = int((stamps.user_ns if stamps.kernel_ns is None else stamps.kernel_ns)[0])
    return Offered(
        place=exchange.place, worker=worker, scheduled_ns=exchange.scheduled_ns, issued_ns=exchange.issued_ns,
        written_ns=exchange.written_ns, sent_ns=exchange.sent_ns, first_byte_ns=first, closed_ns=exchange.closed_ns,
        status=status, error=error, detail=detail[:_SHOWN], http_status=framing.status or None, events=found.events,
        body=b"" if stream else body[:_KEPT_BODY], usage=found.usage, finish=found.finish, served=found.served,
        answer_id=found.answer_id, model=found.model, reconnected=exchange.reconnected, reads=len(exchange.user),
        size=len(data),
    )  # fmt: skip
