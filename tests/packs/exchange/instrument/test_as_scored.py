"""The score that another tool gave, as its log has it."""

import asyncio

import pytest

from assay.catalogue.find import locate
from assay.packs.exchange.instrument.as_scored import AsScored
from assay.testing.check import check_part
from assay.vocabulary.imported import Scored, note_of, reading, scored_in
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

ITEM = Item(id="1", stimulus="?")
SCORED = Scored(scores={"right": 1.0, "grade": 0.25}, unscored={"judge": "timeout"}, said={"right": "C"})


def read(note: str, score: str = "right") -> Reading:
    return asyncio.run(AsScored(score=score).read(ITEM, Response(status="ok", output="B", note=note)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "exchange.as_scored", "test")) == []


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("right", Reading(value=1.0)), ("grade", Reading(value=0.25)),
        ("judge", Reading(status="instrument_failed", note="timeout")),
        ("other", Reading(status="not_applicable", note="not_scored")),
    ],
)  # fmt: skip
def test_reads_the_score_that_is_named(score: str, expected: Reading) -> None:
    assert read(note_of(SCORED), score) == expected == reading(SCORED, score)


def test_a_reply_that_nothing_could_be_made_of_is_lost_under_every_name() -> None:
    assert read(note_of(Scored(unscored={"": "scorer broke"}))) == Reading(
        status="instrument_failed", note="scorer broke"
    )


@pytest.mark.parametrize(
    "note", ["", "a remark", "[1]", '{"scores": {"right": "1"}}', '{"scores": {}, "x": 1}', "{" * 9_999]
)
def test_a_note_that_holds_no_scores_gives_no_number(note: str) -> None:
    assert scored_in(note) is None
    assert read(note) == Reading(status="instrument_failed", note="no_scores")


def test_a_refused_reply_stays_refused() -> None:
    refused = Response(status="refused", output="B", note="content_filter")
    assert asyncio.run(AsScored(score="right").read(ITEM, refused)).status == "refused"
