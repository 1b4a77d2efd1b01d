"""Observations as plain tables: CSV, JSON lines, Parquet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from assay.line.plan import Planned
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.protocols import Store
from assay.vocabulary.status import STATUSES

Row = dict[str, Any]

COLUMNS: Final = (
    "run", "measurand", "item", "group", "weight", "variant", "repeat", "status", "value", "note", "response",
)  # fmt: skip
OUTPUT_COLUMNS: Final = ("output", "finish", "latency_s", "attempts", "at_s", "input_tokens", "output_tokens")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula."""


def rows(
    planned: Planned, material: Material, store: Store, channels: Mapping[str, int], outputs: bool
) -> Iterator[Row]:
    """Every row of every channel, in the order of the plan.

    Args:
        planned: the run.
        material: its items.
        store: where the rows are.
        channels: number of the channel of each measurand.
        outputs: add what the subject answered, and when and how.
    """
    variants = [variant.name for variant in planned.procedure.plan.variants]
    for measurand, channel in channels.items():
        found = store.rows(channel)
        while chunk := list(islice(found, 500)):
            answers = store.responses([row[6] for row in chunk]) if outputs else [None] * len(chunk)
            for (item, variant, repeat, status, value, note, _, digest), answer in zip(chunk, answers, strict=True):
                case = material.items[item]
                row = {
                    "run": planned.run, "measurand": measurand, "item": case.id, "group": case.group,
                    "weight": case.weight, "variant": variants[variant], "repeat": repeat, "status": STATUSES[status],
                    "value": None if status else value, "note": note, "response": digest.hex() if digest else None,
                }  # fmt: skip
                if outputs:
                    row.update(_answer(answer))
                yield row


def _answer(answer: Any) -> Row:
    if answer is None:
        return dict.fromkeys(OUTPUT_COLUMNS)
    output = answer.output
    if output is not None and not isinstance(output, str):
        output = row_bytes(output).decode()
    return {
        "output": output, "finish": answer.finish, "latency_s": answer.latency_s, "attempts": answer.attempts,
        "at_s": answer.at_s, "input_tokens": answer.usage.get("input_tokens"),
        "output_tokens": answer.usage.get("output_tokens"),
    }  # fmt: skip


def write_csv(table: Iterable[Row], columns: tuple[str, ...], file: IO[str]) -> None:
    """Comma-separated values with a header.

    Text that a spreadsheet would take for a formula gets an apostrophe in front: outputs are hostile input.
    """
    writer = csv.DictWriter(_Lines(file), columns, lineterminator="\r\n")
    writer.writeheader()
    for row in table:
        writer.writerow({key: _harmless(value) for key, value in row.items()})


class _Lines:
    """Ends lines as everything else here does; the writer must think otherwise, or it does not quote a lone CR."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix("\r\n") + "\n")


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def write_jsonl(table: Iterable[Row], columns: tuple[str, ...], file: IO[str]) -> None:
    """One JSON object a line."""
    for row in table:
        file.write(msgspec.json.encode(row).decode() + "\n")


def write_json(table: Iterable[Row], columns: tuple[str, ...], file: IO[str]) -> None:
    """One JSON array, a row a line."""
    before = "[\n"
    for row in table:
        file.write(before + msgspec.json.encode(row).decode())
        before = ",\n"
    file.write("\n]\n" if before == ",\n" else "[]\n")


def write_parquet(
    table: Iterable[Row], columns: tuple[str, ...], file: Path | IO[bytes], about: Mapping[str, str] | None = None
) -> None:
    """An Apache Parquet file, written in pieces.

    Args:
        table: the rows.
        columns: their names, in order.
        file: where to.
        about: texts that the file carries beside the rows.
    Raises:
        BadInput: the extra ``parquet`` is not installed.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise BadInput("part.extra", name="Parquet", package="pyarrow", extra="parquet") from None
    schema = arrow_schema(columns, about)
    with pq.ParquetWriter(file, schema) as writer:
        _in_pieces(table, writer, schema)


def write_arrow(
    table: Iterable[Row], columns: tuple[str, ...], file: IO[bytes], about: Mapping[str, str] | None = None
) -> None:
    """An Apache Arrow file (IPC, version 2 of Feather), written in pieces; otherwise as ``write_parquet``."""
    try:
        import pyarrow as pa
    except ImportError:
        raise BadInput("part.extra", name="Arrow", package="pyarrow", extra="parquet") from None
    schema = arrow_schema(columns, about)
    with pa.ipc.new_file(file, schema) as writer:
        _in_pieces(table, writer, schema)


def arrow_schema(columns: tuple[str, ...], about: Mapping[str, str] | None = None) -> Any:
    """The Arrow types of columns: what is not known is null, never a number."""
    import pyarrow as pa

    numbers = {"weight": pa.float64(), "value": pa.float64(), "latency_s": pa.float64(), "at_s": pa.float64()}
    whole = dict.fromkeys(("repeat", "attempts", "input_tokens", "output_tokens"), pa.int64())
    fields = [(name, {**numbers, **whole}.get(name, pa.string())) for name in columns]
    return pa.schema(fields, metadata=dict(about) if about else None)


def _in_pieces(table: Iterable[Row], writer: Any, schema: Any) -> None:
    import pyarrow as pa

    all_rows = iter(table)
    while chunk := list(islice(all_rows, 50_000)):
        writer.write_table(pa.Table.from_pylist(chunk, schema))


WRITERS: Final[dict[str, Callable[[Iterable[Row], tuple[str, ...], IO[str]], None]]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "json": write_json,
}
