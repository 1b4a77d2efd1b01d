"""A corpus as tokens: cut anywhere, packed, broken, hostile."""

import gzip
import json
from pathlib import Path

import pytest

from assay.exchange import corpus
from assay.exchange.corpus import corpus_files, documents
from assay.vocabulary.errors import BadInput


def words(path: Path) -> list[list[str]]:
    return [[token for part in document for token in part] for document in documents(path)]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 2**20])
def test_a_text_is_the_same_wherever_it_is_cut(chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "_CHUNK", chunk)
    text = "One two-three, 四五六 seven8 naïve\nend"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with gzip.open(tmp_path / "b.txt.gz", "wb") as file:
        file.write(text.encode())
    expected = ["one", "two", "three", "四", "五", "六", "seven8", "naïve", "end"]
    assert words(tmp_path / "a.txt") == words(tmp_path / "b.txt.gz") == [expected]


def test_each_line_of_json_is_a_document(tmp_path: Path) -> None:
    rows = [json.dumps({"text": "alpha \u4e00", "more": ["beta"]}), "no json gamma", "[" * 100_000]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    assert words(tmp_path / "a.jsonl") == [["alpha", "一", "beta"], ["no", "json", "gamma"], []]


def test_bytes_that_are_no_text_separate_words(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"ab\xff\xfecd \x00 ef")
    assert words(tmp_path / "a.bin") == [["ab", "cd", "ef"]]


def test_a_word_without_end_is_taken_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "_CHUNK", 10_000)
    (tmp_path / "a.txt").write_text("x" * 100_000)
    (found,) = words(tmp_path / "a.txt")
    assert "".join(found) == "x" * 100_000 and max(map(len, found)) <= 20_000


def test_files_of_folders_and_no_links_out_of_them(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a.txt").write_text("a")
    (tmp_path / "secret.txt").write_text("b")
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert corpus_files([tmp_path / "in"]) == [tmp_path / "in" / "deep" / "a.txt"]
    for wrong, said in (([tmp_path / "none"], "none"), ([tmp_path / "empty"], "no file")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(BadInput, match=said):
            corpus_files(wrong)


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    whole = gzip.compress(b"some text " * 1000)
    for name, data in (("cut.gz", whole[:-20]), ("none.gz", b"not packed"), ("odd.gz", whole[:30] + b"!" * 50)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match=name):
            words(tmp_path / name)
