"""Runs brought onto one set of items and variants, so that readings of the same item stand side by side."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.api.runs import run_channels
from assay.api.work import Work
from assay.line.estimate import Estimated, Task, estimate
from assay.uncertainty.comparing.comparison import Cells, cells, collapsed, difference, mean_of, unpaired
from assay.uncertainty.comparing.difference import Difference
from assay.uncertainty.one_sided import OneSided
from assay.uncertainty.score.crossed import Design, Rows
from assay.uncertainty.spread import Method as SpreadMethod
from assay.uncertainty.spread import Spread
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.observation import Observations
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.result import Note, Result
from assay.vocabulary.status import LOST, STATUSES

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
End = Literal["low", "high"]

_LOST: Final = [STATUSES.index(status) for status in LOST]


class Side(NamedTuple):
    """One run with the rows of the measurand compared.

    Attributes:
        work: the run.
        estimated: its own result.
        observations: its rows.
        item: place of each of its items in the panel.
        variant: place of each of its variants in the panel.
        content: digest of what each item id asks; empty where all runs have the same material.
    """

    work: Work
    estimated: Estimated
    observations: Observations
    item: Ints
    variant: Ints
    content: dict[str, str]

    @property
    def lost(self) -> Flags:
        """True for the rows that should hold a number and do not, shape (rows,)."""
        return np.isin(self.observations.status, _LOST)


class Panel(NamedTuple):
    """All runs over the items and variants that any of them has."""

    measurand: Measurand
    design: Design
    sides: tuple[Side, ...]
    notes: tuple[Note, ...]


class Compared(NamedTuple):
    """Two runs compared: the difference, and what it were at either end of the lost readings (None if none is lost)."""

    paired: bool
    found: Difference | None
    low: Difference | None
    high: Difference | None
    left_out: dict[str, int]
    notes: tuple[Note, ...]


def panel(works: Sequence[Work], measurand: str) -> Panel:
    """Bring runs together.

    Raises:
        BadInput: a run's readings of this measurand are not in the store, or its result is no mean over items.
    """
    same = len({work.material.digest for work in works}) == 1
    places: dict[tuple[str, str], int] = {}
    variants: dict[str, int] = {}
    first: list[Item] = []
    sides, notes = [], []
    for work in works:
        content = {} if same else {item.id: _content(item) for item in work.material.items}
        item = np.empty(len(work.material.items), np.int64)
        for index, one in enumerate(work.material.items):
            item[index] = places.setdefault((one.id, content.get(one.id, "")), len(places))
            if item[index] == len(first):
                first.append(one)
        names = [variant.name for variant in work.recipe.procedure.plan.variants]
        variant = np.array([variants.setdefault(name, len(variants)) for name in names])
        sides.append(side_of(work, measurand, (item, variant, content)))
        theirs = [(first[place].weight, first[place].group) for place in item]
        if theirs != [(one.weight, one.group) for one in work.material.items]:
            notes.append(Note(code="weights_of_first", values={"run": work.manifest.planned.run}))
    defined = works[0].recipe.measurands[measurand]
    plan = works[0].recipe.procedure.plan
    weight = np.array([one.weight for one in first])
    design = Design(
        weight=weight, group=_groups(first), n_variants=len(variants), population=plan.estimand == "population",
        variants_are_sample=plan.variants_are == "sample", bounds=(defined.low, defined.high),
    )  # fmt: skip
    made = Panel(defined, design, tuple(sides), (*notes, *methods(works, measurand)))
    for side in made.sides:
        _check_mean(made, side)
    return made


def _content(item: Item) -> str:
    return digest([item.stimulus, item.reference, item.choices])


def _groups(items: list[Item]) -> Ints | None:
    """Cluster of each item from 0, an item without a group being its own; None if no item has one."""
    if all(item.group is None for item in items):
        return None
    places: dict[str | int, int] = {}
    names = [item.group if item.group is not None else index for index, item in enumerate(items)]
    return np.array([places.setdefault(name, len(places)) for name in names])


def side_of(work: Work, measurand: str, where: tuple[Ints, Ints, dict[str, str]]) -> Side:
    """A run with its own result.

    Args:
        work: the run.
        measurand: what is compared.
        where: places of its items and variants in the panel, and what each item id asks.
    Raises:
        BadInput: its readings of this measurand are not in the store.
    """
    number = run_channels(work).get(measurand)
    if number is None:
        raise BadInput("compare.not_read", run=work.manifest.planned.run, measurand=measurand)
    task = Task(work.recipe.measurands[measurand], work.recipe.procedure.plan)
    observations = work.store.observations(number)
    estimated = estimate(task, work.recipe.estimators[measurand], observations, work.material)
    return Side(work, estimated, observations, *where)


def methods(works: Sequence[Work], measurand: str) -> list[Note]:
    """In what the methods differ besides the subject; the differences are then not the subjects' alone."""
    codes = []
    plans = [work.recipe.procedure.plan for work in works]
    if len({(work.recipe.procedure.name, _method(work.recipe.procedure.bench)) for work in works}) > 1:
        codes.append("procedures_differ")
    uses = [[c.instrument for c in work.recipe.procedure.channels if c.measurand == measurand] for work in works]
    versions = [work.recipe.instruments[measurand].version for work in works]
    if len({digest([use, version]) for use, version in zip(uses, versions, strict=True)}) > 1:
        codes.append("instruments_differ")
    data: dict[str, str] = {}
    if any(data.setdefault(v.name, digest(v.data)) != digest(v.data) for plan in plans for v in plan.variants):
        codes.append("variants_differ")
    if len({plan.repeats for plan in plans}) > 1:
        codes.append("repeats_differ")
    if len({(plan.estimand, plan.variants_are) for plan in plans}) > 1:
        codes.append("estimands_differ")
    if any(plan.may_end_early for plan in plans):
        codes.append("may_end_early")
    return [Note(code=code) for code in codes]


def _method(bench: PartUse) -> str:
    """Digest of a bench with its settings, less those that only say where to look: the address of a page of metrics."""
    page = bench.settings.get("metrics", "")
    there = isinstance(page, str) and (not page or page.startswith(("http://", "https://")))
    return digest([bench.part, {key: value for key, value in bench.settings.items() if key != "metrics" or not there}])


def _check_mean(made: Panel, side: Side) -> None:
    value, planned = side.estimated.result.value, side.work.manifest.planned
    weight = np.zeros(len(made.design.weight))
    weight[side.item] = [item.weight for item in side.work.material.items]
    ours = mean_of(_cells(made, side, None), weight)
    if value is not None and (ours is None or abs(ours - value) > 1e-9 * max(1.0, abs(value))):
        raise BadInput("compare.no_mean", run=planned.run, measurand=made.measurand.name)


def _cells(made: Panel, side: Side, end: End | None) -> Cells:
    """The readings of a run; with ``end``, every lost one at that end of the measurand."""
    seen, value = side.observations, side.observations.value
    chosen = seen.ok
    if end is not None:
        bound = made.measurand.low if end == "low" else made.measurand.high
        assert bound is not None
        value = np.where(side.lost, bound, value)
        chosen = chosen | side.lost
    rows = Rows(side.item[seen.item[chosen]], side.variant[seen.variant[chosen]], value[chosen])
    return cells(rows, len(made.design.weight), made.design.n_variants)


class Pairing:
    """Compares any two runs of a panel; what each contributes is computed once.

    Args:
        made: the runs.
    """

    def __init__(self, made: Panel) -> None:
        self.made = made
        self._known: dict[tuple[int, End | None], Cells] = {}
        size = len(made.design.weight)
        self._has = [np.bincount(side.item, minlength=size) > 0 for side in made.sides]

    def compare(self, a: int, b: int) -> Compared:
        """Run ``b`` less run ``a``, by their places."""
        first, second = self.made.sides[a], self.made.sides[b]
        shared = self._has[a] & self._has[b]
        left_out = {"only_a": int((self._has[a] & ~shared).sum()), "only_b": int((self._has[b] & ~shared).sum())}
        common = first.content.keys() & second.content.keys()
        left_out["changed"] = sum(first.content[name] != second.content[name] for name in common)
        bounded = self.made.measurand.low is not None and self.made.measurand.high is not None
        if not shared.any():
            lost = bool(first.lost.any() or second.lost.any())
            low, high = (_apart(first, second, end) if lost and bounded else None for end in ("low", "high"))
            left_out["lost"] = int(first.lost.sum()) + int(second.lost.sum())
            notes = (Note(code="unpaired"), *_unbounded(lost, bounded))
            return Compared(False, _apart(first, second, None), low, high, _some(left_out), notes)
        variants = set(first.variant.tolist()) & set(second.variant.tolist())
        left_out["variants"] = len(set(first.variant.tolist()) ^ set(second.variant.tolist()))
        lost_n = sum(self._lost(side, shared, variants) for side in (first, second))
        found = self._difference(a, b, None, bool(variants))
        left_out["without_pair"] = int(shared.sum()) - (found.n_items if found is not None else 0)
        left_out["lost"] = lost_n
        low, high = (
            self._difference(a, b, end, bool(variants)) if lost_n and bounded else None for end in ("low", "high")
        )
        notes = _unbounded(lost_n > 0, bounded)
        if not variants:
            notes = (*notes, Note(code="no_shared_variants"))
        return Compared(True, found, low, high, _some(left_out), notes)

    def _lost(self, side: Side, shared: Flags, variants: set[int]) -> int:
        rows = side.lost & shared[side.item[side.observations.item]]
        if variants:
            rows &= np.isin(side.variant[side.observations.variant], list(variants))
        return int(rows.sum())

    def _difference(self, a: int, b: int, end: End | None, share_variants: bool) -> Difference | None:
        """Run b less run a; at the low end b's lost readings are low and a's are high."""
        other = _other(end)
        design = self.made.design
        first, second = self._cells(a, other), self._cells(b, end)
        if not share_variants:
            first, second, design = collapsed(first), collapsed(second), design._replace(n_variants=1)
        return difference(first, second, design)

    def _cells(self, place: int, end: End | None) -> Cells:
        if (place, end) not in self._known:
            self._known[place, end] = _cells(self.made, self.made.sides[place], end)
        return self._known[place, end]


def _unbounded(lost: bool, bounded: bool) -> tuple[Note, ...]:
    return (Note(code="lost_unbounded"),) if lost and not bounded else ()


def _some(counts: dict[str, int]) -> dict[str, int]:
    return {code: n for code, n in counts.items() if n}


def _other(end: End | None) -> End | None:
    if end is None:
        return None
    return "high" if end == "low" else "low"


def _apart(first: Side, second: Side, end: End | None) -> Difference | None:
    """The unpaired difference of two results, lost readings as they are or at one end."""
    a, b = _at(first.estimated, _other(end)), _at(second.estimated, end)
    if a.value is None or b.value is None:
        return None
    measurands = [side.work.recipe.measurands[side.estimated.result.measurand] for side in (first, second)]
    return unpaired(_spread(a, measurands[0]), _spread(b, measurands[1]))


def _at(estimated: Estimated, end: End | None) -> Result:
    lost = {"low": estimated.low, "high": estimated.high, None: None}[end]
    return lost if lost is not None else estimated.result


def _spread(result: Result, measurand: Measurand) -> Spread:
    assert result.value is not None
    method: SpreadMethod = result.method  # type: ignore[assignment]
    if result.method.endswith("_sequence"):  # an interval that was not made from a number of readings
        method = "t"
    table = tuple(OneSided(*row) for row in result.one_sided)
    return Spread(result.value, result.u, result.dof, measurand.low, measurand.high, result.n_effective, method, table)
