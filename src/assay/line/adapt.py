"""Adapt: which items a run asks next, from what was read so far. The rule is in the plan, so that it can be replayed.

What is chosen is a pure function of the plan, the names of the items and the readings: every draw is a digest of the
seed, the occasion and the place of the choice.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec
import numpy as np

from assay.line.estimate import Task
from assay.line.plan import Planned, Taken, most, units
from assay.line.read import read_rows
from assay.line.stop import Binary, Source, Watched, columns, observations
from assay.uncertainty.ability.cells import posterior
from assay.uncertainty.ability.next_items import Rule, chosen
from assay.uncertainty.ability.placed import Placed, answered, audit_order, audited, digest_of, placed, tables
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.procedure import Adaptive, Plan


class Choose:
    """Looks at an adaptive run batch by batch, and says which items come next, until its rule says that it is enough.

    Args:
        planned: the whole run.
        material: its items.
        source: where its readings come from.
        channels: what is measured, by name; the first is the ability.

    Attributes:
        taken: what was observed when it was enough, and why; None before that.
    """

    def __init__(
        self, planned: Planned, material: Material, source: Source, channels: Mapping[str, Watched]
    ) -> None:
        self.taken: Taken | None = None
        self._planned = planned
        self._material = material
        self._source = source
        self._ability = next(iter(channels.values()))
        self._rows: list[tuple[int, int, int, int, float]] = []
        self._asked: list[int] = []
        self._look = 0

    @property
    def most(self) -> int:
        """Responses that the run may come to observe."""
        return most(self._planned, self._material).n_trials

    @property
    def _rule(self) -> Adaptive:
        rule = self._planned.procedure.plan.adaptive
        assert rule is not None
        return rule

    @cached_property
    def _where(self) -> Placed:
        return placed(self._material, self._rule.cells)

    @cached_property
    def _audited(self) -> list[int]:
        return audit_order(self._planned.procedure.plan, self._material)

    @cached_property
    def _order(self) -> list[int]:
        """Places of the items in the seeded order of the run; within a cell they are asked in this order."""
        return [place for unit in units(self._planned, self._material) for place in unit]

    def batches(self) -> Iterator[Planned]:
        """The parts of the run; each but the first depends on what ``enough`` read of those before."""
        while self.taken is None:
            items = self._next()
            self._look += 1
            first = len(self._asked)
            taken = Taken(first=first, last=first + len(items), n_items=len(items), look=self._look, items=tuple(items))
            self._asked += items
            yield msgspec.structs.replace(self._planned, taken=taken)

    async def enough(self, seen: Planned) -> bool:
        """Whether to end after this part, all of whose responses are in the store; parts come in order."""
        await self._source.consult(seen)
        instrument = self._ability.instrument
        async for rows in read_rows(seen, self._material, self._source.bench, self._source.store, [instrument]):
            self._rows += [columns(row) for row in rows]
        reason = self._reason()
        if reason:
            n = len(self._asked)
            self.taken = Taken(first=0, last=n, n_items=n, look=self._look, reason=reason, items=tuple(self._asked))
        return bool(reason)

    def _reason(self) -> str:
        task = Task(self._ability.measurand, self._planned.procedure.plan)
        result = self._ability.estimator.estimate(task, observations(self._rows), self._material)
        if result.u is not None and result.u <= self._rule.target_u:
            return "ability"
        cap = self._rule.max_items
        if cap is not None and len(self._asked) >= cap:
            return "most_items"
        left = len(self._next())
        return "" if left else "no_items"

    def _next(self) -> list[int]:
        """Places of the items of the next batch: the audit's, then the most telling ones; none if none are left."""
        rule, had = self._rule, set(self._asked)
        size = rule.batch if rule.max_items is None else min(rule.batch, rule.max_items - len(had))
        drawn = audited(len(had) + size, rule.audit)
        found = [place for place in self._audited[:drawn] if place not in had][:size]
        closed = {int(self._where.group[place]) for place in (*had, *found)}
        waiting: dict[int, list[int]] = {}
        for place in self._order:
            cell, group = int(self._where.cell[place]), int(self._where.group[place])
            if cell >= 0 and group not in closed:
                closed.add(group)  # of a group, one item is asked
                waiting.setdefault(cell, []).append(place)
        if not waiting and not self._where.cell[found].max(initial=-1) >= 0:
            return []  # nothing is left that tells of the ability
        for cell in self._cells(found, waiting, size - len(found)):
            found.append(waiting[cell].pop(0))
        return found

    def _cells(self, audit: list[int], waiting: dict[int, list[int]], size: int) -> list[int]:
        made = tables(self._rule.cells, self._rule.subject_sd)
        known = posterior(made, answered(observations(self._rows), self._where))
        asked, left = np.zeros(len(self._rule.cells), np.int64), np.zeros(len(self._rule.cells), np.int64)
        for place in (*self._asked, *audit):
            if self._where.cell[place] >= 0:
                asked[self._where.cell[place]] += 1
        for cell, places in waiting.items():
            left[cell] = len(places)
        begin = len(self._asked)
        return chosen(made, known, (asked, left), size, self._choice,
                      lambda place: _uniform(self._planned.procedure.plan, begin + place))  # fmt: skip

    @cached_property
    def _choice(self) -> Rule:
        if not self._rule.balance:
            return Rule(self._rule.exposure)
        mine = self._where.cell >= 0
        counts = np.bincount(self._where.dimension[mine])
        of_cell = np.zeros(len(self._rule.cells), np.int64)
        of_cell[self._where.cell[mine]] = self._where.dimension[mine]
        return Rule(self._rule.exposure, counts / counts.sum(), of_cell)


def check_adaptive(plan: Plan, channels: Mapping[str, Watched]) -> None:
    """Refuse an adaptive run that could not be evaluated.

    Raises:
        BadInput: repeats, variants, or an instrument that reads something else than 0 and 1.
    """
    if plan.adaptive is None:
        return
    if plan.repeats > 1 or len(plan.variants) > 1:
        raise BadInput("adaptive.once", repeats=plan.repeats, variants=len(plan.variants))
    for name, channel in channels.items():
        instrument = channel.instrument
        if not (isinstance(instrument, Binary) and instrument.binary):
            raise BadInput("adaptive.binary", measurand=name, instrument=type(instrument).__name__)


def _uniform(plan: Plan, place: int) -> float:
    """A number in [0, 1) for one choice of the run."""
    return int.from_bytes(digest_of(plan, "choice", str(place))[:6], "big") / 2**48
