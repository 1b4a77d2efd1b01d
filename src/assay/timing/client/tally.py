"""How far a run has come: worker processes write two numbers into a mapped file, and their parent reads them.

No message passes, so that nobody waits for anybody and a parent that does not look costs nothing.
"""

import mmap
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ROW: Final = struct.Struct("<qq")
_MEMORY: Final = "/dev/shm"
"""Where Linux has files that lie in memory: writing to one of a disk may wait for the disk."""


class Tally:
    """The numbers of all workers of a run.

    Args:
        path: of the file.
        workers: how many there may be.
    """

    def __init__(self, path: Path, workers: int) -> None:
        self.path = path
        self._workers = workers
        with path.open("wb") as file:
            file.write(bytes(_ROW.size * workers))
        self._last = (0, 0)

    def read(self) -> tuple[int, int]:
        """Requests to the first target that were sent, and that were answered; once the run is over, as last read."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return self._last
        rows = [_ROW.unpack_from(data, place * _ROW.size) for place in range(self._workers)]
        self._last = sum(row[0] for row in rows), sum(row[1] for row in rows)
        return self._last


class Marks:
    """A worker's two numbers in the tally.

    Args:
        path: of the tally's file.
        number: which worker.
    """

    def __init__(self, path: str, number: int) -> None:
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._at = number * _ROW.size

    def write(self, sent: int, answered: int) -> None:
        """What it has sent, and what was answered of that, so far."""
        _ROW.pack_into(self._map, self._at, sent, answered)


@contextmanager
def tallied(workers: int) -> Iterator[Tally]:
    """A tally for the length of a ``with`` block."""
    folder = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    handle, name = tempfile.mkstemp(prefix="assay-tally-", dir=folder)
    os.close(handle)
    path = Path(name)
    try:
        yield Tally(path, workers)
    finally:
        path.unlink(missing_ok=True)
