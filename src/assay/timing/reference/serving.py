"""The reference server from outside: started, asked what it really did, ended."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.timing.client.asked import Target
from assay.timing.client.job import receive, send, started
from assay.timing.reference.options import FIELDS, Serve
from assay.timing.reference.script import Script
from assay.vocabulary.errors import BadInput, CannotMeasure

MODEL: Final = "timing"
"""The name of the server's model."""


_LAST_PORT: Final = 65_535


@dataclass(frozen=True, eq=False)
class Truth:
    """What the server did for one request; nanoseconds of the monotonic clock.

    Attributes:
        number: of the request.
        arrived_ns: when the request was there.
        before_ns: just before each text was handed to the system, shape (texts,).
        after_ns: just after; on one machine it has arrived in between.
        due_ns: when it was due.
        clean: every text was taken by the system at once.
    """

    number: int
    arrived_ns: int
    before_ns: npt.NDArray[np.int64]
    after_ns: npt.NDArray[np.int64]
    due_ns: npt.NDArray[np.int64]
    clean: bool

    @property
    def ttft_ns(self) -> int:
        """Arrival to first text."""
        return int(self.before_ns[0]) - self.arrived_ns

    @property
    def e2e_ns(self) -> int:
        """Arrival to last text."""
        return int(self.before_ns[-1]) - self.arrived_ns

    @property
    def itl_ns(self) -> npt.NDArray[np.int64]:
        """Gaps, shape (texts − 1,)."""
        return np.diff(self.before_ns)


class Served:
    """A reference server that is running.

    Attributes:
        url: of its chat completions.
    """

    def __init__(self, host: str, port: int, processes: list[subprocess.Popen[bytes]]) -> None:
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{port}/v1/chat/completions"
        self._processes = processes

    @property
    def target(self) -> Target:
        """Where requests go."""
        return Target(url=self.url)

    @property
    def base(self) -> str:
        """The address that tools ask for: without ``/v1/chat/completions``."""
        return self.url.removesuffix("/v1/chat/completions")

    def forget(self) -> None:
        """Begin a new log."""
        self._ask(b"c")

    def truth(self) -> dict[int, Truth]:
        """What was done for each request of which a text was sent, by its number.

        Raises:
            CannotMeasure: ``load.server``: it has ended.
        """
        parts = [np.frombuffer(part, dtype=np.int64).reshape(-1, FIELDS) for part in self._ask(b"l")]
        made: dict[int, Truth] = {}
        for rows in parts:
            order = np.argsort(rows[:, 0], kind="stable")
            ordered = rows[order]
            for block in np.split(ordered, np.flatnonzero(np.diff(ordered[:, 0])) + 1):
                sent = block[block[:, 1] >= 0]
                if not len(sent):
                    continue
                number = int(block[0, 0])
                made[number] = Truth(number, int(block[0, 2]), np.abs(sent[:, 2]), sent[:, 3], sent[:, 4],
                                     bool((sent[:, 2] > 0).all()))  # fmt: skip
        return made

    def _ask(self, order: bytes) -> list[bytes]:
        found = []
        for process in self._processes:
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(order)
                process.stdin.flush()
                found.append(receive(process.stdout))
            except (OSError, EOFError) as error:
                raise CannotMeasure("load.server") from error
        return found


@contextmanager
def serving(
    script: Script | None = None, workers: int = 1, host: str = "127.0.0.1", port: int = 0, processor: int | None = None
) -> Iterator[Served]:
    """A reference server in processes of its own, for the length of a ``with`` block.

    Args:
        script: what it answers where a request does not ask otherwise (``timing`` in its body).
        workers: number of processes; they share the port.
        host: address to bind; loopback unless somebody asks for more.
        port: port; 0 for any.
        processor: to tie its processes to.
    Raises:
        BadInput: ``load.setting``; ``load.bind`` if the address cannot be bound.
        CannotMeasure: ``load.server``: its process ended at once.
    """
    script = script or Script()
    script.check()
    if not 0 <= port <= _LAST_PORT:
        raise BadInput("load.setting", key="port", got=port, expected=f"0 to {_LAST_PORT}")
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number in range(workers):
            process = started("assay.timing.reference.server")
            processes.append(process)
            assert process.stdin is not None and process.stdout is not None
            send(process.stdin, Serve(script, host, port, number, workers, processor))
            try:
                found = receive(process.stdout)
            except EOFError as error:
                raise CannotMeasure("load.server") from error
            if not isinstance(found, int):
                raise BadInput("load.bind", host=host, port=port, reason=str(found))
            port = found
        yield Served(host, port, processes)
    finally:
        for process in processes:
            with suppress(OSError):
                assert process.stdin is not None
                process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()
