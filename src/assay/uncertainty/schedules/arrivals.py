"""Schedules of arrivals: absolute times in nanoseconds, made before the run from a seed.

Nothing is binned or rescaled: a random process offers its own number of requests a second, and the schedule says which.

Source: gamma gaps and MMPP: Law 2015, Simulation Modeling and Analysis, chapter 8; Fischer and Meier-Hellstern 1993,
Performance Evaluation 18, 149 (both recalled).
"""

import hashlib
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from assay.uncertainty.checked import at_least, finite, within
from assay.uncertainty.schedules.profile import Profile
from assay.vocabulary.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Kind = Literal["constant", "poisson", "gamma", "mmpp", "profile", "replay"]

MOST: Final = 50_000_000
"""Arrivals of one schedule: 400 MB."""

_NS: Final = 1_000_000_000
_LONGEST_S: Final = 2.0**53 / _NS
"""Times up to which a nanosecond is not lost in a double: 104 days."""


class Schedule(NamedTuple):
    """When requests are to be sent.

    Attributes:
        at_ns: times from the start of the run, never falling, in nanoseconds; shape (n,).
        kind: how they were made.
        seed: of the generator; None where nothing is random.
        digest: SHA-256 of the times as little-endian 64-bit integers, in hexadecimal.
    """

    at_ns: Ints
    kind: Kind
    seed: int | None
    digest: str

    @property
    def rate(self) -> float:
        """Realised requests per second between the first and the last."""
        span = int(self.at_ns[-1] - self.at_ns[0])
        return (len(self.at_ns) - 1) * _NS / span


def constant(rate: float, n: int) -> Schedule:
    """Equal gaps.

    Args:
        rate: requests per second.
        n: number of requests, 2 or more.
    Raises:
        BadInput: a rate or number out of range.

    >>> constant(3.0, 4).at_ns.tolist()
    [0, 333333333, 666666667, 1000000000]
    """
    _asked(rate, n)
    return _schedule(np.arange(n) / rate, "constant", None)


def poisson(rate: float, n: int, seed: int) -> Schedule:
    """Independent exponential gaps; arguments as for ``gamma``."""
    _asked(rate, n)
    gaps = np.random.default_rng(seed).exponential(1 / rate, n)
    return _schedule(np.cumsum(gaps), "poisson", seed)


def gamma(rate: float, cv: float, n: int, seed: int) -> Schedule:
    """Independent gamma gaps.

    Args:
        rate: requests per second, on the average.
        cv: standard deviation of the gaps by their mean; 1 is Poisson, more is bursty.
        n: number of requests, 2 or more.
        seed: of the generator.
    Raises:
        BadInput: a rate, cv or number out of range.
    """
    _asked(rate, n)
    within("arrivals", "cv", cv, "0 < cv <= 100", 0 < cv <= 100)
    gaps = np.random.default_rng(seed).gamma(cv**-2, cv**2 / rate, n)
    return _schedule(np.cumsum(gaps), "gamma", seed)


def mmpp(states: Sequence[tuple[float, float]], n: int, seed: int) -> Schedule:
    """A Poisson process whose rate is that of a state; states follow each other in turn, for exponential times.

    It starts as if it had always run.

    Args:
        states: rate in requests per second and mean time in seconds of each.
        n: number of requests, 2 or more.
        seed: of the generator.
    Raises:
        BadInput: a rate or time out of range, or no state with a rate above 0.
    """
    table = np.array(states, dtype=np.float64).reshape(-1, 2)
    finite("arrivals", table)
    if len(table) < 1 or (table[:, 0] < 0).any() or (table[:, 1] <= 0).any() or not (table[:, 0] > 0).any():
        raise BadInput("arrivals.states", got=str([tuple(row) for row in table.tolist()]))
    mean_rate = float((table[:, 0] * table[:, 1]).sum() / table[:, 1].sum())
    _asked(mean_rate, n)
    rng = np.random.default_rng(seed)
    wanted = np.cumsum(rng.exponential(1.0, n))
    state = int(rng.choice(len(table), p=table[:, 1] / table[:, 1].sum()))
    cycles = max(8, int(1.2 * n / (mean_rate * table[:, 1].sum())))
    at_s, sums = [np.zeros(1)], [np.zeros(1)]
    while sums[-1][-1] < wanted[-1]:
        visited = (state + np.arange(cycles * len(table))) % len(table)
        spent = rng.exponential(table[visited, 1])
        at_s.append(at_s[-1][-1] + np.cumsum(spent))
        sums.append(sums[-1][-1] + np.cumsum(spent * table[visited, 0]))
    times = np.interp(wanted, np.concatenate(sums), np.concatenate(at_s))
    return _schedule(times, "mmpp", seed)


def varying(rate: Profile, seed: int, cv: float = 1.0) -> Schedule:
    """Arrivals at a rate that changes in time, by a change of the time of a unit-rate process.

    Args:
        rate: over time.
        seed: of the generator.
        cv: of the gaps before the change of time; 1 is an inhomogeneous Poisson process.
    Raises:
        BadInput: cv out of range, or fewer than two or too many arrivals.
    """
    within("arrivals", "cv", cv, "0 < cv <= 100", 0 < cv <= 100)
    expected = rate.expected
    within("arrivals", "requests expected", expected, f"at most {MOST}", expected <= MOST)
    rng = np.random.default_rng(seed)
    clock = np.zeros(0)
    last = 0.0
    while last <= expected:
        more = last + np.cumsum(rng.gamma(cv**-2, cv**2, max(64, int(1.1 * (expected - last)))))
        clock, last = np.concatenate([clock, more]), float(more[-1])
    at_s = rate.inverse(clock[clock <= expected])
    at_least("arrivals", "requests", len(at_s), 2)
    return _schedule(at_s, "profile", seed)


def replay(at_s: npt.ArrayLike) -> Schedule:
    """The times of a trace, in seconds; the first request starts the run.

    Raises:
        BadInput: fewer than two times, a time that is no number, or time going back.
    """
    times = np.asarray(at_s, dtype=np.float64)
    finite("arrivals", times)
    at_least("arrivals", "requests", len(times), 2)
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        row = int(back[0]) + 1
        raise BadInput("arrivals.back", row=row + 1, first=f"{times[row - 1]:g}", second=f"{times[row]:g}")
    return _schedule(times - times[0], "replay", None)


def first(schedule: Schedule, n: int) -> Schedule:
    """The first arrivals of a schedule, as they are.

    Args:
        schedule: any.
        n: how many, 2 or more.
    Raises:
        BadInput: fewer than two, more than there are, or all at one time.

    >>> first(constant(2.0, 10), 3).at_ns.tolist()
    [0, 500000000, 1000000000]
    """
    within("arrivals", "requests", n, f"2 to {len(schedule.at_ns)}", 2 <= n <= len(schedule.at_ns))
    return _kept(schedule.at_ns[:n], schedule.kind, schedule.seed)


def _asked(rate: float, n: int) -> None:
    within("arrivals", "rate", rate, "above 0, at most 1e9", 0 < rate <= _NS)
    within("arrivals", "requests", n, f"2 to {MOST}", 2 <= n <= MOST)


def _schedule(at_s: Floats, kind: Kind, seed: int | None) -> Schedule:
    last = float(at_s[-1])
    within("arrivals", "last time in seconds", last, f"at most {_LONGEST_S:.3g}", last <= _LONGEST_S)
    return _kept(np.rint(at_s * _NS).astype(np.int64), kind, seed)


def _kept(at_ns: Ints, kind: Kind, seed: int | None) -> Schedule:
    if at_ns[-1] <= at_ns[0]:
        raise BadInput("arrivals.no_length", n=len(at_ns))
    return Schedule(at_ns, kind, seed, hashlib.sha256(at_ns.astype("<i8").tobytes()).hexdigest())
