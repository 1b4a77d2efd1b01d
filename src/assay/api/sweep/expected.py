"""What several measurements of a server would take, before any is made: requests, and about how long."""

from collections.abc import Sequence
from contextlib import closing
from typing import Final

import msgspec

from assay.api.measurement import Measurement
from assay.line.observe import Asking, restarts
from assay.line.plan import Planned, plan
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.record import Record
from assay.vocabulary.whole import Loads

_AROUND_S: Final = 1.5
"""Around each restart: processes that are started and ended, what is read and signed. Measured on two processors."""


class ExpectedRun(Record, kw_only=True):
    """One measurement.

    Attributes:
        name: what it is: its load, or what is changed in it.
        requests: of all its restarts.
        restarts: how many there are.
        in_store: restarts that the laboratory has, which are not made again.
        seconds: about how long the others take; None where requests wait for answers (a closed loop).
        beside_s: of that, what is done beside the schedules, such as calibrating.
    """

    name: str
    requests: int
    restarts: int
    in_store: int
    seconds: float | None
    beside_s: float


class Expected(Record, kw_only=True):
    """Several measurements, one after another.

    Attributes:
        runs: in their order; of a search at most those.
        requests: of all restarts that are not there.
        to_make: measurements of which something is to be made.
        seconds: about how long they take; None where none of them is known. What the server takes for its last
            answers, and to answer what is sent before the schedule, is not counted.
        open: measurements whose time is not known, which come on top of that.
        at_most: it may end before.
    """

    runs: tuple[ExpectedRun, ...]
    requests: int
    to_make: int
    seconds: float | None
    open: int
    at_most: bool = False


def expected_run(name: str, made: Measurement, laboratory: Laboratory, anew: bool = False) -> ExpectedRun:
    """What a measurement would take; nothing is asked and nothing is written.

    Args:
        name: what it is.
        made: the measurement.
        laboratory: which may have some of it.
        anew: the finished run that is there is to be made again.
    Raises:
        BadInput: settings that make no schedule.
    """
    if not laboratory.has_store():
        return _of(name, made, _planned(made, 1), None)
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        runs = store.runs(_planned(made, 1).base)
        latest = max(runs, key=lambda run: run.occasion, default=None)
        occasion = 1 if latest is None else latest.occasion + (anew and latest.state == "complete")
        return _of(name, made, _planned(made, occasion), store)


def _planned(made: Measurement, occasion: int) -> Planned:
    varied = msgspec.structs.replace(made.recipe.procedure.plan, occasion=occasion)
    procedure = msgspec.structs.replace(made.recipe.procedure, plan=varied)
    return plan(procedure, made.material, made.subject.identity())


def _of(name: str, made: Measurement, planned: Planned, store: SqliteStore | None) -> ExpectedRun:
    bench = made.recipe.bench
    assert isinstance(bench, Loads)  # other benches are refused before
    parts = list(restarts(planned, made.material, bench))
    missing = [part for part in parts if store is None or not _had(part, store)]
    lasting = [bench.lasting([one.trial for one in part], [one.stimulus for one in part]) for part in missing]
    schedules = [one.schedule_s for one in lasting]
    beside_s = sum(one.beside_s + _AROUND_S for one in lasting)
    known = [one for one in schedules if one is not None]
    return ExpectedRun(
        name=name, requests=sum(map(len, parts)), restarts=len(parts), in_store=len(parts) - len(missing),
        seconds=sum(known) + beside_s if len(known) == len(schedules) else None, beside_s=beside_s,
    )  # fmt: skip


def _had(part: list[Asking], store: SqliteStore) -> bool:
    return len(store.has_responses([one.key for one in part])) == len(part)


def together(runs: Sequence[ExpectedRun], at_most: bool = False) -> Expected:
    """Measurements one after another."""
    to_make = [one for one in runs if one.in_store < one.restarts]
    known = [one.seconds for one in to_make if one.seconds is not None]
    return Expected(
        runs=tuple(runs), requests=sum(one.requests * (one.restarts - one.in_store) // one.restarts for one in runs),
        to_make=len(to_make), seconds=sum(known) if known or not to_make else None, open=len(to_make) - len(known),
        at_most=at_most,
    )  # fmt: skip
