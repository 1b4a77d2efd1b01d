"""The study of arrivals: ``python -m assay.testing.arrivals`` prints whether schedules follow the law asked for.

Schedules of 100,000 arrivals from many seeds, each tested against its process; the tests' probabilities must be spread
evenly themselves. Then the real client sends 100,000 requests to the reference server, and its rate is held against
that of the schedule.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import kstest

from assay.timing.client.asked import How, Request
from assay.timing.client.offer import offer
from assay.timing.reference.script import Script
from assay.timing.reference.serving import MODEL, serving
from assay.uncertainty.schedules.arrivals import Schedule, constant, gamma, mmpp, poisson, varying
from assay.uncertainty.schedules.hidden_states import states_fit
from assay.uncertainty.schedules.offered import Fit, gaps_fit
from assay.uncertainty.schedules.profile import days, ramp

ARRIVALS: Final = 100_000
_STATES: Final = ((90.0, 2.0), (10.0, 6.0))
_DAY: Final = days(1.2, [1.0])
_RAMP: Final = ramp(0.0, 2000.0, 100.0)
_LEAST_P: Final = 0.001


class Law(NamedTuple):
    """A process, its schedules, and their test."""

    name: str
    made: Callable[[int, int], Schedule]
    fit: Callable[[Schedule], Fit]
    rate: float


LAWS: Final = (
    Law("Poisson, 50/s", lambda n, seed: poisson(50.0, n, seed), lambda one: gaps_fit(one, 50.0), 50.0),
    Law("gamma, cv 0.5", lambda n, seed: gamma(50.0, 0.5, n, seed), lambda one: gaps_fit(one, 50.0, 0.5), 50.0),
    Law("gamma, cv 3", lambda n, seed: gamma(50.0, 3.0, n, seed), lambda one: gaps_fit(one, 50.0, 3.0), 50.0),
    Law("hidden states of 2 and 6 s", lambda n, seed: mmpp(_STATES, n, seed),
        lambda one: states_fit(one, _STATES), 30.0),
    Law("a day", lambda n, seed: varying(_DAY, seed), lambda one: gaps_fit(one, _DAY),
        _DAY.expected / _DAY.duration_s),
    Law("a bursty day, cv 2", lambda n, seed: varying(_DAY, seed, 2.0), lambda one: gaps_fit(one, _DAY, 2.0),
        _DAY.expected / _DAY.duration_s),
    Law("a ramp", lambda n, seed: varying(_RAMP, seed), lambda one: gaps_fit(one, _RAMP),
        _RAMP.expected / _RAMP.duration_s),
)  # fmt: skip
"""What is tested; a day and a ramp have as many arrivals as their rates give, about 100,000."""


class Fitted(NamedTuple):
    """What came of the schedules of one law.

    Attributes:
        p: of the test of each schedule, shape (seeds,).
        rates: realised rate by the one asked for, less 1, shape (seeds,).
        even: probability of the p being as uneven as they are.
    """

    p: np.ndarray
    rates: np.ndarray
    even: float


def fitted(law: Law, seeds: int, n: int = ARRIVALS) -> Fitted:
    """Schedules of a law from so many seeds."""
    made = [law.made(n, seed) for seed in range(seeds)]
    p = np.array([law.fit(one).p for one in made])
    rates = np.array([one.rate / law.rate - 1 for one in made])
    return Fitted(p, rates, float(kstest(p, "uniform").pvalue))


def kept(schedule: Schedule, how: How | None = None) -> float:
    """Rate at which the client really sent a schedule's requests, by the schedule's own, less 1."""
    body = json.dumps({"model": MODEL, "stream": True, "messages": []}).encode()
    with serving(Script(ttft_ms=1.0, gap_ms=1.0, chunks=2)) as served:
        sent, _ = offer(served.target, [Request(body=body, at_ns=int(at)) for at in schedule.at_ns], how)
    issued = [one.issued_ns for one in sent if one.issued_ns is not None]
    span_s = (issued[-1] - issued[0]) / 1e9
    return (len(issued) - 1) / span_s / schedule.rate - 1


def lines(seeds: int, n: int) -> Iterator[tuple[str, bool]]:
    """Lines of the first table, and whether what they say may be."""
    for law in LAWS:
        found = fitted(law, seeds, n)
        good = found.p.min() > _LEAST_P / seeds and found.even > _LEAST_P
        cells = [law.name, f"{found.p.min():.3f}", f"{int((found.p < 0.05).sum())} of {seeds}", f"{found.even:.2f}",
                 f"{found.rates.std(ddof=1):.2%}"]  # fmt: skip
        yield f"| {' | '.join(cells)} |", good


def main(arguments: list[str] | None = None) -> int:
    """Print both tables; 1 if a schedule does not fit, or the client is off by more than a thousandth."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.arrivals", description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=40, help="schedules of each law (default: 40)")
    parser.add_argument("--arrivals", type=int, default=ARRIVALS, help="of each schedule (default: 100000)")
    parser.add_argument("--rate", type=float, default=1000.0, help="requests/s of the client (default: 1000)")
    args = parser.parse_args(arguments)
    good = True
    print("| law | least p | p below 0.05 | p are even: p | scatter of the rate |\n|" + "---|" * 5)
    for line, right in lines(args.seeds, args.arrivals):
        print(line, flush=True)
        good &= right
    print("\n| the client sends | requests | rate by the schedule's own, less 1 |\n|" + "---|" * 3)
    for name, made in (("constant", constant(args.rate, args.arrivals)),
                       ("Poisson", poisson(args.rate, args.arrivals, 1))):  # fmt: skip
        off = kept(made)
        print(f"| {name}, {args.rate:g}/s | {args.arrivals:,} | {off:+.5%} |", flush=True)
        good &= abs(off) <= 1e-3
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
