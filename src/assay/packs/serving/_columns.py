"""A restart as columns: what instruments make their readings from. Times in seconds or milliseconds, as named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.packs.serving._record import Restart, Timed, restart_in, timed_in
from assay.uncertainty.queueing.steady import steady
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Reading, Response
from assay.vocabulary.whole import Growth

Floats = npt.NDArray[np.float64]

NS: Final = 1e9
MS: Final = 1e6
LEAST_FOR_STEADY: Final = 100
"""Requests below which no steady part is looked for."""


@dataclass(frozen=True, eq=False)
class Columns:
    """All requests of a restart, in the order of the schedule.

    Attributes:
        restart: what belongs to all of them.
        timed: times of each; None where there are none.
        responses: as they are kept.
        begin_s: where the steady part begins.
        end_s: where it ends: the last sending.
        unsteady: code of the reason why there is no steady part; empty if there is one.
        growth: of the requests in progress; None where no steady part was sought.
    """

    restart: Restart
    timed: tuple[Timed | None, ...]
    responses: tuple[Response, ...]
    begin_s: float
    end_s: float
    unsteady: str
    growth: Growth | None = None

    @property
    def sent_s(self) -> Floats:
        """When each was due, or was issued where it had no time of its own; infinite if never; shape (n,)."""
        return np.array([_sent(one) for one in self.timed])

    @property
    def ended_s(self) -> Floats:
        """When each was answered or had failed; infinite if never; shape (n,)."""
        return np.array([np.inf if one is None or one.closed is None else one.closed / NS for one in self.timed])

    def left_out(self, place: int) -> Reading | None:
        """Why a request gives no reading of any time; None if it may."""
        response, one = self.responses[place], self.timed[place]
        if self.restart.refused:
            return Reading(status="instrument_failed", note=f"timing.refused: {', '.join(self.restart.refused)}")
        if one is None or response.status in ("instrument_failed", "not_run"):
            return Reading(status="instrument_failed", note=response.note or "timing.no_times")
        if self.unsteady:
            return Reading(status="not_applicable", note=self.unsteady)
        if not self.begin_s <= _sent(one) <= self.end_s:
            return Reading(status="not_applicable", note="steady.outside")
        return None


def _sent(one: Timed | None) -> float:
    if one is None:
        return np.inf
    stamp = one.scheduled if one.scheduled is not None else one.issued
    return np.inf if stamp is None else stamp / NS


def columns(responses: Sequence[Response]) -> Columns | None:
    """A restart as columns; None where the first response does not say what belongs to all."""
    restart = restart_in(responses[0]) if responses else None
    if restart is None:
        return None
    timed = tuple(timed_in(one) for one in responses)
    whole = Columns(restart, timed, tuple(responses), 0.0, np.inf, "")
    if not restart.stationary or len(timed) < LEAST_FOR_STEADY:
        return whole
    sent = whole.sent_s
    known = np.isfinite(sent)
    try:
        found = steady(sent[known], np.maximum(whole.ended_s[known], sent[known]), _planned_per_s(restart))
    except BadInput:  # fewer requests than it takes, or times that say nothing
        return whole
    begin = 0.0 if found.begin_s is None else found.begin_s
    return Columns(restart, timed, tuple(responses), begin, found.end_s, found.reason or "", found.growth)


def _planned_per_s(restart: Restart) -> float | None:
    """Requests a second that the schedule was drawn for; None where it had no such rate."""
    asked = restart.schedule.get("rate_asked")
    return float(asked) if isinstance(asked, int | float) and not isinstance(asked, bool) and asked > 0 else None


def first_text_ns(one: Timed) -> int | None:
    """When the first text came."""
    return one.text[0] if one.text else None


def last_text_ns(one: Timed) -> int | None:
    """When the last text came; of an answer without any, when it was complete."""
    return sum(one.text) if one.text else one.closed


def tokens(one: Timed) -> int:
    """Tokens put out: the server's count, else the number of events with text."""
    return len(one.text) if one.completion_tokens is None else one.completion_tokens
