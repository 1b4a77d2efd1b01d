"""One verdict from the votes of several jurors: mean, median or majority, with those that failed left out.

A juror that failed has no vote; it is counted as missing and never as a vote for anything. Where the rule has no answer
(a tie for the majority, or fewer votes than wanted) there is no verdict: an unknown is never a number.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, same_length
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Rule = Literal["mean", "median", "majority"]
_WHERE = "jury"


class Verdicts(NamedTuple):
    """Verdicts on items; one of each for every item.

    Attributes:
        value: the verdict; None where there is none.
        tied: whether two or more values had the most votes (``majority`` alone).
        votes: number of votes that were had.
        missing: number of jurors without a vote.
        share: share of the votes that agree with the verdict; None where there is none.
    """

    value: tuple[float | None, ...]
    tied: Flags
    votes: Ints
    missing: Ints
    share: tuple[float | None, ...]


def verdicts(value: npt.ArrayLike, present: npt.ArrayLike | None = None, rule: Rule = "majority",
             least: int = 1) -> Verdicts:  # fmt: skip
    """Verdicts on items.

    The median of an even number of votes is the mean of the middle two. A majority is of the votes that were had, and
    need not be more than half of them: the value with more votes than any other.

    Args:
        value: votes, shape (items, jurors); those not present may hold anything.
        present: which of them were had, same shape; all if None.
        rule: ``mean``, ``median`` or ``majority``.
        least: votes without which there is no verdict.
    Raises:
        BadInput: no juror, or votes that are not finite numbers.

    >>> found = verdicts([[1, 1, 0], [1, 0, 9]], [[True, True, True], [True, True, False]])
    >>> found.value, found.tied.tolist()
    ((1.0, None), [False, True])
    """
    table = np.asarray(value, dtype=np.float64)
    if table.ndim != 2:
        raise BadInput("numbers.length", where=_WHERE, lengths=" × ".join(str(k) for k in table.shape))
    at_least(_WHERE, "jurors", table.shape[1], 1)
    at_least(_WHERE, "least", least, 1)
    had = np.ones(table.shape, bool) if present is None else np.asarray(present, dtype=bool)
    same_length(_WHERE, table.ravel(), had.ravel())
    table = np.where(had, table, 0.0)
    finite(_WHERE, table)
    votes = had.sum(axis=1)
    given, tied = votes >= least, np.zeros(len(table), bool)
    if rule == "mean":
        found = table.sum(axis=1) / np.maximum(votes, 1)
    elif rule == "median":
        found = _median(table, had, votes)
    else:
        found, tied = _most(table, had)
        given &= ~tied
    share = ((table == found[:, None]) & had).sum(axis=1) / np.maximum(votes, 1)
    missing = (table.shape[1] - votes).astype(np.int64)
    return Verdicts(_had(found, given), tied & (votes >= least), votes.astype(np.int64), missing, _had(share, given))


def _had(column: Floats, given: Flags) -> tuple[float | None, ...]:
    return tuple(float(x) if has else None for x, has in zip(column, given, strict=True))


def _median(table: Floats, had: Flags, votes: Ints) -> Floats:
    last = np.finfo(np.float64).max
    ordered = np.sort(np.where(had, table, last), axis=1)
    rows = np.arange(len(table))
    low, high = np.maximum(votes - 1, 0) // 2, np.minimum(votes // 2, table.shape[1] - 1)
    return np.asarray(np.where(votes > 0, ordered[rows, low] / 2 + ordered[rows, high] / 2, 0.0))


def _most(table: Floats, had: Flags) -> tuple[Floats, Flags]:
    """The value with the most votes, and whether others have as many."""
    kinds = np.unique(table[had]) if had.any() else np.zeros(1)
    count = np.stack([((table == kind) & had).sum(axis=1) for kind in kinds], axis=1)
    most = count.max(axis=1)
    return kinds[count.argmax(axis=1)], ((count == most[:, None]).sum(axis=1) > 1) & (most > 0)
