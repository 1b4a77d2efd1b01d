"""Whether the table in the answer is the right one."""

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from assay.packs.general.instrument._fences import blocks
from assay.packs.general.instrument._table import MOST_CELLS, same_tables
from assay.packs.general.instrument._text import CUT, even, failed, is_cut, lost, said, scored
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.record import Json

_LONGEST: Final = 1_000_000
_RULE: Final = re.compile(r":?-+:?")
_CELL: Final = re.compile(r"(?<!\\)\|")
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")


@dataclass(frozen=True)
class Table:
    """1 if the table in the answer has the same rows as the reference table, else 0.

    The target is a list of rows, each a list of values of the same length; the first row holds the names of the
    columns, unless ``header`` is false. The answer is JSON (a list of lists or of objects), a Markdown table, or
    CSV or TSV in a fenced block so tagged; of several tables the last counts. A cell that is a number
    is compared as one, thousands separators allowed; white space around a cell and Markdown emphasis do not count;
    an empty cell, ``null`` and None are the same.

    Notes of no number: ``no_table``, ``too_long``, ``cut_off`` (the output ended at its limit, perhaps before its
    last row), ``empty``, ``only_reasoning``, ``not_text``, ``refusal``.

    Attributes:
        header: the first row names the columns; columns are then matched by name, without regard to case.
        rows: whether the order of rows counts: ``any_order`` or ``in_order``.
        tolerance_relative: largest difference of two numbers that are the same, as a fraction of the larger one.
    """

    header: bool = True
    rows: Literal["any_order", "in_order"] = "any_order"
    tolerance_relative: float = 1e-9

    version: ClassVar[int] = 1
    binary: ClassVar[bool] = True
    needs_reference: ClassVar[bool] = True

    def check(self, item: Item) -> str:
        """Why this item can never be read, or an empty string.

        Raises:
            BadInput: the tolerance is out of its range.
        """
        if not 0 <= self.tolerance_relative < 1:
            raise BadInput("setting.value", where="[procedure] instrument", key="tolerance_relative",
                           got=self.tolerance_relative, expected="0 or more, and below 1")  # fmt: skip
        rows = _rows(item.reference)
        if not rows or not rows[0] or len({len(row) for row in rows}) != 1:
            return "the target is not a list of rows of one length"
        names = [_name(value) for value in rows[0]]
        return "two columns of the target have the same name" if self.header and len(set(names)) < len(names) else ""

    async def read(self, item: Item, response: Response) -> Reading:
        """Find the table and compare it."""
        if response.status == "ok" and isinstance(response.output, list):
            found = _rows(response.output)
        else:
            text = said(response)
            if not isinstance(text, str):
                return text
            if len(text) > _LONGEST:
                return failed("too_long")
            found = _table_in(text)
            if not found:
                return lost(text, response, "no_table")
        if is_cut(response):
            return failed(CUT)
        wanted = _rows(item.reference)
        if not found or not wanted:
            return failed("no_table")
        if sum(map(len, found)) > MOST_CELLS:
            return failed("too_long")
        return scored(self._same(found, wanted), response)

    def _same(self, found: list[list[Json]], wanted: list[list[Json]]) -> bool:
        in_order = self.rows == "in_order"
        if not self.header:
            return same_tables(_plain(found), _plain(wanted), in_order, self.tolerance_relative)
        names, expected = [_name(cell) for cell in found[0]], [_name(cell) for cell in wanted[0]]
        if sorted(names) != sorted(expected) or any(len(row) != len(names) for row in found):
            return False
        places = [names.index(name) for name in expected]
        ours = [[row[place] for place in places] for row in found[1:]]
        return same_tables(_plain(ours), _plain(wanted[1:]), in_order, self.tolerance_relative)


def _rows(value: Json) -> list[list[Json]]:
    """A table given as JSON: rows, or objects whose first names the columns; empty if it is none."""
    if not isinstance(value, (list, tuple)) or not value:
        return []
    if all(isinstance(row, (list, tuple)) for row in value):
        return [list(row) for row in value if isinstance(row, (list, tuple))]
    objects = [row for row in value if isinstance(row, dict)]
    if len(objects) != len(value) or any(set(row) != set(objects[0]) for row in objects):
        return []
    return [list(objects[0]), *[[row[name] for name in objects[0]] for row in objects]]


def _table_in(text: str) -> list[list[Json]]:
    """The last table in a text; empty if there is none."""
    try:
        return _rows(json.loads(text))
    except (ValueError, RecursionError):
        pass
    for block in reversed(blocks(text)):
        try:
            rows = _in_block(block.tag, block.body)
        except (ValueError, RecursionError, csv.Error):
            continue
        if rows:
            return rows
    return _in_markdown(text)


def _in_block(tag: str, body: str) -> list[list[Json]]:
    if tag in ("csv", "tsv"):
        mark = "\t" if tag == "tsv" else ","
        lines = csv.reader(io.StringIO(body.strip("\n")), delimiter=mark, skipinitialspace=True)
        return [list(row) for row in lines if row]
    return _rows(json.loads(body)) if tag in ("json", "") else []


def _in_markdown(text: str) -> list[list[Json]]:
    """The last pipe table: a line of names, a line of dashes, and lines of cells."""
    lines = [line.strip() for line in text.split("\n")]
    rules = [n for n, line in enumerate(lines) if n and "|" in lines[n - 1] and "-" in line and _is_rule(line)]
    if not rules:
        return []
    begin = end = rules[-1]
    while end + 1 < len(lines) and "|" in lines[end + 1]:
        end += 1
    return [list(_cells(line)) for line in [lines[begin - 1], *lines[begin + 1 : end + 1]]]


def _is_rule(line: str) -> bool:
    return all(_RULE.fullmatch(cell) for cell in _cells(line))


def _cells(line: str) -> list[str]:
    inner = line.removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(inner)]


def _name(cell: Json) -> str:
    return " ".join(even(str(_value(cell))).strip(" *_`").casefold().split())


def _plain(rows: list[list[Json]]) -> list[list[Json]]:
    return [[_value(cell) for cell in row] for row in rows]


def _value(cell: Json) -> Json:
    if isinstance(cell, (dict, list, tuple)):
        try:
            return json.dumps(cell, sort_keys=True, ensure_ascii=False)
        except RecursionError:
            return "nested too deeply to be compared"
    if not isinstance(cell, str):
        return cell
    text = " ".join(even(cell).strip(" *_`").split())
    if text.casefold() in ("", "null", "none"):
        return None
    if len(text) <= 40 and any(c.isdigit() for c in text) and _NUMBER.fullmatch(text):
        figures = text.replace(",", "")
        return int(figures) if figures.lstrip("+-").isdigit() else float(figures)
    return text
