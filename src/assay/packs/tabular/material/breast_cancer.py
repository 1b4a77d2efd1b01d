"""Held-out cases of the diagnostic breast-cancer data."""

from dataclasses import dataclass
from pathlib import Path

from assay.packs.tabular._breast_cancer import data, split
from assay.vocabulary.material import Item, Material


@dataclass(frozen=True)
class BreastCancer:
    """Test cases of the Wisconsin diagnostic breast-cancer data, as bundled with scikit-learn.

    Each item is one breast mass: 30 numbers that describe its cell nuclei, with the reference 1 if it was malignant
    and 0 if it was benign. Malignant is the positive class; the bundled data code it the other way round (0 for
    malignant). The cases for training are the rest: a ``tabular.classifier`` with the same share and seed never
    sees the cases held out here.

    Attributes:
        test_share: share of each class that is held out, above 0 and below 1.
        seed: names the drawing of the held-out cases.
    """

    test_share: float = 0.4
    seed: int = 0

    def load(self, folder: Path) -> Material:
        """The held-out cases, in the order of the data set.

        Raises:
            BadInput: a setting out of range, or scikit-learn is missing.
        """
        cases = data("tabular.breast_cancer")
        rows = split(cases, self.test_share, self.seed, "[material]").test.tolist()
        items = tuple(
            Item(
                id=f"case-{row:03d}",
                stimulus={"features": cases.features[row].tolist()},
                reference=int(cases.positive[row]),
            )
            for row in rows
        )
        return Material(
            name="Breast Cancer Wisconsin (Diagnostic), held-out cases",
            items=items,
            version=f"November 1995; share {self.test_share:g} held out, seed {self.seed}",
            # The repository lists it under CC BY 4.0 (recalled); the bundled description says nothing.
            licence="not stated in the copy bundled with scikit-learn; see the UCI Machine Learning Repository",
            places=tuple(f"row {row}" for row in rows),
            source="W. H. Wolberg, W. N. Street, O. L. Mangasarian; UCI Machine Learning Repository, Breast Cancer "
            "Wisconsin (Diagnostic); the copy bundled with scikit-learn",
        )
