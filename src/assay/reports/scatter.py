"""Points with intervals both ways: quality against cost, as SVG for a page and in characters for a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from assay.reports.page import across, height, percent, pixels, spanning, upright
from assay.reports.picture import Axis
from assay.reports.rounding import exact
from assay.reports.text import harmless, pad
from assay.reports.text import width as columns
from assay.vocabulary.tradeoff import Stated

_TOP: Final = 12.0
_BOTTOM: Final = 330.0
_LEFT: Final = 9.0
_ROWS: Final = 15


@dataclass(frozen=True)
class Mark:
    """A point with the letter beside it; ``kind`` is its class on a page."""

    letter: str
    x: Stated
    y: Stated
    kind: str = ""


@dataclass(frozen=True)
class Named:
    """What the axes are called."""

    x: str
    y: str


def letter(place: int) -> str:
    """The letter of a point."""
    return chr(ord("A") + place) if place < 26 else f"L{place + 1}"


def _axes(marks: Sequence[Mark]) -> tuple[Axis, Axis]:
    def ends(one: Stated) -> tuple[float, ...]:
        return (one.value, *(one.interval or ()))

    return (spanning([end for mark in marks for end in ends(mark.x)]),
            spanning([end for mark in marks for end in ends(mark.y)]))  # fmt: skip


def svg(marks: Sequence[Mark], named: Named, line: Sequence[tuple[float, float]] = ()) -> Markup:
    """The points with whiskers; no scripts, scaled to the width there is.

    Args:
        marks: the points.
        named: names of the axes.
        line: corners of a broken line through the picture, in the units of the axes.
    """
    flat, up = _axes(marks)

    def x(number: float) -> str:
        return percent(flat, number, _LEFT)

    def y(number: float) -> str:
        return pixels(height(up, number, _TOP, _BOTTOM))

    drawn = [f'<line class="line" x1="{x(a[0])}" y1="{y(a[1])}" x2="{x(b[0])}" y2="{y(b[1])}"/>'
             for a, b in zip(line, line[1:], strict=False)]  # fmt: skip
    for one in marks:
        at_x, at_y = x(one.x.value), y(one.y.value)
        if one.x.interval is not None:
            low, high = map(x, one.x.interval)
            drawn.append(f'<line class="whisker {one.kind}" x1="{low}" x2="{high}" y1="{at_y}" y2="{at_y}"/>')
        if one.y.interval is not None:
            low, high = map(y, one.y.interval)
            drawn.append(f'<line class="whisker {one.kind}" x1="{at_x}" x2="{at_x}" y1="{low}" y2="{high}"/>')
        drawn.append(f'<circle class="value {one.kind}" cx="{at_x}" cy="{at_y}" r="5"/>')
        drawn.append(f'<text class="name" x="{at_x}" y="{at_y}" dx="9" dy="-8">{escape(one.letter)}</text>')
    label = "; ".join(f"{one.letter}: {one.x.value:.4g}, {one.y.value:.4g}" for one in marks)
    drawn.append(f'<text class="tick" x="98%" y="{_BOTTOM + 38:.0f}" text-anchor="end">'
                 f"{escape(harmless(named.x))} →</text>")  # fmt: skip
    inside = "".join(drawn) + across(flat, _BOTTOM, _LEFT) + upright(up, _LEFT, _TOP, _BOTTOM)
    return Markup(f'<p class="caption">↑ {escape(harmless(named.y))}</p><svg class="picture scatter" role="img" '
                  f'aria-label="{escape(label)}" height="{_BOTTOM + 46:.0f}">{inside}</svg>')  # fmt: skip


def plot(marks: Sequence[Mark], named: Named, wide: int) -> list[str]:
    """The points in characters, with their intervals as lines.

    Args:
        marks: the points.
        named: names of the axes.
        wide: columns of the terminal.
    """
    flat, up = _axes(marks)
    ticks = {_row(up, tick): exact(tick) for tick in up.ticks()}
    margin = max(columns(text) for text in ticks.values()) + 2
    size = max(20, min(72, wide - margin - 4))
    grid = [[" "] * size for _ in range(_ROWS)]

    def column(number: float) -> int:
        return min(size - 1, int(flat.place(number) * size))

    for one in marks:
        row, middle = _row(up, one.y.value), column(one.x.value)
        if one.x.interval is not None:
            for place in range(column(one.x.interval[0]), column(one.x.interval[1]) + 1):
                grid[row][place] = "─"
        if one.y.interval is not None:
            for place in range(_row(up, one.y.interval[1]), _row(up, one.y.interval[0]) + 1):
                grid[place][middle] = "┼" if grid[place][middle] in "─┼" else "│"
    for one in marks:
        grid[_row(up, one.y.value)][column(one.x.value)] = one.letter[0]
    lines = ["  ↑ " + named.y]
    sides = [pad(ticks.get(place, ""), margin, right=True) for place in range(_ROWS)]
    lines += [f"{side} ┤{''.join(row)}".rstrip() for side, row in zip(sides, grid, strict=True)]
    lines.append(" " * margin + " └" + "─" * size)
    low, high = (exact(float(f"{end:.12g}")) for end in (flat.low, flat.high))  # without the dust of binary fractions
    lines.append(" " * (margin + 2) + low + " " * max(1, size - columns(low) - columns(high)) + high)
    lines.append(pad("→ " + named.x, margin + 2 + size, right=True))
    return lines


def _row(axis: Axis, number: float) -> int:
    return min(_ROWS - 1, max(0, round((_ROWS - 1) * (1 - axis.place(number)))))
