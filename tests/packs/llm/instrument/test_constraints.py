"""llm.constraints: form that can be checked by counting."""

import asyncio
import time
from typing import Any

import pytest

from assay.catalogue.find import locate
from assay.packs.llm.instrument.constraints import Constraints
from assay.testing.check import _HOSTILE, check_part
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response


def read(text: Any, *demands: Any, finish: str = "stop", **settings: Any) -> Reading:
    item = Item(id="1", stimulus="?", reference=list(demands))
    made = Constraints(**settings)
    assert made.check(item) == ""
    return asyncio.run(made.read(item, Response(status="ok", output=text, finish=finish)))


def test_meets_the_contract() -> None:
    assert check_part(locate("instrument", "llm.constraints", "test")) == []


ENGLISH = ("It is a long way from here to the sea, and when you get there you can not see what all of this "
           "was about; but they say it is the best of places.")  # fmt: skip
FRENCH = ("La mer est loin et quand on arrive on ne voit rien du tout parce que le brouillard couvre "
          "chaque matin les rochers noirs de la grande plage du nord.")  # fmt: skip

# kind and values; a text that keeps it; a text that does not
CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "words", "at_least": 3, "at_most": 3}, "well-made isn't bad", "one two"),
    ({"kind": "words", "at_most": 4}, "今天很好", "今天天气很好"),
    ({"kind": "words", "at_least": 3}, "用 Python 写", "用 Python"),
    ({"kind": "characters", "at_most": 4}, "a b c d", "a b c d e"),
    ({"kind": "sentences", "at_least": 2, "at_most": 2}, "Dr. Who paid 3.5 pounds. Twice!", "Only one."),
    ({"kind": "sentences", "at_least": 2, "at_most": 2}, "今天好。明天呢？", "今天好。"),
    ({"kind": "paragraphs", "at_least": 2, "at_most": 2}, "a\n\nb", "a\nb"),
    ({"kind": "paragraphs", "at_least": 2, "at_most": 2}, "a\n***\nb", "a"),
    ({"kind": "lines", "at_most": 1}, "a\n\n", "a\nb"),
    ({"kind": "includes", "texts": ["Cat", "dog"]}, "a cat, a DOG", "concatenate dog"),
    ({"kind": "includes", "texts": ["猫"], "at_least": 2}, "大猫小猫", "大猫"),
    ({"kind": "includes", "texts": ["cat"], "at_least": 1, "at_most": 1}, "a cat", "cat cat"),
    ({"kind": "excludes", "texts": ["cat"]}, "concatenate", "a Cat."),
    ({"kind": "json"}, '{"a": [1]}', "{'a': 1}"),
    ({"kind": "json"}, '```json\n{"a": 1}\n```', 'Here: ```json\n{"a": 1}\n```'),
    ({"kind": "bullets", "at_least": 2, "at_most": 2}, "* a\n- b", "* a\n**b**"),
    ({"kind": "bullets", "at_least": 2}, "1. 一\n2、二", "一\n二"),
    ({"kind": "sections", "word": "Section", "at_least": 2}, "Section 1\nx\nSection 2\ny", "Section 1\nx"),
    ({"kind": "sections", "word": "第", "at_least": 2}, "第一节\n第二节", "第一节"),
    ({"kind": "title"}, "<<Of cats>>\nx", "Of cats"),
    ({"kind": "highlights", "at_least": 2}, "*a b* and **c**", "a * b * c"),
    ({"kind": "placeholders", "at_least": 2}, "[name], 【地址】", "[] [x]"),
    ({"kind": "no_commas"}, "a; b。", "甲，乙"),
    ({"kind": "quoted"}, "“整个回答”", '"half" of it'),
    ({"kind": "starts_with", "texts": ["My answer"]}, "my answer: 3", "3 is my answer"),
    ({"kind": "ends_with", "texts": ["Any questions?", "还有问题吗？"]}, "x. 还有问题吗?", "Any questions? No."),
    ({"kind": "case", "value": "lower"}, "all small, 3 cats", "All small"),
    ({"kind": "case", "value": "upper"}, "ALL LARGE", "ALL large"),
    ({"kind": "capitals", "at_most": 1}, "NASA and I", "NASA and ESA"),
    ({"kind": "language", "value": "zh"}, "今天用 Python 写程序，天气很好，我们去公园散步。", ENGLISH),
    ({"kind": "language", "value": "zh"}, "今天很好", "今日はとてもいい天気ですね"),
    ({"kind": "language", "value": "en"}, ENGLISH, FRENCH),
    ({"kind": "language", "value": "en"}, "Yes, of course.", "да, конечно"),
]


@pytest.mark.parametrize(("demand", "keeps", "misses"), CASES, ids=lambda value: str(value)[:30])
def test_each_kind(demand: dict[str, Any], keeps: str, misses: str) -> None:
    assert read(keeps, demand) == Reading(value=1.0)
    assert read(misses, demand) == Reading(value=0.0, note=demand["kind"])


def test_several_constraints() -> None:
    three = [{"kind": "words", "at_most": 5}, {"kind": "no_commas"}, {"kind": "case", "value": "lower"}]
    assert read("a b c", *three).value == 1.0
    assert read("A, b c", *three) == Reading(value=0.0, note="no_commas, case")
    assert read("A, b c", *three, score="fraction").value == pytest.approx(1 / 3)


def test_loose_forgives_a_frame() -> None:
    small = {"kind": "case", "value": "lower"}
    text = "Sure! Here you are:\nall small\nHope this helps!"
    assert read(text, small).value == 0.0
    assert read(text, small, loose=True).value == 1.0
    assert read("*a*", {"kind": "starts_with", "texts": ["a"]}, loose=True).value == 1.0


def test_what_gives_no_number() -> None:
    few = {"kind": "words", "at_most": 5}
    assert read("a b", few, finish="length") == Reading(status="instrument_failed", note="cut_off")
    assert read("I'm sorry, but I can't help with that request.", few) == Reading(status="refused", note="refusal")
    assert read("x" * 300_000, few).note == "too_long"


@pytest.mark.parametrize(
    "reference",
    [None, [], "words", [{"kind": "wrds", "at_most": 1}], [{"kind": "words"}],
        [{"kind": "words", "at_least": 3, "at_most": 2}],
     [{"kind": "title", "at_most": 1}], [{"kind": "includes"}], [{"kind": "includes", "texts": [" "]}],
         [{"kind": "case"}],
     [{"kind": "case", "value": "en"}], [{"kind": "sections", "at_least": 1}],
         [{"kind": "words", "at_most": 1, "word": "x"}],
     [{"kind": "words", "at_most": -1}], [{"kind": "json", "texts": ["x"]}]],
)  # fmt: skip
def test_constraints_that_mean_nothing_are_refused(reference: Any) -> None:
    assert Constraints().check(Item(id="1", stimulus="?", reference=reference))


def test_hostile_outputs_give_readings() -> None:
    begun = time.monotonic()
    every = [case[0] for case in CASES]
    for output in (*_HOSTILE, "*" * 100_000, "[" * 100_000, "<<" * 50_000, " " * 100_000 + "x", "* a" * 30_000,
        "1." * 50_000):
        assert read(output, *every, loose=True).value in (None, 0.0)
    assert time.monotonic() - begun < 30
