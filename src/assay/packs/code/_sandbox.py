"""A sandbox for programs that nobody has read: bubblewrap, limits of the kernel, and a watch from outside.

What a program finds: the machine's ``/usr`` to read, its own text in ``/program`` to read, a scratch folder ``/tmp``
of bounded size, an empty network, no other process, an environment of our own making, no privileges. What it leaves
behind is its output, up to a bound. Nothing of the laboratory, its environment or its keys is there.

Where there is no sandbox nothing is run. Source: bwrap(1), prlimit(1), setrlimit(2).
"""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from weakref import WeakKeyDictionary

from assay.packs.code._filter import known_machine, system_call_filter
from assay.packs.code._usage import killed_for_memory, memory_kb
from assay.vocabulary.errors import BadInput

AT_ONCE: Final = 8
"""Programs under way at once; more would only wait for the processors."""

Ending = Literal["ended", "timeout", "memory_limit", "output_limit"]

_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_NOBODY: Final = "65534"
_EVERY_S: Final = 0.02  # between two looks at the memory in use
_WAITING: Final = 3  # times the limit of processor time that a program may take by the clock, since it may have to wait
_ERROR_BYTES: Final = 65_536
_GONE_S: Final = 30.0  # by then the kernel has taken down a sandbox that was killed
_TOO_MUCH_CPU: Final = 128 + 24  # SIGXCPU
_KILLED: Final = 128 + 9

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class Bounds(NamedTuple):
    """What one program may take.

    Attributes:
        cpu_s: seconds of processor time of each of its processes; by the clock it may take three times as long.
        memory_mb: memory of all its processes together, without its scratch folder, in units of 2**20 bytes.
        scratch_mb: size of its scratch folder, in units of 2**20 bytes.
        output_kb: what it may print, in units of 1024 bytes.
        processes: processes and threads at once.
        address_space: whether each process is also held to ``memory_mb`` of address space; not all can live with it.
    """

    cpu_s: int = 10
    memory_mb: int = 512
    scratch_mb: int = 64
    output_kb: int = 1024
    processes: int = 64
    address_space: bool = True


class Outcome(NamedTuple):
    """What became of a program.

    Attributes:
        ending: ``ended`` by itself or by the kernel, or the limit for which it was stopped.
        code: its exit status as a shell gives it, 128 and more for a signal; None if it was stopped.
        output: standard output, at most as much as the bounds allow.
        error: the beginning of standard error, at most 64 KiB.
    """

    ending: Ending
    code: int | None
    output: bytes
    error: bytes


class SandboxFailed(Exception):
    """The sandbox did not do its work: nothing is known about the program."""


@cache
def missing() -> str:
    """Why nothing can be run here, or an empty string; tried once in the life of this process."""
    if not sys.platform.startswith("linux") or not known_machine():
        return "it needs Linux on x86_64 or aarch64"
    for tool in ("bwrap", "prlimit", "setpriv"):
        if shutil.which(tool, path=_PATH) is None:
            return f"{tool} is not installed"
    with _Files({}, b"") as files:
        command = _command(files, Bounds(), ["/usr/bin/env", "true"])
        try:
            done = subprocess.run(command, env={}, cwd="/", pass_fds=files.passed, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=20, check=False)  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            return f"{type(error).__name__}: {error}"
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return "" if done.returncode == 0 else (said[-1][:300] if said else f"exit status {done.returncode}")


def require(*programs: str) -> None:
    """Refuse to go on where no sandbox works, or an interpreter is not there.

    Args:
        programs: names of programs, each looked for in the folders that the sandbox shows.
    Raises:
        BadInput: ``sandbox.none``, ``sandbox.program``.
    """
    if reason := missing():
        raise BadInput("sandbox.none", reason=reason)
    for name in programs:
        if found(name) is None:
            raise BadInput("sandbox.program", program=name)


@cache
def found(program: str) -> str | None:
    """Where a program is in the sandbox, or None."""
    place = shutil.which(program, path=_PATH)
    return place if place and Path(place).resolve().is_relative_to("/usr") else None


async def run(command: Sequence[str], files: Mapping[str, bytes], stdin: bytes, bounds: Bounds) -> Outcome:
    """Run a command in a fresh sandbox; at most ``AT_ONCE`` run at a time, the others wait.

    Args:
        command: what is run, with its arguments, by its full path.
        files: what lies in ``/program``, by name; all may be read and executed, none changed.
        stdin: its standard input.
        bounds: what it may take.
    Raises:
        SandboxFailed: it could not be started, or was stopped by the machine and not for its own doing.
    """
    loop = asyncio.get_running_loop()
    async with _turns.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
        with _Files(files, stdin) as kept:
            return await _run(_command(kept, bounds, command), kept, bounds)


class _Files:
    """Sealed files in memory for what the sandbox is given, and a pipe for what bubblewrap reports."""

    def __init__(self, files: Mapping[str, bytes], stdin: bytes) -> None:
        self.open: list[int] = []
        try:
            self.stdin = self._sealed(stdin)
            self.filter = self._sealed(system_call_filter())
            self.by_name = {name: self._sealed(data) for name, data in files.items()}
            self.status, self.report = os.pipe()
        except OSError as error:
            self.__exit__()
            raise SandboxFailed(f"{type(error).__name__}: {error}") from error
        os.set_blocking(self.status, False)
        self.open += [self.status, self.report]

    def _sealed(self, data: bytes) -> int:
        number = os.memfd_create("program", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        self.open.append(number)
        with os.fdopen(os.dup(number), "wb") as file:
            file.write(data)
        os.lseek(number, 0, os.SEEK_SET)
        fcntl.fcntl(number, fcntl.F_ADD_SEALS,
                    fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)  # fmt: skip
        return number

    @property
    def passed(self) -> tuple[int, ...]:
        """What bubblewrap inherits."""
        return (self.filter, self.report, *self.by_name.values())

    def started(self) -> None:
        """Close our copy of the end that bubblewrap writes to."""
        os.close(self.report)
        self.open.remove(self.report)

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        for number in self.open:
            os.close(number)
        self.open.clear()


def _command(files: _Files, bounds: Bounds, command: Sequence[str]) -> list[str]:
    """The whole command line; a laboratory run by root hands its privileges back before anything else."""
    dropped = ["/usr/bin/setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]
    megabyte = 2**20
    parts = [
        "--unshare-all", "--unshare-user", "--disable-userns", "--uid", _NOBODY, "--gid", _NOBODY,
        "--hostname", "sandbox", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--clearenv", "--setenv", "PATH", _PATH, "--setenv", "HOME", "/tmp", "--setenv", "LANG", "C.UTF-8",
        "--setenv", "TMPDIR", "/tmp", "--setenv", "OPENBLAS_NUM_THREADS", "1",
        "--ro-bind", "/usr", "/usr", *_roots(), *_hidden(),
        "--proc", "/proc", "--dev", "/dev", "--size", str(megabyte), "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
        "--size", str(bounds.scratch_mb * megabyte), "--perms", "0700", "--tmpfs", "/tmp", "--dir", "/program",
    ]  # fmt: skip
    for name, number in files.by_name.items():
        parts += ["--perms", "0555", "--ro-bind-data", str(number), f"/program/{name}"]
    parts += ["--remount-ro", "/", "--chdir", "/tmp", "--seccomp", str(files.filter)]
    parts += ["--json-status-fd", str(files.report), "--"]
    memory = bounds.memory_mb * megabyte
    limits = [
        f"--cpu={bounds.cpu_s}:{bounds.cpu_s + 1}", f"--nproc={bounds.processes}", f"--data={memory}",
        f"--fsize={bounds.scratch_mb * megabyte}", "--nofile=128", "--core=0", "--memlock=0", "--msgqueue=0",
    ]  # fmt: skip
    limits += [f"--as={memory}"] if bounds.address_space else []
    before = dropped if os.geteuid() == 0 else []
    return [*before, found("bwrap") or "bwrap", *parts, found("prlimit") or "prlimit", *limits, "--", *command]


def _roots() -> list[str]:
    """``/bin``, ``/lib`` and their like as the machine has them, and how the loader finds libraries."""
    parts: list[str] = []
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        place = Path("/", name)
        if place.is_symlink():
            parts += ["--symlink", os.readlink(place), str(place)]
        elif place.is_dir():
            parts += ["--ro-bind", str(place), str(place)]
    for read in ("/etc/alternatives", "/etc/ld.so.cache"):
        parts += ["--ro-bind-try", read, read]
    return parts


def _hidden() -> list[str]:
    """An empty folder over the working folder and the home folder, should one lie in what is shown."""
    parts: list[str] = []
    for place in {Path.cwd().resolve(), Path.home().resolve()}:
        if place.is_relative_to("/usr") and len(place.parts) > 3:
            parts += ["--tmpfs", str(place)]
    return parts


async def _run(command: list[str], files: _Files, bounds: Bounds) -> Outcome:
    before = killed_for_memory()
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=files.stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={}, cwd="/", pass_fds=files.passed,
        )  # fmt: skip
    except OSError as error:
        raise SandboxFailed(f"{type(error).__name__}: {error}") from error
    files.started()
    report = _Report(files.status)
    output, errors = bytearray(), bytearray()
    assert process.stdout is not None and process.stderr is not None
    parts = [
        asyncio.ensure_future(_read(process.stdout, output, bounds.output_kb * 1024)),
        asyncio.ensure_future(_read(process.stderr, errors, bounds.output_kb * 1024)),
        asyncio.ensure_future(process.wait()),
    ]
    watching = asyncio.ensure_future(_watch(report, bounds))
    try:
        ending = await _ending(asyncio.gather(*parts), watching, bounds)
    finally:
        _stop(process, report.process())
        for task in (*parts, watching):
            task.cancel()
        await asyncio.wait([*parts, watching])
        emptied = asyncio.gather(_empty(process.stdout), _empty(process.stderr), process.wait())
        try:
            await asyncio.wait_for(emptied, _GONE_S)
        except TimeoutError:
            process.kill()
            raise SandboxFailed("it could not be stopped") from None
    return _outcome(Outcome(ending, report.exit_code(), bytes(output), bytes(errors[:_ERROR_BYTES])), before)


def _stop(process: asyncio.subprocess.Process, inside: int | None) -> None:
    """End a sandbox that is still there: with its first process everything in it dies, and bubblewrap buries it."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            if inside is None:
                process.kill()
            else:
                os.kill(inside, signal.SIGKILL)


async def _ending(whole: asyncio.Future[Any], watching: asyncio.Future[None], bounds: Bounds) -> Ending:
    """Wait for the end of the program, or of our patience."""
    await asyncio.wait({whole, watching}, timeout=bounds.cpu_s * _WAITING, return_when=asyncio.FIRST_COMPLETED)
    if whole.done():
        return "output_limit" if isinstance(whole.exception(), _TooMuch) else "ended"
    whole.cancel()
    await asyncio.gather(whole, return_exceptions=True)
    return "memory_limit" if watching.done() else "timeout"


async def _read(stream: asyncio.StreamReader, kept: bytearray, most: int) -> None:
    while chunk := await stream.read(65_536):
        kept += chunk[: most - len(kept)]
        if len(kept) >= most:
            raise _TooMuch


async def _empty(stream: asyncio.StreamReader) -> None:
    """Read to the end, which comes when the last process in the sandbox is gone."""
    while await stream.read(65_536):
        pass


async def _watch(report: "_Report", bounds: Bounds) -> None:
    """Return as soon as the processes take more memory than they may."""
    while True:
        await asyncio.sleep(_EVERY_S)
        inside = report.process()
        if inside is not None and memory_kb(inside) > bounds.memory_mb * 1024:
            return


def _outcome(made: Outcome, before: int) -> Outcome:
    if made.ending != "ended":
        return made._replace(code=None)
    if made.code is None:
        said = made.error.decode("utf-8", "replace").strip().splitlines()
        raise SandboxFailed(said[-1][:300] if said else "no exit status")
    if made.code == _KILLED and killed_for_memory() > before:
        raise SandboxFailed("the machine ran out of memory")
    return Outcome("timeout", None, made.output, made.error) if made.code == _TOO_MUCH_CPU else made


class _TooMuch(Exception):
    """More output than may be."""


class _Report:
    """What bubblewrap says of the process inside: JSON documents on a pipe that the program cannot reach."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._text = b""
        self._process: int | None = None

    def process(self) -> int | None:
        """Number of the first process in the sandbox, as this machine counts; None while there is none."""
        if self._process is None:
            self._process = self._value("child-pid")
        return self._process

    def exit_code(self) -> int | None:
        """Exit status of the program; None if it did not come to one."""
        return self._value("exit-code")

    def _value(self, name: str) -> int | None:
        with suppress(BlockingIOError):
            while more := os.read(self._number, 4_096):
                self._text += more
        for line in self._text.splitlines():
            with suppress(ValueError):
                value = json.loads(line).get(name)
                if isinstance(value, int):
                    return value
        return None
