"""Whether a search by measuring finds a highest rate that is known: ``python -m assay.testing.searches``.

A server of its own process answers one request at a time, each in exactly the same time. The highest rate at which a
share of the requests waits no longer than a limit is then known: for Poisson arrivals from the distribution of the wait
in M/D/1, for constant ones it is the server's capacity. ``assay sweep --search`` is run against it through the real
client, with another seed each time.

Source: the wait in M/D/1: Erlang 1909, in the form of Crommelin 1932 (both recalled).
"""

import argparse
import os
import sys
from math import exp, factorial, floor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final, Literal, NamedTuple

from scipy.optimize import brentq

from assay.api.sweep.sweep import Asked, sweep
from assay.testing.planted_server import Planted, planted_server
from assay.vocabulary.record import Json
from assay.vocabulary.sweep import FoundRate

Kind = Literal["constant", "poisson"]

_TOKENS: Final = 5
_SHARE: Final = 0.8
_MS: Final = 1000.0
_USUAL: Final[dict[str, Json]] = {"part": "serving.load", "calibrate_s": 1.0, "warm_s": 1.0, "audited": 1,
                                  "late_ms": 20.0, "tolerance_ms": 10.0, "tail_tolerance_ms": 40.0}  # fmt: skip
"""The limit is so long that a client on a busy machine may be off by some milliseconds."""


class Case(NamedTuple):
    """A server that answers one request at a time, and what is asked of it.

    Attributes:
        arrivals: constant or Poisson.
        service_ms: time that each request takes.
        limit_ms: longest wait, which is the time to first token.
        between: lowest and highest rate to try, in requests a second.
    """

    arrivals: Kind
    service_ms: float = 30.0
    limit_ms: float = 75.0
    between: tuple[float, float] = (12.0, 48.0)

    @property
    def truth(self) -> float:
        """The highest rate at which the share of the requests waits no longer than the limit, in requests a second."""
        capacity = _MS / self.service_ms
        if self.arrivals == "constant":
            return capacity
        return float(brentq(lambda rate: waits_at_most(self.limit_ms, rate, self.service_ms) - _SHARE,
                            0.01 * capacity, 0.999 * capacity))  # fmt: skip


def waits_at_most(limit_ms: float, rate: float, service_ms: float) -> float:
    """Probability that a request in M/D/1 waits no longer.

    Args:
        limit_ms: the wait, a few services long at most: the terms of the sum alternate.
        rate: of the arrivals, a second.
        service_ms: of each request.
    """
    per_ms = rate / _MS
    terms = ((per_ms * (k * service_ms - limit_ms)) ** k / factorial(k) * exp(-per_ms * (k * service_ms - limit_ms))
             for k in range(floor(limit_ms / service_ms) + 1))  # fmt: skip
    return (1 - per_ms * service_ms) * sum(terms)


def found(case: Case, seed: int, requests: int, asked: Asked, **procedure: Json) -> FoundRate:
    """Search against a server of this kind, in a laboratory that is thrown away.

    Args:
        case: the server.
        seed: of the schedules.
        requests: of each run.
        asked: how to search.
        procedure: settings in place of the usual ones.
    """
    server = Planted(places=1, prefill_us=0.0, step_ms=case.service_ms / (_TOKENS - 1), metrics="")
    with planted_server(server) as target, TemporaryDirectory() as folder:
        table = _table(case, target.url, seed, requests)
        own = {**_USUAL, "arrivals": case.arrivals, "rate": case.between[0], "seed": seed,
               "limits": {"ttft_ms": case.limit_ms}, **procedure}  # fmt: skip
        made = sweep({**table, "procedure": own}, asked, Path(folder) / "lab").sweep.search
    assert made is not None
    return made


def _table(case: Case, url: str, seed: int, requests: int) -> dict[str, Json]:
    return {
        "title": f"A server of one place, {case.service_ms:g} ms",
        "subject": {"part": "llm.endpoint", "base_url": url.removesuffix("/chat/completions"), "model": "planted",
                    "api_key_env": ""},
        "material": {"part": "serving.synthetic", "requests": requests, "prompt": 8.0, "output": float(_TOKENS),
                     "seed": seed},
    }  # fmt: skip


def holds(made: FoundRate, truth: float) -> bool:
    """Whether neither end contradicts the truth; an end that was not found contradicts nothing."""
    return (made.low is None or made.low <= truth) and (made.high is None or truth <= made.high)


def row(case: Case, seed: int, made: FoundRate, seconds: float) -> str:
    """A line of the table."""
    ends = " to ".join("–" if end is None else f"{end:.1f}" for end in (made.low, made.high))
    open_at = ", ".join(f"{one.rate:.1f} ({one.cause})" for one in made.tried if one.verdict == "undecided") or "–"
    runs = [run for one in made.tried for run in one.runs]
    refused = sum(run.state == "refused" for run in runs)
    told = "yes" if holds(made, case.truth) else "no"
    return (f"| {case.arrivals} | {seed} | {case.truth:.1f} | {ends} | {told} | {'yes' if made.resolved else 'no'} | "
            f"{open_at} | {len(runs)} ({refused}) | {seconds:.0f} | {os.getloadavg()[0]:.1f} |")  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if more than one search in twenty, and more than one, states an end that is not true."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.searches", description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="searches of each kind, each with a seed of its own")
    parser.add_argument("--arrivals", choices=("constant", "poisson"), help="only these")
    parser.add_argument("--requests", type=int, default=300, help="of each run of a search (default: 300)")
    parser.add_argument("--most-runs", type=int, default=2, help="at one rate (default: 2)")
    parser.add_argument("--most-rates", type=int, default=7, help="of a search (default: 7)")
    parser.add_argument("--seed", type=int, default=1, help="of the first search (default: 1)")
    args = parser.parse_args(arguments)
    print("| arrivals | seed | true, 1/s | stated | holds | resolved | not decided at | runs (refused) | s | load |")
    print("|" + "---|" * 10)
    wrong = all_of = 0
    for kind in (args.arrivals,) if args.arrivals else ("constant", "poisson"):
        case = Case(kind)
        how = Asked(search=case.between, share=_SHARE, runs=args.most_runs, most_rates=args.most_rates, within=0.1)
        for seed in range(args.seed, args.seed + args.runs):
            began = monotonic()
            made = found(case, seed, args.requests, how)
            wrong, all_of = wrong + (not holds(made, case.truth)), all_of + 1
            print(row(case, seed, made, monotonic() - began), flush=True)
    print(f"\n{all_of - wrong} of {all_of} brackets have the true rate in them")
    return 0 if wrong <= max(1, all_of // 20) else 1


if __name__ == "__main__":
    sys.exit(main())
