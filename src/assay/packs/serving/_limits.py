"""Limits on the times of a request: what makes it good."""

from assay.packs.serving._columns import MS, Columns, first_text_ns, last_text_ns, tokens
from assay.vocabulary.observation import Reading
from assay.vocabulary.record import Record


class Limits(Record, kw_only=True):
    """The most that a good request takes, in milliseconds; None sets no limit. All that are set must be met.

    Attributes:
        ttft_ms: time to first token, from the schedule where there is one.
        tpot_ms: time per output token; an answer of one token has none, and meets it.
        itl_ms: longest gap between events with text.
        e2e_ms: end to end, from the schedule where there is one.
    """

    ttft_ms: float | None = None
    tpot_ms: float | None = None
    itl_ms: float | None = None
    e2e_ms: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [getattr(self, name) for name in self.__struct_fields__ if getattr(self, name) is not None]
        if not given or min(given) <= 0:
            raise ValueError("at least one of ttft_ms, tpot_ms, itl_ms, e2e_ms, each in milliseconds above 0")


def kept(found: Columns, place: int, limits: Limits) -> Reading:
    """Whether a request of the steady part met its limits."""
    one, response = found.timed[place], found.responses[place]
    assert one is not None
    if response.status != "ok":
        return Reading(value=0.0, note=response.note)
    if one.unresolved:
        return Reading(status="instrument_failed", note="timing.unresolved")
    first, last = first_text_ns(one), last_text_ns(one)
    since = one.written if one.scheduled is None else one.scheduled
    if first is None or last is None or since is None:
        return Reading(value=0.0, note="serving.no_text")
    taken = {"ttft_ms": (first - since) / MS, "e2e_ms": (last - since) / MS,
             "itl_ms": max(one.text[1:], default=0) / MS,
             "tpot_ms": (last - first) / MS / (tokens(one) - 1) if tokens(one) > 1 else 0.0}  # fmt: skip
    missed = [name for name, value in taken.items()
              if (most := getattr(limits, name)) is not None and value > most]  # fmt: skip
    return Reading(value=0.0, note=f"serving.missed: {', '.join(missed)}") if missed else Reading(value=1.0)
