"""EvalScope: groups and generations, failures that were never reviewed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.evalscope import READER
from assay.vocabulary.errors import BadInput

REAL = Path(__file__).parents[2] / "reference" / "logs" / "evalscope-m1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(REAL, tmp_path / "run")
    return tmp_path / "run"


def change(path: Path, edit: Any) -> None:
    made = [edit(json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in made if row is not None), encoding="utf-8")


def read(folder: Path) -> tuple[Log, list[Sample]]:
    assert READER.claims(folder)
    (log,) = READER.logs(folder, Wanted(Left()))
    return log, list(log.samples())


def test_a_repeat_is_a_generation_of_a_group(folder: Path) -> None:
    log, samples = read(folder)
    by_item: dict[str, set[int | None]] = {}
    for sample in samples:
        by_item.setdefault(sample.item, set()).add(sample.repeat)
    assert len(by_item) == 60 and set(map(frozenset, by_item.values())) == {frozenset({1, 2, 3})}
    assert (log.version, log.subject["model"], log.settings["repeats"]) == ("1.14.1", "m1", "3")
    assert "api_key" not in json.dumps(log.subject | log.settings)
    assert log.printed[0].digits == 4  # reports are rounded
    assert samples[0].response.latency_s == pytest.approx(0.01527, abs=1e-5)


def test_a_prediction_that_failed_and_was_not_reviewed_is_lost_and_not_gone(folder: Path) -> None:
    reviews = folder / "reviews" / "m1" / "general_mcq_samp.jsonl"
    change(reviews, lambda row: None if row["index"] == 7 else row)
    predictions = folder / "predictions" / "m1" / reviews.name
    change(predictions, lambda row: {**row, "model_output": {"error": "500"}} if row["index"] == 7 else row)
    samples = read(folder)[1]
    (lost,) = [sample for sample in samples if sample.response.status != "ok"]
    assert (len(samples), lost.item, lost.repeat, lost.response.note) == (180, "Q00002", 2, "500")


def test_a_review_of_no_use_has_no_score(folder: Path) -> None:
    def edit(row: dict[str, Any]) -> dict[str, Any]:
        if row["index"] == 7:
            row["sample_score"]["score"] |= {"status": "judge_failed", "value": {}}
        return row

    change(folder / "reviews" / "m1" / "general_mcq_samp.jsonl", edit)
    (unscored,) = [sample.scored for sample in read(folder)[1] if not sample.scored.scores]
    assert unscored.unscored == {"accuracy": "judge_failed"}


def test_a_cut_output_is_marked(folder: Path) -> None:
    def edit(row: dict[str, Any]) -> dict[str, Any]:
        if row["index"] == 7:
            row["model_output"]["choices"][0]["stop_reason"] = "max_tokens"
        return row

    change(folder / "predictions" / "m1" / "general_mcq_samp.jsonl", edit)
    assert sorted(sample.response.finish for sample in read(folder)[1])[-1] == "length"


def test_a_newer_report_is_refused(folder: Path) -> None:
    report = folder / "reports" / "m1" / "general_mcq.json"
    report.write_text(report.read_text("utf-8").replace('"schema_version": 2', '"schema_version": 3'), "utf-8")
    with pytest.raises(BadInput, match="format version 3"):
        read(folder)
