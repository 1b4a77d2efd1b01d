"""Files of others, read with bounds: nothing in them is trusted, and none is taken whole into memory unless it fits."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import msgspec

from assay.exchange.log import Left, Wanted
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json

Kind = TypeVar("Kind")

LONGEST_LINE: Final = 64 * 2**20
"""Bytes of one line, or of one member of an archive, that are taken."""

LARGEST_WHOLE: Final = 512 * 2**20
"""Bytes of a file that must be decoded at once."""

_CHUNK: Final = 2**20
_SHOWN: Final = 5
_DEEPEST: Final = 200
_BOM: Final = b"\xef\xbb\xbf"


def sha256(paths: Sequence[Path]) -> str:
    """Digest of files, one after another, in hexadecimal; of one file it is what ``sha256sum`` prints."""
    made = hashlib.sha256()
    for path in paths:
        with opened(path) as file:
            while chunk := file.read(_CHUNK):
                made.update(chunk)
    return made.hexdigest()


def opened(path: Path) -> IO[bytes]:
    """A file open for reading.

    Raises:
        BadInput: missing or unreadable.
    """
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error


def whole(path: Path, limit: int = LARGEST_WHOLE) -> bytes:
    """All bytes of a file that may not be larger than ``limit`` bytes.

    Raises:
        BadInput: missing, unreadable or larger.
    """
    with opened(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise BadInput("import.too_large", path=str(path), limit=limit // 2**20)
    return data


def beginning(path: Path, size: int = 4096) -> bytes:
    """The first bytes of a file; empty if it cannot be read, which is told when it is read in earnest."""
    try:
        with path.open("rb") as file:
            return file.read(size).removeprefix(_BOM)
    except OSError:
        return b""


def lines(file: IO[bytes], name: str, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    """Every line that is not blank, with its place; a line that is too long is refused or left out.

    Raises:
        BadInput: a line longer than ``LONGEST_LINE``.
    """
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            broken(f"{name}:{number}", f"the line is longer than {LONGEST_LINE // 2**20} MB", wanted)
            while line and not line.endswith(b"\n"):
                line = file.readline(_CHUNK)
            continue
        if number == 1:
            line = line.removeprefix(_BOM)
        if not line.isspace():
            yield f"{name}:{number}", line


def rows(file: IO[bytes], name: str, kind: type[Kind], wanted: Wanted) -> Iterator[tuple[str, Kind]]:
    """Every line of JSON lines as a record of ``kind``, with its place.

    Raises:
        BadInput: a line that is not JSON or not such a record, unless broken ones are to be left out.
    """
    decode = msgspec.json.Decoder(kind).decode
    for place, line in lines(file, name, wanted):
        try:
            row = decode(line)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            try:
                row = decoded(line, kind, place)
            except BadInput as error:
                broken(place, str(error.values.get("reason", error)), wanted)
                continue
        yield place, row


def broken(place: str, reason: str, wanted: Wanted) -> None:
    """Something that cannot be read: count it, or refuse the log.

    Raises:
        BadInput: broken parts are not to be left out.
    """
    if not wanted.skip_broken:
        raise BadInput("import.broken", place=place, reason=reason)
    left: Left = wanted.left
    left.n_broken += 1
    if len(left.broken) < _SHOWN:
        left.broken.append(f"{place} ({reason})")


def decoded(data: bytes, kind: type[Kind], place: str) -> Kind:
    """JSON as a record of ``kind``; NaN and infinities, which are no JSON, become null.

    Raises:
        BadInput: it is not JSON, or no such record; the message names the place.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        strict = error
    try:
        tolerant = json.loads(data, parse_constant=lambda name: None)
        return msgspec.convert(finite(tolerant), kind)
    except (ValueError, RecursionError, msgspec.DecodeError) as error:  # no UTF-8 and endless numbers are ValueErrors
        reason = strict if isinstance(error, json.JSONDecodeError) else error
        raise BadInput("import.broken", place=place, reason=_plain(reason)) from error


def _plain(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:300]


def finite(value: Json, depth: int = 0) -> Json:
    """A JSON value in which numbers that are not finite, and what lies too deep, are null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        return {str(key): finite(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part, depth + 1) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    return value


def number(value: Any) -> float | None:
    """A finite number; None for anything else. True and false are 1 and 0."""
    kind = type(value)
    if (kind is int or kind is float or kind is bool) and abs(value) < 1e300:  # which NaN is not either
        return float(value) + 0.0  # which makes a negative zero the usual one
    return None


def count(value: Any) -> int | None:
    """A whole number from 0 that fits a column; None for anything else."""
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**53 and not isinstance(value, bool) else None


def name_of(value: Any) -> str:
    """The name of an item from a log: text, or a number as text; empty if it is neither."""
    if isinstance(value, str):
        return value.strip()[:500]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def seconds(text: Any) -> float | None:
    """A time in ISO 8601 as seconds since 1970 UTC; None for anything else."""
    from datetime import UTC, datetime

    if not isinstance(text, str) or not text:
        return None
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def when(value: Any) -> str:
    """Seconds since 1970 as ISO 8601 UTC; empty for anything else."""
    from datetime import UTC, datetime

    found = number(value)
    if found is None or not 0 < found < 2**33:
        return ""
    return datetime.fromtimestamp(found, UTC).isoformat(timespec="seconds")


def inside(root: Path, name: str) -> Path:
    """A file that a log names, which must lie in the log's own folder.

    Raises:
        BadInput: the name leads out of the folder.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise BadInput("import.escapes", path=name[:300], folder=str(root))
    return path
