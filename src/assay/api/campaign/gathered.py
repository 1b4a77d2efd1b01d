"""The rows of a campaign's runs, brought together by cell."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.api.runs import run_channels
from assay.api.work import Work, estimates, reopen
from assay.store.sqlite import SqliteStore
from assay.vocabulary.campaign import Cell, Used
from assay.vocabulary.canonical import digest
from assay.vocabulary.result import Note, Result
from assay.vocabulary.status import LOST, STATUSES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Block = tuple[str, str]
"""A generator in a language."""

JUDGED: Final = "judging.score"
_LOST: Final = [STATUSES.index(status) for status in LOST]


class Rows(NamedTuple):
    """One row for each item, in the order of the cells' runs.

    Attributes:
        cell: place of its cell, shape (items,).
        unit: number of its unit; units of different cells differ.
        status: place in ``STATUSES``.
        value: the reading, 0 where there is none.
        name: id of its unit, by number.
        content: digest of what the items of a unit ask, by number.
    """

    cell: Ints
    unit: Ints
    status: Ints
    value: Floats
    name: tuple[str, ...]
    content: tuple[str, ...]

    @property
    def ok(self) -> Flags:
        """True for the rows that hold a number."""
        return np.asarray(self.status == 0)

    @property
    def lost(self) -> Flags:
        """True for the rows that should hold one and do not."""
        return np.isin(self.status, _LOST)


class Gathered(NamedTuple):
    """What the lines of a campaign are computed from.

    Attributes:
        cells: the plan.
        rows: what was counted.
        judged: what a judge said of a generator's texts in a language.
        missing: why a generator was not run at all in a language.
        unjudged: why what a rubric is for was not judged.
    """

    cells: Sequence[Cell]
    rows: Rows
    judged: Mapping[Block, Result]
    missing: Mapping[Block, Note]
    unjudged: Mapping[Block, Note]


def gathered(
    store: SqliteStore, runs: Sequence[Used], cells: Sequence[Cell], missing: Mapping[Block, Note],
    unjudged: Mapping[Block, Note],
) -> Gathered:  # fmt: skip
    """The rows of the runs, from the store.

    Raises:
        BadInput: the store does not hold one of the runs, or its readings.
    """
    places = {(cell.generator, cell.language, cell.level): place for place, cell in enumerate(cells)}
    columns: list[tuple[int, int, int, float]] = []
    units: dict[tuple[int, str], int] = {}
    content: dict[int, list[str]] = {}
    judged: dict[Block, Result] = {}
    for used in runs:
        work = reopen(store, store.run(used.run))
        numbers = run_channels(work)
        if used.judge:
            found = estimates(work, {JUDGED: numbers[JUDGED]})[JUDGED].result
            judged |= {(name, used.language): found for name in used.generators}
        for place, name, text, status, value in _rows(work, numbers, places):
            unit = units.setdefault((place, name), len(units))
            content.setdefault(unit, []).append(text)
            columns.append((place, unit, status, value))
    cell, unit_, status_, values = zip(*columns, strict=True) if columns else ((), (), (), ())
    rows = Rows(
        np.array(cell, np.int64), np.array(unit_, np.int64), np.array(status_, np.int64), np.array(values, np.float64),
        tuple(name for _, name in units), tuple(digest(content[unit]) for unit in range(len(units))),
    )  # fmt: skip
    return Gathered(cells, rows, judged, missing, unjudged)


def _rows(
    work: Work, numbers: Mapping[str, int], places: Mapping[tuple[str, str, str], int]
) -> list[tuple[int, str, str, int, float]]:
    """Place of the cell, unit, digest of the item, status and value of each row of what is counted."""
    first = next(name for name in numbers if name != JUDGED)
    seen = work.store.observations(numbers[first])
    items = work.material.items
    made = []
    for item, status, value in zip(seen.item.tolist(), seen.status.tolist(), seen.value.tolist(), strict=True):
        one = items[item]
        tags = dict(tag.split(":", 1) for tag in one.tags if ":" in tag)
        place = places[tags["part"], tags["language"], tags["level"]]
        text = digest([one.stimulus, one.reference, one.choices])
        made.append((place, one.group or one.id, text, status, value))
    return made
