"""The whole line in one call."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from assay.api._stopping import watch
from assay.api.exchange.foreign import engine_limits
from assay.api.exchange.scores import missing_score
from assay.api.judging.judges import with_judges
from assay.api.judging.preview import JudgePreview, judge_previews, tokens_in
from assay.api.materials.adapted import check_trust
from assay.api.materials.certified import with_certificate
from assay.api.materials.exposure import Exposure
from assay.api.measured import Measured
from assay.api.measurement import Measurement, folder_of, load
from assay.api.work import Manifest, Work, channels, issue, settled
from assay.engines.local import Local
from assay.line.observe import Asking, Rig, State, askings, observe
from assay.line.plan import Planned, most, plan
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.observation import Response
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Note, Result
from assay.vocabulary.status import STATUSES
from assay.vocabulary.whole import Forewarns

Answer = TypeVar("Answer")

_RESTARTS_REFUSED: Final = "timing.refused: "
"""What the reason of a reading begins with whose restart may not be relied upon; codes follow."""


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
    laboratory = Laboratory(Path(lab))
    measurement = with_certificate(with_judges(load(source), laboratory, source), laboratory)
    check_trust(measurement, laboratory, folder_of(source))
    file = "" if isinstance(source, dict) else str(Path(source).resolve())
    return carry_out(measurement, laboratory, again, progress or (lambda state: None), file)


def carry_out(
    measurement: Measurement, laboratory: Laboratory, again: bool, progress: Callable[[State], None], file: str = ""
) -> Measured:
    """Make a measurement that was checked; see ``measure``. ``file`` is the measurement file that it is all of."""
    with laboratory.lock(), laboratory.guarded(), closing(SqliteStore(laboratory, write=True)) as store:
        return run_loop(_measure(measurement, store, again, progress, file))


def run_loop(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine to its end, on uvloop where there is one, also from within a notebook's running loop."""
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with suppress(ImportError):  # Windows has no uvloop
        from uvloop import new_event_loop

    def run(work: Coroutine[Any, Any, Answer]) -> Answer:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(work)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        inside = False  # left before the run begins: what is raised there is not to have this as its context
    else:
        inside = True
    return _in_thread(work, run) if inside else run(work)


def _in_thread(work: Coroutine[Any, Any, Answer], run: Callable[[Coroutine[Any, Any, Answer]], Answer]) -> Answer:
    """Run it in a thread of its own; an interruption of the waiting caller is passed on to it."""
    ended: list[Answer | BaseException] = []
    cancel: list[Callable[[], object]] = []

    async def begin() -> Answer:
        task = asyncio.ensure_future(work)
        cancel.append(partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel))
        return await task

    def keep() -> None:
        try:
            ended.append(run(begin()))
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=keep, name="assay")
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        for stop in cancel:
            with suppress(RuntimeError):  # it has ended in this very moment
                stop()
        thread.join()
    answer = ended[0]
    if isinstance(answer, asyncio.CancelledError):
        raise KeyboardInterrupt
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def _measure(
    measurement: Measurement, store: SqliteStore, again: bool, progress: Callable[[State], None], file: str
) -> Measured:
    planned = _planned(measurement, store, again)
    recipe = msgspec.structs.replace(measurement.recipe, procedure=planned.procedure)
    manifest = Manifest(
        planned=planned,
        title=measurement.title,
        particulars=measurement.particulars,
        requirements=measurement.requirements,
        price=measurement.price,
        judge_prices=measurement.judge_prices,
        said=measurement.notes,
        certificate=measurement.material.certificate,
        file=file,
    )
    work = Work(manifest, recipe, measurement.material, store)
    exposure = Exposure(store)
    work, state = await _observe(measurement, work, progress, exposure)
    work = settled(work)
    numbers = await channels(work, progress)
    exposure.judged(work)
    store.complete(planned.run)
    if (missing := missing_score(work)) is not None:
        raise CannotMeasure("foreign.no_such_score", **missing)
    issued = issue(work, numbers, store.laboratory)
    _refuse_nothing(issued.report.results, store, numbers)
    return Measured(issued, state.reused, work.manifest.planned.n_trials)


def _planned(measurement: Measurement, store: SqliteStore, again: bool) -> Planned:
    """The run to go on with: the latest of this measurement, or a new one if there is none or one is wanted."""
    identity = measurement.subject.identity()
    first = plan(measurement.recipe.procedure, measurement.material, identity)
    runs = store.runs(first.base)
    if not runs:
        return first
    latest = max(runs, key=lambda run: run.occasion)
    occasion = latest.occasion + (1 if again and latest.state == "complete" else 0)
    made = measurement.recipe.procedure
    varied = msgspec.structs.replace(made.plan, occasion=occasion)
    planned = plan(msgspec.structs.replace(made, plan=varied), measurement.material, identity)
    if occasion > latest.occasion or not made.plan.may_end_early:
        return planned
    known = msgspec.json.decode(latest.manifest, type=Manifest).planned.taken
    return msgspec.structs.replace(planned, taken=known)


async def _observe(
    measurement: Measurement, work: Work, progress: Callable[[State], None], exposure: Exposure
) -> tuple[Work, State]:
    """Observe; the run that comes back knows where it ended, if it might have ended early."""
    planned = work.manifest.planned
    limits = work.recipe.limits
    engine: Local[Asking, Response] = Local(engine_limits(work.recipe.bench, limits))
    rig = Rig(measurement.subject, work.recipe.bench, work.store, engine, limits, measurement.price)
    desk = work.store, measurement.price, measurement.judge_prices
    looks = watch(planned, work.material, work.recipe, desk, progress)
    latest = State(planned=planned.n_trials)

    def told(state: State) -> None:
        nonlocal latest
        latest = state
        progress(state)

    def begin() -> None:
        _begin(work)
        exposure.begun(work)

    try:
        state = await observe(planned, measurement.material, rig, told, begin, looks)
    except asyncio.CancelledError:
        raise CannotMeasure("observe.interrupted", done=latest.done, planned=latest.planned) from None
    finally:
        exposure.ended(work, latest, looks.taken if looks is not None else None)
    if looks is not None:
        known = msgspec.structs.replace(planned, taken=looks.taken)
        work = work._replace(manifest=msgspec.structs.replace(work.manifest, planned=known))
        _begin(work)
    return work, state


def _begin(work: Work) -> None:
    """Keep the items and the run, so that it can be gone on with from the store alone."""
    planned = work.manifest.planned
    record = RunRecord(
        name=planned.run,
        base=planned.base,
        occasion=planned.procedure.plan.occasion,
        title=work.manifest.title,
        planned=most(planned, work.material).n_trials,
        manifest=msgspec.json.encode(work.manifest),
    )
    work.store.keep_material(work.material)
    work.store.keep_run(record)


def _refuse_nothing(results: tuple[Result, ...], store: SqliteStore, numbers: dict[str, int]) -> None:
    """A measurement in which some measurand could not be read even once has failed, whatever its report says.

    Unless each time the subject refused, or there was nothing to be read: that is an answer.
    """
    for result in results:
        lost = Counter[str]()
        for status, reason, n in store.lost(numbers[result.measurand]):
            if STATUSES[status] not in ("refused", "not_applicable"):
                lost[reason or STATUSES[status]] += n
        if result.value is None and lost and not result.counts.get("ok"):
            reason = lost.most_common(1)[0][0]
            if reason.startswith(_RESTARTS_REFUSED):
                if result.counts.get("not_applicable"):  # in another restart, where there was nothing to be read
                    continue
                refused = tuple(reason.removeprefix(_RESTARTS_REFUSED).split(", "))
                raise CannotMeasure("observe.restarts_refused", refused=refused)
            raise CannotMeasure("observe.nothing", n=result.n_observations, reason=reason)


class Preview(Record, kw_only=True):
    """What a measurement would do.

    Attributes:
        run: name of the run.
        requests: responses of the plan.
        in_store: those that would not be asked again.
        prompts: the first few, each with item, variant and what the subject would be given.
        input_tokens: estimated from the number of characters, about four to a token (about one in Chinese).
        cost: estimated cost of the input and, where ``max_tokens`` is set, of the longest output; None without prices.
        may_end_early: the numbers are the most that it may take.
        judges: what the judges would be asked.
        notes: what results will lack, since so few readings are planned.
    """

    run: str
    requests: int
    in_store: int
    prompts: tuple[dict[str, Json], ...]
    input_tokens: int
    cost: float | None
    may_end_early: bool = False
    judges: tuple[JudgePreview, ...] = ()
    notes: tuple[Note, ...] = ()


def preview(source: str | Path | dict[str, Json], lab: str | Path = ".assay") -> Preview:
    """What ``measure`` would ask, without asking anything or writing anything."""
    laboratory = Laboratory(Path(lab))
    measurement = with_certificate(with_judges(load(source), laboratory, source), laboratory)
    check_trust(measurement, laboratory, folder_of(source))
    if not laboratory.has_store():
        identity = measurement.subject.identity()
        return _preview(measurement, plan(measurement.recipe.procedure, measurement.material, identity), None)
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        return _preview(measurement, _planned(measurement, store, False), store)


def _preview(measurement: Measurement, planned: Planned, store: SqliteStore | None) -> Preview:
    ends_early = planned.procedure.plan.may_end_early and planned.taken is None
    planned = most(planned, measurement.material)
    prompts: list[dict[str, Json]] = []
    tokens = in_store = 0
    all_askings = askings(planned, measurement.material, measurement.recipe.bench)
    while chunk := list(islice(all_askings, 500)):
        for asking in chunk:
            text = asking.stimulus if isinstance(asking.stimulus, str) else str(asking.stimulus)
            tokens += tokens_in(text)
            if asking.trial.repeat == 1 and len(prompts) < 3 * len(planned.procedure.plan.variants):
                head = {"item": asking.trial.item.id, "variant": asking.trial.variant.name}
                prompts.append({**head, "stimulus": asking.stimulus})
        in_store += len(store.has_responses([asking.key for asking in chunk])) if store else 0
    longest = planned.subject.get("max_tokens") or planned.subject.get("max_completion_tokens") or 0
    usage = {"input_tokens": tokens, "output_tokens": planned.n_trials * int(longest)}
    return Preview(
        run=planned.run,
        requests=planned.n_trials,
        in_store=in_store,
        prompts=tuple(prompts),
        input_tokens=tokens,
        cost=measurement.price.cost(usage) if measurement.price else None,
        may_end_early=ends_early,
        judges=judge_previews(measurement, planned, store),
        notes=_forewarned(measurement, planned.n_trials),
    )


def _forewarned(measurement: Measurement, planned: int) -> tuple[Note, ...]:
    """What results will lack, each said once."""
    estimators = measurement.recipe.estimators.values()
    said = [one.forewarned(planned) for one in estimators if isinstance(one, Forewarns)]
    return tuple(note for place, note in enumerate(said) if note is not None and note not in said[:place])
