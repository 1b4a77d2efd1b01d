"""Observe: from trials to responses. Each is kept as it arrives; what the store already has is not asked again."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from assay.line.lasts import Lasts, lasting
from assay.line.plan import Planned, response_key, trials
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import CannotMeasure, Permanent
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Limits, Procedure
from assay.vocabulary.protocols import Bench, Foreign, Store, Subject
from assay.vocabulary.record import Json, Record
from assay.vocabulary.whole import Offers, Stage

_TICK_S: Final = 0.5
"""From one telling of progress to the next, while a restart is under way."""


class Asking(NamedTuple):
    """One trial that is to be asked now: with its stimulus and the key under which its response is kept."""

    trial: Trial
    stimulus: Json
    key: bytes


class Engine(Protocol):
    """What observing needs of an engine; see ``engines/local.py``."""

    proven: bool
    retried: int
    started: int

    def halt(self) -> None: ...
    def map(
        self, call: Callable[[Asking], Awaitable[Response]], jobs: Iterable[Asking]
    ) -> AsyncGenerator[list[Any], None]: ...


class Price(Record, kw_only=True):
    """The ``[price]`` table: what tokens cost.

    Attributes:
        input_per_million: price of a million input tokens.
        output_per_million: price of a million output tokens.
        currency: for people; nothing is converted.
    """

    input_per_million: float
    output_per_million: float
    currency: str = "USD"

    def cost(self, usage: dict[str, int]) -> float:
        """Cost of counted tokens."""
        asked = usage.get("input_tokens", 0) * self.input_per_million
        return (asked + usage.get("output_tokens", 0) * self.output_per_million) / 1e6


class State(msgspec.Struct):
    """How far observing has come; told to ``progress`` after each batch.

    Attributes:
        planned: responses of the plan.
        reused: responses that were in the store before.
        done: responses in the store now.
        failed: of the new ones, those that failed for good.
        retried: requests that were repeated.
        usage: tokens of the new responses.
        cost: their cost; None without prices.
        spent: tokens of the responses that were there before; counted only where there is a cap.
        look: number of looks taken, in a run that may end early.
        stage: what a bench is doing that takes whole restarts; None for others.
        stage_s: seconds since it began with that.
        restart: number of the restart under way, from 1; 0 where a bench does not take whole restarts.
        restarts: how many there are, those that were there before included.
        asked: trials of the restart under way.
        sent: of these, how many were sent, and how many of those answered; None where that is not known.
        left_s: about how many seconds are left, by the schedule of the restarts or by how long others took; None where
            that is not known.
    """

    planned: int
    reused: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    usage: Counter[str] = msgspec.field(default_factory=Counter)
    cost: float | None = None
    spent: Counter[str] = msgspec.field(default_factory=Counter)
    look: int = 0
    stage: Stage | None = None
    stage_s: float = 0.0
    restart: int = 0
    restarts: int = 0
    asked: int = 0
    sent: tuple[int, int] | None = None
    left_s: float | None = None


class Looks(Protocol):
    """What observing needs to know of a run that may end early; see ``line/stop.py`` and ``line/adapt.py``.

    Attributes:
        most: responses that it may come to observe.
    """

    @property
    def most(self) -> int: ...
    def batches(self) -> Iterator[Planned]: ...
    async def enough(self, seen: Planned) -> bool: ...


class Rig(NamedTuple):
    """What observing works with."""

    subject: Subject
    bench: Bench
    store: Store
    engine: Engine
    limits: Limits
    price: Price | None


async def observe(
    planned: Planned,
    material: Material,
    rig: Rig,
    progress: Callable[[State], None],
    begin: Callable[[], None] = lambda: None,
    looks: Looks | None = None,
) -> State:
    """Bring every response of the plan into the store, or as many as it takes.

    Args:
        planned: what is to be observed, of the items of ``material``.
        rig: what to work with.
        progress: told after each batch how far it has come.
        begin: called before anything is asked, once the subject has accepted its settings.
        looks: the batches of a plan that may end early, and when it does.
    Raises:
        BadInput: the subject refuses its settings; nothing was asked and ``begin`` was not called.
        CannotMeasure: the subject cannot be used, or a cap was reached; what arrived is kept.
    """
    if isinstance(rig.bench, Offers):
        return await _observe_restarts(planned, material, rig, progress, begin)
    parts = iter([planned]) if looks is None else looks.batches()  # later ones may depend on what was read of these
    state, opened, begun, wanted = State(planned=planned.n_trials if looks is None else looks.most), False, False, 0
    try:
        for part in parts:
            missing = _missing(part, material, rig, state)
            first = next(missing, None)
            if first is not None and not opened:
                rig.engine.proven = state.reused > 0
                await _open(rig)
                opened = True
            if not begun:
                begin()
                begun = True
            progress(state)
            if first is not None or looks is not None:
                _count_spent(part, material, rig, state)
            if first is not None and not _reached(rig, state.spent + state.usage):
                await _ask(_chain(first, missing), rig, state, progress)
            wanted += part.n_trials
            if state.done < wanted:
                raise _capped(rig, state)
            state.look += looks is not None
            if looks is not None and await looks.enough(part):
                break
    finally:
        if opened:
            await _close(rig)
    return state


async def _observe_restarts(
    planned: Planned, material: Material, rig: Rig, progress: Callable[[State], None], begin: Callable[[], None]
) -> State:
    """The same with a bench that takes whole restarts; one of which a response is missing is made again as a whole."""
    parts = list(restarts(planned, material, rig.bench))
    state = State(planned=planned.n_trials, restarts=len(parts))
    missing = [part for part in parts if len(rig.store.has_responses([one.key for one in part])) < len(part)]
    state.reused = state.done = sum(map(len, parts)) - sum(map(len, missing))
    if not missing:
        begin()
        progress(state)
        return state
    most = rig.limits.max_requests
    await _open(rig)
    try:
        begin()
        progress(state)
        lasts = Lasts([_lasting(rig.bench, part) for part in missing])
        for number, part in enumerate(missing, len(parts) - len(missing) + 1):
            if most is not None and state.done - state.reused + len(part) > most:
                raise CannotMeasure("observe.cap", what="requests", limit=most, done=state.done, planned=state.planned)
            state.restart, state.asked = number, len(part)
            lasts.begin()
            await _offer(part, rig, state, progress, lasts)
            lasts.end()
            progress(state)
    finally:
        await _close(rig)
    return state


def _lasting(bench: Bench, part: list[Asking]) -> float | None:
    return lasting(bench, [one.trial for one in part], [one.stimulus for one in part])


async def _offer(part: list[Asking], rig: Rig, state: State, progress: Callable[[State], None], lasts: Lasts) -> None:
    assert isinstance(rig.bench, Offers)
    began_s = time.monotonic()

    def tell(stage: Stage) -> None:
        nonlocal began_s
        began_s, state.stage = time.monotonic(), stage

    async def tick() -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            state.stage_s, state.left_s = time.monotonic() - began_s, lasts.left_s()
            if state.stage is not None and state.stage.so_far is not None:
                state.sent = state.stage.so_far()
            progress(state)

    ticking = asyncio.create_task(tick())
    try:
        found = await rig.bench.offer([one.trial for one in part], [one.stimulus for one in part], rig.subject, tell)
    finally:
        ticking.cancel()
        state.stage, state.stage_s, state.sent, state.left_s = None, 0.0, None, None
    rig.store.keep_responses(zip([one.key for one in part], found, strict=True))
    for response in found:
        state.failed += response.status == "subject_failed"
        state.usage.update(response.usage)
    state.done += len(found)
    state.cost = rig.price.cost(state.usage) if rig.price else None


async def _open(rig: Rig) -> None:
    await rig.subject.open(rig.limits)
    if isinstance(rig.bench, Foreign):
        try:
            await rig.bench.open(rig.limits)
        except BaseException:
            await _close(rig)
            raise


async def _close(rig: Rig) -> None:
    try:
        if isinstance(rig.bench, Foreign):
            await rig.bench.close()
    finally:
        await rig.subject.close()


def _capped(rig: Rig, state: State) -> CannotMeasure:
    what, limit = _reached(rig, state.spent + state.usage) or ("requests", rig.limits.max_requests)
    return CannotMeasure("observe.cap", what=what, limit=limit, done=state.done, planned=state.planned)


async def _ask(jobs: Iterable[Asking], rig: Rig, state: State, progress: Callable[[State], None]) -> None:
    spent = state.spent + state.usage  # ahead of ``state``, which is told in batches
    capped = (rig.limits.max_tokens_total, rig.limits.max_cost) != (None, None)

    async def call(asking: Asking) -> Response:
        response = await rig.bench.run(asking.trial, asking.stimulus, rig.subject)
        if response.status == "subject_failed":  # so that the engine can tell whether anything succeeds at all
            raise Permanent(response.note or "the subject gave no reason")
        if capped:
            spent.update(response.usage)
            if _reached(rig, spent):
                rig.engine.halt()
        return response

    async with aclosing(rig.engine.map(call, jobs)) as batches:
        async for batch in batches:
            kept = []
            for done in batch:
                response = _response(done)
                kept.append((done.job.key, response))
                state.failed += response.status == "subject_failed"
                state.usage.update(response.usage)
            rig.store.keep_responses(kept)
            state.done += len(kept)
            state.retried = rig.engine.retried
            state.cost = rig.price.cost(state.usage) if rig.price else None
            progress(state)


def _response(done: Any) -> Response:
    if isinstance(done.answer, Response):
        return msgspec.structs.replace(done.answer, attempts=done.attempts) if done.attempts > 1 else done.answer
    return Response(status="subject_failed", note=done.answer.reason, attempts=done.attempts)


def _count_spent(planned: Planned, material: Material, rig: Rig, state: State) -> None:
    """What the responses that are there already took of the caps; they hold for the run, however often it is begun."""
    limits = rig.limits
    if not state.reused or (limits.max_requests, limits.max_tokens_total, limits.max_cost) == (None, None, None):
        return
    planned_askings = askings(planned, material, rig.bench)
    while chunk := list(islice(planned_askings, 500)):
        for response in rig.store.responses([asking.key for asking in chunk]):
            if response is not None:
                rig.engine.started += response.attempts
                state.spent.update(response.usage)


def _reached(rig: Rig, usage: Counter[str]) -> tuple[str, float] | None:
    """The cap on tokens or cost that so much usage reaches, and its limit; that on requests is the engine's."""
    limits = rig.limits
    tokens = usage["input_tokens"] + usage["output_tokens"]
    if limits.max_tokens_total is not None and tokens >= limits.max_tokens_total:
        return "tokens", limits.max_tokens_total
    if limits.max_cost is not None and rig.price is not None and rig.price.cost(usage) >= limits.max_cost:
        return "cost", limits.max_cost
    return None


def check_stimuli(procedure: Procedure, material: Material, bench: Bench) -> None:
    """Refuse items that cannot be put in some variant, before anything is asked.

    Raises:
        BadInput: the first such item.
    """
    stimulus = bench.stimulus
    for variant in procedure.plan.variants:
        for item in material.items:
            stimulus(item, variant)


def askings(planned: Planned, material: Material, bench: Bench) -> Iterator[Asking]:
    """Every trial with its stimulus and key, in the order of the plan."""
    noticed: Json = planned.subject
    if isinstance(bench, Offers):  # a subject under load notices the whole schedule
        noticed = [planned.subject, planned.material, planned.procedure.bench]
    subject_digest = digest(noticed)
    repeats = planned.procedure.plan.repeats
    stimulus: Json = None
    for trial in trials(planned, material):
        if trial.repeat == 1 or repeats == 1:
            stimulus = bench.stimulus(trial.item, trial.variant)
        yield Asking(trial, stimulus, response_key(subject_digest, trial, stimulus))


def restarts(planned: Planned, material: Material, bench: Bench) -> Iterator[list[Asking]]:
    """The trials of each repeat of each variant, in the order of the material."""
    parts: dict[tuple[int, int], list[Asking]] = {}
    for asking in askings(planned, material, bench):
        parts.setdefault((asking.trial.variant_index, asking.trial.repeat), []).append(asking)
    yield from (parts[key] for key in sorted(parts))


def _missing(planned: Planned, material: Material, rig: Rig, state: State) -> Iterator[Asking]:
    """The trials whose responses the store does not have; counts the others in ``state``."""
    planned_askings = askings(planned, material, rig.bench)
    while chunk := list(islice(planned_askings, 500)):
        had = rig.store.has_responses([asking.key for asking in chunk])
        state.reused += len(had)
        state.done += len(had)
        yield from (asking for asking in chunk if asking.key not in had) if had else chunk


def _chain(first: Asking, rest: Iterator[Asking]) -> Iterator[Asking]:
    yield first
    yield from rest
