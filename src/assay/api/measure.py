"""The whole line in one call."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from assay.api.measured import Measured
from assay.api.measurement import Measurement, load
from assay.api.work import Manifest, Work, channels, issue
from assay.engines.local import Local
from assay.line.observe import Asking, Rig, State, askings, observe
from assay.line.plan import Planned, plan
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.observation import Response
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.record import Json, Record

Answer = TypeVar("Answer")


def measure(
    source: str | Path | dict[str, Json],
    lab: str | Path = ".assay",
    again: bool = False,
    progress: Callable[[State], None] | None = None,
) -> Measured:
    """Measure, and issue a signed report.

    What the laboratory has already is not asked again: a run that was stopped goes on, a finished one is reported.

    Args:
        source: path of a measurement file, or its content as a mapping.
        lab: folder of the laboratory.
        again: make a new run of a measurement that was finished before.
        progress: told after each batch how far it has come.
    Raises:
        BadInput: something in the file, the items or the folder is wrong; nothing was asked.
        CannotMeasure: the measurement could not be completed; what arrived is kept.
    """
    measurement = load(source)
    laboratory = Laboratory(Path(lab))
    with laboratory.lock():
        store = SqliteStore(laboratory, write=True)
        try:
            return run_loop(_measure(measurement, store, again, progress or (lambda state: None)))
        finally:
            store.close()


def run_loop(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine to its end, on uvloop where there is one, also from within a notebook's running loop."""
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with suppress(ImportError):  # Windows has no uvloop
        from uvloop import new_event_loop

    def run() -> Answer:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(work)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    ended: list[Answer | BaseException] = []

    def keep() -> None:
        try:
            ended.append(run())
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=keep)
    thread.start()
    thread.join()
    if isinstance(ended[0], BaseException):
        raise ended[0]
    return ended[0]


async def _measure(
    measurement: Measurement, store: SqliteStore, again: bool, progress: Callable[[State], None]
) -> Measured:
    planned = _planned(measurement, store, again)
    recipe = msgspec.structs.replace(measurement.recipe, procedure=planned.procedure)
    manifest = Manifest(
        planned=planned,
        title=measurement.title,
        laboratory=measurement.laboratory,
        requirements=measurement.requirements,
        price=measurement.price,
    )
    work = Work(manifest, recipe, measurement.material, store)
    state = await _observe(measurement, work, progress)
    numbers = await channels(work)
    issued = issue(work, numbers, store.laboratory)
    store.complete(planned.run)
    _refuse_nothing(issued.report.results, store, numbers)
    return Measured(issued, state.reused, state.planned)


def _planned(measurement: Measurement, store: SqliteStore, again: bool) -> Planned:
    """The run to go on with: the latest of this measurement, or a new one if there is none or one is wanted."""
    identity = measurement.subject.identity()
    first = plan(measurement.recipe.procedure, measurement.material, identity)
    runs = store.runs(first.base)
    if not runs:
        return first
    occasion = runs[-1].occasion + (1 if again and runs[-1].state == "complete" else 0)
    made = measurement.recipe.procedure
    varied = msgspec.structs.replace(made.plan, occasion=occasion)
    return plan(msgspec.structs.replace(made, plan=varied), measurement.material, identity)


async def _observe(measurement: Measurement, work: Work, progress: Callable[[State], None]) -> State:
    planned = work.manifest.planned
    work.store.keep_material(measurement.material)
    record = RunRecord(
        name=planned.run,
        base=planned.base,
        occasion=planned.procedure.plan.occasion,
        title=measurement.title,
        planned=planned.n_trials,
        manifest=msgspec.json.encode(work.manifest),
    )
    work.store.keep_run(record)
    limits = work.recipe.limits
    engine: Local[Asking, Response] = Local(limits)
    rig = Rig(measurement.subject, work.recipe.bench, work.store, engine, limits, measurement.price)
    latest = State(planned=planned.n_trials)

    def told(state: State) -> None:
        nonlocal latest
        latest = state
        progress(state)

    try:
        return await observe(planned, measurement.material, rig, told)
    except asyncio.CancelledError:
        raise CannotMeasure("observe.interrupted", done=latest.done, planned=latest.planned) from None


def _refuse_nothing(results: Any, store: SqliteStore, numbers: dict[str, int]) -> None:
    """A measurement in which nothing at all could be read has failed, whatever its report says."""
    if any(result.value is not None for result in results):
        return
    reasons = Counter[str]()
    for number in numbers.values():
        for _, reason, n in store.lost(number):
            reasons[reason] += n
    reason = reasons.most_common(1)[0][0] if reasons else "none was applicable"
    raise CannotMeasure("observe.nothing", n=results[0].n_observations, reason=reason)


class Preview(Record, kw_only=True):
    """What a measurement would do.

    Attributes:
        run: name of the run.
        requests: responses of the plan.
        in_store: those that would not be asked again.
        prompts: the first few, each with item, variant and what the subject would be given.
        input_tokens: estimated from the number of characters, about four to a token (about one in Chinese).
        cost: estimated cost of the input and, where ``max_tokens`` is set, of the longest output; None without prices.
    """

    run: str
    requests: int
    in_store: int
    prompts: tuple[dict[str, Json], ...]
    input_tokens: int
    cost: float | None


def preview(source: str | Path | dict[str, Json], lab: str | Path = ".assay") -> Preview:
    """What ``measure`` would ask, without asking anything or writing anything."""
    measurement = load(source)
    laboratory = Laboratory(Path(lab))
    store = SqliteStore(laboratory, write=False) if laboratory.database.exists() else None
    identity = measurement.subject.identity()
    planned = _planned(measurement, store, False) if store else plan(
        measurement.recipe.procedure, measurement.material, identity
    )  # fmt: skip
    prompts: list[dict[str, Json]] = []
    tokens = in_store = 0
    keys: list[bytes] = []
    for asking in askings(planned, measurement.material, measurement.recipe.bench):
        text = asking.stimulus if isinstance(asking.stimulus, str) else str(asking.stimulus)
        tokens += _tokens(text)
        if asking.trial.repeat == 1 and len(prompts) < 3 * len(planned.procedure.plan.variants):
            head = {"item": asking.trial.item.id, "variant": asking.trial.variant.name}
            prompts.append({**head, "stimulus": asking.stimulus})
        keys.append(asking.key)
    if store is not None:
        in_store = len(store.has_responses(keys))
        store.close()
    answer = identity.get("max_tokens") or 0
    usage = {"input_tokens": tokens, "output_tokens": planned.n_trials * int(answer)}
    cost = measurement.price.cost(usage) if measurement.price else None
    return Preview(
        run=planned.run, requests=planned.n_trials, in_store=in_store, prompts=tuple(prompts),
        input_tokens=tokens, cost=cost,
    )  # fmt: skip


def _tokens(text: str) -> int:
    wide = sum(1 for char in text if char > "⺀")
    return wide + (len(text) - wide + 3) // 4
