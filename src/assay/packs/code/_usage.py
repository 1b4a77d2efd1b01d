"""What the processes of a sandbox take of the machine's memory, counted from outside."""

from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_MOST: Final = 1_000  # processes looked at; the sandbox allows fewer


def memory_kb(process: int) -> int:
    """Resident memory of a process and all that descend from it, in units of 1024 bytes; files are not counted.

    Pages that a fork shares with its parent are counted for both.

    Source: proc(5), /proc/[pid]/status (RssAnon, RssShmem) and /proc/[pid]/task/[tid]/children.
    """
    total, waiting, seen = 0, [process], 0
    while waiting and seen < _MOST:
        number = waiting.pop()
        seen += 1
        total += _resident_kb(number)
        waiting += _children(number)
    return total


def killed_for_memory() -> int:
    """How many processes this machine has killed for want of memory since it started; 0 where it does not say."""
    try:
        lines = (_PROC / "vmstat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def _resident_kb(process: int) -> int:
    try:
        lines = (_PROC / str(process) / "status").read_text(errors="replace").splitlines()
    except (OSError, ValueError):  # it has ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def _children(process: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in (_PROC / str(process) / "task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    except (OSError, ValueError):
        return found
    return found
