"""A grade on a terminal, as a page and in Markdown: the probability of each grade, and what stands in its way."""

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from assay.reports import markdown as text
from assay.reports.html import when
from assay.reports.page import drawn_chance, page
from assay.reports.phrases import Phrases
from assay.reports.picture import axes, share_svg, svg
from assay.reports.rounding import exact, rounded
from assay.reports.text import harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.grading import GradedResult, GradeFound, Grading, Limit
from assay.vocabulary.result import Note

_NARROWEST: Final = 40
_BAR: Final = 20
_STYLES: Final = {"strong": "1", "given": "1;32", "none": "1;33"}


@dataclass(frozen=True)
class ResultView:
    """A result that the rule asks for, as text, and the picture of it beside the limits."""

    label: str
    value: str
    picture: Markup


class GradingView:
    """A grade in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Grading, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)
        self.defined = {one.measurand.name: one for one in made.results}
        self.scenario = self.phrases.chosen(made.rule.scenario, made.rule.name)
        self.source = self.phrases.chosen(made.rule.source.says)

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("grading", code, **values)

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code = f"note.{note.code}"
        words = self.say(code, **{key: harmless(str(value)) for key, value in note.values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    @property
    def verdict(self) -> str:
        """The grade in a sentence."""
        given = next((one for one in self.made.grades if one.name == self.made.grade), None)
        if given is None or given.probability is None:
            return self.say("none", risk=exact(self.made.risk))
        return self.say("given", grade=given.name, p=drawn_chance(given.probability))

    @property
    def limiting(self) -> str:
        """What stands most in the way of a better grade; empty for the best one. What is not known comes first."""
        met, said = self.made.limiting, ""
        above = next((one for one in self.made.grades if any(it.probability is None for it in one.limits)), None)
        if above is not None:
            limits = [self.limit(one.limit) for one in above.limits if one.probability is None]
            said = self.say("limiting.unknown", grade=above.name, limits=self.say("between_limits").join(limits))
        if met is None or met.probability is None:
            return said
        values = {"limit": self.limit(met.limit), "p": drawn_chance(met.probability)}
        if said:
            return said + self.say("between_sentences") + self.say("limiting.known", **values)
        return self.say("limiting", grade=next((one.name for one in self.made.grades if met in one.limits), ""),
                        **values)  # fmt: skip

    def label(self, name: str) -> str:
        """What a measurand is called; its suffix stands behind it, unless the label has it already."""
        one = self.defined.get(name)
        suffix = name.partition(":")[2]
        called = self.phrases.chosen(one.measurand.label, name) if one is not None else name
        had = f"({suffix})" in called or f"（{suffix}）" in called
        return f"{called} ({suffix})" if suffix and called != name and not had else called

    def limit(self, limit: Limit) -> str:
        """A condition: ``TTFT (p99) ≤ 500 ms``."""
        unit = "" if limit.unit == "1" else f" {limit.unit}"
        return f"{self.label(limit.measurand)} {'≥' if limit.at_least is not None else '≤'} {exact(limit.value)}{unit}"

    def conditions(self, one: GradeFound) -> list[str]:
        """The conditions of a grade with the probability that each is met."""
        return [
            self.say("condition", limit=self.limit(met.limit), p=self.chance(met.probability))
            if met.probability is not None else self.say("condition.unknown", limit=self.limit(met.limit))
            for met in one.limits
        ]  # fmt: skip

    def chance(self, p: float | None) -> str:
        """A probability; a dash where it is not known."""
        return "–" if p is None else drawn_chance(p)

    def lost(self, one: GradeFound) -> str:
        """The probability with lost readings at their worst and best; empty if none was lost."""
        if one.if_lost is None:
            return ""
        return self.say("if_lost", worst=drawn_chance(one.if_lost[0]), best=drawn_chance(one.if_lost[1]))

    @property
    def results(self) -> list[ResultView]:
        """The results with their limits."""
        return [self._result(one) for one in self.made.results]

    def _result(self, one: GradedResult) -> ResultView:
        shown, name = rounded(one.result, one.measurand), one.measurand.name
        unit = "" if one.measurand.unit == "1" else f" {one.measurand.unit}"
        value = self.say("no_value") if shown.value is None else shown.value + unit
        if shown.low is not None:
            value += f" [{shown.low}, {shown.high}]"
        marks = [(met.limit.value, harmless(grade.name)) for grade in self.made.grades for met in grade.limits
                 if met.limit.measurand == name]  # fmt: skip
        marks = [(at, ", ".join(text for other, text in marks if other == at)) for at in dict(marks)]
        axis = axes(one.result, one.measurand, [at for at, _ in marks])[-1]
        return ResultView(self.label(name), value, svg(one.result, axis, marks, f"{self.label(name)}: {value}"))

    def bar(self, p: float | None) -> Markup:
        """A probability as a bar."""
        return share_svg(p or 0.0)


def terminal(made: Grading, language: str, width: int = 100, colour: bool = False) -> str:
    """A grade for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = GradingView(made, language), max(width, _NARROWEST), list[str]()

    def put(words: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(words), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    put(f"{seen.say('kind')}: {seen.scenario}", 0, "strong")
    put(seen.say("by_rule", rule=made.rule.name, version=made.rule.version))
    put(seen.verdict, 2, "none" if made.grade is None else "given")
    if seen.limiting:
        put(seen.limiting)
    lines.append("")
    names = max(columns(harmless(one.name)) for one in made.grades)
    for one in made.grades:
        filled = "█" * round(_BAR * (one.probability or 0.0))
        put(f"{pad(harmless(one.name), names)}  {pad(filled, _BAR)}  {seen.chance(one.probability)}  {seen.lost(one)}")
        for words in seen.conditions(one):
            put(words, 6 + names)
    lines.append("")
    for result in seen.results:
        put(f"{result.label}: {result.value}")
    put(seen.source, 2)
    for note in made.notes:
        put("· " + seen.note(note))
    return "".join(line.rstrip() + "\n" for line in lines)


def html(made: Grading, language: str, sha256: str | None = None) -> str:
    """The page of a grade: one HTML document without scripts, which needs nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = GradingView(made, language)
    return page("grading.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, sha256=sha256,
                issued=when(made.issued))  # fmt: skip


def markdown(made: Grading, language: str) -> str:
    """A grade in Markdown."""
    seen = GradingView(made, language)
    told = text.markdown
    rows = [[told(one.name), told(seen.chance(one.probability)),
             "<br>".join(map(told, seen.conditions(one)))]
            for one in made.grades]  # fmt: skip
    results = [[told(one.label), told(one.value)] for one in seen.results]
    parts = [
        f"# {told(seen.say('kind'))}: {told(seen.scenario)}\n",
        f"**{told(seen.verdict)}** {told(seen.limiting)}\n",
        told(seen.say("by_rule", rule=made.rule.name, version=made.rule.version)) + f" {told(seen.source)}\n",
        text.table([told(seen.say(code)) for code in ("grade", "probability", "conditions")], rows),
        text.table([told(seen.say(code)) for code in ("measurand", "result")], results),
        "".join(f"- {told(seen.note(note))}\n" for note in made.notes),
    ]
    return "\n".join(part for part in parts if part)
