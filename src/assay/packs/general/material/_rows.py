"""The rows of a table file, one at a time, each with the number of the line or row on which it stands."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from assay.vocabulary.errors import BadInput

Row = tuple[int, dict[str, Any]]
"""Line (JSONL, CSV) or row (Parquet), counted from 1, and its columns by name."""

FORMATS: Final = ("jsonl", "csv", "parquet")

_FIELD_LIMIT: Final = 2**31 - 1  # characters of one CSV cell; the csv module stops at 131072 if it is not told


Told = Callable[[BadInput], None]
"""Told of a line that is broken, and may raise what it is told; if it does not, the next line is read."""


def refuse(error: BadInput) -> None:
    """The first broken line ends the reading."""
    raise error


def rows(path: Path, shown: str, form: str, wanted: frozenset[str], told: Told = refuse) -> Iterator[Row]:
    """Every row of a file.

    Args:
        path: the file.
        shown: its path as the user wrote it, for messages.
        form: one of ``FORMATS``.
        wanted: the columns that will be used; a format that stores columns apart reads only these.
        told: of lines that are broken.
    Raises:
        BadInput: the file is missing, unreadable or not UTF-8, or a line is broken.
    """
    if form == "parquet":
        if not path.exists():
            raise BadInput("file.missing", path=shown)
        return _parquet(path, shown, wanted)
    data = _bytes(path, shown)
    return _jsonl(data, path.name, told) if form == "jsonl" else _csv(data, path.name, told)


def _bytes(path: Path, shown: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput("file.missing", path=shown) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=shown, reason=error.strerror or error) from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput("file.not_utf8", path=shown, line=line, reason=error.reason) from error
    return data


def _jsonl(data: bytes, name: str, told: Told) -> Iterator[Row]:
    decode = msgspec.json.Decoder().decode
    for number, line in enumerate(io.BytesIO(data), 1):
        try:
            row = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if not line.strip():
                continue
            told(BadInput("table.bad_line", place=f"{name}:{number}", reason=f"not JSON ({error})"))
            continue
        if type(row) is dict:
            yield number, row
        else:
            reason = "not a JSON object; each line holds one item, such as {\"input\": \"…\"}"
            told(BadInput("table.bad_line", place=f"{name}:{number}", reason=reason))


def _csv(data: bytes, name: str, told: Told) -> Iterator[Row]:
    # The limit is the csv module's, not the reader's; it is given back when the last row was read.
    limit = csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True)
    begins = 1
    header: list[str] = []
    try:
        for cells in reader:
            place, begins = begins, reader.line_num + 1
            if not cells:
                continue
            if not header:
                header = _header(cells, f"{name}:{place}")
            elif len(cells) != len(header):
                reason = f"{len(cells)} columns, but the header has {len(header)}"
                told(BadInput("table.bad_line", place=f"{name}:{place}", reason=reason))
            else:
                yield place, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise BadInput("table.bad_line", place=f"{name}:{begins}", reason=f"not CSV ({error})") from error
    finally:
        csv.field_size_limit(limit)


def _header(cells: list[str], place: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = [name for i, name in enumerate(names) if name and name in names[:i]]
    if twice:
        raise BadInput("table.bad_line", place=place, reason=f"the header names the column {twice[0]!r} twice")
    return names


def _parquet(path: Path, shown: str, wanted: frozenset[str]) -> Iterator[Row]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BadInput("part.extra", name="general.table", package="pyarrow", extra="parquet") from None
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            columns = [name for name in file.schema_arrow.names if name in wanted]
            if not columns:  # so that the message can say what there is instead
                columns = file.schema_arrow.names
            for batch in file.iter_batches(columns=columns):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInput("file.unreadable", path=shown, reason=error) from error
