"""From a report to signed bytes: in-toto statement, canonical JSON, DSSE envelope, Ed25519.

Source: DSSE v1 (secure-systems-lab/dsse, protocol.md) for the envelope and the bytes that are signed;
in-toto Attestation Framework, Statement v1; RFC 8785 for the form of the JSON.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from assay.reports.keys import SigningKey
from assay.reports.strict import strict_json
from assay.vocabulary.canonical import signed_bytes
from assay.vocabulary.errors import BadInput, Defect
from assay.vocabulary.procedure import Procedure
from assay.vocabulary.record import Json
from assay.vocabulary.report import PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, Report


def sign(report: Report, key: SigningKey) -> bytes:
    """The signed envelope of a report: RFC 8785 bytes without a final newline. What is kept is these bytes.

    Args:
        report: the report; its laboratory mark must be that of ``key``.
        key: the laboratory's key.

    Raises:
        BadInput: ``report.unsignable``: it holds a value without a canonical form (an integer beyond 2**53,
            half a surrogate pair).
        Defect: the laboratory mark in the report is not that of ``key``.
    """
    if report.laboratory != key.mark(report.laboratory.name):
        raise Defect("defect", reason="a report was to be signed with another key than it names", path=report.id)
    with _signable():
        return sealed(statement(report), key)


def sealed(tree: dict[str, Json], key: SigningKey) -> bytes:
    """The signed envelope of an in-toto statement. Raises ``BadInput`` (``report.unsignable``) as ``sign`` does."""
    with _signable():
        payload = signed_bytes(tree)
    signature = {"keyid": key.key_id, "sig": base64.b64encode(key.sign(pae(PAYLOAD_TYPE, payload))).decode()}
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [signature],
    }
    return signed_bytes(envelope)


@contextmanager
def _signable() -> Iterator[None]:
    """Turn a value without a canonical form into a message."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise BadInput("report.unsignable", reason=str(error)) from error


def statement(report: Report) -> dict[str, Json]:
    """The in-toto statement about a report: what it speaks of, by digest, and the report itself."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": value}} for name, value in digests(report).items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": msgspec.to_builtins(report),
    }


def digests(report: Report) -> dict[str, str]:
    """SHA-256 digests of everything that a report speaks of, by the name it has in the statement.

    The procedure's is taken after reading it back from canonical bytes, where a setting of 1.0 becomes 1: a reader
    of the report, who computes it from there, must find the same.
    """
    procedure = msgspec.convert(strict_json(signed_bytes(report.procedure)), Procedure)
    return {
        "material": report.material.digest,
        "subject-identity": report.subject.digest,
        "procedure": procedure.digest,
        "observations": report.observations.digest,
    }


def pae(kind: str, body: bytes) -> bytes:
    """Pre-authentication encoding: the bytes that the signature covers.

    Args:
        kind: media type of the payload.
        body: the payload.

    Source: DSSE v1, protocol.md, "Signature Definition".
    """
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(body), body)
