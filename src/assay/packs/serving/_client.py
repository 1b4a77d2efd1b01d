"""The client's own error in a measured time, as the calibrations of the restarts have it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from assay.packs.serving._record import restart_in
from assay.timing.calibration.calibrate import TimingCertificate, TimingLine
from assay.timing.calibration.deviation import Quantity, Statistic
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Record

NORMAL: Final = 1.959963984540054


class Client(Record, kw_only=True):
    """What is corrected, and what is left of it; milliseconds.

    Attributes:
        bias_ms: mean error of the client, which is taken off.
        half_ms: half the interval of that error at 95 %, the widest of the restarts: their errors have one cause.
        certificates: digests of the calibrations.
        restarts: how many there were.
        refused: how many of them may not be relied upon.
        known: whether any calibration says something of this quantity.
        stationary: whether the load was meant to stay the same; else only whole restarts are repetitions of each other.
    """

    bias_ms: float = 0.0
    half_ms: float = 0.0
    certificates: tuple[str, ...] = ()
    restarts: int = 0
    refused: int = 0
    known: bool = False
    stationary: bool = True

    @property
    def u_ms(self) -> float:
        """Standard uncertainty."""
        return self.half_ms / NORMAL


def settled(estimator: PartUse, firsts: Sequence[Response], quantity: Quantity | None, p: float | None) -> PartUse:
    """The estimator with the client's error of a mean (p None) or of a quantile."""
    found = [restart for one in firsts if (restart := restart_in(one)) is not None]
    sound = [restart.certificate for restart in found if not restart.refused and restart.certificate is not None]
    lines = [line for one in sound if quantity is not None and (line := _line(one, quantity, p)) is not None]
    client = Client(
        bias_ms=sum(line.bias for line in lines) / len(lines) if lines else 0.0,
        half_ms=max((line.half for line in lines), default=0.0),
        certificates=tuple(digest(msgspec.to_builtins(one)) for one in sound),
        restarts=len(found), refused=sum(bool(restart.refused) for restart in found), known=bool(lines),
        stationary=all(restart.stationary for restart in found),
    )  # fmt: skip
    told = msgspec.json.decode(msgspec.json.encode(client))  # as it will be read in the report
    return PartUse(part=estimator.part, settings={**estimator.settings, "client": told})


def _line(made: TimingCertificate, quantity: Quantity, p: float | None) -> TimingLine | None:
    name: Statistic = "mean" if p is None else "p50" if p <= 0.5 else "p90" if p <= 0.9 else "p99"
    try:
        return made.line(quantity, name)
    except BadInput:
        return None


