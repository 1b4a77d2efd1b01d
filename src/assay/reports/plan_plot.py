"""The trade-off of a plan as a plot: what designs give, by the requests they take, on a terminal and as SVG.

Requests stand on a logarithmic scale, and so does a standard uncertainty, so that u ∝ 1/√requests is a straight line;
probabilities stand on a plain scale.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from assay.reports.text import harmless, pad, width
from assay.vocabulary.plan_record import Curve, StudyPlan

Say = Callable[..., str]
Write = Callable[[float], str]

_ROWS: Final = 13
_SIGNS: Final = "●○▲△■□◆◇"
_WIDE: Final = 700
_HIGH: Final = 300
_LEFT: Final = 64
_RIGHT: Final = 16
_TOP: Final = 12
_BOTTOM: Final = 44


@dataclass(frozen=True)
class Mark:
    """An entry of the legend: sign on a terminal, class on a page, and what it means."""

    mark: str
    kind: str
    words: str


@dataclass(frozen=True)
class Frame:
    """The stretch that is shown: requests (logarithmic), and heights (logarithmic for an uncertainty)."""

    left: float
    right: float
    low: float
    high: float
    logarithmic: bool

    def x(self, number: float) -> float:
        """Place from 0 (left) to 1."""
        return math.log(number / self.left) / math.log(self.right / self.left)

    def y(self, number: float) -> float:
        """Place from 0 (bottom) to 1; what lies outside stands at the edge."""
        number = min(self.high, max(self.low, number))
        if self.logarithmic:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def ticks_x(self) -> list[float]:
        """Round numbers of requests."""
        return _round_numbers(self.left, self.right)

    def ticks_y(self) -> list[float]:
        """Round heights."""
        return _round_numbers(self.low, self.high) if self.logarithmic else [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


def frame(plan: StudyPlan) -> Frame:
    """What all curves and the target need."""
    points = [point for curve in plan.curves for point in curve.points]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    right = max(right, 2 * left)
    if plan.target.kind != "u":
        return Frame(left, right, 0.0, 1.0, False)
    heights = [y for _, y in points if y > 0] + [plan.target.u or 1.0]
    return Frame(left, right, min(heights) / 1.15, max(heights) * 1.15, True)


def goal_of(plan: StudyPlan) -> float:
    """Where the target stands on the vertical scale."""
    return (plan.target.u if plan.target.kind == "u" else plan.target.power) or 0.0


def legend(plan: StudyPlan, say: Say) -> list[Mark]:
    """What the signs and lines mean."""
    found = []
    for place, curve in enumerate(_expected(plan)):
        words = say("legend.items", variants=curve.variants, repeats=curve.repeats) if curve.repeats else (
            say("legend.repeats", variants=curve.variants))  # fmt: skip
        found.append(Mark(_SIGNS[place % len(_SIGNS)], f"c{place % 5}", words))
    if plan.basis.pilots:
        found.append(Mark("·", "careful", say("legend.conservative", confidence=plan.basis.confidence)))
    found.append(Mark("┄", "goal", say("legend.target")))
    if plan.chosen is not None:
        found.append(Mark("✚", "chosen", say("legend.chosen")))
    return found


def text_plot(plan: StudyPlan, write: Write, say: Say, wide: int) -> list[str]:
    """The plot in characters."""
    shown, goal = frame(plan), goal_of(plan)
    names = {_row(shown, tick): write(tick) for tick in shown.ticks_y()}
    names[_row(shown, goal)] = write(goal)
    margin = max(width(name) for name in names.values()) + 2
    size = max(24, min(84, wide - margin - 4))
    grid = [[" "] * size for _ in range(_ROWS)]
    grid[_row(shown, goal)] = ["┄"] * size
    careful = [curve for curve in plan.curves if curve.conservative] if plan.basis.pilots else []
    for curve, sign in [*((one, "·") for one in careful), *reversed(list(zip(_expected(plan), _SIGNS, strict=False)))]:
        for x, y in curve.points:
            grid[_row(shown, y)][_column(shown, x, size)] = sign
    if plan.chosen is not None:
        height = plan.chosen.u if plan.chosen.probability is None else plan.chosen.probability
        grid[_row(shown, height)][_column(shown, plan.chosen.requests, size)] = "✚"
    sides = [pad(names.get(place, ""), margin, right=True) for place in range(_ROWS)]
    lines = [f"{side} │{''.join(row)}".rstrip() for side, row in zip(sides, grid, strict=True)]
    lines.append(" " * margin + " └" + "─" * size)
    scale = [" "] * (size + 10)
    for tick in shown.ticks_x():
        text, at = _count(tick), _column(shown, tick, size)
        begin = max(0, at - len(text) // 2)
        if begin + len(text) <= len(scale) and all(c == " " for c in scale[max(0, begin - 1) : begin + len(text) + 1]):
            scale[begin : begin + len(text)] = text
    lines.append(" " * (margin + 2) + "".join(scale).rstrip())
    lines.append(" " * (margin + 2) + say("axis.requests"))
    return lines


def svg(plan: StudyPlan, write: Write, say: Say) -> Markup:
    """The plot as SVG: no scripts, scaled to the width there is."""
    shown, goal = frame(plan), goal_of(plan)
    bottom = _TOP + _HIGH
    drawn = []
    for tick in shown.ticks_y():
        y = _TOP + _HIGH * (1 - shown.y(tick))
        drawn.append(f'<line class="grid" x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(_text("tick", (_LEFT - 8, y + 4), "end", write(tick)))
    for tick in shown.ticks_x():
        x = _LEFT + _WIDE * shown.x(tick)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        drawn.append(_text("tick", (x, bottom + 18), "middle", _count(tick)))
    drawn.append(f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{_WIDE}" height="{_HIGH}"/>')
    careful = [curve for curve in plan.curves if curve.conservative] if plan.basis.pilots else []
    drawn += [_path(curve, shown, "careful") for curve in careful]
    drawn += [_path(curve, shown, f"c{place % 5}") for place, curve in enumerate(_expected(plan))]
    y = _TOP + _HIGH * (1 - shown.y(goal))
    drawn.append(f'<line class="goal" x1="{_LEFT}" x2="{_LEFT + _WIDE}" y1="{y:.1f}" y2="{y:.1f}"/>')
    drawn.append(_text("goal", (_LEFT + _WIDE - 6, y - 6), "end", write(goal)))
    if plan.chosen is not None:
        height = plan.chosen.u if plan.chosen.probability is None else plan.chosen.probability
        x, y = _LEFT + _WIDE * shown.x(plan.chosen.requests), _TOP + _HIGH * (1 - shown.y(height))
        drawn.append(f'<circle class="chosen" cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    drawn.append(_text("tick", (_LEFT + _WIDE / 2, bottom + 36), "middle", say("axis.requests")))
    box = f"0 0 {_LEFT + _WIDE + _RIGHT} {_TOP + _HIGH + _BOTTOM}"
    label = escape(harmless(say("plot.u" if plan.target.kind == "u" else "plot.p")))
    return Markup(f'<svg class="plan" role="img" aria-label="{label}" viewBox="{box}">{"".join(drawn)}</svg>')


def _text(kind: str, where: tuple[float, float], anchor: str, words: str) -> str:
    x, y = where
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(harmless(words))}</text>'


def _path(curve: Curve, shown: Frame, kind: str) -> str:
    """A line; what lies beyond the items that there are is broken."""
    places = [(_LEFT + _WIDE * shown.x(x), _TOP + _HIGH * (1 - shown.y(y))) for x, y in curve.points]
    parts = [(places[: curve.within], kind), (places[max(0, curve.within - 1) :], f"{kind} beyond")]
    return "".join(
        f'<polyline class="{name}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in part)}"/>'
        for part, name in parts
        if len(part) > 1
    )


def _expected(plan: StudyPlan) -> list[Curve]:
    return [curve for curve in plan.curves if not curve.conservative]


def _row(shown: Frame, height: float) -> int:
    return min(_ROWS - 1, max(0, round((_ROWS - 1) * (1 - shown.y(height)))))


def _column(shown: Frame, number: float, size: int) -> int:
    return min(size - 1, max(0, round((size - 1) * shown.x(number))))


def _round_numbers(low: float, high: float) -> list[float]:
    """1, 2, 5 times powers of ten between two numbers above 0; only powers of ten where there are many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1.0, 2.0, 5.0) if len(powers) <= 4 else (1.0,)
    return [n for power in powers for step in steps if low <= (n := float(f"{step}e{power}")) <= high]


def _count(number: float) -> str:
    return f"{number:,.0f}"
