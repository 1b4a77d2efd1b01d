"""Ratings by people as cases of known verdict."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

import assay.packs.judging as judging
from assay.exchange.known_cases import KnownCases, known_cases
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rubric import load

SHELF = Path(str(resources.files(judging))) / "rubric"
CORRECT, HELPFUL = load(SHELF / "correctness.toml"), load(SHELF / "helpfulness.toml")


def row(verdict: Any, rater: str = "", response: str = "B", **more: Any) -> dict[str, Any]:
    return {"prompt": "Which?", "response": response, "reference": "B", "verdict": verdict, "rater": rater, **more}


def cases(*rows: Mapping[str, Any], columns: Mapping[str, str] | None = None) -> KnownCases:
    placed = [(f"r.csv:{n}", one) for n, one in enumerate(rows, 2)]
    return known_cases(placed, "r.csv", CORRECT, ("pass",), columns or {})


def test_the_majority_of_the_people_counts_and_their_agreement_is_kept() -> None:
    found = cases(row("pass", "ann"), row("pass", "bo"), row("fail", "cy"), row("fail", "ann", "C"))
    assert [item.reference for item in found.material.items] == [1.0, 0.0]
    assert found.raters == 3 and found.agreement == pytest.approx(1 / 3) and found.excluded == 0


def test_a_case_on_which_people_are_evenly_divided_is_left_out_and_counted() -> None:
    found = cases(row("pass", "ann"), row("fail", "bo"), row("fail", "ann", "C"))
    assert len(found.material.items) == 1 and found.excluded == 1


def test_the_mean_of_grades_counts() -> None:
    rows = [(f"r:{n}", row(grade, rater)) for n, (grade, rater) in enumerate([("4", "ann"), (5, "bo")])]
    found = known_cases(rows, "r", HELPFUL, (), {})
    assert found.material.items[0].reference == pytest.approx(0.875) and found.agreement == 0


def test_responses_to_one_item_are_one_cluster_and_tags_are_kept() -> None:
    found = cases(row("pass", item="q1", kind="law", language="en"), row("fail", response="C", item="q1", system="m"))
    assert {item.group for item in found.material.items} == {"q1"}
    assert [item.tags for item in found.material.items] == [("kind:law", "language:en"), ("system:m",)]
    assert len({item.id for item in found.material.items}) == 2


def test_columns_may_have_other_names() -> None:
    rows = {"q": "Which?", "answer": "B", "reference": "B", "label": "pass"}
    found = cases(rows, columns={"prompt": "q", "response": "answer", "verdict": "label"})
    assert found.material.items[0].stimulus["prompt"] == "Which?"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "cases.none"), ([row("PASS")], "rating.outside"), ([row(True)], "rating.outside"),
        ([row("pass", response=" ")], "cases.lacks"), ([row("")], "cases.lacks"),
        ([{**row("pass"), "reference": ""}], "cases.lacks"),
        ([row("pass", "ann"), row("fail", "ann")], "cases.conflict"),
    ],
)  # fmt: skip
def test_bad_ratings_are_named(rows: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(BadInput) as caught:
        cases(*rows)
    assert caught.value.code == code and str(caught.value)


def test_a_column_that_is_none_of_ours_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        cases(row("pass"), columns={"verdit": "x"})
    assert caught.value.code == "setting.unknown" and "verdict" in str(caught.value)
