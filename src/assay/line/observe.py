"""Observe: from trials to responses. Each is kept as it arrives; what the store already has is not asked again."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, Protocol

import msgspec

from assay.line.plan import Planned, response_key, trials
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Response, Trial
from assay.vocabulary.procedure import Limits
from assay.vocabulary.protocols import Bench, Store, Subject
from assay.vocabulary.record import Json, Record


class Asking(NamedTuple):
    """One trial that is to be asked now: with its stimulus and the key under which its response is kept."""

    trial: Trial
    stimulus: Json
    key: bytes


class Engine(Protocol):
    """What observing needs of an engine; see ``engines/local.py``."""

    capped: bool
    retried: int

    def map(
        self, call: Callable[[Asking], Awaitable[Response]], jobs: Iterable[Asking]
    ) -> AsyncIterator[list[Any]]: ...


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
    """

    planned: int
    reused: int = 0
    done: int = 0
    failed: int = 0
    retried: int = 0
    usage: Counter[str] = msgspec.field(default_factory=Counter)
    cost: float | None = None


class Rig(NamedTuple):
    """What observing works with."""

    subject: Subject
    bench: Bench
    store: Store
    engine: Engine
    limits: Limits
    price: Price | None


async def observe(planned: Planned, material: Material, rig: Rig, progress: Callable[[State], None]) -> State:
    """Bring every response of the plan into the store.

    Raises:
        CannotMeasure: the subject cannot be used, or a cap was reached; what arrived is kept.
    """
    state = State(planned=planned.n_trials)
    missing = _missing(planned, material, rig, state)
    first = next(missing, None)
    progress(state)
    if first is None:
        return state
    await rig.subject.open(rig.limits)
    try:
        await _ask(_chain(first, missing), rig, state, progress)
    finally:
        await rig.subject.close()
    if rig.engine.capped:
        raise _cap("requests", rig.limits.max_requests, state)
    return state


async def _ask(jobs: Iterable[Asking], rig: Rig, state: State, progress: Callable[[State], None]) -> None:
    async def call(asking: Asking) -> Response:
        return await rig.bench.run(asking.trial, asking.stimulus, rig.subject)

    async for batch in rig.engine.map(call, jobs):
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
        _check_caps(rig.limits, state)


def _response(done: Any) -> Response:
    if isinstance(done.answer, Response):
        return msgspec.structs.replace(done.answer, attempts=done.attempts) if done.attempts > 1 else done.answer
    return Response(status="subject_failed", note=done.answer.reason, attempts=done.attempts)


def _check_caps(limits: Limits, state: State) -> None:
    tokens = sum(state.usage[name] for name in ("input_tokens", "output_tokens"))
    if state.done >= state.planned:
        return
    if limits.max_tokens_total is not None and tokens >= limits.max_tokens_total:
        raise _cap("tokens", limits.max_tokens_total, state)
    if limits.max_cost is not None and state.cost is not None and state.cost >= limits.max_cost:
        raise _cap("cost", limits.max_cost, state)


def _cap(what: str, limit: float | None, state: State) -> CannotMeasure:
    return CannotMeasure("observe.cap", what=what, limit=limit, done=state.done, planned=state.planned)


def askings(planned: Planned, material: Material, bench: Bench) -> Iterator[Asking]:
    """Every trial with its stimulus and key, in the order of the plan."""
    subject_digest = digest(planned.subject)
    repeats = planned.procedure.plan.repeats
    stimulus: Json = None
    for trial in trials(planned, material):
        if trial.repeat == 1 or repeats == 1:
            stimulus = bench.stimulus(trial.item, trial.variant)
        yield Asking(trial, stimulus, response_key(subject_digest, trial, stimulus))


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
