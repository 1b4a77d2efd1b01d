"""Two servers: the difference or the ratio of a quantile, a mean or a share, from the intervals of each.

The interval of each side is not symmetric, and neither is that of the difference: each end takes from either server the
end that leads there. Where both got the same schedule, slow spells of one come with slow spells of the other; what is
common cancels, by the correlation of their batches.

Source: Zou and Donner 2008, Statistics in Medicine 27, 1693 (the method of variance estimates recovery); for ratios on
the logarithmic scale: Newcombe 2013, Confidence Intervals, section 7.3 (both recalled).
"""

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, same_length, within
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]

BATCHES: Final = 20


class Ends(NamedTuple):
    """An estimate with its interval, all in one unit."""

    value: float
    low: float
    high: float


def difference(first: Ends, second: Ends, correlation: float = 0.0) -> Ends:
    """First minus second.

    Args:
        first: of one server.
        second: of the other, at the same level.
        correlation: of the errors of both; 0 for runs of their own.

    >>> [round(x, 3) for x in difference(Ends(5.0, 4.0, 7.0), Ends(3.0, 2.0, 6.0))]
    [2.0, -1.162, 4.236]
    """
    within("comparison", "correlation", correlation, "-1 to 1", -1 <= correlation <= 1)
    value = first.value - second.value
    below = _joined(first.value - first.low, second.high - second.value, correlation)
    above = _joined(first.high - first.value, second.value - second.low, correlation)
    return Ends(value, value - below, value + above)


def ratio(first: Ends, second: Ends, correlation: float = 0.0) -> Ends:
    """First by second.

    Raises:
        BadInput: an end is not above 0, or the correlation is out of range.

    >>> [round(x, 3) for x in ratio(Ends(4.0, 2.0, 8.0), Ends(2.0, 1.0, 4.0))]
    [2.0, 0.75, 5.33]
    """
    for one in (first, second):
        within("comparison", "lower end", one.low, "above 0 for a ratio", one.low > 0)
    logs = [Ends(*(log(end) for end in one)) for one in (first, second)]
    found = difference(logs[0], logs[1], correlation)
    return Ends(*(exp(end) for end in found))


def _joined(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one * one + other * other - 2 * correlation * one * other))


def shared(first: Sequence[Floats], second: Sequence[Floats]) -> float:
    """Correlation of what two servers made of one schedule, from means of batches that both share.

    The lower end of its 95 % interval is taken, and nothing below 0: a correlation that is believed in too much would
    make the difference look sharper than it is.

    Args:
        first: for each restart one number a request, in the order of the schedule: whether it lies above the
            quantile (0 or 1) for a quantile, the latency for a mean.
        second: the same for the other server, with the same restarts and requests.
    Raises:
        BadInput: restarts or lengths that differ, or fewer than 20 requests in one.
    Source: Fisher's transformation (recalled).
    """
    if len(first) != len(second) or not first:
        raise BadInput("numbers.length", where="comparison", lengths=f"{len(first)}, {len(second)}")
    means: list[Floats] = []
    for pair in zip(first, second, strict=True):
        same_length("comparison", *pair)
        at_least("comparison", "requests of each restart", len(pair[0]), BATCHES)
        size = len(pair[0]) // BATCHES
        batches = np.stack([one[: size * BATCHES].reshape(BATCHES, size).mean(axis=1) for one in pair])
        means.append(batches - batches.mean(axis=1, keepdims=True))
    one, other = np.concatenate(means, axis=1)
    spread = float(one @ one) * float(other @ other)
    if spread <= 0:
        return 0.0
    found = min(max(float(one @ other) / sqrt(spread), -0.9999), 0.9999)
    free = len(one) - len(first) - 2
    return max(0.0, float(np.tanh(np.arctanh(found) - 1.96 / sqrt(free))))
