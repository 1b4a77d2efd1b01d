"""An exponential tail: what the many requests above a low threshold say of a high quantile.

A queue's waiting times fall off exponentially, so that the mean excess over the threshold is the same wherever the
threshold lies. p99 of 20,000 requests at high load rests on three or four pile-ups; the excesses over p80 rest on all
of them. Where the mean excess changes with the threshold the model is contradicted. Requests that failed lie above all
others; the tail is that of the rest.

Source: mean excess (residual life): Davison and Smith 1990; exponential tails of queues: Asmussen 2003, Applied
Probability and Queues, chapter X (both recalled).
"""

from collections.abc import Sequence
from math import ceil, log, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.queueing.dependence import dependent, factors

Floats = npt.NDArray[np.float64]

THRESHOLDS: Final = (0.8, 0.9, 0.95)
"""Shares of the requests below the threshold; the first that the data do not contradict is taken."""

_HIGHER: Final = 4
"""The mean excess is compared with that of a quarter of the excesses, the largest."""

_LONGEST: Final = 1e300
"""Stands in for infinity where a difference is taken that is not used."""

_RISK: Final = 0.0002
"""Of calling an exponential tail contradicted on one side."""

SKEWNESS: Final = 3.0
"""γ / 6 of the logarithm of a mean excess over p80, found by simulating queues."""


class Tail(NamedTuple):
    """A quantile by the model.

    Attributes:
        value: the quantile.
        share: of the requests below the threshold.
        influence: for each restart what each request adds to ``value``, mean 0 over all; the unit of the latencies.
    """

    value: float
    share: float
    influence: list[Floats]


def tail(runs: Sequence[Floats], p: float) -> tuple[Tail | None, bool]:
    """A quantile by the lowest threshold that the data do not contradict.

    Args:
        runs: latencies of each restart in the order of the requests; infinite for one that failed.
        p: which quantile; above the first of ``THRESHOLDS``.
    Returns:
        The quantile by the model, None if the data contradict it at every threshold below p, or half of the requests
        above p failed; and whether they contradicted it at the lowest threshold.
    """
    everything = np.sort(np.concatenate(runs))
    failed = float(np.isinf(everything).mean())
    contradicted = False
    if failed > (1 - p) / 2:
        return None, False
    for share in THRESHOLDS:
        if share >= p:
            break
        threshold, excess = mean_excess(everything, share)
        if excess <= 0 or _contradicted(runs, everything, share):
            contradicted = True
            continue
        over, rest = 1 - share - failed, 1 - p - failed
        span = log(over / rest)
        parts = [
            excess * (((run > threshold) - (1 - share)) / over + span * part + (1 / rest - 1 / over) * (lost - failed))
            for run, lost, part in zip(
                runs, (np.isinf(run) for run in runs), _parts(runs, threshold, excess, over), strict=True
            )
        ]
        return Tail(threshold + excess * span, share, parts), contradicted
    return None, contradicted


def mean_excess(ordered: Floats, share: float) -> tuple[float, float]:
    """The empirical quantile ``share`` of sorted latencies, and how far those above it lie above it on the average.

    Failures count for the quantile and not for the average, which is 0 where there is none.
    """
    rank = ceil(share * len(ordered))
    threshold = float(ordered[rank - 1])
    beyond = ordered[rank:]
    beyond = beyond[np.isfinite(beyond)]
    return threshold, float(beyond.mean()) - threshold if len(beyond) else 0.0


def _parts(runs: Sequence[Floats], threshold: float, excess: float, over: float) -> list[Floats]:
    """Influence of each request on the logarithm of the mean excess; the threshold's own scatter does not enter.

    ``over`` is the share of the requests that lie above the threshold and did not fail.
    """
    return [
        np.where((run > threshold) & np.isfinite(run), (np.minimum(run, _LONGEST) - threshold) / excess - 1, 0.0) / over
        for run in runs
    ]


def _contradicted(runs: Sequence[Floats], ordered: Floats, share: float) -> bool:
    failed = float(np.isinf(ordered).mean())
    higher = 1 - (1 - share) / _HIGHER
    low, high = mean_excess(ordered, share), mean_excess(ordered, higher)
    if high[1] <= 0:
        return True
    parts = [
        above - below
        for above, below in zip(
            _parts(runs, *high, 1 - higher - failed), _parts(runs, *low, 1 - share - failed), strict=True
        )
    ]
    found = dependent(parts)
    if found.variance <= 0:
        return True
    longer, shorter = factors(found, _RISK, SKEWNESS)
    off = log(high[1] / low[1]) / sqrt(found.variance)
    return off > longer or off < -shorter
