"""What a terminal shows of a load before its results one by one: what was offered, what came of it, on one screen."""

from dataclasses import dataclass
from typing import Final

from assay.reports.load_view import is_load
from assay.reports.phrases import Phrases, measurand_of
from assay.reports.rounding import exact, rounded
from assay.vocabulary.report import Report
from assay.vocabulary.result import Decision, Note, Result

MARKS: Final = {"conforms": "✓", "does_not_conform": "✗", "inconclusive": "?"}

_SCHEDULES: Final = ("serving.schedule", "serving.schedule_tested", "serving.closed")
_REFUSED: Final = "serving.refused."
_ACHIEVED: Final = "serving.throughput"


@dataclass(frozen=True)
class Row:
    """A result on one line; every text may be hostile."""

    label: str
    value: str
    interval: str
    unit: str
    verdict: str


@dataclass(frozen=True)
class Overview:
    """A load on one screen.

    Attributes:
        statements: what was offered and achieved, and which restarts were left out.
        head: of the columns of the rows.
        rows: results that have a value.
        decisions: outcomes of the requirements with the codes of their colours.
        without: names of the results that have no value; empty if there are none.
        unseen: codes that every result has, to be said once.
        speaks_of: what every result speaks of; empty if they differ.
    """

    statements: tuple[str, ...]
    head: Row
    rows: tuple[Row, ...]
    decisions: tuple[tuple[str, str], ...]
    without: str
    unseen: tuple[str, ...]
    speaks_of: str


def overview(report: Report, phrases: Phrases) -> Overview | None:
    """The first screen of a load; None for a report of anything else.

    Args:
        report: what was signed.
        phrases: the language.
    """
    if not is_load(report):
        return None
    said = _Said(report, phrases)
    first, *rest = report.results
    return Overview(
        statements=tuple(filter(None, (said.offered(), said.achieved(), said.restarts()))),
        head=said.head(),
        rows=tuple(said.row(result) for result in report.results if result.value is not None),
        decisions=tuple((said.decision(one), one.outcome) for one in report.decisions),
        without=said.without(),
        unseen=tuple(code for code in first.unseen if all(code in one.unseen for one in rest)),
        speaks_of=first.estimand if all(one.estimand == first.estimand for one in rest) else "",
    )


@dataclass(frozen=True)
class _Said:
    """The same in words of one language."""

    report: Report
    phrases: Phrases

    def offered(self) -> str:
        note = next((one for one in self.report.notes if one.code in _SCHEDULES), None)
        if note is None:
            return ""
        values = {name: _listed(note, name, self._comma()) for name in ("n", "asked", "rate", "concurrency")}
        if note.code == "serving.closed":
            return self._say("offered_closed", **values)
        return self._say("offered", kind=self.phrases.term("arrivals", str(note.values.get("kind"))), **values)

    def achieved(self) -> str:
        found = next((one for one in self.report.results if one.measurand == _ACHIEVED), None)
        if found is None or found.value is None:
            return ""
        row = self.row(found)
        return self._say("achieved", value=f"{row.value} {row.interval}".strip())

    def restarts(self) -> str:
        n = self.report.results[0].n_repeats
        left = [self._say("left_out", restarts=_listed(note, "restarts", self._comma()),
                          why=self.phrases.term("refused", note.code.removeprefix(_REFUSED)))
                for note in self.report.notes if note.code.startswith(_REFUSED)]  # fmt: skip
        if not left:
            return self._say("restarts_none_left_out", n=n)
        return self._say("restarts_left_out", n=n, which=self._comma().join(left))

    def head(self) -> Row:
        say, level = self._say, exact(self.report.results[0].level)
        return Row(say("quantity"), say("value"), say("interval_at", level=level), say("unit"), say("verdict"))

    def row(self, result: Result) -> Row:
        measurand = measurand_of(self.report, result.measurand)
        shown = rounded(result, measurand)
        marks = [MARKS[one.outcome] for one in self.report.decisions if one.measurand == result.measurand]
        return Row(
            label=self.phrases.chosen(measurand.label, measurand.name), value=shown.value or "–",
            interval="" if shown.low is None else f"[{shown.low}, {shown.high}]",
            unit="" if measurand.unit == "1" else measurand.unit, verdict=" ".join(marks),
        )  # fmt: skip

    def decision(self, decision: Decision) -> str:
        measurand = measurand_of(self.report, decision.measurand)
        unit = "" if measurand.unit == "1" else f" {measurand.unit}"
        head = self.phrases.words("terminal", "decision", mark=MARKS[decision.outcome],
                                  outcome=self.phrases.term("outcome", decision.outcome),
                                  requirement=self.phrases.requirement(decision, unit))  # fmt: skip
        return head + self.phrases.words("report", "colon") + self.phrases.chosen(measurand.label, measurand.name)

    def without(self) -> str:
        defined = [measurand_of(self.report, one.measurand) for one in self.report.results if one.value is None]
        names = [self.phrases.chosen(one.label, one.name) for one in defined]
        return self._say("without", names=self._comma().join(names)) if names else ""

    def _say(self, code: str, **values: object) -> str:
        return self.phrases.words("load", code, **values)

    def _comma(self) -> str:
        return self.phrases.words("report", "comma")


def _listed(note: Note, name: str, comma: str) -> str:
    """A value of a remark, or a list of them, as text."""
    value = note.values.get(name)
    each = value if isinstance(value, list | tuple) else [value]
    return comma.join(exact(float(f"{one:.4g}")) if isinstance(one, float) else str(one) for one in each)
