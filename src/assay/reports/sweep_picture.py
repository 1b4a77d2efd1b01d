"""A sweep drawn: answers against requests with the knee, times against the load, speed for one against that of all."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from assay.reports.page import across, height, percent, pixels, spanning, upright
from assay.reports.picture import Axis
from assay.reports.text import harmless
from assay.vocabulary.result import Result
from assay.vocabulary.sweep import FoundKnee, Sweep, SweepPoint
from assay.vocabulary.tradeoff import Stated

_TOP: Final = 12.0
_BOTTOM: Final = 300.0
_LEFT: Final = 9.0
_FINE: Final = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Logarithmic(Axis):
    """A logarithmic axis; both ends are above 0."""

    def place(self, number: float) -> float:
        """Where a number stands, from 0 to 1."""
        if number <= self.low:
            return 0.0
        return min(1.0, math.log(number / self.low) / math.log(self.high / self.low))

    def ticks(self) -> list[float]:
        """1, 2 and 5 of each power of ten; only the powers where there are many."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        steps = _FINE if last - first <= 3 else _FINE[:1]
        found = [float(f"{step * 10.0**power:.12g}") for power in range(first, last + 1) for step in steps]
        return [tick for tick in found if self.low <= tick * (1 + 1e-9) and tick <= self.high * (1 + 1e-9)]


@dataclass(frozen=True)
class At:
    """One point of a series: where it stands, with intervals; ``kind`` is its class on a page."""

    x: Stated
    y: Stated
    kind: str = ""
    label: str = ""


@dataclass(frozen=True)
class Series:
    """Points that belong together; ``joined``: by lines, in their order."""

    name: str
    points: tuple[At, ...]
    joined: bool = True


@dataclass(frozen=True)
class Frame:
    """Both axes with their names."""

    x: Axis
    y: Axis
    across: str
    up: str

    def at_x(self, number: float) -> str:
        """Where a number stands across."""
        return percent(self.x, number, _LEFT)

    def at_y(self, number: float) -> str:
        """Where a number stands upwards."""
        return pixels(height(self.y, number, _TOP, _BOTTOM))


def stated(result: Result | None) -> Stated | None:
    """A result as a point's coordinate; None if it has no value."""
    return None if result is None or result.value is None else Stated(value=result.value, interval=result.interval)


def throughput(made: Sweep, measurand: str, names: tuple[str, str]) -> Markup | None:
    """Answers a second against requests a second, with the knee; None with fewer than two points."""
    points = [At(Stated(value=one.offered), found, one.state) for one in made.points
              if one.offered is not None and (found := stated(one.result(measurand))) is not None]  # fmt: skip
    if len(points) < 2:
        return None
    knee = [] if made.knee is None else [made.knee.low, made.knee.high or made.knee.low]
    frame = Frame(_from_zero([*_ends(points, "x"), *knee]), _from_zero(_ends(points, "y")), *names)
    return _svg(frame, [Series("throughput", tuple(points), joined=False)], _knee(frame, made.knee, points))


def times(made: Sweep, measurands: Sequence[tuple[str, str]], names: tuple[str, str]) -> Markup | None:
    """Times against the load on a logarithmic scale, a series for each measurand; None with fewer than two points."""
    series = [Series(kind, tuple(_against_load(made.points, name))) for name, kind in measurands]
    every = [at for one in series for at in one.points]
    ends = [end for end in _ends(every, "y") if end > 0]
    if len({at.x.value for at in every}) < 2 or not ends:
        return None
    frame = Frame(_from_zero(_ends(every, "x")), _decades(min(ends), max(ends)), *names)
    return _svg(frame, series, [])


def each_and_all(made: Sweep, all_of: str, gap: str, names: tuple[str, str]) -> Markup | None:
    """Tokens a second for one user against those of all; the load stands beside each point.

    Args:
        made: the sweep.
        all_of: measurand of all tokens a second.
        gap: measurand of the time for a token, in milliseconds: a user gets 1000 by it.
        names: of both axes.
    """
    points = []
    for one in made.points:
        tokens, each = stated(one.result(all_of)), stated(one.result(gap))
        if tokens is not None and each is not None and each.value > 0:
            points.append(At(per_user(each), tokens, one.state, f"{one.setting:g}"))
    if len(points) < 2:
        return None
    frame = Frame(_from_zero(_ends(points, "x")), _from_zero(_ends(points, "y")), *names)
    return _svg(frame, [Series("front", tuple(points))], [])


def per_user(gap: Stated) -> Stated:
    """Tokens a second of one user, from the milliseconds for a token."""
    ends = None
    if gap.interval is not None and gap.interval[0] > 0:
        ends = (1000 / gap.interval[1], 1000 / gap.interval[0])
    return Stated(value=1000 / gap.value, interval=ends)


def _against_load(points: Sequence[SweepPoint], measurand: str) -> list[At]:
    found = []
    for one in points:
        value = stated(one.result(measurand))
        if value is not None and value.value > 0:
            load = one.setting if one.offered is None else one.offered
            found.append(At(Stated(value=load), value, one.state))
    return found


def _knee(frame: Frame, knee: FoundKnee | None, points: Sequence[At]) -> list[str]:
    """The broken line, and the interval of the knee as a band."""
    last = max(at.x.value for at in points)
    if knee is None:
        return []
    drawn = []
    if knee.value is not None and knee.high is not None:
        left, right = frame.x.place(knee.low), frame.x.place(knee.high)
        wide = pixels((98.0 - _LEFT) * max(0.002, right - left))
        drawn.append(f'<rect class="band" x="{frame.at_x(knee.low)}" y="{pixels(_TOP)}" width="{wide}%" '
                     f'height="{pixels(_BOTTOM - _TOP)}"/>')  # fmt: skip
    top = last if knee.value is None else min(knee.value, last)
    drawn.append(_line(frame, (0.0, 0.0), (top, top), "expected"))
    if knee.value is not None:
        drawn.append(_line(frame, (top, top), (last, top), "expected"))
    return drawn


def _line(frame: Frame, a: tuple[float, float], b: tuple[float, float], kind: str) -> str:
    return (f'<line class="{kind}" x1="{frame.at_x(a[0])}" y1="{frame.at_y(a[1])}" x2="{frame.at_x(b[0])}" '
            f'y2="{frame.at_y(b[1])}"/>')  # fmt: skip


def _ends(points: Sequence[At], axis: str) -> list[float]:
    found: list[float] = []
    for at in points:
        one: Stated = at.x if axis == "x" else at.y
        found += [one.value, *(one.interval or ())]
    return found


def _from_zero(numbers: Sequence[float]) -> Axis:
    """An axis from 0 on, which ends on a tick with air beyond the numbers."""
    axis = spanning([0.0, *numbers])
    return Axis(0.0, axis.high, axis.step)


def _decades(low: float, high: float) -> Axis:
    """A logarithmic axis around two numbers, ending on ticks."""

    def at(number: float, choose: Callable[[list[float]], float], fits: Callable[[float], bool]) -> float:
        power = math.floor(math.log10(number))
        return choose([step * 10.0**p for p in (power - 1, power, power + 1) for step in _FINE if fits(step * 10.0**p)])

    left, right = at(low, max, lambda tick: tick <= 0.95 * low), at(high, min, lambda tick: tick >= 1.05 * high)
    return Logarithmic(left, right, 1.0)


def _svg(frame: Frame, series: Sequence[Series], behind: Sequence[str]) -> Markup:
    drawn = list(behind)
    for one in series:
        if one.joined:
            drawn += [_line(frame, (a.x.value, a.y.value), (b.x.value, b.y.value), f"joined {one.name}")
                      for a, b in zip(one.points, one.points[1:], strict=False)]  # fmt: skip
        drawn += [mark for at in one.points for mark in _marks(frame, at, one.name)]
    label = "; ".join(f"{one.name}: " + ", ".join(f"({at.x.value:.4g}, {at.y.value:.4g})" for at in one.points)
                      for one in series)  # fmt: skip
    drawn.append(f'<text class="tick" x="98%" y="{_BOTTOM + 38:.0f}" text-anchor="end">'
                 f"{escape(harmless(frame.across))} →</text>")  # fmt: skip
    inside = "".join(drawn) + across(frame.x, _BOTTOM, _LEFT) + upright(frame.y, _LEFT, _TOP, _BOTTOM)
    return Markup(f'<p class="caption">↑ {escape(harmless(frame.up))}</p><svg class="picture sweep" role="img" '
                  f'aria-label="{escape(label)}" height="{_BOTTOM + 46:.0f}">{inside}</svg>')  # fmt: skip


def _marks(frame: Frame, at: At, name: str) -> list[str]:
    x, y, drawn = frame.at_x(at.x.value), frame.at_y(at.y.value), []
    if at.x.interval is not None:
        low, high = map(frame.at_x, at.x.interval)
        drawn.append(f'<line class="whisker {name} {at.kind}" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>')
    if at.y.interval is not None:
        low, high = map(frame.at_y, at.y.interval)
        drawn.append(f'<line class="whisker {name} {at.kind}" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>')
    drawn.append(f'<circle class="value {name} {at.kind}" cx="{x}" cy="{y}" r="4.5"/>')
    if at.label:
        drawn.append(f'<text class="name" x="{x}" y="{y}" dx="9" dy="-8">{escape(at.label)}</text>')
    return drawn
