"""Taking in what others observed: any number of runs in one transaction, so that all of it is there or nothing is."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import row_bytes
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import Channel
from assay.vocabulary.protocols import RunRecord
from assay.vocabulary.status import STATUSES, Status

_STATUS: Final = {name: place for place, name in enumerate(STATUSES)}
_EMPTY: Final = "{}"
_CACHE_KIB: Final = 65_536
_RESPONSE: Final = f"INSERT OR IGNORE INTO response VALUES ({', '.join('?' * 11)})"
_WAITING: Final = f"INSERT INTO waiting VALUES ({', '.join('?' * 11)})"
_OBSERVATION: Final = f"INSERT INTO observation VALUES ({', '.join('?' * 8)})"
_CHANNEL: Final = f"INSERT INTO channel VALUES ({', '.join('?' * 5)})"
_RUN: Final = f"INSERT INTO run VALUES ({', '.join('?' * 8)})"
_json: Final = msgspec.json.Encoder()


class Taken(NamedTuple):
    """One response with its reading: place of its item, number of its repeat, its key."""

    item: int
    repeat: int
    key: bytes
    reading: Reading
    response: Response


class Intake(SqliteStore):
    """A store into which whole runs are taken.

    Args:
        laboratory: the folder.
    """

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory, write=True)
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute("CREATE TEMP TABLE waiting AS SELECT * FROM response LIMIT 0")

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Everything in the block is kept at its end; if it ends in an error, nothing is."""
        with self.laboratory.guarded(), self.transaction():
            yield

    @contextmanager
    def part(self) -> Iterator[None]:
        """Everything in the block, within ``whole``; if it ends in an error, the rest of the whole may be kept."""
        self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO part")
            raise
        finally:
            self._db.execute("RELEASE part")

    def new_channel(self) -> int:
        """A number for the next channel; rows without a channel, left by a process that was killed, are taken away."""
        (last,) = self._db.execute("SELECT ifnull(max(id), 0) FROM channel").fetchone()
        self._db.execute("DELETE FROM observation WHERE channel > ?", (last,))
        return int(last) + 1

    def add(self, channel: int, taken: Sequence[Taken]) -> None:
        """Responses and their readings.

        Keys are digests, so that each response lands on another page. Those without an output are small and may be a
        million: they wait for the end, to be put in order.
        """
        self._db.executemany(_RESPONSE, [_response(one) for one in taken if one.response.output is not None])
        self._db.executemany(_WAITING, [_response(one) for one in taken if one.response.output is None])
        self._db.executemany(_OBSERVATION, [_observation(channel, one) for one in taken])

    def end(self, run: RunRecord, material: Material, channel: int, reading: tuple[Channel, str]) -> None:
        """The run that the rows of a channel belong to, complete.

        Args:
            run: the run.
            material: its items.
            channel: number of the channel.
            reading: the channel, and the digest that names its readings.
        """
        self.keep_material(material)
        self._db.execute("INSERT OR IGNORE INTO response SELECT * FROM waiting ORDER BY key")
        self._db.execute("DELETE FROM waiting")
        row = (run.name, run.base, run.occasion, run.title, time.time(), run.planned, "complete", run.manifest)
        self._db.execute(_RUN, row)
        made, digest = reading
        self._db.execute(_CHANNEL, (channel, run.name, digest, made.measurand, _json.encode(made)))


def _response(taken: Taken) -> tuple[Any, ...]:
    _, _, key, _, one = taken
    if one.output is None and not (one.finish or one.usage or one.served):
        return (key, *_bare(one.status, one.note), one.latency_s, one.attempts, one.at_s)
    return (
        key, sha256(row_bytes(one.content())).digest(), _STATUS[one.status], row_bytes(one.output).decode(), one.note,
        one.finish, _json.encode(one.usage).decode() if one.usage else _EMPTY,
        _json.encode(one.served).decode() if one.served else _EMPTY, one.latency_s, one.attempts, one.at_s,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _bare(status: Status, note: str) -> tuple[Any, ...]:
    """The columns from the digest to what was served, of a response that is nothing but a status and a note."""
    one = Response(status=status, note=note)
    return (sha256(row_bytes(one.content())).digest(), _STATUS[status], "null", note, "", _EMPTY, _EMPTY)


def _observation(channel: int, taken: Taken) -> tuple[Any, ...]:
    item, repeat, key, reading, _ = taken
    return (channel, item, 0, repeat, _STATUS[reading.status], reading.value, reading.note, key)
