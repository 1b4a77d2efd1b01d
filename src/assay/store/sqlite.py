"""The store on SQLite: what was observed, by digest."""

import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import msgspec
import numpy as np

from assay.store.laboratory import Laboratory
from assay.vocabulary.canonical import digest, digest_bytes, row_bytes
from assay.vocabulary.errors import BadInput, CannotMeasure, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations, Response
from assay.vocabulary.procedure import Channel
from assay.vocabulary.protocols import ReadRow, RunRecord
from assay.vocabulary.report import Conditions
from assay.vocabulary.status import STATUSES

_STATUS: Final = {name: place for place, name in enumerate(STATUSES)}
_CHUNK: Final = 500
_USAGE: Final = ("input_tokens", "output_tokens")
_json: Final = msgspec.json.Encoder()
_INSERT_RESPONSE: Final = f"INSERT OR IGNORE INTO response VALUES ({', '.join('?' * 11)})"
_INSERT_OBSERVATION: Final = "INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class SqliteStore:
    """One open store. Writing is in batches, each of which is there as a whole or not at all.

    Args:
        laboratory: the folder.
        write: whether anything is to be added.
    """

    def __init__(self, laboratory: Laboratory, *, write: bool) -> None:
        self.laboratory = laboratory
        self._db = laboratory.connect(write=write)
        self._has_responses: bool | None = None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # material and runs

    def keep_material(self, material: Material) -> None:
        """Keep the items, unless they are there already."""
        if self._one("SELECT 1 FROM material WHERE digest = ?", material.digest):
            return
        head = (material.digest, material.name, material.version, material.licence, material.source)
        encoded = map(_json.encode, material.items)
        rows = ((material.digest, place, json, sha256(json).digest()) for place, json in enumerate(encoded))
        with self.laboratory.guarded(), self.transaction():
            self._db.execute("INSERT INTO material VALUES (?, ?, ?, ?, ?, ?)", (*head, material.certificate))
            self._db.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", rows)

    def material(self, name: str) -> Material:
        """The material with this digest, as it was kept."""
        row = self._one("SELECT name, version, licence, source, certificate FROM material WHERE digest = ?", name)
        if row is None:
            raise BadInput("lab.broken", path=str(self.laboratory.database), reason=f"material {name[:12]} is missing")
        items = self._db.execute("SELECT json FROM item WHERE material = ? ORDER BY place", (name,))
        decode = msgspec.json.Decoder(Item).decode
        return Material(
            name=row[0], version=row[1], licence=row[2], source=row[3], certificate=row[4],
            items=tuple(decode(json) for (json,) in items),
        )  # fmt: skip

    def changed_items(self, name: str) -> list[str]:
        """Ids of the items of a material that are not as they were kept; their place where no id can be read."""
        rows = self._db.execute("SELECT place, json, digest FROM item WHERE material = ? ORDER BY place", (name,))
        return [_item_id(place, json) for place, json, kept in rows if sha256(_bytes(json)).digest() != kept]

    def keep_run(self, run: RunRecord) -> None:
        """Begin a run; of one that was begun already, only title and manifest change (how it is to be stated)."""
        row = (run.name, run.base, run.occasion, run.title, time.time(), run.planned, "observing", run.manifest)
        update = "ON CONFLICT (name) DO UPDATE SET title = excluded.title, manifest = excluded.manifest"
        with self.laboratory.guarded():
            self._db.execute(f"INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?) {update}", row)

    def complete(self, run: str) -> None:
        """Every response of the run has been had and read."""
        with self.laboratory.guarded():
            self._db.execute("UPDATE run SET state = 'complete' WHERE name = ?", (run,))

    def runs(self, base: str | None = None) -> list[RunRecord]:
        """All runs, or those of one measurement, oldest first."""
        query = "SELECT name, base, occasion, title, created_s, planned, state, manifest FROM run"
        rows = self._db.execute(f"{query} WHERE ? IS NULL OR base = ? ORDER BY created_s, occasion", (base, base))
        names = ("name", "base", "occasion", "title", "created_s", "planned", "state", "manifest")
        return [RunRecord(**dict(zip(names, row, strict=True))) for row in rows]

    def run(self, name: str, *, reported: bool = False) -> RunRecord:
        """A run by its name or the beginning of it; ``last`` is the one finished last, or begun last if none is.

        Args:
            name: the name.
            reported: ``last`` is rather one that has a report, if any has.
        Raises:
            BadInput: there is none, or several begin so.
        """
        runs = self.runs()
        if name == "last" and runs:
            name = (reported and self._last(reported=True)) or self._last(reported=False) or runs[-1].name
        found = [run for run in runs if run.name.startswith(name)]
        exact = [run for run in found if run.name == name]
        if len(found) == 1 or exact:
            return (exact or found)[0]
        path = str(self.laboratory.folder)
        if found:
            raise BadInput("run.ambiguous", name=name, names=", ".join(run.name for run in found[:10]))
        raise BadInput("run.unknown", name=name, path=path, near=near(name, [run.name for run in runs[-10:]]))

    def _last(self, *, reported: bool) -> str | None:
        """Name of the run that was finished last: its channels were read then, and are numbered in that order."""
        only = "AND run.name IN (SELECT run FROM report)" if reported else ""
        row = self._one(
            "SELECT run.name FROM run LEFT JOIN channel ON channel.run = run.name WHERE run.state = 'complete' "
            f"{only} GROUP BY run.name ORDER BY min(channel.id) DESC, run.created_s DESC, run.occasion DESC LIMIT 1"
        )
        return None if row is None else str(row[0])

    # responses

    def keep_responses(self, responses: Iterable[tuple[bytes, Response]]) -> None:
        """Keep responses under their keys; one that is there already stays as it was."""
        rows = [
            (
                key, bytes.fromhex(digest(r.content())), _STATUS[r.status], row_bytes(r.output).decode(), r.note,
                r.finish, _json.encode(r.usage).decode(), _json.encode(r.served).decode(),
                r.latency_s, r.attempts, r.at_s,
            )
            for key, r in responses
        ]  # fmt: skip
        self._still_there()
        with self.laboratory.guarded(), self.transaction():
            self._db.executemany(_INSERT_RESPONSE, rows)
        self._has_responses = True

    def has_responses(self, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys under which a response is kept."""
        if self._has_responses is None:
            self._has_responses = self._one("SELECT 1 FROM response LIMIT 1") is not None
        found: set[bytes] = set()
        if self._has_responses:
            for chunk in _chunks(keys):
                query = f"SELECT key FROM response WHERE key IN ({','.join('?' * len(chunk))})"
                found.update(key for (key,) in self._db.execute(query, chunk))
        return found

    def responses(self, keys: Sequence[bytes]) -> list[Response | None]:
        """The responses under these keys, in their order."""
        found: dict[bytes, Response] = {}
        for chunk in _chunks(keys):
            query = f"SELECT * FROM response WHERE key IN ({','.join('?' * len(chunk))})"
            for row in self._db.execute(query, chunk):
                found[row[0]] = _response(row)
        return [found.get(key) for key in keys]

    # observations

    def channel(self, run: str, reading: str) -> int | None:
        """Number of the channel of a run whose readings have the digest ``reading``; None if there is none."""
        row = self._one("SELECT id FROM channel WHERE run = ? AND digest = ?", run, reading)
        return int(row[0]) if row else None

    async def keep_readings(
        self, run: str, channels: Sequence[tuple[Channel, str]], rows: AsyncIterator[list[ReadRow]]
    ) -> list[int]:
        """Keep all readings of some channels, each with the digest of its readings; gives their numbers.

        A channel counts as read only once the last row is there.
        """
        with self.laboratory.guarded():
            (last,) = self._db.execute("SELECT ifnull(max(id), 0) FROM channel").fetchone()
            number = int(last) + 1
            self._db.execute("DELETE FROM observation WHERE channel >= ?", (number,))  # what a killed process left
            async for batch in rows:
                with self.transaction():
                    self._db.executemany(_INSERT_OBSERVATION, (_observation(number, row) for row in batch))
            with self.transaction():
                for place, (channel, reading) in enumerate(channels):
                    row = (number + place, run, reading, channel.measurand, _json.encode(channel))
                    self._db.execute("INSERT INTO channel VALUES (?, ?, ?, ?, ?)", row)
        return [number + place for place in range(len(channels))]

    def observations(self, channel: int) -> Observations:
        """The rows of a channel as columns, in the order of the plan."""
        (n,) = self._db.execute("SELECT count(*) FROM observation WHERE channel = ?", (channel,)).fetchone()
        columns = (
            np.empty(n, np.int32), np.empty(n, np.int16), np.empty(n, np.int16), np.empty(n, np.int8), np.zeros(n),
        )  # fmt: skip
        query = (
            "SELECT item, variant, repeat, status, ifnull(value, 0) FROM observation WHERE channel = ? "
            "ORDER BY item, variant, repeat"
        )
        cursor = self._db.execute(query, (channel,))
        begin = 0
        while rows := cursor.fetchmany(50_000):
            for column, values in zip(columns, zip(*rows, strict=True), strict=True):
                column[begin : begin + len(rows)] = values
            begin += len(rows)
        item, variant, repeat, status, value = columns
        return Observations(item=item, variant=variant, repeat=repeat, status=status, value=value)

    def rows(self, channel: int) -> Iterator[tuple[int, int, int, int, float | None, str, bytes, bytes]]:
        """Item, variant, repeat, status, value, note, key and digest of the response, in the order of the plan."""
        query = (
            "SELECT o.item, o.variant, o.repeat, o.status, o.value, o.note, o.response, r.digest FROM observation o "
            "LEFT JOIN response r ON r.key = o.response WHERE o.channel = ? ORDER BY o.item, o.variant, o.repeat"
        )
        yield from self._db.execute(query, (channel,))

    def changed_responses(self, channel: int) -> set[bytes]:
        """Keys of the responses of a channel that are not as they were kept."""
        query = "SELECT r.* FROM observation o JOIN response r ON r.key = o.response WHERE o.channel = ?"
        return {row[0] for row in self._db.execute(query, (channel,)) if _content_digest(row) != row[1]}

    def lost(self, channel: int) -> list[tuple[int, str, int]]:
        """Status, reason and number of the rows that hold no number, most frequent first."""
        query = (
            "SELECT status, note, count(*) FROM observation WHERE channel = ? AND status > 0 "
            "GROUP BY status, note ORDER BY 3 DESC, 1, 2"
        )
        return list(self._db.execute(query, (channel,)))

    def conditions(self, channel: int) -> Conditions:
        """When and how the responses of a channel were had."""
        joined = "FROM observation o JOIN response r ON r.key = o.response WHERE o.channel = ?"
        tokens = ", ".join(f"total(json_extract(r.usage, '$.{name}'))" for name in _USAGE)
        query = f"SELECT min(r.at_s), max(r.at_s), count(*), sum(r.attempts), {tokens} {joined}"
        begin, end, n, attempts, *sums = self._one(query, channel) or ()
        served = self._db.execute(
            f"SELECT r.served, count(*) {joined} AND r.served != '{{}}' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
            (channel,),
        )
        latency = np.array(
            [value for (value,) in self._db.execute(f"SELECT r.latency_s {joined} AND r.latency_s > 0", (channel,))]
        )
        quantiles = {f"p{q}": float(np.percentile(latency, q)) for q in (50, 95, 99)} if len(latency) else {}
        return Conditions(
            begin=_time(begin), end=_time(end), responses=n, attempts=attempts or 0,
            served=tuple((msgspec.json.decode(text), count) for text, count in served),
            usage={name: int(value) for name, value in zip(_USAGE, sums, strict=True) if 0 < value < 2**53},
            latency_s=quantiles,
        )  # fmt: skip

    # reports

    def keep_report(self, run: str, content: str, envelope: bytes) -> None:
        """Keep a signed report, which is then the one asked for last.

        ``content`` is the digest of what it says, without when it was issued.
        """
        self._still_there()
        asked = datetime.now(UTC).isoformat(timespec="microseconds")
        row = (digest_bytes(envelope), run, content, asked, envelope)
        with self.laboratory.guarded():
            insert = "INSERT INTO report VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET asked = excluded.asked"
            self._db.execute(insert, row)

    def reports(self, run: str) -> list[tuple[str, bytes]]:
        """Content digest and envelope of the reports of a run; the one asked for last comes last."""
        query = "SELECT content, envelope FROM report WHERE run = ? ORDER BY asked, digest"
        return list(self._db.execute(query, (run,)))

    def report_counts(self) -> dict[str, int]:
        """How many reports each run has; runs without any are left out."""
        return dict(self._db.execute("SELECT run, count(*) FROM report GROUP BY run"))

    def has_report(self, sha256: str) -> bool:
        """Whether the report whose envelope has this digest was issued here."""
        return self._one("SELECT 1 FROM report WHERE digest = ?", sha256) is not None

    # inside

    def _still_there(self) -> None:
        """Refuse to go on writing into a file that was taken away: nobody would find what is written."""
        if not self.laboratory.database.exists():
            raise CannotMeasure("lab.gone", path=str(self.laboratory.database))

    def _one(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        with self.laboratory.guarded():
            row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        return row

    def transaction(self) -> "_Transaction":
        """All that is written in the block is there at its end; if it ends in an error, nothing is."""
        return _Transaction(self._db)

    @property
    def connection(self) -> sqlite3.Connection:
        """The open database, for the tables that ``ledger.py`` keeps in it."""
        return self._db


class _Transaction:
    """One that lies in another is a part of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._inner = db.in_transaction

    def __enter__(self) -> None:
        if not self._inner:
            self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._db.in_transaction and not self._inner:
            self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _chunks(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for begin in range(0, len(keys), _CHUNK):
        yield keys[begin : begin + _CHUNK]


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _item_id(place: int, json: Any) -> str:
    try:
        return msgspec.json.decode(json, type=Item).id
    except (msgspec.DecodeError, TypeError, ValueError):
        return f"#{place + 1}"


def _time(at_s: float | None) -> str:
    return "" if at_s is None else datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


def _response(row: Sequence[Any]) -> Response:
    return Response(
        status=STATUSES[row[2]], output=msgspec.json.decode(row[3]), note=row[4], finish=row[5],
        usage=msgspec.json.decode(row[6]), served=msgspec.json.decode(row[7]),
        latency_s=row[8], attempts=row[9], at_s=row[10],
    )  # fmt: skip


def _content_digest(row: Sequence[Any]) -> bytes | None:
    try:
        return bytes.fromhex(digest(_response(row).content()))
    except (msgspec.DecodeError, IndexError, TypeError, ValueError):
        return None


def _observation(first: int, row: ReadRow) -> tuple[Any, ...]:
    place, trial, key, reading = row
    where = (first + place, trial.item_index, trial.variant_index, trial.repeat)
    return (*where, _STATUS[reading.status], reading.value, reading.note, key)

