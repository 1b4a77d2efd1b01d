"""The laboratory: a folder with the store, the keys and the reports, all readable with ordinary tools."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from assay.vocabulary.errors import AssayError, BadInput, CannotMeasure

try:
    import fcntl
except ImportError:  # Windows: no advisory locks of this kind; a second process is then not noticed
    fcntl = None  # type: ignore[assignment]

FORMAT: Final = 1
_APPLICATION_ID: Final = 0x41535931  # "ASY1"


class Laboratory:
    """A folder in which measurements are kept.

    Args:
        folder: usually ``./.assay``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "store.sqlite"
        self.keys = folder / "keys"
        self.reports = folder / "reports"

    def connect(self, *, write: bool) -> sqlite3.Connection:
        """Open the store.

        Args:
            write: make the folder and the store if there are none.
        Raises:
            BadInput: the folder cannot be written, or the store is from a newer version or no store at all.
        """
        try:
            if write:
                self.folder.mkdir(parents=True, exist_ok=True)
                connection = sqlite3.connect(self.database, isolation_level=None, timeout=30)
            else:
                connection = self._connect_to_read()
            return _prepared(connection, self.database, write)
        except sqlite3.Error as error:
            raise self._translated(error) from error
        except OSError as error:
            raise BadInput("folder.unwritable", path=str(self.folder), reason=error.strerror or error) from error

    def _connect_to_read(self) -> sqlite3.Connection:
        if not self.database.exists():
            raise BadInput("file.missing", path=str(self.database))
        mode = "mode=ro"
        if not os.access(self.folder, os.W_OK):  # WAL needs to write beside the file, unless nobody else does
            mode += "&immutable=1"
        return sqlite3.connect(f"{self.database.resolve().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=30)

    def _translated(self, error: sqlite3.Error) -> AssayError:
        reason = str(error)
        if "full" in reason or "disk I/O" in reason:
            return CannotMeasure("disk.full", path=str(self.database), reason=reason)
        if "readonly" in reason or "unable to open" in reason:
            return BadInput("folder.unwritable", path=str(self.folder), reason=reason)
        return BadInput("lab.broken", path=str(self.database), reason=reason)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn errors of the store and of a full disk into messages for the user."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise CannotMeasure("disk.full", path=str(self.folder), reason=error.strerror) from error
            if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
                raise BadInput("folder.unwritable", path=str(self.folder), reason=error.strerror) from error
            raise

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the laboratory for writing; reading needs no lock.

        Raises:
            BadInput: another process holds it; the message names the process.
        """
        with self.guarded():
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if fcntl is not None:
                self._take(file)
            yield
        finally:
            os.close(file)

    def _take(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(file, 20, 0).decode(errors="replace").strip() or "unknown"
            raise BadInput("lab.locked", path=str(self.folder), pid=pid) from None
        with suppress(OSError):  # a full disk must not keep the number of the process from being the only loss
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)


def _prepared(connection: sqlite3.Connection, path: Path, write: bool) -> sqlite3.Connection:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > FORMAT:
        connection.close()
        raise BadInput("lab.newer", path=str(path.parent), found=found, known=FORMAT)
    if found == 0 and write:
        connection.execute("PRAGMA journal_mode = WAL")
        script = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
        connection.executescript(
            f"BEGIN;{script}PRAGMA application_id = {_APPLICATION_ID};PRAGMA user_version = {FORMAT};COMMIT;"
        )
    elif found == 0:
        raise BadInput("lab.broken", path=str(path), reason="it holds no measurements")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection
