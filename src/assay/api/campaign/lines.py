"""The results of a campaign: for each clause, dimension, dimension in a language, generator, and perhaps a total."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.api.campaign.averages import Average, Shares, average, interval, rows_of
from assay.api.campaign.gathered import Gathered
from assay.vocabulary.campaign import Cell, Kind, Line
from assay.vocabulary.result import Note
from assay.vocabulary.standard import LEVELS, Clause, Standard

KINDS: Final[tuple[Kind, ...]] = ("clause", "dimension", "language", "generator", "countable", "total")


class Wanted(NamedTuple):
    """What lines are to be stated of.

    Attributes:
        standard: the standard.
        languages: of the items.
        level: coverage probability.
        weights: weights of the dimensions in a total; empty for none.
    """

    standard: Standard
    languages: Sequence[str]
    level: float
    weights: Mapping[str, float]


class Stated(NamedTuple):
    """The lines, the level of each simultaneous interval by kind of line, and the number of readings of each cell."""

    lines: tuple[Line, ...]
    level_each: dict[str, float]
    read: tuple[int, ...]


def lines(made: Gathered, wanted: Wanted) -> Stated:
    """Every line; simultaneous intervals are those of Bonferroni over the lines of one kind that have a value."""
    averages = [*_clauses(made, wanted), *_dimensions(made, wanted), *_generators(made, wanted), *_total(made, wanted)]
    counts = {kind: sum(1 for line, found in averages if line.kind == kind and found and found.spread)
              for kind in KINDS}  # fmt: skip
    each: dict[str, float] = {kind: 1 - (1 - wanted.level) / max(1, n) for kind, n in counts.items() if n}
    read = np.bincount(made.rows.cell[made.rows.ok], minlength=len(made.cells)).tolist()
    return Stated(tuple(_stated(line, found, wanted.level, each) for line, found in averages), each, tuple(read))


def _stated(line: Line, found: Average | None, level: float, each: Mapping[str, float]) -> Line:
    if found is None:
        return line
    account = {"n_items": found.n_items, "n_units": found.n_units, "counts": found.counts, "if_lost": found.if_lost}
    if found.spread is None:
        status = "not_run" if not found.counts else "measured"
        return msgspec.structs.replace(line, status=status, why=(*line.why, *found.why), **account)
    spread = found.spread
    return msgspec.structs.replace(
        line, why=(*line.why, *found.why), value=spread.value, u=spread.u, dof=spread.dof,
        interval=interval(spread, level), simultaneous=interval(spread, each[line.kind]), method=spread.method,
        **account,
    )  # fmt: skip


def shares_of(cells: Sequence[Cell], dimension: str, languages: Sequence[str]) -> dict[tuple[str, str], float]:
    """Equal shares of the generators of a dimension, and in these of the languages."""
    names = list(dict.fromkeys(cell.generator for cell in cells if cell.dimension == dimension))
    return {(name, language): 1 / len(names) / len(languages) for name in names for language in languages}


def _over(parts: Sequence[Shares], weights: Sequence[float]) -> dict[tuple[str, str], float]:
    whole = sum(weights)
    return {block: weight / whole * share
            for part, weight in zip(parts, weights, strict=True) for block, share in part.items()}  # fmt: skip


def _clauses(made: Gathered, wanted: Wanted) -> list[tuple[Line, Average | None]]:
    found: list[tuple[Line, Average | None]] = []
    for clause in wanted.standard.clause:
        names = wanted.standard.of_clause(clause.number)
        line = Line(kind="clause", name=clause.number, status="measured", parts=names)
        if clause.role == "shown":
            note = Note(code=f"evidence.{clause.evidence}")
            found.append((msgspec.structs.replace(line, status="shown", why=(note,)), None))
        elif clause.role == "not_measured":
            found.append((msgspec.structs.replace(line, status="not_run", why=(Note(code="not_measured"),)), None))
        else:
            parts = [shares_of(made.cells, name, wanted.languages) for name in names]
            shares = _over(parts, [1.0] * len(parts))
            got = average(made, shares)
            lacks = lacking(made, clause, names, wanted.languages) if got.spread else ()
            found.append((msgspec.structs.replace(line, lacks=lacks), got))
    return found


def _dimensions(made: Gathered, wanted: Wanted) -> list[tuple[Line, Average | None]]:
    found: list[tuple[Line, Average | None]] = []
    for one in wanted.standard.dimension:
        shares = shares_of(made.cells, one.name, wanted.languages)
        parts = tuple(dict.fromkeys(name for name, _ in shares))
        line = Line(kind="dimension", name=one.name, status="measured", parts=parts)
        found.append((line, average(made, shares)))
        for language in wanted.languages if len(wanted.languages) > 1 else ():
            within = shares_of(made.cells, one.name, (language,))
            found.append((msgspec.structs.replace(line, kind="language", language=language), average(made, within)))
    return found


def _generators(made: Gathered, wanted: Wanted) -> list[tuple[Line, Average | None]]:
    found: list[tuple[Line, Average | None]] = []
    for one in wanted.standard.dimension:
        for name in dict.fromkeys(cell.generator for cell in made.cells if cell.dimension == one.name):
            shares = {(name, language): 1 / len(wanted.languages) for language in wanted.languages}
            line = Line(kind="generator", name=name, status="measured", parts=(one.name,))
            found.append((line, average(made, shares)))
            if any(cell.rubric for cell in made.cells if cell.generator == name):
                found.append((msgspec.structs.replace(line, kind="countable"), average(made, shares, countable=True)))
    return found


def _total(made: Gathered, wanted: Wanted) -> list[tuple[Line, Average | None]]:
    if not wanted.weights:
        return []
    names = [one.name for one in wanted.standard.dimension if wanted.weights.get(one.name)]
    parts = [shares_of(made.cells, name, wanted.languages) for name in names]
    shares = _over(parts, [wanted.weights[name] for name in names])
    line = Line(kind="total", name="total", status="measured", parts=tuple(names))
    return [(line, average(made, shares))]


def lacking(made: Gathered, clause: Clause, dimensions: Sequence[str], languages: Sequence[str]) -> tuple[Note, ...]:
    """What of a clause's coverage requirement is not met by what was read."""
    asked = clause.coverage
    if asked is None:
        return ()
    notes: list[Note] = []
    forms: set[str] = set()
    levels: set[str] = set()
    for name in dimensions:
        read = {place for place in np.unique(made.rows.cell[made.rows.ok]).tolist()
                if made.cells[place].dimension == name}  # fmt: skip
        forms |= {made.cells[place].form for place in read}
        levels |= {made.cells[place].level for place in read} & {*LEVELS}
        kinds = len({made.cells[place].generator for place in read})
        if kinds < asked.generators:
            notes.append(Note(code="lacks.generators", values={"name": name, "n": kinds, "least": asked.generators}))
        for language in asked.languages:
            ours = rows_of(made, shares_of(made.cells, name, (language,)))
            n = int((ours & made.rows.ok).sum())
            if n < asked.items:
                values = {"name": name, "language": language, "n": n, "least": asked.items}
                notes.append(Note(code="lacks.items", values=values))
    if len(forms) < asked.forms:
        notes.append(Note(code="lacks.forms", values={"n": len(forms), "least": asked.forms}))
    if len(levels) < asked.levels:
        notes.append(Note(code="lacks.levels", values={"n": len(levels), "least": asked.levels}))
    return tuple(notes)
