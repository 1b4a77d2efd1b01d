"""One restart carried out: prompts repeated, the load tried, the client calibrated before and after, pilots within."""

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.packs.serving._beside import Beside
from assay.packs.serving._record import Restart, drift_told, response_of, with_restart
from assay.timing.calibration.calibrate import Load, TimingCertificate, calibrated, joined
from assay.timing.calibration.pilots import drift, pilots
from assay.timing.client.asked import MS, SECOND, How, Request, Target
from assay.timing.client.chunks import times
from assay.timing.client.offer import offer, unreachable
from assay.timing.client.offered import Conditions, Offered
from assay.timing.client.resolved import Stretches
from assay.timing.client.tally import Tally, tallied
from assay.timing.clock import now_ns
from assay.timing.reference.serving import Served, serving
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.observation import Response
from assay.vocabulary.record import Json, Record
from assay.vocabulary.whole import Stage

_LEAST_CHUNKS_PER_S: Final = 400.0
_LEAST_STREAMS: Final = 4
_MOST_CHUNKS: Final = 64
_HEADROOM: Final = 1.25
_MOST_PILOTED_S: Final = 30.0
_LEAST_PILOTED_S: Final = 2.0
"""Of a closed loop, whose length is not known beforehand."""
_NO_CONNECTION: Final = ("connect", "closed", "reset", "cut")
_OUTSIDE: Final = 1.5
"""A run with so many times the chunks of its calibration was not calibrated for."""


class Settings(Record, kw_only=True):
    """How a restart is carried out, beside its schedule; nothing of it is noticed by the server but the load.

    Attributes:
        how: workers, connections, limits.
        calibrate_s: length of each calibration; 0 for none.
        pilots_ms: time between pilot streams; 0 for none.
        tolerance_ms: error of a mean that could be borne.
        tail_tolerance_ms: error of a quantile that could be borne.
    """

    how: How
    calibrate_s: float = 3.0
    pilots_ms: float = 250.0
    tolerance_ms: float = 3.0
    tail_tolerance_ms: float = 15.0


class Asked(NamedTuple):
    """What is asked of a server in one restart.

    Attributes:
        target: where requests go.
        requests: in the order of the trials.
        trial: requests by which the load is tried beforehand; they are none of the trials.
        repeated: prompts of the audit, each to be sent twice.
        schedule: how the arrivals were made.
        stationary: whether the load is meant to stay the same.
        seconds: about how long it will last; None where that is not known beforehand.
        model: the name of the model that requests ask for; empty where they name none.
    """

    target: Target
    requests: list[Request]
    trial: list[Request]
    repeated: list[Request]
    schedule: dict[str, Json]
    stationary: bool
    seconds: float | None
    model: str = ""


class Found(NamedTuple):
    """A load as it was met."""

    chunks_per_s: float
    concurrency: int
    chunks: int
    ttft_ms: float


Tell = Callable[[Stage], None]


def carried_out(asked: Asked, settings: Settings, beside: Beside, tell: Tell) -> list[Response]:
    """A response for each request, in their order; the first one has what belongs to all.

    Args:
        asked: what is to be sent.
        settings: how.
        beside: what is to be read beside it.
        tell: told what is done now.
    Raises:
        BadInput: ``load.*``: requests or addresses that cannot be used; ``part.extra``.
        CannotMeasure: ``load.server``: the reference server ended; ``load.unreachable``: the server was not found;
            ``load.gone``: it went away.
    """
    if beside.meter is not None:
        tell(Stage("idle", beside.idle_s))
    idle = beside.idle()
    tell(Stage("audit", None))
    audit = audited(asked, settings.how)
    tell(Stage("trial", max([one.at_ns or 0 for one in asked.trial], default=0) / SECOND or None))
    tried = met(_tried(asked, settings.how))
    planned = load_for(tried, asked, settings)
    with serving(planned.script) as served:
        before = _calibrated(planned, settings, served, tell)
        lasting = asked if asked.seconds is not None else asked._replace(seconds=_closed_s(tried, len(asked.requests)))
        with beside.watching(idle) as seen, tallied(settings.how.workers) as tally:
            tell(Stage("run", asked.seconds, tally.read))
            offered, conditions, said = _run(lasting, settings, served, before, tally)
            seen.span_ns = _span_ns(offered)
        wall_ns = time.time_ns() - now_ns()
        after = _calibrated(planned, settings, served, tell)
    certificate = joined([before, after]) if before is not None and after is not None else None
    load = met(offered)
    refused = {
        **dict.fromkeys(certificate.refused if certificate else ("uncalibrated",), True),
        **dict.fromkeys(conditions.invalid, True), "pilots": said.get("agrees") is False,
        "load": certificate is not None and load.chunks_per_s > _OUTSIDE * planned.chunks_per_s,
    }  # fmt: skip
    stretches = Stretches(conditions.windows)
    responses = [response_of(one, conditions.start_ns, stretches, wall_ns) for one in offered]
    responses[0] = with_restart(responses[0], Restart(
        schedule=asked.schedule, stationary=asked.stationary, concurrency=load.concurrency,
        chunks_per_s=load.chunks_per_s, conditions=msgspec.structs.replace(conditions, windows=()),
        certificate=certificate, pilots=said, audit=audit, energy=seen.energy, server=seen.server,
        refused=tuple(code for code, holds in refused.items() if holds), model=asked.model,
    ))  # fmt: skip
    return responses


def _tried(asked: Asked, how: How) -> list[Offered]:
    """What came of the trial of the load.

    Raises:
        CannotMeasure: ``load.unreachable``: no request of it found the server.
    """
    found, _ = offer(asked.target, asked.trial, _open(how, asked.trial))
    if found and all(one.error == "connect" for one in found):
        raise CannotMeasure("load.unreachable", url=asked.target.url, reason=found[0].detail or "connect")
    return found


def _calibrated(planned: Load, settings: Settings, served: Served, tell: Tell) -> TimingCertificate | None:
    """The client at the planned load; None where it is not to be calibrated."""
    if not settings.calibrate_s:
        return None
    tell(Stage("calibration", settings.calibrate_s))
    return calibrated(planned, settings.how, served)


def _run(
    asked: Asked, settings: Settings, served: Served, before: TimingCertificate | None, tally: Tally
) -> tuple[list[Offered], Conditions, dict[str, Json]]:
    """The requests with pilots among them: what came of them, and what the pilots said.

    Raises:
        CannotMeasure: ``load.gone``: the server is not there any more.
    """
    everything = list(asked.requests)
    if settings.pilots_ms and before is not None:
        served.forget()
        seconds = asked.seconds or _MOST_PILOTED_S
        everything = pilots(asked.requests, to=1, every_ms=settings.pilots_ms, seconds=seconds)
    found, conditions = offer([asked.target, served.target], everything, _open(settings.how, everything), tally)
    _check_there(asked, [one for one in found if one.to == 0])
    by_request = {id(request): one for request, one in zip(everything, found, strict=True)}
    said: dict[str, Json] = {}
    if before is not None and len(everything) > len(asked.requests) and before.lines:
        said = drift_told(drift(before, found, served.truth(), conditions))
    return [by_request[id(request)] for request in asked.requests], conditions, said


def _check_there(asked: Asked, offered: Sequence[Offered]) -> None:
    """Refuse a restart whose server went away and did not come back: how it would have gone on is not known.

    Raises:
        CannotMeasure: ``load.gone``.
    """
    last = max(offered, key=lambda one: one.closed_ns or 0)
    if last.error not in _NO_CONNECTION:
        return
    reason = unreachable(asked.target)
    if reason:
        answered = sum(one.status == "ok" for one in offered)
        raise CannotMeasure("load.gone", url=asked.target.url, answered=answered, n=len(offered), reason=reason)


def _closed_s(tried: Found, requests: int) -> float | None:
    """About how long a closed loop will last, by its trial: pilots that outlast it would be idle time of the server."""
    if not tried.chunks_per_s:
        return None
    return min(_MOST_PILOTED_S, max(_LEAST_PILOTED_S, requests * tried.chunks / tried.chunks_per_s))


def _span_ns(offered: Sequence[Offered]) -> tuple[int, int] | None:
    """From the first request that was written to the end of the last answer; None where there is none."""
    begun = [one.written_ns for one in offered if one.written_ns is not None]
    ended = [one.closed_ns for one in offered if one.closed_ns is not None]
    return (min(begun), max(ended)) if begun and ended else None


def _open(how: How, requests: Sequence[Request]) -> How:
    """As many connections as there may be requests in progress; a closed loop only where some have no time."""
    closed = any(one.at_ns is None and not one.session for one in requests)
    return how if closed or how.concurrency is None else msgspec.structs.replace(how, concurrency=None)


def audited(asked: Asked, how: How) -> dict[str, Json] | None:
    """Whether a prompt is answered faster the second time: new prompts and the same again, one after another."""
    if not asked.repeated:
        return None
    twice = [one for one in asked.repeated for _ in range(2)]
    offered, _ = offer(asked.target, twice, msgspec.structs.replace(how, workers=1, concurrency=1))
    pairs = [(times(a).ttft_ns, times(b).ttft_ns) for a, b in zip(offered[::2], offered[1::2], strict=True)]
    sound = [(a / MS, b / MS) for a, b in pairs if a is not None and b is not None]
    if not sound:
        return None
    new, again = np.array(sound).T
    return {"pairs": len(sound), "new_ms": float(np.median(new)), "again_ms": float(np.median(again)),
            "faster": int((again < new / 2).sum())}  # fmt: skip


def met(offered: Sequence[Offered]) -> Found:
    """The load that requests made: events a second, requests in progress, events of an answer."""
    texts = [one.events.at_ns[one.events.of("text")] for one in offered if one.events is not None]
    texts = [at for at in texts if len(at)]
    if not texts:
        return Found(0.0, 1, 2, 0.0)
    spans = [(one.written_ns, one.closed_ns) for one in offered if one.written_ns and one.closed_ns]
    span_s = max(1e-3, (max(end for _, end in spans) - min(begin for begin, _ in spans)) / SECOND)
    moments = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    most = int(np.cumsum([step for _, step in moments]).max())
    first = [found.ttft_ns / MS for one in offered if (found := times(one)).ttft_ns is not None]
    chunks = sum(map(len, texts))
    return Found(chunks / span_s, most, max(2, round(chunks / len(texts))), float(np.median(first)) if first else 0.0)


def load_for(found: Found, asked: Asked, settings: Settings) -> Load:
    """The load to calibrate at: that of the trial or more, for errors grow with the load.

    The schedule may grow denser than its beginning, by which the load was tried.
    """
    denser = max(1.0, float(asked.schedule.get("densest", 1.0)))
    per_s = max(_LEAST_CHUNKS_PER_S, _HEADROOM * denser * found.chunks_per_s)
    streams = max(_LEAST_STREAMS, min(512, round(denser * found.concurrency)))
    chunks = min(_MOST_CHUNKS, found.chunks)
    longest_ms = 1000 * streams * chunks / per_s
    return Load(concurrency=streams, chunks_per_s=per_s, chunks=chunks, ttft_ms=min(found.ttft_ms, longest_ms / 2),
                seconds=settings.calibrate_s or 1.0, tolerance_ms=settings.tolerance_ms,
                tail_tolerance_ms=settings.tail_tolerance_ms)  # fmt: skip
