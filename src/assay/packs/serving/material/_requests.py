"""The requests of a trace file, one at a time: Mooncake (JSON Lines), BurstGPT and Azure LLM inference (CSV).

A form is recognised by its columns. Times are kept in whole nanoseconds, since Azure's have seven decimals.

Source: kvcache-ai/Mooncake, FAST25-release/traces (timestamp in milliseconds; blocks of 512 tokens, the last one may
be shorter, so that a prompt has as many as its length by 512, rounded up); HPMLL/BurstGPT, README (seconds; failed
requests have no response tokens); Azure/AzurePublicDataset, AzureLLMInferenceDataset2023.md and 2024.md (TIMESTAMP, in
2024 with an offset from UTC).
"""

import csv
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple

import msgspec

from assay.packs.serving.material._text import LONGEST
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json

Form = Literal["Mooncake", "BurstGPT", "Azure"]

BLOCK: Final = 512
"""Tokens of one block of a Mooncake trace."""

_LONGEST_LINE: Final = 4_000_000  # bytes; a prompt of ten million tokens has 20,000 blocks
_LATEST_NS: Final = 2**62
_LONGEST_NAME: Final = 200
_COLUMNS: Final[dict[Form, tuple[str, ...]]] = {
    "Mooncake": ("timestamp", "input_length", "output_length"),
    "BurstGPT": ("Timestamp", "Request tokens", "Response tokens"),
    "Azure": ("TIMESTAMP", "ContextTokens", "GeneratedTokens"),
}
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_WHOLE: Final = re.compile(r"-?\d{1,30}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?\d+\.?\d*([eE][+-]?\d{1,3})?", re.ASCII)


class Asked(NamedTuple):
    """One request of a trace.

    Attributes:
        line: on which it stands, from 1.
        at_ns: its time in nanoseconds, from whatever zero the trace has.
        prompt: tokens of the prompt, 0 or more.
        output: tokens of the answer, 0 or more.
        blocks: identities of the prompt's blocks, in order; empty if the trace has none.
        session: conversation that it belongs to; None if it stands alone or nobody knows.
        name: of the class of requests that it belongs to; None if the trace has none.
    """

    line: int
    at_ns: int
    prompt: int
    output: int
    blocks: tuple[int, ...] = ()
    session: str | None = None
    name: str | None = None


class TraceFile:
    """A trace file, open for reading.

    Args:
        file: the open file.
        path: its path, for messages.
    Raises:
        BadInput: the first line is none of the three forms.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._path = str(path)
        self._lines = self._text(file)
        head = next(((number, line) for number, line in self._lines if line.strip()), None)
        if head is None:
            raise BadInput("trace.empty", path=self._path)
        self._first, self.columns = head, self._named(*head)
        self._latest = head[1]
        self.form = self._form()

    def requests(self) -> Iterator[Asked]:
        """Every request, in order.

        Raises:
            BadInput: a line that is broken or too long, a value that cannot be, or time going back.
        """
        before_ns: int | None = None
        before = ""
        for one in self._mooncake() if self.form == "Mooncake" else self._csv():
            if before_ns is not None and one.at_ns < before_ns:
                first, second = self._stamp(before), self._stamp(self._latest)
                raise BadInput("trace.back", path=self._path, line=one.line, first=first, second=second)
            before_ns, before = one.at_ns, self._latest
            yield one

    def _stamp(self, line: str) -> str:
        """The time of a line that was read already, as it stands there."""
        name = _COLUMNS[self.form][0]
        if self.form == "Mooncake":
            text = bytes(msgspec.json.decode(line, type=dict[str, msgspec.Raw])[name]).decode()
        else:
            text = next(csv.reader([line]))[self.columns.index(name)]
        return _bounded(text.strip())

    def _text(self, file: BinaryIO) -> Iterator[tuple[int, str]]:
        number = 0
        while line := file.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise BadInput("trace.long", path=self._path, line=number, most=_LONGEST_LINE)
            try:
                yield number, (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadInput("file.not_utf8", path=self._path, line=number, reason=error.reason) from error

    def _named(self, number: int, line: str) -> list[str]:
        """The columns, by the first line."""
        if line.lstrip().startswith("{"):
            return list(self._json(number, line))
        return [cell.strip() for cell in self._cells(number, line)]

    def _form(self) -> Form:
        rows = self._first[1].lstrip().startswith("{")
        for form, columns in _COLUMNS.items():
            if (form == "Mooncake") == rows and set(columns) <= set(self.columns):
                return form
        found = ", ".join(repr(name[:40]) for name in self.columns[:12])
        known = "; ".join(f"{form}: {', '.join(columns)}" for form, columns in _COLUMNS.items())
        raise BadInput("trace.columns", path=self._path, found=found or "none", known=known)

    def _json(self, number: int, line: str) -> dict[str, Json]:
        try:
            row = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            reason = f"not JSON ({error})"
            raise BadInput("trace.line", path=self._path, line=number, reason=reason) from error
        if not isinstance(row, dict):
            raise BadInput("trace.line", path=self._path, line=number, reason="not a JSON object")
        return row

    def _mooncake(self) -> Iterator[Asked]:
        yield self._row(*self._first)
        for number, line in self._lines:
            if line.strip():
                self._latest = line
                yield self._row(number, line)

    def _row(self, number: int, line: str) -> Asked:
        row = self._json(number, line)
        for name in _COLUMNS["Mooncake"]:
            if name not in row:
                raise BadInput("trace.line", path=self._path, line=number, reason=f"{name!r} is missing")
        blocks = row.get("hash_ids", [])
        if not isinstance(blocks, list) or not all(type(block) is int for block in blocks):
            raise self._wrong(number, "hash_ids", blocks, "a list of whole numbers")
        asked = Asked(
            line=number, at_ns=self._ns(number, "timestamp", row["timestamp"], 1e6),
            prompt=self._length(number, "input_length", row["input_length"]),
            output=self._length(number, "output_length", row["output_length"]), blocks=tuple(blocks),
        )  # fmt: skip
        wanted = -(-asked.prompt // BLOCK)
        if blocks and len(blocks) != wanted:
            raise BadInput("trace.blocks", path=self._path, line=number, n=len(blocks), tokens=asked.prompt,
                           wanted=wanted, block=BLOCK)  # fmt: skip
        return asked

    def _csv(self) -> Iterator[Asked]:
        place = {name: self.columns.index(name) for name in self.columns}
        time, prompt, output = (place[name] for name in _COLUMNS[self.form])
        session, model = place.get("Session ID"), place.get("Model")
        aware: bool | None = None
        for number, line in self._lines:
            if not line.strip():
                continue
            self._latest = line
            cells = self._cells(number, line)
            if len(cells) != len(self.columns):
                reason = f"{len(cells)} columns, but the header has {len(self.columns)}"
                raise BadInput("trace.line", path=self._path, line=number, reason=reason)
            if self.form == "Azure":
                at_ns, told = self._moment(number, cells[time])
                if aware is not None and told != aware:
                    raise self._wrong(number, "TIMESTAMP", cells[time], "an offset from UTC in all lines, or in none")
                aware = told
            else:
                at_ns = self._ns(number, "Timestamp", _number(cells[time]), 1e9)
            yield Asked(
                line=number, at_ns=at_ns, prompt=self._length(number, self.columns[prompt], _number(cells[prompt])),
                output=self._length(number, self.columns[output], _number(cells[output])),
                session=None if session is None else self._label(number, "Session ID", cells[session]),
                name=None if model is None else self._label(number, "Model", cells[model]),
            )  # fmt: skip

    def _cells(self, number: int, line: str) -> list[str]:
        try:
            return next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            raise BadInput("trace.line", path=self._path, line=number, reason=f"not CSV ({error})") from error

    def _length(self, number: int, name: str, value: Json) -> int:
        whole = type(value) in (int, float) and 0 <= value <= LONGEST and value == int(value)
        if not whole:
            raise self._wrong(number, name, value, f"a whole number of tokens from 0 to {LONGEST}")
        return int(value)

    def _ns(self, number: int, name: str, value: Json, unit_ns: float) -> int:
        if type(value) not in (int, float) or not 0 <= value <= _LATEST_NS / unit_ns:
            raise self._wrong(number, name, value, "a time of 0 or more, less than a century")
        return round(value * unit_ns) if isinstance(value, float) else value * int(unit_ns)

    def _moment(self, number: int, text: str) -> tuple[int, bool]:
        """Nanoseconds since 1970, and whether the text had an offset from UTC."""
        found = _TIME.fullmatch(text.strip())
        expected = "a time such as 2023-11-16 18:15:46.6805900"
        if found is None:
            raise self._wrong(number, "TIMESTAMP", text, expected)
        day, time, decimals, offset = found.groups()
        try:
            moment = datetime.fromisoformat(f"{day}T{time}{offset or '+00:00'}").astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self._wrong(number, "TIMESTAMP", text, expected) from error
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 10**9 + int((decimals or "0").ljust(9, "0")), offset is not None

    def _label(self, number: int, name: str, text: str) -> str | None:
        if len(text) > _LONGEST_NAME:
            raise self._wrong(number, name, text, f"at most {_LONGEST_NAME} characters")
        return text.strip() or None

    def _wrong(self, number: int, name: str, got: Json, expected: str) -> BadInput:
        return BadInput("trace.value", path=self._path, line=number, name=name, got=_shown(got), expected=expected)


def _number(text: str) -> Json:
    """A cell's number: int where it is one, else float; the text itself where it is no finite number."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) and math.isfinite(float(text)) else text


def _shown(value: Json) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not write out a number of thousands of digits
        text = "a number of thousands of digits"
    return _bounded(text)


def _bounded(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
