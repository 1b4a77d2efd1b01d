"""The plan of a campaign: how a budget of requests is spread over dimensions, languages, generators and levels."""

import dataclasses
import typing
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from assay.api.campaign.standards import Family, families
from assay.catalogue.build import build
from assay.vocabulary.campaign import Cell, Draw
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Grouped
from assay.vocabulary.record import Json
from assay.vocabulary.standard import LEVELS, Standard

LEAST_UNITS: Final = 2
"""Units of a cell, at least: from one nothing is seen of how they differ."""
_FEWER: Final[tuple[tuple[str, ...], ...]] = (LEVELS, ("low", "high"), ("middle",))
"""Levels that are used, as many as the budget allows."""


def layout(made: Standard, budget: int, languages: Sequence[str], seed: int) -> tuple[tuple[str, ...], list[Cell]]:
    """The levels used, and the cells: dimensions and languages have equal shares of the budget, in them the generators,
    and in these the levels; what does not divide is not spent.

    Args:
        made: the standard.
        budget: most requests.
        languages: ``en``, ``zh`` or both.
        seed: of the items.
    Raises:
        BadInput: the budget is too small for two units in every cell, even at a single level; the message says what
            is needed.
    """
    known = families(made)
    in_dimension = Counter(family.cls.dimension for family in known)
    share = budget // (len(in_dimension) * len(languages))
    least = 0
    for levels in _FEWER:
        cells = [
            cell
            for family in known
            for cell in _cells(family, share // in_dimension[family.cls.dimension], (levels, languages), seed)
        ]
        if all(cell.units >= LEAST_UNITS for cell in cells):
            return levels, [_possible(cell) for cell in cells]
        per_family = Counter(cell.generator for cell in cells)
        need = max(LEAST_UNITS * cell.size * per_family[cell.generator] // len(languages) * in_dimension[cell.dimension]
                   for cell in cells)  # fmt: skip
        least = need * len(in_dimension) * len(languages)
    raise BadInput("campaign.budget", budget=budget, least=least)


def _cells(
    family: Family, share: int, over: tuple[Sequence[str], Sequence[str]], seed: int
) -> list[Cell]:
    levels, languages = over
    settings = _settings(family.cls, levels)
    size, rubric = _unit(family.cls, languages[0])
    n = share // (size * len(settings))
    return [
        Cell(generator=family.name, dimension=family.cls.dimension, form=family.form, procedure=family.procedure,
             language=language, level=level, settings=given, size=size, rubric=rubric,
             draws=(Draw(seed=seed, made=n, kept=n),))
        for language in languages for level, given in settings.items()
    ]  # fmt: skip


def _settings(cls: Any, levels: Sequence[str]) -> dict[str, dict[str, Json]]:
    """Settings of a generator by level: its numerical factors together; without these, the kinds of its first other
    factor; without either, the one setting ``only``. Where pairs are made, the kinds of disturbance alternate over
    the levels, so that all of them are met.
    """
    types = typing.get_type_hints(cls, include_extras=True)
    known: list[tuple[str, Any]] = [(field.name, field.default) for field in dataclasses.fields(cls)]
    ranges = {name: (_bounds(types[name]), default) for name, default in known}
    kinds = {name: typing.get_args(kind) for name, kind in types.items() if typing.get_origin(kind) is typing.Literal}
    factors = {name: (ends, default) for name, (ends, default) in ranges.items() if ends is not None}
    if factors:
        made: dict[str, dict[str, Json]] = {"low": {}, "middle": {}, "high": {}}
        for name, ((low, high), default) in factors.items():
            made["low"][name] = low
            made["high"][name] = default + max(1, (high - default) // 2) if high > default else high
        for name, values in kinds.items() if hasattr(cls, "group") else ():
            for place, level in enumerate(made):
                made[level][name] = values[place % len(values)]
        return {level: made[level] for level in levels}
    for name, values in kinds.items():
        return {f"{name}={value}": {name: value} for value in values[: len(levels)]}
    return {"only": {}}


def _bounds(kind: Any) -> tuple[int, int] | None:
    """Smallest and largest value of a numerical factor."""
    for one in getattr(kind, "__metadata__", ()):
        if isinstance(one, msgspec.Meta) and isinstance(one.ge, int) and isinstance(one.le, int):
            return one.ge, one.le
    return None


def _unit(cls: Any, language: str) -> tuple[int, str]:
    """Items in a unit, and the rubric of those that are judged."""
    made, rng = cls(), Random(0)
    items = made.group(rng, language) if isinstance(made, Grouped) else (made.make(rng, language),)
    rubric = next((tag.partition(":")[2] for tag in items[0].tags if tag.startswith("rubric:")), "")
    return len(items), rubric


def _possible(cell: Cell) -> Cell:
    """The cell with as many units as there are different ones."""
    try:
        material([cell]).load(Path())
    except BadInput as error:
        if error.code != "bank.exhausted" or int(error.values["found"]) < LEAST_UNITS:
            raise
        n = int(error.values["found"])
        return msgspec.structs.replace(cell, draws=(msgspec.structs.replace(cell.draws[0], made=n, kept=n),))
    return cell


def material(cells: Sequence[Cell]) -> Any:
    """The part that makes the items of cells."""
    pack = cells[0].generator.partition(".")[0]
    return build("material", PartUse(part=f"{pack}.cells", settings=table(cells)), "[material]")


def table(cells: Sequence[Cell]) -> dict[str, Json]:
    """The settings of that part."""
    return {"cells": [msgspec.to_builtins(cell) for cell in cells]}


def next_round(cells: Sequence[Cell], seed: int, share: float) -> list[Cell]:
    """The same cells with a share of their units taken from before (the longest known first), the rest from a new seed.

    At least one anchor and, unless all are anchors, one fresh unit stand in each cell.
    """
    made = []
    for cell in cells:
        anchors = cell.units if share == 1 else min(cell.units - 1, max(1, round(share * cell.units)))
        draws, left = [], anchors
        for draw in cell.draws:
            kept = min(draw.kept, left)
            left -= kept
            draws.append(msgspec.structs.replace(draw, kept=kept))
        n = cell.units - anchors
        made.append(msgspec.structs.replace(cell, draws=(*draws, Draw(seed=seed, made=n, kept=n))))
    return made
