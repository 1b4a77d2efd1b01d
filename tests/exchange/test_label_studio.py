"""Label Studio: tasks out without any trace of the system, annotations of both exports in."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from assay.exchange.label_studio import config, given, tasks
from assay.exchange.ratings import ratings
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import Candidate, Case, RatingPlan, Sample
from assay.vocabulary.rubric import Option, Rubric

WORDS = {"prompt": "Question", "reference": "Reference", "answer": "Answer", "note": "Note"}
OPTIONS: dict[str, tuple[Option, ...]] = {
    "score": tuple(Option(value=n, label={"en": f"Grade \"{n}\""}, anchor={"en": f"<{n}> & so on"}) for n in (1, 2, 3)),
    "selection": (Option(value="pass", label={"en": "Pass"}, anchor={"en": "Good."}),
                  Option(value="fail", anchor={"en": "Bad."})),
    "choice": (Option(value="better", anchor={"en": "Nearer."}), Option(value="tie", anchor={"en": "Alike."})),
    "ranking": (Option(value="better", anchor={"en": "Nearer."}),),
}  # fmt: skip


def plan(kind: Any, cases: int = 12) -> RatingPlan:
    n = {"choice": 2, "ranking": 3}.get(kind, 1)
    rubric = Rubric(name=kind, version="1", kind=kind, title={"en": "Title <&>"}, instructions={"en": "Do.\nIt."},
                    option=OPTIONS[kind], with_reference=kind == "selection")  # fmt: skip
    made = tuple(
        Case(id=f"secret-{i}", item=f"secret-{i}", prompt=f"question {i}", reference="42", candidates=tuple(
            Candidate(id=f"system-{k}", text=f"answer {i} of {k}", run=f"system-{k}") for k in range(n)
        )) for i in range(cases)
    )  # fmt: skip
    return RatingPlan(rubric=rubric, cases=made, sample=Sample(source=("system-0",), population=cases, lost=0,
                                                               drawn=cases, seed=0))  # fmt: skip


def exported(folder: Path, made: RatingPlan, value: Any, minimal: bool = False, **changes: Any) -> Path:
    """An export in which user 3 said ``value(data)`` of each task."""
    done = []
    for number, task in enumerate(tasks(made), 1):
        said = value(task["data"])
        if minimal:
            row = {**task["data"], "id": number, "verdict": said, "annotator": 3, "annotation_id": number,
                   "updated_at": "2026-11-20T10:00:00Z", "lead_time": 4.2, **changes}  # fmt: skip
        else:
            result = [{"from_name": "verdict", "to_name": "answer", "type": "x", "value": said},
                      {"from_name": "note", "to_name": "answer", "type": "textarea", "value": {"text": ["so", "so"]}}]
            row = {**task, "id": number, "annotations": [
                {"id": number, "completed_by": 3, "result": result, "was_cancelled": False,
                 "updated_at": "2026-11-20T10:00:00Z", **changes},
                {"id": 99, "completed_by": 3, "result": [], "was_cancelled": True},
            ]}  # fmt: skip
        done.append(row)
    path = folder / "export.json"
    path.write_text(json.dumps(done), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", OPTIONS)
def test_tasks_are_blind_and_the_interface_fits_them(kind: str) -> None:
    made = plan(kind)
    found = tasks(made)
    text = json.dumps(found)
    assert "secret" not in text and "system" not in text
    assert ("42" in text) == (kind == "selection")
    assert [task["data"]["prompt"] for task in found] != [case.prompt for case in made.cases]
    tree = ElementTree.fromstring(config(made.rubric, "en", WORDS))
    shown = {node.get("value", "")[1:] for node in tree.iter() if node.get("value", "").startswith("$")}
    assert shown <= set(found[0]["data"])
    names = {node.get("name") for node in tree.iter()}
    assert "verdict" in names and {node.get("toName") for node in tree.iter() if node.get("toName")} <= names
    assert tree.find("Header").get("value") == "Title <&>"  # type: ignore[union-attr]


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize(
    ("kind", "full", "short", "expected"),
    [
        ("score", {"choices": ["3"]}, "3", 3),
        ("score", {"rating": 2}, [{"rating": 2}], 2),
        ("selection", {"choices": ["pass"]}, "pass", "pass"),
        ("selection", {"choices": ["Pass"]}, [{"choices": ["Pass"]}], "pass"),
    ],
)
def test_verdicts_on_one_answer(
    tmp_path: Path, minimal: bool, kind: str, full: Any, short: Any, expected: Any
) -> None:
    made = plan(kind)
    path = exported(tmp_path, made, lambda data: short if minimal else full, minimal)
    found = ratings(made, given(path, made), [], "label-studio")
    assert len(found) == 12 and {one.value for one in found} == {expected}
    assert {one.rater for one in found} == {"3"} and {one.at for one in found} == {"2026-11-20T10:00:00Z"}
    assert {one.note for one in found} == ({""} if minimal else {"so\nso"})


@pytest.mark.parametrize("minimal", [False, True])
@pytest.mark.parametrize("form", ["choices", "selected"])
def test_the_side_leads_back_to_the_candidate(tmp_path: Path, minimal: bool, form: str) -> None:
    made = plan("choice")

    def nearer(data: dict[str, Any]) -> Any:
        """Always the answer of system 1, wherever it stands."""
        side = 0 if data["answer_a"].endswith("of 1") else 1
        if form == "selected":
            return [{"selected": ("left", "right")[side]}] if minimal else {"selected": ("left", "right")[side]}
        return "AB"[side] if minimal else {"choices": ["AB"[side]]}

    found = ratings(made, given(exported(tmp_path, made, nearer, minimal), made), [], "label-studio")
    assert {one.value for one in found} == {"second"}
    assert {one.shown for one in found} == {(0, 1), (1, 0)}


@pytest.mark.parametrize("minimal", [False, True])
def test_an_order_leads_back_to_the_candidates(tmp_path: Path, minimal: bool) -> None:
    made = plan("ranking")

    def order(data: dict[str, Any]) -> Any:
        ids = [one["id"] for one in sorted(data["answers"], key=lambda one: str(one["body"])[-1], reverse=True)]
        return [{"ranker": {"verdict": ids}}] if minimal else {"ranker": {"verdict": ids}}

    found = ratings(made, given(exported(tmp_path, made, order, minimal), made), [], "label-studio")
    assert {one.value for one in found} == {("system-2", "system-1", "system-0")}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: {"tasks": rows}, "rating.not_label_studio"),
        (lambda rows: [1], "rating.not_label_studio"),
        (lambda rows: [], "rating.no_ratings"),
        (lambda rows: [{**rows[0], "annotations": []}], "rating.no_ratings"),
        (lambda rows: [{**rows[0], "annotations": 3}], "rating.not_label_studio"),
        (lambda rows: [{**rows[0], "annotations": [{"completed_by": 1}]}], "rating.not_label_studio"),
        (lambda rows: [{**rows[0], "annotations": [{"completed_by": 1, "result": []}]}], "rating.outside"),
        (lambda rows: [{**rows[0], "annotations": [{"result": rows[0]["annotations"][0]["result"]}]}], "rating.rater"),
        (lambda rows: [{**rows[0], "data": {**rows[0]["data"], "case": "none"}}], "rating.unknown_task"),
        (lambda rows: [{**rows[0], "data": {**rows[0]["data"], "shown": [0, 0]}}], "rating.not_label_studio"),
        (lambda rows: [{**rows[0], "data": {**rows[0]["data"], "shown": "x"}}], "rating.not_label_studio"),
        (lambda rows: [rows[0], {**rows[0], "annotations": [{**rows[0]["annotations"][0], "result": [
            {"from_name": "verdict", "value": {"choices": ["1"]}}]}]}], "rating.conflict"),
    ],
)  # fmt: skip
def test_exports_that_are_none_of_ours(tmp_path: Path, change: Any, code: str) -> None:
    made = plan("score")
    path = exported(tmp_path, made, lambda data: {"choices": ["3"]})
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(BadInput) as error:
        ratings(made, given(path, made), [], "label-studio")
    assert error.value.code == code
    assert "export.json" in error.value.message("zh")


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text("[" * 100_000)
    with pytest.raises(BadInput) as error:
        given(path, plan("score"))
    assert error.value.code == "rating.not_label_studio"
