"""Items of a material put into calibrated cells, and the answers to them counted."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np

from assay.uncertainty.ability.cells import Answered, Cells, Curves, Ints, curves
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.cell import Cell, cell_name
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import Plan


class Placed(NamedTuple):
    """Where each item belongs, all of shape (items,).

    Attributes:
        cell: number of its cell, −1 for items of cells that are not calibrated.
        group: number of its group; items that stand alone are groups of their own.
        dimension: number of its dimension.
        items: number of items of each cell, shape (cells,).
    """

    cell: Ints
    group: Ints
    dimension: Ints
    items: Ints


def arrays(cells: Sequence[Cell], subject_sd: float) -> Cells:
    """Cells of a table as arrays."""
    covariance = np.array([[[va, both], [both, vd]] for va, both, vd in (cell.covariance for cell in cells)])
    return Cells(
        np.array([cell.slope for cell in cells]), np.array([cell.intercept for cell in cells]),
        np.array([cell.floor for cell in cells]), np.array([cell.item_sd for cell in cells]),
        covariance.reshape(-1, 2, 2), subject_sd,
    )  # fmt: skip


def placed(material: Material, cells: Sequence[Cell]) -> Placed:
    """The items of a material by the names of the cells."""
    known = {cell.name: number for number, cell in enumerate(cells)}
    cell = np.array([known.get(cell_name(item), -1) for item in material.items], dtype=np.int64)
    groups: dict[object, int] = {}
    dimensions: dict[str, int] = {}
    group, dimension = [], []
    for place, item in enumerate(material.items):
        group.append(groups.setdefault(item.group if item.group is not None else (place,), len(groups)))
        name = next((tag for tag in item.tags if tag.startswith("dimension:")), "")
        dimension.append(dimensions.setdefault(name, len(dimensions)))
    return Placed(cell, np.array(group), np.array(dimension), np.bincount(cell[cell >= 0], minlength=len(cells)))


def answered(observations: Observations, where: Placed) -> Answered:
    """Items read and read as right in each cell; of a group only the item that comes first in the material counts.

    A reading that was lost counts as not asked.
    """
    ok = observations.ok
    order = np.argsort(observations.item[ok], kind="stable")
    item, value = observations.item[ok][order], observations.value[ok][order]
    _, first = np.unique(where.group[item], return_index=True)
    item, value = item[first], value[first]
    known = where.cell[item] >= 0
    cell, n_cells = where.cell[item[known]], len(where.items)
    right = np.bincount(cell, weights=value[known], minlength=n_cells)
    return Answered(np.bincount(cell, minlength=n_cells), np.rint(right).astype(np.int64))


@lru_cache(maxsize=4)
def tables(cells: tuple[Cell, ...], subject_sd: float) -> Curves:
    """The curves of the cells of a plan."""
    return curves(arrays(cells, subject_sd))


def audited(asked: int, fraction: float) -> int:
    """How many items at the head of the audit's order are among so many that were asked."""
    return ceil(round(asked * fraction, 9))


def audit_order(plan: Plan, material: Material) -> list[int]:
    """Places of all items in the order in which the audit draws them, whatever their cell: a simple random sample."""
    return sorted(range(len(material.items)), key=lambda place: digest_of(plan, "audit", material.items[place].id))


def digest_of(plan: Plan, what: str, name: str) -> bytes:
    """16 bytes as good as random, the same for the same seed, occasion, purpose and name."""
    return hashlib.blake2b(row_bytes([what, plan.seed, plan.occasion, name]), digest_size=16).digest()
