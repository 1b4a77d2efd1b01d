"""The certificate of the software for people: nothing in it can harm whoever looks, and failures stand out."""

import pytest

from assay.reports.validation_view import ValidationView, html, markdown, terminal
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.validation import Case, CoverageLine, Reproduced, Validation

HOSTILE = "<script>alert(1)</script>\x1b[31m|\u202e"
ROW = Reproduced(quantity=HOSTILE, published=1.0, computed=2.0, digits=0, tolerance=0.5, why="printed", passed=False)
LINE = CoverageLine(
    study="s", method="mean", design=HOSTILE, n=30, truth=0.9, estimand="population", simulations=5000, refused=0,
    seed=1, covered=0.88, u=0.003, width=None, accepted=0.07, exact=None, claim="known", note="few_variants",
    note_seen=True, outcome="known",
)  # fmt: skip


@pytest.fixture
def made() -> Validation:
    return Validation(
        id="validation-1", issued="2026-01-01T00:00:00+00:00",
        laboratory=LaboratoryMark(name=HOSTILE, key_id="0" * 64, public_key=""), software={"assay": HOSTILE},
        code="f" * 64, processors=2, seconds=1.0, seed=1, simulations=5000, level=0.95, low=0.93, high=0.97,
        complete=True, only=(), cases=(Case(name=HOSTILE, source=HOSTILE, recalled=True, passed=False, rows=(ROW,)),),
        coverage=(LINE,), passed=False,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("show", [terminal, html, markdown])
def test_hostile_texts_are_harmless(made, show, language):
    shown = show(made, language)
    assert "\x1b[31m" not in shown and "\u202e" not in shown
    if show is html:
        assert "<script>" not in shown and "&lt;script&gt;" in shown
    if show is markdown:
        rows = [line for line in shown.splitlines() if line.startswith("|")]
        assert {line.replace("\\|", "").count("|") for line in rows} == {5, 8}


def test_what_failed_is_named_and_what_is_known_says_so(made):
    shown = terminal(made, "en", 160)
    assert "NOT passed" in shown and "✗" in shown and "known failure (few_variants)" in shown
    assert "0 of 1 publications and 0 of 1 numbers" in shown and "(recalled)" in shown


def test_lines_of_a_design_are_one_row(made):
    import msgspec

    two = msgspec.structs.replace(LINE, truth=0.5, covered=0.95, outcome="covered", accepted=0.05)
    made = msgspec.structs.replace(made, coverage=(two, LINE))
    (row,) = ValidationView(made, "en").summaries
    assert (row.truths, row.lowest, row.highest, row.accepted) == ("0.5 … 0.9", "0.8800", "0.9500", "0.0700")
    assert row.worst == "known" and "covered" in row.outcomes
    assert all(len(line) <= 60 for line in terminal(made, "en", 60).splitlines())
