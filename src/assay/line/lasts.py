"""How long restarts take: as planned, and once some were made, as those did."""

import time
from collections.abc import Sequence

from assay.vocabulary.observation import Trial
from assay.vocabulary.protocols import Bench
from assay.vocabulary.record import Json
from assay.vocabulary.whole import Loads


class Lasts:
    """What is known of the time that restarts take, one after another.

    Args:
        planned: seconds of each that is to be made; None where that is not known.
    """

    def __init__(self, planned: list[float | None]) -> None:
        self._planned = planned
        self._made: list[float] = []
        self._began_s = 0.0

    def begin(self) -> None:
        """The next one begins."""
        self._began_s = time.monotonic()

    def end(self) -> None:
        """It has ended."""
        self._made.append(time.monotonic() - self._began_s)

    def left_s(self) -> float | None:
        """About how many seconds are left of the one under way and of those after it."""
        mean = sum(self._made) / len(self._made) if self._made else None
        still = [planned if mean is None else mean for planned in self._planned[len(self._made) :]]
        known = [one for one in still if one is not None]
        if len(known) < len(still):
            return None
        return max(0.0, known[0] - (time.monotonic() - self._began_s)) + sum(known[1:])


def lasting(bench: Bench, trials: Sequence[Trial], stimuli: Sequence[Json]) -> float | None:
    """About how many seconds a restart takes, by its schedule; None where that is not known."""
    if not isinstance(bench, Loads):
        return None
    found = bench.lasting(trials, stimuli)
    return None if found.schedule_s is None else found.schedule_s + found.beside_s
