"""One run of one tool against a server of its own, checked: did it ask everything once, and report the right score?"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import items
import process
from endpoint import Endpoint
from tools.tool import Job, Tool

CONNECTIONS = 256


@dataclass(frozen=True)
class Trial:
    """What one run took, and what the server saw.

    Attributes:
        tool: its name.
        items: number of items.
        wall_s: from start to end, in seconds.
        cpu_s: processor time of the tool and its children, in seconds.
        peak_mb: largest resident size, in 10^6 bytes.
        asked: requests that the server answered.
        most_at_once: most requests under way at the same time.
        score: the score that the tool reports; None where it reports none.
        others: share of the cores that everybody else took meanwhile, 0 to 1.
        wrong: what makes this run no fair measurement; empty if nothing.
    """

    tool: str
    items: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    asked: int
    most_at_once: int
    score: float | None
    others: float
    wrong: str = ""

    @property
    def cpu_ms_per_item(self) -> float:
        return 1000 * self.cpu_s / self.items


def run(tool: Tool, env: Path, number: int, latency_ms: float = 50) -> Trial:
    """Measure ``number`` items with ``tool``."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with Endpoint(tool.answer, latency_ms) as server:
            command = tool.prepare(Job(folder, items.make(number), server.base_url, CONNECTIONS, env))
            cost = process.run(command, tool.variables(env), folder, server.cpu_s)
            seen = server.stats()
        reported, score, wrong = 0, None, cost.failed
        if not wrong:
            reported, score = outcome(tool, folder)
            wrong = fault(number, seen["served"], reported, score, items.share("B", number))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    spent = (cost.wall_s, cost.cpu_s, cost.peak_mb)
    return Trial(tool.name, number, *spent, seen["served"], seen["most_at_once"], score, cost.others, wrong)


def outcome(tool: Tool, folder: Path) -> tuple[int, float | None]:
    """What the tool reports; a report in which nothing is found reports nothing."""
    try:
        return tool.outcome(folder)
    except (OSError, LookupError, StopIteration, TypeError, ValueError) as error:
        print(f"{tool.name}: no result found in its report: {error!r}")
        return 0, None


def fault(number: int, asked: int, reported: int, score: float | None, truth: float) -> str:
    """Why a run does not count."""
    if asked != number:
        return f"asked {asked} times instead of {number}"
    if reported != number:
        return f"reports {reported} items instead of {number}"
    if score is None or abs(score - truth) > 5e-4:
        return f"reports {score} instead of {truth:.4f}"
    return ""


def middle(trials: list[Trial]) -> Trial:
    """The trial with the median wall-clock time, of those that count."""
    good = sorted((one for one in trials if not one.wrong), key=lambda one: one.wall_s)
    return good[(len(good) - 1) // 2] if good else trials[-1]
