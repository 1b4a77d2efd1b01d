"""What holds of every document: facts, bounds, harmlessness, the same bytes each time."""

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from assay.reports.export import names
from assay.reports.exported import facts
from assay.vocabulary.errors import BadInput
from assay.vocabulary.report import Report
from assay.vocabulary.result import Note

Made = Callable[..., bytes]
DOCUMENTS = tuple(name for name in names() if name not in ("mlflow", "pdf"))
NO_NUMBER = re.compile(rb"\b(NaN|nan|Infinity|-?inf)\b")


def test_a_format_is_a_file() -> None:
    assert set(names()) == {
        "croissant", "dcc", "every-eval-ever", "github", "in-toto", "junit", "mlflow", "model-card", "opentelemetry",
        "oscal", "pdf",
    }  # fmt: skip


@pytest.mark.parametrize("to", [name for name in DOCUMENTS if name not in ("croissant", "in-toto")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_value_interval_counts_and_digest_are_stated(
    report: Report, sourced: Any, made: Made, to: str, language: str
) -> None:
    text = made(report, to, language).decode()
    numbers = ("0.853", "0.812", "0.886", "0.95", "2371", "29") if to in ("github",) else (
        "0.853124", "0.811782", "0.886433", "0.95", "2371", "29", "349.2", "0.0189", "wilson_effective")  # fmt: skip
    for number in numbers:
        assert number in text, number
    source = sourced(report)
    assert source.sha256 in text and report.id in text and report.laboratory.key_id in text


@pytest.mark.parametrize("to", DOCUMENTS)
def test_the_same_report_gives_the_same_bytes(report: Report, made: Made, to: str) -> None:
    assert made(report, to) == made(report, to)


@pytest.mark.parametrize("to", [name for name in DOCUMENTS if name not in ("in-toto",)])
def test_an_untrusted_key_is_said(report: Report, made: Made, to: str) -> None:
    trusted, untrusted = made(report, to), made(report, to, trusted=False)
    assert b"untrusted" not in trusted and b"NOT" not in trusted
    assert b"untrusted" in untrusted or b"NOT trusted" in untrusted


@pytest.mark.parametrize("to", DOCUMENTS)
def test_hostile_texts_control_nothing(hostile_report: Report, made: Made, to: str) -> None:
    data = made(hostile_report, to)
    for control in ("\x1b", "\x07", "\u202e", "\u2066", "\ufffe"):
        assert control.encode() not in data
    if to in ("github", "model-card"):
        body = data.decode().split("\n---\n", 1)[-1]
        for markup in ("<script", "<img", "](", "@someone", "\n=cmd"):
            assert markup not in body
    elif not to.startswith(("dcc", "junit")):
        json.loads(data)


@pytest.mark.parametrize("to", DOCUMENTS)
def test_an_unknown_is_no_number(empty_report: Report, made: Made, to: str) -> None:
    if to == "every-eval-ever":
        with pytest.raises(BadInput, match="without a value"):
            made(empty_report, to)
        return
    data = made(empty_report, to)
    assert not NO_NUMBER.search(data)
    if to in ("github", "model-card", "junit", "dcc", "oscal", "opentelemetry"):
        assert b"no value; the remarks say why" in data


@pytest.mark.parametrize("to", [name for name in DOCUMENTS if name not in ("croissant", "in-toto")])
def test_an_uncalibrated_judge_is_said(report: Report, made: Made, to: str) -> None:
    note = Note(code="judge_uncalibrated", values={"judges": "m-judge"})
    told = made(msgspec.structs.replace(report, notes=(*report.notes, note)), to).decode()
    if to in ("github", "model-card"):
        assert "m-judge" in told.split("| Measurand")[0].replace("&#", "")
    else:
        assert "judge_uncalibrated" in told and "drift" in told


def test_facts_leave_out_what_is_not_known(report: Report, empty_report: Report, sourced: Any) -> None:
    known = facts(sourced(report), report.results[1])
    assert known["dof"] == "infinite" and "n_effective" not in known and "if_lost_low" not in known
    unknown = facts(sourced(empty_report), empty_report.results[0])
    assert not {"value", "u", "interval_low", "k", "dof"} & set(unknown)
    assert unknown["no_value"] and unknown["lost"] == 2400
