"""A released material as a part; what it refuses is tested with releases in ``tests/api/materials``."""

from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.packs.general.material.released import Released
from assay.testing.check import check_part
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import BadInput

KEPT = Path(__file__).parents[3] / "reference" / "materials" / "1" / "release"


def test_meets_the_contract() -> None:
    assert check_part(locate("material", "general.released", "test")) == []


def test_items_places_and_certificate() -> None:
    made = Released(path=KEPT.name).load(KEPT.parent)
    assert [item.id for item in made.items] == ["a", "b", "c"] and made.items[2].weight == 2.5
    assert made.place(1) == "items.jsonl:2"
    assert made.certificate == digest_bytes((KEPT / "certificate.json").read_bytes())


def test_a_folder_that_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="manifest.json"):
        Released(path=".").load(tmp_path)
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(BadInput, match="cannot read"):
        Released(path=".").load(tmp_path)
