"""Observations as tables: what a spreadsheet would run is defused; nothing else is touched."""

import csv
import io
from pathlib import Path

import pytest

from assay.exchange.table import write_csv, write_json, write_jsonl, write_parquet

COLUMNS = ("item", "value", "output")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"])
def test_formulas_are_defused(text: str) -> None:
    file = io.StringIO(newline="")
    write_csv([{"item": text, "value": -1.5, "output": f'"{text}'}], COLUMNS, file)
    file.seek(0)
    (row,) = csv.DictReader(file)
    assert row == {"item": f"'{text}", "value": "-1.5", "output": f'"{text}'}


def test_any_text_comes_back_from_every_form(tmp_path: Path) -> None:
    rows = [
        {"item": "a,b", "value": 0.1, "output": 'two\nlines, "quoted"\r\nand 中文'},
        {"item": "b", "value": None, "output": None},
    ]
    for write in (write_jsonl, write_json):
        file = io.StringIO()
        write(rows, COLUMNS, file)
        text = file.getvalue()
        import json

        assert (json.loads(text) if write is write_json else [json.loads(line) for line in text.splitlines()]) == rows
    file = io.StringIO(newline="")
    write_csv(rows, COLUMNS, file)
    file.seek(0)
    assert [row["output"] for row in csv.DictReader(file)] == [rows[0]["output"], ""]
    pq = pytest.importorskip("pyarrow.parquet")
    write_parquet(iter(rows), COLUMNS, tmp_path / "t.parquet")
    assert pq.read_table(tmp_path / "t.parquet").to_pylist() == rows


def test_no_rows() -> None:
    file = io.StringIO()
    write_json([], COLUMNS, file)
    assert file.getvalue() == "[]\n"
