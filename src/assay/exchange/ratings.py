"""Ratings as plain tables: CSV and JSON lines, in and out."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from assay.exchange.table import FORMULA
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.rating import Case, Rating, RatingPlan, Value, rater_name, verdict
from assay.vocabulary.record import Json

Row = dict[str, Any]

FIELDS: Final = ("case", "item", "variant", "repeat", "rater", "value", "note", "at", "rubric")
"""Columns that an import knows; of each rating it needs the rater, the value, and the case or the item."""

COLUMNS: Final = (
    "plan", "rubric", "case", "item", "group", "variant", "repeat", "candidates", "shown", "rater", "status", "value",
    "note", "at", "source", "blind",
)  # fmt: skip

_FIELD_LIMIT: Final = 2**31 - 1  # characters of one CSV cell; the csv module stops at 131072 if it is not told


class Given(NamedTuple):
    """One rating as a file has it.

    Attributes:
        place: where it stands, for messages.
        row: its columns by the names of ``FIELDS``.
        shown: places of the candidates as the rater saw them; empty if it is not known.
    """

    place: str
    row: Row
    shown: tuple[int, ...] = ()


def table(path: Path) -> Iterator[tuple[str, Row]]:
    """Every row of a CSV or JSONL file, with its place for messages.

    Raises:
        BadInput: missing, unreadable, not UTF-8, of another format, or with a broken line.
    """
    form = path.suffix.lower().lstrip(".")
    if form not in ("csv", "jsonl"):
        raise BadInput("rating.format", path=str(path), expected=".csv, .jsonl")
    text = read_text(path)
    return _jsonl(text, path.name) if form == "jsonl" else _csv(text, path.name)


def read_text(path: Path) -> str:
    """A file as text.

    Raises:
        BadInput: missing, unreadable, or not UTF-8.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BadInput("file.not_utf8", path=str(path), line=line, reason=error.reason) from error


def _jsonl(text: str, name: str) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadInput("table.bad_line", place=f"{name}:{number}", reason=f"not JSON ({error})") from error
        if type(row) is not dict:
            raise BadInput("table.bad_line", place=f"{name}:{number}", reason="not a JSON object")
        yield f"{name}:{number}", row


def _csv(text: str, name: str) -> Iterator[tuple[str, Row]]:
    limit = csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    header: list[str] = []
    try:
        for cells in reader:
            place, begins = f"{name}:{begins}", reader.line_num + 1
            if not cells:
                continue
            if not header:
                header = [cell.strip() for cell in cells]
                twice = [cell for i, cell in enumerate(header) if cell and cell in header[:i]]
                if twice:
                    raise BadInput("table.bad_line", place=place, reason=f"the column {twice[0]!r} stands twice")
            elif len(cells) != len(header):
                reason = f"{len(cells)} columns, but the header has {len(header)}"
                raise BadInput("table.bad_line", place=place, reason=reason)
            else:
                yield place, {key: _unquoted(cell) for key, cell in zip(header, cells, strict=True)}
    except csv.Error as error:
        raise BadInput("table.bad_line", place=f"{name}:{begins}", reason=f"not CSV ({error})") from error
    finally:
        csv.field_size_limit(limit)


def _unquoted(cell: str) -> str:
    """Without the apostrophe that our own tables put before what a spreadsheet would take for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def given(path: Path, columns: Mapping[str, str]) -> list[Given]:
    """The ratings of a CSV or JSONL file.

    Args:
        path: the file.
        columns: names of the columns in the file where they are others than ``FIELDS``.
    Raises:
        BadInput: a broken file, a column that no line has, or no rating.
    """
    for field in columns:
        if field not in FIELDS:
            raise BadInput("setting.unknown", where="--column", key=field, near=near(field, FIELDS))
    names = {field: columns.get(field, field) for field in FIELDS}
    lines = list(table(path))
    had = list({key: None for _, row in lines for key in row})
    if not lines:
        raise BadInput("rating.no_ratings", path=str(path))
    needed = ["rater", "value", *columns]
    if names["case"] not in had:
        needed.append("item")
    for field in needed:
        if names[field] not in had:
            raise BadInput("table.no_column", path=str(path), column=names[field], field=field,
                           near=near(names[field], had))  # fmt: skip
    found = [
        Given(place, {field: row.get(name) for field, name in names.items()})
        for place, row in lines
        if row.get("status", "ok") in ("ok", None, "")  # our own tables hold skipped and withdrawn ones as well
    ]
    if not found:
        raise BadInput("rating.no_ratings", path=str(path))
    return found


def ratings(plan: RatingPlan, found: Iterable[Given], kept: list[Rating], source: str) -> list[Rating]:
    """Ratings of a session from what a file has, all checked; those that are kept already are left out.

    Args:
        plan: the session.
        found: the rows.
        kept: the ratings that hold so far.
        source: the format, as the ratings will say.
    Raises:
        BadInput: an item that is not in the session, a verdict outside the rubric, another rubric, no rater, two
            verdicts of one rater on one case, here or with what is kept.
    """
    raters = list({row.rater: None for row in kept})
    seen: dict[tuple[str, str], tuple[Value, str]] = {
        (row.case, row.rater): (row.value, row.source) for row in kept if row.status == "ok"
    }
    made = []
    for place, row, shown in found:
        if row.get("rubric") not in (None, "", plan.rubric.digest):
            raise BadInput("rating.other_rubric", place=place, got=str(row["rubric"])[:12],
                           expected=plan.rubric.digest[:12])  # fmt: skip
        case = _case(plan, row, place)
        rater = rater_name(row.get("rater"), raters, place)
        raters.append(rater)
        value = verdict(plan, case, row.get("value"), place)
        other = seen.get((case.id, rater))
        if other is not None:
            if other[0] != value:
                raise BadInput("rating.conflict", place=place, rater=rater, id=case.id, got=_shown(value),
                               first=other[1], other=_shown(other[0]))  # fmt: skip
            continue
        seen[case.id, rater] = (value, place)
        made.append(Rating(
            case=case.id, item=case.item, candidates=tuple(one.id for one in case.candidates), shown=shown,
            rater=rater, value=value, note=str(row.get("note") or ""), at=str(row.get("at") or ""), source=source,
            rubric=plan.rubric.digest, plan=plan.name,
        ))  # fmt: skip
    return made


def _case(plan: RatingPlan, row: Row, place: str) -> Case:
    name = row.get("case")
    if name not in (None, ""):
        case = plan.by_id.get(str(name))
        if case is None:
            raise BadInput("rating.unknown_item", place=place, id=str(name), session=plan.name,
                           near=near(str(name), list(plan.by_id)[:1000]))  # fmt: skip
        return case
    item = str(row.get("item") if row.get("item") is not None else "")
    named = [case for case in plan.cases if case.item == item]
    if not named:
        known = list({case.item: None for case in plan.cases})[:1000]
        raise BadInput("rating.unknown_item", place=place, id=item, session=plan.name, near=near(item, known))
    found = [case for case in named if _fits(row, case)]
    if len(found) != 1:
        raise BadInput("rating.several_cases", place=place, id=item, n=len(found), session=plan.name)
    return found[0]


def _fits(row: Row, case: Case) -> bool:
    wanted = {"variant": case.variant, "repeat": case.repeat}
    return all(row.get(key) in (None, "") or str(row[key]) == str(value) for key, value in wanted.items())


def _shown(value: Value) -> str:
    return "|".join(value) if isinstance(value, tuple) else str(value)


def rows(plan: RatingPlan, kept: Iterable[Rating]) -> Iterator[Row]:
    """Ratings as rows of a table with ``COLUMNS``; the order of a ranking has ``|`` between the ids."""
    for rating in kept:
        case = plan.by_id[rating.case]
        value: Json = _shown(rating.value) if isinstance(rating.value, tuple) else rating.value
        yield {
            **{name: getattr(rating, name) for name in ("plan", "rubric", "case", "item", "rater", "status", "note",
                                                        "at", "source", "blind")},
            "group": case.group, "variant": case.variant, "repeat": case.repeat, "value": value,
            "candidates": "|".join(rating.candidates), "shown": "|".join(map(str, rating.shown)),
        }  # fmt: skip
