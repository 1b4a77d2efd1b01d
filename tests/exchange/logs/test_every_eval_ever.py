"""Every Eval Ever: an aggregate and its instances, made by their schemas."""

import json
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.every_eval_ever import READER
from assay.vocabulary.errors import BadInput


def instance(sample: str, score: Any, **changes: Any) -> dict[str, Any]:
    return {
        "schema_version": "instance_level_eval_0.2.2", "evaluation_id": "e/1", "model_id": "org/m",
        "evaluation_name": "qa", "sample_id": sample, "interaction_type": "single_turn",
        "input": {"raw": f"{sample}?", "reference": ["B"], "choices": ["x", "y"]}, "output": {"raw": ["B"]},
        "answer_attribution": [], "evaluation": {"score": score, "is_correct": score == 1},
        "token_usage": {"input_tokens": 5, "output_tokens": 1, "total_tokens": 6}, "performance": {"latency_ms": 250},
    } | changes  # fmt: skip


def write(folder: Path, rows: list[dict[str, Any]], named: str | None = None, **changes: Any) -> Path:
    aggregate = {
        "schema_version": "0.2.2", "evaluation_id": "e/1", "retrieved_timestamp": "1",
        "source_metadata": {"source_type": "evaluation_run", "evaluator_relationship": "first_party"},
        "eval_library": {"name": "inspect_ai", "version": "0.3"}, "model_info": {"name": "M", "id": "org/m"},
        "evaluation_results": [{"evaluation_name": "qa", "source_data": {"dataset_name": "QA"},
            "metric_config": {"metric_name": "accuracy"}, "score_details": {"score": 0.5}}],
    } | changes  # fmt: skip
    if named is not None:
        aggregate["detailed_evaluation_results"] = {"file_path": named, "format": "jsonl"}
    (folder / "a.json").write_text(json.dumps(aggregate), encoding="utf-8")
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "a_samples.jsonl").write_text(text, encoding="utf-8")
    return folder / "a.json"


def read(path: Path) -> list[tuple[Log, list[Sample]]]:
    assert READER.claims(path)
    return [(log, list(log.samples())) for log in READER.logs(path, Wanted(Left()))]


def test_instances_are_samples(tmp_path: Path) -> None:
    ((log, samples),) = read(write(tmp_path, [instance("q1", 1), instance("q2", 0)]))
    assert [sample.scored.scores for sample in samples] == [{"accuracy": 1.0}, {"accuracy": 0.0}]
    assert (log.subject, log.dataset, log.printed[0].value) == ({"model": "org/m"}, "QA", 0.5)
    assert [note.code for note in log.notes] == ["imported.first_party"]
    first = samples[0]
    assert (first.reference, first.choices) == ("B", ("x", "y"))
    assert (first.response.output, first.response.latency_s) == ("B", 0.25)


def test_repeats_are_found_where_converters_put_them(tmp_path: Path) -> None:
    rows = [instance("q1", 1, metadata={"epoch": "2"}), instance("q1", 1, metadata={"generation_index": "0"}),
            instance("q1", 1)]  # fmt: skip
    ((_, samples),) = read(write(tmp_path, rows))
    assert [sample.repeat for sample in samples] == [2, 1, None]


def test_errors_and_conversations(tmp_path: Path) -> None:
    talk = [{"turn_idx": 0, "role": "user", "content": "?"}, {"turn_idx": 1, "role": "assistant", "content": "!"}]
    rows = [instance("q1", 0, output=None, error="timeout"), instance("q2", 1, output=None, messages=talk)]
    ((_, samples),) = read(write(tmp_path, rows))
    assert [(one.response.status, one.response.note, one.response.output) for one in samples] == [
        ("subject_failed", "timeout", None), ("ok", "", "!"),
    ]  # fmt: skip


def test_each_result_has_its_own_instances(tmp_path: Path) -> None:
    results = [{"evaluation_name": name, "evaluation_result_id": f"r{name}", "metric_config": {}, "score_details": {}}
               for name in ("qa", "other")]  # fmt: skip
    rows = [instance("q1", 1, evaluation_result_id="rqa"), instance("q2", 1, evaluation_result_id="rother")]
    found = read(write(tmp_path, rows, evaluation_results=results))
    assert [[sample.item for sample in samples] for _, samples in found] == [["q1"], ["q2"]]


def test_the_file_that_is_named_must_lie_in_the_folder(tmp_path: Path) -> None:
    assert len(read(write(tmp_path, [instance("q1", 1)], "a_samples.jsonl"))[0][1]) == 1
    with pytest.raises(BadInput, match="outside its own folder"):
        read(write(tmp_path, [instance("q1", 1)], "../../etc/passwd"))


def test_an_aggregate_alone_says_what_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path, [])
    (tmp_path / "a_samples.jsonl").unlink()
    with pytest.raises(BadInput, match=r"a_samples\.jsonl is missing"):
        read(path)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"format version 1\.0"):
        read(write(tmp_path, [instance("q1", 1)], schema_version="1.0.0"))
