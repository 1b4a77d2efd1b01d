"""Queues whose latencies are known: simulated requests, and their true quantiles and means.

The mean service takes 1, so that the rate of arrivals is the load. One server, first come first served.

Source: M/M/1, GI/M/1 and M/G/1: Asmussen 2003, Applied Probability and Queues, chapters III, VIII and X; MMPP/M/1 by
the rate matrix: Neuts 1981, Matrix-Geometric Solutions, chapter 3 (both recalled).
"""

from functools import cache
from math import log, sqrt
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft
from scipy.special import gammaincc, ndtr

from assay.uncertainty.schedules.arrivals import mmpp

Floats = npt.NDArray[np.float64]
System = Literal["M/M/1", "H2/M/1", "MMPP/M/1", "M/lognormal/1", "M/bimodal/1", "independent"]

ALL_SYSTEMS: Final[tuple[System, ...]] = get_args(System)
EXPONENTIAL: Final[tuple[System, ...]] = ("M/M/1", "H2/M/1", "independent")
"""Where the time from arrival to departure is exponential."""

_CV2: Final = 4.0
"""Of the hyper-exponential gaps, with balanced means."""
_SHORT: Final = (1 + sqrt((_CV2 - 1) / (_CV2 + 1))) / 2
"""Share of the shorter gaps."""
_SWING: Final = 0.5
"""The MMPP's rates are 1.5 and 0.5 times their mean ..."""
_DWELL: Final = 12.0
"""... for 12 mean gaps each: the index of dispersion for counts tends to 4, as that of the hyper-exponential gaps."""
_MODES: Final = ((0.9, 0.5), (0.1, 5.5))
"""Share and mean of short and long services, lognormal with σ = 0.1."""
_WARM: Final = 5000
_STEP: Final = 1 / 64
_CELLS: Final = 2**18


def simulated(system: System, load: float, n: int, rng: np.random.Generator) -> Floats:
    """Times from arrival to departure of n successive requests in the steady state; shape (n,)."""
    if system == "independent":
        return rng.exponential(1.0, n)
    every = n + _WARM
    gaps, service = _gaps(system, load, every, rng), _service(system, every, rng)
    steps = np.concatenate([[0.0], np.cumsum(service[:-1] - gaps[1:])])
    found: Floats = (steps - np.minimum.accumulate(steps) + service)[_WARM:]
    return found


def _gaps(system: System, load: float, n: int, rng: np.random.Generator) -> Floats:
    if system == "MMPP/M/1":
        states = [(load * (1 + _SWING), _DWELL / load), (load * (1 - _SWING), _DWELL / load)]
        return np.diff(mmpp(states, n, int(rng.integers(2**62))).at_ns, prepend=0) / 1e9
    if system == "H2/M/1":
        short = rng.random(n) < _SHORT
        return rng.exponential(1.0, n) / np.where(short, 2 * _SHORT, 2 * (1 - _SHORT)) / load
    return rng.exponential(1 / load, n)


def _service(system: System, n: int, rng: np.random.Generator) -> Floats:
    if system == "M/lognormal/1":
        return rng.lognormal(-0.5, 1.0, n)
    if system == "M/bimodal/1":
        means = np.where(rng.random(n) < _MODES[0][0], _MODES[0][1], _MODES[1][1])
        return means * rng.lognormal(-0.005, 0.1, n)
    return rng.exponential(1.0, n)


@cache
def true_quantile(system: System, load: float, p: float) -> float:
    """The quantile p of the time from arrival to departure."""
    if system in EXPONENTIAL:
        return -log(1 - p) * true_mean(system, load)
    if system == "MMPP/M/1":
        waiting = _numbers(load)
        at_least = np.arange(1, len(waiting) + 1)
        low, high = 0.0, float(len(waiting))
        for _ in range(60):
            middle = (low + high) / 2
            above = float(waiting @ gammaincc(at_least, middle))
            low, high = (middle, high) if above > 1 - p else (low, middle)
        return (low + high) / 2
    below = np.cumsum(_mass(system, load))
    return float(np.interp(p, below, (np.arange(len(below)) + 0.5) * _STEP))


@cache
def true_mean(system: System, load: float) -> float:
    """The mean time from arrival to departure."""
    if system == "independent":
        return 1.0
    if system == "M/M/1":
        return 1 / (1 - load)
    if system == "H2/M/1":
        return 1 / (1 - _sigma(load))
    if system == "MMPP/M/1":
        waiting = _numbers(load)
        return float(waiting @ np.arange(1, len(waiting) + 1))
    second = np.exp(1.0) if system == "M/lognormal/1" else sum(q * m * m for q, m in _MODES) * np.exp(0.01)
    return 1 + load * float(second) / (2 * (1 - load))


def _sigma(load: float) -> float:
    """Probability that an arrival finds the server busy: σ = A*(1 − σ) with the transform A* of the gaps."""
    sigma = load
    for _ in range(20_000):
        parts = ((share, 2 * share * load) for share in (_SHORT, 1 - _SHORT))
        sigma = sum(share * rate / (rate + 1 - sigma) for share, rate in parts)
    return sigma


def _numbers(load: float) -> Floats:
    """Probability that an arrival finds k requests, from 0; shape (4000,)."""
    arrive = np.diag([load * (1 + _SWING), load * (1 - _SWING)])
    change = load / _DWELL * np.array([[-1.0, 1.0], [1.0, -1.0]])
    ratio = np.zeros((2, 2))
    local = np.linalg.inv(change - arrive - np.eye(2))
    for _ in range(100_000):
        following = -(arrive + ratio @ ratio) @ local
        moved = float(np.abs(following - ratio).max())
        ratio = following
        if moved < 1e-15:
            break
    values, vectors = np.linalg.eig((change - arrive + ratio).T)
    empty = np.real(vectors[:, np.argmin(np.abs(values))])
    state = empty / float((empty @ np.linalg.inv(np.eye(2) - ratio)).sum())
    found = np.empty(4000)
    for k in range(len(found)):
        found[k] = float((state @ arrive).sum()) / load
        state = state @ ratio
    return found


def _mass(system: System, load: float) -> Floats:
    """Time in an M/G/1 queue on a grid: a geometric number of remaining services, and one's own.

    Mean-preserving within half a step of the grid; nothing of note lies beyond its end.
    """
    edges = _STEP * np.maximum(np.arange(_CELLS + 1, dtype=np.float64) - 0.5, 0.0)
    service = np.diff(_service_below(system, edges))
    survival = 1 - _service_below(system, _STEP * np.arange(_CELLS, dtype=np.float64))
    remaining = survival * _STEP
    remaining[0] /= 2
    remaining /= remaining.sum()
    waiting = (1 - load) / (1 - load * rfft(remaining))
    found: Floats = irfft(waiting * rfft(service), _CELLS)
    return found


def _service_below(system: System, at: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        if system == "M/lognormal/1":
            return np.asarray(ndtr(np.log(at) + 0.5))
        return np.asarray(sum(share * ndtr((np.log(at / mean) + 0.005) / 0.1) for share, mean in _MODES))
