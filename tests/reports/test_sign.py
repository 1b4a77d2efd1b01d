"""Signing: the bytes are those of DSSE and RFC 8785, and anybody's tools can check them."""

import base64
import hashlib
import json

import msgspec
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from assay.reports.keys import SigningKey
from assay.reports.sign import pae, sign
from assay.vocabulary.errors import BadInput, Defect
from assay.vocabulary.procedure import PartUse
from assay.vocabulary.report import Report


def test_pre_authentication_encoding() -> None:
    # Source: DSSE v1, protocol.md, the example of the test vectors.
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_a_stranger_can_check_the_signature_by_hand(report: Report, key: SigningKey) -> None:
    data = sign(report, key)
    envelope = json.loads(data)
    assert rfc8785.dumps(envelope) == data
    assert sorted(envelope) == ["payload", "payloadType", "signatures"]
    payload = base64.b64decode(envelope["payload"], validate=True)
    statement = json.loads(payload)
    assert rfc8785.dumps(statement) == payload
    public = base64.b64decode(statement["predicate"]["laboratory"]["public_key"])
    assert envelope["signatures"][0]["keyid"] == hashlib.sha256(public).hexdigest()
    signed = b"DSSEv1 %d %b %d %b" % (28, b"application/vnd.in-toto+json", len(payload), payload)
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)


def test_the_statement_names_what_it_speaks_of(report: Report, key: SigningKey) -> None:
    statement = json.loads(base64.b64decode(json.loads(sign(report, key))["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:assay:report:1"
    found = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
    assert list(found) == ["material", "subject-identity", "procedure", "observations"]
    assert found["material"] == report.material.digest
    assert found["observations"] == report.observations.digest


def test_signing_is_repeatable(report: Report, key: SigningKey) -> None:
    assert sign(report, key) == sign(report, key)


def test_a_value_without_canonical_form_is_refused(report: Report, key: SigningKey) -> None:
    for value in (2**60, "\ud800"):
        part = PartUse(part="general.choice", settings={"seed": value})
        wrong = msgspec.structs.replace(report, procedure=msgspec.structs.replace(report.procedure, bench=part))
        with pytest.raises(BadInput, match="cannot be signed"):
            sign(wrong, key)


def test_a_key_signs_only_under_its_own_mark(report: Report, key: SigningKey) -> None:
    mark = msgspec.structs.replace(report.laboratory, key_id="0" * 64)
    with pytest.raises(Defect):
        sign(msgspec.structs.replace(report, laboratory=mark), key)
