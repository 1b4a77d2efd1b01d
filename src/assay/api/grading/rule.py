"""Rules by which grades are given: on the shelves of the packs, or in a file of the user's own."""

from pathlib import Path
from typing import Final

import msgspec

from assay.catalogue.build import fill, read_toml
from assay.catalogue.find import parts
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.grading import GradeRow, GradeRule, Limit
from assay.vocabulary.record import Json
from assay.vocabulary.standard import Source

_SHELF: Final = "rule"


def rule(name: str) -> GradeRule:
    """A rule by its file, or by its name: ``serving.low_latency``, or without the pack, ``low-latency``.

    Raises:
        BadInput: there is none, or its file says what no rule can say.
    """
    if name.endswith(".toml") or Path(name).is_file():
        return read(Path(name), Path(name).stem)
    known = parts(_SHELF)
    wanted = name.replace("-", "_")
    found = [part for part in known if wanted in (part.name, part.name.partition(".")[2])]
    if len(found) != 1:
        names = [part.name.partition(".")[2].replace("_", "-") for part in known]
        raise BadInput("part.unknown", where="--rule", kind=_SHELF, name=name, near=near(name, names))
    return read(Path(found[0].path), found[0].name)


def read(path: Path, name: str) -> GradeRule:
    """A rule from its TOML file, checked.

    Args:
        path: the file.
        name: what to call the rule.
    Raises:
        BadInput: no TOML, unknown or missing keys, a grade twice, limits that make no order.
    """
    data, where = dict(read_toml(path)), str(path)
    rows = _tables(data.pop("grade", []), where, "grade")
    grades = []
    for row in rows:
        label = f"{where}, [[grade]] {row.get('name', '')!r}"
        limits = tuple(fill(Limit, one, f"{label}, limit") for one in _tables(row.pop("limit", []), label, "limit"))
        grades.append(msgspec.structs.replace(fill(GradeRow, row, label), limits=limits))
    if not isinstance(source := data.pop("source", None), dict):
        raise BadInput("setting.missing", where=where, key="[source]", expected="a table with url and says")
    fill(Source, source, f"{where}, [source]")
    for key in ("name", "grades"):
        if key in data:
            raise BadInput("setting.unknown", where=where, key=key, near=near(key, ["version", "scenario", "risk"]))
    made: GradeRule = fill(GradeRule, {**data, "name": name, "source": source, "grades": []}, where)
    made = msgspec.structs.replace(made, grades=tuple(grades))
    _check(made, where)
    return made


def _tables(value: Json, where: str, key: str) -> list[dict[str, Json]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise BadInput("setting.type", where=where, key=key, got=repr(value)[:80], expected=f"tables [[{key}]]")
    return [dict(row) for row in value]


def _check(made: GradeRule, where: str) -> None:
    if not 0 < made.risk < 0.5:
        raise BadInput("setting.value", where=where, key="risk", got=repr(made.risk),
                       expected="a probability above 0 and below 0.5, such as 0.05")  # fmt: skip
    names = [grade.name for grade in made.grades]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise BadInput("rule.twice", where=where, grade=twice)
    if len(names) < 2 or made.grades[-1].limits or not all(grade.limits for grade in made.grades[:-1]):
        raise BadInput("rule.grades", where=where)
    last: dict[tuple[str, bool], tuple[Limit, str]] = {}
    for grade in made.grades:
        for limit in grade.limits:
            _check_limit(limit, grade.name, where)
            key = (limit.measurand, limit.at_least is not None)
            before, better = last.get(key, (limit, grade.name))
            stricter = limit.value > before.value if key[1] else limit.value < before.value
            if stricter or before.unit != limit.unit:
                raise BadInput("rule.order", where=where, grade=grade.name, better=better, measurand=limit.measurand)
            last[key] = (limit, grade.name)


def _check_limit(limit: Limit, grade: str, where: str) -> None:
    if (limit.at_most is None) == (limit.at_least is None):
        raise BadInput("rule.limit", where=where, grade=grade, measurand=limit.measurand)
