"""Whether the keys can be right: by the items' own instruments, and by the systems that answered them."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from assay.api.materials.described import Described, instrument_of
from assay.api.runs import opened, run_channels
from assay.api.work import reopen
from assay.catalogue.build import build
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.uncertainty.comparing.multiple import benjamini_hochberg, holm
from assay.uncertainty.items.discrimination import discriminations
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.material import Item, Material
from assay.vocabulary.observation import Response
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json
from assay.vocabulary.workshop import Finding, SuspectKey

LEAST_SYSTEMS: Final = 5
"""Systems from which on keys are looked at by their answers."""

_SHOWN: Final = 5
_LISTED: Final = 20
_ALWAYS_LISTED: Final = 10  # wrong keys are among the first long before they can be proved
_FALSE_ALARMS: Final = 0.1
_SUSPECT: Final = 0.05
_ANSWERED_BY_REFERENCE: Final = (
    "general.choice", "general.exact", "general.number", "general.includes", "llm.tool_calls",
)  # fmt: skip


def readable(made: Described) -> tuple[dict[str, int], list[Finding]]:
    """Items by the instrument that reads them, and those that it cannot read or whose reference it reads as wrong.

    References that are no answers themselves (tests, a schema, constraints) are only looked at by the instrument.
    """
    by_part: dict[str, list[int]] = {}
    for place, item in enumerate(made.material.items):
        by_part.setdefault(instrument_of(item, made.card), []).append(place)
    findings = []
    unknown = by_part.pop("", [])
    if unknown:
        places = _places(made.material, unknown)
        findings.append(Finding(code="no_instrument", severity="remark", n=len(unknown), places=places))
    for part, places_of in sorted(by_part.items()):
        try:
            instrument = build("instrument", PartUse(part=part), "[card] instrument")
            findings += asyncio.run(_read(instrument, part, made.material, places_of))
        except AssayError as error:  # an extra that is not installed, settings that the card does not name
            values = {"part": part, "reason": str(error)}
            findings.append(Finding(code="instrument_away", severity="remark", n=len(places_of), values=values))
    counts = {part: len(places_of) for part, places_of in sorted(by_part.items())}
    return {**counts, **({"none": len(unknown)} if unknown else {})}, findings


async def _read(instrument: Any, part: str, material: Material, places: list[int]) -> list[Finding]:
    lacking, unfit, wrong = [], [], []
    for place in places:
        item = material.items[place]
        if instrument.needs_reference and item.reference is None:
            lacking.append(place)
        elif reason := instrument.check(item):
            unfit.append((place, reason))
        elif part in _ANSWERED_BY_REFERENCE:
            reading = await instrument.read(item, Response(status="ok", output=_answer(item.reference)))
            if reading.value != 1.0:
                wrong.append((place, str(reading.note or reading.value)))
    found = []
    if lacking:
        found.append(Finding(code="no_key", severity="mend", n=len(lacking), places=_places(material, lacking),
                             values={"part": part}))  # fmt: skip
    for code, cases in (("unfit", unfit), ("unread", wrong)):
        if cases:
            shown = tuple(f"{material.place(place)}: {reason}" for place, reason in cases[:_SHOWN])
            found.append(Finding(code=code, severity="mend", n=len(cases), places=shown, values={"part": part}))
    return found


def suspects(made: Described, lab: str | Path) -> tuple[int, tuple[SuspectKey, ...], list[Finding]]:
    """Items that able systems fail and weak ones pass, by the readings that a laboratory holds.

    Returns:
        Number of systems that answered items of this material, the most suspect items, and findings.
    """
    items = made.material.items
    names = {_content(item): place for place, item in enumerate(items)}
    sums: dict[str, dict[int, list[float]]] = {}
    if Laboratory(Path(lab)).has_store():
        with opened(lab) as store:
            for subject, place, value in _readings(store, names):
                sums.setdefault(subject, {}).setdefault(place, []).append(value)
    if len(sums) < LEAST_SYSTEMS:
        values = {"systems": len(sums), "least": LEAST_SYSTEMS}
        return len(sums), (), [Finding(code="keys_unseen", severity="remark", values=values)]
    scores = np.full((len(sums), len(items)), np.nan)
    for row, by_item in enumerate(sums.values()):
        for place, values_of in by_item.items():
            scores[row, place] = np.mean(values_of)
    found = discriminations(scores)
    told = [place for place, one in enumerate(found) if one.correlation is not None]
    p = [found[place].p for place in told]
    listed = [
        SuspectKey(item=items[place].id, place=made.material.place(place), correlation=float(one.correlation or 0.0),
                   interval=one.interval, subjects=one.subjects, right=one.right, p=one.p, p_holm=all_of, q=q)
        for place, all_of, q in zip(told, holm(p), benjamini_hochberg(p), strict=True)
        if (one := found[place]).correlation is not None and one.correlation < 0
    ]  # fmt: skip
    listed.sort(key=lambda one: (one.p, one.correlation))
    suspect = [one for one in listed if one.p <= _SUSPECT]
    return len(sums), tuple(listed[: max(_ALWAYS_LISTED, min(len(suspect), _LISTED))]), _blamed(suspect, len(sums))


def _blamed(listed: list[SuspectKey], systems: int) -> list[Finding]:
    blamed = [one for one in listed if one.q <= _FALSE_ALARMS]
    findings = []
    if blamed:
        values: dict[str, Json] = {"q": _FALSE_ALARMS, "systems": systems}
        places = tuple(one.place for one in blamed[:_SHOWN])
        findings.append(Finding(code="wrong_key", severity="mend", n=len(blamed), places=places, values=values))
    if len(listed) > len(blamed):
        rest = [one.place for one in listed if one.q > _FALSE_ALARMS]
        values = {"p": _SUSPECT, "systems": systems}
        findings.append(Finding(code="suspect_key", severity="remark", n=len(rest), places=tuple(rest[:_SHOWN]),
                                values=values))  # fmt: skip
    return findings


def _readings(store: SqliteStore, names: dict[str, int]) -> Iterator[tuple[str, int, float]]:
    """System, place of the item in our material, and what was read, of all finished runs that gave our items."""
    for record in store.runs():
        if record.state != "complete":
            continue
        try:
            work = reopen(store, record)
        except BadInput:  # parts of another installation
            continue
        places = [names.get(_content(item)) for item in work.material.items]
        channel = next(iter(run_channels(work).values()), None)
        if channel is None or not any(place is not None for place in places):
            continue
        subject, seen = digest(work.manifest.planned.subject), store.observations(channel)
        for item, value in zip(seen.item[seen.ok].tolist(), seen.value[seen.ok].tolist(), strict=True):
            place = places[item]
            if place is not None and 0 <= value <= 1:
                yield subject, place, value


def _content(item: Item) -> str:
    return digest([item.stimulus, item.reference, item.choices])


def _places(material: Material, places: list[int]) -> tuple[str, ...]:
    return tuple(material.place(place) for place in places[:_SHOWN])


def _answer(reference: Json) -> Json:
    """What a subject would say whose answer is the reference."""
    if isinstance(reference, list) and all(isinstance(call, dict) for call in reference):
        return json.dumps(reference, ensure_ascii=False)
    return str(reference[0] if isinstance(reference, list) and reference else reference)

