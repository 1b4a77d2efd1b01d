"""A report on a terminal: compact, as wide as asked, in colour only if asked."""

from dataclasses import dataclass
from typing import Final

from assay.reports.load_terminal import MARKS, Overview, Row, overview
from assay.reports.phrases import Phrases, leading, limit, measurand_of
from assay.reports.picture import axes
from assay.reports.rounding import bound_beside, degrees_of_freedom, exact, fraction, rounded, significant, tail
from assay.reports.text import cut, harmless, pad, wrap
from assay.reports.text import width as columns
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.report import Report
from assay.vocabulary.result import Decision, Result
from assay.vocabulary.status import STATUSES

_NARROWEST: Final = 40
_WIDEST_PICTURE: Final = 64
_SHARE_BAR: Final = 12
_STYLES: Final = {
    "strong": "1",
    "soft": "2",
    "value": "1;36",
    "conforms": "1;32",
    "does_not_conform": "1;31",
    "inconclusive": "1;33",
}
_LEAST_LABEL: Final = 24


def terminal(report: Report, language: str, width: int = 80, colour: bool = False, *, brief: bool = False) -> str:
    """The results of a report for a terminal.

    Args:
        report: what to show; its texts are hostile until made harmless, and all of them are.
        language: ``en`` or ``zh``.
        width: columns of the terminal; no line is wider, but for one narrower than 40, which is taken as 40.
        colour: whether to use ANSI colours; without, the text holds no escape sequence at all.
        brief: of a load, only the first screen and the remarks; other reports are shown whole.

    Returns:
        Lines that end in a line feed each.
    """
    page = _Page(Phrases(language), max(width, _NARROWEST), colour, [])
    page.paragraph(report.title, 0, "strong")
    for note in leading(report):
        page.paragraph(page.phrases.note(note), 0, "inconclusive")
    load = overview(report, page.phrases)
    if load is not None:
        _load(page, load)
    if load is None or not brief:
        _whole(page, report, load)
    if load is not None:
        _once(page, load)
    if others := [note for note in report.notes if note not in leading(report)]:
        page.lines.append("")
        page.heading("notes_report", 0)
        for note in others:
            page.point(page.phrases.note(note), 2)
    if load is not None and brief:
        page.lines.append("")
        page.paragraph(page.phrases.words("load", "whole", run=report.run), 0)
    return "".join(line + "\n" for line in page.lines)


@dataclass(frozen=True)
class _Page:
    """The lines so far, and how to add to them. Whatever is added is made harmless here."""

    phrases: Phrases
    width: int
    colour: bool
    lines: list[str]

    def say(self, code: str, **values: str) -> str:
        return self.phrases.words("terminal", code, **values)

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and style and text else text

    def paragraph(self, text: str, indent: int, style: str = "") -> None:
        for line in wrap(harmless(text), self.width - indent):
            self.lines.append(" " * indent + self.paint(line, style))

    def point(self, text: str, indent: int) -> None:
        first, *rest = wrap(harmless(text), self.width - indent - 2)
        self.lines.append(" " * indent + "· " + first)
        self.lines.extend(" " * (indent + 2) + line for line in rest)

    def heading(self, code: str, indent: int) -> None:
        self.paragraph(self.say(code), indent, "strong")

    def joined(self, parts: list[str], indent: int) -> None:
        """Short statements in as few lines as they need, none of them broken unless it is wider than a line."""
        line = ""
        for part in map(harmless, parts):
            longer = f"{line} · {part}" if line else part
            if line and columns(longer) > self.width - indent:
                self.paragraph(line, indent)
                longer = part
            line = longer
        self.paragraph(line, indent)


def _load(page: _Page, load: Overview) -> None:
    """A load on one screen."""
    for statement in load.statements:
        page.paragraph(statement, 0)
    page.lines.append("")
    _table(page, load.head, load.rows)
    if load.decisions or load.without:
        page.lines.append("")
    for text, outcome in load.decisions:
        page.paragraph(text, 0, outcome)
    if load.without:
        page.paragraph(load.without, 0, "soft")


def _whole(page: _Page, report: Report, load: Overview | None) -> None:
    """Each result with its budget."""
    if load is not None:
        page.lines.append("")
        page.paragraph(page.phrases.words("load", "each"), 0, "strong")
    for result in report.results:
        page.lines.append("")
        _result(page, report, result, load)


def _table(page: _Page, head: Row, rows: tuple[Row, ...]) -> None:
    """Rows in columns; on a narrow terminal each label has a line of its own."""
    cells = [[harmless(text) for text in (one.label, one.value, one.interval, one.unit, one.verdict)]
             for one in (head, *rows)]  # fmt: skip
    sizes = [max(columns(row[place]) for row in cells) for place in range(5)]
    room = page.width - sum(sizes[1:]) - 2 * 4
    for index, row in enumerate(cells):
        style = "soft" if index == 0 else ""
        if room < min(_LEAST_LABEL, sizes[0]):
            page.paragraph(row[0], 0, style)
            page.paragraph("  ".join(filter(None, row[1:])), 2, style)
            continue
        label = pad(cut(row[0], min(room, sizes[0])), min(room, sizes[0]))
        numbers = [pad(row[1], sizes[1], right=True), *(pad(row[place], sizes[place]) for place in (2, 3, 4))]
        page.lines.append(page.paint("  ".join([label, *numbers]).rstrip(), style))


def _once(page: _Page, load: Overview) -> None:
    """What holds for every result."""
    page.lines.append("")
    page.paragraph(page.phrases.words("load", "said_of_all"), 0, "strong")
    if load.speaks_of:
        page.paragraph(page.say("speaks_of", estimand=page.phrases.term("estimand", load.speaks_of)), 2)
    if load.unseen:
        page.heading("unseen", 2)
        for code in load.unseen:
            page.point(page.phrases.unseen(code), 4)


def _result(page: _Page, report: Report, result: Result, load: Overview | None = None) -> None:
    measurand = measurand_of(report, result.measurand)
    decisions = [decision for decision in report.decisions if decision.measurand == result.measurand]
    unit = "" if measurand.unit == "1" else f" {measurand.unit}"
    page.paragraph(page.phrases.chosen(measurand.label, measurand.name), 0, "strong")
    _numbers(page, result, measurand, unit)
    _picture(page, result, measurand, decisions)
    if load is None or not load.speaks_of:
        page.paragraph(page.say("speaks_of", estimand=page.phrases.term("estimand", result.estimand)), 2)
    for decision in decisions:
        _decision(page, decision, rounded(result, measurand).place, unit)
    _account(page, result)
    if result.budget:
        _budget(page, result)
    if own := [code for code in result.unseen if load is None or code not in load.unseen]:
        page.heading("unseen", 2)
        for code in own:
            page.point(page.phrases.unseen(code), 4)
    if result.notes:
        page.heading("notes", 2)
        for note in result.notes:
            page.point(page.phrases.note(note), 4)


def _numbers(page: _Page, result: Result, measurand: Measurand, unit: str) -> None:
    shown = rounded(result, measurand)
    if shown.value is None:
        page.paragraph(page.say("no_value"), 2, "strong")
    else:
        page.paragraph(shown.value + unit, 2, "value")
    if shown.low is not None:
        stated = page.say("interval", low=shown.low, high=shown.high or "", unit=unit, level=exact(result.level))
        page.paragraph(stated, 2)
    parts = [page.say("u", u=shown.u + unit)] if shown.u is not None else [page.say("u_none")]
    if result.k is not None:
        parts.append(page.say("k", k=f"{result.k:.2f}"))
    parts.append(page.say("dof", dof=degrees_of_freedom(result.dof)))
    parts.append(page.phrases.term("method", result.method))
    page.joined(parts, 2)


def _picture(page: _Page, result: Result, measurand: Measurand, decisions: list[Decision]) -> None:
    r"""The scale with the interval on it, such as ``0 ├────────┊──━●━━┤ 1`` and the limit named below."""
    if result.value is None and result.interval is None:
        return
    limits = [limit(decision) for decision in decisions]
    axis = axes(result, measurand, limits)[0]
    low, high = exact(axis.low), exact(axis.high)
    size = min(_WIDEST_PICTURE, page.width - 6 - columns(low) - columns(high))
    if size < 10:
        return

    def cell(number: float) -> int:
        return min(size - 1, int(axis.place(number) * size))

    cells = ["─"] * size
    if result.interval is not None:
        for index in range(cell(min(result.interval)), cell(max(result.interval)) + 1):
            cells[index] = "━"
    for at in limits:
        cells[cell(at)] = "┊"
    if result.value is not None:
        cells[cell(result.value)] = "●"
    before = " " * (2 + columns(low) + 2)
    page.lines.append(f"  {low} ├{''.join(cells)}┤ {high}")
    for decision, at in zip(decisions, limits, strict=True):
        mark = f"▲ {page.phrases.sign(decision)}"
        room = cell(at) + 1 + len(before)
        text = mark if room + columns(mark) <= page.width else f"{page.phrases.sign(decision)} ▲"
        start = room - 1 if text is mark else room - columns(text)
        page.lines.append(" " * max(0, start) + page.paint(text, "soft"))


def _decision(page: _Page, decision: Decision, place: int, unit: str) -> None:
    outcome = page.phrases.term("outcome", decision.outcome)
    asked = page.phrases.requirement(decision, unit)
    head = page.say("decision", mark=MARKS[decision.outcome], outcome=outcome, requirement=asked)
    page.paragraph(head, 2, decision.outcome)
    parts = []
    if decision.bound is not None:
        parts.append(page.say("bound", bound=bound_beside(decision.bound, limit(decision), place) + unit))
    if decision.risk is not None:
        allowed = exact(decision.requirement.risk)
        parts.append(page.say("risk", risk=tail(decision.risk), allowed=allowed))
    if decision.risk_rejected is not None:
        parts.append(page.say("risk_rejected", risk=tail(decision.risk_rejected)))
    if parts:
        page.joined(parts, 4)
    for note in decision.notes:
        page.paragraph(page.phrases.note(note), 4)
    page.paragraph(page.phrases.rule(decision, unit), 4, "soft")


def _account(page: _Page, result: Result) -> None:
    counts = [
        page.say("count", status=page.phrases.term("status", status), n=str(result.counts[status]))
        for status in STATUSES
        if result.counts.get(status)
    ]
    page.heading("account", 2)
    page.joined([page.say("rows", n=str(result.n_observations)), *counts], 4)
    if ends := page.phrases.if_lost(result):
        page.paragraph(ends, 4)


def _budget(page: _Page, result: Result) -> None:
    page.heading("budget", 2)
    rows = [
        (
            harmless(page.phrases.term("component", part.label)),
            part.kind,
            significant(part.u),
            degrees_of_freedom(part.dof),
            fraction(part.share),
            "█" * max(1, round(_SHARE_BAR * min(1.0, max(0.0, part.share)))),
        )
        for part in result.budget
    ]
    titles = (page.say("source"), page.say("type"), "u", page.say("dof_short"), page.say("share"), "")
    table = [titles, *rows]
    sizes = [max(columns(row[column]) for row in table) for column in range(6)]
    others = sum(sizes[1:]) + 2 * 5
    bars = others + 4 + min(sizes[0], 12) <= page.width
    if not bars:
        others -= sizes[5] + 2
    sizes[0] = max(4, min(sizes[0], page.width - 4 - others))
    for index, row in enumerate(table):
        cells = [pad(cut(row[0], sizes[0]), sizes[0]), pad(row[1], sizes[1])]
        cells += [pad(row[column], sizes[column], right=True) for column in (2, 3, 4)]
        line = "    " + "  ".join(cells + ([row[5]] if bars else []))
        page.lines.append(page.paint(line.rstrip(), "soft" if index == 0 else ""))
