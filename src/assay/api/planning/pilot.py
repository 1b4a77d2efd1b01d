"""What finished runs tell a plan: components of the readings, tokens and seconds of a request."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from assay.api.measurement import Recipe
from assay.api.runs import opened, run_channels
from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.line.estimate import Task, estimate
from assay.store.sqlite import SqliteStore
from assay.uncertainty.planning.pilot import Pilot, pilot
from assay.uncertainty.score.crossed import Rows
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.procedure import Procedure
from assay.vocabulary.protocols import Corrects
from assay.vocabulary.result import Note

Ints = npt.NDArray[np.int64]


class Seen(NamedTuple):
    """What a pilot gives.

    Attributes:
        runs: names of the runs.
        found: components, of the difference where there are two runs.
        u: standard uncertainty that the pilot's own result states; None where it states none.
        input_tokens: per request; None where the subject did not count them.
        output_tokens: per request.
        latency_s: median seconds of a request; None where not known.
        notes: remarks.
    """

    runs: tuple[str, ...]
    found: Pilot
    u: float | None
    input_tokens: float | None
    output_tokens: float | None
    latency_s: float | None
    notes: tuple[Note, ...]


class _Side(NamedTuple):
    """One run: its rows by item, variant and repeat, and what they are of."""

    work: Work
    rows: Rows
    repeat: Ints
    usage: dict[str, float]
    latency_s: float | None
    u: float | None


def seen(names: Sequence[str], lab: str | Path, recipe: Recipe, material: Material, measurand: str) -> Seen:
    """Read one pilot, or two to be compared.

    Args:
        names: one or two runs, the beginnings of their names, or ``last``.
        lab: folder of the laboratory.
        recipe: of the measurement that is planned.
        material: its items.
        measurand: what is to be measured.
    Raises:
        BadInput: no such run, unfinished, or of another procedure; a result that is no mean.
    """
    with opened(lab) as store:
        sides = [_side(store, name, recipe, measurand) for name in names]
    runs = tuple(side.work.manifest.planned.run for side in sides)
    if len(set(runs)) < len(runs):
        raise BadInput("compare.twice", run=runs[0])
    defined = recipe.measurands[measurand]
    rows = sides[0].rows if len(sides) == 1 else _differences(sides[0], sides[1])
    bounds = (defined.low, defined.high)
    if len(sides) == 2:
        wide = None if defined.low is None or defined.high is None else defined.high - defined.low
        bounds = (None if wide is None else -wide, wide)
    found = pilot(rows, groups(sides[0].work.material.items), bounds)
    if len(sides) == 2:
        found = found._replace(binary=False)
    latencies = [side.latency_s for side in sides if side.latency_s is not None]
    return Seen(
        runs, found, sides[0].u, _mean([side.usage.get("input_tokens") for side in sides]),
        _mean([side.usage.get("output_tokens") for side in sides]),
        sum(latencies) / len(latencies) if latencies else None, _notes(sides, recipe, material, found),
    )  # fmt: skip


def groups(items: Sequence[Item]) -> Ints | None:
    """Cluster of each item from 0, an item without a group being its own; None if no item has one."""
    if all(item.group is None for item in items):
        return None
    places: dict[str | int, int] = {}
    names = [item.group if item.group is not None else index for index, item in enumerate(items)]
    return np.array([places.setdefault(name, len(places)) for name in names], dtype=np.int64)


def _side(store: SqliteStore, name: str, recipe: Recipe, measurand: str) -> _Side:
    record = finished(store, name)
    work = reopen(store, record)
    theirs, ours = _method(work.recipe.procedure, measurand), _method(recipe.procedure, measurand)
    if theirs != ours:
        raise BadInput("plan.other_procedure", run=record.name, theirs=_named(theirs), ours=_named(ours))
    number = run_channels(work).get(measurand)
    if number is None:
        raise BadInput("compare.not_read", run=record.name, measurand=measurand)
    observations = store.observations(number)
    ok = observations.ok
    if not ok.any():
        raise BadInput("plan.no_readings", run=record.name, measurand=measurand)
    task = Task(work.recipe.measurands[measurand], work.recipe.procedure.plan)
    result = estimate(task, work.recipe.estimators[measurand], observations, work.material).result
    rows = Rows(observations.item[ok], observations.variant[ok], observations.value[ok])
    value, corrects = result.value, isinstance(work.recipe.estimators[measurand], Corrects)
    off = None if value is None else abs(_mean_of(rows, work.material) - value)
    if not corrects and (value is None or off is None or off > 1e-9 * max(1.0, abs(value))):
        raise BadInput("plan.no_mean", run=record.name, measurand=measurand)
    conditions = store.conditions(number)
    usage = {key: n / max(1, conditions.responses) for key, n in conditions.usage.items()}
    repeat = observations.repeat[ok].astype(np.int64)
    return _Side(work, rows, repeat, usage, conditions.latency_s.get("p50"), result.u)


def _method(made: Procedure, measurand: str) -> tuple[str, int, str, str]:
    instrument = next((c.instrument for c in made.channels if c.measurand == measurand), None)
    settings = digest([instrument.settings if instrument else None, made.bench])[:8]
    return made.name, made.version, instrument.part if instrument else "", settings


def _named(method: tuple[str, int, str, str]) -> str:
    name, version, instrument, settings = method
    return f"{name} {version} ({instrument}, {settings})"


def _mean_of(rows: Rows, material: Material) -> float:
    """The weighted mean over items of the mean over variants of the mean over repeats."""
    n_variants = int(rows.variant.max()) + 1
    cell = rows.item.astype(np.int64) * n_variants + rows.variant
    size = len(material.items) * n_variants
    n = np.bincount(cell, minlength=size).reshape(-1, n_variants)
    sums = np.bincount(cell, weights=rows.value, minlength=size).reshape(-1, n_variants)
    present = (n > 0).sum(axis=1)
    used = present > 0
    per_item = np.divide(sums, n, out=np.zeros(sums.shape), where=n > 0).sum(axis=1)[used] / present[used]
    weight = np.array([item.weight for item in material.items])[used]
    return float(weight @ per_item / weight.sum())


def _differences(first: _Side, second: _Side) -> Rows:
    """The second run less the first, for each item, variant and repeat that both have read.

    Which repeat stands beside which is arbitrary; that does not change the variance of their differences.
    """
    ours, theirs = _keys(first), _keys(second)
    value = dict(zip(theirs, second.rows.value.tolist(), strict=True))
    kept = [place for place, key in enumerate(ours) if key in value]
    if not kept:
        raise BadInput("plan.no_shared_items", a=first.work.manifest.planned.run, b=second.work.manifest.planned.run)
    other = np.array([value[ours[place]] for place in kept])
    rows, at = first.rows, np.array(kept)
    return Rows(rows.item[at], rows.variant[at], other - rows.value[at])


def _keys(side: _Side) -> list[tuple[str, str, int]]:
    items = [digest([one.id, one.stimulus, one.reference, one.choices]) for one in side.work.material.items]
    variants = [variant.name for variant in side.work.recipe.procedure.plan.variants]
    columns = (side.rows.item.tolist(), side.rows.variant.tolist(), side.repeat.tolist())
    return [(items[item], variants[variant], repeat) for item, variant, repeat in zip(*columns, strict=True)]


def _mean(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return sum(known) / len(known) if known else None


def _notes(sides: Sequence[_Side], recipe: Recipe, material: Material, found: Pilot) -> tuple[Note, ...]:
    notes = [Note(code=code) for code in found.notes]
    if found.left_out:
        notes.append(Note(code="pilot_left_out", values={"n": found.left_out}))
    if found.n_items < 50:
        notes.append(Note(code="pilot_small", values={"n": found.n_items}))
    if any(side.work.material.digest != material.digest for side in sides):
        notes.append(Note(code="pilot_other_items"))
    plan = recipe.procedure.plan
    ours = {variant.name for variant in plan.variants}
    theirs = {variant.name for variant in sides[0].work.recipe.procedure.plan.variants}
    if plan.variants_are == "sample" and 1 < found.n_variants < 5:
        notes.append(Note(code="pilot_few_variants", values={"n": found.n_variants}))
    if plan.variants_are == "fixed" and ours != theirs:
        notes.append(Note(code="pilot_other_variants"))
    return tuple(notes)
