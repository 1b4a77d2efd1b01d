"""Requests per second when nothing has to be waited for: over HTTP, and the engine alone without a network."""

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median

import process
import trial
from environments import NotHad
from tools import assay, bare
from tools.tool import Tool

from tables.table import Setup, Table

COLUMNS = ["what", "requests/s", "x bare", "CPU ms/request"]
ENGINE = Path(__file__).parent.parent / "engine_loop.py"


def measure(setup: Setup) -> Table:
    """Bare loop and Assay less the time of one item, so start-up does not count; and the engine with empty jobs."""
    number, rounds = (2000, 1) if setup.quick else (10_000, 3)
    title = f"throughput: {number:,} items less one, answered at once, {trial.CONNECTIONS} connections"
    table = Table("throughput", title, COLUMNS)
    found = {tool.name: rate(setup, tool, number, rounds, table) for tool in setup.tools if not tool.is_peer}
    if assay.TOOL in setup.tools:
        found["Assay's engine alone"] = engine_rate(10 * number, rounds, table)
    base = found.get(bare.TOOL.name)
    for name, value in found.items():
        if isinstance(value, str):
            table.rows.append([name, value])
            continue
        ratio = f"{value[0] / base[0]:.2f}" if isinstance(base, tuple) else "-"
        table.rows.append([name, f"{value[0]:,.0f}", ratio, f"{value[1]:.3f}"])
    table.notes.append("the engine alone: empty jobs in one process, no HTTP, nothing stored")
    return table


def rate(setup: Setup, tool: Tool, number: int, rounds: int, table: Table) -> tuple[float, float] | str:
    """Requests per second and CPU ms per request, or why there are none."""
    try:
        env = setup.provide(tool)
    except NotHad as reason:
        return f"not had: {reason}"
    trial.run(tool, env, 1, latency_ms=0)
    trials = [trial.run(tool, env, size, latency_ms=0) for size in [1, number] * rounds]
    wrong = next((one.wrong for one in trials if one.wrong), "")
    if wrong:
        return f"not measured: {wrong}"
    table.data += [asdict(one) for one in trials]
    one, many = trials[::2], trials[1::2]
    wall_s = median(t.wall_s for t in many) - median(t.wall_s for t in one)
    cpu_s = median(t.cpu_s for t in many) - median(t.cpu_s for t in one)
    return (number - 1) / wall_s, 1000 * cpu_s / (number - 1)


def engine_rate(number: int, rounds: int, table: Table) -> tuple[float, float] | str:
    """Jobs per second and CPU ms per job, start-up of the process left out of the first but not of the second."""
    walls, cpus = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, str(ENGINE), str(number), str(trial.CONNECTIONS)]
            cost = process.run(command, dict(os.environ), Path(name))
            if cost.failed:
                return f"not measured: {cost.failed}"
            walls.append(json.loads((Path(name) / "stdout.txt").read_text())["wall_s"])
            cpus.append(cost.cpu_s)
    table.data.append({"tool": "engine", "jobs": number, "wall_s": walls, "cpu_s": cpus})
    return number / median(walls), 1000 * median(cpus) / number
