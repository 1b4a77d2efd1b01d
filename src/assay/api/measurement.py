"""A measurement file: read, checked as a whole, and turned into parts, before anything is asked."""

from pathlib import Path
from typing import Any

import msgspec

from assay.api.exchange.foreign import bring
from assay.api.materials.adapted import with_cells
from assay.catalogue.build import build, fill, measurand, part_use, read_toml
from assay.catalogue.procedures import procedure
from assay.line.adapt import check_adaptive
from assay.line.blind import BlindBench, BlindInstrument, blinded
from assay.line.decide import check_requirements
from assay.line.estimate import Task
from assay.line.observe import Price, check_stimuli
from assay.line.plan import check_items
from assay.line.stop import Watched, rule
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import Limits, PartUse, Procedure
from assay.vocabulary.protocols import Bench, Brought, Denominates, DesignCheck, Estimator, Foreign, Instrument, Subject
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import Particulars
from assay.vocabulary.result import Note, Requirement


class File(Record, kw_only=True):
    """The top level of a measurement file.

    Attributes:
        title: what the report is called.
        laboratory: name of the laboratory, as the report prints it.
        location: where the measurement is performed, as the report prints it.
        customer: for whom, as the report prints it.
        authorised_by: who authorises the report, as it prints it.
        subject: what is measured: ``part`` and its settings.
        material: the items: ``part`` and its settings; left out where the procedure brings its own.
        procedure: how: ``part`` and its settings.
        requirement: what the results must fulfil.
        price: what tokens cost.
    """

    title: str = ""
    laboratory: str = ""
    location: str = ""
    customer: str = ""
    authorised_by: str = ""
    subject: dict[str, Json]
    material: dict[str, Json] | None = None
    procedure: dict[str, Json]
    requirement: tuple[dict[str, Json], ...] = ()
    price: dict[str, Json] | None = None


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """A procedure with the parts it uses, each by the measurand of its channel."""

    procedure: Procedure
    limits: Limits
    bench: Bench
    measurands: dict[str, Measurand]
    instruments: dict[str, Instrument]
    estimators: dict[str, Estimator]


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement ready to be made.

    Attributes:
        notes: what its report must say of its material, or of the rig that brought it.
        made_by: the part that brought the material, with its settings; None where the procedure brought its own.
    """

    title: str
    particulars: Particulars
    subject: Subject
    material: Material
    recipe: Recipe
    requirements: tuple[Requirement, ...]
    price: Price | None
    judge_prices: dict[str, Price] = {}
    notes: tuple[Note, ...] = ()
    made_by: PartUse | None = None


def load(source: str | Path | dict[str, Json], procedure: dict[str, Json] | None = None) -> Measurement:
    """Read a measurement file and check all of it.

    Args:
        source: path of a TOML file, or its content as a mapping (paths in it are then meant from the working folder).
        procedure: taken in place of the file's own ``[procedure]``.
    Raises:
        BadInput: anything that is wrong with the file or the items, named.
    """
    table = source if isinstance(source, dict) else read_toml(Path(source))
    folder = folder_of(source)
    where = "the measurement" if isinstance(source, dict) else str(source)
    file: File = fill(File, table, where)
    file = file if procedure is None else msgspec.structs.replace(file, procedure=procedure)
    made, brought = _brought(recipe(file.procedure), file, folder)
    requirements = tuple(fill(Requirement, row, "[[requirement]]") for row in file.requirement)
    check_requirements(requirements, made.measurands)
    made = _with_rule(made, requirements)
    price = None if file.price is None else price_of(file.price, "[price]")
    if made.limits.max_cost is not None and price is None:
        raise BadInput("price.missing")
    subject: Subject = build("subject", part_use(file.subject, "[subject]"), "[subject]")
    subject.identity()  # settings that no subject can have are refused before the items are read
    material = brought.material if brought else _material(file, where, folder)
    check_items(material, {c.instrument.part: made.instruments[c.measurand] for c in made.procedure.channels})
    check_stimuli(made.procedure, material, made.bench)
    made = _with_cells(made, material, folder)
    check_designs(made, material)
    material, made = _blind(material, made)
    return Measurement(
        title=file.title or (Path(source).stem if not isinstance(source, dict) else material.name),
        particulars=Particulars(**{name: getattr(file, name) for name in Particulars.__struct_fields__}),
        subject=subject,
        material=material,
        recipe=made,
        requirements=requirements,
        price=price,
        notes=brought.notes if brought else (),
        made_by=part_use(file.material, "[material]") if file.material else None,
    )


def _material(file: File, where: str, folder: Path) -> Material:
    if file.material is None:
        raise BadInput("setting.missing", where=where, key="material", expected="a table [material]")
    made: Material = build("material", part_use(file.material, "[material]"), "[material]").load(folder)
    return made


def _brought(made: Recipe, file: File, folder: Path) -> tuple[Recipe, Brought | None]:
    """The recipe as the rig of another tool makes it, with the items that it brings."""
    if not isinstance(made.bench, Foreign):
        return made, None
    if file.material is not None:
        raise BadInput("foreign.material", part=made.procedure.name)
    procedure, brought = bring(made.bench, made.procedure, file.procedure, folder)
    return msgspec.structs.replace(parts_of(procedure, made.limits), bench=brought.bench), brought


def _blind(material: Material, made: Recipe) -> tuple[Material, Recipe]:
    """A sealed material by its leaves, its items in the open only within bench and instruments; others as they are."""
    if not material.leaves:
        return material, made
    shown, plain = blinded(material)
    instruments: dict[str, Instrument] = {name: BlindInstrument(one, plain) for name, one in made.instruments.items()}
    made = msgspec.structs.replace(made, bench=BlindBench(made.bench, plain), instruments=instruments)
    check_stimuli(made.procedure, shown, made.bench)
    return shown, made


def folder_of(source: str | Path | dict[str, Json]) -> Path:
    """Where the relative paths of a measurement begin."""
    return Path() if isinstance(source, dict) else Path(source).parent


def watched(made: Recipe) -> dict[str, Watched]:
    """The channels of a recipe, for a run that may end early."""
    return {
        name: Watched(measurand, made.instruments[name], made.estimators[name])
        for name, measurand in made.measurands.items()
    }


def _with_rule(made: Recipe, requirements: tuple[Requirement, ...]) -> Recipe:
    """The recipe with the rule by which the run may end early, if it has one, made whole."""
    check_adaptive(made.procedure.plan, watched(made))
    plan = rule(made.procedure.plan, requirements, watched(made))
    return msgspec.structs.replace(made, procedure=msgspec.structs.replace(made.procedure, plan=plan))


def _with_cells(made: Recipe, material: Material, folder: Path) -> Recipe:
    """The recipe with the cells of the items, where these are chosen by them."""
    return msgspec.structs.replace(made, procedure=with_cells(made.procedure, material, folder))


def check_designs(made: Recipe, material: Material) -> None:
    """Refuse what an estimator could make nothing of, before anything is asked."""
    for name, estimator in made.estimators.items():
        if isinstance(estimator, DesignCheck):
            estimator.check(Task(made.measurands[name], made.procedure.plan), material)


def price_of(table: dict[str, Json], where: str) -> Price:
    """A price table. Raises ``BadInput`` for a key that it has not, a missing one, or a price below 0."""
    price: Price = fill(Price, table, where)
    for key in ("input_per_million", "output_per_million"):
        if getattr(price, key) < 0:
            got = repr(getattr(price, key))
            raise BadInput("setting.value", where=where, key=key, got=got, expected="a price, 0 or more")
    return price


def recipe(table: dict[str, Json]) -> Recipe:
    """Procedure and parts from a ``[procedure]`` table."""
    made, limits = procedure(table)
    return parts_of(made, limits)


def parts_of(made: Procedure, limits: Limits) -> Recipe:
    """The parts that a procedure names."""
    channels: dict[str, Any] = {channel.measurand: channel for channel in made.channels}
    estimators = {name: build("estimator", c.estimator, "[procedure] estimator") for name, c in channels.items()}
    return Recipe(
        procedure=made,
        limits=limits,
        bench=build("bench", made.bench, "[procedure]"),
        measurands={name: _in_unit(measurand(name, "channel"), estimators[name]) for name in channels},
        instruments={name: build("instrument", c.instrument, "[procedure] instrument") for name, c in channels.items()},
        estimators=estimators,
    )


def _in_unit(defined: Measurand, estimator: Estimator) -> Measurand:
    """The measurand in the unit that its estimator knows, if it knows one."""
    if not isinstance(estimator, Denominates):
        return defined
    return msgspec.structs.replace(defined, unit=estimator.unit())


def requirements(source: str | Path | dict[str, Json], measurands: dict[str, Measurand]) -> tuple[Requirement, ...]:
    """Only the requirements of a file, for measurands that were measured already."""
    table = source if isinstance(source, dict) else read_toml(Path(source))
    where = "the requirements" if isinstance(source, dict) else str(source)
    if "requirement" not in table:
        raise BadInput("setting.missing", where=where, key="requirement", expected="at least one [[requirement]]")
    unknown = [key for key in table if key not in File.__struct_fields__]
    if unknown:
        raise BadInput("setting.unknown", where=where, key=unknown[0], near=near(unknown[0], File.__struct_fields__))
    rows = table["requirement"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput("setting.type", where=where, key="requirement", got=repr(rows), expected="tables")
    made = tuple(fill(Requirement, row, "[[requirement]]") for row in rows)
    check_requirements(made, measurands)
    return made
