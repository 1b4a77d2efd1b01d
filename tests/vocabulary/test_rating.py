"""Ratings: verdicts that a rubric knows, blinding, and orders that are each rater's own."""

from pathlib import Path
from typing import Any

import pytest

import assay.packs.judging.rubric as shelf
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import Candidate, Case, Rating, RatingPlan, Sample, latest, rater_name, verdict
from assay.vocabulary.rubric import Option, Rubric, load


def plan(rubric: str | Rubric = "helpfulness", cases: int = 40, candidates: int = 1) -> RatingPlan:
    made = load(Path(shelf.__file__).parent / f"{rubric}.toml") if isinstance(rubric, str) else rubric
    return RatingPlan(
        rubric=made,
        cases=tuple(
            Case(id=f"c{n}", item=f"i{n}", candidates=tuple(
                Candidate(id=f"run-{k}", text=f"answer {n} {k}") for k in range(candidates)
            )) for n in range(cases)
        ),
        sample=Sample(source=("here",), population=cases, lost=0, drawn=cases, seed=0),
    )  # fmt: skip


RANKING = Rubric(
    name="order", version="1", kind="ranking", title={"en": "Rank"}, instructions={"en": "Best first."},
    option=(Option(value="better", anchor={"en": "Nearer to the question."}),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("rubric", "candidates", "given", "expected"),
    [
        ("helpfulness", 1, "4", 4), ("helpfulness", 1, 4.0, 4), ("helpfulness", 1, " 5 ", 5),
        ("correctness", 1, "pass", "pass"), ("preference", 2, "tie", "tie"), ("preference", 2, "second", "second"),
        ("preference", 2, "run-0", "first"), (RANKING, 3, ["run-2", "run-0", "run-1"], ("run-2", "run-0", "run-1")),
        (RANKING, 2, "run-1|run-0", ("run-1", "run-0")),
    ],
)  # fmt: skip
def test_verdicts_as_the_rubric_knows_them(rubric: Any, candidates: int, given: Any, expected: Any) -> None:
    made = plan(rubric, 1, candidates)
    found = verdict(made, made.cases[0], given, "row 1")
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("rubric", "candidates", "given"),
    [
        ("helpfulness", 1, 6), ("helpfulness", 1, "0"), ("helpfulness", 1, 3.5), ("helpfulness", 1, True),
        ("helpfulness", 1, "nan"), ("helpfulness", 1, "1_0"), ("helpfulness", 1, None), ("helpfulness", 1, [4]),
        ("correctness", 1, "Pass"), ("correctness", 1, 1), ("preference", 2, "run-9"), ("preference", 2, ""),
        (RANKING, 3, ["run-0", "run-1"]), (RANKING, 3, ["run-0", "run-0", "run-1"]), (RANKING, 3, {"a": 1}),
    ],
)  # fmt: skip
def test_verdicts_outside_the_rubric(rubric: Any, candidates: int, given: Any) -> None:
    made = plan(rubric, 1, candidates)
    with pytest.raises(BadInput) as error:
        verdict(made, made.cases[0], given, "row 1")
    assert error.value.code == "rating.outside" and "row 1" in str(error.value)


def test_every_rater_has_an_order_of_their_own() -> None:
    made = plan()
    ann, bob = [[case.id for case in made.order(name)] for name in ("Ann", "Bob")]
    assert sorted(ann) == sorted(bob) == sorted(case.id for case in made.cases)
    assert ann != bob and ann == [case.id for case in made.order("Ann")]
    assert ann != [case.id for case in made.cases]


def test_sides_are_drawn_evenly() -> None:
    made = plan("preference", 1000, 2)
    left = sum(made.shown("Ann", case) == (0, 1) for case in made.cases)
    assert 437 < left < 563  # four standard deviations of a fair coin
    other = sum(made.shown("Ann", case) == made.shown("Bob", case) for case in made.cases)
    assert 437 < other < 563


def test_blind_keys_say_nothing_and_are_the_rater_s_own() -> None:
    made = plan()
    keys = {made.blind(name, case) for name in ("Ann", "Bob") for case in made.cases}
    assert len(keys) == 80 and all(len(key) == 16 for key in keys)


def test_a_changed_case_is_another_session() -> None:
    assert plan(cases=3).name != plan(cases=4).name and plan(cases=3).name == plan(cases=3).name


def test_names_of_raters() -> None:
    assert rater_name("  李  雷 ", [], "row 1") == "李 雷" and rater_name(7, [], "row 1") == "7"
    for bad in ("", "  ", "x" * 41, "a\x1bb", "\u202ename", None, True, ["Ann"]):
        with pytest.raises(BadInput) as error:
            rater_name(bad, [], "row 1")
        assert error.value.code == "rating.rater"
    with pytest.raises(BadInput) as error:
        rater_name("ann", ["Ann"], "row 1")
    assert error.value.code == "rating.rater_like"


def test_a_rating_is_a_verdict_or_a_reason() -> None:
    common: dict[str, Any] = {"case": "c0", "item": "i0", "candidates": ("1",), "rater": "Ann", "source": "page",
                              "rubric": "r", "plan": "p"}  # fmt: skip
    for wrong in ({"value": None}, {"value": 3, "status": "skipped"}, {"value": 3, "status": "withdrawn"}):
        with pytest.raises(ValueError, match="a verdict or a reason"):
            Rating(**common, **wrong)
    rows = [Rating(**common, value=3), Rating(**common, value=4), Rating(**{**common, "rater": "Bob"}, value=1),
            Rating(**{**common, "rater": "Bob"}, status="withdrawn")]  # fmt: skip
    assert latest(rows) == {("c0", "Ann"): rows[1]}
