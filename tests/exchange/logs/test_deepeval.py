"""DeepEval: a test run made by its description; several metrics, judges, metrics that broke."""

import json
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.deepeval import READER
from assay.vocabulary.errors import BadInput


def case(name: str, score: float, **changes: Any) -> dict[str, Any]:
    metric = {"name": "Correctness [GEval]", "threshold": 0.5, "success": score >= 0.5, "score": score, "reason": "so",
              "strictMode": False, "evaluationModel": "gpt-j", "error": None}  # fmt: skip
    return {"name": name, "input": f"{name}?", "actualOutput": "a", "expectedOutput": "b", "success": score >= 0.5,
            "metricsData": [metric | changes.pop("metric", {})], "runDuration": 1.0, "order": 0} | changes  # fmt: skip


def read(tmp_path: Path, cases: list[dict[str, Any]], **more: Any) -> tuple[Log, list[Sample]]:
    path = tmp_path / "test_run_1.json"
    path.write_text(json.dumps({"testCases": cases, "conversationalTestCases": [], **more}), encoding="utf-8")
    assert READER.claims(path)
    (log,) = READER.logs(path, Wanted(Left()))
    return log, list(log.samples())


def test_cases_and_metrics(tmp_path: Path) -> None:
    log, samples = read(tmp_path, [case("t1", 0.9), case("t2", 0.2)], testPassed=1, testFailed=1)
    assert log.scores == ("pass", "Correctness [GEval]") and log.printed[0].value == 0.5
    assert [sample.scored.scores["pass"] for sample in samples] == [1.0, 0.0]
    assert samples[0].scored.said == {"Correctness [GEval]": "so"} and samples[0].reference == "b"
    assert [(note.code, note.values) for note in log.notes] == [("imported.judge", {"judges": "gpt-j"})]


def test_one_name_with_one_input_is_a_repeat_and_with_another_an_item(tmp_path: Path) -> None:
    _, samples = read(tmp_path, [case("t", 1), case("t", 0), case("t", 1, input="else?")])
    assert [sample.item for sample in samples] == ["t", "t", "t#2"]


def test_a_metric_that_broke_fails_no_case(tmp_path: Path) -> None:
    _, (sample,) = read(tmp_path, [case("t", 0, success=False, metric={"error": "timed out", "score": None})])
    assert sample.scored.scores == {}
    assert sample.scored.unscored == {"Correctness [GEval]": "timed out", "pass": "timed out"}


def test_a_case_without_output_is_lost(tmp_path: Path) -> None:
    _, (sample,) = read(tmp_path, [case("t", 0, actualOutput=None)])
    assert sample.response.status == "subject_failed"


def test_a_run_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not one sample"):
        read(tmp_path, [])
