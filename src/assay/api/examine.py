"""What exactly was changed in a store that does not agree with a report: every place, by name."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from assay.api.work import Work
from assay.line.observe import Asking, askings
from assay.line.read import readings_of
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.protocols import Instrument
from assay.vocabulary.record import Record
from assay.vocabulary.status import STATUSES

_MOST: Final = 5

Kind = Literal["item", "response", "no_response", "missing", "extra", "asked_otherwise", "reading"]


class Found(Record, kw_only=True):
    """One thing that is not as it should be.

    Attributes:
        kind: ``item``: an item was changed; ``response``: a stored response was; ``no_response``: it is gone;
            ``missing``, ``extra``: a row that the plan has and the store has not, or the other way round;
            ``asked_otherwise``: the row's response answers another question than the plan asks;
            ``reading``: reading the response again gives something else.
        measurand: whose row it is; empty for an item.
        item: id of the item.
        variant: name of the variant; empty for an item.
        repeat: counts from 1; 0 for an item.
        stored: what the store says.
        again: what reading the response again says.
    """

    kind: Kind
    item: str
    measurand: str = ""
    variant: str = ""
    repeat: int = 0
    stored: str = ""
    again: str = ""


async def examine(work: Work, channels: dict[str, int], versions: dict[str, int]) -> tuple[Found, ...]:
    """The first few places at which rows, responses and readings do not fit together.

    Args:
        work: the run, its material as it is stored now.
        channels: number in the store of the channel of each measurand.
        versions: version of the instrument that made the readings of each measurand; another one does not read again.
    """
    found: list[Found] = []
    for measurand, number in channels.items():
        instrument: Instrument | None = work.recipe.instruments[measurand]
        if work.recipe.instruments[measurand].version != versions[measurand]:
            instrument = None
        pairs = _paired(askings(work.manifest.planned, work.material, work.recipe.bench), work.store.rows(number))
        changed = work.store.changed_responses(number)
        while len(found) < _MOST and (chunk := list(islice(pairs, 500))):
            for asking, row in chunk:
                problem = await _problem(work, asking, row, changed, instrument)
                if problem is not None and len(found) < _MOST:
                    found.append(msgspec.structs.replace(problem, measurand=measurand))
    return tuple(found)


def _paired(planned: Iterator[Asking], rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Asking | None, Any]]:
    """Each planned trial with its row, both in the order of the plan; None where there is none."""
    asking, row = next(planned, None), next(rows, None)
    while asking is not None or row is not None:
        if row is not None and not all(isinstance(part, int) for part in row[:4]):
            yield None, row
            row = next(rows, None)
            continue
        place = (asking.trial.item_index, asking.trial.variant_index, asking.trial.repeat) if asking else None
        if place is None or (row is not None and row[:3] < place):
            yield None, row
            row = next(rows, None)
        elif row is None or place < row[:3]:
            yield asking, None
            asking = next(planned, None)
        else:
            yield asking, row
            asking, row = next(planned, None), next(rows, None)


async def _problem(
    work: Work, asking: Asking | None, row: Any, changed: set[bytes], instrument: Instrument | None
) -> Found | None:
    if asking is None:
        return Found(kind="extra", item=f"#{row[0]}", variant=f"#{row[1]}", repeat=_whole(row[2]))
    trial = asking.trial
    where = Found(kind="missing", item=trial.item.id, variant=trial.variant.name, repeat=trial.repeat)
    if row is None:
        return where
    _, _, _, status, value, note, key, digest = row
    if digest is None:
        return msgspec.structs.replace(where, kind="no_response")
    if key in changed:
        return msgspec.structs.replace(where, kind="response")
    if key != asking.key:
        return msgspec.structs.replace(where, kind="asked_otherwise")
    if instrument is None:
        return None
    stored = _said(STATUSES[status] if 0 <= status < len(STATUSES) else f"#{status}", value, note)
    (response,) = work.store.responses([key])
    assert response is not None
    try:
        (reading,) = await readings_of(work.manifest.planned, work.store, instrument, [(asking, response)])
    except CannotMeasure:  # the answer of a judge is gone
        return msgspec.structs.replace(where, kind="no_response")
    again = _said(reading.status, reading.value, reading.note)
    return None if stored == again else msgspec.structs.replace(where, kind="reading", stored=stored, again=again)


def _said(status: str, value: Any, note: str) -> str:
    head = status if value is None or status != "ok" else f"{value!r}"
    return f"{head} ({note})" if note else head


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
