"""The wall clock, by which the kernel stamps, watched beside the monotonic clock during a run."""

from typing import Final

from assay.timing.clock import STEP_NS, Distance, distance, now_ns

_EVERY_NS: Final = 500_000_000


class WallClock:
    """The wall clock watched beside the monotonic one.

    Attributes:
        first: their distance at the beginning.
        moved_ns: how far the distance moved in all.
        u_ns: half the width of the widest measurement of it.
        steps: stretches in which it stepped.
    """

    def __init__(self) -> None:
        self.first: Distance = distance()
        self._last, self._at_ns = self.first, now_ns()
        self.moved_ns = 0
        self.u_ns = self.first.u_ns
        self.steps: list[tuple[int, int]] = []

    def look(self, at_ns: int) -> None:
        """Measure it again if it was not for a while."""
        if at_ns - self._at_ns < _EVERY_NS:
            return
        found = distance()
        if found.u_ns < STEP_NS:  # else we were held up while looking
            self.moved_ns = found.ns - self.first.ns
            self.u_ns = max(self.u_ns, found.u_ns)
            if abs(found.ns - self._last.ns) > STEP_NS + found.u_ns + self._last.u_ns:
                self.steps.append((self._at_ns, at_ns))
            self._last, self._at_ns = found, at_ns
