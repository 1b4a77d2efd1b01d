"""Where things stand on the picture of a result: an axis, its ticks, and a drawing of it as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from assay.reports.rounding import exact
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import LONGER_THAN_ANY, Result

_NARROW: Final = 0.35
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Axis:
    """A stretch of a measurand's scale.

    Attributes:
        low: left end, in the measurand's unit.
        high: right end, above ``low``.
        step: distance of the ticks.
    """

    low: float
    high: float
    step: float

    def place(self, number: float) -> float:
        """Where a number stands, from 0 (left) to 1 (right); what lies outside stands at the end."""
        return min(1.0, max(0.0, (number - self.low) / (self.high - self.low)))

    def ticks(self) -> list[float]:
        """The numbers to print along the axis."""
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [_clean(index * self.step) for index in range(first, min(last, first + 20) + 1)]


def axes(result: Result, measurand: Measurand, limits: Sequence[float]) -> list[Axis]:
    """The whole scale of the measurand, and a detail of it if what there is to see fills only a small part.

    Args:
        result: the result to be drawn.
        measurand: its definition; a bound that it does not have is replaced by one around the numbers.
        limits: the limits of its requirements, in the measurand's unit.
    """
    numbers = [*limits, *(result.interval or ()), *(end for end in result.if_lost or () if end < LONGER_THAN_ANY / 2)]
    if result.value is not None:
        numbers.append(result.value)
    numbers = numbers or [0.0]
    around = _around(min(numbers), max(numbers), measurand)
    low = around.low if measurand.low is None else measurand.low
    high = around.high if measurand.high is None else measurand.high
    if not low < high:
        return [around]
    whole = Axis(low, high, _step(high - low))
    if max(numbers) - min(numbers) < _NARROW * (high - low) and result.interval is not None:
        return [whole, around]
    return [whole]


def svg(result: Result, axis: Axis, limits: Sequence[tuple[float, str]], label: str) -> Markup:
    """The result on an axis; positions are percentages, so that it fits any width with text of one size.

    Args:
        result: the result to be drawn.
        axis: the stretch to draw it on.
        limits: the limits of its requirements, each with the words beside it.
        label: what a screen reader says.
    """
    drawn: list[str] = []
    if result.if_lost is not None:
        drawn.append(_bar("lost", axis, result.if_lost, 38, 7))
    if result.interval is not None:
        drawn.append(_bar("interval", axis, result.interval, 20, 13))
    drawn.append('<line class="axis" x1="2%" x2="98%" y1="51" y2="51"/>')
    for tick in axis.ticks():
        at = _percent(axis.place(tick))
        anchor = _anchor(axis.place(tick), 0.03)
        drawn.append(f'<line class="axis" x1="{at}" x2="{at}" y1="51" y2="56"/>')
        drawn.append(f'<text class="tick" x="{at}" y="70" text-anchor="{anchor}">{escape(exact(tick))}</text>')
    for limit, words in limits:
        place = axis.place(limit)
        at = _percent(place)
        for kind in ("halo", "limit"):
            drawn.append(f'<line class="{kind}" x1="{at}" x2="{at}" y1="16" y2="51"/>')
        drawn.append(
            f'<text class="limit" x="{at}" y="11" text-anchor="{_anchor(place, 0.2)}">{escape(words)}</text>'
        )
    if result.value is not None:
        drawn.append(f'<circle class="value" cx="{_percent(axis.place(result.value))}" cy="26.5" r="5.5"/>')
    inside = "".join(drawn)
    return Markup(f'<svg class="picture" role="img" aria-label="{escape(label)}" height="74">{inside}</svg>')


def share_svg(share: float) -> Markup:
    """A horizontal bar for a share between 0 and 1."""
    wide = _number(100 * min(1.0, max(0.0, share)))
    return Markup(
        '<svg class="share" aria-hidden="true" height="8"><rect class="rest" width="100%" height="8" rx="2"/>'
        f'<rect class="part" width="{wide}%" height="8" rx="2"/></svg>'
    )


def _bar(kind: str, axis: Axis, ends: tuple[float, float], y: int, height: int) -> str:
    left, right = axis.place(min(ends)), axis.place(max(ends))
    wide = max(right - left, 0.004)
    left = min(left, 1 - wide)
    return (
        f'<rect class="{kind}" x="{_percent(left)}" y="{y}" width="{_number(96 * wide)}%" height="{height}" rx="2.5"/>'
    )


def _percent(place: float) -> str:
    return f"{_number(2 + 96 * place)}%"


def _number(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _anchor(place: float, margin: float) -> str:
    if place < margin:
        return "start"
    return "end" if place > 1 - margin else "middle"


def _around(low: float, high: float, measurand: Measurand) -> Axis:
    """An axis with air on both sides, ending on ticks and within the measurand's bounds."""
    span = high - low or abs(high) * 0.1 or 1.0
    step = _step(1.3 * span)
    left = _clean(math.floor((low - 0.15 * span) / step) * step)
    right = _clean(math.ceil((high + 0.15 * span) / step) * step)
    if measurand.low is not None and low >= measurand.low:
        left = max(left, measurand.low)
    if measurand.high is not None and high <= measurand.high:
        right = min(right, measurand.high)
    return Axis(left, right if right > left else left + span, step)


def _step(span: float) -> float:
    """A round number that divides a span into about four."""
    size = 10.0 ** math.floor(math.log10(span / 4))
    return next(factor * size for factor in _STEPS if factor * size >= span / 4 * 0.999)


def _clean(number: float) -> float:
    """Without the dust of binary fractions: 0.30000000000000004 becomes 0.3."""
    return float(f"{number:.12g}")
