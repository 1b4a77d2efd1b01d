"""Where a load run is in its steady state: after the start, before the drain, and only if the queue does not grow.

*Begin.* MSER-5 on the number of requests in progress and on the rate of answers: the part left out at the start is the
one that makes the standard error of the rest smallest; the later of the two is taken.

*End.* The last arrival: what follows is the drain.

A change in the second half of a run is not looked for.

*Overload.* If the number in progress kept growing (``overload.py``), there is no steady state, and a quantile has no
value however long one waits.

Source: White 1997, Simulation 69, 323 (MSER); White, Cobb and Spratt 2000 (MSER-5) (both recalled).
"""

from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, same_length
from assay.uncertainty.queueing.overload import growth, overloaded
from assay.vocabulary.errors import BadInput
from assay.vocabulary.whole import Growth

Floats = npt.NDArray[np.float64]
Reason = Literal["steady.overload", "steady.late"]

LEAST: Final = 100
"""Requests below which nothing is said."""

_WINDOWS: Final = 500
_BATCH: Final = 5
_ROUNDING: Final = 1e-10
"""Scatter by the sum of squares that is nothing but rounding."""

_EARLY: Final = 0.1
"""Share of the run that the test of growth leaves out, at least: a start that fills the server is no overload."""

_FILLED: Final = 3
"""Times that a request takes at the start (the median of that share) after which a server is full enough."""


class Steady(NamedTuple):
    """The steady part of one run; times in seconds from the start of the run.

    Attributes:
        begin_s: where it begins; None if it was never reached.
        end_s: the last arrival.
        growth: of the requests in progress, after the start.
        reason: why it was never reached: ``steady.overload`` (the queue grows), or ``steady.late`` (what is best left
            out is half of the run or more).
    """

    begin_s: float | None
    end_s: float
    growth: Growth
    reason: Reason | None


def steady(sent_s: npt.ArrayLike, ended_s: npt.ArrayLike, planned_per_s: float | None = None) -> Steady:
    """Find the steady part of a run.

    Args:
        sent_s: when each request was sent, in seconds from 0 on; shape (n,).
        ended_s: when its last chunk or its failure came; infinite if it never ended; shape (n,).
        planned_per_s: requests a second that the schedule was drawn for; None where there was no such rate.
    Raises:
        BadInput: fewer than 100 requests, lengths that differ, no number, or a request that ended before it was sent.
    """
    sent, ended = np.asarray(sent_s, dtype=np.float64), np.asarray(ended_s, dtype=np.float64)
    same_length("steady", sent, ended)
    at_least("steady", "requests", len(sent), LEAST)
    bad = int((~np.isfinite(sent) | (sent < 0) | np.isnan(ended) | (ended < sent)).sum())
    if bad or sent.max() <= 0:
        raise BadInput("steady.times", n=bad or len(sent))
    end_s = float(sent.max())
    edges = np.linspace(0.0, end_s, _WINDOWS + 1)
    inside = in_progress(sent, ended, edges)
    answers = np.histogram(ended[ended <= end_s], edges)[0].astype(np.float64)
    found = _growth(sent, ended, edges, planned_per_s)
    if overloaded([found]):
        return Steady(None, end_s, found, "steady.overload")
    cut = max(mser(_batched(inside)), mser(_batched(answers)))
    if 2 * cut * _BATCH >= _WINDOWS:
        return Steady(None, end_s, found, "steady.late")
    return Steady(float(edges[cut * _BATCH]), end_s, found, None)


def in_progress(sent: Floats, ended: Floats, edges: Floats) -> Floats:
    """Mean number of requests in progress between successive times; shape (edges − 1,)."""
    area = _waited(sent, edges) - _waited(ended[np.isfinite(ended)], edges)
    found: Floats = np.diff(area) / np.diff(edges)
    return found


def _waited(events: Floats, at: Floats) -> Floats:
    """Σ (t − event) over the events before each time t."""
    ordered = np.sort(events)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    count = np.searchsorted(ordered, at, side="right")
    found: Floats = count * at - sums[count]
    return found


def mser(x: Floats) -> int:
    """How many of the first readings to leave out: the number that makes Σ (xᵢ − mean)² / m² of the other m smallest.

    At most half of the readings are left out.

    >>> mser(np.array([9.0, 5.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]))
    2
    """
    left = len(x) - np.arange(len(x))
    sums, squares = np.cumsum(x[::-1])[::-1], np.cumsum((x**2)[::-1])[::-1]
    scatter = squares - sums**2 / left
    statistic = np.where(scatter > _ROUNDING * squares, scatter, 0.0) / left**2
    return int(np.argmin(statistic[: len(x) // 2 + 1]))


def _batched(x: Floats) -> Floats:
    found: Floats = x[: len(x) // _BATCH * _BATCH].reshape(-1, _BATCH).mean(axis=1)
    return found


def _growth(sent: Floats, ended: Floats, edges: Floats, planned_per_s: float | None) -> Growth:
    """What is said of the windows after the start; of a run too short to fill the server, without what was planned."""
    window, last = edges[1] - edges[0], edges[-1]
    took = float(np.median((ended - sent)[sent <= max(_EARLY * last, sent.min())]))
    filled = _FILLED * took / window
    first = int(np.clip(filled, _EARLY * _WINDOWS, _WINDOWS // 2))
    present = np.searchsorted(np.sort(sent), edges, side="right") - np.searchsorted(np.sort(ended), edges, side="right")
    answers = np.histogram(ended[ended <= last], edges[first:])[0].astype(np.float64)
    planned = None if planned_per_s is None or 3 * filled > _WINDOWS else planned_per_s * float(window)
    return growth(np.diff(present[first:]).astype(np.float64), answers, planned)
