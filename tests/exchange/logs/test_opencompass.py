"""OpenCompass: a folder made by its description; partitions, repeats by block, details of both kinds."""

import json
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.opencompass import READER


def row(n: int, said: Any = "B") -> dict[str, Any]:
    return {"origin_prompt": [{"role": "HUMAN", "prompt": f"Question {n}"}], "prediction": said, "gold": "B"}


def write(folder: Path, parts: dict[str, list[dict[str, Any]]], results: dict[str, Any] | None) -> None:
    for name, rows in parts.items():
        path = folder / "predictions" / "m" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({str(n): one for n, one in enumerate(rows)}), encoding="utf-8")
    if results is not None:
        path = folder / "results" / "m" / "mcq.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(results), encoding="utf-8")


def read(folder: Path) -> list[tuple[Log, list[Sample]]]:
    assert READER.claims(folder)
    return [(log, list(log.samples())) for log in READER.logs(folder, Wanted(Left()))]


def mapping(rights: list[Any]) -> dict[str, Any]:
    return {"type": "GEN", **{str(n): {"correct": right} for n, right in enumerate(rights)}}


@pytest.mark.parametrize("details", [mapping, lambda rights: [{"is_correct": [one]} for one in rights]])
def test_predictions_and_details_are_joined_by_place(details: Any, tmp_path: Path) -> None:
    rights = [True, False, True, True]
    write(tmp_path, {"mcq": [row(n) for n in range(4)]}, {"accuracy": 75.0, "details": details(rights)})
    ((log, samples),) = read(tmp_path)
    assert [sample.scored.scores for sample in samples] == [{"correct": float(one)} for one in rights]
    assert (log.printed[0].value, log.subject) == (0.75, {"model": "m"})
    assert samples[2].stimulus == [{"role": "human", "content": "Question 2"}] and samples[2].item == "2"


def test_partitions_are_joined_in_order(tmp_path: Path) -> None:
    parts = {f"mcq_{part}": [row(10 * part + n) for n in range(2)] for part in (0, 1, 2, 10)}
    write(tmp_path, parts, {"accuracy": 0, "details": mapping([False] * 8)})
    ((_, samples),) = read(tmp_path)
    asked = [sample.stimulus[0]["content"] for sample in samples]
    assert asked == [f"Question {n}" for n in (0, 1, 10, 11, 20, 21, 100, 101)]


def test_data_that_were_run_three_times_are_repeats(tmp_path: Path) -> None:
    write(tmp_path, {"mcq": [row(n) for _ in range(3) for n in range(4)]},
          {"accuracy": 50, "details": mapping([True, False] * 6)})  # fmt: skip
    ((_, samples),) = read(tmp_path)
    assert [(sample.item, sample.repeat) for sample in samples[3:6]] == [("3", 1), ("0", 2), ("1", 2)]
    assert len({sample.item for sample in samples}) == 4


def test_an_empty_prediction_is_lost_and_not_wrong(tmp_path: Path) -> None:
    write(tmp_path, {"mcq": [row(0, ""), row(1, ["B"])]}, {"accuracy": 50, "details": mapping([False, True])})
    ((_, samples),) = read(tmp_path)
    assert [sample.response.status for sample in samples] == ["subject_failed", "ok"]
    assert samples[1].response.output == "B"


def test_outputs_without_details_come_in_without_scores(tmp_path: Path) -> None:
    write(tmp_path, {"mcq": [row(0), row(1)]}, {"accuracy": 50})
    ((log, samples),) = read(tmp_path)
    assert log.scores == () and log.printed == () and not any(one.scored.scores for one in samples)
