"""The diagnostic breast-cancer data bundled with scikit-learn, and the one way in which it is divided."""

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput

FEATURES: Final = 30


class Data(NamedTuple):
    """All 569 cases.

    Attributes:
        features: shape (cases, 30).
        positive: 1 for malignant, 0 for benign, shape (cases,). The bundled data have it the other way round
            (0 for malignant); what a test is to find is the positive class here.
        digest: SHA-256 over both, hexadecimal.
    """

    features: npt.NDArray[np.float64]
    positive: npt.NDArray[np.int64]
    digest: str


class Split(NamedTuple):
    """Row numbers of the cases for training and of those held out for testing, each in rising order."""

    training: npt.NDArray[np.int64]
    test: npt.NDArray[np.int64]


def scikit_learn(name: str) -> Any:
    """The package, with what this pack uses of it.

    Args:
        name: the part that needs it.
    Raises:
        BadInput: it is not installed.
    """
    try:
        import sklearn
        import sklearn.datasets
        import sklearn.pipeline
        import sklearn.preprocessing
    except ImportError:
        raise BadInput("part.extra", name=name, package="scikit-learn", extra="tabular") from None
    return sklearn


@cache
def data(name: str) -> Data:
    """The data set; ``name`` is the part that needs it."""
    bundled = scikit_learn(name).datasets.load_breast_cancer()
    malignant = list(bundled.target_names).index("malignant")
    positive = (bundled.target == malignant).astype(np.int64)
    features = np.asarray(bundled.data, dtype=np.float64)
    return Data(features, positive, digest([features.tolist(), positive.tolist()]))


def split(cases: Data, test_share: float, seed: int, where: str) -> Split:
    """Hold out the same share of each class, drawn at random; the same for everybody who gives the same seed.

    It does not depend on the version of scikit-learn.

    Args:
        cases: the data set.
        test_share: share held out, above 0 and below 1.
        seed: names the drawing.
        where: what an error message points to, such as ``[material]``.
    Raises:
        BadInput: a share or a seed that is none, or that leaves fewer than two cases of a class on either side.
    """
    if seed < 0:
        raise BadInput("setting.value", where=where, key="seed", got=repr(seed), expected="a whole number, 0 or more")
    random = np.random.default_rng(seed)
    test: list[int] = []
    for label in (0, 1):
        rows = np.flatnonzero(cases.positive == label)
        n = round(len(rows) * test_share)
        if not 2 <= n <= len(rows) - 2:
            expected = "a share above 0 and below 1 that leaves two cases of each class on either side, such as 0.4"
            raise BadInput("setting.value", where=where, key="test_share", got=repr(test_share), expected=expected)
        test += random.permutation(rows)[:n].tolist()
    held_out = np.sort(np.array(test, dtype=np.int64))
    return Split(np.setdiff1d(np.arange(len(cases.positive)), held_out), held_out)
