"""A Pareto front on a terminal and as a page: both quantities of each system with their intervals."""

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from assay.reports.page import drawn_chance, page
from assay.reports.phrases import Phrases
from assay.reports.rounding import exact, rounded
from assay.reports.scatter import Mark, Named, letter, plot, svg
from assay.reports.text import harmless, wrap
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Note, Result
from assay.vocabulary.tradeoff import Pareto, ParetoPoint, Stated

_NARROWEST: Final = 40
_STYLES: Final = {"strong": "1", "front": "1;32", "dominated": "1;31", "cannot_tell": "1;33"}


@dataclass(frozen=True)
class PointView:
    """A system with its numbers as text."""

    letter: str
    name: str
    point: ParetoPoint
    x: str
    y: str
    on_front: str
    verdict: str


class ParetoView:
    """A front in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Pareto, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)
        self.named = Named(self.axis(made.x), self.axis(made.y))
        self.points = [self._point(place, one) for place, one in enumerate(made.points)]

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("tradeoff", code, **values)

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code = f"note.{note.code}"
        words = self.say(code, **{key: harmless(str(value)) for key, value in note.values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    def axis(self, one: Measurand) -> str:
        """An axis with its unit, and which way is better."""
        suffix = one.name.partition(":")[2].partition("/")[0]
        label = self.phrases.chosen(one.label, one.name)
        had = f"({suffix})" in label or f"（{suffix}）" in label
        label += f" ({suffix})" if suffix and not had else ""
        label = label if one.unit == "1" else self.say("with_unit", label=label, unit=one.unit)
        return self.say(f"axis.{one.better}", label=label)

    @property
    def title(self) -> str:
        """Both quantities."""
        return " / ".join(self.phrases.chosen(one.label, one.name) for one in (self.made.y, self.made.x))

    @property
    def marks(self) -> list[Mark]:
        """The systems as points."""
        return [Mark(view.letter, view.point.x, view.point.y, view.point.standing) for view in self.points]

    def _point(self, place: int, one: ParetoPoint) -> PointView:
        name = " · ".join([one.title, *(f"{key} = {text}" for key, text in one.differs.items())])
        by = "" if one.dominated_by is None else letter(one.dominated_by)
        verdict = self.say(f"standing.{one.standing}")
        if by and one.standing != "front":
            verdict = self.say(f"by.{one.standing}", by=by, p=drawn_chance(one.probability_dominated))
        return PointView(letter(place), harmless(name), one, stated(one.x, self.made.x), stated(one.y, self.made.y),
                         drawn_chance(one.on_front), verdict)  # fmt: skip


def stated(one: Stated, measurand: Measurand, level: float = 0.95) -> str:
    """A number with its interval, rounded together."""
    result = Result(
        measurand="", estimand="fixed", value=one.value, u=None, interval=one.interval, level=level, k=None, dof=None,
        method="none", n_effective=None, n_items=0, n_groups=None, n_repeats=1, n_variants=1, n_observations=0,
        counts={}, if_lost=None,
    )  # fmt: skip
    shown = rounded(result, measurand)
    if one.interval is None or one.interval[0] == one.interval[1]:
        return shown.value or "–"
    return f"{shown.value} [{shown.low}, {shown.high}]"


def terminal(made: Pareto, language: str, width: int = 100, colour: bool = False) -> str:
    """A front for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = ParetoView(made, language), max(width, _NARROWEST), list[str]()

    def put(words: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(words), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    put(f"{seen.say('pareto.kind')}: {seen.title}", 0, "strong")
    lines.append("")
    lines += plot(seen.marks, seen.named, wide)
    lines.append("")
    for view in seen.points:
        put(f"{view.letter}  {view.name}", 2, "strong")
        put(f"x {view.x} · y {view.y}", 5)
        put(f"{view.verdict} · {seen.say('on_front', p=view.on_front)}", 5, view.point.standing)
    put(seen.say("pareto.explained", risk=exact(made.risk), level=exact(made.level), draws=f"{made.draws:,}"))
    for note in made.notes:
        put("· " + seen.note(note))
    return "".join(line.rstrip() + "\n" for line in lines)


def html(made: Pareto, language: str) -> str:
    """The page of a front: one HTML document without scripts, which needs nothing else."""
    seen = ParetoView(made, language)
    return page("pareto.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language,
                picture=pareto_svg(seen), level=exact(made.level), risk=exact(made.risk))  # fmt: skip


def pareto_svg(seen: ParetoView) -> Markup:
    """The systems as points with whiskers."""
    return svg(seen.marks, seen.named)
