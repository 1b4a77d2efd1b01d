"""The client's error: what it says of each request of the reference server, less what the server did."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.timing.client.asked import MS
from assay.timing.client.chunks import times
from assay.timing.client.offered import Offered, Window
from assay.timing.client.resolved import Stretches, first_text, unresolved
from assay.timing.reference.frames import number_of
from assay.timing.reference.serving import Truth

Floats = npt.NDArray[np.float64]
Quantity = Literal["ttft", "itl", "e2e"]
Statistic = Literal["mean", "p50", "p90", "p99"]

QUANTITIES: Final[tuple[Quantity, ...]] = ("ttft", "itl", "e2e")
STATISTICS: Final[tuple[Statistic, ...]] = ("mean", "p50", "p90", "p99")


class Compared(NamedTuple):
    """One request beside its truth, in milliseconds. ``None``: not to be relied upon, or there is none.

    Attributes:
        at_ns: when it was written.
        ttft: measured and true.
        e2e: measured and true.
        itl: gaps measured and true, shape (2, gaps): those between events that may both be relied upon.
        width: of the moments at which the request and its first text were there: each is known only to lie between
            the stamp before it was handed to the system and the one after.
        gap_width: the same of a text, on average.
        behind: how much later than due the server was, at most.
    """

    at_ns: int
    ttft: tuple[float, float] | None
    e2e: tuple[float, float] | None
    itl: Floats
    width: float
    gap_width: float
    behind: float


class Deviations(NamedTuple):
    """All requests that could be compared, in the order in which they were written.

    Attributes:
        rows: one for each.
        failed: requests that did not end well, or whose truth is not known.
    """

    rows: list[Compared]
    failed: int

    def unresolved(self, quantity: Quantity) -> float:
        """Share of the rows whose value of a quantity may not be relied upon; of gaps: rows without any."""
        if not self.rows:
            return 1.0
        lost = [row.itl.shape[1] == 0 if quantity == "itl" else getattr(row, quantity) is None for row in self.rows]
        return float(sum(lost) / len(self.rows))

    def values(self, quantity: Quantity) -> tuple[Floats, Floats]:
        """Measured and true values that may be relied upon, in milliseconds; each of shape (n,)."""
        if quantity == "itl":
            joined = np.concatenate([row.itl for row in self.rows], axis=1) if self.rows else np.zeros((2, 0))
            return joined[0], joined[1]
        pairs = [pair for row in self.rows if (pair := row.ttft if quantity == "ttft" else row.e2e) is not None]
        both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return both[:, 0], both[:, 1]

    def batches(self, count: int) -> list["Deviations"]:
        """So many parts of about equal size, one after another in time."""
        edges = np.linspace(0, len(self.rows), count + 1).astype(int)
        return [Deviations(self.rows[a:b], 0) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def compared(offered: Iterable[Offered], truth: Mapping[int, Truth], windows: Sequence[Window]) -> Deviations:
    """Each request of the reference server beside what the server did."""
    stretches = Stretches(windows)
    rows, failed = list[Compared](), 0
    for one in offered:
        number = number_of(one.answer_id)
        known = truth.get(number) if number is not None else None
        row = None if known is None or one.status != "ok" else _row(one, known, stretches)
        if row is None:
            failed += 1
        else:
            rows.append(row)
    return Deviations(sorted(rows, key=lambda row: row.at_ns), failed)


def _row(one: Offered, known: Truth, stretches: Stretches) -> Compared | None:
    found = times(one)
    if one.events is None or found.ttft_ns is None or found.e2e_ns is None or one.written_ns is None:
        return None
    text = one.events.of("text")
    sound = ~unresolved(one.events, stretches)[text]
    if len(sound) != len(known.before_ns) or not known.clean:
        return None
    begun = first_text(one, stretches)
    both = sound[1:] & sound[:-1]
    return Compared(
        one.written_ns,
        (found.ttft_ns / MS, known.ttft_ns / MS) if begun else None,
        (found.e2e_ns / MS, known.e2e_ns / MS) if begun and bool(sound[-1]) else None,
        np.stack([found.itl_ns[both], known.itl_ns[both]]) / MS,
        ((one.sent_ns or one.written_ns) - one.written_ns + int(known.after_ns[0] - known.before_ns[0])) / MS,
        float((known.after_ns - known.before_ns).mean()) / MS, float((known.before_ns - known.due_ns).max()) / MS,
    )  # fmt: skip


def statistic(values: Floats, name: Statistic) -> float:
    """A mean, or a quantile as the least value that so many percent do not exceed."""
    if name == "mean":
        return float(np.mean(values))
    return float(np.quantile(values, int(name[1:]) / 100, method="inverted_cdf"))
