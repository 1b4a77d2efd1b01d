"""How many units a run takes that ends once a limit is decided: exactly, for independent 0/1 readings."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from assay.uncertainty.stopping.betting import Floats, Units, log_capital


class Until(NamedTuple):
    """Units until a decision.

    Attributes:
        mean: expected number, runs that never decide counting with all that there are.
        nine_in_ten: number that suffices with a probability of 0.9; None where more than one run in ten never decides.
        undecided: probability that nothing is decided with all that there are.
    """

    mean: float
    nine_in_ten: int | None
    undecided: float


def until_decided(score: float, limit: float, risk: float, looks: Sequence[int]) -> Until:
    """How many units a run takes until the betting evidence decides on a limit, either way.

    Between two looks the number of ones is binomial; runs that have decided leave. Nothing is simulated.

    Args:
        score: true probability of a one, 0 to 1.
        limit: what is decided against, a fraction, above 0 and below 1.
        risk: above 0 and below 1; see ``betting.outcome``.
        looks: numbers of units after which the run is looked at, growing.
    Source: absorbing Markov chain on the number of ones (recalled).

    >>> until_decided(0.95, 0.5, 0.05, [10, 20]).nine_in_ten
    20
    """
    still = np.ones(1)  # probability of each number of ones, of runs that go on
    mean, seen, nine, passed = 0.0, 0, None, 0.0
    for n in looks:
        more = n - seen
        still = np.convolve(still, binom.pmf(np.arange(more + 1), more, score))
        low, high = _undecided(n, limit, risk)
        going = np.zeros_like(still)
        going[low:high] = still[low:high]
        left = float(still.sum() - going.sum())
        mean, passed, seen, still = mean + n * left, passed + left, n, going
        if nine is None and passed >= 0.9:
            nine = n
    undecided = float(still.sum())
    return Until(mean + seen * undecided, nine, undecided)


def _undecided(n: int, limit: float, risk: float) -> tuple[int, int]:
    """The numbers of ones in n that decide nothing: from the first up to before the second."""
    needed = -float(np.log(risk))

    def capital(ones: int, above: bool) -> float:
        read: Floats = np.repeat([1.0, 0.0], [ones, n - ones])
        return log_capital(Units(read, np.ones(n), 1.0), limit, above=above)

    high = _first(n, lambda ones: capital(ones, True) >= needed)
    low = _first(n, lambda ones: capital(ones, False) < needed)
    return low, max(low, high)


def _first(n: int, holds: Callable[[int], bool]) -> int:
    """The first of 0 to n from which on something holds; n + 1 where it does for none."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
