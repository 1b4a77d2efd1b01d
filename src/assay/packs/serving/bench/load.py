"""A load: all requests of a restart offered by their schedule, with the client calibrated around them."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from time import time_ns
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.serving._arrivals import Arrivals, Kind
from assay.packs.serving._asked import Ask, asked_of, model_in
from assay.packs.serving._beside import Beside
from assay.packs.serving._loaded import loaded
from assay.packs.serving._remarks import remarks
from assay.packs.serving._restart import Asked, Settings, carried_out
from assay.timing.beside.energy import meter_of
from assay.timing.client.asked import MS, SECOND, How, Request, Target
from assay.timing.client.stopping import stoppable
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Variant
from assay.vocabulary.protocols import Subject
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note
from assay.vocabulary.whole import Lasting, Loaded, Stage, Streams

_LEAST_TRIED: Final = 4
_STATIONARY: Final = ("constant", "poisson", "gamma", "mmpp", "closed")
_SPARE_S: Final = 2.0

MOST_RATE: Final = 100_000.0
"""Arrivals a second beyond which a schedule is refused: it takes tens of microseconds of a processor to write a request
and to read its answer, so that no client in Python would come near it; it would be another load. What this machine's
client can do below that is found out by the trial, and what was sent late is said.
"""

Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]


@dataclass(frozen=True)
class Load:
    """Offers all requests of a restart to a streaming endpoint, and takes the times of everything that comes back.

    Before the run some prompts are sent twice, the load is tried for a few seconds, and the client is calibrated
    against the reference server at that load; again after it. During the run pilot streams go to the reference server.

    Attributes:
        arrivals: ``constant``, ``poisson``, ``gamma``, ``mmpp``, ``profile``, ``replay`` (times of the items) or
            ``closed`` (so many in progress at any time).
        rate: requests a second.
        cv: standard deviation of the gaps by their mean, for ``gamma``.
        states: rate and mean time of each state, for ``mmpp``.
        profile: rate over time, for ``profile``.
        concurrency: requests in progress, for ``closed``.
        max_tokens: longest answer where an item does not say.
        prompt_share: take only so much of each prompt, from its beginning.
        output_share: ask for only so much of each answer.
        mark: begin every prompt of a restart with a short mark of that restart, which is new each time and recorded: a
            server's cache knows it from no earlier restart or run, and prefixes that requests share stay shared.
        fresh: begin each prompt with a mark of its own, so that no cache knows anything of it.
        whole: ask for each answer in one piece, not streamed: its only time is the end.
        warm_s: how long the load is tried before it counts, in seconds.
        audited: number of prompts that are sent twice beforehand, to see whether answers come from a cache.
        calibrate_s: length of each calibration of the client; 0 for none: times are then refused.
        pilots_ms: time between pilot streams; 0 for none.
        tolerance_ms: error of a mean time that could be borne; a client whose error may exceed a third is refused.
        tail_tolerance_ms: the same of a quantile.
        late_ms: a request that is written later than this after its time is late; a run with more than one late
            request in a hundred is refused.
        workers: processes of the client.
        connections: most connections.
        timeout_s: a request that takes longer has failed.
        stall_s: a request that receives nothing for so long has failed.
        energy: meter of energy: ``rapl`` (processors and memory) or ``nvml`` (NVIDIA's GPUs) of this machine; empty for
            none. It says something of the server only where that runs on this machine.
        metrics: address of the server's Prometheus page (vLLM, SGLang, llama.cpp), which is read during the run; empty
            for none.
    """

    arrivals: Kind = "poisson"
    rate: Positive | None = None
    cv: Positive | None = None
    states: tuple[dict[str, Json], ...] = ()
    profile: dict[str, Json] | None = None
    concurrency: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    prompt_share: Share = 1.0
    output_share: Share = 1.0
    mark: bool = True
    fresh: bool = False
    whole: bool = False
    warm_s: Positive = 3.0
    audited: Annotated[int, msgspec.Meta(ge=0, le=100)] = 5
    calibrate_s: Annotated[float, msgspec.Meta(ge=0)] = 3.0
    pilots_ms: Annotated[float, msgspec.Meta(ge=0)] = 250.0
    tolerance_ms: Positive = 3.0
    tail_tolerance_ms: Positive = 15.0
    late_ms: Positive = 5.0
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    connections: Annotated[int, msgspec.Meta(ge=1, le=50_000)] = 1024
    timeout_s: Positive = 120.0
    stall_s: Positive = 60.0
    energy: Literal["", "rapl", "nvml"] = ""
    metrics: str = ""

    def stimulus(self, item: Item, variant: Variant) -> Json:
        """What the server is asked for this item: prompt or messages, longest answer, place in a conversation.

        Raises:
            BadInput: the item is no request, or the settings make no schedule.
        """
        _ = self._sound
        return msgspec.to_builtins(self._ask(item))

    async def run(self, trial: Trial, stimulus: Json, subject: Subject) -> Response:
        """One request by itself."""
        return (await self.offer([trial], [stimulus], subject))[0]

    async def offer(
        self, trials: Sequence[Trial], stimuli: Sequence[Json], subject: Subject,
        tell: Callable[[Stage], None] = lambda stage: None,
    ) -> list[Response]:
        """Carry out one restart; a response for each trial, failures included, the first with what belongs to all.

        Raises:
            BadInput: a subject that does not stream, requests that cannot be sent, or a meter that is not here.
            CannotMeasure: the reference server ended.
            asyncio.CancelledError: it was interrupted; the client's processes are ended, and nothing is kept.
        """
        if not isinstance(subject, Streams):
            raise BadInput("load.no_stream", part="serving.load")
        where = subject.destination()
        target = Target(url=where.url, headers=dict(where.headers), ca_file=where.ca_file or None)
        beside, asked = self._beside(target), self.asked(target, trials, stimuli, subject)
        with stoppable() as stop:
            try:
                return await asyncio.to_thread(carried_out, asked, self._settings(), beside, tell)
            except asyncio.CancelledError:
                stop.now()
                raise

    def asked(self, target: Target, trials: Sequence[Trial], stimuli: Sequence[Json], subject: Streams) -> Asked:
        """Everything that one restart asks of a server.

        Raises:
            BadInput: requests that cannot be sent, or settings that make no schedule.
        """
        asks = [msgspec.convert(stimulus, Ask) for stimulus in stimuli]
        due, schedule = self._due(asks, trials[0].seed)
        own = digest([trials[0].seed, asdict(self), time_ns()])[:8]  # a server may know all that was sent before
        mark = f"[{own}] " if self.mark else ""
        requests = [ask.request(subject, trial.seed, at, f"[{own}.{trial.seed}] " if self.fresh else mark, self.whole)
                    for ask, trial, at in zip(asks, trials, due, strict=True)]  # fmt: skip
        seconds = None if self.arrivals == "closed" else max((at or 0) for at in due) / SECOND + _SPARE_S
        return Asked(
            target=target, requests=requests, schedule={**schedule, "mark": mark}, seconds=seconds,
            stationary=self.arrivals in _STATIONARY, trial=self._tried(asks, trials, due, subject),
            repeated=[ask.alone(subject, trial.seed, f"audit {own}")
                      for ask, trial in _first(asks, trials, self.audited)],
            model=model_in(requests[0]),
        )  # fmt: skip

    def answer(self, response: Response) -> Response:
        """The text of an answer, for an instrument that reads one."""
        text = response.output.get("text") if isinstance(response.output, dict) else None
        return msgspec.structs.replace(response, output=text if response.status == "ok" else None)

    def loaded(self, responses: Sequence[Response]) -> Loaded | None:
        """What a restart put on the server: the rate of its schedule, and whether it was steady."""
        return loaded(responses)

    def lasting(self, trials: Sequence[Trial], stimuli: Sequence[Json]) -> Lasting:
        """About how long a restart takes: its trial and its schedule, and what is done beside them."""
        beside_s = 2 * self.calibrate_s + (Beside.idle_s if self.energy else 0.0)
        if self.arrivals == "closed":
            return Lasting(None, beside_s)
        due, _ = self._due([msgspec.convert(stimulus, Ask) for stimulus in stimuli], trials[0].seed)
        times = sorted(at for at in due if at is not None)
        tried_s = (times[min(self._to_try(times), len(times)) - 1] - times[0]) / SECOND
        return Lasting(tried_s + times[-1] / SECOND + _SPARE_S, beside_s)

    def remarks(self, restarts: Iterable[Sequence[Response]]) -> tuple[Note, ...]:
        """What a report says of the restarts: schedule, calibration, audit, tokens, why one is left out."""
        return remarks(restarts)

    def _beside(self, target: Target) -> Beside:
        """What is read beside the run; headers of the requests go with it only to the same server."""
        page = None
        if self.metrics:
            same = urlsplit(self.metrics)[:2] == urlsplit(target.url)[:2]
            page = Target(url=self.metrics, headers=target.headers if same else {}, ca_file=target.ca_file)
        return Beside(meter=meter_of(self.energy) if self.energy else None, metrics=page)

    @cached_property
    def _sound(self) -> bool:
        """Whether the settings make sense, found out once and not for each item. Raises ``BadInput`` if not."""
        Arrivals(self.arrivals, self.rate, self.cv, self.states, self.profile).check()
        if (self.concurrency is None) == (self.arrivals == "closed"):
            code = "arrivals.needs" if self.arrivals == "closed" else "arrivals.unused"
            raise BadInput(code, where="[procedure]", kind=self.arrivals, key="concurrency")
        for key, rate in self._rates():
            if rate > MOST_RATE:
                raise BadInput("load.too_fast", where="[procedure]", key=key, got=f"{rate:g}", most=f"{MOST_RATE:g}")
        if self.metrics:
            Target(url=self.metrics).place()
        return True

    def _rates(self) -> list[tuple[str, float]]:
        """Every rate that the settings name, with the setting's name; requests a second."""
        course = self.profile or {}
        named = [("rate", self.rate), *((f"states, {n}: rate", one["rate"]) for n, one in enumerate(self.states, 1))]
        named += [(f"profile: {key}", course.get(key)) for key in ("trough", "peak")]
        named += [(f"profile: {key}", one) for key in ("hours", "steps") for one in course.get(key) or ()]
        return [(key, rate) for key, rate in named if rate is not None]

    def _ask(self, item: Item) -> Ask:
        return asked_of(item, self.max_tokens).part(self.prompt_share, self.output_share)

    def _due(self, asks: Sequence[Ask], seed: int) -> tuple[list[int | None], dict[str, Json]]:
        """When each request is due, and what the schedule says of itself."""
        if self.arrivals == "closed":
            said: dict[str, Json] = {"kind": "closed", "concurrency": self.concurrency, "n": len(asks)}
            return [None] * len(asks), said
        timed = [place for place, ask in enumerate(asks) if not ask.continues]
        arrivals = Arrivals(self.arrivals, self.rate, self.cv, self.states, self.profile)
        given = [ask.at_s for ask in asks if ask.at_s is not None] if self.arrivals == "replay" else []
        schedule = arrivals.schedule(len(timed), seed, given)
        due: list[int | None] = [None] * len(asks)
        for place, at in zip(timed, schedule.at_ns.tolist(), strict=True):
            due[place] = at
        return due, {**arrivals.statement(schedule), "densest": self._densest(schedule.at_ns)}

    def _densest(self, at_ns: npt.NDArray[np.int64]) -> float:
        """Requests in the fullest stretch as long as the trial, by those at the beginning."""
        slot = (at_ns / (self.warm_s * SECOND)).astype(np.int64)
        counts = np.unique(slot, return_counts=True)[1]
        tried = max(_LEAST_TRIED, int((slot == 0).sum()))
        return float(counts.max() / tried)

    def _tried(
        self, asks: Sequence[Ask], trials: Sequence[Trial], due: Sequence[int | None], subject: Streams
    ) -> list[Request]:
        """The beginning of the schedule, with prompts of its own."""
        if self.concurrency is not None:
            some = _first(asks, trials, max(2 * self.concurrency, _LEAST_TRIED))
            return [ask.alone(subject, trial.seed, "warm") for ask, trial in some]
        times = sorted(at for at in due if at is not None)
        some = _first(asks, trials, self._to_try(times))
        return [msgspec.structs.replace(ask.alone(subject, trial.seed, "warm"), at_ns=at - times[0])
                for (ask, trial), at in zip(some, times, strict=False)]  # fmt: skip

    def _to_try(self, times: Sequence[int]) -> int:
        """How many requests of a schedule (nanoseconds, in order) are in the trial of its beginning."""
        return max(_LEAST_TRIED, sum(at - times[0] <= self.warm_s * SECOND for at in times))

    def _settings(self) -> Settings:
        most = max(self.connections, self.concurrency or 1, self.workers)
        how = How(workers=self.workers, connections=most, concurrency=self.concurrency, timeout_s=self.timeout_s,
                  stall_s=self.stall_s, late_ns=round(self.late_ms * MS))  # fmt: skip
        return Settings(how=how, calibrate_s=self.calibrate_s, pilots_ms=self.pilots_ms,
                        tolerance_ms=self.tolerance_ms, tail_tolerance_ms=self.tail_tolerance_ms)  # fmt: skip


def _first(asks: Sequence[Ask], trials: Sequence[Trial], count: int) -> list[tuple[Ask, Trial]]:
    """The first requests that stand alone or begin a conversation."""
    return [(ask, trial) for ask, trial in zip(asks, trials, strict=True) if not ask.continues][:count]
