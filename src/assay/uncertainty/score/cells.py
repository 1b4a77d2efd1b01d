"""Readings by cell of item and variant, and the record of variance components that both methods give.

``components.py`` analyses balanced cells by their mean squares, ``reml.py`` others by restricted maximum likelihood.
"""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, same_length
from assay.uncertainty.score.crossed import Rows

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Source = Literal["items", "variants", "interaction", "repeats", "rest"]
_WHERE = "components"
_DENSE = 50_000_000  # possible cells above which only those that were read are counted


class Cells(NamedTuple):
    """What readings say, by cell (item × variant) that has any.

    Attributes:
        item: place of the item from 0, shape (cells,).
        variant: place of the variant from 0, shape (cells,).
        n: readings, shape (cells,).
        mean: their mean, shape (cells,), in the unit of the readings.
        within: sum of squares of all readings about the mean of their cell.
        n_items: items with readings.
        n_variants: variants with readings.
    """

    item: Ints
    variant: Ints
    n: Floats
    mean: Floats
    within: float
    n_items: int
    n_variants: int

    @property
    def balanced(self) -> bool:
        """Whether every cell was read, and equally often."""
        return len(self.n) == self.n_items * self.n_variants and bool((self.n == self.n[0]).all())


class Components(NamedTuple):
    """Variance components.

    Attributes:
        sources: what they belong to, of length c. ``rest`` is interaction and repeats where no cell was read twice.
        variance: never negative, shape (c,), squared unit of the readings.
        estimate: as the method gives it; negative mean squares differences stay negative. Shape (c,).
        covariance: of the estimates, shape (c, c).
        method: ``anova`` or ``reml``.
    """

    sources: tuple[Source, ...]
    variance: Floats
    estimate: Floats
    covariance: Floats
    method: Literal["anova", "reml"]

    @property
    def u(self) -> Floats:
        """Standard uncertainty of each component, shape (c,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def dof(self) -> Floats:
        """Satterthwaite degrees of freedom of each component, shape (c,); 0 where the component is 0."""
        spread = np.diag(self.covariance)
        return np.asarray(np.divide(2 * self.variance**2, spread, out=np.zeros(len(spread)), where=spread > 0))


def cells(rows: Rows) -> Cells:
    """Statistics by cell.

    Args:
        rows: readings as columns; the order does not matter.
    Raises:
        BadInput: fewer than two readings, columns of different length, or a value that is not finite.
    """
    same_length(_WHERE, rows.item, rows.variant, rows.value)
    at_least(_WHERE, "readings", len(rows.value), 2)
    finite(_WHERE, rows.value)
    item, n_items = _numbered(rows.item)
    variant, n_variants = _numbered(rows.variant)
    place = item * n_variants + variant
    if n_items * n_variants > _DENSE:
        seen, place = np.unique(place, return_inverse=True)
        n = np.bincount(place).astype(np.float64)
    else:
        n = np.bincount(place, minlength=n_items * n_variants).astype(np.float64)
        seen = np.flatnonzero(n)
        if len(seen) < len(n):
            place = (np.cumsum(n > 0) - 1)[place]
            n = n[seen]
    centre = float(rows.value.mean())
    mean = centre + np.bincount(place, weights=rows.value - centre, minlength=len(n)) / n
    rest = rows.value - mean[place]
    same = float(np.abs(rest).max()) <= 1e-13 * float(np.abs(rows.value).max())  # dust of sums, not scatter
    squares = 0.0 if same else float(rest @ rest)
    return Cells(seen // n_variants, seen % n_variants, n, mean, squares, n_items, n_variants)


def _numbered(column: npt.NDArray[np.integer]) -> tuple[Ints, int]:
    """Places without gaps, and how many there are."""
    low, high = int(column.min()), int(column.max())
    if low < 0 or high - low > 4 * len(column) + 1000:
        names, place = np.unique(column, return_inverse=True)
        return place.astype(np.int64), len(names)
    seen = np.bincount(column) > 0
    if seen.all():
        return column.astype(np.int64), len(seen)
    return (np.cumsum(seen) - 1)[column].astype(np.int64), int(seen.sum())
