"""The highest rate that meets its limits, by runs of ours; and the same answer again from the runs in the store."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from assay.api.sweep.measured import Bools, Desk, Load, Seen, seen
from assay.api.sweep.numbers import cause_fits
from assay.uncertainty.queueing.dependence import dependent
from assay.uncertainty.queueing.latency import LEAST, LEAST_EFFECTIVE
from assay.uncertainty.servers.highest_rate import Highest, Search, Tried, highest_rate
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.sweep import Cause, FoundRate, SearchRun, TriedRate

Told = Callable[[float, int], None]
"""Told before each run: at which rate, and its number there, from 1."""


class Made(NamedTuple):
    """The answer of a search, and its first run."""

    found: FoundRate
    first: Seen


class Ran(NamedTuple):
    """A run of a search, and what it said of its rate; see ``verdict_on``."""

    run: SearchRun
    said: Bools | None


def searched(desk: Desk, between: tuple[float, float], how: Search, told: Told) -> Made:
    """Search by measuring; every run is a restart of its own with a seed of its own.

    Raises:
        BadInput: the measurement has no limits, or see ``at_load``.
        CannotMeasure: a measurement could not be completed.
    """
    made: dict[float, list[Ran]] = {}
    first: list[Seen] = []

    def measure(rate: float, place: int) -> Bools | None:
        told(rate, place + 1)
        found = seen(desk, Load("rate", rate, place, alone=True))
        if found.good is None:
            raise BadInput("sweep.no_limits", option="--search")
        first.append(found)
        good, n = int(found.good.sum()), len(found.good)
        run = SearchRun(run=found.work.manifest.planned.run, report=digest_bytes(found.report), state=found.state,
                        n=n, good=good)  # fmt: skip
        made.setdefault(rate, []).append(Ran(run, said := verdict_on(found)))
        return said

    answer = highest_rate(measure, between, how)
    return Made(stated(answer, between, how, made), first[0])


def verdict_on(found: Seen) -> Bools | None:
    """What a run says of its rate: its good requests, none where the server was overloaded, None if nothing.

    So few requests that it cannot be told how far they depend on each other say nothing.
    """
    if found.state == "overload":
        return np.zeros(0, dtype=np.bool_)
    if found.state != "steady" or found.good is None or len(found.good) < LEAST:
        return None
    return found.good


def stated(
    answer: Highest, between: tuple[float, float], how: Search, made: dict[float, list[Ran]]
) -> FoundRate:  # fmt: skip
    """An answer in the form in which it is signed."""
    tried = tuple(TriedRate(rate=one.rate, verdict=one.verdict, share=one.share, n=one.n,
                            runs=tuple(ran.run for ran in made[one.rate]), cause=_cause(one, made[one.rate]))
                  for one in answer.tried)  # fmt: skip
    return FoundRate(
        share=how.share, level=how.level, between=between, most_runs=how.runs, most_rates=how.rates, within=how.within,
        low=answer.low, high=answer.high, resolved=answer.resolved, tried=tried,
    )  # fmt: skip


def _cause(one: Tried, made: list[Ran]) -> Cause | None:
    """Why nothing was decided at a rate; None if something was."""
    if one.verdict != "undecided":
        return None
    told = [ran.said.astype(np.float64) for ran in made if ran.said is not None]
    states = {ran.run.state for ran in made}
    if "steady" not in states:
        return "refused" if states == {"refused"} else "unsteady"
    return "few" if not told or dependent(told).n_eff < LEAST_EFFECTIVE else "near"


def how_of(made: FoundRate) -> Search:
    """How a search was made."""
    return Search(share=made.share, level=made.level, runs=made.most_runs, rates=made.most_rates, within=made.within)


def follows(made: FoundRate) -> bool:
    """Whether the ends follow from the verdicts beside them."""
    meets = [one.rate for one in made.tried if one.verdict == "meets"]
    fails = [one.rate for one in made.tried if one.verdict == "fails"]
    low, high = max(meets, default=None), min(fails, default=None)
    near = low is not None and high is not None and low < high <= low * (1 + made.within)
    counted = [sum(run.n for run in one.runs if run.state == "steady" and run.n >= LEAST) for one in made.tried]
    return (made.low, made.high, made.resolved) == (low, high, near) and all(
        one.n >= n and cause_fits(one) for one, n in zip(made.tried, counted, strict=True)
    )
