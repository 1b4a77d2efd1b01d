"""Consult: from responses to what judges say of them. Each answer is kept as it arrives; none is asked for twice."""

import hashlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from assay.line.observe import Asking, Price, State, askings
from assay.line.plan import Planned
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.errors import CannotMeasure, Permanent
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import Limits, PartUse
from assay.vocabulary.protocols import Asks, Bench, Question, Store, Subject
from assay.vocabulary.record import Json

_CHUNK: Final = 500
_TELLING: Final = re.compile(r"[0-9/_.-]")
MASK: Final = "[model]"
"""What stands in a candidate's text where the subject's own name stood."""


class Consulting(NamedTuple):
    """One question on its way to a judge, with the digest of the judge's identity, the question's seed, and the key of
    the answer."""

    judge: Subject
    identity: str
    stimulus: Json
    seed: int
    key: bytes


class Consultation(NamedTuple):
    """An instrument that asks, and the judges that it asks, in the order of its ``subjects()``."""

    instrument: Asks
    judges: tuple[Subject, ...]


class Engine(Protocol):
    """What consulting needs of an engine; see ``engines/local.py``."""

    proven: bool
    retried: int
    started: int

    def halt(self) -> None: ...
    def map(
        self, call: Callable[[Consulting], Awaitable[Response]], jobs: Iterable[Consulting]
    ) -> AsyncGenerator[list[Any], None]: ...


class Desk(NamedTuple):
    """What consulting works with; the limits hold for the judges as they held for the subject, counted anew.

    ``prices`` are those of judges by the digest of their identity; ``price`` is that of all others.
    """

    bench: Bench
    store: Store
    engine: Engine
    limits: Limits
    price: Price | None
    prices: Mapping[str, Price] = {}


class _Spent:
    """Tokens and money that the answers of judges took, those of earlier runs included where there is a cap."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.tokens = 0
        self.cost = 0.0
        self.new = 0.0

    def add(self, identity: str, usage: Mapping[str, int], *, new: bool) -> None:
        """Count one answer."""
        price = self._desk.prices.get(identity, self._desk.price)
        cost = price.cost(dict(usage)) if price else 0.0
        self.tokens += usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
        self.cost += cost
        self.new += cost if new else 0.0

    @property
    def reached(self) -> tuple[str, float] | None:
        """The cap on tokens or cost that is reached, and its limit; that on requests is the engine's."""
        limits = self._desk.limits
        if limits.max_tokens_total is not None and self.tokens >= limits.max_tokens_total:
            return "tokens", limits.max_tokens_total
        if limits.max_cost is not None and self.cost >= limits.max_cost:
            return "cost", limits.max_cost
        return None


async def consult(
    planned: Planned,
    material: Material,
    desk: Desk,
    consultations: Sequence[Consultation],
    progress: Callable[[State], None],
) -> State:
    """Bring the answer to every question of some instruments into the store.

    A judge that cannot answer one question leaves a response that failed, as a subject does; what the instrument reads
    from that is its own failure, never the subject's and never a wrong answer.

    Args:
        planned: the run; all its responses are in the store.
        material: its items.
        desk: what to work with.
        consultations: the instruments that ask, with their judges.
        progress: told after each batch how far it has come.
    Raises:
        BadInput: a judge refuses its settings; nothing was asked.
        CannotMeasure: no judge can be used, or a cap was reached; what arrived is kept.
    """
    state, spent = State(planned=0), _Spent(desk)
    for chunk in _questions(planned, material, desk, consultations):
        had = desk.store.has_responses(list(chunk))
        state.planned += len(chunk)
        state.reused += len(had)
        _count_spent(desk, {key: chunk[key].identity for key in chunk if key in had}, spent)
    state.done = state.reused
    if state.done < state.planned:
        await _ask(planned, material, desk, consultations, (state, spent, progress))
    if state.done < state.planned:
        what, limit = spent.reached or ("requests", desk.limits.max_requests)
        raise CannotMeasure("consult.cap", what=what, limit=limit, done=state.done, planned=state.planned)
    return state


async def _ask(
    planned: Planned,
    material: Material,
    desk: Desk,
    consultations: Sequence[Consultation],
    told: tuple[State, _Spent, Callable[[State], None]],
) -> None:
    state, spent, progress = told
    desk.engine.proven = state.reused > 0
    priced = bool(desk.price or desk.prices)
    async with AsyncExitStack() as opened:
        for consultation in consultations:
            for judge in consultation.judges:
                await judge.open(desk.limits)
                opened.push_async_callback(judge.close)
        progress(state)
        if spent.reached:
            return
        jobs = _missing(planned, material, desk, consultations)
        async with aclosing(desk.engine.map(_caller(desk, spent), jobs)) as batches:
            async for batch in batches:
                kept = [(done.job.key, _answer(done)) for done in batch]
                desk.store.keep_responses(kept)
                for _, answer in kept:
                    state.failed += answer.status == "subject_failed"
                    state.usage.update(answer.usage)
                state.done += len(kept)
                state.retried = desk.engine.retried
                state.cost = spent.new if priced else None
                progress(state)


def _caller(desk: Desk, spent: _Spent) -> Callable[[Consulting], Awaitable[Response]]:
    async def call(job: Consulting) -> Response:
        answer = await job.judge.respond(job.stimulus, job.seed)
        if answer.status == "subject_failed":  # so that the engine can tell whether anything succeeds at all
            raise Permanent(answer.note or "the judge gave no reason")
        spent.add(job.identity, answer.usage, new=True)
        if spent.reached:
            desk.engine.halt()
        return answer

    return call


def _answer(done: Any) -> Response:
    if isinstance(done.answer, Response):
        return msgspec.structs.replace(done.answer, attempts=done.attempts)
    return Response(status="subject_failed", note=done.answer.reason, attempts=done.attempts)


def _count_spent(desk: Desk, had: Mapping[bytes, str], spent: _Spent) -> None:
    """What the answers that are there already took of the caps; they hold for the run, however often it is begun."""
    limits = desk.limits
    if (limits.max_requests, limits.max_tokens_total, limits.max_cost) == (None, None, None):
        return
    for identity, answer in zip(had.values(), desk.store.responses(list(had)), strict=True):
        if answer is not None:
            desk.engine.started += answer.attempts
            spent.add(identity, answer.usage, new=False)


def _missing(
    planned: Planned, material: Material, desk: Desk, consultations: Sequence[Consultation]
) -> Iterator[Consulting]:
    asked: set[bytes] = set()
    for chunk in _questions(planned, material, desk, consultations):
        had = desk.store.has_responses(list(chunk)) | asked
        for key, job in chunk.items():
            if key not in had:
                asked.add(key)
                yield job


def _questions(
    planned: Planned, material: Material, desk: Desk, consultations: Sequence[Consultation]
) -> Iterator[dict[bytes, Consulting]]:
    """Every question by its key, some responses at a time; a question that two channels share is there once."""
    names = names_of(planned.subject)
    all_askings = askings(planned, material, desk.bench)
    known: set[bytes] = set()
    while chunk := list(islice(all_askings, _CHUNK)):
        found: dict[bytes, Consulting] = {}
        for asking, response in zip(chunk, desk.store.responses([a.key for a in chunk]), strict=True):
            if response is None:
                raise CannotMeasure("run.incomplete", name=planned.run, planned=planned.n_trials)
            for instrument, judges in consultations:
                for question, seed, key in put(instrument, asking, unnamed(response, names)):
                    if key not in known:
                        who = instrument.identities[question.judge]
                        found[key] = Consulting(judges[question.judge], who, question.stimulus, seed, key)
        if len(consultations) > 1:
            known.update(found)
        yield found


def put(instrument: Asks, asking: Asking, response: Response) -> list[tuple[Question, int, bytes]]:
    """What is asked about a response whose names are masked: each question with its seed and the key of its answer."""
    if response.status not in ("ok", "refused"):
        return []
    return [(q, *_placed(instrument, asking, q)) for q in instrument.questions(asking.trial.item, response)]


def _placed(instrument: Asks, asking: Asking, question: Question) -> tuple[int, bytes]:
    """The seed of a question, fixed by that of its trial, and the key of its answer (32 bytes)."""
    drawn = hashlib.blake2b(row_bytes(["judge", asking.trial.seed, question.draw]), digest_size=8).digest()
    seed = int.from_bytes(drawn, "big") % 2**31
    what = ["judge", instrument.identities[question.judge], question.stimulus, seed]
    return seed, hashlib.sha256(row_bytes(what)).digest()


def heard(
    planned: Planned, store: Store, instrument: Asks, chunk: Sequence[tuple[Asking, Response]]
) -> list[Reading]:
    """What an instrument that asks reads from responses, by the answers in the store.

    Args:
        planned: the run.
        store: where the answers are.
        instrument: the instrument.
        chunk: trials with their responses.
    Returns:
        One reading each.
    Raises:
        CannotMeasure: an answer is not there.
    """
    names = names_of(planned.subject)
    masked = [(asking, unnamed(response, names)) for asking, response in chunk]
    keys = [
        [key for _, _, key in put(instrument, asking, response)] for asking, response in masked
    ]
    answers = iter(store.responses([key for some in keys for key in some]))
    readings = []
    for (asking, response), some in zip(masked, keys, strict=True):
        mine = [answer for _ in some if (answer := next(answers)) is not None]
        if len(mine) < len(some):
            raise CannotMeasure("consult.incomplete", name=planned.run, id=asking.trial.item.id)
        if response.status in ("ok", "refused"):
            readings.append(instrument.verdict(asking.trial.item, response, mine))
        else:
            readings.append(Reading(status=response.status, note=response.note))
    return readings


def names_of(identity: dict[str, Json]) -> tuple[str, ...]:
    """The names by which a subject might give itself away, longest first.

    The model's name as the endpoint knows it, and its last part where that has a path; only names that are no plain
    words (with a digit or one of ``/ . _ -``), since a plain word may be part of an answer.
    """
    model = identity.get("model")
    if not isinstance(model, str):
        return ()
    names = {model, model.rpartition("/")[2]}
    return tuple(sorted((name for name in names if len(name) > 2 and _TELLING.search(name)), key=len, reverse=True))


def unnamed(response: Response, names: Sequence[str]) -> Response:
    """The response with the subject's names masked, whatever their case; an output that is no text stays as it is."""
    if not names or not isinstance(response.output, str):
        return response
    pattern = re.compile("|".join(re.escape(name) for name in names), re.IGNORECASE)
    return msgspec.structs.replace(response, output=pattern.sub(MASK, response.output))


def judge_name(use: PartUse) -> str:
    """The name of a judge, for people."""
    return str(use.settings.get("model") or use.settings.get("name") or use.part)
