"""What is examined of a material before it is released: its labels, its shards, and its anchors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from assay.api.compare import Asked as Comparing
from assay.api.compare import compare
from assay.api.runs import opened, run_channels
from assay.api.unfinished import finished
from assay.api.work import Work, reopen
from assay.exchange.ratings import table
from assay.store.sqlite import SqliteStore
from assay.uncertainty.label_errors import label_errors
from assay.uncertainty.laboratories.reference_material import homogeneity
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput, near
from assay.vocabulary.material import Item, Material
from assay.vocabulary.material_certificate import AnchorStability, LabelAudit, ShardHomogeneity

_WRONG: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_LEAST_SHARDS: Final = 2
_TAG: Final = "tag:"


def audit(path: Path, material: Material, inherited: float = 0.0) -> tuple[LabelAudit, frozenset[str]]:
    """How often reference values are wrong, by a table of items that were checked again.

    Args:
        path: CSV or JSONL with ``item`` and either ``wrong`` (0 or 1) or ``reference``, the value found again.
        material: the items; those in the table must be a random sample of them.
        inherited: standard uncertainty left by the material above, as a fraction of the range.
    Returns:
        The audit, and the ids of the items found wrong, which do not belong in a release.
    Raises:
        BadInput: an unreadable table, an unknown item, one that stands twice, or a row that says nothing.
    """
    known = {item.id: item for item in material.items}
    seen: dict[str, bool] = {}
    for place, row in table(path):
        name = str(row.get("item") or "")
        if name not in known:
            raise BadInput("audit.item", place=place, id=name, near=near(name, list(known)))
        if name in seen:
            raise BadInput("audit.twice", place=place, id=name)
        seen[name] = _found_wrong(row, known[name], place)
    if not seen:
        raise BadInput("audit.empty", path=str(path))
    wrong = frozenset(name for name, bad in seen.items() if bad)
    left = len(known) - len(wrong)
    unchecked = (len(known) - len(seen)) / left if left else 1.0
    found = label_errors(len(seen), len(wrong), unchecked, inherited)
    made = LabelAudit(checked=len(seen), wrong=len(wrong), interval=found.interval, unchecked=unchecked,
                      remaining=found.remaining, u=found.u, inherited=inherited)  # fmt: skip
    return made, wrong


def _found_wrong(row: Mapping[str, Any], item: Item, place: str) -> bool:
    given = row.get("wrong")
    if given is not None and str(given).strip():
        said = _WRONG.get(str(given).strip().lower())
        if said is None:
            raise BadInput("audit.wrong", place=place, got=str(given)[:40])
        return said
    again = row.get("reference")
    if again is None or not str(again).strip():
        raise BadInput("audit.wrong", place=place, got="")
    return not _agrees(again, item, place)


def _agrees(again: Any, item: Item, place: str) -> bool:
    """Whether a reference is the item's: an option by letter or text, a number by value, words in any case."""
    text = str(again).strip()
    if item.choices:
        letters = [chr(ord("A") + n) for n in range(len(item.choices))]
        named = [letter for letter, choice in zip(letters, item.choices, strict=True)
                 if text.casefold() == str(choice).strip().casefold()]  # fmt: skip
        if not named and text.upper() not in letters:
            raise BadInput("audit.option", place=place, item=item.id, got=text[:40], letters=", ".join(letters))
        return item.reference in (named or [text.upper()])
    known = item.reference if isinstance(item.reference, list | tuple) else [item.reference]
    return any(_alike(text, str(one).strip()) for one in known)


def _alike(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one.casefold() == other.casefold()


def shards(material: Material, wanted: str) -> list[list[int]]:
    """The shards of a material, as places of its items; clusters are not torn apart.

    Args:
        material: the items.
        wanted: a number of shards to be drawn at random (seeded by the items), or ``tag:PREFIX`` for one shard for each
            value of a tag.
    Raises:
        BadInput: ``release.shards``: neither, or fewer than two come of it.
    """
    parts: dict[str, list[int]] = {}
    if wanted.startswith(_TAG) and len(wanted) > len(_TAG):
        prefix = wanted.removeprefix(_TAG).rstrip(":") + ":"
        for place, item in enumerate(material.items):
            for tag in item.tags:
                if tag.startswith(prefix):
                    parts.setdefault(tag, []).append(place)
    elif wanted.isascii() and wanted.isdigit() and _LEAST_SHARDS <= int(wanted) <= len(material.items):
        units: dict[str, list[int]] = {}
        for place, item in enumerate(material.items):
            units.setdefault(f"#{item.id}" if item.group is None else item.group, []).append(place)
        order = sorted(units)
        Random(material.digest).shuffle(order)
        for k, name in enumerate(order):
            parts.setdefault(str(k % int(wanted)), []).extend(units[name])
    if len(parts) < _LEAST_SHARDS:
        raise BadInput("release.shards", got=wanted, n=len(parts))
    return list(parts.values())


def alike(material: Material, runs: Sequence[str], lab: str | Path, wanted: str) -> ShardHomogeneity:
    """Whether shards are alike, by the mean reading of each item over runs in which it was asked.

    Args:
        material: the items.
        runs: finished runs on these items, or on a material that holds them.
        lab: folder of the laboratory.
        wanted: see ``shards``.
    Raises:
        BadInput: a run is missing, unfinished, or read another measurand; too few readings; ``material.no_scatter``.
    """
    places = {_content(item): place for place, item in enumerate(material.items)}
    sums, counts = np.zeros(len(material.items)), np.zeros(len(material.items))
    with opened(lab) as store:
        works = [_finished(store, name) for name in runs]
        measurand = next(iter(works[0].recipe.measurands))
        for work in works:
            number = run_channels(work).get(measurand)
            if number is None:
                raise BadInput("compare.not_read", run=work.manifest.planned.run, measurand=measurand)
            seen = store.observations(number)
            where = np.array([places.get(_content(item), -1) for item in work.material.items])[seen.item]
            used = seen.ok & (where >= 0)
            np.add.at(sums, where[used], seen.value[used])
            np.add.at(counts, where[used], 1)
    mean = sums / np.maximum(counts, 1)
    parts = [[float(mean[k]) for k in part if counts[k]] for part in shards(material, wanted)]
    found = homogeneity([part for part in parts if part])
    analysis = found.analysis
    assert analysis.p is not None  # without scatter within shards there is no study: see homogeneity
    return ShardHomogeneity(
        runs=tuple(work.manifest.planned.run for work in works), measurand=measurand, shards=len(parts),
        n_items=int((counts > 0).sum()), f=analysis.ms_between / analysis.ms_within, p=analysis.p, u_bb=found.u_bb,
        hidden=found.fallback,
    )  # fmt: skip


def _finished(store: SqliteStore, name: str) -> Work:
    return reopen(store, finished(store, name))


def _content(item: Item) -> str:
    return digest([item.stimulus, item.reference, item.choices])


def stable(material: Material, runs: tuple[str, str], lab: str | Path) -> AnchorStability:
    """The same subject on the same anchors, in an earlier release and in this one.

    Args:
        material: this release.
        runs: a finished run on the earlier release, and one on this.
        lab: folder of the laboratory.
    Raises:
        BadInput: the subjects differ, no item is in both, the later run is not on this material, or all answers of the
            later run are those of the earlier one, which shows nothing.
    """
    with opened(lab) as store:
        first, second = (_finished(store, name) for name in runs)
        if first.manifest.planned.subject != second.manifest.planned.subject:
            raise BadInput("release.anchor_subjects", first=runs[0], second=runs[1])
        mine = {_content(item) for item in material.items}
        if not any(_content(item) in mine for item in second.material.items):
            raise BadInput("release.anchors_none", run=runs[1], name=material.name)
        keys = [{row[6] for work_row in run_channels(work).values() for row in store.rows(work_row)}
                for work in (first, second)]  # fmt: skip
        if keys[0] & keys[1]:
            raise BadInput("release.anchors_reused", n=len(keys[0] & keys[1]), first=runs[0], second=runs[1])
        if first.material.digest == second.material.digest:
            raise BadInput("release.anchors_same", first=runs[0], second=runs[1])
    made = compare(list(runs), lab, Comparing())
    line = made.differences[0]
    if line.value is None:
        raise BadInput("release.anchors_none", run=runs[0], name=material.name)
    return AnchorStability(runs=(line.a, line.b), measurand=made.measurand.name, n_anchors=line.n_pairs,
                           difference=line.value, u=line.u, interval=line.interval)  # fmt: skip
