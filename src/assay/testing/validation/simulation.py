"""Simulated coverage: what a study is, and how its draws are counted.

A study is cut into blocks; block b draws from the stream (seed, study, b), so that neither the number of processes nor
the order in which blocks end changes a figure.
"""

import importlib
import pkgutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Final, NamedTuple

import numpy as np

from assay.testing.validation import studies
from assay.uncertainty.conformity import against_limit
from assay.uncertainty.spread import Spread, interval
from assay.vocabulary.errors import AssayError, Defect
from assay.vocabulary.validation import Claim, CoverageLine

BLOCK: Final = 500
"""Simulations of one block."""
LEVEL: Final = 0.95


class Drawn(NamedTuple):
    """One interval: its ends (None: none on that side), the true value, and whether "at least the true value" was
    accepted with a risk of 0.05 (None: not asked)."""

    low: float | None
    high: float | None
    truth: float
    accepted: bool | None = None


class Aim(NamedTuple):
    """What one line of a study is about, and what the documentation says of it."""

    estimand: str = ""
    claim: Claim = "band"
    note: str = ""


@dataclass(frozen=True)
class Study:
    """A design to simulate.

    Attributes:
        name: unlike any other.
        method: which interval; the words are in ``words/``.
        design: sizes, in the fewest words.
        n: number of items, or of what else is independent.
        truth: true value; None where it differs from one simulation to the next.
        draw: one simulation: an interval for each aim; None if there is ``many``.
        many: this number of simulations at once, for methods that take arrays.
        aims: the lines it yields.
        exact: coverage of the first line by the binomial distribution alone; None where that does not apply.
        notes: codes of the remarks that a result of this design carries; None where no aim names one.
    """

    name: str
    method: str
    design: str
    n: int
    truth: float | None
    draw: Callable[[np.random.Generator], Sequence[Drawn]] | None
    aims: tuple[Aim, ...] = (Aim(),)
    exact: float | None = None
    notes: Callable[[np.random.Generator, str], set[str]] | None = None
    many: Callable[[np.random.Generator, int], list[Sequence[Drawn]]] | None = None


class Tally(NamedTuple):
    """Counts of one block; tuples have one entry a line. ``width`` is a sum; ``endless`` counts intervals without an
    end."""

    simulations: int
    refused: int
    covered: tuple[int, ...]
    width: tuple[float, ...]
    endless: tuple[int, ...]
    accepted: tuple[int | None, ...]


@cache
def all_studies() -> dict[str, Study]:
    """Every study by its name, in the order of the files."""
    found: dict[str, Study] = {}
    for module in pkgutil.iter_modules(studies.__path__, f"{studies.__name__}."):
        for study in importlib.import_module(module.name).STUDIES:
            if study.name in found:
                raise Defect("defect", reason=f"two studies are named {study.name!r}", path=module.name)
            found[study.name] = study
    return found


def decided(spread: Spread, truth: float) -> Drawn:
    """The interval of a spread, and the decision against the true value."""
    ends = interval(spread, LEVEL)
    assert ends is not None
    return Drawn(*ends, truth, against_limit(spread, truth, 0.05, at_least=True).outcome == "conforms")


def block(name: str, seed: int, number: int, simulations: int) -> Tally:
    """Simulate one block of a study; what refuses to answer (too few data, nothing varies) is counted apart."""
    study = all_studies()[name]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
    rows: list[Sequence[Drawn]] = study.many(rng, simulations) if study.many else []
    refused = 0
    for _ in range(simulations if study.draw else 0):
        assert study.draw is not None
        try:
            rows.append(study.draw(rng))
        except AssayError:
            refused += 1
    columns = [[row[i] for row in rows] for i in range(len(study.aims))]
    return Tally(
        simulations=simulations, refused=refused,
        covered=tuple(sum(_covers(one) for one in column) for column in columns),
        width=tuple(float(sum(one.high - one.low for one in column if one.low is not None and one.high is not None))
                    for column in columns),
        endless=tuple(sum(one.low is None or one.high is None for one in column) for column in columns),
        accepted=tuple(None if not column or column[0].accepted is None else sum(bool(one.accepted) for one in column)
                       for column in columns),
    )  # fmt: skip


def _covers(one: Drawn) -> bool:
    return bool((one.low is None or one.low <= one.truth) and (one.high is None or one.truth <= one.high))


def lines(name: str, seed: int, tallies: Sequence[Tally]) -> list[CoverageLine]:
    """The lines of a study from its blocks; ``outcome`` is set by ``judge``."""
    study = all_studies()[name]
    total = sum(one.simulations for one in tallies)
    refused = sum(one.refused for one in tallies)
    answered = total - refused
    if answered < total / 2:
        raise Defect("defect", reason=f"{name}: {refused} of {total} simulations gave no answer", path=name)
    made = []
    for place, aim in enumerate(study.aims):
        covered = sum(one.covered[place] for one in tallies) / answered
        accepted = [one.accepted[place] for one in tallies]
        endless = sum(one.endless[place] for one in tallies)
        seen = None
        if aim.note:
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            seen = study.notes is not None and aim.note in study.notes(rng, aim.estimand)
        made.append(CoverageLine(
            study=name, method=study.method, design=study.design, n=study.n, truth=study.truth, estimand=aim.estimand,
            simulations=total, refused=refused, seed=seed, covered=covered,
            u=sqrt(covered * (1 - covered) / answered),
            width=None if endless else sum(one.width[place] for one in tallies) / answered,
            accepted=None if None in accepted else sum(one or 0 for one in accepted) / answered,
            exact=study.exact if place == 0 else None, claim=aim.claim, note=aim.note, note_seen=seen, outcome="fail",
        ))  # fmt: skip
    return made
