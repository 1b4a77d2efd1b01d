"""A child process that does one thing, for as long and with as much memory as it may.

Some questions about a hostile text (are two expressions equal, does a pattern match) can take for ever. A child answers
them one after the other; one that does not answer in time is ended, and the next question gets a new one.
"""

import asyncio
import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from typing import Any, Final

_BOOT: Final = """
import importlib, json, sys
try:
    import resource
    most = int(sys.argv[2]) << 20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except ImportError:
    pass
module, _, name = sys.argv[1].partition(":")
function = getattr(importlib.import_module(module), name)
replies, sys.stdout = sys.stdout, sys.stderr
print("ready", file=replies, flush=True)
for line in sys.stdin:
    try:
        reply = json.dumps(function(json.loads(line)))
    except (MemoryError, RecursionError, OverflowError) as error:
        reply = json.dumps({"too_much": type(error).__name__})
    print(reply, file=replies, flush=True)
"""
_START_S: Final = 60.0


class ChildFailed(Exception):
    """The child could not be started, or came to an end instead of answering."""


class Bounded:
    """A function in a child process; questions from several threads wait for each other."""

    def __init__(self, function: str, memory_mb: int) -> None:
        """``function`` is ``module:name``; it takes a JSON object and returns one. Nothing is started yet."""
        self._function = function
        self._memory_mb = memory_mb
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    async def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer.

        Raises:
            TimeoutError: there was none in ``seconds``.
            ChildFailed: the child came to an end, or had too little memory.
        """
        return await asyncio.to_thread(self._ask, question, seconds)

    def _ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        line = json.dumps(question).encode() + b"\n"
        with self._lock:
            child = self._started()
            try:
                answer: dict[str, Any] = json.loads(_exchange(child, line, seconds))
            except BaseException as error:
                self.close()
                if isinstance(error, (OSError, ValueError)) and not isinstance(error, TimeoutError):
                    raise ChildFailed(str(error)) from error
                raise
        if "too_much" in answer:
            raise ChildFailed(str(answer["too_much"]))
        return answer

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        where = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.defpath}
        command = [sys.executable, "-B", "-c", _BOOT, self._function, str(self._memory_mb)]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=where, bufsize=0)  # fmt: skip
        atexit.register(self.close)
        try:
            _exchange(self._child, b"", _START_S)
        except (OSError, TimeoutError) as error:
            self.close()
            raise ChildFailed(str(error)) from error
        return self._child

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            atexit.unregister(self.close)
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()


def _exchange(child: "subprocess.Popen[bytes]", line: bytes, seconds: float) -> bytes:
    """Write a line and read one, both in time.

    Raises:
        TimeoutError: it took too long.
        OSError: the child came to an end.
    """
    assert child.stdin is not None and child.stdout is not None
    until = time.monotonic() + seconds
    answer = bytearray()
    os.set_blocking(child.stdin.fileno(), False)
    with selectors.DefaultSelector() as waiting:
        waiting.register(child.stdout, selectors.EVENT_READ)
        if line:
            waiting.register(child.stdin, selectors.EVENT_WRITE)
        while not answer.endswith(b"\n"):
            ready = waiting.select(max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(f"no answer in {seconds} s")
            for key, _ in ready:
                if key.fileobj is child.stdin:
                    line = line[os.write(child.stdin.fileno(), line[:65_536]) :]
                    if not line:
                        waiting.unregister(child.stdin)
                else:
                    more = os.read(child.stdout.fileno(), 65_536)
                    if not more:
                        raise ConnectionError("the child came to an end")
                    answer += more
    return bytes(answer)
