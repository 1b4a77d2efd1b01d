"""Plan: from procedure and material to trials. Every seed is fixed here."""

import hashlib
from collections.abc import Iterator

import msgspec

from assay.vocabulary.canonical import digest, row_bytes, settled
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.observation import Trial
from assay.vocabulary.procedure import Procedure
from assay.vocabulary.protocols import Instrument
from assay.vocabulary.record import Json, Record


class Planned(Record, kw_only=True):
    """What is to be observed.

    Attributes:
        run: name of the run, the first 12 digits of a digest.
        base: digest shared by all runs of this measurement.
        subject: identity of the subject.
        procedure: the recipe; its plan's ``occasion`` tells repeated runs apart.
        material: digest of the items.
        n_items: number of items.
    """

    run: str
    base: str
    subject: dict[str, Json]
    procedure: Procedure
    material: str
    n_items: int

    @property
    def n_trials(self) -> int:
        """Items × variants × repeats."""
        plan = self.procedure.plan
        return self.n_items * len(plan.variants) * plan.repeats


def plan(procedure: Procedure, material: Material, subject: dict[str, Json]) -> Planned:
    """Name the run: the same subject, material, procedure and occasion always have the same name."""
    subject = settled(subject)
    first = msgspec.structs.replace(procedure, plan=msgspec.structs.replace(procedure.plan, occasion=1))
    base = digest([subject, material.digest, first.digest])
    return Planned(
        run=digest([base, procedure.plan.occasion])[:12],
        base=base,
        subject=subject,
        procedure=procedure,
        material=material.digest,
        n_items=len(material.items),
    )


def trials(planned: Planned, material: Material) -> Iterator[Trial]:
    """Every trial, item by item, variant by variant, repeat by repeat; made as they are taken."""
    varied = planned.procedure.plan
    for item_index, item in enumerate(material.items):
        for variant_index, variant in enumerate(varied.variants):
            stem = hashlib.blake2b(row_bytes([varied.seed, varied.occasion, item.id, variant.name]), digest_size=8)
            for repeat in range(1, varied.repeats + 1):
                drawn = stem.copy()
                drawn.update(repeat.to_bytes(4, "big"))
                seed = int.from_bytes(drawn.digest(), "big") % 2**31  # servers take 32 bits, some of them signed
                yield Trial(item_index, variant_index, repeat, seed, item, variant)


def response_key(subject_digest: str, trial: Trial, stimulus: Json) -> bytes:
    """Key of a response: what the subject can notice, and which trial it is; nothing about speed.

    Returns:
        32 bytes.
    """
    what = [subject_digest, stimulus, trial.seed, trial.item.id, trial.variant.name, trial.repeat]
    return hashlib.sha256(row_bytes(what)).digest()


def check_items(material: Material, instruments: dict[str, Instrument]) -> None:
    """Refuse items that an instrument can never read, before anything is asked.

    Args:
        material: the items.
        instruments: by the name of the part.
    Raises:
        BadInput: the first such item, with its place and the reason.
    """
    for name, instrument in instruments.items():
        for index, item in enumerate(material.items):
            if instrument.needs_reference and item.reference is None:
                raise BadInput("table.no_target", place=material.place(index), id=item.id, instrument=name)
            reason = instrument.check(item)
            if reason:
                raise BadInput("item.unfit", place=material.place(index), id=item.id, instrument=name, reason=reason)
