"""Exports of runs and of reports from a file: where they go, what they refuse, and what is in the tables."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api.exchange.export import TABLES, Wanted, export
from assay.cli import export as command
from assay.vocabulary.errors import BadInput, VerificationFailed


@pytest.fixture
def measured(place: Any) -> assay.Measured:
    with place.serving(place.server(20)) as url:
        made = place.measure(url, repeats=2)
    return assay.decide(made.run, {"requirement": [{"measurand": "llm.accuracy", "at_least": 0.01}]}, place.lab)


def test_the_command_names_every_table() -> None:
    assert tuple(sorted(TABLES)) == command.TABLES


def test_a_run_and_its_report_file_give_the_same_document(place: Any, measured: assay.Measured) -> None:
    first = export(measured.run, "junit", place.folder / "a.xml", place.lab)
    second = export(measured.path, "junit", place.folder / "b.xml", place.lab)
    assert Path(first.place).read_bytes() == Path(second.place).read_bytes()
    assert first.exit_code == 0 and first.decisions[0]["outcome"] == "conforms"
    assert first.results[0]["value"] == measured.results[0].value


def test_the_default_name_is_the_reports(place: Any, measured: assay.Measured) -> None:
    made = export("last", "oscal", lab=place.lab)
    assert Path(made.place) == (place.folder / f"{measured.report.id}.oscal.json").resolve()


def test_nothing_is_replaced_silently(place: Any, measured: assay.Measured) -> None:
    target = place.folder / "kept.xml"
    target.write_text("mine")
    with pytest.raises(BadInput, match="exists already") as error:
        export("last", "dcc", target, place.lab)
    assert error.value.code == "export.exists" and target.read_text() == "mine"
    export("last", "dcc", target, place.lab, Wanted(replace=True))
    assert target.read_text().startswith("<?xml")


def test_a_failed_export_leaves_nothing(place: Any, measured: assay.Measured, monkeypatch: Any) -> None:
    def broken(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(TABLES, "csv", broken)
    with pytest.raises(assay.CannotMeasure, match="space"):
        export("last", "csv", place.folder / "x.csv", place.lab)
    assert not [path for path in place.folder.iterdir() if "x.csv" in path.name]


def test_a_report_is_enough_where_there_is_no_laboratory(place: Any, measured: assay.Measured, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(VerificationFailed, match="not trusted"):
        export(measured.path, "junit", tmp_path / "x.xml", elsewhere)
    made = export(measured.path, "junit", tmp_path / "x.xml", elsewhere, Wanted(allow_untrusted=True))
    assert "NOT trusted" in Path(made.place).read_text() and made.results[0]["signature"] == "untrusted"
    from assay.api import keys

    keys.export(place.lab, "Ours", tmp_path / "ours.json")
    keys.trust(elsewhere, tmp_path / "ours.json")
    made = export(measured.path, "junit", tmp_path / "y.xml", elsewhere)
    assert made.results[0]["signature"] == "trusted"
    with pytest.raises(BadInput, match="does not hold those") as error:
        export(measured.path, "parquet", tmp_path / "y.parquet", elsewhere)
    assert error.value.code == "export.no_rows"
    with pytest.raises(BadInput, match="is not in this laboratory"):
        export(measured.path, "in-toto", tmp_path / "z.json", elsewhere)


def test_a_changed_report_is_not_exported(place: Any, measured: assay.Measured) -> None:
    bad = place.folder / "bad.json"
    bad.write_bytes(measured.envelope[:-3] + b"A" + measured.envelope[-2:])
    with pytest.raises(VerificationFailed):
        export(bad, "junit", place.folder / "x.xml", place.lab)
    assert not (place.folder / "x.xml").exists()


@pytest.mark.parametrize(("to", "code"), [("junitt", "export.unknown"), ("in-toto", "export.nothing_required")])
def test_what_cannot_be_is_refused(place: Any, to: str, code: str) -> None:
    with place.serving(place.server(10)) as url:
        place.measure(url)
    with pytest.raises(BadInput) as error:
        export("last", to, place.folder / "x", place.lab)
    assert error.value.code == code and not (place.folder / "x").exists()
    for wanted in (Wanted(outputs=True), Wanted(items=True)):
        with pytest.raises(BadInput, match="leave it out"):
            export("last", "junit", place.folder / "x", place.lab, wanted)


def test_tables_hold_the_rows_of_the_report(place: Any, measured: assay.Measured) -> None:
    expected = list(assay.observations("last", place.lab))
    for to in TABLES:
        export("last", to, place.folder / f"t.{to}", place.lab)
    with (place.folder / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(expected) == sum(result.n_observations for result in measured.results)
    assert [row["item"] for row in rows] == [row["item"] for row in expected]
    lines = (place.folder / "t.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == expected
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(place.folder / "t.parquet")
    assert table.to_pylist() == expected
    about = json.loads(table.schema.metadata[b"assay"])
    assert about["results"][0]["value"] == measured.results[0].value and about["results"][0]["report_sha256"]
    import pyarrow as pa

    with pa.ipc.open_file(place.folder / "t.arrow") as reader:
        assert reader.read_all().to_pylist() == expected


def test_formulas_are_harmless_in_csv(place: Any) -> None:
    server = place.server(4)
    lines = [json.loads(line) for line in (place.folder / "items.jsonl").read_text().splitlines()]
    lines[0]["id"] = "=HYPERLINK(\"http://x\")"
    (place.folder / "items.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with place.serving(server) as url:
        place.measure(url)
    stream = io.BytesIO()
    export("last", "csv", stream, place.lab)
    assert all(not cell.startswith("=") for row in csv.reader(io.StringIO(stream.getvalue().decode())) for cell in row)


def test_other_observations_are_not_taken_for_the_reports(place: Any, measured: assay.Measured) -> None:
    never = {"part": "general.pattern", "pattern": "(nothing of the kind)"}
    assay.read(measured.run, never, place.lab)  # a later report, of other readings of the same run
    first = export(measured.path, "csv", io.BytesIO(), place.lab)
    later = io.BytesIO()
    second = export("last", "csv", later, place.lab)
    assert first.results[0]["observations_sha256"] != second.results[0]["observations_sha256"]
    rows = [row for row in csv.DictReader(io.StringIO(later.getvalue().decode())) if row["measurand"] == "llm.accuracy"]
    assert {row["status"] for row in rows} == {"instrument_failed"} and {row["value"] for row in rows} == {""}
    assert "value" not in second.results[0] and second.results[0]["lost"] == len(rows)


def test_data_frames_have_nulls_and_no_nan(place: Any, measured: assay.Measured) -> None:
    pd = pytest.importorskip("pandas")
    frame = assay.frame("last", lab=place.lab, outputs=True)
    assert isinstance(frame, pd.DataFrame) and str(frame["value"].dtype) == "Float64"
    assert frame[frame["measurand"] == "llm.accuracy"]["value"].mean() == pytest.approx(measured.results[0].value)
    assert frame.attrs["assay"]["results"][0]["interval_low"] == measured.results[0].interval[0]
    assert frame["group"].isna().all()
    pl = pytest.importorskip("polars")
    other = assay.frame(measured.path, "polars", place.lab)
    assert isinstance(other, pl.DataFrame) and other["group"].null_count() == len(other)
    scores = other.filter(pl.col("measurand") == "llm.accuracy")["value"]
    assert scores.mean() == pytest.approx(measured.results[0].value)
    with pytest.raises(BadInput, match="pandas or polars"):
        assay.frame("last", "spark", place.lab)


@pytest.mark.parametrize(("to", "package"), [("pdf", "weasyprint"), ("parquet", "pyarrow"), ("mlflow", "mlflow")])
def test_a_missing_extra_says_how_to_install_it(
    place: Any, measured: assay.Measured, monkeypatch: Any, to: str, package: str
) -> None:
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BadInput, match=rf"pip install 'assay\[{to}\]'"):
        export("last", to, place.folder / "x", place.lab)
    assert not (place.folder / "x").exists()


def test_croissant_gives_items_only_when_asked(place: Any, measured: assay.Measured) -> None:
    stream = io.BytesIO()
    export("last", "croissant", stream, place.lab, Wanted(items=True))
    (records,) = json.loads(stream.getvalue())["recordSet"]
    assert len(records["data"]) == 20
    stream = io.BytesIO()
    export("last", "croissant", stream, place.lab)
    assert "recordSet" not in json.loads(stream.getvalue())


@pytest.mark.filterwarnings("ignore")  # of what MLflow itself imports
def test_mlflow_logs_to_a_local_store(place: Any, measured: assay.Measured) -> None:
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{place.folder / 'mlflow.db'}"
    made = export("last", "mlflow", uri, place.lab)
    run = mlflow.get_run(made.place.rpartition(" ")[2])
    assert run.data.metrics["llm.accuracy.value"] == measured.results[0].value
    assert run.data.tags["assay.llm.accuracy.report_sha256"] == made.results[0]["report_sha256"]
