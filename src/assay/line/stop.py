"""Stop: whether a run that may end early has seen enough. The rule is in the plan, so that it can be replayed."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol, runtime_checkable

import msgspec
import numpy as np

from assay.line.decide import settled
from assay.line.estimate import Sequential, Task, evidence
from assay.line.plan import Planned, Taken, batches, most, units
from assay.line.read import read_rows
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan
from assay.vocabulary.protocols import Bench, Estimator, Instrument, ReadRow, Store
from assay.vocabulary.result import Requirement
from assay.vocabulary.status import STATUSES

_STATUS: Final = {name: place for place, name in enumerate(STATUSES)}


@runtime_checkable
class Binary(Protocol):
    """An instrument that says of itself whether it reads nothing but 0 and 1."""

    @property
    def binary(self) -> bool: ...


class Watched(NamedTuple):
    """One channel of the run."""

    measurand: Measurand
    instrument: Instrument
    estimator: Estimator


class Source(NamedTuple):
    """Where readings come from; ``consult`` brings the answers of judges to a part of the run into the store."""

    bench: Bench
    store: Store
    consult: Callable[[Planned], Awaitable[None]]


class Watch:
    """Looks at a run batch by batch, until its rule says that it is enough.

    Args:
        planned: the whole run.
        material: its items.
        source: where its readings come from.
        channels: what is measured, by name.

    Attributes:
        taken: what was observed when it was enough, and why; None before that.
    """

    def __init__(
        self, planned: Planned, material: Material, source: Source, channels: Mapping[str, Watched]
    ) -> None:
        self.taken: Taken | None = None
        self._planned = planned
        self._material = material
        self._source = source
        self._channels = channels
        self._rows: dict[str, list[tuple[int, int, int, int, float]]] = {name: [] for name in channels}
        self._n_items = 0

    @property
    def most(self) -> int:
        """Responses that the run may come to observe."""
        return most(self._planned, self._material).n_trials

    def batches(self) -> Iterator[Planned]:
        """The parts of the run, in order."""
        return batches(self._planned, self._material)

    async def enough(self, seen: Planned) -> bool:
        """Whether to end after this part, all of whose responses are in the store; parts come in order."""
        await self._source.consult(seen)
        instruments = [channel.instrument for channel in self._channels.values()]
        names = list(self._channels)
        async for rows in read_rows(seen, self._material, self._source.bench, self._source.store, instruments):
            for row in rows:
                self._rows[names[row.channel]].append(columns(row))
        taken = seen.taken
        assert taken is not None
        self._n_items += taken.n_items
        reason = self._reason(taken)
        if reason:
            self.taken = msgspec.structs.replace(taken, first=0, n_items=self._n_items, reason=reason)
        return bool(reason)

    def _reason(self, taken: Taken) -> str:
        plan = self._planned.procedure.plan
        stopping = plan.stopping
        assert stopping is not None
        found = {name: observations(rows) for name, rows in self._rows.items()}
        if stopping.decide_early and self._decided(plan, found):
            return "decided"
        if stopping.target_u is not None and self._certain(plan, found, stopping.target_u):
            return "target_u"
        n_units = len(units(self._planned, self._material))
        if taken.last == n_units:
            return "all"
        cap = stopping.max_items
        ahead = units(self._planned, self._material)[taken.last]
        return "max_items" if cap is not None and self._n_items + len(ahead) > cap else ""

    def _decided(self, plan: Plan, found: Mapping[str, Observations]) -> bool:
        assert plan.stopping is not None
        for requirement in plan.stopping.requirements:
            channel = self._channels[requirement.measurand]
            task = Task(channel.measurand, plan)
            seen = evidence(task, channel.estimator, found[requirement.measurand], self._material)
            if not settled(requirement, channel.measurand, seen):
                return False
        return True

    def _certain(self, plan: Plan, found: Mapping[str, Observations], target_u: float) -> bool:
        """Whether every result is as certain as wanted, at the level of the rule, however it is stated later."""
        assert plan.stopping is not None
        plan = msgspec.structs.replace(plan, level=plan.stopping.level)
        for name, channel in self._channels.items():
            result = channel.estimator.estimate(Task(channel.measurand, plan), found[name], self._material)
            if result.u is None or result.u > target_u:
                return False
        return True


class Replayed(Protocol):
    """What ends a run, item by item or look by look."""

    @property
    def taken(self) -> Taken | None: ...
    def batches(self) -> Iterator[Planned]: ...
    async def enough(self, seen: Planned) -> bool: ...


async def replay(watch: Replayed) -> Taken | None:
    """Where the rule ends a run whose responses are in the store, from its first look on."""
    for part in watch.batches():
        if await watch.enough(part):
            break
    return watch.taken


def rule(plan: Plan, requirements: tuple[Requirement, ...], channels: Mapping[str, Watched]) -> Plan:
    """The plan with its rule for an early end made whole: what is to be decided, and what is known of the readings.

    Raises:
        BadInput: nothing to decide, another estimand or design, an unbounded measurand, another estimator.
    """
    stopping = plan.stopping
    if stopping is None:
        return plan
    if stopping.decide_early and not requirements:
        raise BadInput("stopping.nothing")
    check_stopping(plan, channels)
    instruments = {name: one.instrument for name, one in channels.items()}
    binary = tuple(name for name, one in instruments.items() if isinstance(one, Binary) and one.binary)
    decided = requirements if stopping.decide_early else ()
    return msgspec.structs.replace(
        plan, stopping=msgspec.structs.replace(stopping, requirements=decided, binary=binary)
    )


def check_stopping(plan: Plan, channels: Mapping[str, Watched]) -> None:
    """Refuse early ends that would not be valid.

    Raises:
        BadInput: another estimand or design, an unbounded measurand, another estimator.
    """
    if plan.stopping is None:
        return
    if plan.estimand != "population":
        raise BadInput("stopping.estimand")
    if plan.variants_are == "sample" and len(plan.variants) > 1:
        raise BadInput("stopping.variants")
    for name, channel in channels.items():
        if channel.measurand.low is None or channel.measurand.high is None:
            raise BadInput("stopping.bounds", measurand=name)
        if not isinstance(channel.estimator, Sequential):
            raise BadInput("stopping.estimator", measurand=name, estimator=type(channel.estimator).__name__)


def columns(row: ReadRow) -> tuple[int, int, int, int, float]:
    """A reading as places of item and variant, repeat, place of the status, and value (0 where there is none)."""
    trial, reading = row.trial, row.reading
    value = 0.0 if reading.value is None else reading.value
    return trial.item_index, trial.variant_index, trial.repeat, _STATUS[reading.status], value


def observations(rows: list[tuple[int, int, int, int, float]]) -> Observations:
    """Rows as columns in the order of the plan, as the store gives them."""
    item, variant, repeat, status, value = zip(*sorted(rows), strict=True) if rows else ((), (), (), (), ())
    return Observations(
        item=np.array(item, np.int32), variant=np.array(variant, np.int16), repeat=np.array(repeat, np.int16),
        status=np.array(status, np.int8), value=np.array(value, np.float64),
    )  # fmt: skip
