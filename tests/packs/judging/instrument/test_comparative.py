"""judging.comparative: both orders of a pair, and every place of a list, are one reading."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest

from assay.catalogue.find import locate
from assay.packs.judging.instrument.comparative import Comparative
from assay.testing.check import check_part
from assay.testing.reference_judge import ReferenceJudge
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.rubric import Option, load

SHELF = locate("instrument", "judging.comparative", "test").path.replace("instrument/comparative.py", "rubric/")
BETTER, CORRECT = load(f"{SHELF}preference.toml"), load(f"{SHELF}correctness.toml")
texts = {"en": "x", "zh": "x"}
RANKED = load(f"{SHELF}preference.toml").__class__(
    name="ranks", version="1", kind="ranking", title=texts, instructions=texts,
    option=(Option(value="better", anchor=texts),),
)  # fmt: skip
JUDGE = {"part": "llm.endpoint", "model": "m"}
Counts = Literal["rank", "best", "place"]


def made(rubric: Any = BETTER, **settings: Any) -> Comparative:
    return Comparative(**{"rubric": rubric, "judge": JUDGE, "identities": ("a" * 64,), **settings})


def item(*others: str) -> Item:
    return Item(id="1", stimulus="Which?", reference=list(others))


def judged(judge: Comparative, case: Item, say: Callable[[str], Any], own: str = "mine") -> Reading:
    response = Response(status="ok", output=own)
    answers = []
    for asked in judge.questions(case, response):
        said = say(asked.stimulus)
        text = said if isinstance(said, str) and said.startswith("!") else json.dumps({"verdict": said})
        answers.append(Response(status="ok", output=text))
    return judge.verdict(case, response, answers)


def order(prompt: str) -> list[str]:
    """The candidates as they stand in a prompt."""
    lines = prompt.splitlines()
    return [lines[place + 1] for place, line in enumerate(lines) if line.startswith("<<<candidate ")]


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("instrument", "judging.comparative", "test")) == []


def test_a_pair_is_put_in_both_orders_and_a_list_with_each_once_in_each_place() -> None:
    pair = [order(q.stimulus) for q in made().questions(item("b"), Response(status="ok", output="a"))]
    assert sorted(pair) == [["a", "b"], ["b", "a"]]
    asked = made(RANKED).questions(item("b", "c", "d"), Response(status="ok", output="a"))
    columns = list(zip(*[order(q.stimulus) for q in asked], strict=True))
    assert len(asked) == 4 and all(sorted(column) == ["a", "b", "c", "d"] for column in columns)
    assert len({q.draw for q in asked}) == 4


@pytest.mark.parametrize(
    ("say", "rank", "place"),
    [
        (lambda p: "AB"[order(p).index("mine")], 1.0, 0.0),
        (lambda p: "AB"[order(p).index("theirs")], 0.0, 0.0),
        (lambda p: "tie", 0.5, 0.0),
        (lambda p: "A", 0.5, 1.0),
    ],
    ids=["better", "worse", "tie", "first place"],
)  # fmt: skip
def test_a_pair_is_read(say: Callable[[str], str], rank: float, place: float) -> None:
    assert judged(made(), item("theirs"), say).value == rank
    assert judged(made(counts="place"), item("theirs"), say).value == place


@pytest.mark.parametrize(("counts", "value"), [("rank", 0.5), ("best", 0.0)])
def test_a_list_is_read(counts: Counts, value: float) -> None:
    def second(prompt: str) -> list[str]:
        shown = order(prompt)
        return ["ABC"[shown.index(text)] for text in ("b", "mine", "c")]

    assert judged(made(RANKED, counts=counts), item("b", "c"), second).value == value


def test_one_order_without_a_verdict_is_no_reading() -> None:
    found = judged(made(), item("theirs"), lambda p: "A" if order(p)[0] == "mine" else "!hm")
    assert found.status == "instrument_failed" and "hm" in found.note


def test_a_biased_judge_gives_an_unbiased_comparison() -> None:
    """First-position bias of 0.3 with two equals: each order alone is off by 0.15, both together are not."""
    judge, comparative = ReferenceJudge(position_bias=0.3, sensitivity=1.0), made(replace_ties())
    values, first = [], []
    for n in range(600):
        case = Item(id=str(n), stimulus=f"{n}?", reference=["grade=3 theirs"])
        asked = comparative.questions(case, Response(status="ok", output="grade=3 mine"))
        answers = [Response(status="ok", output=judge.answer(q.stimulus, 0)) for q in asked]
        values.append(comparative.verdict(case, Response(status="ok", output="grade=3 mine"), answers).value or 0.0)
        first.append(json.loads(str(answers[0].output))["verdict"] == "A")
    assert sum(values) / 600 == pytest.approx(0.5, abs=0.05)
    assert sum(first) / 600 == pytest.approx(0.65, abs=0.06)


def replace_ties() -> Any:
    """The rubric without ties, so that equals must be told apart."""
    table = {name: getattr(BETTER, name) for name in BETTER.__struct_fields__}
    return BETTER.__class__(**{**table, "option": tuple(o for o in BETTER.option if o.value != "tie")})


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"rubric": CORRECT}, "judge.single"), ({"rubric": RANKED, "counts": "place"}, "setting.value"),
     ({"language": "fr"}, "setting.value")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(settings: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as caught:
        made(**settings).scope()
    assert caught.value.code == code and str(caught.value)


def test_an_item_with_nothing_to_compare_with_is_refused() -> None:
    assert made().check(item("a", "b")) and made().check(item("")) and not made().check(item("a"))
    assert not made(RANKED).check(item("a", "b")) and made(RANKED).check(item(*"abcdefghi"))
    assert replace(made(), rubric="preference").check(item("a", "b")) == ""
