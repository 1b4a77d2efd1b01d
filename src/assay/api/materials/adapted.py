"""An adaptive run given the cells of its items, from the table of difficulties that it names."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from assay.api.materials.statements import believed
from assay.catalogue.difficulties import difficulties
from assay.reports.envelope import read_signed
from assay.reports.forms import DIFFICULTY
from assay.reports.statement import unseal
from assay.store.laboratory import Laboratory
from assay.vocabulary.canonical import digest
from assay.vocabulary.cell import cell_name
from assay.vocabulary.difficulty import Difficulties
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.procedure import Procedure

if TYPE_CHECKING:
    from assay.api.measurement import Measurement


def with_cells(made: Procedure, material: Material, folder: Path) -> Procedure:
    """The procedure with the cells that its items belong to, so that it is pure data again.

    Args:
        made: the procedure; one that is not adaptive stays as it is.
        material: the items.
        folder: where a relative path of a table begins.
    Raises:
        BadInput: no such table, or none of the items is of a calibrated cell.
        VerificationFailed: the file is no table, or was tampered with.
    """
    rule = made.plan.adaptive
    if rule is None:
        return made
    if material.leaves:
        raise BadInput("adaptive.sealed", name=material.name)
    table = named(rule.difficulty, folder)
    wanted = {cell_name(item) for item in material.items}
    cells = tuple(cell for cell in table.cells if cell.name in wanted)
    if not cells:
        raise BadInput("adaptive.uncalibrated", difficulty=rule.difficulty)
    filled = msgspec.structs.replace(
        rule, table=digest(table), subject_sd=table.subject_sd, cells=cells, link=table.link
    )
    return msgspec.structs.replace(made, plan=msgspec.structs.replace(made.plan, adaptive=filled))


def named(name: str, folder: Path) -> Difficulties:
    """A table by the name of the part, or in a signed file whose form and signature are good.

    Raises:
        BadInput: there is none.
        VerificationFailed: the file is no table, or was tampered with.
    """
    if not name.endswith(".json"):
        return difficulties(name, "[procedure] difficulty")
    return unseal(DIFFICULTY, read_signed(folder / name), name).made.table


def check_trust(measurement: "Measurement", laboratory: Laboratory, folder: Path) -> None:
    """Refuse a table of difficulties that was signed by somebody whom this laboratory does not trust.

    Raises:
        BadInput: ``material.unknown_key``.
        VerificationFailed: it was tampered with.
    """
    rule = measurement.recipe.procedure.plan.adaptive
    if rule is not None and rule.difficulty.endswith(".json"):
        believed(DIFFICULTY, read_signed(folder / rule.difficulty), rule.difficulty, laboratory)
