"""The page of a report: complete, alone, the same each time, and deaf to what a subject wrote."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from assay.reports.envelope import open_envelope
from assay.reports.html import grouped, html, when
from assay.reports.keys import SigningKey
from assay.reports.sign import sign
from assay.vocabulary.report import Report
from assay.vocabulary.result import Note

_ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "section", "article", "footer", "figure",
    "figcaption", "div", "span", "p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead",
    "tbody", "tfoot", "tr", "th", "td", "pre", "code", "bdi", "br", "i", "strong", "svg", "rect", "line", "circle",
    "text",
}  # fmt: skip
_VOID = {"meta", "br"}


class _Reader(HTMLParser):
    """Collects tags, checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ALLOWED, tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ALLOWED, tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_comes_from_outside_and_nothing_runs(report: Report, language: str) -> None:
    reader = _read(html(report, language, "ab" * 32))
    for tag, name, value in reader.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("src", "href", "action", "style", "srcset"), (tag, name)
        assert "javascript:" not in value
    policy = [value for tag, name, value in reader.attributes if (tag, name) == ("meta", "content")][0]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "url(" not in html(report, language) and "@import" not in html(report, language)


def test_hostile_texts_stay_texts(report: Report, hostile: str) -> None:
    everywhere = msgspec.convert(_poison(msgspec.to_builtins(report), hostile), Report)
    for language in ("en", "zh"):
        page = html(everywhere, language, hostile)
        reader = _read(page)
        assert "<script" not in page and "<img" not in page
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
        assert "<script>alert(1)</script>]]></pre></style>" in reader.text
        assert "\\x1b[2J" in reader.text and "\\u202eevil" in reader.text


def test_templates_in_texts_are_not_run(report: Report) -> None:
    text = _read(html(report, "en")).text
    assert "{{ 7*7 }}" in text and "{% raw %}" in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_same_report_gives_the_same_bytes(report: Report, key: SigningKey, language: str) -> None:
    opened = open_envelope(sign(report, key), "r.json")
    assert html(report, language, opened.sha256) == html(opened.report, language, opened.sha256)


def test_everything_a_report_must_say_is_there(report: Report) -> None:
    text = _read(html(report, "en", "ab" * 32)).text
    for part in (
        report.title, "Metrology Group 计量组", report.id, "2026-11-21 09:14:55 UTC", "2026-11-21 08:51:02 UTC",
        "0.853", "[0.812, 0.886]", "Conforms", "Inconclusive", "One-sided bound found: 0.819.",
        "the population from which these items were drawn", "What this measurement did not see",
        "Errors in the reference values", "items (in clusters)", "0.0094", "could not be read",
        "no option letter found",
        "0.8428 or 0.8549", "612\u202f408", "0.4187", "acme-7b-instruct-0924", "fp_44709d6fcb",
        "Fraction of items whose",
        "llm.choice, version 2", "Think step by step.", "20261121", "general.choice, version 3", 'letters = "ABCD"',
        "none: this instrument has no certificate", report.material.digest, "triage-0101", "CC-BY-4.0",
        report.subject.digest, report.observations.digest, report.observations.responses, "ab" * 32,
        "A patient of 54 years", "assay keys trust", "assay verify", report.laboratory.key_id,
        "relate only to the subject and the items tested", f"End of report {report.id}", "numpy",
    ):  # fmt: skip
        assert part in text, part


def test_what_is_not_known_is_said(report: Report) -> None:
    empty = msgspec.structs.replace(
        report.results[0], value=None, u=None, interval=None, k=None, if_lost=None, budget=(), unseen=(), notes=(),
        n_effective=None, counts={}, n_observations=0, method="none",
    )  # fmt: skip
    conditions = msgspec.structs.replace(
        report.conditions, begin="", end="", served=(), usage={}, cost=None, latency_s={}
    )
    bare = msgspec.structs.replace(
        report, results=(empty,), decisions=(), measurands={}, lost=(), examples=(), conditions=conditions,
        notes=(Note(code="unheard_of"),), amends="R-1", instruments=(), location="Bench 4",
    )  # fmt: skip
    text = _read(html(bare, "en")).text
    for part in (
        "no value; the remarks say why", "No coverage interval", "No budget", "no price table", "said nothing about",
        "shows no examples", "does not belong to a signed report", "replaces the report R-1", "unheard_of", "Bench 4",
        "no response arrived",
    ):  # fmt: skip
        assert part in text, part
    assert "no results" in html(msgspec.structs.replace(bare, results=()), "en")


def test_another_language_is_taken_as_english(report: Report) -> None:
    assert html(report, "xx") == html(report, "en")


def test_times_and_counts() -> None:
    assert when("2026-11-21T08:51:02.512Z") == when("2026-11-21T08:51:02+00:00") == "2026-11-21 08:51:02 UTC"
    assert when("yesterday") == "yesterday"
    assert [grouped(n) for n in (0, 9999, 10_000, 1_234_567)] == ["0", "9999", "10\u202f000", "1\u202f234\u202f567"]


def _poison(value: object, evil: str, key: str = "") -> object:
    """Every text of a report with harm in it, except those that name something within the report."""
    if isinstance(value, dict):
        return {name: _poison(part, evil, name) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_poison(part, evil, key) for part in value]
    fixed = {"estimand", "status", "outcome", "kind", "better", "variants_are"}
    return value + evil if isinstance(value, str) and key not in fixed else value
