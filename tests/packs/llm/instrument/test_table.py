"""llm.table: tables that hold the same rows."""

import asyncio
import time
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.llm.instrument.table import Table
from assay.testing.check import _HOSTILE, check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response

WANTED = [["Name", "Population"], ["Paris", 2100000], ["Lyon", 520000.5], ["Nowhere", None]]
MARKDOWN = "| name | POPULATION |\n|:---|---:|\n| **Lyon** | 520,000.5 |\n| Paris | 2,100,000 |\n| Nowhere | |"


def read(output: Any, reference: Any = WANTED, finish: str = "stop", **settings: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=reference)
    made = Table(**settings)
    assert made.check(item) == ""
    return asyncio.run(made.read(item, Response(status="ok", output=output, finish=finish)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "llm.table", "test")) == []


@pytest.mark.parametrize(
    "text",
    [
        MARKDOWN,
        f"表格如下：\n\n{MARKDOWN}\n\n以上。",
        "```csv\nname,population\nLyon,520000.5\nParis,2100000\nNowhere,\n```",
        "```tsv\nPopulation\tName\n2100000\tParis\n520000.5\tLyon\nnull\tNowhere\n```",
        '[["Population", "Name"], [2100000, "Paris"], [520000.5, "Lyon"], [null, "Nowhere"]]',
        '```json\n[{"name": "Paris", "population": 2.1e6}, {"name": "Lyon", "population": 520000.5}, '
        '{"name": "Nowhere", "population": null}]\n```',
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nCorrected:\n\n" + MARKDOWN,
        "Name | Population\n--- | ---\nParis | 2100000\nLyon | 520000.5\nNowhere | null",
    ],
)
def test_the_same_table_in_another_form(text: str) -> None:
    assert read(text) == Reading(value=1.0)


@pytest.mark.parametrize(
    "text",
    [
        MARKDOWN.replace("2,100,000", "2,100,001"),
        MARKDOWN.replace("Paris", "paris"),
        MARKDOWN.replace("POPULATION", "People"),
        MARKDOWN + "\n| Paris | 2,100,000 |",
        MARKDOWN.rpartition("\n")[0],
        MARKDOWN.replace("| Paris | 2,100,000 |", "| Paris |"),
        "[]",
    ],
)
def test_another_table(text: str) -> None:
    reading = read(text)
    assert reading.value == 0.0 or (text == "[]" and reading.note == "no_table")


def test_order_counts_if_it_is_set_to() -> None:
    assert read(MARKDOWN, rows="in_order").value == 0.0
    assert read([WANTED[0], *WANTED[1:]], rows="in_order").value == 1.0
    assert read("[[1, 2], [3, 4]]", [[3, 4], [1, 2]], header=False).value == 1.0
    assert read("[[2, 1], [4, 3]]", [[1, 2], [3, 4]], header=False).value == 0.0


def test_a_tolerance_is_relative() -> None:
    assert read("[[100.9]]", [[100]], header=False, tolerance_relative=0.01).value == 1.0
    assert read("[[101.1]]", [[100]], header=False, tolerance_relative=0.01).value == 0.0


def test_what_gives_no_number() -> None:
    assert read("There are two cities.") == Reading(status="instrument_failed", note="no_table")
    assert read(MARKDOWN, finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("I'm sorry, but I can't help with that.").status == "refused"


@pytest.mark.parametrize("reference", [None, [], "x", [[1, 2], [3]], [["a", "A"], [1, 2]], [{"a": 1}, {"b": 2}]])
def test_a_target_that_is_no_table_is_refused(reference: Any) -> None:
    assert Table().check(Item(id="1", stimulus="?", reference=reference))


def test_a_tolerance_out_of_range_is_refused() -> None:
    with pytest.raises(BadInput, match="tolerance_relative"):
        Table(tolerance_relative=1.0).check(Item(id="1", stimulus="?", reference=WANTED))


def test_hostile_outputs_give_readings() -> None:
    begun = time.monotonic()
    nested: Any = 1
    for _ in range(5_000):
        nested = [nested]
    for output in (*_HOSTILE, "|" * 100_000, "|-" * 50_000, "|a\n|-\n" * 20_000, "```\nx" * 20_000, [[nested]],
        "[[1e999]]"):
        assert read(output).value in (None, 0.0)
    assert time.monotonic() - begun < 30
