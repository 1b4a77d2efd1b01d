"""``assay import`` as a user types it: what it says, in which language, and what a mistake ends in."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from assay.cli.main import main

LOGS = Path(__file__).parents[1] / "reference" / "logs"


def test_a_log_is_imported_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = ["--lab", str(tmp_path / "lab")]
    assert main(["import", str(LOGS / "lmeval-m1"), *lab]) == 0
    said = capsys.readouterr().out
    assert "60 items × 3 repeats = 180 readings: not applicable 120, read 60" in said
    assert "the scores in its log give the same" in said and "assay report" in said
    assert main(["report", *lab, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["results"][0]["value"] == pytest.approx(32 / 60)
    assert main(["import", str(LOGS / "lmeval-m1"), *lab, "--lang", "zh"]) == 0
    assert "该日志已作为此运行存入实验室" in capsys.readouterr().out


def test_json_says_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(LOGS / "promptfoo-m1.json"), "--lab", str(tmp_path), "--json", "--scores-only"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["imported"]
    assert (one["tool"], one["items"], one["repeats"], one["score"]) == ("promptfoo", 60, 3, "pass")
    assert [mean["agrees"] for mean in one["means"]] == [True, True]
    assert "imported.no_outputs" in [note["code"] for note in one["notes"]]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.eval", b"PK\x03\x04 not whole", []), ("a.jsonl", b'{"item": 1, "score": 1}\n{', []),
        ("a.jsonl", b"", []), ("a.txt", b"x", []), ("a.csv", b"a,b\n1,2\n", []),
        ("a.csv", b"item,score\n1,2\n", ["--column", "item"]), ("a.csv", b"item,score\n1,2\n", ["--tool", "inspect"]),
        ("a.csv", b"item,score\n1,2\n", ["--score", "other"]),
        ("a.csv", b"item,score\n1,2\n", ["--measurand", "llm.accuracy"]),
        ("a.json", b'{"version": 99, "status": "success", "eval": {}}', []),
        ("a.json", b'{"evalId": "x", "results": {"version": 3, "results": []}}', []),
        ("a.json", b'{"evalId": "x", "results": ' + b"[" * 100_000, []),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(
    name: str, content: bytes, options: list[str], language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    code = main(["import", str(tmp_path / name), "--lab", str(tmp_path / "lab"), "--lang", language, *options])
    said = capsys.readouterr()
    assert code == 2 and said.out == ""
    assert said.err.startswith("assay: ") and said.err.count("\n") == 1 and "Traceback" not in said.err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_takes_something_that_is_not_installed_is_left_out_of_a_folder(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, lab = tmp_path / "logs", ["--lab", str(tmp_path / "lab"), "--lang", language]
    folder.mkdir()
    shutil.copy(LOGS / "promptfoo-m1.json", folder / "a.json")
    shutil.copy(LOGS / "inspect" / "m1.eval", folder / "b.eval")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert main(["import", str(folder), *lab]) == 2
    said = capsys.readouterr()
    assert "promptfoo" in said.out and said.err.count("\n") == 1
    assert "b.eval" in said.err and "pip install 'assay[import]'" in said.err
    assert main(["import", str(folder), *lab, "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert [one["tool"] for one in found["imported"]] == ["promptfoo"] and found["exit_code"] == 2
    assert [Path(one["path"]).name for one in found["left_out"]] == ["b.eval"]
    assert main(["import", str(folder / "b.eval"), *lab]) == 2  # nothing else is there: an error, as ever
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("assay: ")
    monkeypatch.delitem(sys.modules, "zstandard")
    pytest.importorskip("zstandard")
    assert main(["import", str(folder), *lab, "--json"]) == 0
    assert [one["known"] for one in json.loads(capsys.readouterr().out)["imported"]] == [True, False]


def test_hostile_names_in_a_log_are_made_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"item": "1", "score": 1, "subject": "\x1b[2J\u202e<script>x"}) + "\n")
    assert main(["import", str(path), "--lab", str(tmp_path / "lab")]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said
