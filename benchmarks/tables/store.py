"""A million observations: made by a real measurement in process, then estimated and reported from the store."""

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import items
import process
from process import Cost
from tools import assay

from tables.table import Setup, Table

COLUMNS = ["command", "wall s", "CPU s", "peak MB"]
SUBJECT = Path(__file__).parent.parent / "store_subject.py"
VARIANTS = ["{input}", "Question: {input}", "{input} Answer with one letter.", "Say the letter. {input}"]
REPEATS = 10
MEASUREMENT = """\
title = "store"

[subject]
part = "general.callable"
function = "store_subject:answer"

[material]
part = "general.table"
path = "items.jsonl"

[procedure]
part = "general.direct"
variants = {variants}
repeats = {repeats}
"""
VARIANT = """
[[procedure.variant]]
name = "own-{index}"
prompt = "{prompt}"
"""


def measure(setup: Setup) -> Table:
    """Measure once, then report from the store."""
    number = 2_500 if setup.quick else 25_000
    observations = number * len(VARIANTS) * REPEATS
    title = f"{observations:,} observations: {number:,} items x {len(VARIANTS)} variants x {REPEATS} repeats"
    table = Table("store", title, COLUMNS)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        report = fill(table, folder, number)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    good = report is not None and not report.failed
    table.target("report at most 30 s", report.wall_s if good else None, 30, " s", setup.quick)
    table.target("report at most 1 GB", report.peak_mb if good else None, 1000, " MB", setup.quick)
    return table


def fill(table: Table, folder: Path, number: int) -> Cost | None:
    """Both commands; what the second one cost, or None where it did not come to that."""
    if not assay.command():
        table.rows.append(["assay measure", "not had: the command `assay` is not installed in this environment"])
        return None
    write(folder, number)
    made = timed(table, folder, ["measure", "store.toml", "--json"])
    if made.failed:
        return None
    said = json.loads((folder / "stdout.txt").read_text())
    counted = sum(said["results"][0]["counts"].values())
    size_mb = sum(file.stat().st_size for file in (folder / "lab").rglob("*") if file.is_file()) / 1e6
    table.notes.append(f"{counted:,} observations in the result; the laboratory takes {size_mb:,.0f} MB on disk")
    return timed(table, folder, ["report", said["run"]])


def write(folder: Path, number: int) -> None:
    """The measurement file, its material, its subject."""
    rows = ({"id": item["id"], "input": item["input"], "target": "B"} for item in items.make(number))
    items.write_jsonl(folder / "items.jsonl", rows)
    shutil.copy(SUBJECT, folder)
    text = MEASUREMENT.format(variants=len(VARIANTS), repeats=REPEATS)
    text += "".join(VARIANT.format(index=index, prompt=prompt) for index, prompt in enumerate(VARIANTS))
    (folder / "store.toml").write_text(text, encoding="utf-8")


def timed(table: Table, folder: Path, arguments: list[str]) -> Cost:
    """Run one command of Assay and add its row."""
    command = [str(assay.command()), *arguments, "--lab", "lab"]
    cost = process.run(command, assay.TOOL.variables(folder), folder)
    numbers = [f"{cost.wall_s:,.1f}", f"{cost.cpu_s:,.1f}", f"{cost.peak_mb:,.0f}"]
    name = f"assay {arguments[0]}"
    table.rows.append([name, f"not measured: {cost.failed}"] if cost.failed else [name, *numbers])
    table.data.append({"command": name, **asdict(cost)})
    return cost
