"""Compose: everything that is to be signed, in one record."""

import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Final, NamedTuple

import msgspec

from assay.line.blind import leaves
from assay.line.consult import judge_name
from assay.line.estimate import Estimated
from assay.line.observe import Price
from assay.line.plan import Planned
from assay.vocabulary.canonical import digest, row_bytes
from assay.vocabulary.material import Material
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.protocols import Asks, Bench, Instrument, Jury, Store
from assay.vocabulary.record import Json
from assay.vocabulary.report import (
    Conditions,
    Example,
    InstrumentRecord,
    LaboratoryMark,
    LostReason,
    MaterialRecord,
    ObservationsRecord,
    Particulars,
    Report,
    SubjectRecord,
)
from assay.vocabulary.result import Decision, Note
from assay.vocabulary.status import STATUSES
from assay.vocabulary.whole import Offers

_EXAMPLES: Final = 4  # of each kind: lost, lowest, highest
_LONGEST: Final = 2_000  # characters of a text shown in a report
_REASONS: Final = 20  # reasons of loss listed for each measurand


class Account(NamedTuple):
    """What the store knows of a run's channels.

    Attributes:
        observations: digests of all rows and of all responses, and the number of rows.
        lost: reasons of lost readings.
        examples: trials to show.
        conditions: when and how the responses were had.
    """

    observations: ObservationsRecord
    lost: tuple[LostReason, ...]
    examples: tuple[Example, ...]
    conditions: Conditions


class Composition(NamedTuple):
    """What a report is made from."""

    title: str
    planned: Planned
    material: Material
    measurands: Mapping[str, Measurand]
    instruments: Mapping[str, Instrument]
    estimates: Mapping[str, Estimated]
    decisions: tuple[Decision, ...]
    account: Account
    mark: LaboratoryMark
    particulars: Particulars
    read_with: str = ""  # the instrument, if it is not the one that the measurement was made with
    juries: tuple[Note, ...] = ()  # how far the judges of juries agree
    restarts: tuple[Note, ...] = ()  # what a bench that takes whole restarts says of them
    origin: tuple[Note, ...] = ()  # who observed, if it was not this laboratory, and what is not known of it


def compose(made: Composition) -> Report:
    """The report of a run, issued now."""
    same = made.material.same_content()
    notes = [*made.origin, *(note for instrument in made.instruments.values() for note in judged_by(instrument))]
    notes += [Note(code="same_content", values={"n": len(same)})] if same else []
    occasion = made.planned.procedure.plan.occasion
    if occasion > 1:
        notes.append(Note(code="occasion", values={"n": occasion, "earlier": occasion - 1}))
    notes += ended(made.planned)
    if made.read_with:
        notes.append(Note(code="read_with", values={"instrument": made.read_with}))
    notes += [*made.juries, *made.restarts]
    content = [made.title, made.planned, made.decisions, made.account.observations]
    issued = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(
        id=f"{made.planned.run}-{digest([content, issued])[:8]}",
        title=made.title,
        run=made.planned.run,
        issued=issued,
        laboratory=made.mark,
        subject=SubjectRecord(identity=made.planned.subject, digest=digest(made.planned.subject)),
        material=_material(made.material, same),
        procedure=made.planned.procedure,
        measurands=dict(made.measurands),
        instruments=tuple(
            InstrumentRecord(
                part=channel.instrument.part,
                version=made.instruments[channel.measurand].version,
                settings=channel.instrument.settings,
                measurand=channel.measurand,
                certificate=getattr(made.instruments[channel.measurand], "certificate", "") or None,
            )
            for channel in made.planned.procedure.channels
        ),
        results=tuple(made.estimates[c.measurand].result for c in made.planned.procedure.channels),
        decisions=made.decisions,
        lost=made.account.lost,
        examples=made.account.examples,
        conditions=made.account.conditions,
        observations=made.account.observations,
        software=software(),
        notes=tuple(notes),
        location=made.particulars.location,
        customer=made.particulars.customer,
        authorised_by=made.particulars.authorised_by,
    )


def ended(planned: Planned) -> list[Note]:
    """Where a run that may end early ended, and why; nothing for a run of every item."""
    taken = planned.taken
    if taken is None or not taken.reason:
        return []
    values = {"n": taken.last, "items": taken.n_items, "total": planned.n_items, "looks": taken.look}
    return [Note(code=f"ended.{taken.reason}", values=values)]


def judged_by(instrument: Instrument) -> list[Note]:
    """What a reader must know of the judges before any number: that they were not calibrated, or are relatives."""
    if not isinstance(instrument, Asks):
        return []
    judges = ", ".join(judge_name(use) for use in instrument.subjects())
    code = "judge_latent" if isinstance(instrument, Jury) and instrument.latent else "judge_uncalibrated"
    notes = [] if instrument.certificate else [Note(code=code, values={"judges": judges})]
    if instrument.relative:
        notes.append(Note(code="judge_relative", values={"judges": judges, "reason": instrument.relative}))
    return notes


def same_content(report: Report) -> str:
    """Digest of what a report says, without when it was issued: equal for reports that need not be issued twice."""
    return digest(msgspec.structs.replace(report, id="", issued=""))


def software() -> dict[str, str]:
    """Versions and processor family on which the last bit of a result may depend."""
    versions = {name: version(name) for name in ("assay", "numpy", "scipy")}
    return {**versions, "python": platform.python_version(), "machine": platform.machine(), "system": sys.platform}


def account(
    planned: Planned, material: Material, bench: Bench, store: Store, channels: Mapping[str, int], price: Price | None
) -> Account:
    """Digests, losses, examples and conditions of a run.

    Args:
        planned: the run.
        material: its items.
        bench: renders the prompts of the examples.
        store: where the rows are.
        channels: number in the store of the channel of each measurand.
        price: adds the cost; None if there are no prices.
    """
    first = next(iter(channels.values()))
    conditions = store.conditions(first)
    if price is not None:
        conditions = msgspec.structs.replace(conditions, cost=price.cost(conditions.usage))
    return Account(
        observations=digests(planned, material, store, channels),
        lost=tuple(
            LostReason(measurand=measurand, status=STATUSES[status], reason=_cut(note, 300), n=n)
            for measurand, channel in channels.items()
            for status, note, n in store.lost(channel)[:_REASONS]
            if STATUSES[status] != "not_applicable"
        ),
        examples=_examples(planned, material, bench, store, channels),
        conditions=conditions,
    )


def digests(planned: Planned, material: Material, store: Store, channels: Mapping[str, int]) -> ObservationsRecord:
    """Digests over every row of every channel, times excluded, and over the responses they were read from."""
    rows_hash, responses_hash = sha256(), sha256()
    variants = [variant.name for variant in planned.procedure.plan.variants]
    items = material.items
    n = 0
    for place, (measurand, channel) in enumerate(channels.items()):
        for item, variant, repeat, status, value, note, _, response in store.rows(channel):
            heads = items[item]
            row = [
                measurand, heads.id, heads.group, variants[variant], repeat, STATUSES[status],
                None if status else value, note, response.hex() if response else None,
            ]  # fmt: skip
            rows_hash.update(row_bytes(row))
            if place == 0:
                responses_hash.update(response or b"")
            n += 1
    return ObservationsRecord(digest=rows_hash.hexdigest(), responses=responses_hash.hexdigest(), n=n)


def _material(material: Material, same: list[tuple[str, ...]]) -> MaterialRecord:
    return MaterialRecord(
        name=material.name,
        version=material.version,
        licence=material.licence,
        source=material.source,
        digest=material.digest,
        certificate=material.certificate,
        n_items=len(material.items),
        same_content=tuple(ids[:20] for ids in same[:20]),
        leaves=leaves(material),
    )


def _examples(
    planned: Planned, material: Material, bench: Bench, store: Store, channels: Mapping[str, int]
) -> tuple[Example, ...]:
    """The first trials, in the order of the plan, whose first measurand was lost, was lowest, and was highest."""
    measurand, channel = next(iter(channels.items()))
    kinds: dict[str, list[tuple[int, int, int, int, float | None, str, bytes, bytes]]] = {}
    for row in store.rows(channel):
        kind = "lost" if row[3] else f"{row[4]:.3g}"
        chosen = kinds.setdefault(kind, []) if len(kinds) < 50 or kind in kinds else []
        if len(chosen) < _EXAMPLES:
            chosen.append(row)
    values = sorted((kind for kind in kinds if kind != "lost"), key=float)
    rows = [row for kind in dict.fromkeys(["lost", *values[:1], *values[-1:]]) for row in kinds.get(kind, [])]
    responses = store.responses([row[6] for row in rows])
    if isinstance(bench, Offers):  # their times are no text for people
        responses = [None if one is None else bench.answer(one) for one in responses]
    examples = []
    for (item, variant, repeat, status, value, note, *_), response in zip(rows, responses, strict=True):
        case, wording = material.items[item], planned.procedure.plan.variants[variant]
        examples.append(
            Example(
                measurand=measurand, item=case.id, variant=wording.name, repeat=repeat,
                prompt=_text(bench.stimulus(case, wording)), output=_text(response.output if response else None),
                reference=_text(case.reference), status=STATUSES[status], value=None if status else value, note=note,
            )
        )  # fmt: skip
    return tuple(examples)


def _text(value: Json) -> str:
    if value is None:
        return ""
    return _cut(value if isinstance(value, str) else row_bytes(value).decode(), _LONGEST)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)})"
