"""A sealed material as a part; what it refuses is tested with seals in ``tests/api/materials``."""

import shutil
from pathlib import Path

import pytest

from assay.catalogue.find import locate
from assay.packs.general.material.sealed import Sealed
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput

KEPT = Path(__file__).parents[3] / "reference" / "materials" / "1"


def test_meets_the_contract() -> None:
    assert check_part(locate("material", "general.sealed", "test")) == []


def test_key_and_seal_may_lie_elsewhere(tmp_path: Path) -> None:
    for name, to in (("exam.sealed", "a.sealed"), ("exam.key", "k/my.key"), ("exam.seal.json", "s.json")):
        (tmp_path / to).parent.mkdir(exist_ok=True)
        shutil.copy(KEPT / name, tmp_path / to)
    beside = Sealed(path="exam.sealed").load(KEPT)
    elsewhere = Sealed(path="a.sealed", key="k/my.key", seal="s.json").load(tmp_path)
    assert elsewhere.items == beside.items and elsewhere.leaves == beside.leaves
    assert elsewhere.source == beside.source and elsewhere.certificate == beside.certificate
    with pytest.raises(BadInput, match="a.key"):
        Sealed(path="a.sealed").load(tmp_path)
