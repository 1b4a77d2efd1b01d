"""Whether a subject does better on items that it may have seen than on fresh ones."""

from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.api.runs import opened, run_channels
from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.store.sqlite import SqliteStore
from assay.uncertainty.comparing.comparison import cells, difference, unpaired
from assay.uncertainty.comparing.difference import Difference, interval
from assay.uncertainty.score.crossed import Design, Ints, Rows, mean
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Observations
from assay.vocabulary.record import Json, Record
from assay.vocabulary.status import LOST, STATUSES

Flags = npt.NDArray[np.bool_]
Pairing = Literal["pairs", "cells", "none"]

_LEVEL: Final = 0.95
_PAIR: Final = "pair:"
_OWN: Final = (_PAIR, "twin:", "disturbance:", "source:", "rubric:")
_COARSE: Final = ("generator:", "language:", "form:")


class Drop(Record, kw_only=True):
    """What a subject reads on known items less what it reads on fresh ones.

    Attributes:
        original: run on the items that it may have seen.
        fresh: run on items that it cannot have seen.
        measurand: what was read.
        pairing: ``pairs``: each fresh item is the twin of an original one; ``cells``: means over the same cells of
            generator, settings and language; ``none``: two plain means.
        n_original: items used of the first.
        n_fresh: items used of the second.
        left_out: items of either that have no counterpart.
        original_value: mean on the items used.
        fresh_value: the same of the fresh ones.
        drop: the first less the second, in the measurand's unit.
        u: its standard uncertainty; None if it cannot be stated.
        interval: its 95 % interval; None if it cannot be stated.
        lost: readings of either run that should hold a number and do not.
        sign: ``shown``: the interval lies above 0 (below, where lower is better), also with every lost reading as much
            against it as can be; ``not_shown``: it does not, which is no proof that the items were not seen.
    """

    original: str
    fresh: str
    measurand: str
    pairing: Pairing
    n_original: int
    n_fresh: int
    left_out: int
    original_value: float
    fresh_value: float
    drop: float
    u: float | None
    interval: tuple[float, float] | None
    lost: int
    sign: Literal["shown", "not_shown"]


class _Side(NamedTuple):
    work: Work
    seen: Observations
    items: tuple[Item, ...]


def drop(original: str, fresh: str, lab: str | Path = ".assay") -> Drop:
    """Compare a subject's run on known items with its run on fresh ones.

    Args:
        original: name of a finished run, or the beginning of it.
        fresh: another, of the same subject and procedure; the same where its items are pairs of original and twin.
        lab: folder of the laboratory.
    Raises:
        BadInput: no such run, an unfinished one, different subjects or measurands, or nothing to compare.
    """
    with opened(lab) as store:
        first, second = _side(store, original), _side(store, fresh)
        names = [side.work.manifest.planned.subject for side in (first, second)]
        if names[0] != names[1]:
            raise BadInput("contamination.subjects", first=original, second=fresh)
        measurands = [next(iter(side.work.recipe.measurands)) for side in (first, second)]
        if measurands[0] != measurands[1]:
            raise BadInput("contamination.measurands", first=measurands[0], second=measurands[1])
        found = _compared(first, second)
        if found.sign == "not_shown" or not found.lost:
            return found
        ends = first.work.recipe.measurands[measurands[0]]
        if ends.low is not None and ends.high is not None:
            mine, theirs = (ends.high, ends.low) if ends.better == "lower" else (ends.low, ends.high)
            worst = _compared(_with_lost(first, mine), _with_lost(second, theirs))
            return msgspec.structs.replace(found, sign=worst.sign)
        return msgspec.structs.replace(found, sign="not_shown")


def _compared(first: _Side, second: _Side) -> Drop:
    return _paired(first, second) or _by_cells(first, second)


def _with_lost(side: _Side, value: float) -> _Side:
    """The same with every lost reading as this value."""
    lost = _lost(side)
    seen = msgspec.structs.replace(
        side.seen, status=np.where(lost, 0, side.seen.status).astype(np.int8),
        value=np.where(lost, value, side.seen.value).astype(float),
    )  # fmt: skip
    return side._replace(seen=seen)


def _lost(side: _Side) -> Flags:
    return np.isin(side.seen.status, [STATUSES.index(status) for status in LOST])


def _side(store: SqliteStore, name: str) -> _Side:
    record = finished(store, name)
    work = reopen(store, record)
    number = run_channels(work).get(next(iter(work.recipe.measurands)))
    if number is None:
        raise BadInput("compare.not_read", run=record.name, measurand=next(iter(work.recipe.measurands)))
    return _Side(work, store.observations(number), work.material.items)


def _paired(first: _Side, second: _Side) -> Drop | None:
    """By pairs of original and twin; None where the fresh items are no twins."""
    known = {item.id: place for place, item in enumerate(first.items)}
    partner = np.array([_original(item, known) for item in second.items])
    if not (partner >= 0).any():
        return None
    variants = len(first.work.recipe.procedure.plan.variants)
    one = _rows(first, np.arange(len(first.items)), variants)
    two = _rows(second, partner, variants)
    design = _design(first, None, len(first.items))
    sides = [cells(rows, len(first.items), variants) for rows in (two, one)]
    found = difference(sides[0], sides[1], design)
    if found is None:
        return None
    both = (sides[0].n > 0).any(axis=1) & (sides[1].n > 0).any(axis=1)
    values = [float(side.mean[both].sum() / (side.n[both] > 0).sum()) for side in (sides[1], sides[0])]
    n = int(both.sum())
    return _stated((first, second), "pairs", found, ((n, n, len(first.items) - n), (values[0], values[1])))


def _original(item: Item, known: dict[str, int]) -> int:
    """Place of the original of a twin; -1 for an item that is none."""
    if "twin:original" in item.tags:
        return -1
    return next((known[tag.removeprefix(_PAIR)] for tag in item.tags
                 if tag.startswith(_PAIR) and tag.removeprefix(_PAIR) in known), -1)  # fmt: skip


def _by_cells(first: _Side, second: _Side) -> Drop:
    """By means over the finest cells that both have two units or more of."""
    for key in (_fine, _coarse):
        names = [[digest(key(item)) for item in side.items] for side in (first, second)]
        shared = sorted(set(names[0]) & set(names[1]))
        enough = all(_units(side, own, name) >= 2 for side, own in zip((first, second), names, strict=True)
                     for name in shared)  # fmt: skip
        if shared and enough and not any(_torn(side, own) for side, own in zip((first, second), names, strict=True)):
            places = {name: place for place, name in enumerate(shared)}
            strata = [np.array([places.get(name, -1) for name in own]) for own in names]
            return _means(first, second, ("cells", strata[0], strata[1]))
    nothing = [np.zeros(len(side.items), np.int64) for side in (first, second)]
    return _means(first, second, ("none", nothing[0], nothing[1]))


def _torn(side: _Side, names: list[str]) -> bool:
    """Whether some cluster lies in two cells."""
    seen: dict[str, str] = {}
    return any(item.group is not None and seen.setdefault(item.group, name) != name
               for item, name in zip(side.items, names, strict=True))  # fmt: skip


def _fine(item: Item) -> Json:
    return sorted(tag for tag in item.tags if not tag.startswith(_OWN))


def _coarse(item: Item) -> Json:
    return sorted(tag for tag in item.tags if tag.startswith(_COARSE))


def _units(side: _Side, names: list[str], name: str) -> int:
    """Items or clusters of a cell that have a reading."""
    read = set(side.seen.item[side.seen.ok].tolist())
    pairs = enumerate(zip(side.items, names, strict=True))
    return len({item.group or f"#{k}" for k, (item, own) in pairs if own == name and k in read})


def _means(first: _Side, second: _Side, by: tuple[Pairing, Ints, Ints]) -> Drop:
    pairing, *strata = by
    share = np.bincount(strata[0][strata[0] >= 0])
    spreads, counts, left_out = [], [], 0
    for side, stratum in zip((first, second), strata, strict=True):
        used = stratum >= 0
        rows = _rows(side, np.where(used, np.cumsum(used) - 1, -1), 1)
        if len(np.unique(stratum[used][rows.item])) < len(share):
            raise BadInput("contamination.nothing", first=first.work.manifest.planned.run,
                           second=second.work.manifest.planned.run)  # fmt: skip
        own = np.bincount(stratum[used], minlength=len(share))
        design = _design(side, stratum[used] if len(share) > 1 else None, int(used.sum()), used)
        design = design._replace(weight=(share / share.sum() / own)[stratum[used]], n_variants=1)
        spreads.append(mean(rows, design).spread)
        counts.append(int(used.sum()))
        left_out += int((~used).sum())
    found = unpaired(spreads[1], spreads[0])
    values = (spreads[0].value, spreads[1].value)
    return _stated((first, second), pairing, found, ((counts[0], counts[1], left_out), values))


def _rows(side: _Side, place: Ints, variants: int) -> Rows:
    """The readings with their items called by other places; those of places below 0 are left out."""
    where = place[side.seen.item]
    used = side.seen.ok & (where >= 0)
    variant = side.seen.variant[used] if variants > 1 else np.zeros(int(used.sum()), np.int64)
    return Rows(where[used], variant, side.seen.value[used])


def _design(side: _Side, stratum: Ints | None, n: int, used: Flags | None = None) -> Design:
    measurand = next(iter(side.work.recipe.measurands.values()))
    chosen = [item for k, item in enumerate(side.items) if used is None or used[k]]
    group = None
    if any(item.group is not None for item in chosen):
        names: dict[str, int] = {}
        group = np.array([names.setdefault(item.group or f"#{k}", len(names)) for k, item in enumerate(chosen)])
    variants = len(side.work.recipe.procedure.plan.variants)
    return Design(np.ones(n), group, variants, True, False, (measurand.low, measurand.high), stratum)


def _stated(
    sides: tuple[_Side, _Side], pairing: Pairing, found: Difference,
    numbers: tuple[tuple[int, int, int], tuple[float, float]],
) -> Drop:  # fmt: skip
    (n_original, n_fresh, left_out), values = numbers
    measurand = next(iter(sides[0].work.recipe.measurands.values()))
    ends = interval(found, _LEVEL)
    shown = ends is not None and (ends[1] < 0 if measurand.better == "lower" else ends[0] > 0)
    return Drop(
        original=sides[0].work.manifest.planned.run, fresh=sides[1].work.manifest.planned.run, measurand=measurand.name,
        pairing=pairing, n_original=n_original, n_fresh=n_fresh, left_out=left_out, original_value=values[0],
        fresh_value=values[1], drop=found.value, u=found.u, interval=ends, lost=sum(int(_lost(s).sum()) for s in sides),
        sign="shown" if shown else "not_shown",
    )  # fmt: skip
