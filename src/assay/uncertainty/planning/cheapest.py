"""The cheapest design that reaches a target, and why there is none where there is none.

Cheapest is what takes the fewest requests; of equal ones, the one with more items.
"""

from typing import Final, Literal, NamedTuple

import numpy as np

from assay.uncertainty.planning.planning import (
    Floats,
    Limit,
    Parts,
    Stands,
    bisected,
    conservative_u,
    decision,
    decision_of_counts,
    planned_dof,
    planned_u,
    power,
)
from assay.uncertainty.score.components import Sizes

Kind = Literal["u", "detect", "decide"]
Reason = Literal["", "items", "variants", "repeats", "on_limit", "fixed"]

MOST_REPEATS: Final = 10_000
"""More repeats than this a procedure does not make."""

_REPEATS: Final = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100)
_ENDLESS: Final = 10**9
_COUNTED: Final = 200_000
"""Above this many items the steps of whole counts no longer matter."""


class Goal(NamedTuple):
    """What is wanted.

    Attributes:
        kind: ``u``: a standard uncertainty; ``detect``: to show a difference; ``decide``: to decide on limits.
        value: the uncertainty or the difference; 0 for ``decide``.
        level: coverage probability of the interval that is to exclude 0.
        power: wanted probability of showing or deciding.
        limits: the limits to be decided on.
        careful_limits: the same at the end of the pilot's interval that is harder to decide.
        binary: whether readings are 0 or 1.
    """

    kind: Kind
    value: float = 0.0
    level: float = 0.95
    power: float = 0.8
    limits: tuple[Limit, ...] = ()
    careful_limits: tuple[Limit, ...] = ()
    binary: bool = False


class Room(NamedTuple):
    """What there is to choose from.

    Attributes:
        items: items that can be had.
        whole: True if all of them are measured in any design, since the result speaks of these very items.
        variants: numbers of variants that may be taken.
    """

    items: int
    whole: bool
    variants: tuple[int, ...]


class Scene(NamedTuple):
    """Components, what the mean stands for, and what is wanted."""

    parts: Parts
    stands: Stands
    goal: Goal

    def u(self, sizes: Sizes, careful: bool = False) -> float:
        """Standard uncertainty of a design, expected or conservative."""
        return (conservative_u if careful else planned_u)(self.parts, sizes, self.stands)

    def probability(self, sizes: Sizes, careful: bool = False) -> float | None:
        """Probability of showing the difference, or of all decisions; None where only an uncertainty is wanted."""
        goal = self.goal
        if goal.kind == "u":
            return None
        if goal.kind == "decide" and self._counts(sizes):
            return float(self._counted(np.array([float(sizes.items)]), careful)[0])
        u, dof = self.u(sizes, careful), planned_dof(self.parts, sizes, self.stands)
        if goal.kind == "detect":
            clustered = self.stands.group_factor is not None or self.stands.variants_are_sample
            return power(u, goal.value, goal.level, dof if clustered else None)
        limits = goal.careful_limits if careful else goal.limits
        return max(0.0, 1 - sum(1 - _towards(u, dof, one, own) for one, own in zip(limits, goal.limits, strict=True)))

    def reached(self, sizes: Sizes, careful: bool = False) -> bool:
        """Whether a design is good enough."""
        probability = self.probability(sizes, careful)
        if probability is None:
            return self.u(sizes, careful) <= self.goal.value * (1 + 1e-12)
        return probability >= self.goal.power - 1e-12

    def items(self, room: Room, variants: int, repeats: int, careful: bool = False) -> int | None:
        """Fewest items from which on a design is good enough; None if there are not so many."""
        least = 2 if self.stands.group_factor is None else int(np.ceil(2 * self.stands.group_factor))
        if room.items < least:
            return None
        if self.goal.kind == "decide" and self._counts(Sizes(2, variants, repeats)) and room.items <= _COUNTED:
            n = np.arange(least, room.items + 1, dtype=np.float64)
            short = np.flatnonzero(self._counted(n, careful) < self.goal.power - 1e-12)
            first = 0 if not len(short) else int(short[-1]) + 1
            return least + first if first < len(n) else None
        if not self.reached(Sizes(room.items, variants, repeats), careful):
            return None
        low, high = least - 1, room.items
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.reached(Sizes(middle, variants, repeats), careful) else (middle, high)
        return high

    def repeats(self, room: Room, variants: int, careful: bool = False) -> int | None:
        """Fewest repeats of all items; None if not even the most are enough."""
        for few in (1, 2):
            if self.reached(Sizes(room.items, variants, few), careful):
                return few
        if not self.reached(Sizes(room.items, variants, MOST_REPEATS), careful):
            return None
        low, high = 2, MOST_REPEATS
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.reached(Sizes(room.items, variants, middle), careful) else (middle, high)
        return high

    def _counts(self, sizes: Sizes) -> bool:
        stands = self.stands
        alone = stands.group_factor is None and abs(stands.item_factor - 1) < 1e-9 and stands.population
        return self.goal.binary and alone and sizes.variants == 1 and sizes.repeats == 1

    def _counted(self, n: Floats, careful: bool) -> Floats:
        limits = self.goal.careful_limits if careful else self.goal.limits
        missed = np.zeros(len(n))
        for one, own in zip(limits, self.goal.limits, strict=True):
            missed += 1 - (decision_of_counts(n, one) if _same_side(one, own) else np.zeros(len(n)))
        return np.asarray(np.maximum(0.0, 1 - missed))


def _same_side(one: Limit, own: Limit) -> bool:
    return (one.score - one.limit) * (own.score - own.limit) > 0


def _towards(u: float, dof: float | None, one: Limit, own: Limit) -> float:
    """Probability of the decision that is right at the assumed score, were the true value the careful one."""
    return decision(u, dof, one) if _same_side(one, own) else 0.0


def designs(scene: Scene, room: Room, careful: bool = False) -> list[Sizes]:
    """Designs that are just good enough, one for each number of variants and repeats, the cheapest first."""
    found: list[Sizes] = []
    for variants in room.variants:
        most = scene.repeats(room, variants, careful)
        if room.whole:
            found += [] if most is None else [Sizes(room.items, variants, most)]
            continue
        for repeats in sorted({*_REPEATS, *(() if most is None else (most,))}):
            items = scene.items(room, variants, repeats, careful)
            if items is not None:
                found.append(Sizes(items, variants, repeats))
    return sorted(set(found), key=lambda one: (requests(one), -one.items, one.variants))


def requests(sizes: Sizes) -> int:
    """Readings that a design takes of one system."""
    return sizes.items * sizes.variants * sizes.repeats


class Short(NamedTuple):
    """Why no design is good enough, and what would be: items, variants or repeats; None where nothing would."""

    reason: Reason
    needed: Sizes | None


def why_not(scene: Scene, room: Room) -> Short:
    """Why nothing in the room is good enough: call only where ``designs`` finds nothing."""
    endless = Sizes(room.items if room.whole else _ENDLESS, max(room.variants), MOST_REPEATS if room.whole else 1)
    if any(not _apart(one) for one in scene.goal.limits):
        return Short("on_limit", None)
    if scene.reached(endless):
        more = designs(scene, room._replace(items=_ENDLESS))
        return Short("items", more[0] if more else None)
    sample = scene.stands.variants_are_sample
    if scene.stands.fixed and scene.goal.kind == "u" and scene.stands.fixed >= scene.goal.value**2:
        return Short("fixed", None)
    if sample and scene.reached(endless._replace(variants=10**6)):
        enough = int(np.ceil(bisected(lambda v: scene.reached(endless._replace(variants=max(2, round(v)))), 1.0, 1e6)))
        while not scene.reached(endless._replace(variants=enough)):
            enough += 1
        return Short("variants", Sizes(room.items, enough, 1))
    return Short("repeats" if room.whole else "variants" if sample else "items", None)


def _apart(one: Limit) -> bool:
    return one.score != one.limit
