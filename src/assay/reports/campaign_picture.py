"""A campaign drawn: dimensions as bars and around a centre, and what changed between rounds."""

from collections.abc import Mapping, Sequence
from math import cos, pi, sin
from typing import Final

from markupsafe import Markup, escape

from assay.reports.page import across, percent, pixels, spanning
from assay.reports.picture import Axis
from assay.reports.rounding import exact, significant
from assay.reports.text import harmless
from assay.vocabulary.campaign import Campaign, Change

Names = Mapping[str, str]

_WHOLE: Final = Axis(0.0, 1.0, 0.25)
_LEFT: Final = 24.0  # percent of the width that the names take
_ROW: Final = 26
_RADIUS: Final = 150.0
_SIZE: Final = (560.0, 400.0)


def bars(made: Campaign, names: Names) -> Markup:
    """Each dimension with its interval alone (bar) and that which holds with all others (line); by language below."""
    lines = made.of_kind("dimension")
    top, y = 4.0, 4.0
    drawn: list[str] = []
    for line in lines:
        kind = "name soft" if line.value is None else "name"
        drawn.append(f'<text class="{kind}" x="{_LEFT - 1.5}%" y="{pixels(y + 17)}" text-anchor="end">'
                     f"{escape(harmless(names.get(line.name, line.name)))}</text>")  # fmt: skip
        if line.value is None or line.interval is None or line.simultaneous is None:
            drawn.append(_empty(y))
        else:
            low, high = (percent(_WHOLE, end, _LEFT) for end in line.simultaneous)
            drawn.append(f'<line class="whisker" x1="{low}" x2="{high}" y1="{pixels(y + 13)}" y2="{pixels(y + 13)}"/>')
            drawn.append(_bar("interval", line.interval, y + 8.5, 9))
            drawn.append(f'<circle class="value" cx="{percent(_WHOLE, line.value, _LEFT)}" cy="{pixels(y + 13)}" '
                         'r="4.5"/>')  # fmt: skip
        y += _ROW
    grid = "".join(
        f'<line class="grid" x1="{percent(_WHOLE, tick, _LEFT)}" x2="{percent(_WHOLE, tick, _LEFT)}" y1="{top}" '
        f'y2="{pixels(y)}"/>' for tick in _WHOLE.ticks()
    )  # fmt: skip
    label = "; ".join(f"{names.get(line.name, line.name)} {_said(line.value)}" for line in lines)
    inside = grid + "".join(drawn) + across(_WHOLE, y + 2, _LEFT)
    return Markup(f'<svg class="picture bars" role="img" aria-label="{escape(harmless(label))}" '
                  f'height="{pixels(y + 26)}">{inside}</svg>')  # fmt: skip


def _empty(y: float) -> str:
    """A row without a value: a dashed line from end to end, which stands for no number."""
    low, high = percent(_WHOLE, 0.0, _LEFT), percent(_WHOLE, 1.0, _LEFT)
    return f'<line class="absent" x1="{low}" x2="{high}" y1="{pixels(y + 13)}" y2="{pixels(y + 13)}"/>'


def _bar(kind: str, ends: tuple[float, float], y: float, height: float) -> str:
    width = pixels((98.0 - _LEFT) * max(0.004, ends[1] - ends[0]))
    return (f'<rect class="{kind}" x="{percent(_WHOLE, ends[0], _LEFT)}" y="{pixels(y)}" width="{width}%" '
            f'height="{pixels(height)}" rx="1.5"/>')  # fmt: skip


def _said(value: float | None) -> str:
    return "–" if value is None else significant(value, 3)


def radar(made: Campaign, names: Names) -> Markup:
    """The dimensions around a centre: value and interval along each spoke, a dashed spoke where there is none."""
    lines = made.of_kind("dimension")
    width, height = _SIZE
    middle = width / 2, height / 2
    drawn = [_ring(middle, len(lines), share) for share in (0.25, 0.5, 0.75, 1.0)]
    corners: list[str] = []
    for place, line in enumerate(lines):
        angle = 2 * pi * place / len(lines) - pi / 2

        def at(share: float, angle: float = angle) -> tuple[str, str]:
            return (pixels(middle[0] + _RADIUS * share * cos(angle)), pixels(middle[1] + _RADIUS * share * sin(angle)))

        x, y = at(1.0)
        absent = line.value is None
        drawn.append(f'<line class="{"absent" if absent else "grid"}" x1="{middle[0]}" y1="{middle[1]}" x2="{x}" '
                     f'y2="{y}"/>')  # fmt: skip
        if line.value is not None and line.interval is not None:
            (x1, y1), (x2, y2) = at(line.interval[0]), at(line.interval[1])
            drawn.append(f'<line class="spoke" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>')
            corners.append(",".join(at(line.value)))
        drawn.append(_label(at(1.08), angle, names.get(line.name, line.name), absent))
    if len(corners) == len(lines):  # the outline would bridge what was not measured
        drawn.insert(4, f'<polygon class="outline" points="{" ".join(corners)}"/>')
    drawn += [f'<circle class="value" cx="{c.split(",")[0]}" cy="{c.split(",")[1]}" r="4"/>' for c in corners]
    label = "; ".join(f"{names.get(line.name, line.name)} {_said(line.value)}" for line in lines)
    return Markup(f'<svg class="picture radar" role="img" aria-label="{escape(harmless(label))}" '
                  f'viewBox="0 0 {pixels(width)} {pixels(height)}">{"".join(drawn)}</svg>')  # fmt: skip


def _ring(middle: tuple[float, float], n: int, share: float) -> str:
    points = " ".join(
        f"{pixels(middle[0] + _RADIUS * share * cos(2 * pi * k / n - pi / 2))},"
        f"{pixels(middle[1] + _RADIUS * share * sin(2 * pi * k / n - pi / 2))}" for k in range(n)
    )  # fmt: skip
    x, y = pixels(middle[0] + 4), pixels(middle[1] - _RADIUS * share + 11)
    return (f'<polygon class="ring" points="{points}"/>'
            f'<text class="tick" x="{x}" y="{y}">{escape(exact(share))}</text>')  # fmt: skip


def _label(where: tuple[str, str], angle: float, name: str, absent: bool) -> str:
    side = cos(angle)
    anchor = "middle" if abs(side) < 0.15 else "start" if side > 0 else "end"
    drop = 4 + 5 * sin(angle)
    kind = "name soft" if absent else "name"
    return (f'<text class="{kind}" x="{where[0]}" y="{where[1]}" dy="{pixels(drop)}" text-anchor="{anchor}">'
            f"{escape(harmless(name))}</text>")  # fmt: skip


def changes(made: Sequence[Change], names: Names) -> Markup:
    """The change in each dimension (bar: alone; line: together), with those of anchors and of fresh items below it."""
    shown = [one for one in made if one.shift is not None]
    moves = (move for one in shown for move in (one.shift, one.anchors, one.fresh) if move is not None)
    ends = [end for move in moves for end in move.simultaneous]
    axis = spanning([0.0, *ends])
    y, drawn = 4.0, list[str]()
    for one in shown:
        assert one.shift is not None
        drawn.append(f'<text class="name" x="{_LEFT - 1.5}%" y="{pixels(y + 14)}" text-anchor="end">'
                     f"{escape(harmless(names.get(one.dimension, one.dimension)))}</text>")  # fmt: skip
        for kind, move, height in (("whole", one.shift, 10.0), ("anchors", one.anchors, 20.0),
                                   ("fresh", one.fresh, 27.0)):  # fmt: skip
            if move is None:
                continue
            low, high = (percent(axis, end, _LEFT) for end in move.simultaneous)  # as in the table below it
            at = pixels(y + height)
            drawn.append(f'<line class="whisker {kind}" x1="{low}" x2="{high}" y1="{at}" y2="{at}"/>')
            radius = 4.5 if kind == "whole" else 3
            drawn.append(f'<circle class="value {kind}" cx="{percent(axis, move.value, _LEFT)}" cy="{at}" '
                         f'r="{radius}"/>')  # fmt: skip
        y += 38
    zero = percent(axis, 0.0, _LEFT)
    head = f'<line class="zero" x1="{zero}" x2="{zero}" y1="2" y2="{pixels(y)}"/>'
    label = "; ".join(f"{names.get(one.dimension, one.dimension)} {_said(one.shift.value if one.shift else None)}"
                      for one in shown)  # fmt: skip
    return Markup(f'<svg class="picture bars" role="img" aria-label="{escape(harmless(label))}" '
                  f'height="{pixels(y + 26)}">{head}{"".join(drawn)}{across(axis, y + 2, _LEFT)}</svg>')  # fmt: skip
