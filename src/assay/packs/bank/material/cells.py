"""Items of stated cells: each generator at a setting in a language, in the number that a plan allots to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.packs.bank.material.release import Release
from assay.vocabulary.campaign import Cell, Draw
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material

_WHERE: Final = "[material]"
_MORE: Final = 5  # times that a cell is made again, larger, where its items are those of another cell


@dataclass(frozen=True)
class Cells:
    """Items of the cells of a campaign, each drawn as ``bank.release`` draws them; no two units ask the same.

    A unit is an item or a group of items, such as an original and its disturbed twin. Units of earlier rounds come
    first: they are made whole again, so that later ones differ from all of them, and the first ``kept`` are used.

    Attributes:
        cells: the cells.
        name: name of the material.
    """

    cells: tuple[Cell, ...] = ()
    name: str = "campaign"

    def load(self, folder: Path) -> Material:
        """Make the items; ``folder`` is not used.

        Raises:
            BadInput: no cell, an unknown generator or setting, or a generator that has not so many different items.
        """
        if not self.cells:
            raise BadInput("bank.nothing", where=_WHERE)
        seen: set[Any] = set()
        made: dict[int, list[Item]] = {place: [] for place in range(len(self.cells))}
        for rank in range(max(len(cell.draws) for cell in self.cells)):
            for place, cell in enumerate(self.cells):
                if rank < len(cell.draws):
                    made[place] += _drawn(cell, cell.draws[rank], seen)
        items = tuple(item for part in made.values() for item in part)
        seeds = sorted({draw.seed for cell in self.cells for draw in cell.draws})
        version = "seed " + ", ".join(map(str, seeds))
        return Material(name=self.name, items=items, version=version, licence="CC0-1.0", source="bank.cells")


def _drawn(cell: Cell, draw: Draw, seen: set[Any]) -> list[Item]:
    """The units that are used; all that are made count as seen."""
    if draw.made == 0:
        return []
    wanted = draw.made
    for _ in range(_MORE):
        units = _units(cell, draw.seed, wanted)
        fresh = [unit for unit in units if not seen & {_key(item) for item in unit}][: draw.made]
        if len(fresh) == draw.made:
            break
        wanted += draw.made - len(fresh)
    else:
        place = f"{cell.generator}/{cell.level}/{cell.language}"
        raise BadInput("bank.exhausted", where=_WHERE, place=place, n=draw.made, found=len(fresh))
    seen |= {_key(item) for unit in fresh for item in unit}
    return [_named(item, cell, draw.seed) for unit in fresh[: draw.kept] for item in unit]


def _units(cell: Cell, seed: int, n: int) -> list[list[Item]]:
    settings = dict(sorted(cell.settings.items()))  # what was signed and read again has its keys in this order
    given = {cell.generator: settings} if settings else {}
    release = Release(generators=(cell.generator,), languages=(cell.language,), n=n, seed=seed, settings=given)
    units: dict[str, list[Item]] = {}
    for item in release.load(Path()).items:
        units.setdefault(item.group or item.id, []).append(item)
    return list(units.values())


def _key(item: Item) -> Any:
    return digest([item.stimulus, sorted(item.choices)])


def _named(item: Item, cell: Cell, seed: int) -> Item:
    """Unique over cells and rounds, and the same for the same item in every round."""
    group = None if item.group is None else f"{item.group}@{seed}"
    return msgspec.structs.replace(
        item, id=f"{item.id}@{seed}", group=group, tags=(*item.tags, f"part:{cell.generator}", f"level:{cell.level}")
    )
