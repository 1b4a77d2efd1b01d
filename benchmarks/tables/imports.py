"""The logs of other tools taken into a laboratory: 10,000 samples of Inspect AI, a million plain rows."""

import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import logs
import process
from environments import NotHad
from process import Cost
from tools import assay, inspect_ai

from tables.table import Setup, Table

COLUMNS = ["what", "wall s", "CPU s", "peak MB", "x Inspect"]
READ = "import sys; from inspect_ai.log import read_eval_log; print(len(read_eval_log(sys.argv[1]).samples))"


def measure(setup: Setup) -> Table:
    """Inspect's own read of the log first, where Inspect is to be had; then the imports."""
    number, rows = (400, 20_000) if setup.quick else (10_000, 1_000_000)
    table = Table("imports", f"an Inspect log of {number:,} samples; {rows:,} rows of JSON lines", COLUMNS)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        wanted = logs.inspect_log(folder / "log.eval", number)
        size_mb = (folder / "log.eval").stat().st_size / 1e6
        table.notes.append(f"the Inspect log is {size_mb:,.1f} MB; ratios are wall time by that of Inspect's full read")
        theirs = full_read(setup, table, folder, number)
        scores = one(table, folder, ["log.eval", "--scores-only"], (wanted, theirs))
        outputs = one(table, folder, ["log.eval"], (wanted, theirs))
        plain = one(table, folder, ["plain.jsonl"], (logs.plain(folder / "plain.jsonl", rows), None))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    table.target("scores only at most 2 s", scores and scores.wall_s, 2, " s", setup.quick)
    table.target("with outputs at most 10 s", outputs and outputs.wall_s, 10, " s", setup.quick)
    table.target("with outputs at most 200 MB", outputs and outputs.peak_mb, 200, " MB", setup.quick)
    table.target("plain rows at most 20 s", plain and plain.wall_s, 20, " s", setup.quick)
    return table


def full_read(setup: Setup, table: Table, folder: Path, number: int) -> Cost | None:
    """Inspect reads the log whole, by its own function."""
    tool = inspect_ai.TOOL
    if tool not in setup.tools:
        return None
    try:
        env = setup.provide(tool)
    except NotHad as reason:
        table.rows.append(["Inspect AI: read_eval_log", f"not had: {reason}"])
        return None
    command = [str(env / "bin" / "python"), "-c", READ, str(folder / "log.eval")]
    cost = process.run(command, tool.variables(env), folder)
    said = (folder / "stdout.txt").read_text().strip()
    wrong = cost.failed or ("" if said == str(number) else f"it read {said} samples")
    add(table, "Inspect AI: read_eval_log", cost, wrong, cost)
    return None if cost.failed else cost


def one(table: Table, folder: Path, arguments: list[str], about: tuple[float, Cost | None]) -> Cost | None:
    """One import into a new laboratory; it counts only if the mean of what was imported is right."""
    wanted, theirs = about
    lab = f"lab{len(table.rows)}"
    command = [str(assay.command()), "import", *arguments, "--lab", lab, "--json"]
    cost = process.run(command, assay.TOOL.variables(folder), folder)
    wrong = cost.failed
    if not wrong:
        run = json.loads((folder / "stdout.txt").read_text())["imported"][0]["run"]
        found = mean(folder / lab / "store.sqlite")
        wrong = "" if abs(found - wanted) < 1e-9 else f"run {run} has the mean {found}, not {wanted}"
    add(table, f"assay import {' '.join(arguments)}", cost, wrong, theirs)
    return None if wrong else cost


def mean(store: Path) -> float:
    import sqlite3

    connection = sqlite3.connect(store)
    try:
        return float(connection.execute("SELECT avg(value) FROM observation").fetchone()[0])
    finally:
        connection.close()


def add(table: Table, name: str, cost: Cost, wrong: str, theirs: Cost | None) -> None:
    ratio = f"{cost.wall_s / theirs.wall_s:.3f}" if theirs else "-"
    numbers = [f"{cost.wall_s:,.2f}", f"{cost.cpu_s:,.2f}", f"{cost.peak_mb:,.0f}", ratio]
    table.rows.append([name, f"not measured: {wrong}"] if wrong else [name, *numbers])
    table.data.append({"what": name, **asdict(cost)})
    print(f"{name}: {wrong or numbers}, others {cost.others:.0%}", file=sys.stderr, flush=True)
