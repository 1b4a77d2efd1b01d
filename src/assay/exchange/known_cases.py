"""Cases of known verdict from ratings by people: what a judge is calibrated on."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from statistics import fmean
from typing import Any, Final, NamedTuple

from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.record import Json
from assay.vocabulary.rubric import Rubric

FIELDS: Final = (
    "item", "prompt", "response", "reference", "verdict", "rater", "kind", "language", "system", "group",
)  # fmt: skip
"""Columns that are read; a rating needs ``response`` and ``verdict``."""

Row = tuple[str, Mapping[str, Any]]
"""Place for messages, and columns by name."""


class KnownCases(NamedTuple):
    """Cases with the verdicts that people gave, as one material.

    Attributes:
        material: one item a case: its stimulus holds ``prompt``, ``response`` and ``reference``, its reference is the
            people's verdict from 0 to 1, its tags are ``kind:``, ``language:`` and ``system:`` with what the file says.
        raters: how many people rated.
        agreement: share of pairs of ratings of one case that are the same; None where no case has two.
        excluded: cases left out because as many people passed as failed them.
        votes: for each item of the material, the verdict of each person by name (from ``#0`` on where none is given).
    """

    material: Material
    raters: int
    agreement: float | None
    excluded: int
    votes: tuple[Mapping[str, float], ...] = ()


class _Found(NamedTuple):
    place: str
    case: dict[str, str]
    votes: dict[str, float]


def known_cases(
    rows: Iterable[Row], name: str, rubric: Rubric, passes: tuple[str, ...], columns: Mapping[str, str]
) -> KnownCases:
    """Cases from ratings, several ratings of a case being combined.

    Ratings of one case are those with the same prompt, response and reference. Of a selection the verdict that most
    people gave counts, and a case on which they are evenly divided is left out; of grades their mean counts.

    Args:
        rows: the ratings.
        name: name of the material.
        rubric: whose verdicts they are.
        passes: verdicts of a selection that count as 1.
        columns: names of columns in the file where they are others than ``FIELDS``.
    Raises:
        BadInput: no ratings, a column missing, an empty response, a verdict outside of the rubric, or two verdicts of
            one rater on one case.
    """
    for field in columns:
        if field not in FIELDS:
            raise BadInput("setting.unknown", where="--column", key=field, near=near(field, FIELDS))
    found: dict[str, _Found] = {}
    raters: set[str] = set()
    for place, row in rows:
        case = {field: _text(row.get(columns.get(field, field))) for field in FIELDS}
        for needed in ("response", "verdict"):
            if not case[needed].strip():
                raise BadInput("cases.lacks", place=place, column=columns.get(needed, needed), had=", ".join(row))
        if rubric.with_reference and not case["reference"].strip():
            raise BadInput("cases.lacks", place=place, column=columns.get("reference", "reference"), had=", ".join(row))
        value = _value(rubric, passes, row.get(columns.get("verdict", "verdict")), place)
        key = digest([case["prompt"], case["response"], case["reference"]])
        kept = found.setdefault(key, _Found(place, case, {}))
        rater = case["rater"] or f"#{len(kept.votes)}"
        if kept.votes.setdefault(rater, value) != value:
            raise BadInput("cases.conflict", place=place, rater=rater, first=kept.place)
        raters.add(case["rater"] or "#0")
    if not found:
        raise BadInput("cases.none", name=name)
    return _combined(list(found.values()), rubric, name, len(raters))


def _combined(found: list[_Found], rubric: Rubric, name: str, raters: int) -> KnownCases:
    items: list[Item] = []
    places, ids, excluded = [], set[str](), 0
    kept: list[Mapping[str, float]] = []
    shared = [case["item"] for _, case, _ in found if case["item"]]
    for number, (place, case, votes) in enumerate(found, 1):
        value = fmean(votes.values())
        if rubric.kind == "selection":
            if value == 0.5:
                excluded += 1
                continue
            value = float(value > 0.5)
        stem = case["item"] or str(number)
        ident = stem if stem not in ids else f"{stem}#{number}"
        ids.add(ident)
        grouped = case["item"] if shared.count(case["item"]) > 1 else None
        tags = tuple(f"{by}:{case[by]}" for by in ("kind", "language", "system") if case[by])
        stimulus = {name: case[name] for name in ("prompt", "response", "reference")}
        items.append(Item(id=ident, stimulus=stimulus, reference=value, group=case["group"] or grouped, tags=tags))
        places.append(place)
        kept.append(votes)
    pairs = [(a, b) for _, _, votes in found for a, b in combinations(votes.values(), 2)]
    agreement = fmean(float(a == b) for a, b in pairs) if pairs else None
    material = Material(name=name, items=tuple(items), places=tuple(places), source=name)
    return KnownCases(material, raters, agreement, excluded, tuple(kept))


def _text(value: Json) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _value(rubric: Rubric, passes: tuple[str, ...], given: Json, place: str) -> float:
    """A verdict as a number from 0 to 1."""
    for value in rubric.values:
        if rubric.kind == "selection" and given == value:
            return float(value in passes)
        if rubric.kind == "score" and not isinstance(given, bool) and _number(given) == value:
            low, high = float(rubric.values[0]), float(rubric.values[-1])
            return (float(value) - low) / (high - low)
    expected = ", ".join(map(str, rubric.values))
    raise BadInput("rating.outside", place=place, got=_text(given)[:80], rubric=rubric.name, expected=expected)


def _number(given: Json) -> float | None:
    try:
        return float(given) if isinstance(given, int | float | str) else None
    except (ValueError, OverflowError):
        return None
