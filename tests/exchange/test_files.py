"""Files of others, read with bounds."""

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.exchange import files
from assay.exchange.log import Left, Wanted
from assay.vocabulary.errors import BadInput


class Thing(msgspec.Struct):
    n: Any = None


def test_a_line_that_is_too_long_is_refused_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_LINE", 2**20)
    data = io.BytesIO(b'{"n": 1}\n{"n": "' + b"x" * (5 * 2**20) + b'"}\n{"n": 2}\n')
    with pytest.raises(BadInput, match="a:2"):
        list(files.rows(data, "a", Thing, Wanted(Left())))
    data.seek(0)
    left = Left()
    found = list(files.rows(data, "a", Thing, Wanted(left, skip_broken=True)))
    assert [(place, row.n) for place, row in found] == [("a:1", 1), ("a:3", 2)] and left.n_broken == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"n": NaN}', None), (b'{"n": [1, Infinity]}', [1, None]), (b'{"n": -Infinity, "x": NaN}', None),
        (b'{"n": 1e999, "x": NaN}', None),
        (b'{"n": 123456789012345678901234567890, "x": NaN}', "123456789012345678901234567890"),
    ],
)  # fmt: skip
def test_numbers_that_are_none_become_null(text: bytes, expected: Any) -> None:
    assert files.decoded(text, Thing, "a").n == expected


@pytest.mark.parametrize(
    "text",
    [
        b"", b"{", b"[1]", b'{"n": }', b"\xff\xfe", b'{"n": "\xff"}', b'{"n":' * 100_000, b"[" * 200_000,
        b'{"n": ' + b"1" * 10_000 + b", NaN",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_with_its_place(text: bytes) -> None:
    with pytest.raises(BadInput, match="a:7"):
        files.decoded(text, Thing, "a:7")


def test_a_file_that_must_be_read_at_once_has_a_bound(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100)
    assert len(files.whole(tmp_path / "a", 100)) == 100
    with pytest.raises(BadInput, match="at once"):
        files.whole(tmp_path / "a", 99)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x"])
def test_a_name_in_a_log_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="outside its own folder"):
        files.inside(tmp_path, name)
    assert files.inside(tmp_path, "a/b") == tmp_path.resolve() / "a/b"


def test_a_link_out_of_the_folder_is_followed_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a").symlink_to(tmp_path)
    with pytest.raises(BadInput):
        files.inside(tmp_path / "log", "a/x")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), (True, 1.0), (0.5, 0.5), ("1", None), (None, None), (float("nan"), None), (float("inf"), None),
     (10**400, None), ([1], None)],
)  # fmt: skip
def test_numbers(value: Any, expected: float | None) -> None:
    assert files.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(" a ", "a"), (3, "3"), (3.0, "3"), (3.5, "3.5"), (True, ""), (None, ""), (["a"], "")],
)
def test_names(value: Any, expected: str) -> None:
    assert files.name_of(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1970-01-01T00:00:01Z", 1.0), ("1970-01-01T00:00:01", 1.0), ("1970-01-01T01:00:00+01:00", 0.0), ("x", None),
     (5, None), ("9999-99-99", None)],
)  # fmt: skip
def test_times(text: Any, expected: float | None) -> None:
    assert files.seconds(text) == expected


def test_the_digest_of_one_file_is_what_is_printed_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")  # FIPS 180-4, example
    assert files.sha256([tmp_path / "a"]) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_deep_values_are_cut(tmp_path: Path) -> None:
    deep: Any = 1
    for _ in range(1_000):
        deep = [deep]
    assert json.dumps(files.finite(deep)).count("[") < 300
