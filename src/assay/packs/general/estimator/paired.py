"""The difference of paired items, such as originals and their disturbed twins."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from assay.packs.general.estimator._stated import BudgetRow, stated
from assay.packs.general.estimator.mean import empty
from assay.uncertainty.comparing import comparison
from assay.uncertainty.comparing.difference import Difference, interval
from assay.uncertainty.one_sided import OneSided, risks
from assay.uncertainty.score.crossed import Design, Rows
from assay.uncertainty.spread import Spread
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.result import Note, Result
from assay.vocabulary.status import LOST, STATUSES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_PART = "general.paired"
_NEITHER, _FIRST, _SECOND = -1, 0, 1
_FEW = 10
"""Pairs below which the report says that they are few."""


class _Sides(NamedTuple):
    """Pair of each item from 0 and its side in it, shape (items,); weight and cluster of each pair, shape (pairs,)."""

    pair: Ints
    side: Ints
    weight: Floats
    group: Ints | None


@dataclass(frozen=True)
class Paired:
    """The mean of the first items of pairs less that of the second ones, pair by pair.

    A pair is what has the same tag ``pair:``, or without such a tag the same group; several second items count as their
    mean. Readings lie from 0 to the upper bound of the measurand.

    Attributes:
        by: prefix of the tag that tells the sides of a pair apart.
        first: label of the first side: items with the tag ``twin:original``.
        second: label of the second side.
        only: a tag that a second item must have, such as ``disturbance:typo``; without it, all count.
    """

    by: str = "twin"
    first: str = "original"
    second: str = "disturbed"
    only: str | None = None

    def check(self, task: Task, material: Material) -> None:
        """Refuse a material without pairs.

        Raises:
            BadInput: fewer than two pairs, or two first items in one.
        """
        self._sides(material)

    def estimate(self, task: Task, observations: Observations, material: Material) -> Result:
        """One result with its budget; ``n_items`` counts pairs.

        Returns:
            A result without a value if no pair was read whole.
        Raises:
            BadInput: a reading lies outside 0 to the measurand's upper bound, or as for ``check``.
        """
        sides = self._sides(material)
        blank = _counted(empty(task, observations, material), sides)
        high = task.measurand.high
        value = observations.value[observations.ok]
        if high is not None and ((value < 0) | (value > high)).any():
            outside = float(value[(value < 0) | (value > high)][0])
            raise BadInput("estimator.outside", part=_PART, value=outside, low=0, high=high)
        design = Design(
            weight=sides.weight, group=sides.group, n_variants=len(task.plan.variants),
            population=task.plan.estimand == "population", variants_are_sample=task.plan.variants_are == "sample",
            bounds=(None, None) if high is None else (0.0, high),
        )  # fmt: skip
        first, second = (comparison.cells(_rows(observations, sides, side), len(sides.weight), design.n_variants)
                         for side in (_FIRST, _SECOND))  # fmt: skip
        found = comparison.difference(second, first, design)
        if found is None:
            return msgspec.structs.replace(blank, n_items=0, notes=(Note(code="no_value"),))
        both = (first.n > 0) & (second.n > 0)
        kept = [one._replace(n=np.where(both, one.n, 0), mean=np.where(both, one.mean, 0)) for one in (first, second)]
        means = [comparison.mean_of(one, sides.weight) for one in kept]
        values = {"n": found.n_items, "first": self.first, "second": self.second, "of_first": means[0],
                  "of_second": means[1]}  # fmt: skip
        notes = [Note(code="paired_means", values=values), *_remarks(found)]
        blank = msgspec.structs.replace(blank, n_items=found.n_items)
        return stated(blank, _spread(found, blank.level), _budget(found), notes)

    def lost_as(
        self, task: Task, observations: Observations, material: Material, end: Literal["low", "high"]
    ) -> Observations:
        """The observations with every lost reading such that the difference is smallest, or largest."""
        most = task.measurand.high
        assert most is not None
        side = self._sides(material).side[observations.item]
        lost = np.isin(observations.status, [STATUSES.index(status) for status in LOST])
        raised = _FIRST if end == "high" else _SECOND
        return msgspec.structs.replace(
            observations,
            status=np.where(lost, 0, observations.status).astype(np.int8),
            value=np.where(lost, np.where(side == raised, most, 0.0), observations.value),
        )

    def _sides(self, material: Material) -> _Sides:
        pairs: dict[str, int] = {}
        firsts: dict[int, Item] = {}
        n = len(material.items)
        pair, side = np.full(n, _NEITHER, np.int64), np.full(n, _NEITHER, np.int64)
        for index, item in enumerate(material.items):
            name = _pair_of(item)
            if name is None or not (place := self._side(item)) >= 0:
                continue
            pair[index], side[index] = pairs.setdefault(name, len(pairs)), place
            if place == _FIRST and firsts.setdefault(int(pair[index]), item) is not item:
                raise BadInput("estimator.needs", part=_PART, lack=f"one item {self.by}:{self.first} in each pair; "
                               f"{name!r} has {firsts[int(pair[index])].id!r} and {item.id!r}")  # fmt: skip
        whole = sorted(set(firsts) & set(pair[side == _SECOND].tolist()))
        if len(whole) < 2:
            raise BadInput("estimator.needs", part=_PART, lack=self._lack(material))
        renamed = np.full(len(pairs) + 1, _NEITHER, np.int64)
        renamed[whole] = np.arange(len(whole))
        pair = renamed[pair]
        side[pair == _NEITHER] = _NEITHER
        groups = [firsts[one].group for one in whole]
        weight = np.array([firsts[one].weight for one in whole])
        return _Sides(pair, side, weight, _clusters(groups))

    def _side(self, item: Item) -> int:
        if f"{self.by}:{self.first}" in item.tags:
            return _FIRST
        wanted = {f"{self.by}:{self.second}", *([self.only] if self.only else [])}
        return _SECOND if wanted <= set(item.tags) else _NEITHER

    def _lack(self, material: Material) -> str:
        second = f"{self.by}:{self.second}" + (f" and {self.only}" if self.only else "")
        lack = f"two pairs or more of items with the tags {self.by}:{self.first} and {second}"
        if not self.only:
            return lack
        prefix = self.only.partition(":")[0] + ":"
        known = sorted({tag for item in material.items for tag in item.tags if tag.startswith(prefix)})
        return f"{lack}; {near(self.only, known)}"


def _pair_of(item: Item) -> str | None:
    """The name of an item's pair; None if it has none."""
    return next((tag for tag in item.tags if tag.startswith("pair:")), item.group)


def _clusters(groups: list[str | None]) -> Ints | None:
    """Cluster of each pair from 0; None if every pair is a cluster of its own."""
    named = [group for group in groups if group is not None]
    if len(set(named)) == len(named):
        return None
    places: dict[object, int] = {}
    return np.array([places.setdefault(g if g is not None else (i,), len(places)) for i, g in enumerate(groups)])


def _counted(blank: Result, sides: _Sides) -> Result:
    return msgspec.structs.replace(blank, n_groups=None if sides.group is None else int(sides.group.max()) + 1)


def _rows(observations: Observations, sides: _Sides, side: int) -> Rows:
    """Readings of one side, that of each pair, variant and repeat being the mean of the items there."""
    chosen = observations.ok & (sides.side[observations.item] == side)
    columns = [sides.pair[observations.item[chosen]], observations.variant[chosen], observations.repeat[chosen]]
    keys, place = np.unique(np.stack([column.astype(np.int64) for column in columns]), axis=1, return_inverse=True)
    place = place.ravel()
    n = np.bincount(place, minlength=keys.shape[1])
    sums = np.bincount(place, weights=observations.value[chosen], minlength=keys.shape[1])
    return Rows(keys[0], keys[1], np.asarray(sums / np.maximum(n, 1), np.float64))


def _remarks(found: Difference) -> list[Note]:
    known = {"few_groups": {"n": found.n_units}, "few_variants": {"n": len(found.by_variant)}}
    notes = [Note(code=code, values=dict(known.get(code, {}))) for code in found.notes]
    few = found.n_items < _FEW and "few_groups" not in found.notes
    return [Note(code="few_pairs", values={"n": found.n_items}), *notes] if few else notes


def _spread(found: Difference, level: float) -> Spread:
    """The difference as an estimate; the score interval is kept as bounds by risk."""
    low, high = (None, None) if found.reach is None else (-found.reach, found.reach)
    if found.method != "score":
        n = found.n if found.method == "all_equal" else None
        method: Literal["t", "all_equal", "none"] = "t"
        if found.method in ("all_equal", "none"):
            method = "all_equal" if found.method == "all_equal" else "none"
        return Spread(found.value, found.u, found.dof, low, high, n, method)
    table = []
    for risk in risks(level):
        ends = interval(found, 1 - 2 * risk) if risk < 0.5 else (found.value, found.value)
        assert ends is not None
        table.append(OneSided(risk, *ends))
    return Spread(found.value, found.u, None, low, high, None, "score", tuple(table))


def _budget(found: Difference) -> list[BudgetRow]:
    """What the pairs contribute, the repeats of either side of these very items, and variants that are a sample."""
    if found.u is None:
        return []
    variants = float(np.sqrt((found.by_variant**2).sum()))
    rest = float(np.sqrt(max(0.0, found.u**2 - variants**2)))
    dof = None if found.method != "t" else found.dof
    if found.by_system != (0.0, 0.0):
        second, first = found.by_system
        rows: list[BudgetRow] = [("repeats_second", second, dof), ("repeats_first", first, dof)]
    else:
        code = "all_equal" if found.method == "all_equal" else "pairs"
        rows = [(code, rest, dof if not variants else None)]
    return rows + ([("variants", variants, dof)] if variants else [])
