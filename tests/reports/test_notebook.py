"""The small table of a notebook."""

import msgspec

from assay.reports.notebook import html_fragment
from assay.vocabulary.report import Report


def test_one_row_for_each_result(report: Report) -> None:
    table = html_fragment(report, "en")
    assert table.count("<tr>") == 3
    assert "<td>0.853</td><td>[0.812, 0.886] (0.95)</td><td>0.019</td><td>Conforms (≥ 0.8)</td>" in table
    assert "尚不能判定" in html_fragment(report, "zh")


def test_hostile_texts_stay_texts(report: Report, hostile: str) -> None:
    measurand = msgspec.structs.replace(report.measurands["llm.accuracy"], label={"en": hostile}, unit=hostile)
    table = html_fragment(
        msgspec.structs.replace(report, title=hostile, measurands={"llm.accuracy": measurand}), "en"
    )
    assert "<script" not in table and "\x1b" not in table and "\u202e" not in table
    assert "&lt;script&gt;" in table


def test_what_is_missing_is_a_dash(report: Report) -> None:
    nothing = msgspec.structs.replace(report.results[0], value=None, u=None, interval=None)
    table = html_fragment(msgspec.structs.replace(report, results=(nothing,), decisions=()), "en")
    assert table.count("<td>–</td>") == 4
