"""Runs one process and says what it cost: wall-clock time, processor time, memory."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one process and its children took.

    Attributes:
        wall_s: from start to end, in seconds.
        cpu_s: user and system time of the process and of all children that it waited for, in seconds.
        peak_mb: largest resident size of any one of them, in 10^6 bytes.
        others: share of the cores that everybody else took meanwhile, 0 to 1; not ours, not the server's.
        failed: why the process did not end well; empty if it did.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    others: float
    failed: str = ""


def run(command: list[str], env: dict[str, str], folder: Path, server_cpu_s=lambda: 0.0, limit_s: float = 1200) -> Cost:
    """Run ``command`` in ``folder``; what it prints lands in ``stdout.txt`` and ``stderr.txt`` there."""
    busy, server = busy_s(), server_cpu_s()
    with (folder / "stdout.txt").open("wb") as out, (folder / "stderr.txt").open("wb") as err:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
        alarm = threading.Timer(limit_s, os.killpg, (child.pid, signal.SIGKILL))
        alarm.start()
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        alarm.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    cpu_s = used.ru_utime + used.ru_stime
    rest_s = busy_s() - busy - cpu_s - (server_cpu_s() - server)
    others = max(0.0, rest_s / (wall_s * len(os.sched_getaffinity(0))))
    failed = f"exit {child.returncode}: {last_line(folder)}" if child.returncode else ""
    return Cost(wall_s, cpu_s, used.ru_maxrss * 1024 / 1e6, others, failed)


def busy_s() -> float:
    """Processor time spent so far on the cores that we may use, by anybody, in seconds."""
    cores = {f"cpu{core}" for core in os.sched_getaffinity(0)}
    ticks = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name in cores:
            user, nice, system, _idle, _iowait, irq, softirq = map(int, fields[:7])
            ticks += user + nice + system + irq + softirq
    return ticks / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor time that a running process has taken so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def last_line(folder: Path) -> str:
    """The last thing that the process in ``folder`` said, for a message."""
    for name in ("stderr.txt", "stdout.txt"):
        lines = (folder / name).read_text(errors="replace").strip().splitlines()
        if lines:
            return lines[-1].strip()[:200]
    return "it said nothing"
