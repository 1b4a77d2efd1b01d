"""A control chart on a terminal and as a page."""

from typing import Any, Final

from markupsafe import Markup, escape

from assay.reports.html import when
from assay.reports.page import chance, height, page, pixels, signed, spanning, upright, with_u
from assay.reports.phrases import Phrases
from assay.reports.rounding import degrees_of_freedom, exact, significant
from assay.reports.text import harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.control import Control, ControlSignal
from assay.vocabulary.result import Note

_NARROWEST: Final = 40
_WIDEST: Final = 44
_STYLES: Final = {"strong": "1", "soft": "2", "action": "1;31", "warning": "1;33", "good": "1;32"}
_SPANS: Final = (("day", 1.0), ("hour", 1 / 24), ("second", 1 / 86_400))
_LEFT: Final = 9.0


class ControlView:
    """A chart in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Control, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)
        self.unit = "" if made.measurand.unit == "1" else f" {made.measurand.unit}"
        self.label = self.phrases.chosen(made.measurand.label, made.measurand.name)

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("control", code, **values)

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code = f"note.{note.code}"
        words = self.say(code, **{key: harmless(str(value)) for key, value in note.values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    @property
    def limits(self) -> str:
        """Where centre and limits come from."""
        made = self.made
        centre = with_u(made.centre, made.points[0].sigma)[0] + self.unit
        return self.say(f"limits.{made.limits_from}", centre=centre, n=made.baseline)

    @property
    def verdict(self) -> str:
        """Whether it is in control, in a sentence."""
        actions = sum(1 for one in self.made.signals if one.action)
        warnings = len(self.made.signals) - actions
        code = "out_of_control" if actions else "warned" if warnings else "in_control"
        return self.say(code, actions=actions, warnings=warnings)

    @property
    def drift(self) -> list[str]:
        """The trend and its row of the budget, in sentences; empty if there is none."""
        line = self.made.drift
        if line is None:
            return []
        name, factor = next((name, factor) for name, factor in _SPANS if line.days >= factor or name == "second")
        span = significant(line.days / factor, 3)
        return [
            self.say(f"drift.{name}", slope=signed(line.slope * factor, line.u * factor) + self.unit,
                     u=significant(line.u * factor), dof=degrees_of_freedom(line.dof), p=chance(line.p)),
            self.say(f"row.{name}", time=span, u=significant(line.row.u) + self.unit,
                     change=signed(line.change, line.row.u) + self.unit, share=_percentage(line.row.share)),
        ]  # fmt: skip

    def signal(self, one: ControlSignal) -> str:
        """A signal in a sentence."""
        rule = self.say(f"rule.{one.rule}")
        side = self.say(f"side.{'up' if one.side > 0 else 'down'}")
        time = when(self.made.points[one.place].time)
        return self.say("signal", place=one.place + 1, rule=rule, side=side, time=time)

    def worst(self, place: int) -> str:
        """``action``, ``warning`` or nothing: the worst signal at a point."""
        found = [one.action for one in self.made.signals if one.place == place]
        return "action" if any(found) else "warning" if found else ""


def terminal(made: Control, language: str, width: int = 100, colour: bool = False) -> str:
    """A chart for a terminal, one row a point, time going down.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = ControlView(made, language), max(width, _NARROWEST), list[str]()

    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and style and text else text

    def put(text: str, indent: int = 2, style: str = "") -> None:
        lines.extend(" " * indent + paint(line, style) for line in wrap(harmless(text), wide - indent))

    put(f"{seen.say('kind')}: {seen.label}", 0, "strong")
    put(f"{made.title} · {made.material}")
    put(seen.limits)
    lines.append("")
    for place, text in enumerate(_rows(seen, wide)):
        lines.append(paint(text, seen.worst(place - 1)) if place else paint(text, "soft"))
    lines.append("")
    put(seen.verdict, 2, "good" if made.in_control else "action")
    for one in made.signals:
        put("· " + seen.signal(one), 2, "action" if one.action else "warning")
    for text in seen.drift:
        put(text)
    for note in made.notes:
        put("· " + seen.note(note))
    return "".join(line + "\n" for line in lines)


def html(made: Control, language: str) -> str:
    """The page of a chart: one HTML document without scripts, which needs nothing else."""
    seen = ControlView(made, language)
    numbers = [with_u(point.value, point.u_own) for point in made.points]
    return page(
        "control.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, picture=chart_svg(seen),
        numbers=numbers, times=[when(point.time) for point in made.points],
        averages=[with_u(point.ewma, point.sigma)[0] for point in made.points],
        row_name=seen.phrases.term("component", "drift"),
    )  # fmt: skip


def chart_svg(seen: ControlView) -> Markup:
    """The points in order of time with their limits, and the moving average with its own."""
    points, made = seen.made.points, seen.made
    numbers = [made.centre]
    for one in points:
        numbers += [one.value, one.lower, one.upper, one.ewma]
    up, top, bottom = spanning(numbers), 10.0, 290.0
    step = (97 - _LEFT) / len(points)

    def x(place: float) -> str:
        return f"{pixels(_LEFT + step * (place + 0.5))}%"

    def y(number: float) -> str:
        return pixels(height(up, number, top, bottom))

    drawn = [f'<line class="centre" x1="{_LEFT}%" x2="97%" y1="{y(made.centre)}" y2="{y(made.centre)}"/>']
    for i, one in enumerate(points):
        low, high = x(i - 0.5), x(i + 0.5)
        tall = pixels(height(up, one.ewma_lower, top, bottom) - height(up, one.ewma_upper, top, bottom))
        drawn.append(f'<rect class="band" x="{low}" width="{pixels(step)}%" y="{y(one.ewma_upper)}" height="{tall}"/>')
        drawn += [f'<line class="bound" x1="{low}" x2="{high}" y1="{y(at)}" y2="{y(at)}"/>'
                  for at in (one.lower, one.upper)]  # fmt: skip
    for kind, values in (("average", [p.ewma for p in points]), ("joined", [p.value for p in points])):
        drawn += [f'<line class="{kind}" x1="{x(i)}" x2="{x(i + 1)}" y1="{y(a)}" y2="{y(b)}"/>'
                  for i, (a, b) in enumerate(zip(values, values[1:], strict=False))]  # fmt: skip
    for i, one in enumerate(points):
        drawn.append(f'<circle class="value {seen.worst(i)}" cx="{x(i)}" cy="{y(one.value)}" r="4.5"/>')
    every = max(1, len(points) // 12)
    drawn += [f'<text class="tick" x="{x(i)}" y="{bottom + 19:.0f}" text-anchor="middle">{i + 1}</text>'
              for i in range(0, len(points), every)]  # fmt: skip
    label = "; ".join(f"{i + 1}: {significant(one.value, 4)}" for i, one in enumerate(points))
    inside = "".join(drawn) + upright(up, _LEFT, top, bottom)
    return Markup(f'<svg class="picture control" role="img" aria-label="{escape(label)}" height="{bottom + 24:.0f}">'
                  f"{inside}</svg>")  # fmt: skip


def _percentage(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.005 else "<1"


def _rows(seen: ControlView, wide: int) -> list[str]:
    """A head and a row for each point: number, time, value, and where it stands between its limits."""
    points = seen.made.points
    values = [with_u(one.value, one.u_own)[0] for one in points]
    times = [when(one.time).removesuffix(" UTC") for one in points]
    sizes = (len(str(len(points))), max(map(columns, times)), max(map(columns, values)))
    size = min(_WIDEST, wide - sum(sizes) - 10)
    if size < 12:
        return ["", *(f"  {i + 1} {value}" for i, value in enumerate(values))]
    numbers = [at for one in points for at in (one.value, one.lower, one.upper, one.ewma)]
    axis = spanning(numbers)

    def cell(number: float) -> int:
        return min(size - 1, int(axis.place(number) * size))

    before = " " * (sum(sizes) + 8)
    low, high = exact(axis.ticks()[0]), exact(axis.ticks()[-1])
    rows = [before + low + " " * max(1, size - columns(low) - columns(high)) + high]
    for i, one in enumerate(points):
        cells = [" "] * size
        for at, sign in ((one.lower, "┊"), (one.upper, "┊"), (seen.made.centre, "│"), (one.ewma, "·"),
                         (one.value, "●")):  # fmt: skip
            cells[cell(at)] = sign
        number, value = pad(str(i + 1), sizes[0], right=True), pad(values[i], sizes[2], right=True)
        rows.append(f"  {number}  {pad(times[i], sizes[1])}  {value}  {''.join(cells)}".rstrip())
    return rows
