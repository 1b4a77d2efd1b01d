"""Refusals of arrays that no method can use, in one form."""

import numpy as np
import numpy.typing as npt

from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def finite(where: str, *columns: npt.ArrayLike) -> None:
    """Raise BadInput if a value is not a finite number."""
    for column in columns:
        bad = int((~np.isfinite(np.asarray(column, dtype=np.float64))).sum())
        if bad:
            raise BadInput("numbers.not_finite", where=where, n=bad)


def same_length(where: str, *columns: npt.ArrayLike) -> None:
    """Raise BadInput if the columns do not have one value a row each."""
    lengths = [len(np.asarray(column)) for column in columns]
    if len(set(lengths)) > 1:
        raise BadInput("numbers.length", where=where, lengths=", ".join(str(n) for n in lengths))


def within(where: str, name: str, got: float, expected: str, holds: bool) -> None:
    """Raise BadInput with the wanted range unless it holds.

    >>> within("quantile", "level", 0.95, "0 < level < 1", 0 < 0.95 < 1)
    """
    if not holds:
        raise BadInput("numbers.range", where=where, name=name, got=f"{got:g}", expected=expected)


def level_given(where: str, level: float) -> None:
    """Raise BadInput unless the coverage probability lies between 0 and 1."""
    within(where, "level", level, "0 < level < 1", 0 < level < 1)


def at_least(where: str, name: str, got: int, least: int) -> None:
    """Raise BadInput if there are fewer than ``least``."""
    if got < least:
        raise BadInput("numbers.too_few", where=where, name=name, got=got, least=least)


def places(group: npt.ArrayLike | None, n: int) -> Ints:
    """Clusters as places from 0 without gaps, shape (n,); each row its own cluster if None.

    >>> places([7, 7, 2], 3).tolist()
    [1, 1, 0]
    """
    if group is None:
        return np.arange(n, dtype=np.int64)
    same_length("group", np.asarray(group), np.empty(n))
    return np.unique(np.asarray(group), return_inverse=True)[1].astype(np.int64)
