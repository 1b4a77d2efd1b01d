"""Certificates of judges: kept in the laboratory, found for a use, and refused by name."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from assay.api.keys import trusted
from assay.reports.envelope import read_signed
from assay.reports.forms import JUDGE
from assay.reports.statement import unseal
from assay.store.laboratory import Laboratory, put
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.certificate import JudgeCertificate, Scope, misfit
from assay.vocabulary.errors import AssayError, BadInput


class Kept(NamedTuple):
    """A certificate in a file: what it says, its digest, and the file."""

    made: JudgeCertificate
    sha256: str
    path: Path


def opened(path: Path, laboratory: Laboratory) -> Kept:
    """A certificate whose signature is good and whose key is trusted.

    Raises:
        BadInput: no such file, or ``certificate.unknown_key``.
        VerificationFailed: it is no certificate, or was tampered with.
    """
    data = read_signed(path)
    found = unseal(JUDGE, data, str(path), trusted(laboratory.keys))
    if not found.trusted:
        raise BadInput("certificate.unknown_key", path=str(path), key=found.key_id)
    return Kept(found.made, digest_bytes(data), path)


def named(name: str, scope: Scope, laboratory: Laboratory, folder: Path) -> Kept:
    """The certificate that a user named, by path or by the beginning of its digest.

    Raises:
        BadInput: there is none, or it is not for this use: expired, another judge, rubric, language.
        VerificationFailed: it was tampered with.
    """
    path = folder / name
    if not path.exists():
        found = [file for file in _files(laboratory) if len(name) >= 8 and _digest(file).startswith(name)]
        if len(found) != 1:
            raise BadInput("certificate.none_named", name=name, path=str(laboratory.certificates))
        path = found[0]
    kept = opened(path, laboratory)
    if (reason := misfit(kept.made, scope, today())) is not None:
        _refuse(kept, reason)
    return kept


def fitting(scope: Scope, laboratory: Laboratory) -> Kept:
    """The newest certificate of the laboratory for this use.

    One that cannot be read or is not trusted is passed over as long as another fits.

    Raises:
        BadInput: there is none; the message says what is wrong with the nearest one, if there is one.
        VerificationFailed: the only candidate was tampered with.
    """
    fit: list[Kept] = []
    wrong: list[tuple[Kept, tuple[str, str, str]]] = []
    unusable: list[AssayError] = []
    for path in _files(laboratory):
        try:
            kept = opened(path, laboratory)
        except AssayError as error:
            unusable.append(error)
            continue
        reason = misfit(kept.made, scope, today())
        if reason is None:
            fit.append(kept)
        else:
            wrong.append((kept, reason))
    if fit:
        return max(fit, key=lambda kept: (kept.made.issued, kept.sha256))
    if wrong:  # the one that comes nearest: refused for the least of reasons
        nearest = max(wrong, key=lambda pair: (_NEARNESS.index(pair[1][0]), pair[0].made.issued))
        _refuse(*nearest)
    if unusable:
        raise unusable[0]
    raise BadInput("certificate.none", path=str(laboratory.certificates))


_NEARNESS: Final = ("judges", "instrument", "version", "rubric", "language", "combine", "passes", "expired")


def _refuse(kept: Kept, reason: tuple[str, str, str]) -> NoReturn:
    code, said, wanted = reason
    name = "expired" if code == "expired" else "judge" if code == "judges" else "scope"
    raise BadInput(f"certificate.{name}", path=str(kept.path), field=code, said=said, wanted=wanted)


def keep(envelope: bytes, made: JudgeCertificate, laboratory: Laboratory) -> Kept:
    """Put a certificate into the laboratory, whole or not at all; the file is named after it."""
    path = laboratory.certificates / f"{made.id}.json"
    with laboratory.guarded():
        put(path, envelope)
    return Kept(made, digest_bytes(envelope), path.resolve())


def today() -> date:
    """The day on which a certificate must still be valid, UTC."""
    return datetime.now(UTC).date()


def _files(laboratory: Laboratory) -> list[Path]:
    return sorted(laboratory.certificates.glob("*.json"))


def _digest(path: Path) -> str:
    try:
        return digest_bytes(path.read_bytes())
    except OSError:
        return ""
