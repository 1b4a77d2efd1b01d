"""lm-evaluation-harness: one filter, one score of several replies, samples without results."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.lm_eval import READER
from assay.exchange.recognise import recognised
from assay.vocabulary.errors import BadInput

REAL = Path(__file__).parents[2] / "reference" / "logs" / "lmeval-m1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(REAL / "m1", tmp_path / "m1")
    return tmp_path / "m1"


def samples_file(folder: Path) -> Path:
    (found,) = folder.glob("samples_*.jsonl")
    return found


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in samples_file(folder).read_text("utf-8").splitlines()]


def write(folder: Path, made: list[dict[str, Any]]) -> None:
    samples_file(folder).write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")


def read(folder: Path, **wanted: Any) -> tuple[Log, list[Sample], Left]:
    left = Left()
    ((_, path),) = recognised(folder)
    (log,) = READER.logs(path, Wanted(left, **wanted))
    return log, list(log.samples()), left


def test_only_the_first_of_several_replies_has_a_score(folder: Path) -> None:
    log, samples, _ = read(folder)
    assert len(samples) == 180 and [sample.repeat for sample in samples[:4]] == [1, 2, 3, 1]
    assert {bool(sample.scored.scores) for sample in samples if sample.repeat == 1} == {True}
    assert not any(sample.scored.scores or sample.scored.unscored for sample in samples if sample.repeat != 1)
    assert [note.code for note in log.notes] == ["imported.first_only"]
    assert (log.version, log.subject["model"], log.observed[:10]) == ("0.4.13", "m1", "2026-11-20")
    assert "num_concurrent" not in json.dumps(log.subject)


def test_rows_of_another_filter_are_no_more_observations(folder: Path) -> None:
    twice = [row for row in rows(folder) for row in (row, {**row, "filter": "strict", "exact_match": 0.0})]
    write(folder, twice)
    _, samples, left = read(folder)
    assert len(samples) == 180 and left.other == 60
    _, strict, _ = read(folder, score="exact_match,strict")
    assert {value for sample in strict for value in sample.scored.scores.values()} == {0.0} and len(strict) == 180


def test_likelihoods_are_one_reply(folder: Path) -> None:
    row = {**rows(folder)[0], "resps": [[["-1.5", "False"]], [["-0.5", "True"]]], "filtered_resps": [[-1.5, False]],
           "arguments": {"gen_args_0": {"arg_0": "Q:", "arg_1": " A"}}, "metrics": ["acc"], "acc": 1.0}  # fmt: skip
    write(folder, [row])
    _, samples, _ = read(folder)
    assert len(samples) == 1 and samples[0].scored.scores == {"acc,letter": 1.0} and samples[0].stimulus == "Q:"


def test_a_missing_reply_and_a_missing_score_are_lost(folder: Path) -> None:
    first, second = rows(folder)[:2]
    first["resps"], second["exact_match"] = [[None, "ANSWER: D"]], None
    write(folder, [first, second])
    _, samples, _ = read(folder)
    assert [sample.response.status for sample in samples[:2]] == ["subject_failed", "ok"]
    assert samples[2].scored.unscored == {"exact_match,letter": "no_number"}


def test_items_are_called_as_the_data_call_them_or_numbered(folder: Path) -> None:
    _, samples, _ = read(folder)
    assert (samples[3].item, samples[3].position) == ("Q00001", "1")
    made = rows(folder)
    for row in made:
        del row["doc"]["id"]
    write(folder, made)
    assert read(folder)[1][3].item == "1"


def test_what_is_missing_beside_it_is_named(folder: Path) -> None:
    (results,) = folder.glob("results_*.json")
    kept = samples_file(folder).rename(folder / "kept")
    with pytest.raises(BadInput, match="--log_samples"):
        read(folder)
    kept.rename(folder / "samples_mock_mcq_2026-11-20T21-03-02.534455.jsonl")
    results.unlink()
    with pytest.raises(BadInput, match=r"results_2026-11-20T21-03-02\.534455\.json is missing"):
        read(folder)
