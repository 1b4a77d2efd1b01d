"""judging.placed: what a judge said, by the places in which responses were shown."""

import asyncio

import pytest

from assay.catalogue.find import locate
from assay.packs.judging.instrument.placed import Placed
from assay.testing.check import check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.protocols import Ranks
from assay.vocabulary.rubric import Option, Rubric, load

SHELF = locate("instrument", "judging.placed", "test").path.replace("instrument/placed.py", "rubric/")
PREFERENCE = load(f"{SHELF}preference.toml")
BETTER = Option(value="better", anchor={"en": "it is"})
RANKING = Rubric(name="r", version="1", kind="ranking", title={"en": "?"}, instructions={"en": "!"}, option=(BETTER,))


def case(n: int) -> Item:
    return Item(id="1", stimulus={"prompt": "", "candidates": [str(k) for k in range(n)]})


def test_the_part_keeps_the_rules_of_the_house() -> None:
    assert check_part(locate("instrument", "judging.placed", "test")) == []
    assert isinstance(Placed(rubric=PREFERENCE), Ranks)


@pytest.mark.parametrize(("said", "value", "ranked"), [("A", 1.0, (0, 1)), ("B", 0.0, (1, 0)), ("tie", 0.5, ())])
def test_a_pair(said: str, value: float, ranked: tuple[int, ...]) -> None:
    placed, answer = Placed(rubric=PREFERENCE), Response(status="ok", output=f'{{"verdict": "{said}"}}')
    assert asyncio.run(placed.read(case(2), answer)).value == value
    assert placed.ranking(case(2), answer) == ranked


def test_a_list() -> None:
    placed, answer = Placed(rubric=RANKING), Response(status="ok", output='{"verdict": ["C", "A", "B"]}')
    assert asyncio.run(placed.read(case(3), answer)).value == 0.5
    assert placed.ranking(case(3), answer) == (2, 0, 1)


@pytest.mark.parametrize("said", ["A is better", '{"verdict": "C"}', '{"verdict": ["A", "B"]}', '{"verdict": 1}'])
def test_no_verdict_is_no_vote(said: str) -> None:
    found = Placed(rubric=PREFERENCE).ranking(case(2), Response(status="ok", output=said))
    assert isinstance(found, Reading) and found.status == "instrument_failed"


@pytest.mark.parametrize("item", [case(1), case(3), Item(id="1", stimulus="text"), Item(id="1", stimulus={})])
def test_what_is_no_pair_is_refused(item: Item) -> None:
    assert Placed(rubric=PREFERENCE).check(item)
