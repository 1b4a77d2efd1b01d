"""Whether a bottleneck that was put into a server is found: ``python -m assay.testing.bottlenecks``.

Every case is a server of its own process with one stage made too weak, measured by the load client as it is and with
one thing changed (one stream or a tenth of the rate, half the prompt, half the answer, answers in one piece), and
judged by the rule of ``uncertainty.servers.bottleneck``. Nothing is simulated but the server's own work; with
``--virtual`` everything is, and a case takes milliseconds.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from math import sqrt
from pathlib import Path
from time import monotonic
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from assay.testing.planted_server import Planted, planted_server
from assay.testing.planted_time import Answered, Floats, Sent, played
from assay.timing.beside.scrape import RoundTrip, Scraped, page_beside, scraping, stated
from assay.timing.client.asked import MS, SECOND, How, Request, Target
from assay.timing.client.chunks import times
from assay.timing.client.offer import offer
from assay.uncertainty.queueing.dependence import dependent
from assay.uncertainty.servers.bottleneck import Bottleneck, located
from assay.uncertainty.servers.comparing import shared
from assay.uncertainty.servers.stages import STAGES, Interventions, Known, Timed

Kind = Literal["prefill", "decode", "queue", "network", "client", "none"]

_ENOUGH: Final = 40
_FEW: Final = 12
_SPREAD: Final = 0.25


class Case(NamedTuple):
    """A server, and the load that it is put under.

    Attributes:
        kind: the stage that is too weak; ``none``: no stage is.
        planted: the server.
        prompt: mean length of prompts in words, each a token.
        output: tokens of an answer.
        at_a_time: requests in flight, in a closed loop.
        rate: requests a second, in an open one; one of both is given.
        requests: in each run.
        connections: of the client.
        held_up: share of the time in which the client's process is stopped.
    """

    kind: Kind
    planted: Planted
    prompt: int = 100
    output: int = 20
    at_a_time: int | None = None
    rate: float | None = None
    requests: int = 120
    connections: int = 64
    held_up: float = 0.0


CASES: Final[tuple[Case, ...]] = (
    Case("prefill", Planted(prefill_us=100, lanes=1), prompt=200, at_a_time=8),
    Case("prefill", Planted(prefill_us=100, lanes=1, interrupts=True), prompt=250, output=24, at_a_time=6),
    Case("prefill", Planted(prefill_us=50, lanes=1), prompt=200, output=10, rate=75, requests=400),
    Case("prefill", Planted(prefill_us=200, lanes=2, step_ms=3, metrics=""), prompt=200, output=12, at_a_time=10),
    Case("decode", Planted(step_ms=1, each_ms=1), output=24, at_a_time=12),
    Case("decode", Planted(each_ms=0.3, metrics=""), output=32, at_a_time=8),
    Case("decode", Planted(step_ms=1, each_ms=0.4), output=24, rate=60, requests=360),
    Case("decode", Planted(each_ms=0.15, metrics="llama.cpp", timings=True), output=40, at_a_time=8),
    Case("queue", Planted(places=2, prefill_us=50), output=16, at_a_time=8),
    Case("queue", Planted(places=4, metrics=""), output=24, at_a_time=7),
    Case("queue", Planted(places=3, metrics="llama.cpp"), output=14, rate=85, requests=500),
    Case("queue", Planted(places=2, waiting=2), output=24, rate=50, requests=160),
    Case("network", Planted(bytes_per_s=500e3, chunk_bytes=400), output=24, at_a_time=8),
    Case("network", Planted(each_bytes_per_s=60e3, chunk_bytes=400, metrics=""), output=24, at_a_time=6),
    Case("network", Planted(delay_ms=25), output=20, at_a_time=6),
    Case("network", Planted(delay_ms=10, timings=True), output=24, rate=40),
    Case("client", Planted(), output=24, rate=30, connections=1, requests=100),
    Case("client", Planted(metrics=""), output=24, rate=36, connections=2, requests=160),
    Case("client", Planted(), output=16, rate=40, held_up=0.6, requests=160),
    Case("client", Planted(metrics=""), output=24, rate=60, connections=3, requests=200),
    Case("none", Planted(), output=24, at_a_time=8),
    Case("none", Planted(prefill_us=200, lanes=16), output=16, rate=40),
    Case("none", Planted(step_ms=4), output=24, at_a_time=6),
    Case("none", Planted(each_ms=0.02, places=16), output=24, at_a_time=8),
)
"""Four of each kind, of which some are mild: the stage costs a quarter of the time."""


class Change(NamedTuple):
    """What an intervention changes."""

    prompt: float = 1.0
    output: float = 1.0
    alone: bool = False
    whole: bool = False


CHANGES: Final = (Change(), Change(alone=True), Change(prompt=0.5), Change(output=0.5), Change(whole=True))
"""As it is; one stream or a tenth of the rate; half the prompt; half the answer; answers in one piece."""


class Measured(NamedTuple):
    """A run: its answers, and what the server said."""

    answered: Answered
    scraped: Scraped
    decoded: Known | None = None


def found(case: Case, seed: int = 1) -> Bottleneck:
    """Start the server of a case, measure it with all interventions, and judge."""
    with planted_server(case.planted) as target:
        runs = {change: _measured(case, target, change, seed) for change in CHANGES}
    return _judged(case, runs, seed)


def simulated(case: Case, seed: int = 1) -> Bottleneck:
    """The same in virtual time, with a client that is never late; the server says nothing of itself."""
    places = case.at_a_time or case.connections
    runs = {}
    for change in CHANGES:
        requests = requests_of(case, change, seed)
        sent = [Sent(one.body, one.at_ns) for one in requests]
        answered = played(case.planted, sent, 1 if change.alone and case.at_a_time else places)
        trip = RoundTrip(median=2 * case.planted.delay_ms, u=0.0, p90=2 * case.planted.delay_ms, n=1)
        runs[change] = Measured(steady_part(case, change, answered), Scraped(round_trip=trip))
    return _judged(case, runs, seed)


def _judged(case: Case, runs: Mapping[Change, Measured], seed: int) -> Bottleneck:
    base, alone, prompt, output = (_timed(case, change, runs[change]) for change in CHANGES[:4])
    whole = runs[CHANGES[4]].answered.e2e
    full = runs[CHANGES[0]].answered.e2e
    common = shared([full], [whole]) if case.rate is not None and len(full) == len(whole) else 0.0
    return located(Interventions(base, alone, prompt, output, _known(whole), correlation=common), seed=seed)


def _timed(case: Case, change: Change, run: Measured) -> Timed:
    answered, scraped, trip = run.answered, run.scraped, run.scraped.round_trip
    return Timed(
        prompt=case.prompt * change.prompt, output=_output(case, change), load=_load(case, change),
        ttft=_known(answered.ttft), decode=_known(answered.e2e - answered.ttft), lag=_known(answered.lag),
        round_trip=None if trip is None else Known(trip.median, trip.u), waited=_waited(scraped), decoded=run.decoded,
        refused=Known(answered.away, sqrt(answered.away * (1 - answered.away) / max(1, len(answered.e2e)))),
        cache=scraped.gauges["cache"].mean if "cache" in scraped.gauges else None,
    )  # fmt: skip


def _load(case: Case, change: Change) -> float:
    if case.rate is not None:
        return case.rate * (0.1 if change.alone else 1.0)
    return 1.0 if change.alone else float(case.at_a_time or 1)


def _output(case: Case, change: Change) -> int:
    return max(2, round(case.output * change.output))


def _waited(scraped: Scraped) -> Known | None:
    """The wait for a place as the server states it; a tenth is allowed for requests that were still on their way."""
    own = stated(scraped.counters, "queue")
    return None if own is None else Known(own, 0.1 * own + 0.5)


def _known(values: Floats) -> Known:
    """Mean and standard uncertainty of times that depend on each other."""
    if len(values) >= _ENOUGH:
        made = dependent([values])
        return Known(made.value, sqrt(made.variance))
    return Known(float(values.mean()), float(values.std(ddof=1)) / sqrt(len(values)))


def _measured(case: Case, target: Target, change: Change, seed: int) -> Measured:
    """One run through the load client."""
    at_a_time = 1 if change.alone and case.at_a_time else case.at_a_time
    how = How(connections=case.connections, concurrency=at_a_time)
    stopped = _held_up(case.held_up) if case.held_up else nullcontext()
    with scraping(page_beside(target), every_s=0.1) as scraper, stopped:
        offered, _ = offer(target, requests_of(case, change, seed), how)
    had = [one for one in (times(one) for one in offered) if one.e2e_ns is not None]
    rows = [(one.lag_ns or 0, one.ttft_ns or one.e2e_ns, one.e2e_ns) for one in had]
    columns = np.array(rows, dtype=np.float64).T / MS
    away = float(np.mean([one.http_status in (429, 503) for one in offered]))
    answered = Answered(columns[0], columns[1], columns[2], away)
    told = [one.served["predicted_ms"] for one in offered if one.served and "predicted_ms" in one.served]
    return Measured(steady_part(case, change, answered), scraper.seen(), _known(np.array(told)) if told else None)


def steady_part(case: Case, change: Change, answered: Answered) -> Answered:
    """Without the start."""
    first = 1 if change.alone else case.at_a_time or len(answered.e2e) // 10
    return Answered(answered.lag[first:], answered.ttft[first:], answered.e2e[first:], answered.away)


def requests_of(case: Case, change: Change, seed: int) -> list[Request]:
    """The requests of a run; the same schedule for all runs at the base load."""
    rng = np.random.default_rng([seed, change.alone])
    number = _FEW if change.alone else case.requests
    words = np.maximum(2, case.prompt * change.prompt * rng.uniform(1 - _SPREAD, 1 + _SPREAD, number)).astype(int)
    at: list[int] | list[None] = [None] * number
    if case.rate is not None:
        at = np.cumsum(rng.exponential(SECOND / _load(case, change), number)).astype(int).tolist()
    output = _output(case, change)
    return [Request(body=_body(length, output, not change.whole), at_ns=when)
            for length, when in zip(words.tolist(), at, strict=True)]  # fmt: skip


def _body(words: int, output: int, stream: bool) -> bytes:
    tree: dict[str, object] = {"model": "planted", "messages": [{"role": "user", "content": "a " * words}],
                               "max_tokens": output, "stream": stream}  # fmt: skip
    if stream:
        tree["stream_options"] = {"include_usage": True}
    return msgspec.json.encode(tree)


@contextmanager
def _held_up(share: float, cycle_s: float = 0.1) -> Iterator[None]:
    """Stop this process's load workers for a share of every cycle (Linux)."""
    over = threading.Event()

    def hold() -> None:
        while not over.is_set():
            workers = _workers()
            for signal_, wait_s in ((signal.SIGSTOP, share * cycle_s), (signal.SIGCONT, (1 - share) * cycle_s)):
                for pid in workers:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal_)
                over.wait(wait_s) if signal_ == signal.SIGCONT else threading.Event().wait(wait_s)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _workers() -> list[int]:
    """Children of this process that send requests."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
            if parent == os.getpid() and b"assay.timing.client.worker" in (path.parent / "cmdline").read_bytes():
                found.append(int(path.parent.name))
    return found


def row(case: Case, made: Bottleneck, seconds: float) -> str:
    """A line of the table."""
    shares = {part.stage: max(0.0, part.share.value) for part in made.parts}
    excess = {part.stage: max(0.0, part.excess.value) for part in made.parts}
    cells = [f"{shares[stage]:.0%} ({excess[stage]:.0%})" for stage in STAGES if stage != "kv_cache"]
    right = "yes" if made.limiting == case.kind else "no"
    return f"| {case.kind} | {made.limiting} | {made.probability:.2f} | {right} | {' | '.join(cells)} | {seconds:.0f} |"


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if more than one in twenty cases is not named correctly."""
    parser = argparse.ArgumentParser(prog="python -m assay.testing.bottlenecks", description=__doc__.split("\n")[0])
    kinds = list(dict.fromkeys(case.kind for case in CASES))
    parser.add_argument("--kind", action="append", choices=kinds, help="only these; may be repeated")
    parser.add_argument("--seed", type=int, default=1, help="of lengths and arrivals (default: 1)")
    parser.add_argument("--virtual", action="store_true", help="in virtual time, without the client")
    args = parser.parse_args(arguments)
    shown = [stage for stage in STAGES if stage != "kv_cache"]
    print(f"| planted | found | probability | right | {' | '.join(f'{name}, share (excess)' for name in shown)} | s |")
    print("|" + "---|" * (len(shown) + 5))
    right, all_of = 0, 0
    for case in CASES:
        if (args.kind and case.kind not in args.kind) or (args.virtual and case.held_up):
            continue
        began = monotonic()
        made = (simulated if args.virtual else found)(case, args.seed)
        right, all_of = right + (made.limiting == case.kind), all_of + 1
        print(row(case, made, monotonic() - began), flush=True)
    print(f"\n{right} of {all_of} named correctly")
    return 0 if right >= 0.95 * all_of else 1


if __name__ == "__main__":
    sys.exit(main())
