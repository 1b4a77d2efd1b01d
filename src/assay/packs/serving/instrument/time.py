"""One of the times of a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from assay.packs.serving._client import settled
from assay.packs.serving._columns import MS, Columns, columns, first_text_ns, last_text_ns, tokens
from assay.packs.serving._record import Timed
from assay.timing.calibration.deviation import Quantity
from assay.vocabulary.material import Item
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.procedure import PartUse

Of = Literal["ttft", "ttft_scheduled", "itl", "itl_longest", "tpot", "e2e", "e2e_scheduled", "client_lag", "wait",
             "prefill", "decode"]  # fmt: skip

_ERROR_OF: Final[dict[str, Quantity]] = {
    "ttft": "ttft", "ttft_scheduled": "ttft", "wait": "ttft", "itl": "itl", "itl_longest": "itl", "tpot": "itl",
    "decode": "e2e", "e2e": "e2e", "e2e_scheduled": "e2e",
}  # fmt: skip
"""Which error of the client a time has; what the server states about itself has none."""

_OF_SCHEDULE: Final = ("ttft_scheduled", "e2e_scheduled", "client_lag")
_STATED: Final = ("prefill", "wait")


@dataclass(frozen=True)
class Time:
    """Reads a time of each request, in milliseconds; requests outside of the steady part are not applicable.

    Attributes:
        of: ``ttft``: from the moment before the first byte was written to the first text; ``ttft_scheduled``: from
            the schedule; ``itl``: mean gap between events with text; ``itl_longest``: the longest of these gaps;
            ``tpot``: from the first text to the last, by tokens less one; ``e2e``, ``e2e_scheduled``: to the last
            text; ``client_lag``: from the schedule to the write; ``prefill``: as the server states it; ``wait``: time
            to first token less that; ``decode``: from the first text to the last.
    """

    of: Of = "ttft"

    version = 1
    needs_reference = False

    def check(self, item: Item) -> str:
        """Any request can be timed."""
        return ""

    async def read(self, item: Item, response: Response) -> Reading:
        """One request by itself."""
        return self.read_whole([item], [response])[0]

    def read_whole(self, items: Sequence[Item], responses: Sequence[Response]) -> list[Reading]:
        """A time for each request, or why there is none; one that failed has the status of its response."""
        found = columns(responses)
        if found is None:
            return [Reading(status="instrument_failed", note="timing.no_restart")] * len(responses)
        return [self._reading(found, place) for place in range(len(responses))]

    def settled(self, estimator: PartUse, firsts: Sequence[Response]) -> PartUse:
        """The estimator with the client's error of this time."""
        return settled(estimator, firsts, _ERROR_OF.get(self.of), estimator.settings.get("p"))

    def _reading(self, found: Columns, place: int) -> Reading:
        left = found.left_out(place)
        if left is not None:
            return left
        one, response = found.timed[place], found.responses[place]
        assert one is not None
        if self.of in _OF_SCHEDULE and one.scheduled is None:
            return Reading(status="not_applicable", note="serving.no_schedule")
        if response.status != "ok":  # a failed request states nothing about itself
            none = self.of in _STATED
            return Reading(status="not_applicable" if none else response.status, note=response.note)
        value = self._value(one)
        if isinstance(value, str):
            return Reading(status="not_applicable", note=value)
        if one.unresolved:
            return Reading(status="instrument_failed", note="timing.unresolved")
        return Reading(value=value / MS)

    def _value(self, one: Timed) -> float | str:
        first, last, since = first_text_ns(one), last_text_ns(one), one.written
        if self.of in _OF_SCHEDULE and since is not None and one.scheduled is not None:
            if self.of == "client_lag":
                return float(since - one.scheduled)
            since = one.scheduled
        if one.whole and self.of in ("e2e", "e2e_scheduled") and last is not None and since is not None:
            return float(last - since)
        if first is None or last is None or since is None:
            return "serving.no_text"
        prefill = one.served.get("prompt_ms")
        match self.of:
            case "ttft" | "ttft_scheduled":
                return float(first - since)
            case "e2e" | "e2e_scheduled":
                return float(last - since)
            case "decode":
                return float(last - first)
            case "tpot":
                return (last - first) / (tokens(one) - 1) if tokens(one) > 1 < len(one.text) else "serving.one_token"
            case "itl" | "itl_longest":
                gaps = np.array(one.text[1:], dtype=np.float64)
                if not len(gaps):
                    return "serving.one_token"
                return float(gaps.mean() if self.of == "itl" else gaps.max())
            case _:
                if prefill is None:
                    return "serving.not_stated"
                return prefill * MS if self.of == "prefill" else max(0.0, first - since - prefill * MS)
