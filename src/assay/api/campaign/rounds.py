"""What changed between two rounds of a campaign, dimension by dimension."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from math import sqrt
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from assay.api.campaign.gathered import Block, Floats, Gathered, gathered
from assay.api.campaign.lines import shares_of
from assay.api.keys import trusted
from assay.api.work import reopen
from assay.reports.forms import CAMPAIGN
from assay.reports.statement import unseal
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.uncertainty.coverage import effective_dof
from assay.uncertainty.score import rounds
from assay.uncertainty.score.rounds import Moved, Pairing
from assay.vocabulary.campaign import Campaign, Change, Shift
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Item
from assay.vocabulary.result import Note, Result
from assay.vocabulary.standard import Standard

_KINDS: Final = ("shift", "anchors", "fresh", "gap")
_LEAST: Final = 2
_REACH: Final = {"shift": 1.0, "anchors": 1.0, "fresh": 1.0, "gap": 2.0}


class Earlier(NamedTuple):
    """An earlier campaign, and the digest of its envelope."""

    made: Campaign
    sha256: str


class _Found(NamedTuple):
    """The changes of a dimension before their intervals are stated, by kind."""

    dimension: str
    moves: dict[str, Moved | None]
    n_anchors: int
    why: tuple[Note, ...]


def earlier(path: str, laboratory: Laboratory) -> Earlier:
    """The campaign that is to be repeated: a file, or the id of one among the laboratory's reports.

    Raises:
        BadInput: there is none, its key is not trusted, or the laboratory has not its rows.
        VerificationFailed: it was changed, or is no campaign.
    """
    place = Path(path)
    if not place.exists():
        place = laboratory.reports / f"{path}.json"
    try:
        data = place.read_bytes()
    except OSError as error:
        raise BadInput("file.missing", path=path) from error
    opened = unseal(CAMPAIGN, data, str(place), trusted(laboratory.keys))
    if not opened.trusted:
        raise BadInput("certificate.unknown_key", path=str(place), key=opened.key_id)
    if not laboratory.has_store():
        raise BadInput("lab.none", path=str(laboratory.folder))
    with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
        for used in opened.made.runs:
            store.run(used.run)
    return Earlier(opened.made, digest_bytes(data))


def check_anchors(before: Earlier, items: Iterable[Item], seed: int, store: SqliteStore) -> None:
    """Refuse anchors that are not the items of the earlier round: a generator may make others by now.

    Args:
        before: the earlier round.
        items: those of the later one.
        seed: its seed; items of other seeds are anchors.
        store: holds the items of the earlier round.
    Raises:
        BadInput: ``campaign.anchors``, with the first such item.
    """
    known = {}
    for used in before.made.runs:
        known.update({item.id: item for item in reopen(store, store.run(used.run)).material.items})
    covered = {name for used in before.made.runs for name in used.generators}
    for item in items:
        asked = any(f"part:{name}" in item.tags for name in covered)
        if asked and not item.id.endswith(f"@{seed}") and known.get(item.id) != item:
            raise BadInput("campaign.anchors", id=item.id, campaign=before.made.id)


def changes(
    before: Earlier, now: Gathered, wanted: tuple[Standard, Sequence[str], float], store: SqliteStore
) -> tuple[Change, ...]:
    """The change in every dimension; simultaneous intervals are Bonferroni's over the dimensions of each kind.

    Args:
        before: the earlier round.
        now: rows of the later one.
        wanted: the standard, the languages, and the level.
        store: holds the rows of both.
    """
    standard, languages, level = wanted
    then = gathered(store, before.made.runs, before.made.cells, {}, {})
    found = [_found(then, now, one.name, languages) for one in standard.dimension]
    counts = {kind: sum(1 for one in found if one.moves[kind] is not None) for kind in _KINDS}
    return tuple(_change(one, level, counts) for one in found)


def _change(one: _Found, level: float, counts: dict[str, int]) -> Change:
    shifts = {kind: _shift(move, level, counts[kind], _REACH[kind]) for kind, move in one.moves.items()}
    apart = shifts["gap"]
    sign = ""
    if apart is not None and not apart.simultaneous[0] <= 0 <= apart.simultaneous[1]:
        sides = {kind: abs(move.value) for kind in ("anchors", "fresh") if (move := one.moves[kind]) is not None}
        sign = max(sides, key=lambda kind: sides[kind])
    return Change(dimension=one.dimension, n_anchors=one.n_anchors, sign=sign, why=one.why, **shifts)  # type: ignore[arg-type]


def _shift(move: Moved | None, level: float, count: int, reach: float) -> Shift | None:
    if move is None:
        return None
    each = 1 - (1 - level) / max(1, count)
    return Shift(value=move.value, u=move.u, dof=move.dof, interval=rounds.interval(move, level, reach),
                 simultaneous=rounds.interval(move, each, reach))  # fmt: skip


def _found(then: Gathered, now: Gathered, dimension: str, languages: Sequence[str]) -> _Found:
    shares = shares_of(now.cells, dimension, languages)
    none: dict[str, Moved | None] = dict.fromkeys(_KINDS)
    for block in shares:
        judged = block in now.judged
        if judged != (block in then.judged) or block in now.missing or (block in now.unjudged and not judged):
            return _Found(dimension, none, 0, (Note(code="not_in_both", values={"name": block[0]}),))
    cells = [pair for block in shares if block not in now.judged for pair in _pairs(then, now, block, shares[block])]
    judged_blocks = [block for block in shares if block in now.judged]
    n_anchors = sum(len(cell.before) for cell in cells)
    shift = rounds.moved(cells) if cells else Moved(0.0, 0.0, None)
    if shift is not None and judged_blocks:
        shift = _with_judged(shift, [(shares[b], then.judged[b], now.judged[b]) for b in judged_blocks])
    if shift is None:
        return _Found(dimension, none, n_anchors, (Note(code="no_reading_in_both"),))
    if judged_blocks:  # whose anchors are not told apart
        return _Found(dimension, {**none, "shift": shift}, n_anchors, (Note(code="judged_change"),))
    whole = [_together(then, now, block, shares[block]) for block in shares]
    anchors, fresh = rounds.of_anchors(whole), rounds.of_others(whole)
    apart = rounds.gap(anchors, fresh) if anchors and fresh else None
    return _Found(dimension, {"shift": shift, "anchors": anchors, "fresh": fresh, "gap": apart}, n_anchors, ())


def _pairs(then: Gathered, now: Gathered, block: Block, share: float) -> list[Pairing]:
    """The cells of a block; taken together where one of them has fewer than two units in a round."""
    places = [place for place, cell in enumerate(now.cells) if (cell.generator, cell.language) == block]
    levels = [now.cells[place].level for place in places]
    made = [_pair(_units(then, block, [level]), _units(now, block, [level]), share / len(levels)) for level in levels]
    units = [(len(cell.before) + len(cell.left), len(cell.after) + len(cell.fresh)) for cell in made]
    return made if min(min(pair) for pair in units) >= _LEAST else [_together(then, now, block, share)]


def _together(then: Gathered, now: Gathered, block: Block, share: float) -> Pairing:
    """A block with its levels together: the few anchors of one level show too little of how they scatter."""
    levels = list(dict.fromkeys(cell.level for cell in now.cells if (cell.generator, cell.language) == block))
    return _pair(_units(then, block, levels), _units(now, block, levels), share)


def _units(rows: Gathered, block: Block, levels: Sequence[str]) -> dict[tuple[str, str], float]:
    """Mean of the readings of each unit, by its name and content; units without a reading are left out."""
    places = [place for place, cell in enumerate(rows.cells)
              if (cell.generator, cell.language) == block and cell.level in levels]  # fmt: skip
    chosen = np.flatnonzero(np.isin(rows.rows.cell, places) & rows.rows.ok)
    values: dict[int, list[float]] = {}
    for unit, value in zip(rows.rows.unit[chosen].tolist(), rows.rows.value[chosen].tolist(), strict=True):
        values.setdefault(unit, []).append(value)
    return {(rows.rows.name[unit], rows.rows.content[unit]): sum(v) / len(v) for unit, v in values.items()}


def _pair(then: dict[tuple[str, str], float], now: dict[tuple[str, str], float], weight: float) -> Pairing:
    shared = [name for name in now if name in then]

    def column(values: list[float]) -> Floats:
        return np.array(values, np.float64)

    return Pairing(
        weight, column([then[name] for name in shared]), column([now[name] for name in shared]),
        column([value for name, value in then.items() if name not in now]),
        column([value for name, value in now.items() if name not in then]),
    )  # fmt: skip


def _with_judged(shift: Moved, judged: Sequence[tuple[float, Result, Result]]) -> Moved | None:
    """Adds what a judge read: items as if independent (anchors make it sharper than stated), and a certificate that
    both rounds share as far as it does not cancel.
    """
    value, parts = shift.value, [(shift.u, shift.dof)]
    common: dict[str, float] = {}
    for share, then, now in judged:
        if then.value is None or now.value is None:
            return None
        value += share * (now.value - then.value)
        for side, result in ((-1.0, then), (1.0, now)):
            for row in result.budget:
                if row.source.startswith("certificate:"):
                    common[row.source] = common.get(row.source, 0.0) + side * share * row.u
                else:
                    parts.append((share * row.u, row.dof))
    parts += [(abs(u), None) for u in common.values()]
    return Moved(value, sqrt(sum(u**2 for u, _ in parts)), effective_dof(parts))
