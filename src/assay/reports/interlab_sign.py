"""An interlaboratory comparison as signed bytes, and back: the same envelope as a report's, another predicate."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assay.reports.keys import PublicKey, SigningKey
from assay.reports.sign import pae, sealed
from assay.reports.strict import strict_base64, strict_json
from assay.reports.text import harmless
from assay.vocabulary.canonical import digest_bytes, signed_bytes
from assay.vocabulary.errors import Defect, VerificationFailed
from assay.vocabulary.interlab import INTERLAB_TYPE, Interlab
from assay.vocabulary.record import Json
from assay.vocabulary.report import PAYLOAD_TYPE, STATEMENT_TYPE

_LONGEST_REASON = 400


def sign_interlab(made: Interlab, key: SigningKey) -> bytes:
    """The signed envelope of a comparison; its subjects are the material and the envelope of every report.

    Raises:
        BadInput: ``report.unsignable``.
        Defect: the laboratory mark is not that of ``key``.
    """
    if made.laboratory != key.mark(made.laboratory.name):
        raise Defect("defect", reason="a comparison was to be signed with another key than it names", path=made.id)
    return sealed(_statement(made), key)


def open_interlab(data: bytes, path: str, trusted: Mapping[str, PublicKey] | None = None) -> tuple[Interlab, bool]:
    """Check form and signature of a comparison.

    Args:
        data: the whole file.
        path: its name, for messages.
        trusted: the trusted keys, by key id.
    Returns:
        What was signed, and whether its key is trusted; a good signature by another key is no pass.
    Raises:
        VerificationFailed: ``interlab.not_one`` or ``report.bad_signature``.
    """
    try:
        envelope = strict_json(data)
        payload = strict_base64(envelope["payload"])
        (signature,) = envelope["signatures"]
        tree = strict_json(payload)
        if signed_bytes(envelope) != data or signed_bytes(tree) != payload:
            _refuse(path, "it is not in its one canonical form")
        if set(envelope) != {"payload", "payloadType", "signatures"} or set(signature) != {"keyid", "sig"}:
            _refuse(path, "the envelope has other members than it should")
        if envelope["payloadType"] != PAYLOAD_TYPE or tree.get("predicateType") != INTERLAB_TYPE:
            _refuse(path, f"predicateType is {tree.get('predicateType')!r}, not {INTERLAB_TYPE!r}")
        made = msgspec.convert(tree["predicate"], Interlab)
        key, signed = strict_base64(made.laboratory.public_key), strict_base64(signature["sig"])
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, msgspec.ValidationError) as error:
        _refuse(path, f"{type(error).__name__}: {error}", error)
    _compare(made, tree, digest_bytes(key), signature["keyid"], path)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed, pae(PAYLOAD_TYPE, payload))
    except (InvalidSignature, ValueError) as error:
        raise VerificationFailed("report.bad_signature", path=path) from error
    known = (trusted or {}).get(made.laboratory.key_id)
    return made, known is not None and base64.b64decode(known.public_key) == key


def _compare(made: Interlab, tree: Any, key_id: str, named: str, path: str) -> None:
    if not key_id == made.laboratory.key_id == named:
        _refuse(path, "the key ids of envelope, comparison and key differ")
    if tree != strict_json(signed_bytes(_statement(made))):
        _refuse(path, "the statement does not fit the comparison in it")


def _statement(made: Interlab) -> dict[str, Json]:
    used = [report for one in made.participants for report in one.reports]
    subjects = {"material": made.material.digest, **{f"report:{report.id}": report.sha256 for report in used}}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": value}} for name, value in subjects.items()],
        "predicateType": INTERLAB_TYPE,
        "predicate": msgspec.to_builtins(made),
    }


def _refuse(path: str, reason: str, cause: Exception | None = None) -> NoReturn:
    raise VerificationFailed("interlab.not_one", path=path, reason=harmless(reason[:_LONGEST_REASON])) from cause
