"""Which comparisons to put: the most telling next, until every difference is known well enough."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from assay.api.arena import numbers as numbers
from assay.api.arena.judging import Judging, put
from assay.line.observe import State
from assay.store.laboratory import Laboratory
from assay.uncertainty.arena.next_pairs import Aim, Choice, next_pairs, unsettled
from assay.vocabulary.arena import Votes
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item

Pair = tuple[int, int]


class Chosen(NamedTuple):
    """The comparisons that are put, and how they were chosen; see ``Layout``."""

    cases: list[Item]
    looks: int = 0
    settled: bool | None = None
    round_robin: int | None = None


def chosen(
    made: Judging,
    by_pair: Mapping[Pair, list[Item]],
    wanted: tuple[float, int | None, int],
    laboratory: Laboratory,
    progress: Callable[[State], None],
    places: Mapping[str, int],
) -> Chosen:
    """Put comparisons in batches that grow by a third, the most telling pairs first, until all is settled.

    Near the end a batch is as large as the least settled difference seems to need.

    Which come next follows from the answers so far and the seed alone, so that a comparison that was stopped takes the
    same way when it goes on. The first batch has every pair, on so many items that clusters show their scatter.

    Args:
        made: the judge.
        by_pair: the comparisons that can be made, by the places of their systems.
        wanted: resolution, budget (None for none) and seed.
        laboratory: where answers are kept.
        progress: told after each batch how far it has come.
        places: place of each system by the name of its run.
    """
    resolution, budget, seed = wanted
    left = {pair: _shuffled(cases, seed) for pair, cases in by_pair.items()}
    most = sum(map(len, left.values())) if budget is None else min(budget, sum(map(len, left.values())))
    each = max(2, -(-numbers.FEW // len(left)))
    taken = _round(left, min(most, each * len(left)))
    looks = 0
    while True:
        looks += 1
        votes, _ = put(made, taken, laboratory, progress, places)
        found, aim = _known(votes, len(places), resolution)
        if found is not None and found.strengths is not None and aim is not None:
            enough = len(set(votes.cluster)) >= numbers.FEW
            even = numbers.round_robin(found.strengths, votes, aim)
            if enough and not unsettled(found.strengths, aim):
                return Chosen(taken, looks, True, even)
            if len(taken) >= most:
                return Chosen(taken, looks, False, even)
        elif len(taken) >= most:
            return Chosen(taken, looks, False, None)
        size = len(taken) / 3
        if found is not None and found.strengths is not None and aim is not None:
            size = min(size, len(taken) * (numbers.short_by(found.strengths, aim) - 1))
        size = min(most - len(taken), max(len(places), round(size)))
        rows = numbers.comparisons(votes)._replace(covariates=None, group=None) if votes.shown else None
        choice = Choice(size, looks=2 * len(made.judges), seed=seed + looks)
        wishes = next_pairs(rows, len(places), aim or Aim("all", resolution), choice)
        taken = taken + _taken(wishes, left)


def _known(votes: Votes, n: int, resolution: float) -> tuple[numbers.Stated | None, Aim | None]:
    """What the verdicts say so far and what is to be settled; None as long as they say nothing."""
    if not votes.shown:
        return None, None
    try:
        found = numbers.stated(votes, n, "choice", True)
    except BadInput:  # too few so far: some never compared, no scatter
        return None, None
    return found, None if found.board is None else Aim("all", resolution, found.board.factor)


def _shuffled(cases: list[Item], seed: int) -> list[Item]:
    return sorted(cases, key=lambda case: digest([seed, "pair", case.id]))


def _round(left: dict[Pair, list[Item]], n: int) -> list[Item]:
    """So many comparisons, the pairs in turn."""
    taken: list[Item] = []
    while len(taken) < n:
        for cases in left.values():
            if cases and len(taken) < n:
                taken.append(cases.pop(0))
    return taken


def _taken(wishes: list[Pair], left: dict[Pair, list[Item]]) -> list[Item]:
    """A comparison for each wish; where a pair has none left, one of the pair that has the most left."""
    taken = []
    for pair in wishes:
        cases = left.get(pair) or max(left.values(), key=len)
        if cases:
            taken.append(cases.pop(0))
    return taken
