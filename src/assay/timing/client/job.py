"""What passes between the client and its worker processes, and how processes of ours are started."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, NamedTuple

from assay.timing.client.asked import How, Request
from assay.timing.client.connection import Place
from assay.timing.client.offered import Offered


def started(module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """A module of ours in a process of its own, to be spoken to over its standard input and output."""
    source = str(Path(__file__).parents[2])
    path = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip


class Job(NamedTuple):
    """What a worker is given.

    Attributes:
        number: which worker.
        places: the targets.
        requests: its requests, by their place in the whole list.
        how: how to send; ``connections`` and ``concurrency`` are this worker's share.
        processor: to be tied to; None for any.
        tally: file in which it notes how far it has come; empty for none.
    """

    number: int
    places: list[Place]
    requests: dict[int, Request]
    how: How
    processor: int | None
    tally: str = ""


class Done(NamedTuple):
    """What a worker hands back.

    Attributes:
        offered: its requests.
        stalls: stretches in which it did not come round: from, to; monotonic nanoseconds.
        steps: when a step of the wall clock was seen.
        step_ns: how far the wall clock moved in all.
        clock_u_ns: uncertainty of that.
        realtime: real-time priority was had.
        kernel: every read bore a kernel stamp.
        tls_in_run: TLS connections made during the run.
        began_ns: start of the run.
        ended_ns: end of the run.
    """

    offered: list[Offered]
    stalls: list[tuple[int, int]]
    steps: list[tuple[int, int]]
    step_ns: int
    clock_u_ns: int
    realtime: bool
    kernel: bool
    tls_in_run: int
    began_ns: int
    ended_ns: int


def send(stream: IO[bytes], value: Any) -> None:
    """One value to another process of ours."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(8, "little"))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """One value from another process of ours. Raises ``EOFError``."""
    size = stream.read(8)
    if len(size) < 8:
        raise EOFError
    wanted = int.from_bytes(size, "little")
    data = stream.read(wanted)
    if len(data) < wanted:
        raise EOFError
    return pickle.loads(data)
