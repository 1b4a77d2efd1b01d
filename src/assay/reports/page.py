"""What pages beside the report share: their template engine, axes around numbers, and numbers with an uncertainty."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from assay.reports.picture import Axis
from assay.reports.rounding import exact, rounded, significant
from assay.reports.text import harmless
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Result

_HERE: Final = Path(__file__).parent
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_FREE: Final = Measurand(name="", label={}, definition={}, better="none")


def page(template: str, **values: Any) -> str:
    """A whole HTML document from a template of this room; every text in it is made harmless and escaped."""
    style = Markup((_HERE / "report.css").read_text("utf-8"))
    return environment().get_template(template).render(style=style, **values)


def environment() -> jinja2.Environment:
    """The template engine of this room: whatever is printed is made harmless, then escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_finalize,
    )  # fmt: skip


def spanning(numbers: Sequence[float]) -> Axis:
    """An axis on which all these numbers stand, with air on both sides, ending on ticks."""
    low, high = min(numbers), max(numbers)
    span = high - low or abs(high) * 0.1 or 1.0
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = next(factor * size for factor in _STEPS if factor * size >= span / 4 * 0.999)
    return Axis(math.floor(low / step - 0.1) * step, math.ceil(high / step + 0.1) * step, step)


def with_u(value: float, u: float) -> tuple[str, str]:
    """A value and its standard uncertainty as text: two significant digits of u, the value to the same place."""
    result = Result(
        measurand="", estimand="fixed", value=value, u=u, interval=None, level=0.95, k=None, dof=None, method="none",
        n_effective=None, n_items=0, n_groups=None, n_repeats=1, n_variants=1, n_observations=0, counts={},
        if_lost=None,
    )  # fmt: skip
    shown = rounded(result, _FREE)
    return shown.value or "–", shown.u or "–"


def signed(number: float, u: float) -> str:
    """A difference with its sign, to the place of its standard uncertainty."""
    text = with_u(number, u)[0]
    return text if text.startswith("−") else f"+{text}"


def chance(p: float) -> str:
    """A probability; one that cannot be told from 0 or 1 in print is not shown as either."""
    if 0 < p < 1e-4:
        return "<0.0001"
    return ">0.9999" if 0.9999 < p < 1 else significant(p, 2) if p < 0.1 else f"{p:.3f}"


def drawn_chance(p: float) -> str:
    """A share of many draws: none of them, or all of them, does not show that the probability is 0 or 1."""
    if p < 1e-4:
        return "<0.0001"
    return ">0.9999" if p > 0.9999 else chance(p)


def percent(axis: Axis, number: float, low: float = 2.0, high: float = 98.0) -> str:
    """Where a number stands across a picture, its axis going from ``low`` to ``high`` percent of the width."""
    return f"{pixels(low + (high - low) * axis.place(number))}%"


def pixels(number: float) -> str:
    """A coordinate with as few digits as it needs."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def across(axis: Axis, bottom: float, low: float = 2.0, high: float = 98.0) -> str:
    """A horizontal axis with its ticks at height ``bottom``."""
    drawn = [f'<line class="axis" x1="{low}%" x2="{high}%" y1="{pixels(bottom)}" y2="{pixels(bottom)}"/>']
    for tick in axis.ticks():
        x = percent(axis, tick, low, high)
        drawn.append(f'<line class="axis" x1="{x}" x2="{x}" y1="{pixels(bottom)}" y2="{pixels(bottom + 5)}"/>')
        drawn.append(f'<text class="tick" x="{x}" y="{pixels(bottom + 19)}" text-anchor="middle">'
                     f"{escape(exact(tick))}</text>")  # fmt: skip
    return "".join(drawn)


def upright(axis: Axis, left: float, top: float, bottom: float) -> str:
    """A vertical axis with its ticks at ``left`` percent of the width, from ``top`` to ``bottom``."""
    drawn = [f'<line class="axis" x1="{left}%" x2="{left}%" y1="{pixels(top)}" y2="{pixels(bottom)}"/>']
    for tick in axis.ticks():
        y = pixels(height(axis, tick, top, bottom))
        drawn.append(f'<line class="axis" x1="{pixels(left - 0.8)}%" x2="{left}%" y1="{y}" y2="{y}"/>')
        drawn.append(f'<text class="tick" x="{pixels(left - 1.2)}%" y="{y}" dy="4" text-anchor="end">'
                     f"{escape(exact(tick))}</text>")  # fmt: skip
    return "".join(drawn)


def height(axis: Axis, number: float, top: float, bottom: float) -> float:
    """Where a number stands from top to bottom of a picture, in pixels."""
    return bottom - (bottom - top) * axis.place(number)


def _finalize(value: Any) -> Any:
    return harmless(value, keep_lines=True) if isinstance(value, str) and not isinstance(value, Markup) else value
