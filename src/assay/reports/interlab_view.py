"""An interlaboratory comparison on a terminal and as a page: degrees of equivalence, and a Youden plot."""

from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from assay.reports.html import when
from assay.reports.page import across, chance, height, page, percent, pixels, signed, spanning, upright, with_u
from assay.reports.phrases import Phrases
from assay.reports.rounding import degrees_of_freedom, exact, significant
from assay.reports.text import cut, harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.interlab import Interlab, OutlierTest, Participant, Youden
from assay.vocabulary.result import Note

_NARROWEST: Final = 40
_WIDEST: Final = 48
_STYLES: Final = {"strong": "1", "soft": "2", "satisfactory": "1;32", "questionable": "1;33", "unsatisfactory": "1;31"}
_ROW: Final = 44


@dataclass(frozen=True)
class LaboratoryView:
    """A laboratory with its numbers as text; ``judged`` is what its E_n says."""

    letter: str
    name: str
    participant: Participant
    value: str
    u: str
    difference: str
    expanded: str
    scores: tuple[tuple[str, str, str], ...]
    judged: str


class InterlabView:
    """A comparison in one language.

    Args:
        made: what to show; its texts are hostile until made harmless.
        language: ``en`` or ``zh``.
    """

    def __init__(self, made: Interlab, language: str) -> None:
        self.made = made
        self.phrases = Phrases(language)
        self.unit = "" if made.measurand.unit == "1" else f" {made.measurand.unit}"
        self.label = self.phrases.chosen(made.measurand.label, made.measurand.name)
        self.laboratories = [self._laboratory(place, one) for place, one in enumerate(made.participants)]

    def say(self, code: str, **values: Any) -> str:
        """Words of this page."""
        return self.phrases.words("interlab", code, **values)

    def note(self, note: Note) -> str:
        """A remark; one without words is shown as its code."""
        code = f"note.{note.code}"
        words = self.say(code, **{key: harmless(str(value)) for key, value in note.values.items()})
        return self.phrases.note(note) if words.startswith(code) else words

    @property
    def consensus(self) -> list[tuple[str, str, str, str, str, bool]]:
        """Rows: method, value, u, u with what is shared, spread between laboratories, whether it was chosen."""
        rows = []
        for one in self.made.consensus:
            value, u = with_u(one.value, one.u)
            between = one.spread if one.method == "algorithm_a" else one.between
            rows.append((self.say(f"method.{one.method}"), value, u, significant(one.u_total),
                         "–" if between is None else significant(between), one.method == self.made.chosen))  # fmt: skip
        return rows

    @property
    def consistency(self) -> str:
        """The chi-squared test in a sentence."""
        test = self.made.consistency
        verdict = self.say("consistent" if test.p >= 0.05 else "inconsistent")
        return self.say("consistency", chi2=significant(test.chi_squared, 3), dof=test.dof, p=chance(test.p),
                        birge=significant(test.birge, 3), verdict=verdict)  # fmt: skip

    @property
    def shared(self) -> str:
        """What all laboratories have in common; empty if nothing."""
        parts = [f"{self.phrases.term('component', one.source)} (u = {significant(one.u)})" for one in self.made.shared]
        return self.say("shared", parts=self.say("comma").join(parts)) if parts else ""

    @property
    def precision(self) -> str:
        """Repeatability and reproducibility in a sentence; empty without replicates."""
        found = self.made.precision
        if found is None:
            return ""
        sizes = {key: significant(getattr(found, key)) + self.unit
                 for key in ("repeatability", "between", "reproducibility")}  # fmt: skip
        dof, p = degrees_of_freedom(found.dof_within), "–" if found.p is None else chance(found.p)
        return self.say("precision", dof=dof, n=found.n_results, p=p, **sizes)

    def outlier(self, test: OutlierTest) -> str:
        """A test in a sentence."""
        standing = self.say(f"standing.{test.standing}")
        return self.say("outlier", test=self.say(f"test.{test.test}"), lab=self.laboratories[test.place].name,
                        statistic=significant(test.statistic, 3), five=significant(test.critical_5, 4),
                        one=significant(test.critical_1, 4), standing=standing)  # fmt: skip

    def _laboratory(self, place: int, one: Participant) -> LaboratoryView:
        value, u = with_u(one.value, one.u_own)
        scores = tuple((self.say(f"score.{s.name}"), f"{s.value:+.2f}".replace("-", "−"), s.judged) for s in one.scores)
        letter = chr(ord("A") + place) if place < 26 else f"L{place + 1}"
        name = harmless(one.name) or self.say("unnamed", key=one.key_id[:8])
        return LaboratoryView(letter, name, one, value, u, signed(one.difference, one.u_difference),
                              significant(one.expanded), scores, one.scores[0].judged)  # fmt: skip


def terminal(made: Interlab, language: str, width: int = 100, colour: bool = False) -> str:
    """A comparison for a terminal.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        width: columns; taken as 40 if fewer.
        colour: whether to use ANSI colours.
    """
    seen, wide, lines = InterlabView(made, language), max(width, _NARROWEST), list[str]()

    def put(text: str, indent: int = 2, style: str = "") -> None:
        for line in wrap(harmless(text), wide - indent):
            lines.append(" " * indent + (f"\x1b[{_STYLES[style]}m{line}\x1b[0m" if colour and style else line))

    put(f"{seen.say('kind')}: {seen.label}", 0, "strong")
    put(seen.say("on", material=made.material.name, n=len(made.participants), level=exact(made.level)))
    put(seen.consistency)
    if seen.shared:
        put(seen.shared)
    lines.append("")
    put(seen.say("consensus"), 0, "strong")
    head = (seen.say("method"), seen.label, "u", seen.say("u_total"), seen.say("between"), "")
    rows = [(*row[:5], "←" if row[5] else "") for row in seen.consensus]
    lines += _table([head, *rows], wide)
    put(seen.say("chosen"))
    lines.append("")
    put(seen.say("laboratories"), 0, "strong")
    lines += _laboratories(seen, wide, colour)
    lines += ["", *_forest(seen, wide), ""]
    for text in [seen.precision, *map(seen.outlier, made.outliers)]:
        if text:
            put(text)
    for note in made.notes:
        put("· " + seen.note(note))
    return "".join(line + "\n" for line in lines)


def html(made: Interlab, language: str, sha256: str | None = None) -> str:
    """The page of a comparison: one HTML document without scripts, which needs nothing else.

    Args:
        made: what to show.
        language: ``en`` or ``zh``.
        sha256: digest of the signed envelope, hexadecimal; None if there is none.
    """
    seen = InterlabView(made, language)
    return page(
        "interlab.html", seen=seen, made=made, t=seen.say, language=seen.phrases.language, sha256=sha256,
        issued=when(made.issued),
        estimand=seen.phrases.term("estimand", made.estimand), picture=equivalence_svg(seen), level=exact(made.level),
        youden=None if made.youden is None else youden_svg(seen, made.youden),
        other="" if made.youden is None else _other(seen, made.youden),
    )  # fmt: skip


def equivalence_svg(seen: InterlabView) -> Markup:
    """Each laboratory's difference from the consensus with its expanded uncertainty, on one axis."""
    ends = [(one.difference - one.expanded, one.difference + one.expanded) for one in seen.made.participants]
    axis = spanning([0.0, *(end for pair in ends for end in pair)])
    top, bottom = 8, 8 + _ROW * len(ends)
    zero = percent(axis, 0.0)
    drawn = [f'<line class="zero" x1="{zero}" x2="{zero}" y1="{top}" y2="{bottom}"/>']
    for place, (view, (low, high)) in enumerate(zip(seen.laboratories, ends, strict=True)):
        y = top + _ROW * place
        wide = pixels(96 * max(0.004, axis.place(high) - axis.place(low)))
        drawn.append(f'<text class="name" x="2%" y="{y + 14}">{escape(f"{view.letter}   {view.name}")}</text>')
        drawn.append(f'<text class="verdict {view.judged}" x="98%" y="{y + 14}" text-anchor="end">'
                     f"E<tspan dy='3' font-size='80%'>n</tspan><tspan dy='-3'> = {escape(view.scores[0][1])}</tspan>"
                     "</text>")  # fmt: skip
        drawn.append(f'<rect class="interval {view.judged}" x="{percent(axis, low)}" y="{y + 25}" width="{wide}%" '
                     'height="9" rx="1.5"/>')  # fmt: skip
        drawn.append(f'<circle class="value" cx="{percent(axis, view.participant.difference)}" cy="{y + 29.5}" r="5"/>')
    label = "; ".join(f"{one.letter} {one.name}: {one.difference} ± {one.expanded}" for one in seen.laboratories)
    inside = "".join(drawn) + across(axis, bottom)
    return Markup(f'<svg class="picture forest" role="img" aria-label="{escape(label)}" height="{bottom + 24}">'
                  f"{inside}</svg>")  # fmt: skip


def youden_svg(seen: InterlabView, found: Youden) -> Markup:
    """Each laboratory as a point, one quantity across and the other upwards, with u both ways and the medians."""
    xs = [at for point in found.points for at in (point.x - point.u_x, point.x + point.u_x)]
    ys = [at for point in found.points for at in (point.y - point.u_y, point.y + point.u_y)]
    across_axis, up = spanning(xs), spanning(ys)
    top, bottom, left = 10.0, 330.0, 9.0

    def x(number: float) -> str:
        return percent(across_axis, number, left)

    def y(number: float) -> str:
        return pixels(height(up, number, top, bottom))

    middle = (_median([point.x for point in found.points]), _median([point.y for point in found.points]))
    drawn = [
        f'<line class="zero" x1="{x(middle[0])}" x2="{x(middle[0])}" y1="{top}" y2="{bottom}"/>',
        f'<line class="zero" x1="{left}%" x2="98%" y1="{y(middle[1])}" y2="{y(middle[1])}"/>',
    ]
    for point in found.points:
        view = seen.laboratories[point.place]
        low, high = x(point.x - point.u_x), x(point.x + point.u_x)
        drawn.append(f'<line class="whisker" x1="{low}" x2="{high}" y1="{y(point.y)}" y2="{y(point.y)}"/>')
        low, high = y(point.y - point.u_y), y(point.y + point.u_y)
        drawn.append(f'<line class="whisker" x1="{x(point.x)}" x2="{x(point.x)}" y1="{low}" y2="{high}"/>')
        drawn.append(f'<circle class="value" cx="{x(point.x)}" cy="{y(point.y)}" r="5"/>')
        drawn.append(f'<text class="name" x="{x(point.x)}" y="{y(point.y)}" dx="9" dy="-8">{view.letter}</text>')
    label = "; ".join(f"{seen.laboratories[p.place].letter}: {significant(p.x, 4)}, {significant(p.y, 4)}"
                      for p in found.points)  # fmt: skip
    inside = "".join(drawn) + across(across_axis, bottom, left) + upright(up, left, top, bottom)
    return Markup(f'<svg class="picture forest" role="img" aria-label="{escape(label)}" height="{bottom + 24:.0f}">'
                  f"{inside}</svg>")  # fmt: skip


def _other(seen: InterlabView, found: Youden) -> str:
    label = seen.phrases.chosen(found.other.label, found.other.name)
    return seen.say("other", label=label, material=found.material)


def _median(numbers: list[float]) -> float:
    ordered, n = sorted(numbers), len(numbers)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def _laboratories(seen: InterlabView, wide: int, colour: bool) -> list[str]:
    names = [score[0] for score in seen.laboratories[0].scores]
    head = ("", seen.say("laboratory"), seen.label, "u", "d", "U(d)", *names)
    rows = [(one.letter, one.name, one.value, one.u, one.difference, one.expanded, *(s[1] for s in one.scores))
            for one in seen.laboratories]  # fmt: skip
    lines = _table([head, *rows], wide)
    if not colour:
        return lines
    painted = [f"\x1b[{_STYLES[one.judged]}m{line}\x1b[0m" for one, line in zip(seen.laboratories, lines[1:],
               strict=True)]  # fmt: skip
    return [lines[0], *painted]


def _table(rows: list[tuple[str, ...]], wide: int) -> list[str]:
    """Rows in columns; the widest column of text gives way if the whole is too wide."""
    sizes = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    first = 0 if sizes[0] > 2 else 1
    spare = sum(sizes) + 2 * len(sizes) - wide
    sizes[first] = max(6, sizes[first] - max(0, spare))
    made = []
    for row in rows:
        cells = [pad(cut(cell, size), size, right=i > first) for i, (cell, size) in enumerate(zip(row, sizes,
                 strict=True))]  # fmt: skip
        made.append(("  " + "  ".join(cells)).rstrip())
    return made


def _forest(seen: InterlabView, wide: int) -> list[str]:
    """Differences with their expanded uncertainties, ``┊`` at the consensus."""
    made = seen.made.participants
    axis = spanning([0.0, *(one.difference + side * one.expanded for one in made for side in (-1, 1))])
    size = min(_WIDEST, wide - 20)
    if size < 12:
        return []

    def cell(number: float) -> int:
        return min(size - 1, int(axis.place(number) * size))

    lines = []
    for view in seen.laboratories:
        cells, one = [" "] * size, view.participant
        for index in range(cell(one.difference - one.expanded), cell(one.difference + one.expanded) + 1):
            cells[index] = "━"
        cells[cell(0.0)] = "┿" if cells[cell(0.0)] == "━" else "┊"
        cells[cell(one.difference)] = "●"
        lines.append(f"  {pad(view.letter, 2)} {''.join(cells)}  {view.scores[0][0]} = {view.scores[0][1]}")
    low, high = exact(axis.ticks()[0]), exact(axis.ticks()[-1])
    lines.append("     " + low + " " * max(1, size - columns(low) - columns(high)) + high)
    return lines
