"""ModelBench: a journal made by its documentation; packed, interrupted, with annotators and failures."""

import json
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.modelbench import READER
from assay.vocabulary.errors import BadInput


def journal(safe: dict[str, float | None], suts: tuple[str, ...] = ("s1",)) -> list[dict[str, Any]]:
    """A run over some prompts; one whose measurement is None was interrupted before it."""
    rows: list[dict[str, Any]] = [
        {"message": "starting journal", "timestamp": "2026-08-01T00:00:00Z"},
        {"message": "starting run", "run_id": "r1", "benchmarks": ["b1"], "suts": list(suts), "tests": ["t1"],
         "max_items": 10, "timestamp": "2026-08-01T00:00:01Z"},
    ]  # fmt: skip
    for sut in suts:
        for prompt, value in safe.items():
            item = {"test": "t1", "prompt_id": prompt, "sut": sut, "timestamp": "2026-08-01T00:00:02Z"}
            rows.append({"message": "queuing item", "prompt_text": f"{prompt}?", **item})
            rows.append({"message": "fetched sut response", "run_time": 0.5, "request": {}, "response": {}, **item})
            rows.append({"message": "translated sut response", "response_text": f"{sut} says no", **item})
            verdict = {"annotator": "judge", "annotation": {"is_safe": True}}
            rows.append({"message": "translated annotation", **verdict, **item})
            if value is not None:
                rows.append({"message": "measured item quality", "measurements": {"is_safe": value}, **item})
    return rows


def read(path: Path, rows: list[dict[str, Any]], packed: bool = False) -> list[tuple[Log, list[Sample]]]:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    if packed:
        data = pytest.importorskip("zstandard").ZstdCompressor().compress(data)
    path.write_bytes(data)
    assert READER.claims(path)
    return [(log, list(log.samples())) for log in READER.logs(path, Wanted(Left()))]


@pytest.mark.parametrize("packed", [False, True])
def test_each_system_is_a_run(packed: bool, tmp_path: Path) -> None:
    name = "journal-run-1.jsonl" + ".zst" * packed
    first, second = read(tmp_path / name, journal({"p1": 1.0, "p2": 0.0}, ("s1", "s2")), packed)
    log, samples = first
    assert [sample.scored.scores for sample in samples] == [{"is_safe": 1.0}, {"is_safe": 0.0}]
    assert (log.subject, log.task, log.identity) == ({"model": "s1"}, "b1", "r1/s1")
    assert (samples[0].item, samples[0].stimulus, samples[0].response.output) == ("t1/p1", "p1?", "s1 says no")
    assert second[1][0].response.output == "s2 says no"
    assert {note.code for note in log.notes} == {"imported.judge", "imported.first_items"}


def test_what_was_queued_and_not_measured_is_lost(tmp_path: Path) -> None:
    rows = journal({"p1": 1.0, "p2": None})
    rows.append({"message": "queuing item", "prompt_text": "p3?", "test": "t1", "prompt_id": "p3", "sut": "s1"})
    ((_, samples),) = read(tmp_path / "journal-run-1.jsonl", rows)
    assert [sample.response.status for sample in samples] == ["ok", "ok", "subject_failed"]
    assert samples[1].scored.unscored == {"": "not_measured"}


def test_a_packed_journal_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    path = tmp_path / "journal-run-1.jsonl.zst"
    data = "".join(json.dumps(row) + "\n" for row in journal({f"p{n}": 1.0 for n in range(500)})).encode()
    packed = bytearray(zstandard.ZstdCompressor().compress(data))
    packed[len(packed) // 2] ^= 255
    path.write_bytes(bytes(packed))
    with pytest.raises(BadInput):
        READER.logs(path, Wanted(Left()))
