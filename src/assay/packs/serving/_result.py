"""From the rows of a timed channel to a result: what the estimators of this pack share."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.packs.general.estimator.mean import empty
from assay.packs.serving._client import Client
from assay.packs.serving._columns import Floats
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.one_sided import risks
from assay.uncertainty.queueing.latency import LEAST, Latency, Refusal, least_for
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Observations
from assay.vocabulary.protocols import Task
from assay.vocabulary.record import Json
from assay.vocabulary.result import Component, Note, Result
from assay.vocabulary.status import STATUSES

_LEAST_RESTARTS: Final = 2
_OK: Final = STATUSES.index("ok")
_UNREAD: Final = [STATUSES.index("instrument_failed"), STATUSES.index("not_run")]
_FAILED: Final = STATUSES.index("subject_failed")


Row = tuple[str, float, float | None]
"""Source of a row of the budget, its standard uncertainty, its degrees of freedom."""


class Ends(NamedTuple):
    """One estimate at one level, before the client's own error."""

    value: float | None
    low: float | None
    high: float | None


def check_plan(part: str, task: Task, material: Material) -> None:
    """Refuse designs that a load cannot have.

    Raises:
        BadInput: several variants, a run that may end early, or items of different weight.
    """
    for wrong, lack in (
        (task.plan.may_end_early, "a run that observes every item: no target_u, no decide_early"),
        (len(task.plan.variants) > 1, "one variant"),
        (len({item.weight for item in material.items}) > 1, "items of equal weight"),
    ):
        if wrong:
            raise BadInput("estimator.needs", part=part, lack=lack)


def forewarned(planned: int, p: float | None = None) -> Note | None:
    """What so few requests will not give: a value of the quantile p, or any interval."""
    if p is not None and (needed := least_for(p)) > planned:
        return Note(code="serving.planned_outside", values={"n": planned, "p": f"{100 * p:g}", "needed": needed})
    return Note(code="serving.planned_few", values={"n": planned, "needed": LEAST}) if planned < LEAST else None


def series(observations: Observations, failed: float | None) -> list[Floats]:
    """The readings of each restart in the order of the schedule; restarts without any are left out.

    Args:
        observations: the rows of a channel.
        failed: what a failed request counts as; None to leave it out.
    """
    counted = np.equal(observations.status, _OK)
    value = observations.value
    if failed is not None:
        lost = np.equal(observations.status, _FAILED)
        counted, value = counted | lost, np.where(lost, failed, value)
    made = []
    for repeat in np.unique(observations.repeat[counted]):
        mask = counted & (observations.repeat == repeat)
        made.append(value[mask][np.argsort(observations.item[mask], kind="stable")])
    return made


def bounded(observations: Observations, value: float) -> Observations:
    """The observations with a number for each reading that the client lost, in restarts that were not refused."""
    lost = np.isin(observations.status, _UNREAD)
    kept = np.isin(observations.repeat, observations.repeat[~lost])
    return msgspec.structs.replace(
        observations, status=np.where(lost & kept, _OK, observations.status).astype(np.int8),
        value=np.where(lost & kept, value, observations.value),
    )  # fmt: skip


Estimate = Callable[[list[Floats], float], Latency]
"""An estimate from the readings of each restart, at a level."""


def for_load(of: Estimate, client: Client | None) -> Estimate:
    """The same estimate for a load that is not meant to stay the same: only whole restarts repeat each other.

    A day has no steady state, and that noon differs from night is no scatter: the value is that of all requests, its
    uncertainty the scatter of the restarts' own values (Student's t).

    Source: JCGM 100:2008, 4.2 and annex G.3 (recalled).
    """
    if client is None or client.stationary:
        return of

    def across(runs: list[Floats], level: float) -> Latency:
        whole, own = of(runs, level), [of([run], level).value for run in runs if len(run) >= LEAST]
        value = whole.value
        each = np.array([one for one in own if one is not None], dtype=np.float64)
        n, count = sum(map(len, runs)), len(each)
        if value is None or count < len(runs) or count < _LEAST_RESTARTS:
            why = Refusal("serving.few_restarts", None) if value is not None else whole.refusal
            return Latency(value, None, None, None, None, None, 0.0, n, count, "mean", (), why)
        u = float(each.std(ddof=1) / np.sqrt(count))
        half = coverage_factor(level, count - 1) * u
        low, high = max(0.0, value - half), value + half
        return Latency(value, low, high, u, 0.0, u, count - 1.0, n, count, "mean", (), None)

    return across


def latency(
    task: Task, observations: Observations, material: Material, client: Client | None,
    of: Estimate, failed: float | None,
) -> Result:  # fmt: skip
    """A quantile or mean of times, corrected for the client, with its budget.

    Args:
        task: measurand and plan.
        observations: rows of the channel.
        material: gives the account.
        client: the client's own error; None before any calibration is known.
        of: the estimate of some restarts at a level.
        failed: what a failed request counts as; None leaves it out.
    """
    blank = empty(task, observations, material)
    given = series(observations, failed)
    if not given:
        return blank
    of = for_load(of, client)
    found = of(given, task.plan.level)
    notes = [*said(found), *told(client)]
    if found.value is None:
        return _noted(blank, *notes)
    own = client or Client()
    value = max(0.0, found.value - own.bias_ms)
    at = blank_with(blank, value, found)
    if found.low is None or found.high is None or found.u is None:
        return _noted(at, *notes)
    rows: list[Row] = [("requests", found.within, None)] if found.within else []
    rows += [("restarts", found.between, found.dof)] if found.between is not None else []
    rows += [(f"client:{','.join(name[:12] for name in own.certificates)}", own.u_ms, None)] if own.known else []
    table = []
    for risk in risks(task.plan.level):
        if risk < 0.5:
            at_risk = of(given, 1 - 2 * risk)
            table.append((risk, *_widened(Ends(found.value, at_risk.low, at_risk.high), own)))
    low, high = _widened(Ends(found.value, found.low, found.high), own)
    assert low is not None and high is not None
    return msgspec.structs.replace(
        at, u=float(np.sqrt(sum(u**2 for _, u, _ in rows))), interval=(low, high), dof=None,
        method="requests", budget=budget(rows), notes=tuple(notes), one_sided=tuple(table),
    )  # fmt: skip


def blank_with(blank: Result, value: float, found: Latency) -> Result:
    """The account with the value and the effective number of requests."""
    return msgspec.structs.replace(blank, value=value, n_effective=found.n_eff)


def budget(rows: Sequence[Row]) -> tuple[Component, ...]:
    """The rows of a budget; what client and price contribute is of kind B."""
    total = sum(u**2 for _, u, _ in rows)
    return tuple(
        Component(source=source, label=source.partition(":")[0], u=u, dof=dof,
                  kind="B" if source.startswith(("client", "price")) else "A", share=u**2 / total if total else 0.0)
        for source, u, dof in rows
    )  # fmt: skip


def _widened(ends: Ends, own: Client) -> tuple[float | None, float | None]:
    """Both ends, corrected, each moved out by the client's error: the distances add by their squares."""
    assert ends.value is not None
    value = ends.value - own.bias_ms
    low = None if ends.low is None else value - float(np.hypot(ends.value - ends.low, own.half_ms))
    high = None if ends.high is None else value + float(np.hypot(ends.high - ends.value, own.half_ms))
    return (None if low is None else max(0.0, low)), high


def said(found: Latency) -> list[Note]:
    """What the estimate says of itself."""
    notes = [Note(code=code) for code in found.notes]
    if found.refusal is not None:
        values: dict[str, Json] = {"n": found.n, "needed": found.refusal.needed or 0}
        values |= {} if found.n_eff is None else {"n_eff": f"{found.n_eff:.0f}"}
        nothing = found.refusal.code == "latency.all_equal" and not found.value
        notes.append(Note(code="serving.all_zero" if nothing else found.refusal.code, values=values))
    return notes


def told(client: Client | None) -> list[Note]:
    """What the calibrations of the restarts say."""
    if client is None:
        return []
    notes = []
    if client.refused:
        values = {"n": client.refused, "total": client.restarts}
        notes.append(Note(code="serving.restarts_refused", values=values))
    if client.known:
        bias, half = f"{client.bias_ms:.3g}", f"{client.half_ms:.3g}"
        notes.append(Note(code="serving.client", values={"bias": bias, "half": half}))
    return notes


def _noted(blank: Result, *notes: Note) -> Result:
    return msgspec.structs.replace(blank, notes=(*blank.notes, *notes))


