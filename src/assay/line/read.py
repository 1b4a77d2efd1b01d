"""Read: from responses to readings."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice

from assay.line.consult import heard
from assay.line.observe import Asking, askings, restarts
from assay.line.plan import Planned
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import Channel
from assay.vocabulary.protocols import Asks, Bench, Instrument, ReadRow, Store
from assay.vocabulary.whole import Offers, ReadsBeside, ReadsWhole


def reading_digest(channel: Channel, instrument: Instrument) -> str:
    """Names the readings of a channel: its measurand, its instrument with settings, and the instrument's version."""
    return digest([channel.measurand, channel.instrument, instrument.version])


async def read(
    planned: Planned, material: Material, bench: Bench, store: Store, readings: Sequence[tuple[Channel, Instrument]]
) -> dict[str, int]:
    """Read every response of a run with each instrument that has not read it before, in one pass.

    Args:
        planned: the run; all its responses are in the store.
        material: its items.
        bench: renders the stimuli, which name the responses.
        store: where they are.
        readings: the channels, each with its instrument.
    Returns:
        The number in the store of the channel of each measurand, in the order given.
    """
    names = [reading_digest(channel, instrument) for channel, instrument in readings]
    known = [store.channel(planned.run, name) for name in names]
    missing = [place for place, number in enumerate(known) if number is None]
    if missing:
        rows = read_rows(planned, material, bench, store, [readings[place][1] for place in missing])
        kept = [(readings[place][0], names[place]) for place in missing]
        for place, number in zip(missing, await store.keep_readings(planned.run, kept, rows), strict=True):
            known[place] = number
    return {
        channel.measurand: number
        for (channel, _), number in zip(readings, known, strict=True)
        if number is not None
    }


async def read_rows(
    planned: Planned, material: Material, bench: Bench, store: Store, instruments: Sequence[Instrument]
) -> AsyncIterator[list[ReadRow]]:
    """Every reading of a run, or of a part of it, some trials at a time, in the order of the plan.

    Raises:
        CannotMeasure: a response is not there.
    """
    if isinstance(bench, Offers):
        async for rows in _read_restarts(planned, material, bench, store, instruments):
            yield rows
        return
    all_askings = askings(planned, material, bench)
    while chunk := list(islice(all_askings, 2_000)):
        pairs = []
        for asking, response in zip(chunk, store.responses([asking.key for asking in chunk]), strict=True):
            if response is None:
                raise CannotMeasure("run.incomplete", name=planned.run, planned=planned.n_trials)
            pairs.append((asking, response))
        rows = []
        for place, instrument in enumerate(instruments):
            for (asking, _), reading in zip(pairs, await readings_of(planned, store, instrument, pairs), strict=True):
                rows.append(ReadRow(place, asking.trial, asking.key, reading))
        yield rows


async def _read_restarts(
    planned: Planned, material: Material, bench: Offers, store: Store, instruments: Sequence[Instrument]
) -> AsyncIterator[list[ReadRow]]:
    """The same where a bench took whole restarts, each of which may be read as a whole."""
    for part in restarts(planned, material, bench):
        responses = [one for one in store.responses([asking.key for asking in part]) if one is not None]
        if len(responses) < len(part):
            raise CannotMeasure("run.incomplete", name=planned.run, planned=planned.n_trials)
        rows = []
        for place, instrument in enumerate(instruments):
            readings = await _read_restart(planned, store, instrument, part, responses, bench)
            rows += [ReadRow(place, one.trial, one.key, read) for one, read in zip(part, readings, strict=True)]
        yield rows


async def _read_restart(
    planned: Planned, store: Store, instrument: Instrument, part: Sequence[Asking], responses: Sequence[Response],
    bench: Offers,
) -> Sequence[Reading]:
    """What one instrument reads of one restart."""
    items = [asking.trial.item for asking in part]
    beside = instrument.reader if isinstance(instrument, ReadsBeside) else None
    if isinstance(instrument, ReadsWhole) and beside is None:
        return instrument.read_whole(items, responses)
    plain = [bench.answer(response) for response in responses]
    readings = await readings_of(planned, store, beside or instrument, list(zip(part, plain, strict=True)))
    return instrument.read_beside(items, responses, readings) if isinstance(instrument, ReadsBeside) else readings


def whole_restarts(planned: Planned, material: Material, bench: Bench, store: Store) -> Iterator[list[Response]]:
    """The responses of each restart that is in the store; none where the bench takes one trial at a time."""
    if isinstance(bench, Offers):
        for part in restarts(planned, material, bench):
            found = [one for one in store.responses([asking.key for asking in part]) if one is not None]
            if len(found) == len(part):
                yield found


def firsts(planned: Planned, material: Material, bench: Bench, store: Store) -> list[Response]:
    """The first response of each restart that is in the store; none where the bench takes one trial at a time."""
    if not isinstance(bench, Offers):
        return []
    keys = [part[0].key for part in restarts(planned, material, bench)]
    return [response for response in store.responses(keys) if response is not None]


async def readings_of(
    planned: Planned, store: Store, instrument: Instrument, pairs: Sequence[tuple[Asking, Response]]
) -> list[Reading]:
    """One reading for each trial with its response; those of an instrument that asks, from the answers in the store.

    An instrument that waits for others (``waits = True``: it runs programs) reads many at once and bounds them itself.
    """
    if isinstance(instrument, Asks):
        return heard(planned, store, instrument, pairs)
    if getattr(instrument, "waits", False):
        return list(await asyncio.gather(*[reading_of(asking, response, instrument) for asking, response in pairs]))
    return [await reading_of(asking, response, instrument) for asking, response in pairs]


async def reading_of(asking: Asking, response: Response, instrument: Instrument) -> Reading:
    """One reading; a trial that got no answer is not read, its reason is kept."""
    if response.status in ("ok", "refused"):
        return await instrument.read(asking.trial.item, response)
    return Reading(status=response.status, note=response.note)
