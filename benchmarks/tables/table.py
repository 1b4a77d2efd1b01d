"""What a table is given, what it hands back, and how that is printed."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import environments
from tools.tool import Tool


@dataclass(frozen=True)
class Setup:
    """What the user asked for.

    Attributes:
        tools: the tools to measure, in the order of the rows.
        env_dir: where the peers are installed.
        quick: few items and few rounds; shows that everything works, judges no target.
    """

    tools: list[Tool]
    env_dir: Path
    quick: bool

    def provide(self, tool: Tool) -> Path:
        return environments.provide(tool, self.env_dir)


@dataclass
class Table:
    """A table as printed and as written to JSON.

    Attributes:
        name: as given to ``--only``.
        title: one line above it.
        columns: their headings.
        rows: texts, one for each column, or a name and one sentence.
        notes: sentences below it.
        targets: what was asked for, what came out; None where it could not be judged.
        data: the numbers behind the rows.
    """

    name: str
    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    targets: list[tuple[str, str, bool | None]] = field(default_factory=list)
    data: list[dict] = field(default_factory=list)

    def target(self, wanted: str, value: float | None, limit: float, unit: str, quick: bool) -> None:
        """Judge a value against the most that it may be."""
        found = "not measured" if value is None else f"{value:.3g}{unit}"
        self.targets.append((wanted, found, None if value is None or quick else value <= limit))

    def show(self) -> None:
        """Print it."""
        full = [row for row in self.rows if len(row) == len(self.columns)]
        widths = [max(map(len, column)) for column in zip(self.columns, *full, strict=True)]
        widths[0] = max([widths[0], *(len(row[0]) for row in self.rows)])
        print(f"\n{self.title}\n")
        for row in [self.columns, ["-" * width for width in widths], *self.rows]:
            print("  ".join([row[0].ljust(widths[0])] + cells(row, widths)).rstrip())
        print()
        for wanted, found, met in self.targets:
            print(f"  {wanted}: {found}: {'not judged' if met is None else 'met' if met else 'MISSED'}")
        for note in self.notes:
            print(f"  {note}")
        sys.stdout.flush()


def cells(row: list[str], widths: list[int]) -> list[str]:
    """All but the first cell, to the right; one sentence is left as it is."""
    if len(row) < len(widths):
        return row[1:]
    return [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]


def say(text: str) -> None:
    """Tell whoever waits how far we are."""
    print(text, file=sys.stderr, flush=True)
