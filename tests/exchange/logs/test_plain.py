"""Plain tables: CSV and JSON lines, statuses, columns called otherwise, broken lines."""

from pathlib import Path
from typing import Any

import pytest

from assay.exchange.log import Left, Sample, Wanted
from assay.exchange.logs import plain
from assay.exchange.logs.plain import READER
from assay.vocabulary.errors import BadInput


def read(tmp_path: Path, text: str | bytes, name: str = "a.csv", **wanted: Any) -> tuple[list[Sample], Left]:
    path, left = tmp_path / name, Left()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert READER.claims(path)
    return [sample for log in READER.logs(path, Wanted(left, **wanted)) for sample in log.samples()], left


def test_a_table_with_everything(tmp_path: Path) -> None:
    head = "item,repeat,group,weight,input,reference,output,score,status,finish,input_tokens,latency_s,at"
    text = f'\ufeff{head}\nq1,2,p,2.5,"What,\nnow?",B,"B ""ok""",0.5,ok,length,12,0.25,2026-01-01T00:00:00Z\n'
    (sample,), _ = read(tmp_path, text)
    assert (sample.item, sample.repeat, sample.group, sample.weight) == ("q1", 2, "p", 2.5)
    assert (sample.stimulus, sample.reference, sample.response.output) == ("What,\nnow?", "B", 'B "ok"')
    response = sample.response
    assert (response.finish, response.usage, response.latency_s) == ("length", {"input_tokens": 12}, 0.25)
    assert response.at_s == 1767225600 and sample.scored.scores == {"score": 0.5}


@pytest.mark.parametrize(("cell", "value"), [("1", 1), ("True", 1), ("no", 0), ("0.25", 0.25), ("-3", -3)])
def test_scores_in_words(cell: str, value: float, tmp_path: Path) -> None:
    assert read(tmp_path, f"item,score\n1,{cell}\n")[0][0].scored.scores == {"score": value}


@pytest.mark.parametrize("cell", ["", "nan", "inf", "1e999", "maybe", "1,5"])
def test_what_is_no_number_is_unscored(cell: str, tmp_path: Path) -> None:
    (sample,), _ = read(tmp_path, f'item,score\n1,"{cell}"\n')
    assert sample.scored.scores == {} and list(sample.scored.unscored) == ["score"]


@pytest.mark.parametrize(
    ("status", "response", "lost"),
    [("refused", "refused", {}), ("subject_failed", "subject_failed", {}), ("not_run", "not_run", {}),
     ("instrument_failed", "ok", {"score": "why"}), ("not_applicable", "ok", {}), ("timeout", "subject_failed", {})],
)  # fmt: skip
def test_statuses(status: str, response: str, lost: dict[str, str], tmp_path: Path) -> None:
    (sample,), _ = read(tmp_path, f"item,score,status,note\n1,,{status},why\n")
    assert sample.response.status == response
    if response == "ok":
        assert sample.scored.unscored == lost and sample.scored.scores == {}


def test_columns_called_otherwise(tmp_path: Path) -> None:
    (sample,), _ = read(tmp_path, "qid,ok\n7,1\n", columns={"item": "qid", "score": "ok"})
    assert sample.item == "7" and sample.scored.scores == {"ok": 1.0}
    for columns, code in (({"itm": "qid"}, "setting.unknown"), ({"item": "id"}, "table.no_column")):
        with pytest.raises(BadInput) as caught:
            read(tmp_path, "qid,ok\n7,1\n", columns=columns)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "place"),
    [("item,score\n1,1\n2\n3,1\n", "a.csv:3"), (b"item,score\n1,1\n\xff,1\n3,1\n", "a.csv:3"),
     ('item,score\n1,1\n,1\n3,1\n', "a.csv:3")],
)  # fmt: skip
def test_a_bad_line_is_named_or_left_out(text: str | bytes, place: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=place):
        read(tmp_path, text)
    samples, left = read(tmp_path, text, skip_broken=True)
    assert [sample.item for sample in samples] == ["1", "3"] and left.n_broken == 1


def test_a_line_without_end_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "LONGEST_LINE", 2**17)
    text = "item,score\n1,1\n" + "x" * 2**18 + "\n3,1\n"
    with pytest.raises(BadInput, match="longer than"):
        read(tmp_path, text)
    samples, left = read(tmp_path, text, skip_broken=True)
    assert [sample.item for sample in samples] == ["1", "3"] and left.n_broken == 1


def test_each_subject_is_a_run_and_too_many_are_none(tmp_path: Path) -> None:
    text = "item,score,subject\n" + "".join(f"{n},1,m{n % 3}\n" for n in range(9))
    (tmp_path / "a.csv").write_text(text)
    logs = READER.logs(tmp_path / "a.csv", Wanted(Left()))
    assert [(log.subject["name"], len(list(log.samples()))) for log in logs] == [("m0", 3), ("m1", 3), ("m2", 3)]
    with pytest.raises(BadInput, match="does not seem to name the subject"):
        read(tmp_path, "item,score,subject\n" + "".join(f"{n},1,m{n}\n" for n in range(101)))


def test_a_table_with_a_header_alone_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path, "item,score\n")[0] == []
    with pytest.raises(BadInput):
        read(tmp_path, "")
