"""The exposure ledger in the store: entries are added, in a chain, and never changed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from assay.store.sqlite import SqliteStore
from assay.vocabulary.ledger import FIRST, Entry, Head, Kind

_TABLE: Final = "CREATE TABLE IF NOT EXISTS ledger (n INTEGER PRIMARY KEY, entry BLOB NOT NULL, digest TEXT NOT NULL)"
_encode: Final = msgspec.json.Encoder().encode


class LedgerStore:
    """The ledger of one open store.

    Args:
        store: the store; opened for writing where anything is to be added.
    """

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._db = store.connection

    def exists(self) -> bool:
        """Whether there is a ledger; stores of before there was one have none."""
        with self._store.laboratory.guarded():
            row = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").fetchone()
        return row is not None

    def begin(self, earlier: Callable[[], list[Entry]]) -> None:
        """Make the ledger if there is none, its first entries being what happened before."""
        if self.exists():
            return
        found = earlier()
        with self._store.laboratory.guarded(), self._store.transaction():
            self._db.execute(_TABLE)
            for entry in found:
                self._add(entry)

    def add(self, entry: Entry) -> Entry:
        """Add an entry; its number, its time and the digest of the one before it are filled in."""
        with self._store.laboratory.guarded(), self._store.transaction():
            return self._add(entry)

    def _add(self, entry: Entry) -> Entry:
        head = self._head()
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = msgspec.structs.replace(entry, n=head.n + 1, previous=head.digest, at=now)
        self._db.execute("INSERT INTO ledger VALUES (?, ?, ?)", (made.n, _encode(made), made.digest))
        return made

    def head(self) -> Head:
        """Where the ledger stands."""
        if not self.exists():
            return Head(n=0)
        with self._store.laboratory.guarded():
            return self._head()

    def _head(self) -> Head:
        row = self._db.execute("SELECT n, digest FROM ledger ORDER BY n DESC LIMIT 1").fetchone()
        return Head(n=int(row[0]), digest=str(row[1])) if row else Head(n=0, digest=FIRST)

    def has(self, run: str, kind: Kind, subject: str | None = None) -> bool:
        """Whether there is an entry of this kind on a run, and on this subject if one is named."""
        if not self.exists():
            return False
        text = "CAST(entry AS TEXT)"
        query = (
            f"SELECT 1 FROM ledger WHERE json_extract({text}, '$.run') = ? AND json_extract({text}, '$.kind') = ? "
            f"AND ifnull(json_extract({text}, '$.subject') = ?, 1) LIMIT 1"
        )
        with self._store.laboratory.guarded():
            return self._db.execute(query, (run, kind, subject)).fetchone() is not None

    def rows(self) -> list[tuple[int, Entry | None, str]]:
        """Number, entry and digest of each as they are kept, in their order; None for what is no entry."""
        if not self.exists():
            return []
        with self._store.laboratory.guarded():
            found = self._db.execute("SELECT n, entry, digest FROM ledger ORDER BY n").fetchall()
        return [(int(n), _entry(data), str(kept)) for n, data, kept in found]

    def unentered(self) -> list[str]:
        """Names of runs that have readings, and of which no entry speaks; runs that others observed are not meant."""
        known = {entry.run for _, entry, _ in self.rows() if entry is not None}
        with self._store.laboratory.guarded():
            found = self._db.execute("SELECT name, manifest FROM run ORDER BY created_s").fetchall()
        return [name for name, manifest in found if name not in known and not _imported(manifest)]


def _imported(manifest: Any) -> bool:
    try:
        return json.loads(manifest).get("origin") is not None
    except (ValueError, AttributeError):
        return False


def _entry(data: Any) -> Entry | None:
    try:
        return msgspec.json.decode(data, type=Entry)
    except (msgspec.DecodeError, TypeError, ValueError):
        return None
