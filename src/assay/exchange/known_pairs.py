"""Pairs of known preference from ratings by people: what a judge that compares is calibrated on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from statistics import fmean
from typing import Any, Final, NamedTuple

from assay.exchange.known_cases import KnownCases
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric

FIELDS: Final = (
    "item", "prompt", "first", "second", "verdict", "rater", "kind", "language", "system_first", "system_second",
    "group",
)  # fmt: skip
"""Columns that are read; a rating needs ``first``, ``second`` and ``verdict``."""

_VALUES: Final = {"first": 1.0, "second": 0.0, "tie": 0.5}


class _Found(NamedTuple):
    """A pair as it was first seen: place, columns, its two texts, and each rater's verdict on the first of them."""

    place: str
    pair: dict[str, str]
    votes: dict[str, float]


def known_pairs(
    rows: Iterable[tuple[str, Mapping[str, Any]]], name: str, rubric: Rubric, columns: Mapping[str, str]
) -> KnownCases:
    """Pairs from ratings, several ratings of a pair being combined, whichever of the two stood first.

    The verdict that most people gave counts; a pair on which no verdict has more votes than each other is left out.

    Args:
        rows: place for messages, and columns by name, of each rating.
        name: name of the material.
        rubric: whose verdicts they are.
        columns: names of columns in the file where they are others than ``FIELDS``.
    Returns:
        One item a pair: its stimulus holds ``prompt`` and two ``candidates``, its reference is 1 where people prefer
        the first, 0 the second, 0.5 neither; its tags are ``kind:``, ``language:`` and two of ``system:``, in order.
    Raises:
        BadInput: no ratings, a column missing, two texts that are the same, a verdict outside of the rubric, or two
            verdicts of one rater on one pair.
    """
    for field in columns:
        if field not in FIELDS:
            raise BadInput("setting.unknown", where="--column", key=field, near=near(field, FIELDS))
    found: dict[str, _Found] = {}
    raters: set[str] = set()
    for place, row in rows:
        pair = {field: _text(row.get(columns.get(field, field))) for field in FIELDS}
        for needed in ("first", "second", "verdict"):
            if not pair[needed].strip():
                raise BadInput("pairs.lacks", place=place, column=columns.get(needed, needed), had=", ".join(row))
        if pair["first"] == pair["second"]:
            raise BadInput("pairs.same", place=place)
        value = _VALUES.get(pair["verdict"])
        if value is None or pair["verdict"] not in rubric.values:
            expected = ", ".join(map(str, rubric.values))
            raise BadInput("rating.outside", place=place, got=pair["verdict"][:80], rubric=rubric.name,
                           expected=expected)  # fmt: skip
        key = digest([pair["prompt"], sorted([pair["first"], pair["second"]])])
        kept = found.setdefault(key, _Found(place, pair, {}))
        value = value if kept.pair["first"] == pair["first"] else 1 - value
        rater = pair["rater"] or f"#{len(kept.votes)}"
        if kept.votes.setdefault(rater, value) != value:
            raise BadInput("cases.conflict", place=place, rater=rater, first=kept.place)
        raters.add(pair["rater"] or "#0")
    if not found:
        raise BadInput("pairs.none", name=name)
    return _combined(list(found.values()), name, len(raters))


def _combined(found: list[_Found], name: str, raters: int) -> KnownCases:
    items: list[Item] = []
    places, ids, excluded = list[str](), set[str](), 0
    shared = Counter(pair["item"] for _, pair, _ in found if pair["item"])
    for number, (place, pair, votes) in enumerate(found, 1):
        counted = Counter(votes.values()).most_common()
        if len(counted) > 1 and counted[0][1] == counted[1][1]:
            excluded += 1
            continue
        stem = pair["item"] or str(number)
        ident = stem if stem not in ids else f"{stem}#{number}"
        ids.add(ident)
        tags = tuple(f"{by}:{pair[by]}" for by in ("kind", "language") if pair[by])
        tags += (f"system:{pair['system_first']}", f"system:{pair['system_second']}")
        items.append(Item(
            id=ident, stimulus={"prompt": pair["prompt"], "candidates": [pair["first"], pair["second"]]},
            reference=counted[0][0], group=pair["group"] or (pair["item"] if shared[pair["item"]] > 1 else None),
            tags=tags,
        ))  # fmt: skip
        places.append(place)
    same = [float(a == b) for _, _, votes in found for a, b in combinations(votes.values(), 2)]
    material = Material(name=name, items=tuple(items), places=tuple(places), source=name)
    return KnownCases(material, raters, fmean(same) if same else None, excluded)


def _text(value: Json) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)
