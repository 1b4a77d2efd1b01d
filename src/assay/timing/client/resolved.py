"""Which stamps of a run may be relied upon.

With kernel stamps, a worker that was held up loses nothing but the order within one read: events that came together
bear the stamp of the last. An event is unresolved where it shares a read with the text before or after it and its
worker was held up meanwhile; an event that the server itself sent together with another one is not. What ends an answer
(finish, usage, ``[DONE]``) does not count: servers send it with the last text, and one that sends it later has that
text's stamp told late by as much. Without kernel stamps, every event read during or at the end of a stall is
unresolved. Where the hypervisor took processors away, or the wall clock stepped (kernel stamps only), all are.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from assay.timing.client.offered import KINDS, Events, Offered, Window

_AT_ONCE_NS: Final = 100_000
"""A request handed over within this was not held up between its stamp and the system."""

_ENDS: Final = tuple(KINDS.index(kind) for kind in ("finish", "usage", "done"))

Mask = npt.NDArray[np.bool_]


class Stretches:
    """Windows of a run, ready to be asked."""

    def __init__(self, windows: Iterable[Window]) -> None:
        windows = tuple(windows)
        self._of = {why: _merged([(one.from_ns, one.to_ns) for one in windows if one.why == why])
                    for why in ("stall", "steal", "clock_step")}  # fmt: skip

    def within(self, why: str, stamps: npt.NDArray[np.int64]) -> Mask:
        """Which stamps lie in a window of this kind; shape as ``stamps``."""
        starts, ends = self._of[why]
        if not len(starts):
            return np.zeros(len(stamps), dtype=np.bool_)
        at = np.searchsorted(starts, stamps, side="right") - 1
        return np.asarray((at >= 0) & (stamps <= ends[np.maximum(at, 0)]), dtype=np.bool_)


def _merged(pairs: list[tuple[int, int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    starts, ends = list[int](), list[int]()
    for start, end in sorted(pairs):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)


def unresolved(events: Events, stretches: Stretches) -> Mask:
    """Which events have a stamp that must not be relied upon; shape (events,)."""
    held = stretches.within("stall", events.user_ns)
    stolen = stretches.within("steal", events.user_ns)
    if events.kernel_ns is None:
        return held | stolen
    together = events.shared.copy()
    ends = np.isin(events.kind, _ENDS)
    together[:-1] |= events.shared[1:] & ~ends[1:]
    return (held & together) | stolen | stretches.within("clock_step", events.user_ns)


def first_text(one: Offered, stretches: Stretches) -> bool:
    """Whether the time to first token of a request may be relied upon: its write and its first text."""
    if one.events is None or one.written_ns is None:
        return False
    text = np.flatnonzero(one.events.of("text"))
    if not len(text):
        return False
    took_ns = (one.sent_ns or one.written_ns) - one.written_ns
    held = took_ns > _AT_ONCE_NS and stretches.within("stall", np.array([one.written_ns], dtype=np.int64)).any()
    return not held and not bool(unresolved(one.events, stretches)[text[0]])
