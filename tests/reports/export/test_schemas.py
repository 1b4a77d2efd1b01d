"""Exports are valid by the schemas and the readers of those whose forms they are."""

import builtins
import json
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assay.reports.strict import strict_base64
from assay.vocabulary.errors import BadInput
from assay.vocabulary.report import Report

Made = Callable[..., bytes]
SCHEMAS = Path(__file__).parents[2] / "reference" / "schemas"
DCC = "{https://ptb.de/dcc}"
SI = "{https://ptb.de/si}"
REPORTS = ("report", "hostile_report", "empty_report", "calibrated_report")


@pytest.fixture(scope="module")
def dcc_schema() -> Any:
    xmlschema = pytest.importorskip("xmlschema")
    locations = {"https://ptb.de/si": str(SCHEMAS / "SI_Format-2.1.0.xsd"),
                 "http://www.w3.org/2000/09/xmldsig#": str(SCHEMAS / "xmldsig-core-schema.xsd")}  # fmt: skip
    return xmlschema.XMLSchema(str(SCHEMAS / "dcc-3.2.1.xsd"), allow="local", locations=locations)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_certificate_is_valid(name: str, language: str, made: Made, dcc_schema: Any, request: Any) -> None:
    document = ET.fromstring(made(request.getfixturevalue(name), "dcc", language))
    assert list(dcc_schema.iter_errors(document)) == []


def test_a_certificate_states_the_interval_and_links_certificates(calibrated_report: Report, made: Made) -> None:
    root = ET.fromstring(made(calibrated_report, "dcc"))
    accuracy, latency = root.iter(f"{SI}real")
    assert accuracy.findtext(f"{SI}unit") == r"\one" and latency.findtext(f"{SI}unit") == r"\second"
    interval = accuracy.find(f"{SI}coverageInterval")
    assert interval is not None
    found = [float(interval.findtext(f"{SI}{name}") or "nan") for name in ("standardUnc", "intervalMin", "intervalMax")]
    assert found == [0.0189, 0.811782, 0.886433]
    hashes = [link.findtext(f"{DCC}value") for link in root.iter(f"{DCC}certificate")]
    assert hashes == ["ab" * 32, "cd" * 32, "c0ffee" * 10 + "abcd"]
    assert [one.text for one in root.iter(f"{DCC}conformity")] == ["pass", "conditionalPass"]


def test_a_symmetric_interval_is_an_expanded_uncertainty(report: Report, made: Made) -> None:
    change = msgspec.structs.replace
    result = change(report.results[1], value=2.0, u=0.05, k=2.0, interval=(1.9, 2.1))
    root = ET.fromstring(made(change(report, results=(report.results[0], result)), "dcc"))
    (expanded,) = root.iter(f"{SI}expandedUnc")
    assert float(expanded.findtext(f"{SI}uncertainty") or "nan") == pytest.approx(0.1)
    assert float(expanded.findtext(f"{SI}coverageFactor") or "nan") == 2.0


def test_units_are_those_of_the_digital_system() -> None:
    dsi_unit = pytest.importorskip("dsi_unit")
    from assay.reports.export.dcc import _UNITS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of itself, and of what it finds wrong besides saying so
        assert not dsi_unit.DsiUnit("%").valid
        assert [unit for unit in _UNITS.values() if not dsi_unit.DsiUnit(unit).valid] == []


@pytest.mark.parametrize("name", REPORTS)
def test_assessment_results_are_valid(name: str, made: Made, request: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the peer's own dependencies
        oscal = pytest.importorskip("trestle.oscal.assessment_results")
    document = json.loads(made(request.getfixturevalue(name), "oscal"))
    results = oscal.Model(**document).assessment_results.results[0]
    assert len(results.findings) == 2
    observed = document["assessment-results"]["results"][0]["observations"]
    assert ("value" in {p["name"] for p in observed[0]["props"]}) == (name != "empty_report")
    assert {p["ns"] for one in observed for p in one["props"]} == {"urn:assay:oscal:1"}


def test_findings_say_what_was_decided(report: Report, made: Made) -> None:
    document = json.loads(made(report, "oscal"))["assessment-results"]
    stated = [one["target"]["status"] for one in document["results"][0]["findings"]]
    assert [(one["state"], one["reason"]) for one in stated] == [("satisfied", "pass"), ("not-satisfied", "other")]
    assert "Inconclusive" in stated[1]["remarks"]
    resources = {one["uuid"] for one in document["back-matter"]["resources"]}
    assert document["import-ap"]["href"].removeprefix("#") in resources


@pytest.mark.parametrize("name", REPORTS)
def test_events_are_otlp(name: str, made: Made, request: Any) -> None:
    json_format = pytest.importorskip("google.protobuf.json_format")
    logs = pytest.importorskip("opentelemetry.proto.logs.v1.logs_pb2")
    message = json_format.Parse(made(request.getfixturevalue(name), "opentelemetry"), logs.LogsData())
    records = message.resource_logs[0].scope_logs[0].log_records
    assert [record.event_name for record in records] == ["gen_ai.evaluation.result"] * 2
    first = {one.key: one.value for one in records[0].attributes}
    assert first["gen_ai.evaluation.name"].string_value == "llm.accuracy"
    if name == "empty_report":
        assert "gen_ai.evaluation.score.value" not in first and first["error.type"].string_value == "no_value"
    else:
        assert first["gen_ai.evaluation.score.value"].double_value == 0.853124
        assert first["gen_ai.evaluation.score.label"].string_value == "conforms"
    assert records[0].time_unix_nano == 1795252360512000000


def test_a_test_result_is_signed_by_the_laboratory(
    calibrated_report: Report, made: Made, sourced: Any, key: Any
) -> None:
    from assay.reports.sign import pae

    envelope = json.loads(made(calibrated_report, "in-toto"))
    payload = strict_base64(envelope["payload"])
    signature = strict_base64(envelope["signatures"][0]["sig"])
    key.private.public_key().verify(signature, pae(envelope["payloadType"], payload))
    statement = json.loads(payload)
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = statement["predicate"]
    assert predicate["result"] == "WARNED"
    assert predicate["passedTests"] == ["llm.accuracy >= 0.8 (risk 0.05)"]
    assert predicate["warnedTests"] == ["serving.latency <= 1.9 (risk 0.01)"] and predicate["failedTests"] == []
    configured = {one["name"]: one["digest"]["sha256"] for one in predicate["configuration"]}
    assert configured["report"] == sourced(calibrated_report).sha256
    assert configured["certificate of material"] == "cd" * 32
    assert statement["subject"][0]["digest"]["sha256"] == calibrated_report.subject.digest


def test_junit_counts_its_cases(report: Report, empty_report: Report, made: Made) -> None:
    suite = ET.fromstring(made(report, "junit"))[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2", "failures": "0", "errors": "0", "skipped": "1"}  # fmt: skip
    change = msgspec.structs.replace
    failed = change(report, decisions=tuple(change(one, outcome="does_not_conform") for one in report.decisions))
    assert ET.fromstring(made(failed, "junit"))[0].get("failures") == "2"
    assert ET.fromstring(made(empty_report, "junit"))[0].get("errors") == "2"
    assert ET.fromstring(made(change(report, decisions=()), "junit"))[0].get("skipped") == "2"


def test_every_eval_ever_has_what_its_schema_requires(report: Report, made: Made) -> None:
    """The schema, ``eval.schema.json`` 0.2.2, is on no registry and not copied; these are its required members."""
    record = json.loads(made(report, "every-eval-ever"))
    assert set(record) == {
        "schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata", "model_info", "eval_library",
        "evaluation_results", "evaluation_timestamp",
    }  # fmt: skip
    assert {"source_type", "source_organization_name", "evaluator_relationship"} <= set(record["source_metadata"])
    assert {"name", "id"} <= set(record["model_info"]) and {"name", "version"} <= set(record["eval_library"])
    first = record["evaluation_results"][0]
    assert {"evaluation_name", "source_data", "metric_config", "score_details"} <= set(first)
    config = first["metric_config"]
    assert (config["lower_is_better"], config["score_type"], config["min_score"], config["max_score"]) == (
        False, "continuous", 0.0, 1.0)  # fmt: skip
    assert record["evaluation_results"][1]["metric_config"]["lower_is_better"] is True
    score = first["score_details"]
    assert score["score"] == 0.853124 and score["uncertainty"]["standard_error"]["value"] == 0.0189
    interval = score["uncertainty"]["confidence_interval"]
    assert (interval["lower"], interval["upper"], interval["confidence_level"]) == (0.811782, 0.886433, 0.95)
    assert all(isinstance(value, str) for value in score["details"].values())


def test_the_model_index_is_yaml(report: Report, hostile_report: Report, made: Made) -> None:
    yaml = pytest.importorskip("yaml")
    for one in (report, hostile_report):
        front = made(one, "model-card").decode().split("---\n")[1]
        (model,) = yaml.safe_load(front)["model-index"]
        result = model["results"][0]
        assert set(result) == {"task", "dataset", "metrics"} and {"type", "name"} <= set(result["dataset"])
        assert (result["metrics"][0]["type"], result["metrics"][0]["value"]) == ("accuracy", 0.853124)
        assert result["metrics"][0]["args"]["interval_low"] == 0.811782


def test_croissant_has_the_items_only_if_they_are_given(report: Report, sourced: Any) -> None:
    from dataclasses import replace

    from assay.reports.export.croissant import FORMAT
    from assay.vocabulary.material import Item, Material

    source = sourced(report)
    alone = json.loads(FORMAT.made(source))
    assert alone["@type"] == "sc:Dataset" and "recordSet" not in alone and report.material.digest in alone["identifier"]
    items = (Item(id="a", stimulus="2 + 2", reference="4"), Item(id="b", stimulus={"q": 1}, choices=("x", "y")))
    full = json.loads(FORMAT.made(replace(source, material=Material(name="sums", items=items))))
    (records,) = full["recordSet"]
    assert [row["items/stimulus"] for row in records["data"]] == ["2 + 2", '{"q": 1}']
    assert {field["@id"] for field in records["field"]} == set(records["data"][0])


def test_a_missing_pango_is_named(report: Report, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInput, match="Pango.*libpango.*Noto Sans CJK"):
        made(report, "pdf")


@pytest.mark.parametrize("name", ["report", "hostile_report"])
def test_pdf_is_made_without_fetching_anything(name: str, made: Made, request: Any) -> None:
    pytest.importorskip("weasyprint")
    for language in ("en", "zh"):
        data = made(request.getfixturevalue(name), "pdf", language)
        assert data.startswith(b"%PDF-") and len(data) > 20_000
