"""Verification: whatever was changed in the store or in the report is found and named."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.api import keys
from assay.api.verify import Verification
from assay.store.laboratory import FORMAT
from assay.vocabulary.errors import BadInput, VerificationFailed


@pytest.fixture
def report(place: Any) -> Path:
    """The signed report of a finished measurement: 12 items, 2 variants, 2 repeats."""
    with place.serving(place.server(12)) as url:
        measured = place.measure(url, repeats=2, variants=2)
    return Path(measured.path)


def changed(place: Any, *statements: str) -> None:
    db = sqlite3.connect(place.lab / "store.sqlite")
    for statement in statements:
        assert db.execute(statement).rowcount >= 1, statement
    db.commit()
    db.close()


def outcomes(found: Verification) -> dict[str, str]:
    return {check.name: check.outcome for check in found.checks}


def named(found: Verification, check: str) -> list[tuple[str, str, str, int]]:
    return [
        (one.kind, one.item, one.variant, one.repeat)
        for part in found.checks if part.name == check
        for one in part.found
    ]  # fmt: skip


def item(place: Any, index: int) -> str:
    return str(place.server(12).model.item_ids[index])


def test_an_untouched_report_passes(place: Any, report: Path) -> None:
    found = assay.verify(report, place.lab)
    assert found.passed and found.trusted
    assert set(outcomes(found).values()) == {"passed"}
    details = {check.name: check.detail for check in found.checks}
    assert details["results"] == details["decisions"] == "last_bit"


WHERE = "item = 3 AND variant = 1 AND repeat = 2"
OF_CHANNEL = f"channel = 1 AND {WHERE}"
KEY = f"(SELECT response FROM observation WHERE {OF_CHANNEL})"


@pytest.mark.parametrize(
    ("statement", "check", "kind"),
    [
        (f"UPDATE response SET output = '\"Z\"' WHERE key = {KEY}", "responses", "response"),
        (f"UPDATE response SET output = '{{' WHERE key = {KEY}", "responses", "response"),
        (f"UPDATE response SET status = 77 WHERE key = {KEY}", "responses", "response"),
        (f"UPDATE response SET digest = x'00' WHERE key = {KEY}", "responses", "response"),
        (f"DELETE FROM response WHERE key = {KEY}", "responses", "no_response"),
        (f"UPDATE observation SET value = 1 - value WHERE {OF_CHANNEL}", "observations", "reading"),
        (f"UPDATE observation SET value = 'x' WHERE {OF_CHANNEL}", "observations", "reading"),
        (f"UPDATE observation SET status = 3 WHERE {OF_CHANNEL}", "observations", "reading"),
        (f"UPDATE observation SET status = 99 WHERE {OF_CHANNEL}", "observations", "reading"),
        (f"UPDATE observation SET note = 'x' WHERE {OF_CHANNEL}", "observations", "reading"),
        (f"UPDATE observation SET note = 'x' WHERE channel = 2 AND {WHERE}", "observations", "reading"),
        (f"DELETE FROM observation WHERE {OF_CHANNEL}", "observations", "missing"),
    ],
)
def test_a_change_in_the_store_is_named(place: Any, report: Path, statement: str, check: str, kind: str) -> None:
    changed(place, statement)
    found = assay.verify(report, place.lab)
    assert not found.passed
    assert outcomes(found)[check] == "failed"
    assert (kind, item(place, 3), "exam", 2) in named(found, check)


def test_rows_too_many_or_in_impossible_places(place: Any, report: Path) -> None:
    columns = "channel, 99, variant, repeat, status, value, note, response"
    changed(place, f"INSERT INTO observation SELECT {columns} FROM observation WHERE {OF_CHANNEL}")
    found = assay.verify(report, place.lab)
    assert outcomes(found)["observations"] == "failed"
    assert ("extra", "#99", "#1", 2) in named(found, "observations")
    assert outcomes(found)["results"] == "not_checked"


def test_a_response_moved_to_another_question(place: Any, report: Path) -> None:
    other = "(SELECT response FROM observation WHERE channel = 1 AND item = 4 AND variant = 0 AND repeat = 1)"
    changed(place, f"UPDATE observation SET response = {other} WHERE {OF_CHANNEL}")
    found = assay.verify(report, place.lab)
    if outcomes(found)["observations"] == "failed":  # not if both were answered by the same words
        assert ("asked_otherwise", item(place, 3), "exam", 2) in named(found, "observations")


@pytest.mark.parametrize(
    "change", ["replace(CAST(json AS TEXT), '\"reference\":\"', '\"reference\":\" ')", "'{'", "NULL", "x'00'"]
)
def test_a_changed_item_is_named(place: Any, report: Path, change: str) -> None:
    if change == "NULL":
        changed(place, "DELETE FROM item WHERE place = 5")
        assert outcomes(assay.verify(report, place.lab))["material"] == "failed"
        return
    changed(place, f"UPDATE item SET json = {change} WHERE place = 5")
    found = assay.verify(report, place.lab)
    assert not found.passed
    assert outcomes(found)["material"] == "failed"
    assert [kind_and_item[:2] for kind_and_item in named(found, "material")] in (
        [("item", item(place, 5))], [("item", "#6")],
    )  # fmt: skip


def test_changed_conditions_are_found(place: Any, report: Path) -> None:
    changed(place, f"UPDATE response SET attempts = 9, latency_s = 77 WHERE key = {KEY}")
    found = assay.verify(report, place.lab)
    assert outcomes(found)["conditions"] == "failed"
    assert outcomes(found)["observations"] == "passed"


@pytest.mark.parametrize("place_of_byte", [5, 200, -3])
def test_a_changed_byte_of_the_file(place: Any, report: Path, place_of_byte: int) -> None:
    data = bytearray(report.read_bytes())
    data[place_of_byte] ^= 1
    report.write_bytes(data)
    with pytest.raises(VerificationFailed):
        assay.verify(report, place.lab)


def test_elsewhere(place: Any, report: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    found = assay.verify(report, there)
    assert not found.passed and not found.trusted
    assert not there.exists()
    assert [check.name for check in found.checks if check.outcome == "failed"] == ["trust"]
    key = tmp_path / "key"
    keys.export(place.lab, "the maker", key)
    assert keys.trust(there, key).name == "the maker"
    found = assay.verify(report, there)
    assert found.passed and found.trusted
    assert outcomes(found)["observations"] == outcomes(found)["results"] == "not_checked"
    assert [(line.own, line.name) for line in keys.listed(there)] == [(False, "the maker")]


def test_the_same_plan_carried_out_elsewhere_is_no_accusation(place: Any, report: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    keys.export(place.lab, "", tmp_path / "key")
    keys.trust(there, tmp_path / "key")
    for file in place.lab.glob("store*"):
        shutil.copy(file, there / file.name)
    assert set(outcomes(assay.verify(report, there)).values()) == {"passed"}
    db = sqlite3.connect(there / "store.sqlite")
    db.execute("UPDATE observation SET value = 1 - value")  # a subject that answers differently each time
    db.execute("DELETE FROM report")
    db.commit()
    db.close()
    found = assay.verify(report, there)
    assert found.passed
    assert {check.detail for check in found.checks if check.outcome == "not_checked"} == {"other_run"}


def test_what_is_no_report(place: Any, report: Path, tmp_path: Path) -> None:
    whole = report.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], whole[30:], b'{"payload": 1}'):  # one that was spoilt
        report.write_bytes(content)
        with pytest.raises(VerificationFailed):
            assay.verify(report, place.lab)
    for content in (b"", b"{}", b"hello", b"\xff"):  # never one
        report.write_bytes(content)
        with pytest.raises(BadInput, match="no signed file"):
            assay.verify(report, place.lab)
    for missing in (tmp_path / "nothing", tmp_path):
        with pytest.raises(BadInput):
            assay.verify(missing, place.lab)


def test_a_store_that_cannot_be_read_leaves_it_unchecked(place: Any, report: Path) -> None:
    changed(place, "UPDATE run SET manifest = '{'")
    assert outcomes(assay.verify(report, place.lab))["results"] == "not_checked"
    db = sqlite3.connect(place.lab / "store.sqlite")
    db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()
    found = assay.verify(report, place.lab)
    assert outcomes(found)["signature"] == "passed"
    assert outcomes(found)["results"] == "not_checked"
    assert "newer" in found.checks[-1].detail
