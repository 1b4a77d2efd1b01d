"""What a plan says of a file whose run may end early."""

from typing import Any

import pytest

from assay.api.planning.plan import Assumed, Wanted, plan, render
from assay.uncertainty.stopping.until import until_decided
from assay.vocabulary.result import Note


def early(place: Any, assumed: Assumed, wanted: Wanted, limit: float = 0.7, **procedure: Any) -> list[Note]:
    place.server(300)
    table = dict(place.table("http://127.0.0.1:1/v1", **procedure))
    table["requirement"] = [{"measurand": "llm.accuracy", "at_least": limit}]
    made = plan(table, wanted, place.lab, (), assumed)
    for language in ("en", "zh"):
        path = render(made, language, place.folder / f"{language}.html")
        assert "note." not in path.read_text()
    return [note for note in made.notes if note.code.startswith("early")]


def test_the_most_and_the_expected_number_are_told(place: Any) -> None:
    (note,) = early(place, Assumed(score=0.85), Wanted(decide=True), decide_early=True)
    looks = [10, 20, 30]
    while looks[-1] < 300:
        looks.append(min(300, looks[-1] + max(10, looks[-1] // 20)))
    found = until_decided(0.85, 0.7, 0.05, looks)
    assert note.code == "early_decided" and note.values["most"] == 300
    assert (note.values["mean"], note.values["nine"]) == (round(found.mean), found.nine_in_ten)
    assert 40 < found.mean < 100


def test_a_true_value_beside_the_limit_may_decide_nothing(place: Any) -> None:
    (note,) = early(place, Assumed(score=0.72), Wanted(decide=True), decide_early=True, max_items=100)
    assert note.code == "early_undecided" and note.values["most"] == 100
    undecided = note.values["undecided"]
    assert isinstance(undecided, float) and 0.8 < undecided < 1


@pytest.mark.parametrize(
    ("wanted", "procedure"),
    [(Wanted(target_u=0.05), {"target_u": 0.05}), (Wanted(decide=True), {"decide_early": True, "repeats": 2}),
     (Wanted(decide=True), {"decide_early": True, "variants": 2})],
)  # fmt: skip
def test_where_it_cannot_be_told_how_many_the_most_is(
    wanted: Wanted, procedure: dict[str, Any], place: Any
) -> None:
    (note,) = early(place, Assumed(score=0.85), wanted, **procedure)
    responses = 300 * procedure.get("repeats", 1) * procedure.get("variants", 1)
    assert note.code == "early" and note.values == {"most": responses}


def test_a_run_that_asks_every_item_has_no_such_remark(place: Any) -> None:
    assert early(place, Assumed(score=0.85), Wanted(decide=True)) == []
