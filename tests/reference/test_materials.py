"""One sample of every file on materials that was ever written is kept, loads, and is checked by a stranger."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from assay.api import keys
from assay.api.materials.release import frozen
from assay.api.materials.sealing import open_sealed
from assay.api.verify import verify

KEPT = sorted((Path(__file__).parent / "materials").iterdir())


@pytest.fixture(params=KEPT, ids=lambda path: f"format {path.name}")
def kept(request: Any, tmp_path: Path) -> Path:
    """A copy of the files, beside a laboratory that trusts who signed them."""
    shutil.copytree(request.param, tmp_path / "kept")
    keys.trust(tmp_path / "lab", tmp_path / "kept" / "public-key.json")
    return tmp_path / "kept"


@pytest.mark.parametrize(("name", "checked"), [
    ("release/certificate.json", {"release_items", "hierarchy", "labels"}), ("exam.seal.json", {"sealed_file"}),
    ("exam.opening.json", {"seal", "inclusion"}), ("exam.opening-2.json", {"seal", "inclusion"}),
])  # fmt: skip
def test_what_was_signed_is_verified(name: str, checked: set[str], kept: Path) -> None:
    found = verify(kept / name, kept.parent / "lab")
    assert found.passed and found.trusted
    assert checked | {"signature", "trust"} <= {one.name for one in found.checks if one.outcome == "passed"}


def test_the_items_are_read(kept: Path) -> None:
    released, _ = frozen({"material": {"part": "general.released", "path": str(kept / "release")}})
    sealed, _ = frozen({"material": {"part": "general.sealed", "path": str(kept / "exam.sealed")}})
    assert released.items == sealed.items and [item.id for item in sealed.items] == ["a", "b", "c"]
    opened = open_sealed(kept / "exam.sealed", kept.parent / "lab", output=str(kept / "again.json"))
    assert [one.item["id"] for one in opened.made.items] == ["a", "b", "c"]
