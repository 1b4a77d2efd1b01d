"""What is kept of a restart: the times of each request in its response, and what belongs to all of them in the first.

Times are whole nanoseconds from the start of the restart, None where something never came.
"""

from typing import Final, TypeVar

import msgspec
import numpy as np

from assay.timing.beside.energy import Energy
from assay.timing.calibration.calibrate import TimingCertificate
from assay.timing.calibration.pilots import Drift
from assay.timing.client.offered import Conditions, Offered
from assay.timing.client.resolved import Stretches, first_text
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json, Record

_LONGEST_DETAIL: Final = 300
T = TypeVar("T")


class Timed(Record, kw_only=True, omit_defaults=True):
    """The times of one request, as they are kept.

    Attributes:
        scheduled: when it was to be issued; None in a closed loop.
        issued: when the client took it up.
        written: just before its first byte was handed to the system.
        sent: just after its last byte was.
        first_byte: of the answer.
        closed: when the answer was complete, or had failed.
        text: time of the first event with text, then the gaps to those that followed.
        unresolved: the stamps of write and first text may not be relied upon.
        prompt_tokens: as the server counts them.
        completion_tokens: as the server counts them.
        cached_tokens: prompt tokens that the server had in a cache, as it says.
        served: timings that the server states about this request.
        kind: its class, in a mixture of requests.
        whole: the answer came in one piece, not streamed.
        error: why there is no answer; empty if there is one.
        http_status: of the answer.
    """

    scheduled: int | None = None
    issued: int | None = None
    written: int | None = None
    sent: int | None = None
    first_byte: int | None = None
    closed: int | None = None
    text: tuple[int, ...] = ()
    unresolved: bool = False
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    served: dict[str, float] = {}
    kind: str = ""
    whole: bool = False
    error: str = ""
    http_status: int | None = None


class Spent(Record, kw_only=True):
    """What a meter of energy said.

    Attributes:
        run: over the run of all requests; None if a counter was lost.
        idle: over the stretch before it, in which nothing was sent; None if a counter was lost.
    """

    run: Energy | None = None
    idle: Energy | None = None


class Restart(Record, kw_only=True):
    """What belongs to all requests of a restart.

    Attributes:
        schedule: how arrivals were made, with their own statistics.
        stationary: whether the load was meant to stay the same, so that a steady state is looked for.
        concurrency: greatest number of requests in progress.
        chunks_per_s: events with text a second, over the whole restart.
        conditions: under which the stamps were taken; windows left out.
        certificate: the client's error, from calibrations before and after; None without any.
        pilots: what pilot streams to the reference server said of the client during the run.
        audit: median times to first token of prompts that were new and of the same ones repeated, in milliseconds.
        energy: what the machine took; None where no meter was asked.
        server: what the server's own metrics said, a ``timing.beside.scrape.Scraped``; None where not asked for.
        refused: why the times may not be relied upon; empty if they may.
        model: the name of the model that was asked for, bounded; empty where requests name none.
    """

    schedule: dict[str, Json]
    stationary: bool
    concurrency: int
    chunks_per_s: float
    conditions: Conditions
    certificate: TimingCertificate | None
    pilots: dict[str, Json]
    audit: dict[str, Json] | None = None
    energy: Spent | None = None
    server: dict[str, Json] | None = None
    refused: tuple[str, ...] = ()
    model: str = ""


def response_of(one: Offered, start_ns: int, stretches: Stretches, wall_ns: int = 0) -> Response:
    """A request as a response, its times in the output.

    Args:
        one: the request.
        start_ns: zero of its times.
        stretches: what must not be relied upon.
        wall_ns: what the wall clock shows beyond the monotonic one, so that a report says when it was.
    """

    def since(stamp: int | None) -> int | None:
        return None if stamp is None else stamp - start_ns

    text: tuple[int, ...] = ()
    said, usage = "", one.usage
    if one.events is not None:
        at = one.events.at_ns[one.events.of("text")]
        text = tuple(np.diff(at, prepend=start_ns).tolist())
        said = one.events.text
    timed = Timed(
        scheduled=since(one.scheduled_ns), issued=since(one.issued_ns), written=since(one.written_ns),
        sent=since(one.sent_ns), first_byte=since(one.first_byte_ns), closed=since(one.closed_ns), text=text,
        unresolved=one.status == "ok" and one.events is not None and not first_text(one, stretches),
        whole=one.status == "ok" and one.events is None,
        prompt_tokens=usage.prompt if usage else None, completion_tokens=usage.completion if usage else None,
        cached_tokens=usage.cached if usage else None, served=one.served or {}, kind=one.group, error=one.error,
        http_status=one.http_status,
    )  # fmt: skip
    counted = {"input_tokens": timed.prompt_tokens, "output_tokens": timed.completion_tokens,
               "cached_tokens": timed.cached_tokens}  # fmt: skip
    took = None if one.closed_ns is None or one.written_ns is None else (one.closed_ns - one.written_ns) / 1e9
    return Response(
        status=one.status, output={"text": said, "request": msgspec.to_builtins(timed)},
        note="" if one.status == "ok" else f"{one.error}: {one.detail[:_LONGEST_DETAIL]}".removesuffix(": "),
        at_s=None if one.closed_ns is None or not wall_ns else (one.closed_ns + wall_ns) / 1e9,
        finish=one.finish, usage={name: n for name, n in counted.items() if n is not None}, latency_s=took,
        served={"model": one.model} if one.model else {},
    )  # fmt: skip


def with_restart(first: Response, restart: Restart) -> Response:
    """The first response of a restart, with what belongs to all."""
    output = {**first.output, "restart": msgspec.to_builtins(restart)}
    return msgspec.structs.replace(first, output=output)


def drift_told(found: Drift) -> dict[str, Json]:
    """What pilots said, as it is kept."""
    return {"n": found.n, "error_ms": found.error, "half_ms": found.half, "agrees": found.agrees,
            "unresolved": found.unresolved}  # fmt: skip


def timed_in(response: Response) -> Timed | None:
    """The times in a response; None where it has none, or none of ours."""
    return _told(response, "request", Timed)


def restart_in(response: Response) -> Restart | None:
    """What belongs to all requests, in the first response of a restart; None where it has none."""
    return _told(response, "restart", Restart)


def _told(response: Response, key: str, kind: type[T]) -> T | None:
    if not isinstance(response.output, dict) or key not in response.output:
        return None
    try:
        return msgspec.convert(response.output[key], kind)
    except msgspec.ValidationError:
        return None
