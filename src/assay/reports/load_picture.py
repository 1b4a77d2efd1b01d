"""Pictures of a load: how a time is distributed, with the intervals of its quantiles; a time cut into its stages."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from assay.reports.page import across, height, percent, pixels, upright
from assay.reports.picture import Axis
from assay.reports.text import harmless

_TOP: Final = 12.0
_BOTTOM: Final = 236.0
_LEFT: Final = 6.0
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_NAMED: Final = 0.08

Curve = tuple[tuple[float, float], ...]
"""Points of a distribution: time, share of requests that took no longer; neither decreases."""


class Bar(NamedTuple):
    """A quantile: its name, its share, its value, its interval."""

    name: str
    share: float
    value: float
    interval: tuple[float, float] | None


class Part(NamedTuple):
    """A part of a whole, and its share."""

    name: str
    share: float


def distribution(curve: Curve, bars: Sequence[Bar], label: str) -> Markup:
    """The share of requests that took no longer than a time, and the quantiles on it.

    Args:
        curve: points of it; empty where only the quantiles are known.
        bars: the quantiles.
        label: what a screen reader says.
    """
    flat, up = _flat(curve, bars), Axis(0.0, 1.0, 0.5)
    drawn = []
    within = [(at, share) for at, share in curve if at <= flat.high]
    for (a, p), (b, q) in zip(within, within[1:], strict=False):
        drawn.append(f'<line class="curve" x1="{percent(flat, a, _LEFT)}" y1="{_y(up, p)}" '
                     f'x2="{percent(flat, b, _LEFT)}" y2="{_y(up, q)}"/>')  # fmt: skip
    for one in bars:
        y, right = height(up, one.share, _TOP, _BOTTOM), one.value
        if one.interval is not None:
            left, right = one.interval
            wide = (98.0 - _LEFT) * (flat.place(right) - flat.place(left))
            drawn.append(f'<rect class="interval" x="{percent(flat, left, _LEFT)}" y="{pixels(y - 4)}" '
                         f'width="{pixels(max(0.4, wide))}%" height="8" rx="2"/>')  # fmt: skip
        drawn.append(f'<circle class="value" cx="{percent(flat, one.value, _LEFT)}" cy="{pixels(y)}" r="4.5"/>')
        inner = flat.place(max(right, one.value)) > 0.93
        at = min(one.value, *(one.interval or (one.value,))) if inner else max(right, one.value)
        drawn.append(f'<text class="name" x="{percent(flat, at, _LEFT)}" dx="{-9 if inner else 9}" y="{pixels(y)}" '
                     f'dy="4" text-anchor="{"end" if inner else "start"}">{escape(one.name)}</text>')  # fmt: skip
    axes = across(flat, _BOTTOM, _LEFT) + upright(up, _LEFT, _TOP, _BOTTOM)
    unit = f'<text class="tick" x="98%" y="{pixels(_BOTTOM + 36)}" text-anchor="end">ms →</text>'
    return Markup(f'<svg class="picture" role="img" aria-label="{escape(label)}" height="{pixels(_BOTTOM + 40)}">'
                  f"{axes}{''.join(drawn)}{unit}</svg>")  # fmt: skip


def stacked(parts: Sequence[Part], label: str) -> Markup:
    """A bar cut into its parts, in the order given.

    Args:
        parts: names and shares, which add up to 1.
        label: what a screen reader says before the parts.
    """
    drawn, left = [], 0.0
    for place, one in enumerate(parts):
        drawn.append(f'<rect class="stage{place}" x="{pixels(100 * left)}%" width="{pixels(100 * one.share)}%" '
                     f'height="30"/>')  # fmt: skip
        if one.share > _NAMED:
            middle = pixels(100 * (left + one.share / 2))
            drawn.append(f'<text class="tick" x="{middle}%" y="46" text-anchor="middle">{100 * one.share:.0f} %</text>')
        left += one.share
    spoken = f"{label}: " + "; ".join(f"{harmless(one.name)} {100 * one.share:.0f} %" for one in parts)
    return Markup(f'<svg class="picture" role="img" aria-label="{escape(spoken)}" height="50">{"".join(drawn)}</svg>')


def _flat(curve: Curve, bars: Sequence[Bar]) -> Axis:
    """From just below the shortest time to the end of the widest interval, or a little beyond p99; the rest is cut."""
    ends = [end for one in bars for end in (one.value, *(one.interval or ()))]
    tail = [at for at, share in curve if share <= 0.995]
    low, high = min([*ends, *(at for at, _ in curve[:1])]), max([*ends, *tail])
    span = high - low or abs(high) * 0.1 or 1.0
    high = max(high, low + span)
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = next(factor * size for factor in _STEPS if factor * size >= span / 4 * 0.999)
    return Axis(max(0.0, math.floor(low / step) * step), math.ceil(high / step - 1e-9) * step, step)


def _y(up: Axis, share: float) -> str:
    return pixels(height(up, share, _TOP, _BOTTOM))
