"""Blind items: what they keep, and that only bench and instrument see the open ones."""

import asyncio
from typing import Any

from assay.line.blind import BlindBench, BlindInstrument, blinded, leaves
from assay.packs.general.bench.ask import Ask
from assay.packs.general.instrument.choice import Choice
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Reading, Response, Trial
from assay.vocabulary.procedure import Variant

ITEMS = (
    Item(id="a", stimulus="secret one", reference="B", choices=("x", "y"), group="story", weight=2.0, tags=("t:1",)),
    Item(id="b", stimulus="secret two", reference="A", choices=("x", "y", "z"), group="story"),
    Item(id="c", stimulus="secret three", reference="A", choices=("x", "y")),
)
OPEN = Material(name="m", items=ITEMS, leaves=("1" * 64, "2" * 64, "3" * 64), certificate="c" * 64)
VARIANT = Variant(name="v", data={"prompt": "{input}\n{choices}"})


def test_what_a_blind_item_keeps() -> None:
    made, plain = blinded(OPEN)
    assert [item.id for item in made.items] == list(OPEN.leaves) and leaves(made) == OPEN.leaves and leaves(OPEN) == ()
    assert [(item.group, item.weight, item.tags, len(item.choices)) for item in made.items] == [
        ("1", 2.0, ("t:1",), 2), ("1", 1.0, (), 3), (None, 1.0, (), 2)]  # fmt: skip
    assert "secret" not in str(made.items) and "story" not in str(made.items)
    assert all(item.reference is None for item in made.items)
    assert [plain[leaf] for leaf in OPEN.leaves] == list(ITEMS)


def test_the_subject_is_given_the_item_and_the_key_its_leaf() -> None:
    made, plain = blinded(OPEN)
    bench = BlindBench(Ask(), plain)
    shown = bench.stimulus(made.items[0], VARIANT)
    assert "1" * 64 in str(shown) and "secret" not in str(shown)
    asked: list[Any] = []

    class Subject:
        async def respond(self, stimulus: Any, seed: int) -> Response:
            asked.append((stimulus, seed))
            return Response(status="ok", output="B")

    subject: Any = Subject()
    asyncio.run(bench.run(Trial(0, 0, 1, 7, made.items[0], VARIANT), shown, subject))
    assert asked == [("secret one\nA. x\nB. y", 7)]


def test_the_instrument_reads_by_the_open_item_and_quotes_nothing() -> None:
    made, plain = blinded(OPEN)
    instrument = BlindInstrument(Choice(), plain)
    assert instrument.version == Choice().version and instrument.check(made.items[0]) == ""
    read = [asyncio.run(instrument.read(made.items[0], Response(status="ok", output=text))) for text in ("B", "A")]
    assert [one.value for one in read] == [1.0, 0.0]

    class Quoting:
        version, needs_reference = 3, True

        def check(self, item: Item) -> str:
            return ""

        async def read(self, item: Item, response: Response) -> Reading:
            return Reading(value=0.0, note=f"expected {item.reference}")

    assert asyncio.run(BlindInstrument(Quoting(), plain).read(made.items[0], Response(status="ok"))).note == ""
