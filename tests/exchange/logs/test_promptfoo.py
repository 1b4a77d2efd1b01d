"""promptfoo: repeats that are tests of their own, cached replies, errors that it counts as failures."""

import json
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.promptfoo import READER
from assay.vocabulary.errors import BadInput

REAL = Path(__file__).parents[2] / "reference" / "logs" / "promptfoo-m1.json"


def read(tmp_path: Path, edit: Any = lambda output: None) -> tuple[list[tuple[Log, list[Sample]]], Left]:
    output = json.loads(REAL.read_text("utf-8"))
    edit(output)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(output), encoding="utf-8")
    left = Left()
    assert READER.claims(path)
    return [(log, list(log.samples())) for log in READER.logs(path, Wanted(left))], left


def test_tests_with_the_same_content_are_repeats(tmp_path: Path) -> None:
    ((log, samples),), left = read(tmp_path)
    assert len({sample.item for sample in samples}) == 60 and {sample.repeat for sample in samples} == {1, 2, 3}
    assert samples[0].reference == "ANSWER: D" and left.cached == 0
    assert log.subject["model"] == "openai:chat:m1" and "apiKey" not in json.dumps(log.subject)


def test_a_cached_reply_is_an_observation_once(tmp_path: Path) -> None:
    def edit(output: dict[str, Any]) -> None:
        for row in output["results"]["results"]:
            row["response"]["cached"] = True

    ((_, samples),), left = read(tmp_path, edit)
    assert len(samples) == 60 and left.cached == 120


def test_an_error_is_lost_though_the_tool_calls_it_failed(tmp_path: Path) -> None:
    def edit(output: dict[str, Any]) -> None:
        output["results"]["results"][0] |= {"failureReason": 2, "error": "503", "success": False, "score": 0,
                                            "response": {"error": "503"}}  # fmt: skip
        output["results"]["results"][1]["response"]["isRefusal"] = True

    ((_, samples),), _ = read(tmp_path, edit)
    assert [sample.response.status for sample in samples[:3]] == ["subject_failed", "refused", "ok"]
    assert samples[0].response.note == "503" and samples[0].scored.scores["pass"] == 0


def test_each_provider_and_prompt_is_a_run(tmp_path: Path) -> None:
    def edit(output: dict[str, Any]) -> None:
        for row in output["results"]["results"][::2]:
            row["provider"] = {"id": "openai:chat:m2"}
        for row in output["results"]["results"][:20]:
            row["promptIdx"] = 1

    runs, _ = read(tmp_path, edit)
    assert [len(samples) for _, samples in runs] == [10, 10, 80, 80]
    assert len({log.identity for log, _ in runs}) == 4


def test_judges_are_told(tmp_path: Path) -> None:
    def edit(output: dict[str, Any]) -> None:
        output["results"]["results"][0]["testCase"]["assert"] = [{"type": "llm-rubric", "provider": "openai:gpt-j"}]

    ((log, _),), _ = read(tmp_path, edit)
    assert [(note.code, note.values) for note in log.notes] == [("imported.judge", {"judges": "openai:gpt-j"})]


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="format version 4"):
        read(tmp_path, lambda output: output["results"].update(version=4))
