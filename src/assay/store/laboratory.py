"""The laboratory: a folder with the store, the keys and the reports, all readable with ordinary tools."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from assay.vocabulary.errors import AssayError, BadInput, CannotMeasure

try:
    import fcntl
except ImportError:  # Windows: no advisory locks of this kind; a second process is then not noticed
    fcntl = None  # type: ignore[assignment]

FORMAT: Final = 1
_APPLICATION_ID: Final = 0x41535931  # "ASY1"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_UNWRITABLE: Final = (
    errno.EACCES, errno.EROFS, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.ENOENT, errno.EEXIST, errno.ENAMETOOLONG,
    errno.ELOOP, errno.ENXIO,
)  # fmt: skip


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn errors of a file that cannot be written into messages for the user."""
    try:
        yield
    except BrokenPipeError:  # of a pipe whose reader went away; nobody is left to be told
        raise
    except OSError as error:
        reason = error.strerror or error
        if error.errno in _FULL:
            raise CannotMeasure("disk.full", path=str(path), reason=reason) from error
        raise BadInput("folder.unwritable", path=str(path), reason=reason) from error


def put(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all, in a folder that is made if there is none.

    Raises:
        OSError: it cannot be written; see ``writing`` and ``Laboratory.guarded``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.part")
    half.write_bytes(data)
    half.replace(path)


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
        self.certificates = folder / "certificates"

    def has_store(self) -> bool:
        """Whether there is a store; one in a folder that may not be entered counts as none."""
        return os.path.exists(self.database)

    def connect(self, *, write: bool) -> sqlite3.Connection:
        """Open the store.

        Args:
            write: make the folder and the store if there are none.
        Raises:
            BadInput: the folder cannot be written, or the store is from a newer version or no store at all.
        """
        with self.guarded():
            if write:
                with writing(self.folder):
                    self.folder.mkdir(parents=True, exist_ok=True)
                # one thread at a time uses it, not always the one that opened it: see api.measure.run_loop
                connection = sqlite3.connect(self.database, isolation_level=None, timeout=30, check_same_thread=False)
            else:
                connection = self._connect_to_read()
            try:
                _prepare(connection, self.database, write)
            except BaseException:
                connection.close()
                raise
        return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        if not self.has_store():
            raise BadInput("file.missing", path=str(self.database))
        mode = "mode=ro"
        if not os.access(self.folder, os.W_OK):  # WAL needs to write beside the file, unless nobody else does
            mode += "&immutable=1"
        address = f"{self.database.resolve().as_uri()}?{mode}"
        return sqlite3.connect(address, uri=True, isolation_level=None, timeout=30, check_same_thread=False)

    def _locked(self) -> BadInput:
        return BadInput("lab.locked", path=str(self.folder), pid=str(self.holder() or "unknown"))

    def _translated(self, error: sqlite3.Error) -> AssayError:
        reason = str(error)
        if "locked" in reason or "busy" in reason:
            return self._locked()
        if "full" in reason or "disk I/O" in reason:
            return CannotMeasure("disk.full", path=str(self.database), reason=reason)
        if "readonly" in reason or "unable to open" in reason:
            return BadInput("folder.unwritable", path=str(self.folder), reason=reason)
        return BadInput("lab.broken", path=str(self.database), reason=reason)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Turn errors of the store, and of files that cannot be written, into messages for the user."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._translated(error) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadInput("lab.broken", path=str(self.database), reason=error) from error
        except OSError as error:
            path = str(error.filename or self.folder)
            if error.errno in _FULL:
                raise CannotMeasure("disk.full", path=path, reason=error.strerror) from error
            if error.errno in _UNWRITABLE:
                raise BadInput("folder.unwritable", path=path, reason=error.strerror) from error
            raise

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the laboratory for writing; reading needs no lock.

        Raises:
            BadInput: another process holds it; the message names the process.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if fcntl is not None:
                self._take(file)
            yield
            with suppress(OSError):
                os.ftruncate(file, 0)
        finally:
            os.close(file)

    def holder(self) -> int | None:
        """Number of the process that holds the laboratory for writing; None where none does, or none is known."""
        if fcntl is None:
            return None
        try:
            pid = int((self.folder / "lock").read_bytes()[:20])
            os.kill(pid, 0)  # signals nothing; a process that was killed leaves its number behind
        except PermissionError:  # of another user: it is there
            return pid
        except (OSError, ValueError, OverflowError):
            return None
        return pid

    def _take(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._locked() from None
        with suppress(OSError):  # a full disk must not keep the number of the process from being the only loss
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)


def _prepare(connection: sqlite3.Connection, path: Path, write: bool) -> None:
    """Make the tables if there are none; refuse what is no store of ours."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    whose = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if whose != _APPLICATION_ID and (tables or found or whose):
        raise BadInput("lab.broken", path=str(path), reason="it is another program's database")
    if found > FORMAT:
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
