"""The measurements of a campaign one after another: caps and progress are those of the whole; what all of it took."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from assay.api.campaign.parts import Part, Scene, carry
from assay.line.observe import Price, State
from assay.vocabulary.campaign import Spent, Used
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.procedure import Limits
from assay.vocabulary.report import Conditions, Judged


def carried(parts: Sequence[Part], scene: Scene, progress: Callable[[State], None]) -> tuple[list[Used], Spent]:
    """Make every measurement; what the laboratory has already counts towards the caps as what is asked now.

    Args:
        parts: the measurements.
        scene: what they share.
        progress: told how far the whole has come.
    Raises:
        CannotMeasure: one of them could not be completed, or a cap of the whole was reached; what arrived is kept.
    """
    runs: list[Used] = []
    took: list[Conditions] = []
    whole = _Whole(sum(cell.requests for part in parts for cell in part.cells), progress)
    for part in parts:
        limits = part.measurement.recipe.limits
        whole.next()
        try:
            used, conditions = carry(_limited(part, took), scene, whole)
        except CannotMeasure as error:
            raise _of_the_whole(error, limits, whole.shown) from error
        runs.append(used)
        took.append(conditions)
    return runs, _spent(took, parts[0].measurement.price)


class _Whole:
    """Progress over all measurements, from the progress of each.

    Args:
        planned: responses of all of them.
        progress: told of the whole.
    """

    def __init__(self, planned: int, progress: Callable[[State], None]) -> None:
        self._progress = progress
        self._planned = planned
        self._ended: list[State] = []
        self._latest: State | None = None
        self._is_subject = True
        self.shown = State(planned=planned)

    def next(self) -> None:
        """The next measurement begins: the first that is told of it is how far its subject was asked."""
        self._close()
        self._is_subject = True

    def __call__(self, state: State) -> None:
        """How far the measurement under way has come: first with its subject, then perhaps with its judges."""
        if state is not self._latest:
            self._close()
            self._latest = state
            self._planned += 0 if self._is_subject else state.planned
            self._is_subject = False
        self.shown = self._sum([*self._ended, state])
        self._progress(self.shown)

    def _close(self) -> None:
        if self._latest is not None:
            self._ended.append(self._latest)
            self._latest = None

    def _sum(self, states: Sequence[State]) -> State:
        costs = [state.cost for state in states if state.cost is not None]
        return State(
            planned=self._planned, reused=sum(state.reused for state in states),
            done=sum(state.done for state in states), failed=sum(state.failed for state in states),
            retried=sum(state.retried for state in states),
            usage=sum((state.usage for state in states), Counter[str]()), cost=sum(costs) if costs else None,
        )  # fmt: skip


class _Taken(NamedTuple):
    """What was taken of the caps."""

    requests: int
    tokens: int
    cost: float

    @classmethod
    def of(cls, asked: Sequence[Conditions | Judged]) -> "_Taken":
        """By a subject in several measurements, or by judges."""
        tokens = sum(one.usage.get("input_tokens", 0) + one.usage.get("output_tokens", 0) for one in asked)
        return cls(sum(one.attempts for one in asked), tokens, sum(one.cost or 0.0 for one in asked))


def _limited(part: Part, took: Sequence[Conditions]) -> Part:
    """The measurement with what the earlier ones have left of the caps, for its subject and for its judges."""
    taken = _Taken.of(took)
    if part.judge:  # both are asked, and the caps are those of either
        judged = _Taken.of([judge for one in took for judge in one.judges])
        taken = _Taken(*(max(pair) for pair in zip(taken, judged, strict=True)))  # type: ignore[arg-type]
    recipe = part.measurement.recipe
    caps = recipe.limits.max_requests, recipe.limits.max_tokens_total, recipe.limits.max_cost
    requests, tokens, cost = (None if cap is None else max(0, cap - one) for cap, one in zip(caps, taken, strict=True))
    left: Any = {"max_requests": requests, "max_tokens_total": tokens, "max_cost": cost}
    recipe = msgspec.structs.replace(recipe, limits=msgspec.structs.replace(recipe.limits, **left))
    return part._replace(measurement=msgspec.structs.replace(part.measurement, recipe=recipe))


def _of_the_whole(error: CannotMeasure, limits: Limits, shown: State) -> CannotMeasure:
    """A cap that was reached, as that of the whole campaign; other errors as they are."""
    if error.code not in ("observe.cap", "consult.cap"):
        return error
    caps = {"requests": limits.max_requests, "tokens": limits.max_tokens_total, "cost": limits.max_cost}
    values = {**error.values, "limit": caps[str(error.values["what"])]}
    if error.code == "observe.cap":
        values |= {"done": shown.done, "planned": shown.planned}
    return CannotMeasure(error.code, **values)


def _spent(took: Sequence[Conditions], price: Price | None) -> Spent:
    usage = sum((Counter(one.usage) for one in took), Counter[str]())
    costs = [one.cost for one in took if one.cost is not None]
    judges = [judge for one in took for judge in one.judges]
    judged: dict[str, float] = {}
    for judge in judges:
        if judge.cost is not None:
            judged[judge.currency] = judged.get(judge.currency, 0.0) + judge.cost
    return Spent(
        requests=sum(one.attempts for one in took), responses=sum(one.responses for one in took),
        usage=dict(sorted(usage.items())), cost=sum(costs) if costs else None,
        currency=price.currency if costs and price is not None else "",
        judge_requests=sum(judge.attempts for judge in judges), judge_cost=judged,
    )  # fmt: skip
