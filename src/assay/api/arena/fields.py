"""The fields of a comparison of systems that follow from its verdicts alone, as records; and whether they still do."""

from math import isclose
from typing import Any, Final

import msgspec

from assay.api.arena import numbers as numbers
from assay.line.compose import software
from assay.uncertainty.coverage import coverage_factor
from assay.uncertainty.proportion import wilson
from assay.vocabulary.arena import Arena, Contestant, Duel, Effect, Model, Votes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note

FIELDS: Final = (
    "model", "systems", "duels", "groups", "above", "order", "position", "longer", "tie", "readings",
)  # fmt: skip


def fields(votes: Votes, systems: tuple[Contestant, ...], kind: str, placed: bool) -> tuple[dict[str, Any], list[Note]]:
    """Everything that the verdicts say, and remarks on it.

    Args:
        votes: the verdicts.
        systems: the systems; what the verdicts say of them is filled in anew.
        kind: ``choice`` or ``ranking``.
        placed: whether the order in which responses were shown is known.
    Raises:
        BadInput: ``arena.disconnected``, ``arena.nothing``, or no scatter.
    """
    if not votes.shown:
        raise BadInput("arena.nothing")
    try:
        found = numbers.stated(votes, len(systems), kind, placed)
    except BadInput as error:
        if error.code == "comparison.disconnected":
            raise disconnected(error.values["groups"], systems) from None
        if error.code in ("numbers.no_scatter", "numbers.too_few"):
            raise BadInput("arena.no_scatter", n=len(votes.clusters), readings=len(set(votes.reading))) from None
        raise
    runs = [one.run for one in systems]
    longer = None
    if found.adjusted is not None and found.adjusted.covariates:
        longer = numbers.effect(*found.adjusted.covariates[0], numbers.dof(found.adjusted))
    tie = found.strengths.tie[0] if found.strengths is not None and found.strengths.tie is not None else None
    made = {
        "model": _model(found, kind), "systems": _systems(votes, systems, found),
        "duels": _duels(votes, systems, found),
        "groups": () if found.board is None else _groups(found, runs),
        "above": tuple(tuple(runs[place] for place in group) for group in found.above), "order": found.order,
        "position": numbers.position(votes) if placed else None, "longer": longer, "tie": tie,
        "readings": len(set(votes.reading)),
    }  # fmt: skip
    return made, _notes(votes, found, kind, placed)


def disconnected(label: list[int], systems: tuple[Contestant, ...]) -> BadInput:
    """The refusal of systems that were never compared with the others, naming the groups."""
    named = [", ".join(systems[place].run for place, own in enumerate(label) if own == one) for one in sorted({*label})]
    return BadInput("arena.disconnected", n=len(named), groups="; ".join(named))


def _model(found: numbers.Stated, kind: str) -> Model:
    if found.strengths is None:
        return "separated"
    if kind == "ranking":
        return "plackett_luce"
    return "bradley_terry" if found.strengths.tie is None else "davidson"


def _groups(found: numbers.Stated, runs: list[str]) -> tuple[tuple[str, ...], ...]:
    assert found.board is not None
    rank = {place: number for number, place in enumerate(found.board.order)}
    ordered = [sorted(group, key=rank.__getitem__) for group in found.board.groups]
    return tuple(tuple(runs[place] for place in group) for group in sorted(ordered, key=lambda g: rank[g[0]]))


def _systems(votes: Votes, systems: tuple[Contestant, ...], found: numbers.Stated) -> tuple[Contestant, ...]:
    wins, ties = numbers.tally(votes, len(systems))
    made = []
    for place, one in enumerate(systems):
        seen = [length for shown, sizes in zip(votes.shown, votes.length, strict=True)
                for system, length in zip(shown, sizes, strict=True) if system == place]  # fmt: skip
        made.append(msgspec.structs.replace(
            one, strength=None if found.strengths is None else numbers.against_mean(found.strengths, place),
            rank=None if found.board is None else found.board.ranks[place],
            adjusted=None if found.adjusted is None else numbers.against_mean(found.adjusted, place),
            wins=int(wins[place].sum()), losses=int(wins[:, place].sum()), ties=int(ties[place].sum()),
            length=sum(seen) / len(seen) if seen else None,
        ))  # fmt: skip
    return tuple(made)


def _duels(votes: Votes, systems: tuple[Contestant, ...], found: numbers.Stated) -> tuple[Duel, ...]:
    wins, ties = numbers.tally(votes, len(systems))
    made = []
    for a in range(len(systems)):
        for b in range(a + 1, len(systems)):
            one = Duel(a=systems[a].run, b=systems[b].run, verdicts=int(wins[a, b] + wins[b, a] + ties[a, b]),
                       wins_a=int(wins[a, b]), wins_b=int(wins[b, a]))  # fmt: skip
            if found.strengths is not None and found.board is not None:
                made.append(_modelled(one, found, a, b))
            else:
                made.append(_counted(one, float(wins[a, b] + ties[a, b] / 2), _clusters(votes, a, b)))
    return tuple(made)


def _modelled(one: Duel, found: numbers.Stated, a: int, b: int) -> Duel:
    strengths, board = found.strengths, found.board
    assert strengths is not None and board is not None
    gap, u, _ = strengths.difference(a, b)
    reach = coverage_factor(numbers.LEVEL, numbers.dof(strengths)) * u
    return msgspec.structs.replace(
        one, difference=Effect(value=gap, u=u, interval=(gap - reach, gap + reach)),
        simultaneous=(gap - board.factor * u, gap + board.factor * u),
        probability=numbers.probability(gap, strengths),
        interval=(numbers.probability(gap - reach, strengths), numbers.probability(gap + reach, strengths)),
        apart=bool(board.apart[a, b] != 0),
    )  # fmt: skip


def _counted(one: Duel, won: float, clusters: int) -> Duel:
    """What can be said without strengths: the share, with the interval that so many clusters allow."""
    if not one.verdicts:
        return one
    share = won / one.verdicts
    low, high = wilson(share, clusters, coverage_factor(numbers.LEVEL, None))
    return msgspec.structs.replace(one, probability=share, interval=(max(0.0, low), min(1.0, high)))


def _clusters(votes: Votes, a: int, b: int) -> int:
    return len({cluster for shown, cluster in zip(votes.shown, votes.cluster, strict=True) if {a, b} <= set(shown)})


def _notes(votes: Votes, found: numbers.Stated, kind: str, placed: bool) -> list[Note]:
    notes, n = [], len(set(votes.cluster))
    if n < numbers.FEW:
        notes.append(Note(code="few_items", values={"n": n}))
    if found.strengths is not None and kind == "choice" and found.adjusted is None:
        notes.append(Note(code="length_unknown"))
    if kind == "ranking":
        notes.append(Note(code="lists_length"))
    if found.strengths is not None and kind == "choice" and placed and found.order is None:
        notes.append(Note(code="order_unknown"))
    if not placed:
        notes.append(Note(code="places_unknown"))
    return notes


def differing(made: Arena) -> str:
    """The first field that does not follow from the verdicts in the statement; empty if all do.

    To the last bit with the same software on the same kind of processor, else to nine digits.
    """
    try:
        again, _ = fields(made.votes, made.systems, made.kind, "places_unknown" not in {one.code for one in made.notes})
    except (BadInput, IndexError, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    exact = software() == made.software
    for name in FIELDS:
        ours, theirs = msgspec.to_builtins(again[name]), msgspec.to_builtins(getattr(made, name))
        if not _same(ours, theirs, exact):
            return name
    return ""


def _same(ours: Json, theirs: Json, exact: bool) -> bool:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key], exact) for key in ours)
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(_same(a, b, exact) for a, b in zip(ours, theirs, strict=True))
    if not exact and isinstance(ours, float) and isinstance(theirs, float | int):
        return isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-12)
    return bool(ours == theirs)

