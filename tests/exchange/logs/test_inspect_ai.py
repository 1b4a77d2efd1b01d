"""Inspect AI: both layouts of samples, unfinished logs, verdicts of every kind, and what is lost."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Log, Sample, Wanted
from assay.exchange.logs.inspect_ai import READER
from assay.exchange.zipped import archive
from assay.vocabulary.errors import BadInput

LOGS = Path(__file__).parents[2] / "reference" / "logs" / "inspect"
Pack = Callable[..., Path]


def read(path: Path, **wanted: Any) -> tuple[Log, list[Sample]]:
    (log,) = READER.logs(path, Wanted(Left(), **wanted))
    return log, list(log.samples())


def members(name: str, leave: Callable[[str], bool] = lambda member: False) -> list[tuple[str, bytes]]:
    with archive(LOGS / name) as opened:
        return [(member, opened.read(member)) for member in opened.names if not leave(member)]


def one(pack: Pack, header: dict[str, Any] | None = None, **changes: Any) -> tuple[Log, Sample]:
    """A log of one sample, the first of a real one with something changed."""
    kept = dict(members("m1.eval", lambda member: member not in ("header.json", "samples/Q00000_epoch_1.json")))
    sample = {**json.loads(kept["samples/Q00000_epoch_1.json"]), **changes}
    head = {**json.loads(kept["header.json"]), **(header or {})}
    made = [("samples/Q00000_epoch_1.json", json.dumps(sample).encode()), ("header.json", json.dumps(head).encode())]
    log, (found,) = read(pack("a.eval", made))
    return log, found


def right(samples: list[Sample], score: str = "choice") -> float:
    return sum(sample.scored.scores.get(score, 0.0) for sample in samples)


def test_summaries_say_what_samples_say() -> None:
    (log, whole), (_, short) = read(LOGS / "m1.eval"), read(LOGS / "m1.eval", outputs=False)
    assert right(whole) == right(short) == 104
    keys = ("item", "repeat", "stimulus", "reference", "choices")
    by_key = {(sample.item, sample.repeat): [getattr(sample, key) for key in keys] for sample in whole}
    assert by_key == {(sample.item, sample.repeat): [getattr(sample, key) for key in keys] for sample in short}
    assert {sample.response.output for sample in short} == {None}
    assert (log.version, log.task, log.subject["model"]) == ("0.3.285", "mcq", "openai-api/mock/m1")
    assert log.subject["config"] == {"max_tokens": 16, "temperature": 1.0}  # connections change no answer
    assert whole[0].response.at_s == pytest.approx(1795208556.379025)


def test_samples_in_chunks_as_inspect_writes_them() -> None:
    log, samples = read(LOGS / "chunked.eval")
    assert len(samples) == 6 and right(samples) == 4
    first, second = samples[:2]
    assert first.response.output == "ANSWER: D"
    assert str(first.stimulus).startswith("[Q00000] Consider the polymer")  # stands in an attachment
    assert second.response.output == "ANSWER: D " + "because " * 40
    assert log.outputs


def test_metadata_of_a_chunked_sample_give_its_cluster(pack: Pack) -> None:
    made = dict(members("chunked.eval"))
    head = json.loads(made["header.json"])
    head["eval"]["scorers"][0]["metrics"][1]["options"] = {"cluster": "passage"}
    made["header.json"] = json.dumps(head).encode()
    _, samples = read(pack("a.eval", list(made.items())))
    assert {sample.group for sample in samples} == {"p1"}


@pytest.mark.parametrize("outputs", [True, False])
def test_an_unfinished_log_is_read_from_its_journal(outputs: bool, pack: Pack) -> None:
    late = ("header.json", "summaries.json", "reductions.json")
    path = pack("a.eval", members("m1.eval", lambda m: m in late or m.endswith("_epoch_3.json")))
    log, samples = read(path, outputs=outputs)
    assert [note.code for note in log.notes] == ["imported.unfinished"] and log.printed == ()
    assert len(samples) == (120 if outputs else 180)


@pytest.mark.parametrize(
    ("value", "score"),
    [("C", 1), ("I", 0), ("P", 0.5), ("N", 0), (True, 1), (0.25, 0.25), ("0.75", 0.75), ("yes", 1), (3, 3)],
)
def test_verdicts_are_numbers_as_inspect_takes_them(value: Any, score: float, pack: Pack) -> None:
    _, sample = one(pack, scores={"choice": {"value": value}})
    assert sample.scored.scores == {"choice": score}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "maybe", None, [1, 0]])
def test_what_is_no_number_is_unscored_and_not_wrong(value: Any, pack: Pack) -> None:
    _, sample = one(pack, scores={"choice": {"value": value}})
    assert sample.scored.scores == {} and list(sample.scored.unscored) == ["choice"]


def test_a_verdict_of_several_parts_is_several_scores(pack: Pack) -> None:
    _, sample = one(pack, scores={"judge": {"value": {"style": 4, "right": "C"}}})
    assert sample.scored.scores == {"judge.style": 4.0, "judge.right": 1.0}


@pytest.mark.parametrize(
    ("changes", "status", "unscored"),
    [
        ({"scores": None}, "ok", {"": "no_score"}),
        ({"scores": None, "output": {"choices": []}, "error": {"message": "timed out"}}, "subject_failed",
         {"": "timed out"}),
        ({"scores": None, "error": {"message": "scorer broke"}}, "ok", {"": "scorer broke"}),
        ({"output": {"choices": [{"message": {"content": "no"}, "stop_reason": "content_filter"}]}}, "refused", {}),
        ({"invalidation": {"reason": "x"}}, "ok", {"choice": "invalidated"}),
    ],
)  # fmt: skip
def test_what_was_lost_keeps_its_status(
    changes: dict[str, Any], status: str, unscored: dict[str, str], pack: Pack
) -> None:
    _, sample = one(pack, **changes)
    assert sample.response.status == status and sample.scored.unscored == unscored


def test_messages_limits_and_lengths(pack: Pack) -> None:
    question = [{"type": "text", "text": "Why?"}]
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
    output = {"choices": [{"message": {"content": [{"type": "reasoning", "reasoning": "x"}, {"type": "text",
              "text": "So."}]}, "stop_reason": "max_tokens"}]}  # fmt: skip
    _, sample = one(pack, input=asked, output=output, target=["a", "b"])
    assert sample.stimulus == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why?"}]
    assert (sample.response.output, sample.response.finish, sample.reference) == ("So.", "length", ["a", "b"])
    assert one(pack, limit={"type": "token", "limit": 5})[1].response.finish == "limit:token"


def test_judges_and_limits_are_told(pack: Pack) -> None:
    run = json.loads(dict(members("m1.eval"))["header.json"])["eval"]
    run["scorers"] = [{"name": "model_graded_qa", "options": {}}]
    run["config"]["limit"] = 10
    log, _ = one(pack, {"eval": run})
    assert {note.code: note.values for note in log.notes} == {
        "imported.first_items": {"n": "10"}, "imported.judge": {"judges": "openai-api/mock/m1"},
    }  # fmt: skip
    run["model_roles"] = {"grader": {"model": "openai/judge"}}
    assert one(pack, {"eval": run})[0].notes[-1].values == {"judges": "openai/judge"}


def test_a_newer_format_is_refused(pack: Pack) -> None:
    with pytest.raises(BadInput, match="format version 3"):
        one(pack, {"version": 3})


@pytest.mark.parametrize("keep", [0, 100, 250_000])
def test_a_truncated_log_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "a.eval"
    path.write_bytes((LOGS / "m1.eval").read_bytes()[:keep])
    with pytest.raises(BadInput, match="damaged or cut off"):
        read(path)


def test_a_bad_sample_in_the_middle_is_named_or_left_out(pack: Pack) -> None:
    bad = "samples/Q00007_epoch_2.json"
    path = pack("a.eval", [(name, b'{"id": 1,' if name == bad else data) for name, data in members("m1.eval")])
    with pytest.raises(BadInput, match=r"Q00007_epoch_2\.json"):
        read(path)
    left = Left()
    (log,) = READER.logs(path, Wanted(left, skip_broken=True))
    assert len(list(log.samples())) == 179 and left.n_broken == 1
