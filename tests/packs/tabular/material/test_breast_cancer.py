"""The held-out cases of the breast-cancer data."""

from pathlib import Path

import pytest

from assay.catalogue.build import build
from assay.catalogue.find import locate
from assay.packs.tabular._breast_cancer import data, split
from assay.packs.tabular.material.breast_cancer import BreastCancer
from assay.testing.check import check_part
from assay.vocabulary.errors import BadInput
from assay.vocabulary.procedure import PartUse

datasets = pytest.importorskip("sklearn.datasets")


def test_meets_the_contract() -> None:
    assert check_part(locate("material", "tabular.breast_cancer", "test")) == []


def test_malignant_is_the_positive_class() -> None:
    bundled = datasets.load_breast_cancer()
    assert list(bundled.target_names) == ["malignant", "benign"]  # 0 and 1 there
    material = BreastCancer().load(Path())
    assert len(material.items) == 228
    assert sum(item.reference for item in material.items) == 85
    for item in material.items:
        row = int(item.id.removeprefix("case-"))
        assert item.reference == 1 - bundled.target[row]
        assert item.stimulus == {"features": bundled.data[row].tolist()}
    assert material.name and material.licence and "UCI" in material.source


def test_the_division_is_drawn_by_the_seed_and_keeps_the_classes() -> None:
    cases = data("test")
    first, again, other = (split(cases, 0.4, seed, "[material]") for seed in (0, 0, 1))
    assert first.test.tolist() == again.test.tolist() != other.test.tolist()
    assert sorted([*first.test, *first.training]) == list(range(569))
    assert BreastCancer().load(Path()).digest != BreastCancer(seed=1).load(Path()).digest
    assert len({tuple(row) for row in cases.features.tolist()}) == 569  # no case is there twice


@pytest.mark.parametrize("settings", [{"test_share": 0}, {"test_share": 1.0}, {"test_share": -1}, {"seed": -1}])
def test_refuses(settings: dict[str, float]) -> None:
    with pytest.raises(BadInput) as caught:
        build("material", PartUse(part="tabular.breast_cancer", settings=settings), "[material]").load(Path())
    assert caught.value.code == "setting.value" and "[material]" in caught.value.message("zh")
