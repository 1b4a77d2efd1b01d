"""Ratings from CSV and JSONL, and back; every kind of bad input by its name."""

import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.exchange.ratings import COLUMNS, given, ratings, rows, table
from assay.exchange.table import write_csv, write_jsonl
from assay.vocabulary.errors import BadInput
from assay.vocabulary.rating import Candidate, Case, Rating, RatingPlan, Sample
from assay.vocabulary.rubric import Option, Rubric

RUBRIC = Rubric(
    name="clarity", version="1", kind="score", title={"en": "Clear?"}, instructions={"en": "Grade."},
    option=tuple(Option(value=n, anchor={"en": f"As clear as {n}."}) for n in (1, 2, 3)),
)  # fmt: skip
PLAN = RatingPlan(
    rubric=RUBRIC,
    cases=tuple(
        Case(id=name, item=item, variant=variant, repeat=repeat, candidates=(Candidate(id="run", text="x"),))
        for name, item, variant, repeat in (
            ("a", "a", "plain", 1), ("=b", "=b", "plain", 1), ("c@1.1", "c", "plain", 1), ("c@2.1", "c", "polite", 1),
            ("c@2.2", "c", "polite", 2),
        )
    ),
    sample=Sample(source=("run",), population=5, lost=0, drawn=5, seed=0),
)  # fmt: skip


def taken(folder: Path, text: str, columns: dict[str, str] | None = None, name: str = "r.csv",
          kept: list[Rating] | None = None) -> list[Rating]:  # fmt: skip
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return ratings(PLAN, given(path, columns or {}), kept or [], "csv")


def test_ratings_from_a_table(tmp_path: Path) -> None:
    found = taken(tmp_path, "item,rater,value,note\na,Ann,3,clear\n=b,Ann,1,\na,Bob,2.0,\n")
    assert [(one.case, one.rater, one.value, one.note) for one in found] == [
        ("a", "Ann", 3, "clear"), ("=b", "Ann", 1, ""), ("a", "Bob", 2, ""),
    ]  # fmt: skip
    assert {one.plan for one in found} == {PLAN.name} and {one.rubric for one in found} == {RUBRIC.digest}


def test_columns_of_other_names_and_several_cases_of_an_item(tmp_path: Path) -> None:
    text = (
        '{"q": "c", "who": 7, "grade": 2, "form": "polite", "n": 2}\n\n'
        '{"q": "c", "who": 7, "grade": 1, "form": "plain"}'
    )
    columns = {"item": "q", "rater": "who", "value": "grade", "variant": "form", "repeat": "n"}
    found = taken(tmp_path, text, columns, "r.jsonl")
    assert [(one.case, one.rater) for one in found] == [("c@2.2", "7"), ("c@1.1", "7")]


def test_the_same_rating_twice_counts_once(tmp_path: Path) -> None:
    first = taken(tmp_path, "item,rater,value\na,Ann,3\na,Ann,3\n")
    assert len(first) == 1
    assert taken(tmp_path, "item,rater,value\na,Ann,3\n", kept=first) == []


@pytest.mark.parametrize(
    ("text", "code", "names"),
    [
        ("item,rater,value\nz,Ann,3\n", "rating.unknown_item", ("'z'", "r.csv:2")),
        ("case,rater,value\nz,Ann,3\n", "rating.unknown_item", ("'z'", "r.csv:2")),
        ("item,rater,value\na,Ann,3\na,Ann,2\n", "rating.conflict", ("'Ann'", "r.csv:3", "r.csv:2")),
        ("item,rater,value\na,Ann,4\n", "rating.outside", ("'4'", "r.csv:2", "1, 2, 3")),
        ("item,rater,value\na,Ann,\n", "rating.outside", ("''",)),
        ("item,rater,value\na,Ann,good\n", "rating.outside", ("'good'",)),
        ("item,rater,value\na,,3\n", "rating.rater", ("r.csv:2",)),
        ("item,rater,value\na,Ann,3\n=b,ANN,3\n", "rating.rater_like", ("'ANN'", "'Ann'")),
        ("item,rater,value\nc,Ann,3\n", "rating.several_cases", ("'c'", "3")),
        ("item,rater,value,variant\nc,Ann,3,rude\n", "rating.several_cases", ("'c'", "0")),
        ("item,rater,value,rubric\na,Ann,3,0123456789abcdef\n", "rating.other_rubric", ("0123456789ab",)),
        ("item,rater,grade\na,Ann,3\n", "table.no_column", ("'value'",)),
        ("item,rater,value\n", "rating.no_ratings", ()),
        ("", "rating.no_ratings", ()),
        ("item,rater,value\na,Ann\n", "table.bad_line", ("r.csv:2",)),
        ("item,item,value\na,Ann,3\n", "table.bad_line", ("'item'",)),
        ("item,rater,value,status\na,Ann,,skipped\n", "rating.no_ratings", ()),
    ],
)  # fmt: skip
def test_bad_input_is_named(tmp_path: Path, text: str, code: str, names: tuple[str, ...]) -> None:
    with pytest.raises(BadInput) as error:
        taken(tmp_path, text)
    assert error.value.code == code
    for name in names:
        assert name in error.value.message("en") and name in error.value.message("zh")


def test_a_conflict_with_what_is_kept(tmp_path: Path) -> None:
    kept = taken(tmp_path, "item,rater,value\na,Ann,3\n")
    with pytest.raises(BadInput) as error:
        taken(tmp_path, "item,rater,value\na,Ann,1\n", kept=kept)
    assert error.value.code == "rating.conflict"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("r.txt", b"", "rating.format"), ("none.csv", None, "file.missing"), ("r.csv", b"a\xff", "file.not_utf8"),
        ("r.jsonl", b"[1]\n", "table.bad_line"), ("r.jsonl", b"{\n", "table.bad_line"),
        ("r.jsonl", b"[" * 100_000, "table.bad_line"), ("r.csv", b'a,b\n"x', "table.bad_line"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes | None, code: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput) as error:
        list(table(tmp_path / name))
    assert error.value.code == code


def test_an_unknown_column_of_ours() -> None:
    with pytest.raises(BadInput) as error:
        given(Path("r.csv"), {"grade": "g"})
    assert error.value.code == "setting.unknown"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_out_and_in_again(tmp_path: Path, form: str) -> None:
    first = taken(tmp_path, 'item,rater,value,note\na,Ann,3,"=1+1\nand ""so"""\n=b,Ann,1,\na,李雷,2,好\n')
    skipped = msgspec.structs.replace(first[0], rater="Bob", status="skipped", value=None)
    write: Any = {"csv": write_csv, "jsonl": write_jsonl}[form]
    file = io.StringIO()
    write(rows(PLAN, [*first, skipped]), COLUMNS, file)
    if form == "csv":
        assert "'=b" in file.getvalue() and "'=1+1" in file.getvalue()
    again = taken(tmp_path, file.getvalue(), name=f"again.{form}")
    assert [msgspec.structs.replace(one, source="csv") for one in again] == first
