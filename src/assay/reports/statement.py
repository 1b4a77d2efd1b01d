"""Signed statements besides the report: one form of envelope, many predicates.

The envelope is that of ``envelope.py``, with the same narrowness: any byte that is not where it belongs is refused.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, NoReturn, Protocol, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assay.reports.envelope import LARGEST_BYTES
from assay.reports.keys import PublicKey, SigningKey
from assay.reports.sign import pae, sealed
from assay.reports.strict import strict_base64, strict_json
from assay.reports.text import harmless
from assay.vocabulary.canonical import digest_bytes, signed_bytes
from assay.vocabulary.errors import Defect, VerificationFailed
from assay.vocabulary.record import Json
from assay.vocabulary.report import PAYLOAD_TYPE, STATEMENT_TYPE, LaboratoryMark

_LONGEST_REASON: Final = 400
_UNSOUND: Final = (
    ValueError, TypeError, KeyError, AttributeError, binascii.Error, msgspec.ValidationError, RecursionError,
)  # fmt: skip


class Marked(Protocol):
    """What is signed names who signs it."""

    @property
    def laboratory(self) -> LaboratoryMark: ...


T = TypeVar("T", bound=Marked)


@dataclass(frozen=True)
class Form(Generic[T]):
    """One kind of statement.

    Attributes:
        kind: its predicate type.
        model: the record that is signed.
        subjects: what a record speaks of: name to SHA-256, hexadecimal.
        refusal: code of the error for a file that is none.
    """

    kind: str
    model: type[T]
    subjects: Callable[[T], Mapping[str, str]]
    refusal: str

    def statement(self, made: T) -> dict[str, Json]:
        """The in-toto statement around a record."""
        return {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": name, "digest": {"sha256": value}} for name, value in self.subjects(made).items()],
            "predicateType": self.kind,
            "predicate": msgspec.to_builtins(made),
        }

    def refuse(self, path: str, reason: str, cause: Exception | None = None) -> NoReturn:
        """Say that a file is none of this kind."""
        raise VerificationFailed(self.refusal, path=path, reason=harmless(reason[:_LONGEST_REASON])) from cause


class Sealed(NamedTuple, Generic[T]):
    """What was signed; whether its key is trusted (a good signature by another key is no pass); the key's id."""

    made: T
    trusted: bool
    key_id: str


def seal(form: Form[T], made: T, key: SigningKey) -> bytes:
    """The signed envelope of a record.

    Raises:
        BadInput: ``report.unsignable``.
        Defect: the laboratory mark is not that of ``key``.
    """
    if made.laboratory != key.mark(made.laboratory.name):
        raise Defect("defect", reason="something was to be signed with another key than it names", path=form.kind)
    return sealed(form.statement(made), key)


def unseal(form: Form[T], data: bytes, path: str, trusted: Mapping[str, PublicKey] | None = None) -> Sealed[T]:
    """Check form and signature of a statement.

    Args:
        form: the kind expected.
        data: the whole file.
        path: its name, for messages.
        trusted: the trusted keys, by key id.
    Raises:
        VerificationFailed: the form's refusal, or ``report.bad_signature``.
    """
    if len(data) > LARGEST_BYTES:
        form.refuse(path, f"it has more than {LARGEST_BYTES} bytes")
    try:
        envelope = strict_json(data)
        payload = strict_base64(envelope["payload"])
        (signature,) = envelope["signatures"]
        tree = strict_json(payload)
        if signed_bytes(envelope) != data or signed_bytes(tree) != payload:
            form.refuse(path, "it is not in its one canonical form")
        if set(envelope) != {"payload", "payloadType", "signatures"} or set(signature) != {"keyid", "sig"}:
            form.refuse(path, "the envelope has other members than it should")
        if envelope["payloadType"] != PAYLOAD_TYPE or tree.get("predicateType") != form.kind:
            form.refuse(path, f"predicateType is {tree.get('predicateType')!r}, not {form.kind!r}")
        made = msgspec.convert(tree["predicate"], form.model)
        key, signed = strict_base64(made.laboratory.public_key), strict_base64(signature["sig"])
    except _UNSOUND as error:
        form.refuse(path, f"{type(error).__name__}: {error}", error)
    key_id = digest_bytes(key)
    if not key_id == made.laboratory.key_id == signature["keyid"]:
        form.refuse(path, "the key ids of envelope, statement and key differ")
    if tree != _as_stated(strict_json(signed_bytes(form.statement(made))), tree):
        form.refuse(path, "the statement does not fit what is in it")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed, pae(PAYLOAD_TYPE, payload))
    except (InvalidSignature, ValueError) as error:
        raise VerificationFailed("report.bad_signature", path=path) from error
    known = (trusted or {}).get(key_id)
    return Sealed(made, known is not None and base64.b64decode(known.public_key) == key, key_id)


def _as_stated(made: Json, stated: Json) -> Json:
    """The same without members that a statement of an earlier version has not: they are at their defaults."""
    if isinstance(made, dict) and isinstance(stated, dict):
        return {key: _as_stated(value, stated[key]) for key, value in made.items() if key in stated}
    if isinstance(made, list) and isinstance(stated, list) and len(made) == len(stated):
        return [_as_stated(one, other) for one, other in zip(made, stated, strict=True)]
    return made


def predicate_type(data: bytes) -> str | None:
    """The kind that a file says it is of, before anything of it is believed; None if it says nothing of the sort."""
    if len(data) > LARGEST_BYTES:
        return None
    try:
        stated = strict_json(strict_base64(strict_json(data)["payload"]))["predicateType"]
    except _UNSOUND:
        return None
    return stated if isinstance(stated, str) else None
