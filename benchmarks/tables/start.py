"""How long until something comes: the help text, and a measurement of a single item."""

import tempfile
from pathlib import Path
from statistics import median

import process
import trial
from environments import NotHad
from tools import assay
from tools.tool import Tool

from tables.table import Setup, Table

COLUMNS = ["from start to end", "median s", "fastest", "slowest", "x Assay"]
HELP = "assay --help"


def measure(setup: Setup) -> Table:
    """Medians of five, after one run that does not count."""
    rounds = 2 if setup.quick else 5
    table = Table("start", f"start-up: median of {rounds}, in seconds", COLUMNS)
    times: dict[str, list[float] | str] = {}
    if assay.TOOL in setup.tools:
        times[HELP] = help_times(rounds)
    for tool in setup.tools:
        times[f"one item, {tool.name}"] = item_times(setup, tool, rounds)
    ours = times.get(f"one item, {assay.TOOL.name}")
    for name, found in times.items():
        if isinstance(found, str):
            table.rows.append([name, found])
            continue
        ratio = f"{median(found) / median(ours):.1f}" if isinstance(ours, list) and name != HELP else "-"
        table.rows.append([name, *(f"{value:.2f}" for value in (median(found), min(found), max(found))), ratio])
        table.data.append({"what": name, "wall_s": found})
    judged = {name: median(found) for name, found in times.items() if isinstance(found, list)}
    table.target(f"{HELP} at most 0.15 s", judged.get(HELP), 0.15, " s", setup.quick)
    one_item = judged.get(f"one item, {assay.TOOL.name}")
    table.target("Assay, one item, at most 0.8 s", one_item, 0.8, " s", setup.quick)
    return table


def help_times(rounds: int) -> list[float] | str:
    """Seconds until ``assay --help`` has ended, or why there are none."""
    if not assay.command():
        return "not had: the command `assay` is not installed in this environment"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [
            process.run([str(assay.command()), "--help"], assay.TOOL.variables(folder), folder)
            for _ in range(rounds + 1)
        ]
    wrong = next((one.failed for one in runs if one.failed), "")
    return f"not measured: {wrong}" if wrong else [one.wall_s for one in runs[1:]]


def item_times(setup: Setup, tool: Tool, rounds: int) -> list[float] | str:
    """Seconds for one item, or why there are none."""
    try:
        env = setup.provide(tool)
    except NotHad as reason:
        return f"not had: {reason}"
    runs = []
    for _ in range(rounds + 1):
        runs.append(trial.run(tool, env, 1))
        if runs[-1].wrong:
            return f"not measured: {runs[-1].wrong}"
    return [one.wall_s for one in runs[1:]]
