"""Agreement of a session, checked against published and independent numbers; imports and exports as a whole."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.api.rating.rate import Wanted, begin
from assay.api.rating.ratings import export, session, summary, take_in
from assay.store.ratings import journal, rows_of
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import Rating, RatingPlan


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    return tmp_path / "lab"


def plan(lab: Path, cases: int, rubric: str = "judging.correctness", **row: Any) -> RatingPlan:
    path = lab.parent / "texts.jsonl"
    path.write_text("".join(json.dumps({"id": f"q{n}", "output": "x", "output_1": "x", "output_2": "y", **row}) + "\n"
                            for n in range(cases)))  # fmt: skip
    return begin(Wanted(sources=(str(path),), rubric=rubric), lab)


def rated(lab: Path, made: RatingPlan, table: dict[str, list[Any]]) -> None:
    """Verdicts of raters on the cases in order; None is no verdict."""
    with journal(lab, made) as kept:
        kept.add(
            Rating(case=case.id, item=case.item, candidates=tuple(one.id for one in case.candidates), rater=rater,
                   value=value, source="page", rubric=made.rubric.digest, plan=made.name)
            for rater, values in table.items()
            for case, value in zip(made.cases, values, strict=False)
            if value is not None
        )  # fmt: skip


def test_two_raters_and_a_published_kappa(lab: Path) -> None:
    """The 2 × 2 table 20, 5, 10, 15 has kappa 0.4 and agreement 0.7 (a textbook example)."""
    made = plan(lab, 50)
    yes, no = "pass", "fail"
    rated(lab, made, {"Ann": [yes] * 25 + [no] * 25, "Bob": [yes] * 20 + [no] * 5 + [yes] * 10 + [no] * 15})
    found = summary(made, lab)
    values = {one.name: one for one in found.agreement}
    assert set(values) == {"alpha_nominal", "kappa", "ac1"} and found.same == pytest.approx(0.7)
    assert values["kappa"].value == pytest.approx(0.4) and found.shared == 50
    for one in values.values():
        assert one.interval is not None and one.interval[0] < one.value < one.interval[1] <= 1
    assert values["kappa"].interval == pytest.approx((0.14, 0.66), abs=0.06)  # asymptotic: 0.4 ± 1.96 · 0.1313
    assert {one.name: one.values for one in found.raters} == {
        "Ann": {"fail": 25, "pass": 25}, "Bob": {"fail": 20, "pass": 30},
    }  # fmt: skip


def test_krippendorff_s_own_example(lab: Path) -> None:
    """Four observers, twelve units, missing ratings: ordinal 0.815, interval 0.849.

    Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C (recalled).
    """
    rows = {
        "A": "1 2 3 3 2 1 4 1 2 . . .", "B": "1 2 3 3 2 2 4 1 2 5 . 3", "C": ". 3 3 3 2 3 4 2 2 5 1 .",
        "D": "1 2 3 3 2 4 4 1 2 5 1 .",
    }  # fmt: skip
    made = plan(lab, 12, "judging.helpfulness")
    rated(lab, made, {name: [int(one) if one != "." else None for one in row.split()] for name, row in rows.items()})
    found = summary(made, lab)
    values = {one.name: one.value for one in found.agreement}
    assert values["alpha_ordinal"] == pytest.approx(0.815, abs=5e-4)
    assert values["alpha_interval"] == pytest.approx(0.849, abs=5e-4)
    assert found.shared == 11 and {one.code for one in found.notes} == {"few_shared", "unfinished"}


def test_a_quadratic_kappa_only_for_grades_at_even_distances(lab: Path) -> None:
    made = plan(lab, 40, "judging.helpfulness")
    draw = np.random.default_rng(1)
    first = draw.integers(1, 6, 40)
    second = np.clip(first + draw.integers(-1, 2, 40), 1, 5)
    rated(lab, made, {"Ann": [int(v) for v in first], "Bob": [int(v) for v in second]})
    assert "kappa_quadratic" in {one.name for one in summary(made, lab).agreement}
    other = plan(lab, 41, "judging.helpfulness")
    rated(lab, other, {"Ann": [1, 2, 5] * 13, "Bob": [1, 5, 5] * 13})
    assert {one.name for one in summary(other, lab).agreement} == {"alpha_ordinal", "alpha_interval"}


def test_rankings(lab: Path) -> None:
    file = lab.parent / "rank.toml"
    file.write_text('name = "rank"\nversion = "1"\nkind = "ranking"\ntitle.en = "Rank"\ninstructions.en = "Do."\n'
                    '[[option]]\nvalue = "better"\nanchor.en = "Nearer."\n')  # fmt: skip
    made = plan(lab, 30, str(file), output_3="z")
    rated(lab, made, {"Ann": [("1", "2", "3")] * 30, "Bob": [("1", "2", "3")] * 20 + [("2", "1", "3")] * 10})
    found = summary(made, lab)
    (alpha,) = found.agreement
    assert alpha.name == "alpha_ordinal" and alpha.units == 90 and found.same == pytest.approx(2 / 3)
    assert alpha.interval is not None and 0 < alpha.interval[0] < alpha.value < alpha.interval[1] < 1


def test_the_interval_covers_the_true_value(lab: Path) -> None:
    """Two raters who give the right class with probability 0.85: kappa is 0.49, alpha nearly so."""
    made = plan(lab, 60)
    true = (2 * 0.85 - 1) ** 2
    from assay.api.rating.agreed import agreed
    from assay.vocabulary.rating import latest

    draw = np.random.default_rng(5)
    hits = 0
    for number in range(60):
        truth = draw.random(60) < 0.5
        said = {name: truth ^ (draw.random(60) < 0.15) for name in ("Ann", "Bob")}
        rows = [
            Rating(case=case.id, item=case.item, candidates=("1",), rater=name, source="page", note=str(number),
                   value="pass" if said[name][place] else "fail", rubric=made.rubric.digest, plan=made.name)
            for name in said for place, case in enumerate(made.cases)
        ]  # fmt: skip
        found = {one.name: one.interval for one in agreed(made, latest(rows), ["Ann", "Bob"]).coefficients}
        low, high = found["kappa"] or (math.nan, math.nan)
        hits += low <= true <= high
    assert hits >= 52  # 57 expected; 52 or fewer would come up once in 80 were the level kept


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ({}, {"no_ratings"}),
        ({"Ann": ["pass", "fail", "pass"]}, {"one_rater"}),
        ({"Ann": ["pass", None, None], "Bob": [None, "fail", "pass"]}, {"no_shared", "unfinished"}),
        ({"Ann": ["pass", None, None], "Bob": ["pass", "fail", "pass"]}, {"one_shared", "unfinished"}),
        ({"Ann": ["pass"] * 3, "Bob": ["pass", "fail", "pass"]}, {"rater_alike", "few_shared"}),
        ({"Ann": ["pass"] * 3, "Bob": ["pass"] * 3}, {"all_alike", "few_shared", "no_coefficient"}),
    ],
)
def test_what_cannot_be_stated_is_said(lab: Path, table: dict[str, list[Any]], codes: set[str]) -> None:
    made = plan(lab, 3)
    rated(lab, made, table)
    found = summary(made, lab)
    assert {one.code for one in found.notes} >= codes
    if codes & {"no_ratings", "one_rater", "no_shared", "one_shared"}:
        assert found.agreement == ()
    if "all_alike" in codes:
        (only,) = found.agreement
        assert only.name == "ac1" and only.value == 1 and only.interval is not None and only.interval[0] < 1


def test_repeats_of_an_item_are_one_cluster(lab: Path) -> None:
    """The same 12 items three times: the interval is about as wide as from the 12 alone, not as from 36."""
    from msgspec.structs import replace

    from assay.api.rating.agreed import agreed
    from assay.vocabulary.rating import latest

    first = ["pass", "fail", "pass", "pass", "fail", "fail", "pass", "fail", "pass", "pass", "fail", "fail"]
    second = ["pass", "fail", "fail", "pass", "fail", "pass", "pass", "fail", "pass", "fail", "fail", "fail"]
    made = plan(lab, 36)
    grouped = replace(made, cases=tuple(replace(case, item=f"i{n % 12}") for n, case in enumerate(made.cases)))
    rated(lab, made, {"Ann": first * 3, "Bob": second * 3})
    kept = latest(rows_of(lab, made))
    widths = []
    for each in (made, grouped):
        alpha = agreed(each, kept, ["Ann", "Bob"]).coefficients[0]
        assert alpha.interval is not None
        widths.append(alpha.interval[1] - alpha.interval[0])
    assert widths[1] > 1.5 * widths[0]


def test_an_import_is_all_or_nothing(lab: Path) -> None:
    made = plan(lab, 3)
    path = lab.parent / "in.csv"
    path.write_text("item,rater,value\nq0,Ann,pass\nq1,Ann,maybe\n")
    with pytest.raises(BadInput):
        take_in(made, path, lab)
    assert rows_of(lab, made) == []
    path.write_text("item,rater,value\nq0,Ann,pass\nq1,Ann,fail\nq1,Ann,fail\n")
    assert (take_in(made, path, lab).added, take_in(made, path, lab).known) == (2, 3)
    assert len(rows_of(lab, made)) == 2


def test_tables_and_tasks_out_and_in(lab: Path) -> None:
    made = plan(lab, 3)
    rated(lab, made, {"Ann": ["pass", "fail", "pass"], "李雷": ["pass", "pass", None]})
    for name in ("out.csv", "out.jsonl"):
        (written,) = export(made, lab.parent / name, lab)
        other = lab.parent / f"lab-{written.suffix[1:]}"
        begin(Wanted(sources=(str(lab.parent / "texts.jsonl"),), rubric="judging.correctness"), other)
        assert take_in(made, written, other).added == 5
        assert summary(made, other).agreement == summary(made, lab).agreement
    tasks, interface = export(made, lab.parent / "tasks.json", lab, language="zh")
    assert len(json.loads(tasks.read_bytes())) == 3 and "回答是否正确" in interface.read_text("utf-8")
    with pytest.raises(BadInput) as error:
        export(made, lab.parent / "out.xlsx", lab)
    assert error.value.code == "rating.format"


def test_the_session_by_its_name(lab: Path) -> None:
    made = plan(lab, 3)
    assert session("last", lab) == session(made.name[:4], lab) == made
