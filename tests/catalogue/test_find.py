"""Parts are found by their files."""

import sys

import pytest

from assay.catalogue.build import build, fill, measurand, read_toml
from assay.catalogue.find import locate, parts
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Record


class Example(Record, kw_only=True):
    """Settings to fill.

    Attributes:
        size: a number.
        names: some texts.
    """

    size: float
    names: tuple[str, ...] = ()


def test_listing_imports_no_part():
    before = set(sys.modules)
    found = {part.name for part in parts()}
    assert {"general.exact", "llm.endpoint", "llm.choice"} <= found
    assert not [name for name in set(sys.modules) - before if name.startswith("assay.packs.")]


def test_the_name_leads_to_the_file():
    part = locate("instrument", "general.exact", "[procedure]")
    assert part.path.endswith("packs/general/instrument/exact.py")
    assert locate("measurand", "llm.accuracy", "x").module is None


@pytest.mark.parametrize(
    ("name", "near"),
    [("general.exakt", "'general.exact'"), ("exact", "'general.exact'"), ("genral.exact", "'general.exact'")],
)
def test_a_wrong_name_gets_the_near_ones(name, near):
    with pytest.raises(BadInput, match=r"did you mean") as caught:
        locate("instrument", name, "[procedure]")
    assert near in str(caught.value)


def test_files_that_begin_with_an_underscore_are_no_parts():
    assert not [part for part in parts() if part.name.split(".")[1].startswith("_")]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"size": 1, "nams": []}, "did you mean 'names'"),
        ({"size": "x"}, "'size' is 'x'; expected"),
        ({}, "'size' is missing"),
        ({"size": float("nan")}, "not a finite number"),
        ({"size": float("inf")}, "not a finite number"),
        ({"size": 1.5, "names": [1]}, "'names' is [1]"),
    ],
)
def test_settings_are_checked_with_their_names(table, words):
    with pytest.raises(BadInput) as caught:
        fill(Example, table, "[example]")
    assert words in str(caught.value)
    assert "[example]" in str(caught.value)


def test_settings_become_a_part():
    part = build("instrument", PartUse(part="general.number", settings={"tolerance_relative": 0.01}), "x")
    assert part.tolerance_relative == 0.01
    assert fill(Example, {"size": 2}, "x").size == 2.0
    assert measurand("llm.accuracy", "x").high == 1.0


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"a = ", "toml.syntax"), (b'a = "\xff"', "file.not_utf8"), (None, "file.missing"), ("folder", "file.unreadable")],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, data, code):
    path = tmp_path / "m.toml"
    if data == "folder":
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        read_toml(path)
    assert caught.value.code == code
    assert str(path) in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_are_no_error(tmp_path):
    path = tmp_path / "m.toml"
    path.write_bytes(b'\xef\xbb\xbfa = 1\r\nb = "x"\r\n')
    assert read_toml(path) == {"a": 1, "b": "x"}
