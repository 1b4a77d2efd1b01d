"""A report as one HTML file that needs nothing else: no scripts, nothing from the network, the same bytes each time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from assay.reports.load_view import STATISTICS, by_client, load_view, remarks
from assay.reports.page import environment
from assay.reports.phrases import Phrases, leading, limit, measurand_of
from assay.reports.picture import axes, share_svg, svg
from assay.reports.rounding import (
    Rounded,
    bound_beside,
    degrees_of_freedom,
    exact,
    fraction,
    rounded,
    significant,
    tail,
)
from assay.reports.sign import digests
from assay.reports.text import harmless
from assay.vocabulary.canonical import digest_bytes, signed_bytes
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json
from assay.vocabulary.report import LostReason, Report
from assay.vocabulary.result import Decision, Result
from assay.vocabulary.status import LOST, STATUSES

_HERE: Final = Path(__file__).parent
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?:Z|\+00:00)")
_NARROW_SPACE: Final = "\u202f"


@dataclass(frozen=True)
class DecisionView:
    """A decision with its numbers as text."""

    decision: Decision
    bound: str | None


@dataclass(frozen=True)
class ResultView:
    """A result with everything beside it that a reader needs, numbers as text.

    Attributes:
        unit: what stands after the number, with its space; empty for numbers of dimension one.
        pictures: the whole scale, and a detail if that shows more.
        lost: reasons of the readings that were lost.
        n_lost: how many were.
    """

    result: Result
    measurand: Measurand
    label: str
    unit: str
    number: Rounded
    pictures: tuple[Markup, ...]
    decisions: tuple[DecisionView, ...]
    lost: tuple[LostReason, ...]
    n_lost: int


def html(report: Report, language: str, envelope_sha256: str | None = None) -> str:
    """The page of a report.

    Args:
        report: what to show; its texts are hostile until escaped, and all of them are.
        language: ``en`` or ``zh``.
        envelope_sha256: digest of the signed envelope, hexadecimal; None if the page is not of a signed report.

    Returns:
        A whole HTML document.
    """
    phrases = Phrases(language)
    load = load_view(report, phrases)
    return _environment().get_template("report.html").render(
        report=report,
        language=phrases.language,
        style=Markup((_HERE / "report.css").read_text("utf-8")),
        leading=leading(report),
        load=load,
        load_statistics=STATISTICS,
        by_client=by_client(report),
        remarks=[one for one in report.notes if load is None or one not in remarks(report)],
        views=[view(report, result, phrases) for result in report.results],
        measurands=[report.measurands[name] for name in sorted(report.measurands)],
        digests=digests(report),
        results_digest=digest_bytes(signed_bytes(report.results)),
        envelope_sha256=envelope_sha256,
        statuses=STATUSES,
        **_words(phrases),
    )


def view(report: Report, result: Result, phrases: Phrases) -> ResultView:
    """One result, prepared for a page."""
    measurand = measurand_of(report, result.measurand)
    number = rounded(result, measurand)
    decisions = [decision for decision in report.decisions if decision.measurand == result.measurand]
    limits = [(limit(decision), phrases.sign(decision)) for decision in decisions]
    label = phrases.chosen(measurand.label, measurand.name)
    spoken = f"{harmless(label)}: {number.value or '–'} [{number.low or '–'}, {number.high or '–'}]"
    return ResultView(
        result=result,
        measurand=measurand,
        label=label,
        unit="" if measurand.unit == "1" else f" {measurand.unit}",
        number=number,
        pictures=tuple(svg(result, axis, limits, spoken) for axis in axes(result, measurand, [at for at, _ in limits])),
        decisions=tuple(
            DecisionView(one, None if one.bound is None else bound_beside(one.bound, limit(one), number.place))
            for one in decisions
        ),
        lost=tuple(reason for reason in report.lost if reason.measurand == result.measurand),
        n_lost=sum(n for status, n in result.counts.items() if status in LOST),
    )


def when(text: str) -> str:
    """An ISO 8601 time in UTC as people write it; anything else unchanged."""
    found = _TIME.fullmatch(text)
    return f"{found[1]} {found[2]} UTC" if found else text


def canonical_text(value: Json) -> str:
    """A JSON value on one line, the same before and after it went through a file."""
    return signed_bytes(value).decode()


def grouped(number: int) -> str:
    """A count, with narrow spaces between groups of three digits from 10 000 on."""
    return f"{number:,}".replace(",", _NARROW_SPACE) if abs(number) >= 10_000 else str(number)


@cache
def _environment() -> jinja2.Environment:
    made = environment()
    made.filters.update(
        count=grouped,
        json=canonical_text,
        when=when,
        exact=exact,
        significant=significant,
        tail=tail,
        fraction=fraction,
        dof=degrees_of_freedom,
        sharebar=share_svg,
        by_key=_by_key,
    )
    return made


def _by_key(mapping: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, mapping[key]) for key in sorted(mapping)]


def _words(phrases: Phrases) -> dict[str, Any]:
    def t(code: str, **values: Any) -> str:
        return phrases.words("report", code, **values)

    return {
        "t": t,
        "l": lambda code, **values: phrases.words("load", code, **values),
        "sentences": lambda *said: t("between_sentences").join(filter(None, said)),
        "term": phrases.term,
        "note": phrases.note,
        "unseen": phrases.unseen,
        "why": phrases.reason,
        "if_lost": phrases.if_lost,
        "rule": phrases.rule,
        "asked": phrases.requirement,
        "chosen": phrases.chosen,
        "label_of": lambda report, name: phrases.chosen(measurand_of(report, name).label, name),
        "is_text": lambda value: isinstance(value, str),
    }
