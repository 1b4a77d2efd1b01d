"""Items from a table: JSON Lines, CSV or Parquet."""

import hashlib
import heapq
import json
import math
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.packs.general.material._rows import FORMATS, Row, Told, refuse, rows
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json

FIELDS: Final = ("id", "input", "target", "choices", "group", "weight", "tags")

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


_TELLING: Final = ("target", "choices", "group", "weight")
"""Fields that change a result if a slip of the pen hides them."""


@dataclass(frozen=True)
class Table:
    """Items from a JSONL, CSV or Parquet file, one item a line.

    An item has ``input`` (text, or any JSON object or array) and, as far as it needs them, ``id`` (without one,
    its number counted from 1), ``target``, ``choices``, ``group``, ``weight`` and ``tags``; other columns are
    ignored. The target of an item with choices is the letter of an option, its place counted from 0, or its
    text; it is kept as the letter. A target that may be meant in two ways is refused, never guessed. In JSON Lines
    a target may also be an object, or a list of objects or lists, for instruments that take one. In CSV an
    empty cell is a missing value, and choices and tags are a JSON array or stand between ``|``.

    Attributes:
        path: the file; a relative path is meant from the folder of the measurement file.
        format: ``jsonl``, ``csv`` or ``parquet``; without it, by the ending of the file's name.
        fields: names of the columns in the file where they are others, such as ``{input = "question"}``.
        name: name of the material; without it, the file's name without its ending.
        version: version of the material as its maker states it.
        licence: licence of the data.
        limit: use only so many items: a random sample, in the order of the file; without it, all.
        seed: which random sample; a larger ``limit`` with the same seed holds the smaller sample.
    """

    path: str
    format: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    name: str | None = None
    version: str = ""
    licence: str = ""
    limit: int | None = None
    seed: int = 0

    def load(self, folder: Path) -> Material:
        """Read the items.

        Args:
            folder: where a relative path begins.
        Raises:
            BadInput: no such file, not UTF-8, a bad line, an id used twice, no items, a setting out of range.
        """
        return self._read(folder, refuse)

    def sifted(self, folder: Path) -> tuple[Material, list[BadInput]]:
        """The items of the lines that can be read, and what is wrong with each of the others.

        Args:
            folder: where a relative path begins.
        Raises:
            BadInput: as for ``load``, but for bad lines and ids used twice, unless no line is left.
        """
        faults: list[BadInput] = []
        try:
            return self._read(folder, faults.append), faults
        except BadInput as error:
            raise faults[0] if faults and error.code == "table.empty" else error from None

    def _read(self, folder: Path, told: Told) -> Material:
        self._check_settings()
        path = folder / self.path
        form = self._form(path)
        columns = {name: self.fields.get(name, name) for name in FIELDS}
        source = rows(path, self.path, form, frozenset(columns.values()), told)
        reader = _Reader(path.name, columns, form)
        for row in source:
            try:
                reader.add(row)
            except BadInput as error:
                told(error)
        if not reader.items:
            raise BadInput("table.empty", path=self.path)
        self._check_columns(reader)
        items, places = self._sampled(reader.items, reader.lines)
        return Material(
            name=self.name or path.stem,
            items=tuple(items),
            version=self.version,
            licence=self.licence,
            places=tuple([f"{path.name}:{line}" for line in places]),
            source=self.path,
        )

    def _check_settings(self) -> None:
        where = "[material]"
        for name in self.fields:
            if name not in FIELDS:
                raise BadInput("setting.unknown", where=f"{where} fields", key=name, near=near(name, FIELDS))
        if self.limit is not None and self.limit < 1:
            expected = "a whole number, 1 or more"
            raise BadInput("setting.value", where=where, key="limit", got=repr(self.limit), expected=expected)
        if self.format is not None and self.format not in FORMATS:
            expected = '"jsonl", "csv" or "parquet"'
            raise BadInput("setting.value", where=where, key="format", got=repr(self.format), expected=expected)

    def _form(self, path: Path) -> str:
        form = self.format or path.suffix.lower().removeprefix(".")
        if form not in FORMATS:
            raise BadInput("table.unknown_format", path=self.path, ending=path.suffix)
        return form

    def _check_columns(self, reader: "_Reader") -> None:
        """A column that was named and stands in no line is a slip of the pen, not a missing value."""
        for name, column in self.fields.items():
            if column not in reader.seen:
                known = near(column, sorted(reader.seen))
                raise BadInput("table.no_column", path=self.path, field=name, column=column, near=known)
        missing = [name for name in _TELLING if name not in self.fields and name not in reader.seen]
        for column in sorted(reader.seen - {*FIELDS, *self.fields.values()}):
            for name in get_close_matches(column.lower(), missing, n=1, cutoff=0.75) if missing else ():
                raise BadInput("table.slip", path=self.path, column=column, field=name)

    def _sampled(self, items: list[Item], lines: list[int]) -> tuple[list[Item], list[int]]:
        if self.limit is None or self.limit >= len(items):
            return items, lines
        seed = f"{self.seed}\n".encode()

        def rank(index: int) -> bytes:  # by id, so that the same items are drawn whatever else the file holds
            return hashlib.sha256(seed + items[index].id.encode()).digest()

        chosen = sorted(heapq.nsmallest(self.limit, range(len(items)), key=rank))
        return [items[i] for i in chosen], [lines[i] for i in chosen]


class _Wrong(Exception):
    """What is wrong with one row."""


class _Reader:
    """Makes items of rows and remembers what was seen."""

    def __init__(self, file: str, columns: dict[str, str], form: str) -> None:
        self.file = file
        self.items: list[Item] = []
        self.lines: list[int] = []
        self.seen: set[str] = set()
        self._typed = form == "jsonl"  # the other formats may hold lists as text, and empty cells
        self._by_text = form == "csv"
        self._ids: dict[str, int] = {}
        self._columns = columns
        self._names = [columns[name] for name in FIELDS]

    def add(self, row: Row) -> None:
        """One row more; raises ``BadInput`` naming its place."""
        line, data = row
        try:
            item = self._item(data)
        except _Wrong as wrong:
            raise BadInput("table.bad_line", place=f"{self.file}:{line}", reason=wrong) from None
        first = self._ids.setdefault(item.id, line)
        if first != line:
            place = f"{self.file}:{line}"
            raise BadInput("table.duplicate_id", place=place, id=item.id, first=f"{self.file}:{first}")
        self.items.append(item)
        self.lines.append(line)
        if len(self.seen) < len(data) or not self.seen.issuperset(data):
            self.seen.update(data)

    def _item(self, data: dict[str, Json]) -> Item:
        get = data.get
        if self._by_text:
            data = {name: value for name, value in data.items() if value != ""}
            get = data.get
        ident, stimulus, target, choices, group, weight, tags = [get(name) for name in self._names]
        if type(stimulus) is not str or not stimulus.strip():
            self._check_input(stimulus, data)
        options = () if choices is None else _options(self._list(choices, "choices"))
        if options:
            reference = _letter(target, options, self._by_text)
        else:
            reference = target if type(target) is str and target.strip() else _reference(target)
        return Item(
            id=str(len(self.items) + 1) if ident is None else _label(ident, "id"),
            stimulus=stimulus,
            reference=reference,
            choices=options,
            group=None if group is None else _label(group, "group"),
            weight=1.0 if weight is None else _weight(weight, self._by_text),
            tags=() if tags is None else tuple([_label(tag, "tags") for tag in self._list(tags, "tags")]),
        )

    def _check_input(self, value: Json, data: dict[str, Json]) -> None:
        name = self._columns["input"]
        if value is None:
            have = ", ".join(repr(key) for key in list(data)[:12])
            hint = "name the column that holds it: fields = {input = \"…\"}"
            raise _Wrong(f"{name!r} is missing (there is: {have or 'nothing'}); {hint}")
        if type(value) is str:
            raise _Wrong(f"{name!r} is empty")
        if type(value) not in (dict, list):
            raise _Wrong(f"{name!r} is {_shown(value)}; expected text, a JSON object or a JSON array")
        if not self._typed:
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise _Wrong(f"{name!r} holds what JSON cannot: {error}") from None

    def _list(self, value: Json, name: str) -> list[Json]:
        if type(value) is list:
            return value
        if self._typed or type(value) is not str:
            raise _Wrong(f"{name!r} is {_shown(value)}; expected a list")
        if value.lstrip().startswith("["):
            try:
                return msgspec.json.decode(value, type=list[Any])
            except msgspec.DecodeError as error:
                if "|" not in value:
                    raise _Wrong(f"{name!r} begins like a JSON array and is none: {error}") from None
        return [part.strip() for part in value.split("|")]


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _label(value: Json, name: str) -> str:
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        raise _Wrong(f"{name!r} is {_shown(value)}; expected text or a whole number")
    if not value.strip():
        raise _Wrong(f"{name!r} is empty")
    return value


def _weight(value: Json, by_text: bool) -> float:
    if by_text:
        try:
            value = float(value)
        except ValueError:
            raise _Wrong(f"'weight' is {_shown(value)}; expected a number") from None
    if type(value) not in (int, float) or not math.isfinite(value) or value <= 0:
        raise _Wrong(f"'weight' is {_shown(value)}; expected a finite number above 0")
    return float(value)


def _reference(target: Json) -> Json:
    """A target of an item without choices, as it is."""
    if target is None:
        return None
    if type(target) is str:
        raise _Wrong("'target' is empty; leave it out where there is none")
    if type(target) in (int, float) and math.isfinite(target):
        return target
    if type(target) is list and target and all(type(text) is str and text.strip() for text in target):
        return target
    parts = target if type(target) is list else [target]  # tests, a schema, rows: the instrument says if it fits
    if target and all(type(part) in (dict, list) and part for part in parts):
        return target
    raise _Wrong(
        f"'target' is {_shown(target)}; expected text, a number or a list of accepted texts, "
        "or for instruments that take them a JSON object or a list of objects or lists"
    )


def _options(values: list[Json]) -> tuple[str, ...]:
    if not values:
        return ()
    options = tuple([value if type(value) is str else _number_text(value) for value in values])
    if len(options) < 2:
        raise _Wrong("'choices' has one option; expected two or more")
    if len(options) > len(LETTERS):
        raise _Wrong(f"'choices' has {len(options)} options; at most {len(LETTERS)} can be lettered")
    stripped = [option.strip() for option in options]
    if not all(stripped):
        raise _Wrong("'choices' has an empty option")
    if len(set(stripped)) < len(stripped):
        twice = next(text for i, text in enumerate(stripped) if text in stripped[:i])
        raise _Wrong(f"'choices' has the option {_shown(twice)} twice")
    return options


def _number_text(value: Json) -> str:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _Wrong(f"'choices' has the option {_shown(value)}; expected text or a number")
    return str(value)


def _letter(target: Json, options: tuple[str, ...], by_text: bool) -> str | None:
    """The letter of the option that a target means; a target that may mean two options is refused."""
    if target is None:
        return None
    if type(target) not in (str, int, float) or target == "":
        raise _Wrong(f"'target' is {_shown(target)}; expected a letter, a place counted from 0, or an option's text")
    text = str(target).strip()
    meant = {place for place, option in enumerate(options) if option.strip() == text}
    if len(text) == 1 and type(target) is str and text.upper() in LETTERS[: len(options)]:
        meant.add(LETTERS.index(text.upper()))
    counted = type(target) is int or (by_text and text.isascii() and text.isdecimal())
    place = int(text) if counted and len(text) <= 2 else -1
    if 0 <= place < len(options):
        meant.add(place)
    if len(meant) > 1:
        ways = " or ".join(f"{LETTERS[place]} ({_shown(options[place])})" for place in sorted(meant))
        raise _Wrong(f"the target {_shown(target)} is ambiguous: as letter, place or text it may mean {ways}")
    if not meant:
        last = LETTERS[len(options) - 1]
        raise _Wrong(f"the target {_shown(target)} is not among the options; expected A to {last}, "
                     f"a place from 0 to {len(options) - 1}, or an option's text")  # fmt: skip
    return LETTERS[meant.pop()]
