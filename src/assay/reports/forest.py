"""A comparison of runs on a terminal and as a page: each difference with its interval beside the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from assay.reports.page import across, page, percent, pixels, spanning
from assay.reports.phrases import Phrases
from assay.reports.picture import Axis
from assay.reports.rounding import bound_beside, exact, rounded, significant
from assay.reports.text import cut, harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.comparison import ComparedSystem, Comparison, PairDifference
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.result import Note, Result

_NARROWEST: Final = 40
_WIDEST: Final = 56
_STYLES: Final = {"strong": "1", "soft": "2", "better": "1;32", "higher": "1;32", "worse": "1;31", "lower": "1;31",
                  "equivalent": "1;36", "cannot_tell": "1;33", "no": "1;31", "yes": "1;32"}  # fmt: skip


@dataclass(frozen=True)
class SystemView:
    """A run with its letter and its numbers as text."""

    letter: str
    system: ComparedSystem
    value: str
    interval: str
    rank: str
    name: str


@dataclass(frozen=True)
class DifferenceView:
    """A difference with everything about it as text.

    Attributes:
        line: the difference.
        against: which less which.
        value: the estimate; a dash if there is none.
        interval: the simultaneous interval.
        verdict: what was shown, in a sentence.
        short: the same in a word.
        sentences: the effect, and what may be said beside it.
        facts: short statements: pairs, counts, probabilities, p values.
        notes: remarks.
    """

    line: PairDifference
    against: str
    value: str
    interval: str
    verdict: str
    short: str
    sentences: tuple[str, ...]
    facts: tuple[str, ...]
    notes: tuple[str, ...]


class ComparisonView:
    """A comparison in one language.

    Args:
        comparison: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, comparison: Comparison, language: str) -> None:
        self.comparison = comparison
        self.phrases = Phrases(language)
        self.letters = {one.run: _letter(place) for place, one in enumerate(comparison.systems)}
        self.unit = "" if comparison.measurand.unit == "1" else f" {comparison.measurand.unit}"
        self.label = self.phrases.chosen(comparison.measurand.label, comparison.measurand.name)
        self.systems = [self._system(one) for one in comparison.systems]
        self.differences = [self._difference(one) for one in comparison.differences]

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("compare", code, **values)

    @property
    def levels(self) -> str:
        """How the intervals are to be read."""
        made = self.comparison
        if len(made.differences) < 2:
            return self.say("levels.one", level=exact(made.level))
        return self.say("levels.several", n=len(made.differences), level=exact(made.level),
                        each=f"{made.level_each:.4f}")  # fmt: skip

    @property
    def question(self) -> str:
        """What was asked, with the answer; empty without a question."""
        made = self.comparison
        if not made.question:
            return ""
        first = self.letters[made.systems[0].run]
        asked = self.say(f"question.{made.question}", first=first, margin=self._margin())
        return f"{asked} {self.say(f'answer.{made.answer}')}"

    @property
    def groups(self) -> list[str]:
        """Groups of runs that cannot be told apart, as letters; runs that stand alone are left out."""
        return [", ".join(self.letters[run] for run in group) for group in self.comparison.groups if len(group) > 1]

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code = f"note.{note.code}"
        words = self.say(code, **{key: harmless(str(value)) for key, value in note.values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    def _margin(self) -> str:
        return exact(self.comparison.margin or 0.0) + self.unit

    def _system(self, one: ComparedSystem) -> SystemView:
        shown = rounded(_result(self.comparison, one.value, one.u, one.interval), self.comparison.measurand)
        found = next((rank for rank in self.comparison.ranks if rank.run == one.run), None)
        rank = ""
        if found is not None:
            rank = self.say("rank.one" if found.low == found.high else "rank.range", low=found.low, high=found.high)
        value = self.say("no_value") if shown.value is None else shown.value + self.unit
        interval = "" if shown.low is None else f"[{shown.low}, {shown.high}]"
        name = " · ".join([one.title, *(f"{key} = {text}" for key, text in one.differs.items())])
        return SystemView(self.letters[one.run], one, value, interval, rank, harmless(name))

    def _difference(self, line: PairDifference) -> DifferenceView:
        names = {"a": self.letters[line.a], "b": self.letters[line.b]}
        wide = Measurand(name="difference", label={}, definition={})
        place = rounded(_result(self.comparison, line.value, line.u, line.simultaneous), wide).place
        value = "–" if line.value is None else _signed(line.value, place)
        interval = "–"
        if line.simultaneous is not None:
            interval = f"[{_signed(line.simultaneous[0], place)}, {_signed(line.simultaneous[1], place)}]"
        return DifferenceView(
            line=line, against=self.say("against", **names), value=value, interval=interval + self.unit,
            verdict=self.say(f"verdict.{line.verdict}", margin=self._margin(), **names),
            short=self.say(f"short.{line.verdict}"), sentences=tuple(self._sentences(line, names)),
            facts=tuple(self._facts(line, names, place)), notes=tuple(self.note(note) for note in line.notes),
        )  # fmt: skip

    def _sentences(self, line: PairDifference, names: dict[str, str]) -> list[str]:
        said = []
        if line.value is not None:
            size = line.effect.values.get("n", 0.0)
            n = f"{size:.1f}" if line.effect.code.startswith("effect.per_100") and size >= 0.1 else significant(size, 3)
            unit = self.unit if "unit" in line.effect.values else ""
            said.append(self.say(line.effect.code, n=n + unit, **names))
        if line.left_out.get("lost") and line.if_lost is not None:
            low, high = (_signed(end, None) for end in line.if_lost)
            said.append(self.say("if_lost", low=low, high=high, **names))
        if line.ratio is not None and line.ratio_interval is not None:
            low, high = (significant(end, 3) for end in line.ratio_interval)
            said.append(self.say("ratio", ratio=significant(line.ratio, 3), low=low, high=high,
                                 level=exact(self.comparison.level), **names))  # fmt: skip
        if line.items_needed is not None:
            more = line.items_needed - line.n_pairs
            code = "needed" if more > 0 else "needed.enough"
            said.append(self.say(code, n=f"{line.items_needed:,}", more=f"{more:,}"))
        return said

    def _facts(self, line: PairDifference, names: dict[str, str], place: int) -> list[str]:
        code = "pairs.none" if not line.paired else "pairs" if line.n_clusters is None else "pairs.clusters"
        facts = [self.say(code, n=line.n_pairs, clusters=line.n_clusters)]
        if line.method == "intervals":
            facts = [self.say("correlation", r=f"{line.correlation or 0.0:.2f}")]
        if line.only_a is not None:
            facts.append(self.say("counts", only_a=line.only_a, only_b=line.only_b, **names))
        if line.u is not None:
            facts.append(self.say("u", u=significant(line.u) + self.unit))
        if line.interval is not None and line.interval != line.simultaneous:
            low, high = (_signed(end, place) for end in line.interval)
            facts.append(self.say("interval.alone", low=low, high=high, level=exact(self.comparison.level)))
        if line.probability_b_better is not None:
            facts.append(self.say("probability", p=_chance(line.probability_b_better), **names))
        if line.p_permutation is not None:
            facts.append(self.say("p.permutation", p=_equals(line.p_permutation)))
        elif line.p is not None:
            facts.append(self.say("p", p=_equals(line.p)))
        if line.p_mcnemar is not None and line.p_mcnemar_mid is not None:
            facts.append(self.say("p.mcnemar", p=_chance(line.p_mcnemar), mid=_chance(line.p_mcnemar_mid)))
        if line.p_holm is not None and line.p_bh is not None and len(self.comparison.differences) > 1:
            facts.append(self.say("p.adjusted", holm=_chance(line.p_holm), bh=_chance(line.p_bh)))
        if line.p_equivalence is not None:
            facts.append(self.say("p.equivalence", p=_equals(line.p_equivalence)))
        return facts + [self.say(f"left.{key}", n=n, **names) for key, n in line.left_out.items()]


def terminal(comparison: Comparison, language: str, width: int = 80, colour: bool = False) -> str:
    """A comparison for a terminal.

    Args:
        comparison: what to show.
        language: ``en`` or ``zh``.
        width: columns of the terminal; no line is wider, but for one narrower than 40, which is taken as 40.
        colour: whether to use ANSI colours.
    """
    seen, wide = ComparisonView(comparison, language), max(width, _NARROWEST)
    lines: list[str] = []

    def paint(text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if colour and style and text else text

    def put(text: str, indent: int = 0, style: str = "") -> None:
        lines.extend(" " * indent + paint(line, style) for line in wrap(harmless(text), wide - indent))

    put(f"{seen.say('kind')}: {seen.label}", 0, "strong")
    put(seen.say("speaks_of", estimand=seen.phrases.term("estimand", comparison.estimand)))
    if seen.question:
        put(seen.question, 0, comparison.answer)
    lines.append("")
    put(seen.say("systems"), 0, "strong")
    for one in seen.systems:
        rank = f" · {seen.say('rank')} {one.rank}" if one.rank else ""
        put(f"{one.letter}  {one.system.run}  {one.value} {one.interval}{rank}", 2)
        put(cut(one.name, wide - 5), 5, "soft")
    put(seen.say("own_overlap"), 2, "soft")
    lines.append("")
    put(seen.say("differences"), 0, "strong")
    put(seen.levels, 2)
    lines.extend(_plot(seen, wide, paint))
    lines.append("")
    for view in seen.differences:
        put(f"{view.against}: {view.verdict}", 2, view.line.verdict)
        if view.line.simultaneous is not None:
            put(f"{view.against} = {view.value} {view.interval}", 4)
        put(seen.say("between_sentences").join(view.sentences), 4)
        put(" · ".join(view.facts), 4, "soft")
        for note in view.notes:
            put("· " + note, 4)
    _ends(seen, put, lines)
    return "".join(line + "\n" for line in lines)


def _ends(seen: ComparisonView, put: Callable[..., None], lines: list[str]) -> None:
    if len(seen.comparison.systems) > 2:
        lines.append("")
        put(seen.say("groups"), 0, "strong")
        for group in seen.groups:
            put(group, 2)
        put(seen.say("groups.explained") if seen.groups else seen.say("groups.none"), 2, "soft")
    if seen.comparison.notes:
        lines.append("")
        put(seen.say("notes"), 0, "strong")
        for note in seen.comparison.notes:
            put("· " + seen.note(note), 2)


def _plot(seen: ComparisonView, wide: int, paint: Callable[[str, str], str]) -> list[str]:
    """The forest on a terminal: a row for each difference on one axis, ``┊`` at no difference and at the margins."""
    rows = [(view.against, view) for view in seen.differences]
    names = max(columns(name) for name, _ in rows)
    texts = max(columns(f"{view.value} {view.short}") for _, view in rows)
    size = min(_WIDEST, wide - names - texts - 6)
    if size < 12:
        return [f"  {pad(name, names)}  {paint(f'{one.value} {one.short}', one.line.verdict)}" for name, one in rows]
    axis = forest_axis(seen.comparison)
    marks = {min(size - 1, int(axis.place(at) * size)) for at in _marks(seen.comparison)}
    lines = [" " * (names + 4) + _scale(axis, size)]
    for name, view in rows:
        cells = [" "] * size
        for ends, sign in ((view.line.simultaneous, "─"), (view.line.interval, "━")):
            if ends is not None:
                first, last = (min(size - 1, int(axis.place(end) * size)) for end in ends)
                cells[first : last + 1] = [sign] * (last + 1 - first)
        for place in marks:
            cells[place] = {"─": "┼", "━": "┿"}.get(cells[place], "┊")
        if view.line.value is not None:
            cells[min(size - 1, int(axis.place(view.line.value) * size))] = "●"
        text = f"{pad(view.value, texts - columns(view.short) - 1, right=True)} {view.short}"
        lines.append(f"  {pad(name, names)}  {''.join(cells)}  {paint(text, view.line.verdict)}".rstrip())
    return lines


def _scale(axis: Axis, size: int) -> str:
    line = [" "] * (size + 8)
    for tick in axis.ticks():
        text = exact(tick)
        begin = max(0, min(size - len(text), int(axis.place(tick) * size) - len(text) // 2))
        if all(char == " " for char in line[max(0, begin - 1) : begin + len(text) + 1]):
            line[begin : begin + len(text)] = text
    return "".join(line).rstrip()


def forest_axis(comparison: Comparison) -> Axis:
    """One axis for all differences, with no difference and the margins on it, ending on ticks."""
    numbers = [*_marks(comparison)]
    for line in comparison.differences:
        numbers += [*(line.simultaneous or ()), *(line.if_lost or ()), *(() if line.value is None else (line.value,))]
    return spanning(numbers)


def _marks(comparison: Comparison) -> list[float]:
    margin = comparison.margin
    return [0.0] if margin is None else [-margin, 0.0, margin]


def html(comparison: Comparison, language: str) -> str:
    """The page of a comparison: a whole HTML document without scripts, which needs nothing else."""
    seen = ComparisonView(comparison, language)
    return page(
        "forest.html", seen=seen, made=comparison, t=seen.say, language=seen.phrases.language,
        picture=forest_svg(seen), estimand=seen.phrases.term("estimand", comparison.estimand),
    )  # fmt: skip


def forest_svg(seen: ComparisonView) -> Markup:
    """The forest as SVG; positions are percentages, so that it fits any width with text of one size."""
    axis, row, top = forest_axis(seen.comparison), 44, 8
    bottom = top + row * len(seen.differences)
    drawn = []
    for at in _marks(seen.comparison):
        kind = "zero" if at == 0 else "limit"
        x = percent(axis, at)
        drawn.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
    for place, view in enumerate(seen.differences):
        y = top + row * place
        text = harmless(f"{view.against}   {view.value} {view.interval}")
        drawn.append(f'<text class="name" x="2%" y="{y + 14}">{escape(text)}</text>')
        drawn.append(f'<text class="verdict {view.line.verdict}" x="98%" y="{y + 14}" text-anchor="end">'
                     f"{escape(view.short)}</text>")  # fmt: skip
        bars = (("lost", view.line.if_lost if view.line.left_out.get("lost") else None, 12),
                ("together", view.line.simultaneous, 3), ("interval", view.line.interval, 9))  # fmt: skip
        drawn += [_bar(kind, axis, ends, (y + 29, height)) for kind, ends, height in bars if ends is not None]
        if view.line.value is not None:
            drawn.append(f'<circle class="value" cx="{percent(axis, view.line.value)}" cy="{y + 29}" r="5"/>')
    drawn.append(across(axis, bottom))
    label = "; ".join(f"{view.against} {view.value} {view.interval}" for view in seen.differences)
    head = f'<svg class="picture forest" role="img" aria-label="{escape(harmless(label))}" height="{bottom + 24}">'
    return Markup(head + "".join(drawn) + "</svg>")


def _bar(kind: str, axis: Axis, ends: tuple[float, float], where: tuple[float, float]) -> str:
    middle, height = where
    left, right = axis.place(min(ends)), axis.place(max(ends))
    wide = max(right - left, 0.004)
    return (f'<rect class="{kind}" x="{pixels(2 + 96 * min(left, 1 - wide))}%" y="{pixels(middle - height / 2)}" '
            f'width="{pixels(96 * wide)}%" height="{pixels(height)}" rx="1.5"/>')  # fmt: skip


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"S{place + 1}"


def _signed(number: float, place: int | None) -> str:
    """A difference with its sign, and enough digits to stand on its own side of 0."""
    if number == 0:
        return "0"
    text = significant(number, 3) if place is None else bound_beside(number, 0.0, place)
    return text if text.startswith("−") else f"+{text}"


def _chance(p: float) -> str:
    """A probability; one that cannot be told from 0 or 1 in print is not shown as either."""
    if 0 < p < 1e-4:
        return "<0.0001"
    return ">0.9999" if 0.9999 < p < 1 else f"{p:.2g}" if p < 0.1 else f"{p:.3f}"


def _equals(p: float) -> str:
    text = _chance(p)
    return text.replace("<", "< ") if text.startswith("<") else f"= {text}".replace("= >", "> ")


def _result(made: Comparison, value: float | None, u: float | None, ends: Sequence[float] | None) -> Result:
    """Numbers in the form in which results are rounded together."""
    return Result(
        measurand=made.measurand.name, estimand=made.estimand, value=value, u=u,
        interval=None if ends is None else (ends[0], ends[1]), level=made.level, k=None, dof=None, method="none",
        n_effective=None, n_items=0, n_groups=None, n_repeats=1, n_variants=1, n_observations=0, counts={},
        if_lost=None,
    )  # fmt: skip
