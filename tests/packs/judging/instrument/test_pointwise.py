"""judging.pointwise: a judge's verdict on one response."""

from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.judging.instrument.pointwise import Pointwise
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response
from assay.vocabulary.rubric import load

SHELF = locate("instrument", "judging.pointwise", "test").path.replace("instrument/pointwise.py", "rubric/")
CORRECT, HELPFUL, BETTER = (load(f"{SHELF}{name}.toml") for name in ("correctness", "helpfulness", "preference"))
ITEM = Item(id="1", stimulus="Which?", reference="B", choices=("one", "two"))
JUDGE = {"part": "llm.endpoint", "model": "m"}


def made(**settings: Any) -> Pointwise:
    return Pointwise(**{"rubric": CORRECT, "judge": JUDGE, "identities": ("a" * 64,), **settings})


def reading(votes: list[Any], **settings: Any) -> Any:
    answers = [Response(status="ok", output=vote if vote == "hm" else f'{{"verdict": {vote}}}') for vote in votes]
    judges = tuple(JUDGE for _ in votes)
    return made(judge=judges, **settings).verdict(ITEM, Response(status="ok", output="B"), answers)


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("instrument", "judging.pointwise", "test")) == []


def test_the_question_holds_options_and_the_words_of_the_reference() -> None:
    (asked,) = made().questions(ITEM, Response(status="ok", output="B"))
    assert "A. one\nB. two" in asked.stimulus and "B. two\n<<<end" in asked.stimulus


def test_each_judge_of_a_jury_is_asked_with_a_draw_of_its_own() -> None:
    asked = made(judge=(JUDGE, JUDGE, JUDGE)).questions(ITEM, Response(status="ok", output="B"))
    assert [(one.judge, one.draw) for one in asked] == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(("vote", "value"), [('"pass"', 1.0), ('"fail"', 0.0)])
def test_a_selection_passes_or_fails(vote: str, value: float) -> None:
    assert reading([vote]).value == value
    assert reading([vote], passes=("fail",)).value == 1 - value


@pytest.mark.parametrize(("vote", "value"), [(1, 0.0), (3, 0.5), (5, 1.0)])
def test_a_grade_is_a_fraction_of_its_scale(vote: int, value: float) -> None:
    assert reading([vote], rubric=HELPFUL).value == value


def test_a_jury_takes_the_majority_of_classes_and_the_mean_of_grades() -> None:
    assert reading(['"pass"', '"fail"', '"pass"']).value == 1.0
    assert reading(['"pass"', '"fail"', '"pass"']).note == "votes: 1, 0, 1"
    assert reading([1, 5, 3], rubric=HELPFUL).value == pytest.approx(0.5)
    assert reading([1, 1, 5], rubric=HELPFUL, combine="median").value == 0.0


def test_a_failed_juror_is_missing_and_no_vote() -> None:
    assert reading(['"pass"', "hm", '"pass"']).value == 1.0
    assert "–" in reading(['"pass"', "hm", '"pass"']).note
    assert reading(['"pass"', "hm", "hm"]).status == "instrument_failed"
    assert reading(['"pass"', "hm", "hm"], quorum=1).value == 1.0


def test_a_tied_jury_has_no_verdict() -> None:
    found = reading(['"pass"', '"fail"'])
    assert found.status == "instrument_failed" and found.note.startswith("jury_tied")


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (Response(status="ok", output=" "), "subject_failed"), (Response(status="ok", output=None), "subject_failed"),
        (Response(status="refused", note="refusal"), "refused"),
        (Response(status="ok", output="x" * 101), "instrument_failed"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_asked_of_nobody(response: Response, status: str) -> None:
    judge = made(longest=100)
    assert judge.questions(ITEM, response) == ()
    assert judge.verdict(ITEM, response, []).status == status


def test_a_rubric_about_several_responses_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        made(rubric=BETTER).scope()
    assert caught.value.code == "judge.cell"


@pytest.mark.parametrize(
    "settings", [{"language": "fr"}, {"passes": ("good",)}, {"judge": ()}, {"judge": {"model": "m"}}]
)
def test_settings_that_no_judge_can_have_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        made(**settings).scope()


def test_an_item_without_the_reference_that_the_rubric_shows_is_refused() -> None:
    bare = Item(id="1", stimulus="Which?")
    assert made().check(bare) and not made(rubric=HELPFUL).check(bare) and not made().check(ITEM)


def test_the_scope_tells_uses_apart() -> None:
    uses = [made(), made(language="zh"), made(rubric=HELPFUL), made(passes=("fail",)), made(identities=("b" * 64,)),
            made(judge=(JUDGE, JUDGE)), made(judge=(JUDGE, JUDGE), combine="mean")]  # fmt: skip
    assert len({str(use.scope()) for use in uses}) == len(uses)
