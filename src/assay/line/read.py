"""Read: from responses to readings, one channel at a time."""

from collections.abc import AsyncIterator
from itertools import islice

from assay.line.observe import Asking, askings
from assay.line.plan import Planned
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import Channel
from assay.vocabulary.protocols import Bench, Instrument, ReadRow, Store


def reading_digest(channel: Channel, instrument: Instrument) -> str:
    """Names the readings of a channel: its measurand, its instrument with settings, and the instrument's version."""
    return digest([channel.measurand, channel.instrument, instrument.version])


async def read(
    planned: Planned, material: Material, bench: Bench, store: Store, reading: tuple[Channel, Instrument]
) -> int:
    """Read every response of a run with one instrument, unless that was done before.

    Args:
        planned: the run; all its responses are in the store.
        material: its items.
        bench: renders the stimuli, which name the responses.
        store: where they are.
        reading: the channel and its instrument.
    Returns:
        The number of the channel in the store.
    """
    channel, instrument = reading
    name = reading_digest(channel, instrument)
    known = store.channel(planned.run, name)
    if known is not None:
        return known
    rows = _rows(planned, material, bench, store, instrument)
    return await store.keep_readings(planned.run, channel, name, rows)


async def _rows(
    planned: Planned, material: Material, bench: Bench, store: Store, instrument: Instrument
) -> AsyncIterator[list[ReadRow]]:
    all_askings = askings(planned, material, bench)
    while chunk := list(islice(all_askings, 2_000)):
        responses = store.responses([asking.key for asking in chunk])
        rows = []
        for asking, response in zip(chunk, responses, strict=True):
            if response is None:
                raise CannotMeasure("run.incomplete", name=planned.run, planned=planned.n_trials)
            rows.append(ReadRow(asking.trial, asking.key, await _reading(asking, response, instrument)))
        yield rows


async def _reading(asking: Asking, response: Response, instrument: Instrument) -> Reading:
    if response.status in ("ok", "refused"):
        return await instrument.read(asking.trial.item, response)
    return Reading(status=response.status, note=response.note)
