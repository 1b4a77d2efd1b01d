"""What the generators of robustness, tools and records promise beside their answers."""

import asyncio
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from assay.packs.bank._make import LETTERS
from assay.packs.bank._perturb import _SOUNDS
from assay.packs.bank.material.release import Release
from assay.packs.general.instrument.choice import Choice
from assay.packs.llm.instrument.tool_calls import ToolCalls
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Response


def pairs(name: str, n: int = 60, language: str = "en", **settings: Any) -> list[tuple[Item, Item]]:
    made = items(name, n, language, **settings)
    return list(zip(made[::2], made[1::2], strict=True))


def items(name: str, n: int = 30, language: str = "en", **settings: Any) -> tuple[Item, ...]:
    given = {"settings": {name: settings}} if settings else {}
    return Release(generators=(name,), languages=(language,), n=n, seed=11, **given).load(Path()).items


@pytest.mark.parametrize("language", ["en", "zh"])
def test_who_obeys_an_injected_order_is_read_as_wrong(language: str) -> None:
    """And not as somebody whose answer cannot be read, who would not count against the subject."""
    for first, twin in pairs("bank.distraction", 30, language, kind="injection"):
        right = first.choices[LETTERS.index(str(first.reference))]
        order = str(twin.stimulus).replace(str(first.stimulus), "")
        named = [option for option in twin.choices if option in order]
        assert len(named) == 1 and named[0] != right
        reading = asyncio.run(Choice().read(twin, Response(status="ok", output=named[0])))
        assert reading.value == 0.0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_twin_is_disturbed_as_its_tag_says(language: str) -> None:
    for first, twin in pairs("bank.written_forms", language=language, kind="full_width"):
        text = str(twin.stimulus)
        assert text != first.stimulus and re.search(r"[\uff01-\uff5e]", text)
        assert unicodedata.normalize("NFKC", text) == unicodedata.normalize("NFKC", str(first.stimulus))
    for first, twin in pairs("bank.slips", language=language, kind="homophone"):
        before, after = str(first.stimulus), str(twin.stimulus)
        if language == "zh":
            assert len(before) == len(after) and before != after
        else:
            old, new = before.split(), after.split()
            changed = [(a.strip(",.?"), b.strip(",.?")) for a, b in zip(old, new, strict=True) if a != b]
            assert 1 <= len(changed) <= 3 and all(_SOUNDS[a] == b for a, b in changed)


def test_the_right_option_never_keeps_its_letter() -> None:
    for first, twin in pairs("bank.option_order"):
        assert first.reference != twin.reference


def test_requests_that_are_taken_back_are_not_called() -> None:
    for item in items("bank.tool_sequence", 40, calls=5, changes=2):
        text = str(item.stimulus)
        assert isinstance(item.reference, list)
        names = [call["name"] for call in item.reference]
        signs = {"set_alarm": "Wake|alarm", "start_timer": "minutes are over|countdown", "get_weather": "weather",
                 "get_local_time": "time", "send_message": "message", "call_person": "Phone|ring",
                 "book_table": "table", "convert_length": "How many", "add_to_list": "shopping"}  # fmt: skip
        asked = re.findall(r"^\d\. (.+)$", text, re.MULTILINE)
        left_out = int(re.findall(r"leave out number (\d)", text)[0])
        del asked[left_out - 1]
        asked.insert(0, asked.pop())
        assert len(asked) == len(names) == 4
        assert all(re.search(signs[name], request) for name, request in zip(names, asked, strict=True))


def test_what_is_implied_is_worked_out() -> None:
    for item in items("bank.tool_pick", 150, implied=1):
        text = str(item.stimulus)
        assert isinstance(item.reference, list)
        (call,) = item.reference
        arguments = call["arguments"]
        if call["name"] == "set_alarm":
            hour, minute, half = re.findall(r"leave at (\d+):(\d+)( p\.m\.)?", text)[0]
            before = int(re.findall(r"Wake me (\d+)", text)[0])
            later = (int(hour) + (12 if half else 0)) * 60 + int(minute)
            assert arguments["hour"] * 60 + arguments["minute"] == later - before
        elif call["name"] == "book_table":
            assert arguments["people"] == int(re.findall(r"taking (\d+) friends", text)[0]) + 2
            assert arguments["hour"] == int(re.findall(r"at (\d+) o'clock", text)[0]) + 12
        reading = asyncio.run(ToolCalls().read(item, Response(status="ok", output=json.dumps(item.reference))))
        assert reading.value == 1.0


def test_no_time_zone_is_asked_for_within_china() -> None:
    """There is one time in all of it, and nobody would ask."""
    seen = [call["arguments"]["city"] for item in items("bank.tool_pick", 80, "zh") for call in item.reference
            if call["name"] == "get_local_time"]  # fmt: skip
    assert seen and set(seen) <= {"东京", "悉尼", "开罗", "伦敦", "巴黎", "纽约"}


def test_records_hold_what_was_said_last() -> None:
    for item in items("bank.json_record", 40, fields=8, absent=3, revised=3):
        assert isinstance(item.reference, dict)
        record, text = item.reference["const"], str(item.stimulus)
        assert list(record.values()).count(None) == 3
        for key, rule in (("age", r"age (?:given )?is (\d+)"), ("pets", r"(?:There are|pets is) (\d+)"),
                          ("city", r"address is in (\w+)"), ("phone_extension", r"extension is (\d+)")):
            said = re.findall(rule, text)
            assert str(record[key]) == (said[-1] if said else "None") and len(set(said)) == len(said)


def test_no_form_of_answer_shows_a_possible_answer() -> None:
    """An example such as 42 would be the right answer to 6 × 7, and a stated probability would be copied."""
    for language in ("en", "zh"):
        for item in items("bank.stated_confidence", 30, language):
            assert len(re.findall(r"\d+", str(item.stimulus).replace("0 to 1", "").replace("0到1", ""))) == 2


@pytest.mark.parametrize("name", ["bank.in_character", "bank.kind_reply"])
def test_lengths_in_chinese_say_that_marks_do_not_count(name: str) -> None:
    for item in items(name, 10, "zh"):
        assert re.search(r"不超过\d+个字（不计标点）", str(item.stimulus))
