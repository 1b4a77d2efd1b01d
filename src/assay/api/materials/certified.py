"""The material of a measurement held against its certificate or its seal."""

from collections.abc import Sequence

import msgspec

from assay.api.materials.statements import believed, certificates, openings
from assay.api.measurement import Measurement, check_designs
from assay.catalogue.build import build
from assay.reports.forms import MATERIAL, SEAL
from assay.reports.statement import predicate_type
from assay.store.laboratory import Laboratory
from assay.vocabulary.canonical import digest_bytes, settled
from assay.vocabulary.errors import BadInput
from assay.vocabulary.material import Material
from assay.vocabulary.material_certificate import MaterialCertificate
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.procedure import Channel, PartUse
from assay.vocabulary.record import Json
from assay.vocabulary.result import Note
from assay.vocabulary.seal import SEAL_TYPE, Seal

_MEAN = "general.mean"
_MOST_NAMED = 5


def with_certificate(measurement: Measurement, laboratory: Laboratory) -> Measurement:
    """A measurement that names the certificate or the seal of its material, and whose budget has what it states.

    A material that was released from the same part with the same settings counts as released.

    Args:
        measurement: as its file says.
        laboratory: whose keys are trusted, and which has certificates.
    Raises:
        BadInput: ``release.changed_digest``: the items are not those of the certificate; ``material.unknown_key``.
        VerificationFailed: the certificate or the seal was tampered with.
    """
    material = measurement.material
    if material.statement:
        if predicate_type(material.statement) == SEAL_TYPE:
            return _sealed(measurement, laboratory)
        made = believed(MATERIAL, material.statement, material.name, laboratory)
        _check_same(material, made, digest_bytes(material.statement))
        return _certified(measurement, made, digest_bytes(material.statement))
    kept = certificates(laboratory)
    ours = [one for one in kept if one.made.material.digest == material.digest]
    if ours:
        several = Note(code="material_certificates", values={"n": len(ours), "id": ours[-1].made.id})
        if len(ours) > 1:
            measurement = msgspec.structs.replace(measurement, notes=(*measurement.notes, several))
        return _certified(measurement, ours[-1].made, ours[-1].sha256)
    if measurement.made_by is None:
        return measurement
    use = settled(msgspec.to_builtins(measurement.made_by))
    for one in reversed(kept):
        if settled(msgspec.to_builtins(one.made.made_by)) == use:
            if left_out := one.made.excluded + (one.made.labels.wrong if one.made.labels else 0):
                note = Note(code="material_not_released", values={"n": left_out, "id": one.made.id})
                return msgspec.structs.replace(measurement, notes=(*measurement.notes, note))
            _check_same(material, one.made, one.sha256)
    return measurement


def _check_same(material: Material, made: MaterialCertificate, sha256: str) -> None:
    if material.digest != made.material.digest:
        raise BadInput("release.changed_digest", name=material.name, certificate=sha256[:12], id=made.id,
                       stated=made.material.digest[:12], found=material.digest[:12])  # fmt: skip


def _certified(measurement: Measurement, made: MaterialCertificate, sha256: str) -> Measurement:
    material = msgspec.structs.replace(measurement.material, certificate=sha256)
    values = {"level": made.level, "certificate": sha256[:12], "id": made.id}
    remarks = [Note(code=f"material_{made.level}", values=values)]
    certified = msgspec.structs.replace(measurement, material=material)
    certified, said = _with_labels(certified, made, sha256)
    return msgspec.structs.replace(certified, notes=(*measurement.notes, *remarks, *said))


def _with_labels(
    measurement: Measurement, made: MaterialCertificate | Seal, sha256: str
) -> tuple[Measurement, tuple[Note, ...]]:
    """The means of bounded measurands with the row for wrong reference values, and what is to be said of these."""
    recipe, labels = measurement.recipe, made.labels
    said = () if labels is not None else (Note(code="labels_not_examined"),)
    settings: dict[str, Json]
    if labels is not None:
        settings = {"checked": labels.checked, "wrong": labels.wrong, "unchecked": labels.unchecked,
                    "inherited": labels.inherited}  # fmt: skip
    elif made.inherited:
        settings = {"checked": 0, "wrong": 0, "unchecked": 1.0, "inherited": made.inherited}
    else:
        return measurement, said
    settings["certificate"] = sha256
    early = recipe.procedure.plan.may_end_early
    channels = tuple(
        one if early or not _bounded_mean(one, recipe.measurands[one.measurand]) else msgspec.structs.replace(
            one, estimator=PartUse(part="general.audited", settings=settled({**one.estimator.settings, **settings})))
        for one in recipe.procedure.channels
    )  # fmt: skip
    procedure = msgspec.structs.replace(recipe.procedure, channels=channels)
    estimators = {one.measurand: build("estimator", one.estimator, "estimator") for one in channels}
    recipe = msgspec.structs.replace(recipe, procedure=procedure, estimators=estimators)
    check_designs(recipe, measurement.material)
    if any(one.estimator.part == _MEAN for one in channels):
        said = (*said, Note(code="labels_not_in_budget"))
    return msgspec.structs.replace(measurement, recipe=recipe), said


def _bounded_mean(channel: Channel, measurand: Measurand) -> bool:
    return channel.estimator.part == _MEAN and measurand.low is not None and measurand.high is not None


def _sealed(measurement: Measurement, laboratory: Laboratory) -> Measurement:
    material = measurement.material
    seal = believed(SEAL, material.statement, material.name, laboratory)
    if f"sealed, root {seal.root}" != material.source or seal.n_items != len(material.items):
        raise BadInput("seal.other_items", path=material.name, stated=seal.root[:16], found=material.source[-64:][:16])
    sha256 = digest_bytes(material.statement)
    remarks = [Note(code="sealed", values={"root": seal.root, "n": seal.n_items, "issued": seal.issued})]
    opened = [one for one in openings(laboratory) if one.seal == sha256]
    if opened:
        leaves = sorted({item.place for one in opened for item in one.items})
        named = _named([material.leaves[k] for k in leaves])
        remarks.append(Note(code="sealed_opened", values={"n": len(leaves), "at": opened[0].issued, "items": named}))
    remarks += [note for note in seal.notes if note.code == "sealed_exposed"]
    if seal.certificate:
        remarks.append(Note(code="sealed_certified", values={"certificate": seal.certificate[:12]}))
        measurement, said = _with_labels(measurement, seal, seal.certificate)
        remarks += said
    return msgspec.structs.replace(measurement, notes=(*measurement.notes, *remarks))


def _named(leaves: Sequence[str]) -> str:
    shown = ", ".join(leaf[:16] for leaf in leaves[:_MOST_NAMED])
    return shown if len(leaves) <= _MOST_NAMED else f"{shown} …"
