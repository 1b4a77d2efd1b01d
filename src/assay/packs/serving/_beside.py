"""What is read beside a run: the energy that this machine takes, and the server's own metrics."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from assay.packs.serving._record import Spent
from assay.timing.beside.energy import Energy, Meter, Metering, metered
from assay.timing.beside.scrape import scraping
from assay.timing.client.asked import Target
from assay.vocabulary.errors import CannotMeasure
from assay.vocabulary.record import Json

_IDLE_S: Final = 2.0


@dataclass
class Seen:
    """What was read; complete once the run is over.

    Attributes:
        energy: what the machine took, idle and during the run; None where no meter was asked.
        server: what the server's metrics said; None where they were not asked for.
        span_ns: when the load began and ended, for the one who carries it out to say: pilots may last longer.
    """

    energy: Spent | None = None
    server: dict[str, Json] | None = None
    span_ns: tuple[int, int] | None = None


@dataclass(frozen=True)
class Beside:
    """What is to be read beside a run.

    Attributes:
        meter: of energy; None for none.
        metrics: page of the server's metrics; None for none.
        idle_s: length of the stretch without requests whose energy is taken beforehand, in seconds.
    """

    meter: Meter | None = None
    metrics: Target | None = None
    idle_s: float = _IDLE_S

    def idle(self) -> Energy | None:
        """What the machine takes while nothing is sent; None without a meter, or where a counter was lost."""
        if self.meter is None:
            return None
        try:
            with metered(self.meter) as metering:
                time.sleep(self.idle_s)
            return metering.seen()
        except CannotMeasure:
            return None

    @contextmanager
    def watching(self, idle: Energy | None) -> Iterator[Seen]:
        """Read while the block lasts.

        Args:
            idle: what was taken before, kept beside what is taken now.
        Raises:
            BadInput: metrics that cannot be read: ``part.extra``, ``load.url``, ``load.header``.
        """
        seen, metering = Seen(), None
        with ExitStack() as stack:
            scraper = None if self.metrics is None else stack.enter_context(scraping(self.metrics))
            if self.meter is not None:
                seen.energy = Spent(idle=idle)
                try:
                    metering = stack.enter_context(metered(self.meter))
                except CannotMeasure:
                    metering = None
            yield seen
        if metering is not None:
            seen.energy = Spent(run=_taken(metering), idle=idle)
        if scraper is not None:
            seen.server = msgspec.to_builtins(scraper.seen(seen.span_ns))


def _taken(metering: Metering) -> Energy | None:
    try:
        return metering.seen()
    except CannotMeasure:
        return None
