"""Runs whose readings depend on those before them, compared by the intervals of each: two servers under load.

Item is not set against item: that a request was slow says less of the request than of those before it. But where both
servers got the same schedule, a crowd of requests came to both at once; what is common by that is estimated from the
readings, and cancels. A cause that both budgets name (the same calibration of the client) cancels as well; calibrations
of their own do not.
"""

from collections.abc import Sequence
from math import sqrt

import msgspec
import numpy as np
import numpy.typing as npt

from assay.api._judged import Rule, Shown, comparison, effect, in_all, pairs_of, shown, verdict_of
from assay.api._panel import Side, methods, side_of
from assay.api.work import Work
from assay.line.estimate import Estimated, Task, estimate
from assay.line.observe import restarts
from assay.uncertainty.servers.comparing import BATCHES, Ends, difference, ratio, shared
from assay.vocabulary.comparison import Comparison, PairDifference, Question
from assay.vocabulary.errors import BadInput
from assay.vocabulary.result import Note, Result
from assay.vocabulary.whole import Dependent, Loads

Floats = npt.NDArray[np.float64]


def stands_alone(works: Sequence[Work], measurand: str) -> bool:
    """Whether the readings of every run depend on those before them, so that items are not to be paired."""
    return all(isinstance(work.recipe.estimators[measurand], Dependent) for work in works)


def beside(
    works: Sequence[Work], measurand: str, level: float | None, margin: float | None, question: Question
) -> Comparison:
    """Compare runs by the intervals of each.

    Args:
        works: the runs.
        measurand: what is compared.
        level: probability with which all intervals hold together; None for that of the first run.
        margin: largest difference that counts as none.
        question: what is asked.
    Raises:
        BadInput: a run's readings of this measurand are not in the store.
    """
    defined = works[0].recipe.measurands[measurand]
    level = works[0].recipe.procedure.plan.level if level is None else level
    sides = [Run(work, measurand) for work in works]
    pairs = pairs_of(len(sides))
    rule = Rule(level, 1 - (1 - level) / len(pairs), margin, defined.better, question, len(pairs))
    differences = [Beside(sides[a], sides[b], rule).stated() for a, b in pairs]
    notes = (Note(code="by_intervals"), *methods(works, measurand))
    return comparison([one.side for one in sides], defined, differences, rule, notes)


class Run:
    """A run with its results at the levels that are asked for, and its schedules."""

    def __init__(self, work: Work, measurand: str) -> None:
        items = np.arange(len(work.material.items))
        variants = np.arange(len(work.recipe.procedure.plan.variants))
        self.side: Side = side_of(work, measurand, (items, variants, {}))
        self.name = work.manifest.planned.run
        self.defined = work.recipe.measurands[measurand]
        self.estimator = work.recipe.estimators[measurand]
        self.schedules = _schedules(work)
        self._known: dict[float, Estimated] = {}

    def at(self, level: float) -> Estimated:
        """The result at a level, and at either end of the lost readings."""
        if level not in self._known:
            work = self.side.work
            plan = msgspec.structs.replace(work.recipe.procedure.plan, level=level)
            self._known[level] = estimate(Task(self.defined, plan), self.estimator, self.side.observations,
                                          work.material)  # fmt: skip
        return self._known[level]

    @property
    def result(self) -> Result:
        """The run's own result."""
        return self.side.estimated.result

    def series(self) -> Floats:
        """What moves the result, not a number where a row does not count; shape (restarts, items)."""
        rows = self.side.observations
        assert isinstance(self.estimator, Dependent)
        counted, value = self.estimator.influence(rows, self.result)
        plan = self.side.work.recipe.procedure.plan
        made = np.full((plan.repeats, len(self.side.item)), np.nan)
        made[rows.repeat[counted] - 1, rows.item[counted]] = value[counted]
        return made


def _schedules(work: Work) -> list[str]:
    """Digest of the schedule of each restart; empty where there was none."""
    bench, planned = work.recipe.bench, work.manifest.planned
    found = []
    if isinstance(bench, Loads):
        for part in restarts(planned, work.material, bench):
            responses = work.store.responses([part[0].key])
            one = bench.loaded([response for response in responses if response is not None])
            found.append("" if one is None else one.schedule)
    return found


class Beside:
    """The second run less the first."""

    def __init__(self, first: Run, second: Run, rule: Rule) -> None:
        self.first, self.second, self.rule = first, second, rule
        self.same_schedule = bool(first.schedules) and first.schedules == second.schedules and all(first.schedules)
        self.correlation = self._correlation()

    def stated(self) -> PairDifference:
        """The difference with its verdict."""
        first, second, rule = self.first, self.second, self.rule
        lost = int(first.side.lost.sum() + second.side.lost.sum())
        notes = [Note(code="same_schedule" if self.same_schedule else "other_schedule")]
        a, b = first.result.value, second.result.value
        blank = PairDifference(
            a=first.name, b=second.name, measurand=first.defined.name, paired=False, value=None, method="intervals",
            n_pairs=0, n_clusters=None, left_out={"lost": lost} if lost else {}, effect=Note(code="effect.none"),
            verdict="cannot_tell", correlation=self.correlation, notes=tuple(notes),
        )  # fmt: skip
        if a is None or b is None:
            return msgspec.structs.replace(blank, notes=(*notes, Note(code="no_result")))
        unbounded = any(note.code == "lost_unbounded" for one in (first, second) for note in one.result.notes)
        seen = self._seen(None)
        held = Shown(None, None, None) if unbounded else in_all(seen, [self._seen("low"), self._seen("high")])
        notes += [Note(code="lost_unbounded")] if unbounded else [Note(code="lost_decides")] if held != seen else []
        found = self._ends(rule.level, None)
        notes += [Note(code="no_interval")] if found is None else []
        quotient = self._ratio(rule.level)
        return msgspec.structs.replace(
            blank, value=b - a, u=self._u(), interval=_pair(found), simultaneous=_pair(self._ends(rule.each, None)),
            differs=held.sign is not None, beyond_margin=held.beyond, effect=effect(b - a, first.defined),
            verdict=verdict_of(held, rule), notes=tuple(notes), if_lost=self._if_lost(lost, unbounded),
            ratio=quotient.value if quotient else None, ratio_interval=_pair(quotient),
        )  # fmt: skip

    def _seen(self, end: str | None) -> Shown:
        return shown(_pair(self._ends(self.rule.each, end)), _pair(self._ends(self.rule.equivalence, end)), self.rule)

    def _ends(self, level: float, end: str | None) -> Ends | None:
        """The difference at a level; with ``end``, what was lost as bad, or as good, for the second run as can be."""
        other = None if end is None else "high" if end == "low" else "low"
        mine, theirs = _of(self.second.at(level), end), _of(self.first.at(level), other)
        return None if mine is None or theirs is None else difference(mine, theirs, self.correlation)

    def _ratio(self, level: float) -> Ends | None:
        """The second by the first, of quantities that begin at 0; None where an end is 0."""
        mine, theirs = _of(self.second.at(level), None), _of(self.first.at(level), None)
        if mine is None or theirs is None or self.first.defined.low != 0 or self.first.defined.high is not None:
            return None
        return ratio(mine, theirs, self.correlation) if min(mine.low, theirs.low) > 0 else None

    def _u(self) -> float | None:
        a, b = self.first.result.u, self.second.result.u
        return None if a is None or b is None else sqrt(max(0.0, a * a + b * b - 2 * self.correlation * a * b))

    def _if_lost(self, lost: int, unbounded: bool) -> tuple[float, float] | None:
        if not lost:
            value = (self.second.result.value or 0.0) - (self.first.result.value or 0.0)
            return (value, value)
        a, b = self.first.result.if_lost, self.second.result.if_lost
        return None if unbounded or a is None or b is None else (b[0] - a[1], b[1] - a[0])

    def _correlation(self) -> float:
        """Of the errors of both results: of what was sampled, by the schedule; and of the causes that both name."""
        a, b = self.first.result, self.second.result
        if not a.u or not b.u:
            return 0.0
        own = {row.source: row.u for row in a.budget if row.kind == "B" and ":" in row.source}
        common = sum(own[row.source] * row.u for row in b.budget if row.kind == "B" and row.source in own)
        if self.same_schedule:
            sampled = [sqrt(sum(row.u**2 for row in one.budget if row.kind == "A")) for one in (a, b)]
            common += self._shared() * sampled[0] * sampled[1]
        return min(1.0, max(-1.0, common / (a.u * b.u)))

    def _shared(self) -> float:
        """Correlation of what was sampled, from the requests that count for both; 0 where it cannot be estimated."""
        one, other = self.first.series(), self.second.series()
        if one.shape != other.shape:
            return 0.0
        both = np.isfinite(one) & np.isfinite(other)
        kept = [row for row in range(len(both)) if both[row].sum() >= BATCHES]
        try:
            return shared([one[row][both[row]] for row in kept], [other[row][both[row]] for row in kept])
        except BadInput:  # too few requests count for both
            return 0.0


def _of(estimated: Estimated, end: str | None) -> Ends | None:
    lost = {"low": estimated.low, "high": estimated.high, None: None}[end]
    result = estimated.result if lost is None else lost
    return None if result.value is None or result.interval is None else Ends(result.value, *result.interval)


def _pair(ends: Ends | None) -> tuple[float, float] | None:
    return None if ends is None else (ends.low, ends.high)
