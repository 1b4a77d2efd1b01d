"""Ending what runs in a thread at once: its worker processes are killed, and nothing new begins."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from assay.vocabulary.errors import CannotMeasure


class Stop:
    """What another thread ends a run by; the run looks at it before and after everything that takes time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = False
        self._processes: tuple[subprocess.Popen[bytes], ...] = ()

    def now(self) -> None:
        """Kill the processes that are running; those to come are refused."""
        with self._lock:
            self._asked = True
            for process in self._processes:
                process.kill()

    def check(self) -> None:
        """Go on only where nobody has ended it.

        Raises:
            CannotMeasure: ``interrupted``.
        """
        if self._asked:
            raise CannotMeasure("interrupted")

    @contextmanager
    def over(self, processes: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
        """Processes that end with the run, for the length of a ``with`` block.

        Raises:
            CannotMeasure: ``interrupted``: it was ended before the block or in it.
        """
        with self._lock:
            self.check()
            self._processes = tuple(processes)
        try:
            yield
        finally:
            with self._lock:
                self._processes = ()
        self.check()


_STOP: ContextVar[Stop | None] = ContextVar("stop", default=None)


def current() -> Stop:
    """What ends the run of this thread; outside of ``stoppable``, one that nobody knows."""
    return _STOP.get() or Stop()


@contextmanager
def stoppable() -> Iterator[Stop]:
    """What is begun within the block, in threads that take its context too, is ended by what it gives."""
    stop = Stop()
    token = _STOP.set(stop)
    try:
        yield stop
    finally:
        _STOP.reset(token)
