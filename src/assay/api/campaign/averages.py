"""One average over blocks (a generator in a language): its value, its uncertainty, and its account.

Generators are fixed: the three or four of a dimension are no random sample of anything, so that a result speaks of
these generators at these settings. The items of a cell are a random sample of all that the generator could make there,
and the cells are strata. In a dimension the generators have equal shares, in these the languages, in these the levels.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np

from assay.api.campaign.gathered import Block, Flags, Floats, Gathered, Ints
from assay.uncertainty import spread as single
from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.score import crossed
from assay.uncertainty.spread import Spread, bounded
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import STATUSES

Shares = Mapping[Block, float]
_BOUNDS: Final = (0.0, 1.0)


class Average(NamedTuple):
    """An average; ``spread`` is None where it has no value, and ``why`` then says why."""

    spread: Spread | None
    why: tuple[Note, ...]
    n_items: int
    n_units: int
    counts: dict[str, int]
    if_lost: tuple[float, float] | None


class _Block(NamedTuple):
    """A block with its rows, its stratum of each, and the weight of each."""

    rows: Ints
    stratum: Ints
    weight: Floats


def average(made: Gathered, shares: Shares, countable: bool = False) -> Average:
    """The average over blocks, each with its share (together 1).

    Args:
        made: the rows.
        shares: share of each block.
        countable: what is counted, also of generators whose texts need a judge.
    """
    whys = [why for block in shares if (why := _why(made, block, countable)) is not None]
    if whys:
        return Average(None, _once(whys), 0, 0, {}, None)
    asked = {block for block in shares if block in made.judged and not countable}
    counted = {block: _of(made, block) for block in shares if block not in asked}
    judged = {block: made.judged[block] for block in asked}
    counts = _counts(made, counted, judged)
    ok = made.rows.ok
    read = np.concatenate([part.rows[ok[part.rows]] for part in counted.values()] or [np.empty(0, np.int64)])
    n_items = len(read) + sum(result.counts.get("ok", 0) for result in judged.values())
    n_units = len(np.unique(made.rows.unit[read])) + sum(result.n_items for result in judged.values())
    empty = [block for block, part in counted.items() if not ok[part.rows].any()]
    empty += [block for block, result in judged.items() if result.value is None or result.u is None]
    if_lost = _if_lost(made, counted, judged, shares)
    if empty:
        lost = [Note(code="no_reading", values={"name": name, "language": language}) for name, language in empty]
        return Average(None, tuple(lost), n_items, n_units, counts, if_lost)
    found, notes = _spread(made, counted, judged, shares)
    return Average(found, notes, n_items, n_units, counts, if_lost)


def _once(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Each remark once, in order."""
    return tuple(note for place, note in enumerate(notes) if note not in notes[:place])


def _why(made: Gathered, block: Block, countable: bool) -> Note | None:
    if block in made.missing:
        return made.missing[block]
    return None if countable else made.unjudged.get(block)


def _of(made: Gathered, block: Block) -> _Block:
    """The rows of a block; its levels are taken together where one of them has fewer than two units with a reading."""
    places = [place for place, cell in enumerate(made.cells) if (cell.generator, cell.language) == block]
    rows = np.flatnonzero(np.isin(made.rows.cell, places))
    stratum, read = made.rows.cell[rows], made.rows.ok[rows]
    units = [len(np.unique(made.rows.unit[rows[read & (stratum == place)]])) for place in places]
    if min(units) < 2:
        stratum = np.full(len(rows), places[0])
    weight = np.zeros(len(rows))
    known = np.unique(stratum)
    for place in known:
        ours = (stratum == place) & read
        weight[ours] = 1 / (len(known) * max(1, int(ours.sum())))
    return _Block(rows, stratum, weight)


def _spread(
    made: Gathered, counted: Mapping[Block, _Block], judged: Mapping[Block, Result], shares: Shares
) -> tuple[Spread, tuple[Note, ...]]:
    pieces: list[tuple[float, Spread]] = []
    whole = sum(shares[block] for block in counted)
    notes: tuple[Note, ...] = ()
    if counted:
        found, notes = _counted(made, counted, {block: shares[block] / whole for block in counted})
        pieces.append((whole, found))
    if not judged:
        return pieces[0][1], notes
    value = sum(share * found.value for share, found in pieces)
    value += sum(shares[block] * (result.value or 0.0) for block, result in judged.items())
    sampled = [(share * (found.u or 0.0), found.dof) for share, found in pieces]
    by_source: dict[str, list[tuple[float, float | None]]] = {}
    for place, (block, result) in enumerate(judged.items()):
        for row in result.budget or (_bare(result),):
            key = row.source if row.source.startswith("certificate:") else f"{place}:{row.source}"
            by_source.setdefault(key, []).append((shares[block] * row.u, row.dof))
    for rows in by_source.values():  # what a certificate contributes is common to all that it corrects: it adds up
        dofs = [dof for _, dof in rows if dof is not None]
        sampled.append((abs(sum(u for u, _ in rows)), min(dofs, default=None)))
    u, dof = sqrt(sum(u**2 for u, _ in sampled)), effective_dof(sampled)
    if 0 < value < 1 and u > 0:
        return bounded(value, u, dof, _BOUNDS), notes
    return Spread(min(max(value, 0.0), 1.0), u or None, dof, *_BOUNDS, None, "t" if u else "none"), notes


def _bare(result: Result) -> Component:
    return Component(source="items", label="items", kind="A", u=result.u or 0.0, dof=result.dof, share=1.0)


def _counted(made: Gathered, counted: Mapping[Block, _Block], shares: Shares) -> tuple[Spread, tuple[Note, ...]]:
    rows = np.concatenate([part.rows for part in counted.values()])
    weight = np.concatenate([shares[block] * part.weight for block, part in counted.items()])
    stratum = np.concatenate([part.stratum for part in counted.values()])
    read = made.rows.ok[rows]
    rows, weight = rows[read], weight[read]
    design = crossed.Design(
        weight=weight, group=np.unique(made.rows.unit[rows], return_inverse=True)[1].astype(np.int64), n_variants=1,
        population=True, variants_are_sample=False, bounds=_BOUNDS,
        stratum=np.unique(stratum[read], return_inverse=True)[1].astype(np.int64),
    )  # fmt: skip
    columns = crossed.Rows(np.arange(len(rows)), np.zeros(len(rows), np.int64), made.rows.value[rows])
    found = crossed.mean(columns, design)
    merged = sum(len(np.unique(part.stratum)) == 1 for part in counted.values())
    merged -= sum(len(np.unique(made.rows.cell[part.rows])) == 1 for part in counted.values())
    notes = (Note(code="levels_merged", values={"n": merged}),) if merged else ()
    few = (Note(code="few_units"),) if "strata_unused" in found.notes or "one_item" in found.notes else ()
    return found.spread, (*notes, *few)


def _counts(
    made: Gathered, counted: Mapping[Block, _Block], judged: Mapping[Block, Result]
) -> dict[str, int]:
    found = np.zeros(len(STATUSES), np.int64)
    for part in counted.values():
        found += np.bincount(made.rows.status[part.rows], minlength=len(STATUSES))
    counts: dict[str, int] = {status: int(n) for status, n in zip(STATUSES, found, strict=True) if n}
    for result in judged.values():
        for status, n in result.counts.items():
            counts[status] = counts.get(status, 0) + n
    return counts


def _if_lost(
    made: Gathered, counted: Mapping[Block, _Block], judged: Mapping[Block, Result], shares: Shares
) -> tuple[float, float] | None:
    """The value with every lost reading wrong, and right; None if even then a block has nothing."""
    low = high = 0.0
    for block, part in counted.items():
        lost, ok = made.rows.lost[part.rows], made.rows.ok[part.rows]
        cells = made.rows.cell[part.rows]
        known = np.unique(cells[lost | ok])
        if not len(known):
            return None
        for place in known:
            ours = cells == place
            n = int((ours & (lost | ok)).sum())
            right = float(made.rows.value[part.rows][ours & ok].sum())
            low += shares[block] * right / n / len(known)
            high += shares[block] * (right + int((ours & lost).sum())) / n / len(known)
    for block, result in judged.items():
        if result.if_lost is None:
            return None
        low, high = low + shares[block] * result.if_lost[0], high + shares[block] * result.if_lost[1]
    return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)


def interval(found: Spread, level: float) -> tuple[float, float] | None:
    """Two-sided coverage interval of an average."""
    return single.interval(found, level)


def rows_of(made: Gathered, shares: Shares) -> Flags:
    """True for the rows of these blocks."""
    chosen = [place for place, cell in enumerate(made.cells) if (cell.generator, cell.language) in shares]
    return np.isin(made.rows.cell, chosen)
