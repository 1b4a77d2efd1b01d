"""Signed statements on materials in a laboratory: kept, found and opened."""

import re
from pathlib import Path
from typing import NamedTuple, TypeVar

from assay.api.keys import own_key_id, trusted
from assay.reports.envelope import read_signed
from assay.reports.forms import DIFFICULTY, MATERIAL, OPENING, SEAL
from assay.reports.statement import Form, Marked, Sealed, predicate_type, unseal
from assay.store.laboratory import Laboratory, put
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.difficulty import Difficulties
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.ledger import Head
from assay.vocabulary.material import Material
from assay.vocabulary.material_certificate import MATERIAL_TYPE, MaterialCertificate
from assay.vocabulary.seal import Opening, Seal

T = TypeVar("T", bound=Marked)


class Kept(NamedTuple):
    """A certificate of a material in a laboratory: what it says, its digest, and its file."""

    made: MaterialCertificate
    sha256: str
    path: Path


def folder(laboratory: Laboratory) -> Path:
    """Where a laboratory keeps what it signed on materials."""
    return laboratory.folder / "materials"


def file_name(text: str) -> str:
    """A name as part of the name of a file: letters, digits, dots and dashes."""
    return re.sub(r"[^\w.-]", "_", text)


def keep(envelope: bytes, name: str, laboratory: Laboratory) -> Path:
    """Put a signed statement into the laboratory, whole or not at all."""
    return write(folder(laboratory) / name, envelope, laboratory)


def write(path: Path, data: bytes, laboratory: Laboratory) -> Path:
    """Write a file, whole or not at all."""
    with laboratory.guarded():
        put(path, data)
    return path.resolve()


def believed(form: Form[T], data: bytes, path: str, laboratory: Laboratory) -> T:
    """What a signed statement says, its key being trusted.

    Raises:
        VerificationFailed: it is none of this kind, or was tampered with.
        BadInput: ``material.unknown_key``.
    """
    found: Sealed[T] = unseal(form, data, path, trusted(laboratory.keys))
    if not found.trusted:
        raise BadInput("material.unknown_key", path=path, key=found.key_id)
    return found.made


def certificates(laboratory: Laboratory) -> list[Kept]:
    """The certificates of materials in a laboratory, oldest first; files that cannot be believed are passed over."""
    found = [Kept(made, digest_bytes(data), path) for path, data, made in _all(MATERIAL, laboratory)]
    return sorted(found, key=lambda kept: (kept.made.issued, _written(kept.path), kept.sha256))


def _written(path: Path) -> int:
    """When a file was written here: of two statements of one second, the later one is the later."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def certificate_of(material: Material, laboratory: Laboratory) -> Kept | None:
    """The certificate of a release beside its items, else the latest of these very items in the laboratory.

    Raises:
        VerificationFailed: the one beside the items was tampered with.
        BadInput: ``material.unknown_key``.
    """
    if material.statement and predicate_type(material.statement) == MATERIAL_TYPE:
        made = believed(MATERIAL, material.statement, material.name, laboratory)
        return Kept(made, digest_bytes(material.statement), Path(material.name))
    known = certificates(laboratory) if laboratory.folder.is_dir() else []
    return next((one for one in reversed(known) if one.made.material.digest == material.digest), None)


def openings(laboratory: Laboratory) -> list[Opening]:
    """The openings of sealed materials in a laboratory, oldest first."""
    return sorted((made for _, _, made in _all(OPENING, laboratory)), key=lambda made: made.issued)


def seals(laboratory: Laboratory) -> list[tuple[str, Seal]]:
    """Digest and content of the seals in a laboratory."""
    return [(digest_bytes(data), made) for _, data, made in _all(SEAL, laboratory)]


def tables(laboratory: Laboratory) -> list[Difficulties]:
    """The tables of difficulties in a laboratory, oldest first."""
    return sorted((made.table for _, _, made in _all(DIFFICULTY, laboratory)), key=lambda table: table.issued)


def heads(laboratory: Laboratory) -> list[Head]:
    """Where the ledger stood, by everything that the laboratory itself signed on materials."""
    own = own_key_id(laboratory.keys)
    signed = [(kept.made.laboratory, kept.made.ledger) for kept in certificates(laboratory)]
    signed += [(seal.laboratory, seal.ledger) for _, seal in seals(laboratory)]
    signed += [(one.laboratory, one.ledger) for one in openings(laboratory)]
    return [head for mark, head in signed if mark.key_id == own and head.n]


def _all(form: Form[T], laboratory: Laboratory) -> list[tuple[Path, bytes, T]]:
    found = []
    for path in sorted(folder(laboratory).glob("*.json")):
        try:
            data = read_signed(path)
            if predicate_type(data) == form.kind:
                found.append((path, data, believed(form, data, str(path), laboratory)))
        except AssayError:
            continue
    return found
