"""A report in a notebook: one small table that brings no styles of its own into the page."""

from markupsafe import Markup, escape

from assay.reports.phrases import Phrases, leading, measurand_of
from assay.reports.rounding import exact, rounded
from assay.reports.text import harmless
from assay.vocabulary.report import Report
from assay.vocabulary.result import Result

_COLUMNS = ("measurand", "value", "interval", "u", "decision")


def html_fragment(report: Report, language: str) -> str:
    """The results of a report as an HTML table, one row each; everything in it is escaped.

    Args:
        report: what to show.
        language: ``en`` or ``zh``.
    """
    phrases = Phrases(language)
    head = Markup("").join(_cell("th", phrases.words("labels", f"column.{name}")) for name in _COLUMNS)
    rows = Markup("").join(_row(report, result, phrases) for result in report.results)
    title = escape(harmless(" — ".join([report.title, *map(phrases.note, leading(report))])))
    return str(Markup("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        title, head, rows
    ))


def _row(report: Report, result: Result, phrases: Phrases) -> Markup:
    measurand = measurand_of(report, result.measurand)
    shown = rounded(result, measurand)
    unit = "" if measurand.unit == "1" else f" {measurand.unit}"
    interval = f"[{shown.low}, {shown.high}]{unit} ({exact(result.level)})" if shown.low is not None else "–"
    decided = [
        f"{phrases.term('outcome', one.outcome)} ({phrases.sign(one)}{unit})"
        for one in report.decisions
        if one.measurand == result.measurand
    ]
    cells = (
        phrases.chosen(measurand.label, measurand.name),
        "–" if shown.value is None else shown.value + unit,
        interval,
        "–" if shown.u is None else shown.u + unit,
        "; ".join(decided) or "–",
    )
    return Markup("<tr>{}</tr>").format(Markup("").join(_cell("td", cell) for cell in cells))


def _cell(tag: str, text: str) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), harmless(text))
