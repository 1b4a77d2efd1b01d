"""The study of overload: how often runs at bearable loads are called too much, and unbearable ones are found.

``python -m assay.testing.overload`` prints the tables of the documentation (about three minutes; ``--runs 200`` for a
first look). Servers with several places, first come first served, start empty, as a restart does.
"""

import argparse
import heapq
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from assay.uncertainty.queueing.overload import overloaded
from assay.uncertainty.queueing.steady import steady
from assay.uncertainty.schedules.arrivals import mmpp
from assay.vocabulary.whole import Growth

Floats = npt.NDArray[np.float64]
Server = Literal["M/M/4", "M/D/4", "M/lognormal/4", "D/M/4", "MMPP/M/4", "MMPP/D/4", "M/M/64"]

SERVERS: Final[tuple[Server, ...]] = get_args(Server)
BEARABLE: Final = (0.5, 0.8, 0.9, 0.95)
TOO_MUCH: Final = (1.05, 1.1, 1.2, 1.5)
SECONDS: Final = (30, 60, 300)
RESTARTS: Final = (1, 2, 3, 5)

_CAPACITY: Final = 7.3
"""Requests a second; a service takes places / 7.3 seconds on average."""
_SWING: Final = 0.5
_DWELL: Final = 12.0
"""The MMPP's rates are 1.5 and 0.5 times their mean, for 12 mean gaps each."""
_GROUPS: Final = 4000
"""Groups of restarts drawn from the runs."""


class Called(NamedTuple):
    """Shares of runs called overloaded.

    Attributes:
        load: planned arrivals by the capacity.
        alone: by growth alone, as where no rate was planned, in one run.
        together: with the planned rate, for each number of restarts of ``RESTARTS`` taken together.
    """

    load: float
    alone: float
    together: tuple[float, ...]


def simulated(server: Server, load: float, seconds: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """When the requests of a run were sent and answered; each shape (n,), in seconds."""
    arrivals, services, places = server.split("/")
    rate, n = load * _CAPACITY, int(load * _CAPACITY * seconds * 1.6) + 100
    if arrivals == "MMPP":
        states = [(rate * (1 + _SWING), _DWELL / rate), (rate * (1 - _SWING), _DWELL / rate)]
        sent = mmpp(states, n, int(rng.integers(2**62))).at_ns / 1e9
    elif arrivals == "D":
        sent = np.arange(n) / rate
    else:
        sent = np.cumsum(rng.exponential(1 / rate, n))
    sent = sent[sent < seconds]
    mean = int(places) / _CAPACITY
    if services == "D":
        took = np.full(len(sent), mean)
    elif services == "lognormal":
        took = mean * rng.lognormal(-0.5, 1.0, len(sent))
    else:
        took = rng.exponential(mean, len(sent))
    return sent, _ended(sent, took, int(places))


def _ended(sent: Floats, took: Floats, places: int) -> Floats:
    free, ended = [0.0] * places, []
    for at, lasts in zip(sent.tolist(), took.tolist(), strict=True):
        ended.append(max(at, free[0]) + lasts)
        heapq.heapreplace(free, ended[-1])
    return np.array(ended)


def called(server: Server, seconds: int, load: float, runs: int, seed: int = 1) -> Called:
    """Simulate runs and count, alone and in groups drawn from them."""
    rng = np.random.default_rng([seed, sum(server.encode()), seconds, round(1000 * load)])
    made: list[Growth] = []
    while len(made) < runs:
        sent, ended = simulated(server, load, seconds, rng)
        if len(sent) >= 100:
            made.append(steady(sent, ended, load * _CAPACITY).growth)
    alone = sum(overloaded([one._replace(short=None)]) for one in made) / runs
    shares = [sum(overloaded([one]) for one in made) / runs]
    for restarts in RESTARTS[1:]:
        groups = rng.integers(0, runs, (_GROUPS, restarts)).tolist()
        shares.append(sum(overloaded([made[place] for place in group]) for group in groups) / _GROUPS)
    return Called(load, alone, tuple(shares))


def table(loads: tuple[float, ...], runs: int) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| server | seconds | load | growth alone | one restart | two | three | five |"
    yield "|" + " --- |" * 8
    for server in SERVERS:
        for seconds in SECONDS:
            for load in loads:
                found = called(server, seconds, load, runs)
                shown = " | ".join(f"{share:.3f}" for share in (found.alone, *found.together))
                yield f"| {server} | {seconds} | {load:g} | {shown} |"


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.overload", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="of each setting (default: 1000)")
    runs = parser.parse_args(arguments).runs
    for loads in (BEARABLE, TOO_MUCH):
        for line in table(loads, runs):
            print(line, flush=True)
        print(flush=True)


if __name__ == "__main__":
    main()
