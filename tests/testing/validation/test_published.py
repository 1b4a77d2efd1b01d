"""Published numbers that are shipped with the package: the same as the tests use, all reproduced, none forgotten."""

import doctest
import json
from pathlib import Path

import pytest

from assay.testing.validation import published
from assay.testing.validation.published import Row, digits, entries, functions, judged, reproduced
from assay.vocabulary.errors import Defect

VECTORS = json.loads((Path(__file__).parents[2] / "reference" / "vectors.json").read_text(encoding="utf-8"))


def test_examples():
    assert doctest.testmod(published).failed == 0


def test_the_tests_and_the_package_hold_the_same_numbers():
    assert {name: entries()[name] for name in VECTORS} == VECTORS


def test_every_publication_has_a_function_and_a_source():
    assert set(functions()) == set(entries())
    assert all(entry["source"] for entry in entries().values())


@pytest.mark.parametrize("name", list(entries()))
def test_every_number_is_reproduced(name):
    case = reproduced(name)
    assert case.passed, [row for row in case.rows if not row.passed]
    assert all(row.digits >= 1 for row in case.rows)


@pytest.mark.parametrize(
    ("theirs", "ours", "agreed"),
    [(32.0, 31.66, 2), (0.0307, 0.03069, 3), (0.0307, 0.0301, 1), (-3.88, 3.88, 0), (0.0, 0.004, 2), (93.0, 93.0, 15)],
)
def test_digits(theirs, ours, agreed):
    assert digits(theirs, ours) == agreed


def test_a_wrong_number_is_found_out(monkeypatch):
    assert not judged(Row("u", 0.0307, 0.0308, 5e-5)).passed
    changed = json.loads(json.dumps(entries()["gum_h1"]))
    changed["expect"]["uc"] += 1e-6
    monkeypatch.setitem(entries(), "gum_h1", changed)
    case = reproduced("gum_h1")
    assert not case.passed
    assert [row.quantity for row in case.rows if not row.passed] == ["u_c"]


def test_an_entry_without_a_function_and_a_number_that_is_none(monkeypatch):
    monkeypatch.setitem(entries(), "newcomer", {"source": "x"})
    with pytest.raises(Defect, match="newcomer"):
        reproduced("newcomer")
    with pytest.raises(Defect, match="nan"):
        judged(Row("u", 1.0, float("nan"), 1.0))
