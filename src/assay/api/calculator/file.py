"""The file of the uncertainty calculator: from TOML to a model with its input quantities."""

import math
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.api.calculator.conformity import Tolerance, tolerances
from assay.api.calculator.quantity import Known, Quantity, known
from assay.catalogue.build import fill, read_toml
from assay.uncertainty.gum.expression import Expression, is_name, normal_name, parse, short
from assay.uncertainty.gum.propagation import Input, Inputs, refuse_not_positive
from assay.uncertainty.gum.tape import Tape, compiled, reached
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.record import Json, Record

Floats = npt.NDArray[np.float64]

MOST_QUANTITIES: Final = 2000


class File(Record, kw_only=True):
    """The whole file.

    Attributes:
        model: the expression of a single output, whose name is ``y``.
        models: expressions of several outputs by name; one may use another.
        quantity: the input quantities and the intermediate ones, by name.
        correlation: correlations given.
        tolerance: limits that outputs must keep.
        level: coverage probability, above 0 and below 1.
        title: what is calculated.
    """

    model: str | None = None
    models: dict[str, str] | None = None
    quantity: dict[str, dict[str, Json]] = {}
    correlation: tuple[dict[str, Json], ...] = ()
    tolerance: tuple[dict[str, Json], ...] = ()
    level: float = 0.95
    title: str = ""


class Correlation(Record, kw_only=True):
    """One ``[[correlation]]``.

    Attributes:
        between: names of two quantities.
        r: their correlation coefficient, from −1 to 1.
    """

    between: tuple[str, str]
    r: float


class Problem(NamedTuple):
    """What the file asks.

    Attributes:
        tape: the models.
        outputs: their names, in the order of the tape's outputs.
        inputs: the input quantities, in the order of the tape's inputs.
        tables: their tables in the file.
        distributions: names of what the trials draw from.
        level: coverage probability that the file asks for.
        title: what is calculated.
        unused: names of quantities that no output depends on.
        tolerances: limits that outputs must keep.
    """

    tape: Tape
    outputs: tuple[str, ...]
    inputs: Inputs
    tables: tuple[Quantity, ...]
    distributions: tuple[str, ...]
    level: float
    title: str
    unused: tuple[str, ...]
    tolerances: tuple[Tolerance, ...]


def read(path: Path) -> Problem:
    """Read a file.

    Raises:
        BadInput: the file, a key, an expression, a quantity or a correlation cannot be.
    """
    raw = read_toml(path)
    _refuse_not_finite(raw, path.name)
    file: File = fill(File, raw, path.name)
    _check_level(file.level, path.name)
    if len(file.quantity) > MOST_QUANTITIES:
        raise BadInput("calculator.too_many", n=len(file.quantity), limit=MOST_QUANTITIES)
    tables = _tables(file)
    parts: dict[str, Known] = {}
    models: dict[str, Expression] = {}
    for name, table in tables.items():
        where = f"[quantity.{name}]"
        if table.model is None:
            parts[name] = known(name, table)
        else:
            given = {key for key in table.__struct_fields__ if getattr(table, key) is not None}
            for key in sorted(given - {"model", "label", "source", "kind"}):
                raise BadInput("quantity.key", where=where, key=key, by="model", keys="model, label, source")
            models[name] = parse(table.model, where)
    outputs = _outputs(file, tables, models, path.name)
    tape = compiled(models, tuple(outputs), tuple(parts))
    inputs = Inputs(tuple(one.input for one in parts.values()), _correlations(file, tables, parts))
    refuse_not_positive(inputs)
    used = 0
    for name, bits in zip(outputs.values(), reached(tape), strict=True):
        used |= bits
        if not any(bits >> place & 1 and one.u > 0 for place, one in enumerate(inputs.all)):
            raise BadInput("model.no_uncertainty", where=name)
    unused = tuple(name for place, name in enumerate(parts) if not used >> place & 1)
    names = tuple(outputs.values())
    return Problem(
        tape, names, inputs, tuple(tables[name] for name in parts), tuple(one.distribution for one in parts.values()),
        file.level, file.title, unused, tolerances(file.tolerance, names),
    )  # fmt: skip


def _check_level(level: float, where: str) -> None:
    if not 0.01 <= level <= 0.9999:
        raise BadInput("setting.value", where=where, key="level", got=level, expected="a probability, 0.01 to 0.9999")


def with_level(problem: Problem, level: float | None) -> Problem:
    """The same with another coverage probability; None leaves that of the file."""
    if level is None:
        return problem
    _check_level(level, "--level")
    return problem._replace(level=level)


def _refuse_not_finite(raw: dict[str, Json], where: str) -> None:
    """Refuse NaN and infinity wherever they stand; infinite degrees of freedom are what leaving them out means."""
    for name, table in raw.get("quantity", {}).items() if isinstance(raw.get("quantity"), dict) else ():
        if isinstance(table, dict):
            if table.get("dof") == math.inf:
                del table["dof"]
            _refuse_in(table, f"[quantity.{short(name)}]")
    for table in raw.get("correlation", ()) if isinstance(raw.get("correlation"), list) else ():
        if isinstance(table, dict):
            _refuse_in(table, "[[correlation]]")
    for table in raw.get("tolerance", ()) if isinstance(raw.get("tolerance"), list) else ():
        if isinstance(table, dict):
            _refuse_in(table, "[[tolerance]]")
    _refuse_in(raw, where)


def _refuse_in(table: dict[str, Json], where: str) -> None:
    for key, value in table.items():
        for one in value if isinstance(value, list) else [value]:
            number = isinstance(one, int | float) and not isinstance(one, bool)
            if number and not abs(one) <= 1e300:  # NaN is not, nor an integer that no float can hold
                raise BadInput("number.not_finite", where=where, key=key)


def _tables(file: File) -> dict[str, Quantity]:
    found: dict[str, Quantity] = {}
    for name, raw in file.quantity.items():
        _check_name(name, f"[quantity.{short(name)}]")
        key = normal_name(name)
        if key in found:
            raise BadInput("calculator.same_name", name=name)
        found[key] = fill(Quantity, raw, f"[quantity.{name}]")
    return found


def _check_name(name: str, where: str) -> None:
    if not is_name(name):
        raise BadInput("calculator.name", where=where, name=short(name))


def _outputs(
    file: File, tables: dict[str, Quantity], models: dict[str, Expression], where: str
) -> dict[str, str]:
    """Parse the models into ``models``; the keys of the outputs there, with their names."""
    if (file.model is None) == (not file.models):
        raise BadInput("calculator.model", where=where)
    if file.model is not None:
        models["\0y"] = parse(file.model, "model")  # a quantity may be called y as well
        return {"\0y": "y"}
    found: dict[str, str] = {}
    for name, text in (file.models or {}).items():
        _check_name(name, "[models]")
        key = normal_name(name)
        if key in tables or key in found:
            raise BadInput("calculator.same_name", name=name)
        models[key] = parse(text, f"[models] {name}")
        found[key] = key
    return found


def _correlations(file: File, tables: dict[str, Quantity], parts: dict[str, Known]) -> Floats:
    names = list(parts)
    matrix = np.eye(len(names))
    series: dict[str, list[str]] = {}
    for name in names:
        if (of := tables[name].simultaneous) is not None:
            series.setdefault(of, []).append(name)
    for of, members in series.items():
        _simultaneous(of, members, tables, (matrix, names))
    for raw in file.correlation:
        given: Correlation = fill(Correlation, raw, "[[correlation]]")
        i, j = (_place(name, parts, tables) for name in given.between)
        if i == j:
            raise BadInput("correlation.itself", name=names[i])
        if not -1 <= given.r <= 1:
            between = f"[[correlation]] {names[i]}, {names[j]}"
            raise BadInput("setting.value", where=between, key="r", got=given.r, expected="a number from −1 to 1")
        one = tables[names[i]].simultaneous
        if matrix[i, j] != 0 or (one is not None and one == tables[names[j]].simultaneous):
            raise BadInput("correlation.twice", first=names[i], second=names[j])
        matrix[i, j] = matrix[j, i] = given.r
    return matrix


def _place(name: str, parts: dict[str, Known], tables: dict[str, Quantity]) -> int:
    key = normal_name(name)
    if key not in tables:
        raise BadInput("correlation.unknown", name=short(name), near=near(short(name), list(parts)))
    if key not in parts or parts[key].input.u == 0:
        raise BadInput("correlation.unfit", name=name)
    return list(parts).index(key)


def _simultaneous(of: str, members: list[str], tables: dict[str, Quantity], into: tuple[Floats, list[str]]) -> None:
    matrix, names = into
    rows: list[Any] = [tables[name].readings for name in members]
    if len({len(row) for row in rows}) > 1:
        counts = ", ".join(f"{name}: {len(row)}" for name, row in zip(members, rows, strict=True))
        raise BadInput("quantity.series", series=of, counts=counts)
    if len(rows) < 2:
        return
    steps = np.array(rows, dtype=np.float64)
    steps = steps - steps[:, :1]
    steps /= np.abs(steps).max(axis=1)[:, None]
    found = np.clip(np.corrcoef(steps), -1, 1)
    places = [names.index(name) for name in members]
    np.fill_diagonal(found, 1.0)
    matrix[np.ix_(places, places)] = found


def shown(one: Input, table: Quantity) -> tuple[str, str, str]:
    """Source, label and kind of a row of the budget, with what is meant where the file says nothing."""
    return table.source or one.name, table.label or one.name, table.kind or ("A" if table.readings else "B")
