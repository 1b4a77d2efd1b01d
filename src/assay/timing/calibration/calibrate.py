"""The load client calibrated: how wrong its own stamps are at a load, and what that does to a value measured there.

The reference server is measured at the planned load; each part of that run (a batch) gives the error of a mean or
quantile. Their mean is the bias, and their scatter is how far the error of another run may be from it: runs at least as
long as a batch err no more than batches do. Parts follow each other in time, so what drifts within a calibration is in
the scatter; what drifts between calibration and run is seen where one is made before the run and one after it, joined.

Half the interval is the wider of Student's t times s √(1 + 1/B), for the next batch, and the greatest distance of a
batch from the bias: scheduling errors have long tails, for which t alone is too narrow. Added is half the width within
which the truth itself is not known: a request or a text is there at some moment between the stamps taken before and
after it was handed to the system, and of these widths the same statistic is taken.

Source: JCGM 100:2008, 4.3.7 and annex G.3 (rectangular distribution; t) (recalled); prediction of a further
observation: any text on regression (recalled). The rule of a third: test uncertainty ratio of 3:1 (recalled).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.timing.calibration.deviation import (
    QUANTITIES,
    STATISTICS,
    Deviations,
    Quantity,
    Statistic,
    compared,
    statistic,
)
from assay.timing.client.asked import SECOND, How, Request
from assay.timing.client.offer import offer
from assay.timing.client.offered import Conditions, Offered
from assay.timing.reference.script import Script
from assay.timing.reference.serving import MODEL, Served, serving
from assay.uncertainty.coverage import coverage_factor
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Record

LEVEL: Final = 0.95
THIRD: Final = 3.0
MOST_UNRESOLVED: Final = 0.2
"""Greatest share of requests whose stamps may not be relied upon."""

LEAST_RATE: Final = 0.8
"""Least share of the planned rate at which a calibration speaks of it."""

_LEAST_IN_BATCH: Final = 4
_LEAST_BATCHES: Final = 3


class Load(Record, kw_only=True):
    """A load at which a client is calibrated.

    Attributes:
        concurrency: streams at a time.
        chunks_per_s: events with text, of all streams, in a second.
        chunk_bytes: least size of an event.
        chunks: of one answer.
        ttft_ms: of the reference server.
        ttft_cv: its coefficient of variation.
        seconds: how long one calibration lasts.
        batches: parts of it.
        tolerance_ms: error of a mean that could be borne.
        tail_tolerance_ms: error of a quantile that could be borne.
        judged: the quantities by whose errors the client is accepted.
    """

    concurrency: int = 32
    chunks_per_s: float = 6400.0
    chunk_bytes: int = 0
    chunks: int = 64
    ttft_ms: float = 100.0
    ttft_cv: float = 0.0
    seconds: float = 3.0
    batches: int = 10
    tolerance_ms: float = 3.0
    tail_tolerance_ms: float = 15.0
    judged: tuple[Quantity, ...] = ("ttft",)

    def check(self) -> None:
        """Refuse a load that cannot be made.

        Raises:
            BadInput: ``load.setting``, ``load.rate``.
        """
        least = {"concurrency": 1, "chunks": 2, "batches": 3, "chunks_per_s": 1e-3, "seconds": 0.1, "ttft_ms": 0,
                 "tolerance_ms": 1e-6, "tail_tolerance_ms": 1e-6}  # fmt: skip
        for name, low in least.items():
            if getattr(self, name) < low:
                raise BadInput("load.setting", key=name, got=getattr(self, name), expected=f"{low:g} or more")
        if self._gap_ms() <= 0:
            most = self.concurrency * self.chunks / self.ttft_ms * 1000
            raise BadInput("load.rate", rate=f"{self.chunks_per_s:g}", concurrency=self.concurrency,
                           chunks=self.chunks, ttft_ms=f"{self.ttft_ms:g}", most=f"{most:.0f}")  # fmt: skip

    def _gap_ms(self) -> float:
        return (1000 * self.concurrency * self.chunks / self.chunks_per_s - self.ttft_ms) / (self.chunks - 1)

    @property
    def script(self) -> Script:
        """What the reference server answers, so that this many streams make this rate."""
        return Script(ttft_ms=self.ttft_ms, gap_ms=self._gap_ms(), chunks=self.chunks, ttft_cv=self.ttft_cv,
                      chunk_bytes=self.chunk_bytes)  # fmt: skip

    @property
    def count(self) -> int:
        """Number of requests of one calibration: whole rounds of all streams, and enough for its batches."""
        rounds = max(1, round(self.seconds * self.chunks_per_s / self.chunks / self.concurrency))
        return max(rounds * self.concurrency, self.batches * _LEAST_IN_BATCH)


class TimingLine(Record, kw_only=True):
    """The client's error of one statistic of one quantity; milliseconds.

    Attributes:
        quantity: ``ttft``, ``itl``, ``e2e``.
        statistic: ``mean``, ``p50``, ``p90``, ``p99``.
        errors: of each batch, measured − true; of those that had a value to be relied upon, at least half of all.
        error: of the whole calibration.
        true: the statistic of what the server did.
        bracket: half the width within which the truth itself is not known.
    """

    quantity: Quantity
    statistic: Statistic
    errors: tuple[float, ...]
    error: float
    true: float
    bracket: float

    @property
    def bias(self) -> float:
        """Mean error of the batches."""
        return float(np.mean(self.errors))

    @property
    def half(self) -> float:
        """Half the interval of the error of another run, about the bias, at 95 %."""
        spread = np.array(self.errors) - self.bias
        count = len(spread)
        if count < 2:
            raise BadInput("load.setting", key="batches", got=count, expected="2 or more")
        deviation = float(np.std(self.errors, ddof=1))
        student = coverage_factor(LEVEL, count - 1) * deviation * float(np.sqrt(1 + 1 / count))
        return max(student, float(np.abs(spread).max())) + self.bracket

    @property
    def bound(self) -> float:
        """The greatest error to be reckoned with where nothing is corrected."""
        return float(abs(self.bias) + self.half)


class Corrected(NamedTuple):
    """A value measured, corrected for the client's bias, with the interval of the client's own error."""

    value: float
    low: float
    high: float


class TimingCertificate(Record, kw_only=True):
    """What the client's stamps are worth at a load.

    Attributes:
        load: the load planned.
        lines: errors; of those that could be compared.
        chunks_per_s: the rate that there was.
        requests: number of requests that were compared.
        failed: number of those that failed.
        unresolved: share of requests whose time to first token may not be relied upon; they are left out.
        behind_p99_ms: how late the server was in the slowest hundredth of requests: part of the truth, no error.
        conditions: under which the stamps were taken; several where certificates were joined.
        refused: why it may not be relied upon; empty if it may: ``error``, ``unresolved``, ``rate``, ``few``, and what
            made a run invalid.
    """

    load: Load
    lines: tuple[TimingLine, ...]
    chunks_per_s: float
    requests: int
    failed: int
    unresolved: float
    behind_p99_ms: float
    conditions: tuple[Conditions, ...]
    refused: tuple[str, ...]

    def line(self, quantity: Quantity, name: Statistic) -> TimingLine:
        """The errors of one statistic.

        Raises:
            BadInput: ``load.no_line``.
        """
        for line in self.lines:
            if (line.quantity, line.statistic) == (quantity, name):
                return line
        raise BadInput("load.no_line", quantity=quantity, statistic=name)

    def corrected(self, value_ms: float, quantity: Quantity, name: Statistic) -> Corrected:
        """A value of another run at this load, corrected; the interval holds the client's error and nothing else.

        Raises:
            BadInput: ``load.no_line``; ``load.refused`` where the certificate may not be relied upon.
        """
        if self.refused:
            raise BadInput("load.refused", reasons=", ".join(self.refused))
        line = self.line(quantity, name)
        value = value_ms - line.bias
        return Corrected(value, value - line.half, value + line.half)


def body(chunks: int | None = None) -> bytes:
    """A request that the reference server answers by its usual script."""
    tree: dict[str, object] = {"model": MODEL, "stream": True, "stream_options": {"include_usage": True},
                               "messages": [{"role": "user", "content": "time"}]}  # fmt: skip
    return msgspec.json.encode(tree | ({} if chunks is None else {"max_tokens": chunks}))


def calibrated(load: Load, how: How | None = None, served: Served | None = None) -> TimingCertificate:
    """Measure the reference server at a load.

    Args:
        load: the load; before a run and after it, the same.
        how: how requests are sent, as in the run; its ``concurrency`` is the load's.
        served: a reference server that is running; by default one is started.
    Raises:
        BadInput: ``load.*``: a load or settings that make no sense.
    """
    load.check()
    if served is None:
        with serving(load.script) as own:
            return calibrated(load, how, own)
    served.forget()
    offered, conditions = offered_at(load, how, served)
    return certified(load, compared(offered, served.truth(), conditions.windows), conditions)


def offered_at(load: Load, how: How | None, served: Served) -> tuple[list[Offered], Conditions]:
    """A run at a load against the reference server."""
    how = msgspec.structs.replace(how or How(), concurrency=load.concurrency)
    how = msgspec.structs.replace(how, connections=max(how.connections, load.concurrency))
    asked = msgspec.json.decode(body(load.chunks))
    asked["timing"] = msgspec.to_builtins(load.script)
    return offer(served.target, [Request(body=msgspec.json.encode(asked))] * load.count, how)


def certified(load: Load, found: Deviations, conditions: Conditions) -> TimingCertificate:
    """A certificate from requests compared with their truth."""
    sent = sum(row.itl.shape[1] + 1 for row in found.rows)
    lines = [line for quantity in QUANTITIES for line in _lines(found, quantity, load.batches)]
    return judged(TimingCertificate(
        load=load, lines=tuple(lines), chunks_per_s=sent * SECOND / max(1, conditions.end_ns - conditions.start_ns),
        requests=len(found.rows), failed=found.failed, unresolved=found.unresolved("ttft"),
        behind_p99_ms=float(np.quantile([row.behind for row in found.rows], 0.99)) if found.rows else 0.0,
        conditions=(conditions,), refused=(),
    ))  # fmt: skip


def joined(parts: Sequence[TimingCertificate]) -> TimingCertificate:
    """Calibrations of one load made at several times (before a run, after it): their batches together.

    Raises:
        BadInput: ``load.joined``: none, or of different loads.
    """
    if not parts or any(part.load != parts[0].load for part in parts):
        raise BadInput("load.joined")
    keys = [(line.quantity, line.statistic) for line in parts[0].lines]
    lines = []
    for key in keys:
        same = [line for part in parts for line in part.lines if (line.quantity, line.statistic) == key]
        lines.append(TimingLine(
            quantity=key[0], statistic=key[1], errors=tuple(error for line in same for error in line.errors),
            error=float(np.mean([line.error for line in same])), true=float(np.mean([line.true for line in same])),
            bracket=max(line.bracket for line in same),
        ))  # fmt: skip
    refused = tuple(dict.fromkeys(code for part in parts for code in part.refused if code != "error"))
    return judged(TimingCertificate(
        load=parts[0].load, lines=tuple(lines), chunks_per_s=float(np.mean([part.chunks_per_s for part in parts])),
        requests=sum(part.requests for part in parts), failed=sum(part.failed for part in parts),
        unresolved=max(part.unresolved for part in parts), behind_p99_ms=max(part.behind_p99_ms for part in parts),
        conditions=tuple(one for part in parts for one in part.conditions), refused=refused,
    ))  # fmt: skip


def judged(made: TimingCertificate) -> TimingCertificate:
    """The certificate with every reason why it may not be relied upon."""
    load, found = made.load, {(line.quantity, line.statistic): line for line in made.lines}
    wanted = [(quantity, name, load.tolerance_ms if name == "mean" else load.tail_tolerance_ms)
              for quantity in load.judged for name in ("mean", "p99")]  # fmt: skip
    reasons = {
        "few": any((quantity, name) not in found for quantity, name, _ in wanted),
        "error": any(line.bound > most / THIRD for quantity, name, most in wanted
                     if (line := found.get((quantity, name)))),  # type: ignore[arg-type]
        "unresolved": made.unresolved > MOST_UNRESOLVED,
        "rate": made.chunks_per_s < LEAST_RATE * load.chunks_per_s,
    }  # fmt: skip
    reasons |= {code: True for one in made.conditions for code in one.invalid}
    refused = (*made.refused, *(code for code, holds in reasons.items() if holds))
    return msgspec.structs.replace(made, refused=tuple(dict.fromkeys(refused)))


def _lines(found: Deviations, quantity: Quantity, count: int) -> list[TimingLine]:
    parts = [part for batch in found.batches(count) if len((part := batch.values(quantity))[0])]
    if len(parts) < max(_LEAST_BATCHES, count / 2):
        return []
    measured, true = found.values(quantity)
    widths = np.array([row.gap_width if quantity == "itl" else row.width for row in found.rows])
    return [TimingLine(
        quantity=quantity, statistic=name, bracket=statistic(widths, name) / 2,
        error=statistic(measured, name) - statistic(true, name), true=statistic(true, name),
        errors=tuple(statistic(ours, name) - statistic(theirs, name) for ours, theirs in parts),
    ) for name in STATISTICS]  # fmt: skip
