"""Opening a signed report: every byte is looked at before any word of it is believed.

Narrower than DSSE on purpose: DSSE lets a verifier accept several signatures and two alphabets of base64; here a
report has one form only, so that any other bytes are noticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assay.reports.keys import PublicKey
from assay.reports.sign import digests, pae
from assay.reports.strict import strict_base64, strict_json
from assay.reports.text import harmless
from assay.vocabulary.canonical import digest_bytes, signed_bytes
from assay.vocabulary.errors import BadInput, VerificationFailed
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, Report

LARGEST_BYTES: Final = 100_000_000
"""A file larger than this is not read, in bytes."""

_FORMAT: Final = 1
_LONGEST_REASON: Final = 400


def read_signed(path: str | Path) -> bytes:
    """The bytes of a signed file, or the beginning of one that is too large to be one.

    Raises:
        BadInput: ``file.missing``, ``file.unreadable``.
    """
    try:
        with Path(path).open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error


@dataclass(frozen=True)
class Opened:
    """A report whose signature is good. Whether the key may be believed is another question: see ``trusted``.

    Attributes:
        report: what was signed.
        statement: the in-toto statement around it.
        payload: the bytes of the statement, as signed.
        key_id: SHA-256 of the raw public key, hexadecimal.
        public_key: the raw public key, 32 bytes, as the report itself carries it.
        trusted: the key is in the trusted set. If it is not, a good signature proves only that nothing was
            changed since somebody signed; that is not a pass.
        sha256: digest of the whole envelope, hexadecimal.
    """

    report: Report
    statement: dict[str, Json]
    payload: bytes
    key_id: str
    public_key: bytes
    trusted: bool
    sha256: str


class _Signature(Record, kw_only=True):
    keyid: str
    sig: str


class _Envelope(Record, rename={"payload_type": "payloadType"}):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


class _Subject(Record, kw_only=True):
    name: str
    digest: dict[str, str]


class _Statement(Record, rename={"kind": "_type", "predicate_type": "predicateType"}):
    kind: str
    subject: tuple[_Subject, ...]
    predicate_type: str
    predicate: Json


def open_envelope(data: bytes, path: str, trusted: Mapping[str, PublicKey] | None = None) -> Opened:
    """Check the form and the signature of an envelope and take the report out of it.

    Args:
        data: the whole file.
        path: its name, for messages.
        trusted: the trusted keys, by key id, as ``keys.trusted_keys`` returns them.

    Raises:
        VerificationFailed: ``report.not_a_report``, ``report.not_canonical``, ``report.bad_signature``,
            ``report.key_mismatch`` or ``report.digest_mismatch``, naming what is wrong.
    """
    envelope, payload, signature = _envelope(data, path)
    known = (trusted or {}).get(envelope.signatures[0].keyid)
    if known is not None:
        # A trusted key is at hand: nothing of the payload is even parsed unless that key signed it.
        _verify(strict_base64(known.public_key), signature, payload, path)
    tree, stated = _statement(payload, path)
    report = _report(stated, path)
    public_key = _public_key(report, envelope.signatures[0].keyid, path)
    _verify(public_key, signature, payload, path)
    _compare_digests(stated, report, path)
    return Opened(
        report=report,
        statement=tree,
        payload=payload,
        key_id=report.laboratory.key_id,
        public_key=public_key,
        trusted=known is not None,
        sha256=digest_bytes(data),
    )


def _envelope(data: bytes, path: str) -> tuple[_Envelope, bytes, bytes]:
    """The envelope with the bytes of its payload and of its only signature."""
    if len(data) > LARGEST_BYTES:
        _refuse(path, f"it has {len(data)} bytes, more than {LARGEST_BYTES}")
    if not data:
        _refuse(path, "it is empty")
    tree = _json(data, "the file", path)
    try:
        envelope = msgspec.convert(tree, _Envelope)
    except msgspec.ValidationError as error:
        _refuse(path, f"it is no DSSE envelope: {error}", error)
    if envelope.payload_type != PAYLOAD_TYPE:
        _refuse(path, f"payloadType is {envelope.payload_type!r}, not {PAYLOAD_TYPE!r}")
    if len(envelope.signatures) != 1:
        _refuse(path, f"it has {len(envelope.signatures)} signatures, not one")
    payload = _bytes(envelope.payload, "payload", path)
    signature = _bytes(envelope.signatures[0].sig, "sig", path)
    _canonical(tree, data, "the envelope", path)
    return envelope, payload, signature


def _statement(payload: bytes, path: str) -> tuple[dict[str, Json], _Statement]:
    tree = _json(payload, "the payload", path)
    try:
        stated = msgspec.convert(tree, _Statement)
    except msgspec.ValidationError as error:
        _refuse(path, f"the payload is no in-toto statement: {error}", error)
    _canonical(tree, payload, "the payload", path)
    if stated.kind != STATEMENT_TYPE:
        _refuse(path, f"_type is {stated.kind!r}, not {STATEMENT_TYPE!r}")
    if stated.predicate_type != PREDICATE_TYPE:
        _refuse(path, f"predicateType is {stated.predicate_type!r}, not {PREDICATE_TYPE!r}")
    return tree, stated


def _report(stated: _Statement, path: str) -> Report:
    try:
        report = msgspec.convert(stated.predicate, Report)
    except msgspec.ValidationError as error:
        _refuse(path, f"the predicate is no report: {error}", error)
    if report.format != _FORMAT:
        _refuse(path, f"its format is {report.format}; this Assay knows {_FORMAT}; upgrade Assay")
    return report


def _public_key(report: Report, key_id: str, path: str) -> bytes:
    mark = report.laboratory
    key = _bytes(mark.public_key, "laboratory.public_key", path)
    reason = ""
    if len(key) != 32:
        reason = f"the public key in the report has {len(key)} bytes, not 32"
    elif digest_bytes(key) != mark.key_id:
        reason = f"the report gives the key id {mark.key_id!r} to a key with the id {digest_bytes(key)!r}"
    elif mark.key_id != key_id:
        reason = f"the envelope names the key {key_id!r}, the report the key {mark.key_id!r}"
    if reason:
        raise VerificationFailed("report.key_mismatch", path=path, reason=_shown(reason))
    return key


def _verify(public_key: bytes, signature: bytes, payload: bytes, path: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, pae(PAYLOAD_TYPE, payload))
    except (InvalidSignature, ValueError) as error:
        raise VerificationFailed("report.bad_signature", path=path) from error


def _compare_digests(stated: _Statement, report: Report, path: str) -> None:
    expected = [(name, {"sha256": value}) for name, value in digests(report).items()]
    found = [(subject.name, subject.digest) for subject in stated.subject]
    if found == expected:
        return
    wrong = [name for name, value in expected if (name, value) not in found]
    extra = [name for name, value in found if (name, value) not in expected]
    names = ", ".join(dict.fromkeys(wrong + extra)) or "their order"
    raise VerificationFailed("report.digest_mismatch", path=path, names=_shown(names))


def _json(data: bytes, what: str, path: str) -> Any:
    try:
        return strict_json(data)
    except ValueError as error:
        _refuse(path, f"{what}: {error}", error)


def _bytes(text: str, what: str, path: str) -> bytes:
    try:
        return strict_base64(text)
    except ValueError as error:
        raise VerificationFailed("report.not_canonical", path=path, reason=_shown(f"{what}: {error}")) from error


def _canonical(tree: Json, data: bytes, what: str, path: str) -> None:
    try:
        canonical = signed_bytes(tree)
    except (ValueError, RecursionError) as error:
        raise VerificationFailed("report.not_canonical", path=path, reason=_shown(f"{what}: {error}")) from error
    if canonical == data:
        return
    if data.startswith(canonical):
        reason = f"{what} has {len(data) - len(canonical)} bytes too many at its end"
    else:
        at = next((i for i, (a, b) in enumerate(zip(canonical, data, strict=False)) if a != b), len(data))
        reason = f"{what} at byte {at + 1}: {data[at : at + 12]!r} where {canonical[at : at + 12]!r} is expected"
    raise VerificationFailed("report.not_canonical", path=path, reason=_shown(reason))


def _refuse(path: str, reason: str, cause: Exception | None = None) -> NoReturn:
    raise VerificationFailed("report.not_a_report", path=path, reason=_shown(reason)) from cause


def _shown(reason: str) -> str:
    """A reason as a message may hold it: whoever wrote the file may have chosen some of its words."""
    return harmless(reason[:_LONGEST_REASON])
