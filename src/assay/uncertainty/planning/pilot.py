"""Variance components of a pilot, and how well it knows them.

Components come from ``components.py``, the part of the clusters from what the cluster-robust variance has over the
other. A pilot of 30 items knows them badly, and for 0/1 readings not as well or badly as the formulas for normal
readings say; therefore their covariance is that of a jackknife over items or clusters, but that of the variants, which
it does not see, is the one of their mean squares.

Source: delete-a-group jackknife, Shao and Wu 1989 (recalled); clusters: the moments of ``crossed.clustered``.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.planning.planning import SOURCES, Parts, Stands
from assay.uncertainty.proportion import jeffreys_u
from assay.uncertainty.score.cells import Components, cells
from assay.uncertainty.score.components import components
from assay.uncertainty.score.crossed import Rows, clustered
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_DELETIONS: Final = 50
_SLOW_DELETIONS: Final = 15
"""Where cells are missing from many readings, and each estimate takes iterations."""
_MANY: Final = 4000
_COMPLETE: Final = 0.8


class Pilot(NamedTuple):
    """What a pilot tells.

    Attributes:
        value: mean of all readings used, each item the same.
        parts: components with their covariance.
        n_items: items used.
        n_variants: variants with readings.
        left_out: items left out because some of their readings were lost.
        binary: whether every reading is 0 or 1.
        notes: codes of remarks: what could not be split, and what was put in its place.
    """

    value: float
    parts: Parts
    n_items: int
    n_variants: int
    left_out: int
    binary: bool
    notes: tuple[str, ...]


def pilot(rows: Rows, group: Ints | None, bounds: tuple[float | None, float | None]) -> Pilot:
    """Components of a pilot's readings.

    Args:
        rows: readings as columns; items as places in ``group``.
        group: cluster of each item; None if items stand alone.
        bounds: of the measurand.
    Raises:
        BadInput: fewer than two items (or clusters), or readings without scatter and without bounds.
    """
    rows, left_out = _complete(rows)
    own = np.unique(rows.item, return_inverse=True)[1].astype(np.int64)
    cluster = None if group is None else np.unique(group[np.unique(rows.item)], return_inverse=True)[1].astype(np.int64)
    n_items, n_variants = int(own.max()) + 1, len(np.unique(rows.variant))
    unit = np.arange(n_items, dtype=np.int64) if cluster is None else cluster
    if int(unit.max()) + 1 < 2:
        raise BadInput("numbers.too_few", where="pilot", name="items or clusters", got=1, least=2)
    seen = Rows(own, rows.variant, rows.value)
    binary = bool(((rows.value == 0) | (rows.value == 1)).all())
    value = float((_per(own, rows.value) / _per(own, np.ones(len(own)))).mean())
    if float(np.ptp(rows.value)) == 0:
        equal = _all_equal(float(rows.value[0]), int(unit.max()) + 1, bounds)
        return Pilot(value, equal, n_items, n_variants, left_out, binary, ("pilot_all_equal",))
    made = components(cells(seen))
    found = _estimate(made, seen, cluster)
    covariance = _jackknife(seen, unit, cluster)
    if "variants" in made.sources:
        place = SOURCES.index("variants")
        covariance[place, :] = covariance[:, place] = 0.0
        covariance[place, place] = made.u[made.sources.index("variants")] ** 2
    notes = _unsplit(made.sources)
    return Pilot(value, Parts(found, covariance), n_items, n_variants, left_out, binary, notes)


def stands_for(weight: Floats, group: Ints | None, stands: Stands) -> Stands:
    """What weights and clusters of a material do to the variance of a mean; kept for other numbers of items."""
    share, n = weight / weight.sum(), len(weight)
    of_groups = None if group is None else n * float((np.bincount(group, weights=share) ** 2).sum())
    return stands._replace(item_factor=n * float(share @ share), group_factor=of_groups)


def _per(place: Ints, value: Floats) -> Floats:
    return np.asarray(np.bincount(place, weights=value), dtype=np.float64)


def _complete(rows: Rows) -> tuple[Rows, int]:
    """Only items with all readings, if they are most: balanced readings need no iterations."""
    count = np.bincount(rows.item)
    present = int((count > 0).sum())
    whole = count == count.max()
    if present == int(whole.sum()) or whole.sum() < _COMPLETE * present:
        return rows, 0
    keep = whole[rows.item]
    return Rows(rows.item[keep], rows.variant[keep], rows.value[keep]), present - int(whole.sum())


def _estimate(made: Components, rows: Rows, group: Ints | None) -> Floats:
    """Components in the order of ``SOURCES``, never negative, shape (5,)."""
    by: dict[str, float] = {s: float(x) for s, x in zip(made.sources, made.estimate, strict=True)}
    items, interaction = by.get("items", 0.0), by.get("interaction", by.get("rest", 0.0))
    if interaction < 0:  # a sum that was measured stays what it was
        items, interaction = items + interaction / max(1, int(rows.variant.max()) + 1), 0.0
    of_groups = 0.0
    if group is not None:
        n = np.bincount(rows.item)
        used = np.flatnonzero(n)
        mean = np.bincount(rows.item, weights=rows.value)[used] / n[used]
        own = np.unique(group[used], return_inverse=True)[1].astype(np.int64)
        share, residual = np.full(len(used), 1 / len(used)), mean - mean.mean()
        size = float((np.bincount(own) ** 2).sum() / len(used))
        if size > 1 and own.max() > 0:
            more = clustered(share, residual, own)[0] - clustered(share, residual, None)[0]
            of_groups = max(0.0, more * len(used) / (size - 1))
    found = [of_groups, items - of_groups, by.get("variants", 0.0), interaction, by.get("repeats", 0.0)]
    return np.asarray(np.maximum(np.array(found), 0.0))


def _jackknife(rows: Rows, unit: Ints, group: Ints | None) -> Floats:
    """Covariance of the components, shape (5, 5), from leaving out items (or clusters), one or a part at a time."""
    n_units = int(unit.max()) + 1
    uneven = len(np.unique(np.bincount(rows.item))) > 1 and len(rows.item) > _MANY
    parts = min(n_units, _SLOW_DELETIONS if uneven else _DELETIONS)
    part = (np.random.default_rng(1).permutation(n_units) % parts)[unit][rows.item]
    found = []
    for one in range(parts):
        kept = part != one
        rest = Rows(rows.item[kept], rows.variant[kept], rows.value[kept])
        if len(rest.value) < 2 or float(np.ptp(rest.value)) == 0:
            found.append(np.zeros(len(SOURCES)))
            continue
        found.append(_estimate(components(cells(rest)), rest, group))
    away = np.stack(found) - np.mean(found, axis=0)
    return np.asarray((parts - 1) / parts * away.T @ away)


def _all_equal(value: float, n: int, bounds: tuple[float | None, float | None]) -> Parts:
    """Where nothing was seen to vary: the posterior mean of a proportion stands in, all of it between the items."""
    low, high = bounds
    if low is None or high is None:
        raise BadInput("numbers.no_scatter", where="pilot", n=n)
    p = (value - low) / (high - low)
    middle = (p * n + 0.5) / (n + 1)
    variance, covariance = np.zeros(len(SOURCES)), np.zeros((len(SOURCES), len(SOURCES)))
    place = SOURCES.index("items")
    variance[place] = middle * (1 - middle) * (high - low) ** 2
    covariance[place, place] = ((1 - 2 * middle) * jeffreys_u(p * n, n) * (high - low) ** 2) ** 2
    return Parts(variance, covariance)


def _unsplit(sources: tuple[str, ...]) -> tuple[str, ...]:
    """What the pilot's design could not tell apart."""
    if "rest" in sources:
        return ("pilot_one_repeat",)
    if sources == ("items",):
        return ("pilot_one_reading",)
    return ("pilot_one_variant",) if "variants" not in sources else ()
