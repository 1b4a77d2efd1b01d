"""Plain tables: CSV and JSON lines, one row for each reply, whoever made them."""

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from assay.exchange.files import (
    LONGEST_LINE,
    beginning,
    broken,
    count,
    finite,
    name_of,
    number,
    opened,
    rows,
    seconds,
)
from assay.exchange.log import Left, Log, Sample, Wanted
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.imported import Scored
from assay.vocabulary.observation import Response
from assay.vocabulary.status import STATUSES

FIELDS: Final = (
    "item", "repeat", "group", "weight", "input", "reference", "output", "score", "status", "note", "subject", "finish",
    "input_tokens", "output_tokens", "latency_s", "at",
)  # fmt: skip
"""What a row may have. It needs the item, and the score or the output."""

_SUBJECTS: Final = 100
_TRUTH: Final = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_OF_REPLY: Final = ("output", "status", "note", "finish", "input_tokens", "output_tokens", "latency_s", "at")
_BARE: Final = Response(status="ok")
_LATER: Final = ("instrument_failed", "not_applicable")
"""Status of the reading, not of the reply."""


class Plain:
    """Reads plain tables."""

    title = "a plain table"

    def claims(self, path: Path) -> bool:
        """Any CSV or JSON lines that no tool's reader has claimed; whether the columns are there is told on reading."""
        return path.is_file() and path.suffix.lower() in (".csv", ".jsonl")

    def logs(self, path: Path, wanted: Wanted) -> list[Log]:
        """One run for each subject in the table.

        Raises:
            BadInput: an unknown field, a column that is not there, more subjects than can be meant.
        """
        for field in wanted.columns:
            if field not in FIELDS:
                raise BadInput("setting.unknown", where="--column", key=field, near=near(field, FIELDS))
        names = {field: wanted.columns.get(field, field) for field in FIELDS}
        had = _head(path, wanted)
        for field in ["item", *wanted.columns]:
            if names[field] not in had:
                raise BadInput("table.no_column", path=str(path), column=names[field], field=field,
                               near=near(names[field], had))  # fmt: skip
        if names["score"] not in had and names["output"] not in had:
            raise BadInput("table.no_column", path=str(path), column=names["score"], field="score",
                           near=near(names["score"], had))  # fmt: skip
        subjects = _subjects(path, names["subject"], wanted) if names["subject"] in had else [""]
        return [_log(path, names, (subject, names["output"] in had), wanted) for subject in subjects]


READER = Plain()


def _log(path: Path, names: dict[str, str], about: tuple[str, bool], wanted: Wanted) -> Log:
    subject, has_outputs = about
    return Log(
        tool="plain", version="", task=path.stem, identity="",
        subject={"name": subject or path.stem}, settings={}, scores=(names["score"],),
        samples=partial(_samples, path, names, subject, wanted), files=(path,), dataset=path.stem,
        outputs=wanted.outputs and has_outputs, observer=None,
    )  # fmt: skip


def _head(path: Path, wanted: Wanted) -> list[str]:
    """The columns of a CSV table, or the keys of the first object."""
    for _, row in _table(path, wanted._replace(left=Left())):
        return list(row)
    if path.suffix.lower() == ".csv" and beginning(path):
        return next(csv.reader([beginning(path, 2**16).decode(errors="replace").split("\n")[0]]), [])
    raise BadInput("import.empty", path=str(path))


def _subjects(path: Path, column: str, wanted: Wanted) -> list[str]:
    found: dict[str, None] = {}
    for _, row in _table(path, wanted._replace(left=Left())):
        found[name_of(row.get(column))] = None
        if len(found) > _SUBJECTS:
            raise BadInput("import.subjects", path=str(path), column=column, n=_SUBJECTS)
    return list(found)


def _table(path: Path, wanted: Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    with opened(path) as file:
        if path.suffix.lower() == ".jsonl":
            yield from rows(file, path.name, dict[str, Any], wanted)
        else:
            yield from _csv(file, path.name, wanted)


def _csv(file: IO[bytes], name: str, wanted: Wanted) -> Iterator[tuple[str, dict[str, Any]]]:
    before = csv.field_size_limit(LONGEST_LINE)
    places = _Places(name)
    reader = csv.reader(places.texts(file, wanted), strict=True)
    header: list[str] | None = None
    try:
        while True:
            begin = places.number + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                broken(f"{name}:{begin}", f"not CSV ({error})", wanted)
                continue
            if cells is None:
                return
            if not cells:
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
            elif len(cells) != len(header):
                broken(f"{name}:{begin}", f"{len(cells)} columns, but the header has {len(header)}", wanted)
            else:
                yield f"{name}:{begin}", dict(zip(header, cells, strict=True))
    finally:
        csv.field_size_limit(before)


class _Places:
    """Counts the lines that a CSV reader takes: a cell may hold several."""

    def __init__(self, name: str) -> None:
        self.number = 0
        self._name = name

    def texts(self, file: IO[bytes], wanted: Wanted) -> Iterator[str]:
        while line := file.readline(LONGEST_LINE + 1):
            self.number += 1
            place = f"{self._name}:{self.number}"
            if len(line) > LONGEST_LINE:
                broken(place, f"the line is longer than {LONGEST_LINE // 2**20} MB", wanted)
                while line and not line.endswith(b"\n"):
                    line = file.readline(2**20)
                continue
            try:
                text = line.decode("utf-8-sig" if self.number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                broken(place, f"not UTF-8 ({error.reason})", wanted)
                continue
            yield text


def _samples(path: Path, names: dict[str, str], subject: str, wanted: Wanted) -> Iterator[Sample]:
    fields = {name: field for field, name in names.items()}
    score = names["score"]
    for place, row in _table(path, wanted):
        cells = {fields[key]: value for key, value in row.items() if key in fields}
        if subject and name_of(cells.get("subject")) != subject:
            continue
        item = name_of(cells.get("item"))
        if not item:
            broken(place, f"the column {names['item']!r} names no item", wanted)
            continue
        weight = _number(cells["weight"]) if "weight" in cells else None
        if weight is not None and weight <= 0:
            broken(place, f"the weight {weight} is not above 0", wanted)
            continue
        response, reason = _response(cells, wanted.outputs)
        yield Sample(
            place=place, item=item, repeat=count(_number(cells["repeat"])) if "repeat" in cells else None,
            stimulus=finite(cells.get("input")), reference=finite(cells.get("reference")),
            group=name_of(cells["group"]) or None if "group" in cells else None,
            weight=1.0 if weight is None else weight, response=response,
            scored=_scored(cells.get("score"), score, reason) if "score" in cells else Scored(),
        )  # fmt: skip


def _number(value: Any) -> float | None:
    if not isinstance(value, str):
        return number(value)
    known = _TRUTH.get(value.strip().lower())
    if known is not None:
        return known
    try:
        return number(float(value))
    except ValueError:
        return None


def _scored(value: Any, name: str, reason: str) -> Scored:
    if reason == "not_applicable":
        return Scored()
    found = None if reason else _number(value)
    if found is None:
        return Scored(unscored={name: reason or ("no_score" if value in (None, "") else f"no_number: {value!r}"[:200])})
    return Scored(scores={name: found})


def _response(cells: dict[str, Any], outputs: bool) -> tuple[Response, str]:
    """The reply, and why its score is no number where the table says that the reading, not the reply, had failed."""
    if cells.keys().isdisjoint(_OF_REPLY):
        return _BARE, ""
    status, note = name_of(cells.get("status")) or "ok", name_of(cells.get("note"))
    known = next((one for one in STATUSES if one == status), None)
    reason = ""
    if known in _LATER:
        reason, known, note = (note or status) if status == "instrument_failed" else status, "ok", ""
    counts = {name: count(_number(cells[name])) for name in ("input_tokens", "output_tokens") if name in cells}
    at = cells.get("at")
    response = Response(
        status=known or "subject_failed",
        output=finite(cells.get("output")) if outputs else None,
        note="" if known == "ok" else note or status,
        finish=name_of(cells.get("finish")),
        usage={name: n for name, n in counts.items() if n},
        latency_s=_number(cells["latency_s"]) if "latency_s" in cells else None,
        at_s=seconds(at) if isinstance(at, str) else number(at),
    )
    return response, reason
