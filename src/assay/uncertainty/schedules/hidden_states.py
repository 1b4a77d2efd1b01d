"""Whether a schedule is that of a Poisson process whose rate follows hidden states.

Its gaps depend on each other, so that a test of their distribution alone has no known law. Given all arrivals before
it, the distribution of a gap is known: the probability of a gap as long, taken there, is uniform and independent of the
others if the schedule is what it should be.

Source: forward recursion of a Markov-modulated Poisson process: Fischer and Meier-Hellstern 1993, Performance
Evaluation 18, 149; transformation: Rosenblatt 1952, Ann. Math. Stat. 23, 470; matrix exponential by uniformisation with
squaring (all recalled).
"""

from collections.abc import Sequence
from math import ceil, log2, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import kolmogorov

from assay.uncertainty.schedules.arrivals import Schedule
from assay.uncertainty.schedules.offered import Fit

Floats = npt.NDArray[np.float64]

_NS: Final = 1e9
_TERMS: Final = 16  # of the series, whose argument is at most 1/2: what is left out is below 1e-19
_AT_ONCE: Final = 65_536  # gaps whose matrices are in memory together


def states_fit(schedule: Schedule, states: Sequence[tuple[float, float]]) -> Fit:
    """Test of the gaps, each given the arrivals before it, by the largest distance from the uniform distribution.

    Times are whole nanoseconds, which is not allowed for: rates far below 10^6 requests per second are meant.

    Args:
        schedule: of two requests or more, from time 0 of the process on.
        states: rate in requests per second and mean time in seconds of each, as for ``arrivals.mmpp``.
    """
    uniform = np.sort(_survivals(np.diff(schedule.at_ns, prepend=0) / _NS, np.array(states, dtype=np.float64)))
    n = len(uniform)
    ranks = np.arange(n + 1) / n
    distance = float(max((ranks[1:] - uniform).max(), (uniform - ranks[:-1]).max()))
    return Fit(distance, float(kolmogorov((sqrt(n) + 0.12 + 0.11 / sqrt(n)) * distance)))


def _survivals(gaps_s: Floats, states: Floats) -> Floats:
    """Probability of a gap at least as long, given what was before, shape (gaps,)."""
    rates, stay = states[:, 0], states[:, 1]
    k = len(rates)
    always = stay / stay.sum()
    leave = np.zeros((k, k)) if k == 1 else np.roll(np.diag(1 / stay), 1, axis=1) - np.diag(1 / stay)
    found = np.empty(len(gaps_s))
    state = always
    for begin in range(0, len(gaps_s), _AT_ONCE):
        part = gaps_s[begin : begin + _AT_ONCE]
        for place, silent in enumerate(_exponentials(leave - np.diag(rates), part), begin):
            still = state @ silent
            found[place] = still.sum()
            arrived = still * rates
            total = arrived.sum()
            state = arrived / total if total > 0 else always  # no such gap can be: its probability, 0, says so
    return np.clip(found, 0.0, 1.0)


def _exponentials(matrix: Floats, times_s: Floats) -> Floats:
    """Exponential of the matrix by each time, shape (times, k, k); no row of the matrix sums to more than 0."""
    fastest = float(-matrix.diagonal().min())
    k = len(matrix)
    steps = fastest * float(times_s.max())
    halvings = max(0, ceil(log2(2 * steps))) if steps > 0 else 0
    step = (fastest * times_s / 2.0**halvings)[:, None, None]
    jump = matrix / fastest + np.eye(k)
    term = np.broadcast_to(np.eye(k), (len(times_s), k, k))
    total = term.copy()
    for order in range(1, _TERMS + 1):
        term = term @ jump * (step / order)
        total += term
    total *= np.exp(-step)
    for _ in range(halvings):
        total = total @ total
    return total
