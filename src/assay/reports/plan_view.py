"""A plan on a terminal and as a page: the designs as a table, and what they give against what they cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from assay.reports.page import page
from assay.reports.phrases import Phrases
from assay.reports.plan_plot import legend, svg, text_plot
from assay.reports.rounding import exact, significant
from assay.reports.text import harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.plan_record import PlannedDesign, StudyPlan
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

_NARROWEST: Final = 48
_STYLES: Final = {"strong": "1", "soft": "2", "yes": "1;32", "no": "1;31"}


@dataclass(frozen=True)
class Line:
    """A row of the table: what it is, and its cells as text."""

    kind: str
    cells: tuple[str, ...]


class PlanView:
    """A plan in one language.

    Args:
        plan: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, plan: StudyPlan, language: str) -> None:
        self.plan = plan
        self.phrases = Phrases(language)
        self.unit = "" if plan.measurand.unit == "1" else f" {plan.measurand.unit}"
        self.label = self.phrases.chosen(plan.measurand.label, plan.measurand.name)
        self.head = tuple(self.say(f"column.{name}") for name in self._columns())
        self.lines = self._lines()

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("plan", code, **values)

    @property
    def target(self) -> str:
        """What is to be reached, in a sentence."""
        target = self.plan.target
        if target.kind == "u":
            return self.say("target.u", u=exact(target.u or 0.0) + self.unit)
        power = exact(target.power or 0.0)
        if target.kind == "detect":
            return self.say("target.detect", difference=exact(target.difference or 0.0) + self.unit, power=power,
                            level=exact(target.level or 0.0))  # fmt: skip
        asked = " · ".join(
            self.phrases.words("labels", "requirement.at_least", limit=exact(one.at_least) + self.unit)
            if one.at_least is not None
            else self.phrases.words("labels", "requirement.at_most", limit=exact(one.at_most or 0.0) + self.unit)
            for one in target.requirements
        )
        score = significant(target.score or 0.0, 3) + self.unit
        return self.say("target.decide", asked=asked, score=score, power=power)

    @property
    def answer(self) -> list[str]:
        """The answer in sentences."""
        made, said = self.plan, []
        if made.chosen is not None:
            said.append(self.say("answer.yes", **self._sizes(made.chosen)))
            said.append(self._careful(made))
        elif made.reason is not None:
            why = self.value_note(Note(code=f"reason.{made.reason.code}", values=made.reason.values))
            said.append(self.say("answer.no") + self.say("between_sentences") + why)
            if made.nearest is not None:
                said.append(self.say("answer.nearest", **self._sizes(made.nearest)))
        return [one for one in said if one]

    def value_note(self, note: Note) -> str:
        """A remark with its values."""
        return self.say(note.code, **{key: _shown(value) for key, value in note.values.items()})

    @property
    def notes(self) -> list[str]:
        """Remarks."""
        return [self.value_note(Note(code=f"note.{one.code}", values=one.values)) for one in self.plan.notes]

    @property
    def components(self) -> list[Line]:
        """Components of a reading: source, standard deviation, variance with its uncertainty, where it is from."""
        rows = []
        least = 1e-12 * sum(one.variance for one in self.plan.components.values())  # below it, rounding of floats
        for source, one in self.plan.components.items():
            spread = "" if one.u is None else f" ± {significant(one.u if one.u > least else 0.0)}"
            cells = (self.say(f"component.{source}"), significant(one.sd, 3), significant(one.variance, 3) + spread,
                     self.say(f"origin.{one.origin}"))  # fmt: skip
            rows.append(Line(source, cells))
        return rows

    @property
    def component_head(self) -> tuple[str, ...]:
        """Titles of their columns."""
        return tuple(self.say(f"column.{name}") for name in ("component", "sd", "variance", "origin"))

    @property
    def basis(self) -> list[str]:
        """What the plan rests on, in short statements."""
        one, said = self.plan.basis, []
        if one.pilots:
            said.append(self.say("basis.pilot", runs=", ".join(one.pilots), items=one.pilot_items))
        else:
            said.append(self.say("basis.assumed"))
        if one.value is not None and self.plan.target.kind != "detect":
            said.append(self.say("basis.value", value=significant(one.value, 3) + self.unit,
                                 origin=self.say(f"origin.{one.value_origin}")))  # fmt: skip
        said.append(self.say("basis.items", n=f"{one.items_available:,}"))
        if one.variants_available is not None:
            said.append(self.say("basis.variants", n=one.variants_available))
        if one.group_size is not None:
            said.append(self.say("basis.groups", size=significant(one.group_size, 3)))
        if one.input_tokens is not None:
            output = "–" if one.output_tokens is None else significant(one.output_tokens, 3)
            said.append(self.say("basis.tokens", input=significant(one.input_tokens, 3), output=output,
                                 origin=self.say(f"origin.{one.tokens_origin}")))  # fmt: skip
        if one.latency_s is not None:
            said.append(self.say("basis.time", latency=significant(one.latency_s), n=one.connections))
        return said

    def height(self, number: float) -> str:
        """A number of the vertical scale."""
        return significant(number) if self.plan.target.kind == "u" else f"{number:.2f}"

    def _careful(self, made: StudyPlan) -> str:
        chosen = made.chosen
        assert chosen is not None
        if not made.basis.pilots:
            return ""
        values = {"confidence": exact(made.basis.confidence), "u": significant(chosen.u_conservative) + self.unit,
                  "p": _chance(chosen.probability_conservative)}  # fmt: skip
        kind = "u" if chosen.probability is None else "p"
        said = self.say(f"careful.{kind}", **values)
        if made.conservative is None:
            return said + self.say("between_sentences") + self.say("careful.none")
        return said + self.say("between_sentences") + self.say("careful.design", **self._sizes(made.conservative))

    def _sizes(self, one: PlannedDesign) -> dict[str, str]:
        return {
            "items": f"{one.items:,}", "variants": f"{one.variants:,}", "repeats": f"{one.repeats:,}",
            "requests": f"{one.requests:,}", "u": significant(one.u) + self.unit, "p": _chance(one.probability),
            "gives": self.say("gives.u" if one.probability is None else "gives.p",
                              u=significant(one.u) + self.unit, p=_chance(one.probability)),
        }  # fmt: skip

    def _columns(self) -> tuple[str, ...]:
        chance = () if self.plan.target.kind == "u" else ("probability",)
        careful = ("careful",) if self.plan.basis.pilots else ()
        known = self.plan.chosen or self.plan.needed or self.plan.nearest
        spent = () if known is None else (("tokens", known.tokens), ("cost", known.cost), ("time", known.time_s))
        names = [name for name, amount in spent if amount is not None]
        return ("design", "items", "variants", "repeats", "u", *chance, *careful, "requests", *names)

    def _lines(self) -> list[Line]:
        made = self.plan
        careful = made.conservative if made.basis.pilots else None
        others = (("other", one) for one in made.alternatives)
        last = (("nearest", made.nearest), ("needed", made.needed))
        rows = (("chosen", made.chosen), ("conservative", careful), *others, *last)
        return [Line(kind, self._row(kind, one)) for kind, one in rows if one is not None]

    def _row(self, kind: str, one: PlannedDesign) -> tuple[str, ...]:
        careful = significant(one.u_conservative)
        if one.probability is not None:
            careful = _chance(one.probability_conservative)
        cost = "–" if one.cost is None else f"{money(one.cost)} {harmless(self.plan.basis.currency)}".strip()
        cells = {
            "design": self.say(f"design.{kind}"), "items": f"{one.items:,}", "variants": f"{one.variants:,}",
            "repeats": f"{one.repeats:,}", "u": significant(one.u), "probability": _chance(one.probability),
            "careful": careful, "requests": f"{one.requests:,}", "cost": cost,
            "tokens": "–" if one.tokens is None else f"{one.tokens:,}",
            "time": "–" if one.time_s is None else self.duration(one.time_s),
        }  # fmt: skip
        return tuple(cells[name] for name in self._columns())

    def duration(self, seconds: float) -> str:
        """Seconds as people say them."""
        for code, size in (("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0)):
            if seconds >= 2 * size:
                return self.say(f"time.{code}", n=significant(seconds / size))
        return self.say("time.seconds", n=significant(seconds))


def terminal(plan: StudyPlan, language: str, width: int = 80, colour: bool = False) -> str:
    """A plan for a terminal.

    Args:
        plan: what to show.
        language: ``en`` or ``zh``.
        width: columns of the terminal.
        colour: whether to use ANSI colours.
    """
    seen, wide = PlanView(plan, language), max(width, _NARROWEST)
    lines: list[str] = []

    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and style and text else text

    def put(text: str, indent: int = 0, style: str = "") -> None:
        lines.extend(" " * indent + paint(line, style) for line in wrap(harmless(text), wide - indent))

    put(seen.say("headline", title=plan.title, label=seen.label), 0, "strong")
    put(seen.target)
    for said in seen.answer:
        put(said, 0, "yes" if plan.reachable else "no")
    lines.append("")
    put(seen.say("designs"), 0, "strong")
    for place, line in enumerate(_table(seen.head, seen.lines, wide - 2)):
        lines.append("  " + paint(line, "strong" if place == 1 else ""))
    lines.append("")
    put(seen.say(f"plot.{'u' if plan.target.kind == 'u' else 'p'}"), 0, "strong")
    lines += text_plot(plan, seen.height, seen.say, wide)
    lines += ["  " + line for one in legend(plan, seen.say) for line in wrap(f"{one.mark}  {one.words}", wide - 2)]
    lines.append("")
    _ends(seen, put, lines, wide)
    return "".join(line + "\n" for line in lines)


def _ends(seen: PlanView, put: Callable[..., None], lines: list[str], wide: int) -> None:
    put(seen.say("components"), 0, "strong")
    lines += ["  " + line for line in _table(seen.component_head, seen.components, wide - 2)]
    lines.append("")
    put(seen.say("basis"), 0, "strong")
    for said in seen.basis:
        put("· " + said, 2)
    if seen.notes:
        lines.append("")
        put(seen.say("notes"), 0, "strong")
        for note in seen.notes:
            put("· " + note, 2)


def _table(head: tuple[str, ...], rows: list[Line], wide: int) -> list[str]:
    """Aligned columns; the first and last of a row that is too wide go below one another."""
    cells = [head, *(row.cells for row in rows)]
    sizes = [max(columns(row[place]) for row in cells) for place in range(len(head))]
    gap = "  " if sum(sizes) + 2 * len(sizes) <= wide else " "
    return [
        gap.join(pad(cell, size, right=place > 0) for place, (cell, size) in enumerate(zip(row, sizes, strict=True)))
        for row in cells
    ]


def html(plan: StudyPlan, language: str) -> str:
    """The page of a plan: a whole HTML document without scripts, which needs nothing else."""
    seen = PlanView(plan, language)
    return page(
        "plan.html", seen=seen, made=plan, t=seen.say, language=seen.phrases.language,
        picture=svg(plan, seen.height, seen.say), legend=legend(plan, seen.say),
    )  # fmt: skip


def money(amount: float) -> str:
    """An amount of money: two decimals, more digits below one hundredth."""
    return f"{amount:,.2f}" if amount >= 0.1 or amount == 0 else significant(amount)


def _chance(p: float | None) -> str:
    """A probability that is not rounded to certainty."""
    if p is None:
        return "–"
    return ">0.999" if 0.9995 <= p < 1 else "<0.001" if 0 < p < 0.0005 else f"{p:.3f}"


def _shown(value: Json) -> str:
    if isinstance(value, float):
        return significant(value, 3)
    return f"{value:,}" if isinstance(value, int) else harmless(str(value))
