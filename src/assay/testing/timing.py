"""How well the load client knows its own error: ``python -m assay.testing.timing [--runs N] [--rate R]...``.

Short runs against the reference server, each between two calibrations at the same load. A run's own times to first
token are known from the server's log, so that it can be said whether the corrected interval contains the truth.
Calibrations are shared by neighbouring runs. Nothing is simulated: the machine decides, and refusals are counted.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from assay.timing.calibration.calibrate import Load, TimingCertificate, calibrated, joined
from assay.timing.calibration.deviation import Statistic
from assay.timing.client.asked import How
from assay.timing.reference.serving import serving

LOADS: Final = {
    400: Load(concurrency=8, chunks_per_s=400, chunks=16, seconds=1.0),
    6400: Load(concurrency=32, chunks_per_s=6400, seconds=1.0),
    16000: Load(concurrency=64, chunks_per_s=16000, seconds=1.0),
}
"""Chunks in a second to the load that makes them; the first token comes after 100 ms."""

STATISTICS: Final[tuple[Statistic, ...]] = ("mean", "p99")


class Run(NamedTuple):
    """One run between two calibrations: why it was refused; errors raw and left after correction, and whether covered.

    The last three are by statistic, in milliseconds; empty where the run was refused.
    """

    refused: tuple[str, ...]
    rate: float
    raw: dict[str, float]
    left: dict[str, float]
    covered: dict[str, bool]


def runs(load: Load, count: int, how: How | None = None) -> Iterator[Run]:
    """So many runs at a load."""
    with serving(load.script) as served:
        before = calibrated(load, how, served)
        for _ in range(count):
            run, after = calibrated(load, how, served), calibrated(load, how, served)
            yield judged(run, joined([before, after]))
            before = after


def judged(run: TimingCertificate, certificate: TimingCertificate) -> Run:
    """Hold a run, whose truth is known, against the certificate that it would be corrected by."""
    refused = tuple(dict.fromkeys([*certificate.refused, *(code for code in run.refused if code != "error")]))
    if refused:
        return Run(refused, run.chunks_per_s, {}, {}, {})
    raw, left, covered = dict[str, float](), dict[str, float](), dict[str, bool]()
    for name in STATISTICS:
        error = run.line("ttft", name).error
        found = certificate.corrected(error, "ttft", name)
        raw[name], left[name], covered[name] = error, found.value, found.low <= 0 <= found.high
    return Run((), run.chunks_per_s, raw, left, covered)


def row(rate: int, found: list[Run]) -> str:
    """A line of the table."""
    had = [one for one in found if not one.refused]
    why = Counter(code for one in found for code in one.refused)
    told = ", ".join(f"{code} {times}" for code, times in why.most_common()) or "–"
    rate_had = float(np.mean([one.rate for one in found]))
    cells = [f"{rate:,}", f"{rate_had:,.0f}", str(len(found)), f"{len(found) - len(had)}", told]
    if not had:
        return f"| {' | '.join([*cells, *['–'] * 6])} |"
    for name in STATISTICS:
        raw = np.abs([one.raw[name] for one in had])
        cells += [f"{raw.mean():.3f}", f"{raw.max():.3f}", f"{sum(one.covered[name] for one in had)} / {len(had)}"]
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if an interval contains the truth in less than nine of ten runs that were not refused."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.timing", description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=100, help="at each rate (default: 100)")
    parser.add_argument("--rate", type=int, action="append", choices=list(LOADS), help="chunks/s; may be repeated")
    parser.add_argument("--workers", type=int, default=1, help="processes of the client (default: 1)")
    args = parser.parse_args(arguments)
    print("| chunks/s planned | had | runs | refused | why | mean TTFT: mean error, ms | greatest | interval holds "
          "| p99 TTFT: mean error, ms | greatest | interval holds |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    good = True
    for rate in args.rate or LOADS:
        found = list(runs(LOADS[rate], args.runs, How(workers=args.workers)))
        print(row(rate, found), flush=True)
        had = [one for one in found if not one.refused]
        good &= all(sum(one.covered[name] for one in had) >= 0.9 * len(had) for name in STATISTICS)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
