"""Items from JSONL, CSV and Parquet, and every line that is refused."""

import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from assay.catalogue.build import fill
from assay.catalogue.find import locate
from assay.packs.general.material.table import Table
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item, Material


def write(folder: Path, name: str, *lines: Any, encoding: str = "utf-8") -> str:
    text = "\n".join([line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines])
    (folder / name).write_text(text + "\n", encoding=encoding)
    return name


def load(folder: Path, *lines: Any, name: str = "t.jsonl", **settings: Any) -> Material:
    return Table(path=write(folder, name, *lines), **settings).load(folder)


def refused(folder: Path, *lines: Any, name: str = "t.jsonl", **settings: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load(folder, *lines, name=name, **settings)
    assert str(caught.value) and caught.value.message("zh")
    return caught.value


def test_meets_the_contract() -> None:
    assert check_part(locate("material", "general.table", "test")) == []


def test_jsonl(tmp_path: Path) -> None:
    material = load(
        tmp_path,
        {"id": "a", "input": "1+1?", "target": 2, "group": "g", "weight": 2, "tags": ["easy"], "else": 1},
        "",
        {"id": 7, "input": {"x": [1, 2]}, "target": ["two", "2"]},
        {"input": "?", "target": None},
        name="triage.jsonl", version="3", licence="CC0-1.0",
    )  # fmt: skip
    assert material.items == (
        Item(id="a", stimulus="1+1?", reference=2, group="g", weight=2.0, tags=("easy",)),
        Item(id="7", stimulus={"x": [1, 2]}, reference=["two", "2"]),
        Item(id="3", stimulus="?"),
    )
    assert material.places == ("triage.jsonl:1", "triage.jsonl:3", "triage.jsonl:4")
    assert (material.name, material.source, material.version) == ("triage", "triage.jsonl", "3")
    assert material.licence == "CC0-1.0"


def test_columns_of_other_names(tmp_path: Path) -> None:
    lines = [{"question": "q", "answer": "a", "input": "another thing"}]
    material = load(tmp_path, *lines, fields={"input": "question", "target": "answer"}, name="x.jsonl")
    assert material.items == (Item(id="1", stimulus="q", reference="a"),)
    assert refused(tmp_path, *lines, fields={"imput": "question"}).code == "setting.unknown"
    error = refused(tmp_path, *lines, fields={"input": "question", "target": "anwser"})
    assert error.code == "table.no_column" and "did you mean 'answer'" in str(error)
    assert "fields = {input" in str(refused(tmp_path, {"question": "q"}))


def test_byte_order_mark_and_carriage_returns(tmp_path: Path) -> None:
    lines = ['{"input": "é"}\r', '{"input": "中"}\r']
    marked = Table(path=write(tmp_path, "b.jsonl", *lines, encoding="utf-8-sig")).load(tmp_path)
    assert [item.stimulus for item in marked.items] == ["é", "中"]
    table = write(tmp_path, "b.csv", "input,target", "é,1", encoding="utf-8-sig")
    assert Table(path=table).load(tmp_path).items == (Item(id="1", stimulus="é", reference="1"),)


def test_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"input": "a"}\n{"input": "\xe9"}\n')
    with pytest.raises(BadInput) as caught:
        Table(path="latin.jsonl").load(tmp_path)
    assert caught.value.code == "file.not_utf8" and "latin.jsonl:2" in str(caught.value)


@pytest.mark.parametrize(
    ("target", "letter"),
    [("B", "B"), ("b", "B"), (1, "B"), ("Paris", "B"), (" Paris ", "B"), (0, "A"), (2, "C"), (None, None)],
)
def test_target_of_a_choice_becomes_its_letter(tmp_path: Path, target: Any, letter: str | None) -> None:
    material = load(tmp_path, {"input": "?", "choices": ["Rome", "Paris", "Bonn"], "target": target})
    assert material.items[0].reference == letter
    assert material.items[0].choices == ("Rome", "Paris", "Bonn")


def test_options_that_are_letters_or_numbers(tmp_path: Path) -> None:
    def target(value: Any, *choices: Any) -> Any:
        return load(tmp_path, {"input": "?", "choices": choices, "target": value}).items[0].reference

    assert target("A", "A", "B") == "A"  # letter and text agree
    assert "ambiguous" in str(refused(tmp_path, {"input": "?", "choices": ["B", "A"], "target": "A"}))
    assert "ambiguous" in str(refused(tmp_path, {"input": "?", "choices": ["x", "a"], "target": "a"}))
    assert target("C", "C", "D") == "A"  # C is no letter of two options
    assert target(5, 3, 5) == "B"
    assert "ambiguous" in str(refused(tmp_path, {"input": "?", "choices": [1, 2, 3], "target": 1}))
    assert target(0, 0, 1) == "A"


BAD = [
    ("{", "not JSON"), ("[1]", "not a JSON object"), ('{"input": NaN}', "not JSON"), ("[" * 100_000, "not JSON"),
    ('{"input": "x", "weight": 1e999}', "not JSON"), ('{"input": "x", "target": Infinity}', "not JSON"),
    ('{"input": "\\ud800 x"}', "not JSON"),
    ({"target": "a"}, "'input' is missing"), ({"input": "  "}, "'input' is empty"), ({"input": 3}, "expected text"),
    ({"input": True}, "expected text"), ({"input": "x", "target": ""}, "'target' is empty"),
    ({"input": "x", "target": True}, "'target' is True"),
    ({"input": "x", "target": {}}, "expected text, a number"),
    ({"input": "x", "target": [{}]}, "expected text, a number"),
    ({"input": "x", "target": [{"a": 1}, "b"]}, "expected text, a number"),
    ({"input": "x", "target": []}, "list of accepted"), ({"input": "x", "target": ["a", 1]}, "list of accepted"),
    ({"input": "x", "id": 1.5}, "'id' is 1.5"), ({"input": "x", "id": ""}, "'id' is empty"),
    ({"input": "x", "id": True}, "'id'"),
    ({"input": "x", "weight": 0}, "above 0"), ({"input": "x", "weight": -1}, "above 0"),
    ({"input": "x", "weight": "2"}, "above 0"),
    ({"input": "x", "weight": True}, "above 0"), ({"input": "x", "tags": "a"}, "expected a list"),
    ({"input": "x", "choices": "a|b"}, "expected a list"), ({"input": "x", "choices": ["a"]}, "one option"),
    ({"input": "x", "choices": ["a", " a"]}, "twice"), ({"input": "x", "choices": ["a", ""]}, "empty option"),
    ({"input": "x", "choices": [str(i) for i in range(27)]}, "27 options"),
    ({"input": "x", "choices": ["a", None]}, "None"),
    ({"input": "x", "choices": ["a", "b"], "target": "c"}, "not among"),
    ({"input": "x", "choices": ["a", "b"], "target": 2}, "not among"),
    ({"input": "x", "choices": ["a", "b"], "target": "1"}, "not among"),
    ({"input": "x", "choices": ["a", "b"], "target": -1}, "not among"),
    ({"input": "x", "choices": ["a", "b"], "target": True}, "'target' is True"),
    ({"input": "x", "choices": ["a", "b"], "target": ["A"]}, "expected a letter"),
    ('{"input": "x", "choices": ["a", "b"], "target": 1' + "0" * 4_000 + "}", "not among"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "reason"), BAD, ids=range(len(BAD)))
def test_a_bad_line_is_named(tmp_path: Path, line: Any, reason: str) -> None:
    error = refused(tmp_path, {"input": "good"}, line)
    assert error.code == "table.bad_line"
    assert "t.jsonl:2" in str(error) and reason in str(error)
    assert len(str(error)) < 400


def test_ids_used_twice(tmp_path: Path) -> None:
    error = refused(tmp_path, {"id": "2", "input": "a"}, "", {"input": "b"})
    assert error.code == "table.duplicate_id"
    assert "t.jsonl:3" in str(error) and "t.jsonl:1" in str(error)
    assert refused(tmp_path, {"id": 1, "input": "a"}, {"id": "1", "input": "b"}).code == "table.duplicate_id"


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    assert refused(tmp_path, "").code == "table.empty"
    assert refused(tmp_path, "input,target", name="t.csv").code == "table.empty"
    assert refused(tmp_path, "", name="t.txt").code == "table.unknown_format"
    assert refused(tmp_path, "", format="xlsx").code == "setting.value"
    assert load(tmp_path, {"input": "x"}, name="t.txt", format="jsonl").items
    for path in ("no.jsonl", "no.parquet"):
        with pytest.raises(BadInput) as caught:
            Table(path=path).load(tmp_path)
        assert caught.value.code == "file.missing"
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(BadInput) as caught:
        Table(path="folder.jsonl").load(tmp_path)
    assert caught.value.code == "file.unreadable"


def test_csv(tmp_path: Path) -> None:
    material = load(
        tmp_path,
        "id,input,target,choices,group,weight,tags,other",
        'q1,"two\nlines",B,"[""a"", ""b|c""]",g,2.5,"x|y",1',
        "",
        "q2,plain,,,,,,",
        "q3,third,1,red|green,,,,",
        name="t.csv",
    )
    assert material.items == (
        Item(id="q1", stimulus="two\nlines", reference="B", choices=("a", "b|c"), group="g", weight=2.5, tags=("x",
        "y")),
        Item(id="q2", stimulus="plain"),
        Item(id="q3", stimulus="third", reference="B", choices=("red", "green")),
    )
    assert material.places == ("t.csv:2", "t.csv:5", "t.csv:6")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a", "1 columns"), ("a,b,c,d,e", "5 columns"), (",x,,", "'input' is missing"), ("a,,,nan", "above 0"),
        ("a,,,many", "expected a number"), ('a,,"[""x""",', "JSON array"), ('"a', "not CSV"), ("a,1,1|2,",
        "ambiguous"),
    ],
)  # fmt: skip
def test_bad_csv(tmp_path: Path, row: str, reason: str) -> None:
    error = refused(tmp_path, "input,target,choices,weight", "good,,,", row, name="t.csv")
    assert error.code == "table.bad_line" and "t.csv:3" in str(error) and reason in str(error)
    assert "twice" in str(refused(tmp_path, "input,input", "a,b", name="u.csv"))


def test_a_csv_cell_may_be_long(tmp_path: Path) -> None:
    assert len(load(tmp_path, "input", "x" * 300_000, name="t.csv").items[0].stimulus) == 300_000


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "id": [10, 11], "question": ["?", "!"], "target": ["b", None], "choices": [["a", "b"], None],
            "weight": [1.0, 2.0], "more": [None, b"bytes"],
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "t.parquet")
    material = Table(path="t.parquet", fields={"input": "question"}).load(tmp_path)
    assert material.items == (
        Item(id="10", stimulus="?", reference="B", choices=("a", "b")),
        Item(id="11", stimulus="!", weight=2.0),
    )
    assert material.places == ("t.parquet:1", "t.parquet:2")
    pq.write_table(pa.table({"input": ["x"], "target": [float("nan")]}), tmp_path / "nan.parquet")
    with pytest.raises(BadInput, match="nan.parquet:1"):
        Table(path="nan.parquet").load(tmp_path)
    pq.write_table(pa.table({"input": [{"x": b"y"}]}), tmp_path / "bytes.parquet")
    with pytest.raises(BadInput, match="what JSON cannot"):
        Table(path="bytes.parquet").load(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(BadInput) as caught:
        Table(path="broken.parquet").load(tmp_path)
    assert caught.value.code == "file.unreadable"


def test_parquet_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **more)

    (tmp_path / "t.parquet").write_bytes(b"")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInput) as caught:
        Table(path="t.parquet").load(tmp_path)
    assert caught.value.code == "part.extra" and "assay[parquet]" in str(caught.value)


def test_a_limit_is_a_random_sample(tmp_path: Path) -> None:
    lines = [{"input": f"question {i}"} for i in range(1000)]

    def ids(limit: int, seed: int = 0) -> list[str]:
        return [item.id for item in load(tmp_path, *lines, limit=limit, seed=seed).items]

    fifty = ids(50)
    assert len(fifty) == 50 and fifty == sorted(fifty, key=int)
    assert fifty == ids(50) and fifty != ids(50, seed=1)
    assert set(fifty) < set(ids(100))
    assert 300 < sum(map(int, ids(200))) / 200 < 700  # not the first ones
    assert len(ids(5000)) == 1000
    sampled = load(tmp_path, *lines, limit=10)
    assert [f"t.jsonl:{item.id}" for item in sampled.items] == list(sampled.places)
    assert refused(tmp_path, *lines, limit=0).code == "setting.value"


def test_settings_are_checked_by_their_types() -> None:
    made = fill(Table, {"path": "x.csv", "fields": {"input": "q"}}, "[material]")
    assert made == Table("x.csv", fields={"input": "q"})
    with pytest.raises(BadInput):
        fill(Table, {"path": "x.csv", "limt": 3}, "[material]")


@pytest.mark.parametrize("target", [{"tests": ["assert f()"]}, [{"kind": "json"}], [["a"], [1]]])
def test_a_target_may_be_an_object_for_instruments_that_take_one(tmp_path: Path, target: Any) -> None:
    (tmp_path / "items.jsonl").write_text(json.dumps({"input": "x", "target": target}))
    assert Table(path="items.jsonl").load(tmp_path).items[0].reference == target
