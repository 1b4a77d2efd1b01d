"""``assay verify`` as a user types it."""

from pathlib import Path

import pytest

from assay.cli.main import main


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"item,score\na,1\n", 2), (b"", 2), (b'{"a": 1}', 2), (b"\x89PNG\r\n\x1a\n", 2), (b'{"payload": "x"}', 5),
     (b'{"payloadType": 1, "signatures": []', 5), (b'{"signatures": []}', 5)],
)  # fmt: skip
def test_a_file_that_is_nothing_like_a_report_is_bad_input_and_a_spoilt_one_fails(
    content: bytes, code: int, language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.json").write_bytes(content)
    assert main(["verify", str(tmp_path / "x.json"), "--lab", str(tmp_path), "--lang", language]) == code
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "x.json" in said.err


def test_without_a_laboratory_a_name_is_a_file_that_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "last", "--lab", str(tmp_path / "none")]) == 2
    assert "'last'" in capsys.readouterr().err
