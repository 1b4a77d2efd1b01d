"""A report on a terminal: everything that matters, nothing that harms, no line too wide."""

import msgspec
import pytest

from assay.reports.terminal import terminal
from assay.reports.text import width as columns
from assay.vocabulary.report import Report
from assay.vocabulary.result import Component, Note


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_too_wide(report: Report, language: str, width: int) -> None:
    lines = terminal(report, language, width).splitlines()
    assert max(map(columns, lines)) <= width


def test_a_result_with_all_its_parts(report: Report) -> None:
    text = terminal(report, "en", 100)
    for part in (
        "Triage questions, release candidate 4",
        "0.853",
        "[0.812, 0.886]",
        "level of 0.95",
        "u = 0.019 · k = 2.01 · degrees of freedom 46.7",
        "▲ ≥ 0.8",
        "✓ Conforms (required: at least 0.8)",
        "one-sided bound 0.819",
        "a result as favourable would come up with probability 0.0071, allowed 0.05",
        "planned 2400 · read 2371 · refused by the subject 12",
        "the value would be 0.8428 or 0.8549",
        "items (in clusters)  A",
        "Errors in the reference values",
        "? Inconclusive (required: at most 1.9 s)",
        "1.834 s",
    ):
        assert " ".join(part.split()) in " ".join(text.split())
    assert "nothing" not in text


def test_the_picture_puts_the_limit_where_it_belongs(report: Report) -> None:
    lines = terminal(report, "en", 80).splitlines()
    drawn = next(line for line in lines if "●" in line)
    below = lines[lines.index(drawn) + 1]
    assert drawn.index("┊") == below.index("▲")
    assert drawn.index("┊") < drawn.index("━") < drawn.index("●")


def test_colour_only_if_asked(report: Report) -> None:
    assert "\x1b" not in terminal(report, "en")
    coloured = terminal(report, "en", colour=True)
    assert "\x1b[1;32m✓ Conforms" in coloured
    assert coloured.count("\x1b[") == 2 * coloured.count("\x1b[0m")


def test_hostile_texts_do_nothing(report: Report, hostile: str) -> None:
    first = report.results[0]
    evil = msgspec.structs.replace(
        first,
        method=hostile,
        unseen=(hostile,),
        budget=(Component(source=hostile, label=hostile, kind="B", u=0.1, share=1.0),),
        notes=(Note(code=hostile, values={hostile: hostile}),),
    )
    measurand = msgspec.structs.replace(
        report.measurands["llm.accuracy"], label={"en": hostile}, unit=hostile + "\n"
    )
    wrong = msgspec.structs.replace(
        report, title=hostile, results=(evil,), measurands={"llm.accuracy": measurand}, notes=(Note(code=hostile),)
    )
    text = terminal(wrong, "en")
    assert not set(text) & set("\x1b\x07\u202e\u2066\r")
    assert "\\x1b[2J" in text


def test_a_report_with_nothing_in_it(report: Report) -> None:
    empty = msgspec.structs.replace(
        report.results[0], value=None, u=None, interval=None, k=None, if_lost=None, budget=(), unseen=(), notes=(),
        counts={"not_run": 5}, n_observations=5, method="none",
    )
    bare = msgspec.structs.replace(report, results=(empty,), measurands={}, notes=())
    text = terminal(bare, "zh")
    assert "没有测得值" in text
    assert "未执行 5" in text
    assert "llm.accuracy" in text
    assert terminal(msgspec.structs.replace(bare, results=()), "en").splitlines() == [report.title]
