"""What a finished run tells of the stages: means from its report, the rest from its responses."""

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from assay.api.sweep.measured import opened
from assay.api.work import Work, reopen
from assay.line.observe import restarts
from assay.line.read import reading_digest
from assay.store.sqlite import SqliteStore
from assay.timing.beside.scrape import Scraped, stated
from assay.timing.client.asked import MS, SECOND
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.queueing.dependence import dependent
from assay.uncertainty.queueing.latency import LEAST
from assay.vocabulary.bottleneck import BottleneckMissing, BottleneckRun, Change, Mean
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.observation import Response
from assay.vocabulary.report import Report
from assay.vocabulary.status import STATUSES

_TURNED_AWAY: Final = (429, 503)
_LEVEL: Final = 0.95
_SAID: Final = 0.1
_LITTLE: Final = 0.2
_ALLOWED_MS: Final = 0.5
_STREAMED: Final = ("serving.ttft:mean", "serving.decode:mean")


class Finished(NamedTuple):
    """A run that is over: its signed report and the envelope's bytes."""

    change: Change
    report: Report
    envelope: bytes


class _Told(NamedTuple):
    """What the responses of a run tell; see ``BottleneckRun``."""

    requests: int
    prompt: float | None
    output: float | None
    in_progress: float
    per_s: float
    decoded: Mean | None
    refused: Mean
    scraped: tuple[Scraped, ...]


class _Lacks(Exception):
    """A mean that is needed has no value or no uncertainty; its measurand."""


def gathered(done: Finished, store: SqliteStore) -> BottleneckRun | BottleneckMissing:
    """The numbers of a run; or why it has none.

    Args:
        done: the run's report.
        store: which has its responses.
    Raises:
        BadInput: the run is not in the store.
    """
    record = store.run(done.report.run)
    try:
        return _gathered(done, reopen(store, record))
    except _Lacks as lacking:
        found = opened(store, record)
        codes = dict.fromkeys(code for one in found.loads for code in one.refused)
        return BottleneckMissing(
            change=done.change, run=record.name, report=digest_bytes(done.envelope),
            reason="no_value" if found.state == "steady" or not found.loads else found.state,
            codes=tuple(codes) if found.state == "refused" else (str(lacking),), runs=record.occasion,
        )  # fmt: skip


def _gathered(done: Finished, work: Work) -> BottleneckRun:
    told = _told(work)
    settings = work.manifest.planned.procedure.bench.settings
    whole = done.change == "whole"
    ttft, decode = (None, None) if whole else (_mean(done, work, name) for name in _STREAMED)
    lag = next((one for one in done.report.results if one.measurand == "serving.client_lag:mean"), None)
    trips = [one.round_trip for one in told.scraped if one.round_trip is not None]
    caches = [one.gauges["cache"].mean for one in told.scraped if "cache" in one.gauges]
    lost = [one.counters["preemptions"] for one in told.scraped if "preemptions" in one.counters]
    share = settings.get("prompt_share", 1.0)
    return BottleneckRun(
        change=done.change, run=done.report.run, report=digest_bytes(done.envelope), requests=told.requests,
        prompt=float(share) if told.prompt is None else told.prompt, output=told.output or 1.0,
        load=_load(settings, told), e2e=_mean(done, work, "serving.e2e:mean"), ttft=ttft, decode=decode,
        lag=None if lag is None or lag.value is None else Mean(value=max(0.0, lag.value), u=lag.u or 0.0),
        round_trip=Mean(value=fmean(one.median for one in trips), u=sqrt(sum(one.u**2 for one in trips)) / len(trips))
        if trips else None,
        waited=_waited(told), decoded=told.decoded, refused=told.refused,
        preempted=sum(lost) / told.requests if lost else None, cache=fmean(caches) if caches else None,
    )  # fmt: skip


def _mean(done: Finished, work: Work, name: str) -> Mean:
    """A mean as reported; without an interval for want of independent requests, its uncertainty is from the rows."""
    result = next((one for one in done.report.results if one.measurand == name), None)
    if result is not None and result.value is not None:
        u = _wide_u(work, name) if result.u is None else result.u
        if u is not None:
            return Mean(value=result.value, u=u)
    raise _Lacks(name)


def _wide_u(work: Work, name: str) -> float | None:
    """Standard uncertainty of a mean from its readings, widened by Student's t for the few that are independent."""
    channel = next(one for one in work.recipe.procedure.channels if one.measurand == name)
    read = reading_digest(channel, work.recipe.instruments[name])
    number = work.store.channel(work.manifest.planned.run, read)
    if number is None:
        return None
    rows = work.store.observations(number)
    had = np.equal(rows.status, STATUSES.index("ok"))
    runs = [rows.value[had & (rows.repeat == repeat)] for repeat in np.unique(rows.repeat[had])]
    if sum(map(len, runs)) < LEAST:
        return None
    found = dependent(runs)
    return sqrt(found.variance) * coverage_factor(_LEVEL, found.dof) / coverage_factor(_LEVEL)


def _load(settings: dict[str, Any], told: _Told) -> float:
    """Requests a second or at a time as they were planned, else the mean number at a time."""
    planned = settings.get("concurrency") or settings.get("rate")
    return float(planned) if planned else told.in_progress


def _told(work: Work) -> _Told:
    parts = [
        [one for one in work.store.responses([asking.key for asking in part]) if one is not None]
        for part in restarts(work.manifest.planned, work.material, work.recipe.bench)
    ]
    responses = [one for part in parts for one in part]
    requests = [_request(one) for one in responses]
    spans = [_span(part) for part in parts]
    span_ns = sum(end - begin for begin, end in spans) or 1
    busy_ns = sum(one["closed"] - one["issued"] for one in requests if one.get("closed") and one.get("issued"))
    answered = sum(one.status == "ok" for one in responses)
    decoding = [one["served"]["predicted_ms"] for one in requests if "predicted_ms" in one.get("served", {})]
    away = fmean(one.get("http_status") in _TURNED_AWAY for one in requests)
    scraped = [said for part in parts if part and (said := _scraped(part[0])) is not None]
    return _Told(
        len(responses), _counted(responses, "input_tokens"), _counted(responses, "output_tokens"), busy_ns / span_ns,
        answered * SECOND / span_ns,
        Mean(value=fmean(decoding), u=stdev(decoding) / sqrt(len(decoding))) if len(decoding) > 1 else None,
        Mean(value=away, u=sqrt(away * (1 - away) / len(requests))), tuple(scraped),
    )  # fmt: skip


def _request(response: Response) -> dict[str, Any]:
    output = response.output if isinstance(response.output, dict) else {}
    found = output.get("request")
    return found if isinstance(found, dict) else {}


def _span(part: Iterable[Response]) -> tuple[int, int]:
    requests = [_request(one) for one in part]
    begun = [one["issued"] for one in requests if one.get("issued") is not None]
    ended = [one["closed"] for one in requests if one.get("closed") is not None]
    return (min(begun), max(ended)) if begun and ended else (0, 0)


def _counted(responses: Sequence[Response], name: str) -> float | None:
    counts = [one.usage[name] for one in responses if one.status == "ok" and name in one.usage]
    return fmean(counts) if counts else None


def _scraped(first: Response) -> Scraped | None:
    restart = first.output.get("restart") if isinstance(first.output, dict) else None
    said = restart.get("server") if isinstance(restart, dict) else None
    if said is None:
        return None
    try:
        return msgspec.convert(said, Scraped)
    except msgspec.ValidationError:
        return None


def _waited(told: _Told) -> Mean | None:
    """The wait for a place that the server states: its own mean, else by Little's law from those that wait.

    Requests that are still on their way when the page is asked make the first uncertain, the few looks the second.
    """
    own = [wait for one in told.scraped if (wait := stated(one.counters, "queue")) is not None]
    if own:
        return Mean(value=fmean(own), u=_SAID * fmean(own) + _ALLOWED_MS)
    waiting = [one.gauges["waiting"].mean for one in told.scraped if "waiting" in one.gauges]
    if not waiting or not told.per_s:
        return None
    value = fmean(waiting) / told.per_s * SECOND / MS
    return Mean(value=value, u=_LITTLE * value + _ALLOWED_MS)
