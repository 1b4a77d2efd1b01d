"""10,000 multiple-choice items against a server that answers after 50 ms: the whole process, up to the report."""

from dataclasses import asdict

import trial
from environments import NotHad
from tools import assay, bare
from tools.tool import Tool
from trial import Trial

from tables.table import Setup, Table, say

COLUMNS = [
    "tool", "wall s", "x bare", "x Assay", "CPU ms/item", "x Assay", "peak MB", "x Assay", "most at once", "score"
]  # fmt: skip
WARM_ITEMS = 8
DISTURBED = 0.1


def measure(setup: Setup) -> Table:
    """Assay and the bare loop in turn, five times, the median of each; then every peer once."""
    number, rounds = (1000, 2) if setup.quick else (10_000, 5)
    title = f"{number:,} items, every answer after 50 ms, {trial.CONNECTIONS} connections: start to signed report"
    table = Table("choice", title, COLUMNS)
    ready = [tool for tool in setup.tools if warm(setup, tool, table)]
    own = [tool for tool in ready if not tool.is_peer]
    trials = [once(setup, tool, number) for _ in range(rounds) for tool in own]
    trials += [once(setup, tool, number) for tool in ready if tool.is_peer]
    table.data += [asdict(one) for one in trials]
    found = {tool.name: trial.middle([one for one in trials if one.tool == tool.name]) for tool in ready}
    base, ours = (counted(found.get(tool.name)) for tool in (bare.TOOL, assay.TOOL))
    missing = {row[0]: row for row in table.rows}
    table.rows = [missing.get(tool.name) or row(found[tool.name], base, ours) for tool in setup.tools]
    judge(table, ours, base, setup.quick)
    disturbed = [f"{one.tool} {one.others:.0%}" for one in found.values() if one.others > DISTURBED]
    if disturbed:
        table.notes.append(f"other programs took part of the cores, these times are too long: {', '.join(disturbed)}")
    return table


def warm(setup: Setup, tool: Tool, table: Table) -> bool:
    """Install it and run it once on a few items: byte code and caches are made, and what fails has failed early."""
    try:
        tried = trial.run(tool, setup.provide(tool), WARM_ITEMS)
    except NotHad as reason:
        table.rows.append([tool.name, f"not had: {reason}"])
        return False
    if tried.wrong:
        table.rows.append([tool.name, f"not measured: {tried.wrong}"])
    return not tried.wrong


def once(setup: Setup, tool: Tool, number: int) -> Trial:
    done = trial.run(tool, setup.provide(tool), number)
    say(f"{tool.name}: {done.wrong or f'{done.wall_s:.2f} s, others took {done.others:.0%} of the cores'}")
    return done


def counted(one: Trial | None) -> Trial | None:
    """A trial, unless it does not count."""
    return None if one is None or one.wrong else one


def row(one: Trial, base: Trial | None, ours: Trial | None) -> list[str]:
    if one.wrong:
        return [one.tool, f"not measured: {one.wrong}"]
    wall = [f"{one.wall_s:,.1f}", ratio(one, base, "wall_s"), ratio(one, ours, "wall_s")]
    cpu = [f"{one.cpu_ms_per_item:,.2f}", ratio(one, ours, "cpu_ms_per_item")]
    peak = [f"{one.peak_mb:,.0f}", ratio(one, ours, "peak_mb")]
    return [one.tool, *wall, *cpu, *peak, str(one.most_at_once), f"{one.score:.4f}"]


def ratio(one: Trial, other: Trial | None, field: str) -> str:
    return f"{getattr(one, field) / getattr(other, field):.2f}" if other else "-"


def judge(table: Table, ours: Trial | None, base: Trial | None, quick: bool) -> None:
    wall = ours.wall_s / base.wall_s if ours and base else None
    table.target("Assay wall at most 1.5 x the bare loop", wall, 1.5, " x", quick)
    table.target("Assay CPU at most 0.5 ms/item", ours.cpu_ms_per_item if ours else None, 0.5, " ms", quick)
    table.target("Assay peak at most 120 MB", ours.peak_mb if ours else None, 120, " MB", quick)
