"""Whether the stage that is named is the one worth mending: ``python -m assay.testing.bottleneck_truth``.

Servers with random stages are played in virtual time. The truth is found by mending: each stage in turn is given all
that it could use, and the one that takes most off the mean end-to-end time limits, where that is 15 % or more. The rule
does not see that; it gets the base run and its interventions. Servers of which two answers are about as good are
counted apart.
"""

import argparse
import sys
from collections import Counter
from typing import Final, NamedTuple

import msgspec
import numpy as np

from assay.testing.bottlenecks import CHANGES, Case, requests_of, simulated, steady_part
from assay.testing.planted_server import Planted
from assay.testing.planted_time import Sent, played
from assay.uncertainty.servers.bottleneck import Answer

_LEAST_SHARE: Final = 0.15
_CLEAR: Final = 0.05
_PLENTY: Final = 10_000

MENDED: Final[dict[Answer, dict[str, object]]] = {
    "network": {"delay_ms": 0.0, "bytes_per_s": 0.0, "each_bytes_per_s": 0.0},
    "queue": {"places": _PLENTY, "waiting": _PLENTY},
    "prefill": {"lanes": _PLENTY, "interrupts": False},
    "decode": {"each_ms": 0.0},
}
"""What each stage is given; the client is given connections."""


class Truth(NamedTuple):
    """The stage whose mending helps most, or ``none``; and whether that is clear by 5 % of the end-to-end time."""

    answer: Answer
    clear: bool


def random_case(rng: np.random.Generator) -> Case:
    """A server with one to three weak stages, under an open or a closed loop."""
    weak = rng.random(5) < 0.35
    at_a_time = int(rng.integers(4, 13))
    prompt, output = int(rng.integers(50, 300)), int(rng.integers(8, 40))
    planted = Planted(
        places=int(rng.integers(2, at_a_time)) if weak[0] else 64,
        prefill_us=float(rng.uniform(30, 150)) if weak[1] else 20.0, lanes=int(rng.integers(1, 3)) if weak[1] else 16,
        interrupts=bool(weak[1] and rng.random() < 0.5), step_ms=float(rng.uniform(1, 4)),
        each_ms=float(rng.uniform(0.1, 1.0)) if weak[2] else 0.02,
        delay_ms=float(rng.uniform(2, 20)) if weak[3] and rng.random() < 0.5 else 0.0,
        bytes_per_s=float(rng.uniform(2e5, 1e6)) if weak[3] else 0.0, metrics="",
    )  # fmt: skip
    closed = Case("none", planted, prompt, output, at_a_time=at_a_time, requests=300)
    if rng.random() < 0.5:
        return closed
    per_s = at_a_time / (_mean_ms(closed) / 1000)
    connections = int(rng.integers(1, at_a_time)) if weak[4] else _PLENTY
    return Case("none", planted, prompt, output, rate=per_s * float(rng.uniform(0.3, 0.75)), requests=600,
                connections=connections)  # fmt: skip


def truth(case: Case) -> Truth:
    """Mend each stage in turn."""
    base = _mean_ms(case)
    gains: dict[Answer, float] = {
        stage: base - _mean_ms(case._replace(planted=msgspec.structs.replace(case.planted, **better)))
        for stage, better in MENDED.items()
    }
    if case.rate is not None:
        gains["client"] = base - _mean_ms(case._replace(connections=_PLENTY))
    ordered = sorted(gains, key=lambda stage: -gains[stage])
    first, second = gains[ordered[0]] / base, gains[ordered[1]] / base
    limits = first >= _LEAST_SHARE
    clear = abs(first - _LEAST_SHARE) >= _CLEAR and (not limits or first - second >= _CLEAR)
    return Truth(ordered[0] if limits else "none", clear)


def _mean_ms(case: Case, seed: int = 1) -> float:
    """Mean time from the schedule to the last text."""
    sent = [Sent(one.body, one.at_ns) for one in requests_of(case, CHANGES[0], seed)]
    answered = steady_part(case, CHANGES[0], played(case.planted, sent, case.at_a_time or case.connections))
    return float((answered.lag + answered.e2e).mean())


def counted(servers: int, seed: int = 1) -> tuple[Counter[tuple[Answer, Answer]], int]:
    """How often each truth was given each answer, of those where the truth is clear; and how many others there were."""
    rng = np.random.default_rng(seed)
    table: Counter[tuple[Answer, Answer]] = Counter()
    unclear = 0
    for number in range(servers):
        case = random_case(rng)
        true = truth(case)
        if not true.clear:
            unclear += 1
            continue
        table[true.answer, simulated(case, number).limiting] += 1
    return table, unclear


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 if more than one answer in ten is a wrong one."""
    summary = __doc__.split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m assay.testing.bottleneck_truth", description=summary)
    parser.add_argument("--servers", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the servers (default: 1)")
    args = parser.parse_args(arguments)
    table, unclear = counted(args.servers, args.seed)
    answers: list[Answer] = ["client", "network", "queue", "prefill", "decode", "none", "undecided"]
    print(f"| limits | {' | '.join(answers)} |")
    print("|" + "---|" * (len(answers) + 1))
    for true in answers[:-1]:
        print(f"| {true} | {' | '.join(str(table[true, answer]) for answer in answers)} |")
    named = sum(times for (_, answer), times in table.items() if answer != "undecided")
    right = sum(times for (true, answer), times in table.items() if true == answer)
    print(f"\n{right} of {named} answers right, {table.total() - named} undecided; {unclear} servers where two answers "
          "are about as good left out")  # fmt: skip
    return 0 if right >= 0.9 * named else 1


if __name__ == "__main__":
    sys.exit(main())
