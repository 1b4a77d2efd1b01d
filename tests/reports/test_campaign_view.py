"""A campaign in words: hostile text stays text, what has no value has a reason, and no picture bridges it."""

import msgspec
import pytest

from assay.api.campaign.standards import standard
from assay.reports.campaign_markdown import campaign_markdown
from assay.reports.campaign_picture import bars, changes, radar
from assay.reports.campaign_terminal import plan, terminal
from assay.reports.campaign_view import CampaignView, html
from assay.reports.text import width
from assay.vocabulary.campaign import Campaign, Cell, Change, Draw, Line, Round, Shift, Spent, Untested, Used
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note
from assay.vocabulary.words import section

STANDARD = standard("itu-t-f748-44")
HOSTILE = "<script>alert(1)</script>\x1b[31m"


def campaign(absent=("generation",), **changes) -> Campaign:
    cells = tuple(
        Cell(generator="bank.seating", dimension=one.name, form="choice", procedure="bank.choice", language="en",
             level="low", draws=(Draw(seed=0, made=10, kept=10),)) for one in STANDARD.dimension)  # fmt: skip
    lines = [Line(kind="clause", name=clause.number, status="shown" if clause.role == "shown" else "measured",
                  value=0.5 if clause.role == "measured" else None, u=0.05, interval=(0.4, 0.6),
                  simultaneous=(0.3, 0.7), why=(Note(code=f"evidence.{clause.evidence}"),) if clause.evidence else ())
             for clause in STANDARD.clause]  # fmt: skip
    for one in STANDARD.dimension:
        if one.name in absent:
            why = (Note(code="judge_unfit", values={"rubric": "bank.writing", "reason": HOSTILE}),)
            lines.append(Line(kind="dimension", name=one.name, status="not_run", why=why))
        else:
            lines.append(Line(kind="dimension", name=one.name, status="measured", value=0.84, u=0.021, n_items=10,
                              interval=(0.79, 0.88), simultaneous=(0.76, 0.9),
                              counts={"ok": 10, "subject_failed": 2}))  # fmt: skip
    used = Used(key="choice", procedure="bank.choice", run="r", report="R", sha256="0" * 64, observations="1" * 64,
                generators=("bank.seating",), responses=150)  # fmt: skip
    made = Campaign(
        id="campaign-0", title=HOSTILE, issued="2026-11-21T06:00:00+00:00",
        laboratory=LaboratoryMark(name=HOSTILE, key_id="a" * 64, public_key=""), standard=STANDARD,
        subject={"part": "llm.endpoint", "model": HOSTILE}, level=0.95, level_each={"dimension": 0.99}, seed=0,
        budget=200, languages=("en",), levels=("low",), cells=cells, read=(10,) * len(cells), runs=(used,),
        lines=tuple(lines), untested=(Untested(kind="form", what=HOSTILE, why=Note(code="not_measured")),),
        software={"assay": "0"},
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def shift(value: float) -> Shift:
    return Shift(value=value, u=0.02, dof=30.0, interval=(value - 0.04, value + 0.04),
                 simultaneous=(value - 0.06, value + 0.06))  # fmt: skip


LATER = Round(
    campaign="campaign-1", sha256="2" * 64, share=0.2, same_subject=False, runs=(),
    changes=(
        Change(dimension="reasoning", shift=shift(0.1), anchors=shift(0.3), fresh=shift(0.0), gap=shift(0.3),
               n_anchors=9, sign="anchors"),
        Change(dimension="generation", why=(Note(code="not_in_both", values={"name": "bank.notice"}),)),
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_others_wrote_stays_text(language: str) -> None:
    page = html(campaign(round=LATER), language, "3" * 64)
    assert "<script" not in page and "\x1b" not in page and "&lt;script&gt;" in page
    assert "\x1b" not in terminal(campaign(round=LATER), language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_code_has_words(language: str) -> None:
    shown = html(campaign(round=LATER), language) + terminal(campaign(round=LATER), language)
    for family in ("why.", "lacks.", "evidence.", "sign.", "dimension.", "level.", "form.", "untested."):
        assert f" {family}" not in shown and f">{family}" not in shown
    known = section("campaign", language)
    assert {f"dimension.{one.name}" for one in STANDARD.dimension} <= set(known)
    assert {f"evidence.{clause.evidence}" for clause in STANDARD.clause if clause.evidence} <= set(known)


def test_a_dimension_without_a_value_has_its_reason_and_no_number() -> None:
    seen = CampaignView(campaign(), "en")
    (line,) = [one for one in seen.dimensions if one.line.name == "generation"]
    assert not line.value and not line.interval and line.why.startswith("not run: the judge has no certificate")


def test_a_later_round_names_the_seeds_of_its_items_and_what_it_took() -> None:
    draws = (Draw(seed=3, made=9, kept=4), Draw(seed=8, made=5, kept=5))
    cells = (msgspec.structs.replace(campaign().cells[0], draws=draws),)
    spent = Spent(requests=9, responses=9, usage={"input_tokens": 70}, cost=0.25, currency="EUR", judge_requests=2,
                  judge_cost={"USD": 1.5})  # fmt: skip
    text = terminal(campaign(cells=cells, read=(9,), round=LATER, seed=8, spent=spent), "en", 200)
    assert "drawn from seeds (3: 4 items, 8: 5 items)" in text
    assert "9 requests to the subject, 9 responses; 70 tokens; cost 0.25" in text and "judges 1.5" in text
    assert "cost" not in terminal(campaign(), "en", 200)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_markdown_what_others_wrote_stays_text_and_nothing_is_left_out(language: str) -> None:
    text = campaign_markdown(campaign(round=LATER), language, "0" * 64)
    assert "<script" not in text and "0" * 64 in text
    seen = CampaignView(campaign(round=LATER), language)
    for one in seen.dimensions:
        assert f"| {one.name} | {one.value}" in text
    for _, title, _, _, _ in seen.clauses:
        assert title.split()[0] in text


def test_numbers_are_rounded_by_their_uncertainty() -> None:
    (line,) = [one for one in CampaignView(campaign(), "en").dimensions if one.line.name == "reasoning"]
    assert (line.value, line.u, line.interval, line.lost) == ("0.840", "0.021", "[0.790, 0.880]", "2")


def test_the_outline_is_drawn_only_where_every_dimension_has_a_value() -> None:
    names = {one.name: one.name for one in STANDARD.dimension}
    assert "outline" in radar(campaign(absent=()), names)
    missing = radar(campaign(), names)
    assert "outline" not in missing and missing.count('class="absent"') == 1
    assert bars(campaign(), names).count('class="absent"') == 1


def test_a_change_without_a_value_is_not_drawn() -> None:
    drawn = changes(LATER.changes, {"reasoning": "reasoning", "generation": "generation"})
    assert "reasoning" in drawn and "generation" not in drawn


def test_a_sign_of_contamination_stands_before_the_numbers() -> None:
    seen = CampaignView(campaign(round=LATER), "en")
    assert len(seen.signs) == 1 and "reasoning" in seen.signs[0] and "contamination" in seen.signs[0]
    told = terminal(campaign(round=LATER), "en")
    assert told.index("contamination") < told.index("Dimensions")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("wide", [40, 80, 110])
def test_the_terminal_keeps_its_width(language: str, wide: int) -> None:
    told = terminal(campaign(), language, wide)
    assert max(map(width, told.splitlines())) <= wide


def test_the_plan_counts_its_requests() -> None:
    made = campaign()
    told = plan((made.cells, made.untested), (150, 9_000), "en")
    assert "150 requests, about 9000 input tokens" in told and "choice 10" in told
