"""How much a server delivers a second, slot by slot of the steady part."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Final, Literal

import numpy as np

from assay.packs.serving._client import settled
from assay.packs.serving._columns import NS, Columns, Floats, columns, tokens
from assay.packs.serving._limits import Limits, kept
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.protocols import Asks, Instrument

_SLOTS: Final = 100
_LEAST_SLOTS: Final = 40
_IN_A_SLOT: Final = 5
"""Requests of a slot, so that one is seldom empty."""


@dataclass(frozen=True)
class Throughput:
    """Reads what was delivered in each of forty to a hundred equal slots of the steady part, by the length of a slot.

    The steady part is cut into slots; each reading stands beside a request of that part, the first slot's beside the
    first, and the other requests are not applicable. Tokens count when they came, requests when they were complete.
    Above what the server can do there is no steady part: the second half of the time of sending is taken, and said.

    Attributes:
        of: ``requests``: answers a second; ``output_tokens``: tokens a second; ``good_requests``, ``good_tokens``:
            those of requests that met all limits; requests whose times may not be relied upon count as good as
            often as the others are. ``right_requests``: successful tasks, by the reader; those that also met all
            limits, where limits are set. A slot with an answer that the reader could not read is a lost reading.
        limits: what a good request takes at most.
        reader: instrument that reads 1 from an answer that is right, 0 from others; for ``right_requests``.
    """

    of: Literal["requests", "output_tokens", "good_requests", "good_tokens", "right_requests"] = "requests"
    limits: Limits | None = None
    reader: Instrument | None = None

    @property
    def version(self) -> int:
        """Its own, and that of the reader."""
        return 1 if self.reader is None else 1 + 100 * self.reader.version

    @property
    def needs_reference(self) -> bool:
        """Whether the reader does."""
        return self.reader is not None and self.reader.needs_reference

    def check(self, item: Item) -> str:
        """Any request can be counted; good ones need limits, right ones a reader of 0 and 1 that can read the item."""
        if self.of.startswith("good") and self.limits is None:
            return "limits are needed to tell good requests"
        if (self.of == "right_requests") != (self.reader is not None):
            return "right_requests, and nothing else, needs a reader"
        if self.reader is None:
            return ""
        if isinstance(self.reader, Asks) or not getattr(self.reader, "binary", False):
            return "the reader must read 0 or 1, and ask nobody"
        return self.reader.check(item)

    async def read(self, item: Item, response: Response) -> Reading:
        """One request by itself delivers nothing a second."""
        return self.read_whole([item], [response])[0]

    def read_whole(self, items: Sequence[Item], responses: Sequence[Response]) -> list[Reading]:
        """A reading beside as many requests as there are slots."""
        return self.read_beside(items, responses, ())

    def read_beside(
        self, items: Sequence[Item], responses: Sequence[Response], readings: Sequence[Reading]
    ) -> list[Reading]:
        """The same; what the reader read decides which requests are right."""
        found = columns(responses)
        if found is None:
            return [Reading(status="instrument_failed", note="timing.no_restart")] * len(responses)
        outside = Reading(status="not_applicable", note=found.unsteady or "serving.no_slot")
        if found.restart.refused:
            refused = found.left_out(0)
            assert refused is not None
            return [refused] * len(responses)
        begin, end = _window(found)
        sent = found.sent_s
        inside = np.flatnonzero((sent >= begin) & (sent <= end))
        carriers = inside[: min(_SLOTS, max(_LEAST_SLOTS, len(inside) // _IN_A_SLOT))]
        made = [outside] * len(responses)
        if len(carriers) < 2 or end <= begin:
            return made
        amounts = self._delivered(found, np.linspace(begin, end, len(carriers) + 1), readings)
        for place, value in zip(carriers.tolist(), (amounts * len(carriers) / (end - begin)).tolist(), strict=True):
            lost = Reading(status="instrument_failed", note="serving.unread")
            made[place] = lost if isnan(value) else Reading(value=value, note=found.unsteady)
        return made

    def settled(self, estimator: PartUse, firsts: Sequence[Response]) -> PartUse:
        """The estimator with the restarts' account; an error of milliseconds hardly moves an amount between slots."""
        return settled(estimator, firsts, None, None)

    def _delivered(self, found: Columns, edges: Floats, readings: Sequence[Reading]) -> Floats:
        """What was delivered between successive times, not a number where that is not known; shape (slots,)."""
        times, amounts = [np.zeros(0)], [np.zeros(0)]
        good = {place: kept(found, place, self.limits).value for place, one in enumerate(found.timed)
                if self.limits is not None and self.of.startswith(("good", "right")) and one is not None}  # fmt: skip
        judged = [value for value in good.values() if value is not None]
        share = sum(judged) / len(judged) if judged else 0.0
        for place, (one, response) in enumerate(zip(found.timed, found.responses, strict=True)):
            worth = 1.0 if not good else share if (value := good.get(place)) is None else value
            if one is None or response.status != "ok" or one.closed is None or not worth:
                continue
            if readings:
                right = readings[place].value
                worth *= nan if right is None else right
            if self.of.endswith("requests") or not one.text:
                times.append(np.array([one.closed / NS]))
                amounts.append(np.array([worth * (1 if self.of.endswith("requests") else tokens(one))]))
            else:
                times.append(np.cumsum(one.text) / NS)
                amounts.append(np.full(len(one.text), worth * tokens(one) / len(one.text)))
        when, amount = np.concatenate(times), np.concatenate(amounts)
        unknown = np.isnan(amount)
        delivered: Floats = np.histogram(when[~unknown], edges, weights=amount[~unknown])[0]
        return np.where(np.histogram(when[unknown], edges)[0] > 0, nan, delivered)


def _window(found: Columns) -> tuple[float, float]:
    sent = found.sent_s
    known = sent[np.isfinite(sent)]
    end = min(found.end_s, float(known.max())) if len(known) else 0.0
    return (end / 2, end) if found.unsteady else (found.begin_s, end)
