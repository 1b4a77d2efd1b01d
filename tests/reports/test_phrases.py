"""Codes become sentences; codes and values that no one foresaw are shown, and break nothing."""

import msgspec
import pytest

from assay.reports.phrases import Phrases
from assay.vocabulary.report import Report
from assay.vocabulary.result import LONGER_THAN_ANY, Decision, Note, Requirement


def _decision(**limits: float) -> Decision:
    return Decision(
        measurand="m",
        requirement=Requirement(measurand="m", **limits),
        outcome="inconclusive",
        risk=None,
        risk_rejected=None,
        bound=None,
        rule="at_least" if "at_least" in limits else "at_most",
    )


def test_terms_with_and_without_their_family() -> None:
    words = Phrases("en")
    assert words.term("component", "items") == words.term("component", "component.items") == "items"
    assert Phrases("zh").term("outcome", "inconclusive") == "尚不能判定"
    assert words.term("component", "certificate\x1b") == "certificate\\x1b"
    assert words.unseen("drift") == words.unseen("unseen.drift") != "unseen.drift"


def test_another_language_is_taken_as_english() -> None:
    assert Phrases("fr").term("status", "not_run") == "not run"


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        (Note(code="lost", values={"n": 3, "total": 40}), "3 of 40 readings were lost."),
        (Note(code="lost", values={"n": 3}), "lost; n: 3"),
        (Note(code="lost", values={"n": "\x1b[2J", "total": 0.5}), "\\x1b[2J of 0.5 readings"),
        (Note(code="new\u202e", values={"name": "a", "code": [1, 0.5]}), "new\\u202e; code: 1, 0.5; name: a"),
        (Note(code="unheard"), "unheard"),
    ],
)
def test_notes(note: Note, shown: str) -> None:
    assert Phrases("en").note(note).startswith(shown)


def test_a_rule_names_its_limit_and_its_risk() -> None:
    rule = Phrases("en").rule(_decision(at_least=0.8, risk=0.01))
    assert "limit 0.8;" in rule and "at most 0.01" in rule
    assert "限值 1.9 s " in Phrases("zh").rule(_decision(at_most=1.9), " s")
    assert Phrases("en").requirement(_decision(at_most=1.9), " s") == "at most 1.9 s"
    assert Phrases("en").sign(_decision(at_least=0.8)) == "≥ 0.8"


def test_texts_by_language(report: Report) -> None:
    label = report.measurands["llm.accuracy"].label
    assert Phrases("zh").chosen(label) == "准确率"
    assert Phrases("zh").chosen({"en": "Accuracy", "zh": ""}) == "Accuracy"
    assert Phrases("en").chosen({"de": "Treffer"}) == "Treffer"
    assert Phrases("en").chosen({}, "llm.accuracy") == "llm.accuracy"


def test_lost_readings_are_reckoned_of_the_restarts_that_count(report: Report) -> None:
    lost = msgspec.structs.replace(report.results[0], n_observations=300, n_repeats=3, if_lost=(50.0, 58.0))
    some = msgspec.structs.replace(lost, counts={"ok": 195, "instrument_failed": 105})
    refused = (Note(code="serving.restarts_refused", values={"n": 1, "total": 3}),)
    en = Phrases("en")
    assert en.if_lost(some) == "Had every lost reading been the worst or the best, the value would be 50.00 or 58.00."
    left_out = msgspec.structs.replace(some, notes=refused)
    assert "lost reading of the restarts that count" in en.if_lost(left_out)
    all_left_out = msgspec.structs.replace(left_out, counts={"ok": 200, "instrument_failed": 100})
    assert "does not depend on them" in en.if_lost(all_left_out)
    endless = msgspec.structs.replace(some, if_lost=(50.0, LONGER_THAN_ANY - 0.03))
    assert en.if_lost(endless).endswith("50.00 or longer than any.") and "长于" in Phrases("zh").if_lost(endless)
    assert en.if_lost(msgspec.structs.replace(some, counts={"ok": 300})) == ""


def test_arrivals_have_names() -> None:
    note = Note(code="serving.schedule", values={"kind": "poisson", "n": 9, "asked": 1.0, "rate": [1.0], "cv": [1.0],
                                                 "seeds": [1]})  # fmt: skip
    assert "Schedule: Poisson, 9" in Phrases("en").note(note) and "计划：泊松，" in Phrases("zh").note(note)
