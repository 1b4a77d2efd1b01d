"""Opening an envelope: every changed byte is found, and trust is another question than the signature."""

import base64
import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest
import rfc8785

from assay.reports.envelope import open_envelope
from assay.reports.keys import PublicKey, SigningKey, trust, trusted_keys
from assay.reports.sign import pae, sign, statement
from assay.vocabulary.errors import VerificationFailed
from assay.vocabulary.report import PAYLOAD_TYPE, Report


@pytest.fixture
def small(report: Report) -> Report:
    """The same report with next to nothing in it."""
    plan = msgspec.structs.replace(report.procedure.plan, variants=())
    procedure = msgspec.structs.replace(
        report.procedure, plan=plan, channels=(), title={}, description={}
    )
    return msgspec.structs.replace(
        report, results=(), decisions=(), lost=(), examples=(), measurands={}, instruments=(), procedure=procedure
    )


def _seal(tree: Any, key: SigningKey, **changes: Any) -> bytes:
    """An envelope around any payload, with a good signature; for what only the holder of a key could forge."""
    payload = tree if isinstance(tree, bytes) else rfc8785.dumps(tree)
    signature = {"keyid": key.key_id, "sig": base64.b64encode(key.sign(pae(PAYLOAD_TYPE, payload))).decode()}
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [signature],
    }
    return rfc8785.dumps(envelope | changes)


def _code(data: bytes, trusted: dict[str, PublicKey] | None = None) -> tuple[str, str]:
    with pytest.raises(VerificationFailed) as caught:
        open_envelope(data, "r.json", trusted)
    assert str(caught.value).startswith("r.json: ")
    assert caught.value.message("zh").startswith("r.json：")
    return caught.value.code, str(caught.value)


def test_what_was_signed_comes_back(report: Report, key: SigningKey) -> None:
    opened = open_envelope(sign(report, key), "r.json")
    assert opened.report == report
    assert opened.key_id == key.key_id
    assert opened.public_key == key.public_bytes
    assert opened.statement["predicate"]["id"] == report.id
    assert sign(opened.report, key) == sign(report, key)


def test_a_good_signature_of_an_unknown_key_is_not_trusted(report: Report, key: SigningKey, tmp_path: Path) -> None:
    data = sign(report, key)
    folder = tmp_path / "reader"
    assert not open_envelope(data, "r.json", trusted_keys(folder)).trusted
    (tmp_path / "lab.json").write_bytes(key.export("Lab").file_bytes())
    trust(folder, tmp_path / "lab.json")
    assert open_envelope(data, "r.json", trusted_keys(folder)).trusted


@pytest.mark.parametrize("with_trust", [False, True])
def test_every_changed_byte_is_found(small: Report, key: SigningKey, with_trust: bool) -> None:
    data = sign(small, key)
    trusted = {key.key_id: key.export("")} if with_trust else {}
    open_envelope(data, "r.json", trusted)
    chance = random.Random(7)
    for at in range(with_trust, len(data), 2):
        flipped = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        inserted = data[:at] + bytes([chance.randrange(256)]) + data[at:]
        deleted = data[:at] + data[at + 1 :]
        for changed in (flipped, inserted, deleted):
            with pytest.raises(VerificationFailed):
                open_envelope(changed, "r.json", trusted)


def test_what_stands_before_and_behind_is_found(small: Report, key: SigningKey) -> None:
    data = sign(small, key)
    code, message = _code(data + b"\n")
    assert (code, "1 bytes too many at its end" in message) == ("report.not_canonical", True)
    assert _code(b" " + data)[0] == "report.not_canonical"
    assert _code(json.dumps(json.loads(data)).encode())[0] == "report.not_canonical"
    assert _code(data[:-1])[0] == "report.not_a_report"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\x89PNG", b"[" * 10_000, b'{"payload":1}'])
def test_other_files_are_called_what_they_are_not(data: bytes) -> None:
    code, message = _code(data)
    assert code == "report.not_a_report"
    assert "not an Assay report" in message


def test_a_file_too_large_is_not_read(small: Report, key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    data = sign(small, key)
    monkeypatch.setattr("assay.reports.envelope.LARGEST_BYTES", len(data) - 1)
    assert "more than" in _code(data)[1]


def test_the_envelope_has_exactly_its_members(small: Report, key: SigningKey) -> None:
    tree = statement(small)
    signature = json.loads(_seal(tree, key))["signatures"][0]
    for changes, word in (
        ({"more": 1}, "more"),
        ({"payloadType": "text/plain"}, "payloadType is 'text/plain'"),
        ({"signatures": []}, "0 signatures"),
        ({"signatures": [signature, signature]}, "2 signatures"),
        ({"signatures": [signature | {"more": 1}]}, "more"),
        ({"signatures": [{"sig": signature["sig"]}]}, "keyid"),
    ):
        code, message = _code(_seal(tree, key, **changes))
        assert (code, word in message) == ("report.not_a_report", True)


def test_stray_bits_in_base64_are_found(small: Report, key: SigningKey) -> None:
    envelope = json.loads(sign(small, key))
    sig = envelope["signatures"][0]["sig"]
    assert sig.endswith("==")
    stray = chr(ord(sig[-3]) + 1)
    envelope["signatures"][0]["sig"] = sig[:-3] + stray + "=="
    assert base64.b64decode(sig) == base64.b64decode(envelope["signatures"][0]["sig"])
    code, message = _code(rfc8785.dumps(envelope))
    assert (code, "sig" in message) == ("report.not_canonical", True)


def test_another_signature_is_found(small: Report, key: SigningKey, tmp_path: Path) -> None:
    other = SigningKey.load_or_create(tmp_path / "other")
    tree = statement(small)
    assert _code(_seal(tree, other))[0] == "report.key_mismatch"
    signature = {"keyid": key.key_id, "sig": json.loads(_seal(tree, other))["signatures"][0]["sig"]}
    for trusted in ({}, {key.key_id: key.export("")}):
        assert _code(_seal(tree, key, signatures=[signature]), trusted)[0] == "report.bad_signature"
    short = {"keyid": key.key_id, "sig": "AAAA"}
    assert _code(_seal(tree, key, signatures=[short]))[0] == "report.bad_signature"


def test_a_trusted_key_id_under_a_foreign_key_is_found(small: Report, key: SigningKey, tmp_path: Path) -> None:
    other = SigningKey.load_or_create(tmp_path / "other")
    mark = msgspec.structs.replace(other.mark("Lab"), key_id=key.key_id)
    forged = _seal(statement(msgspec.structs.replace(small, laboratory=mark)), other)
    assert _code(forged)[0] == "report.key_mismatch"
    envelope = json.loads(forged)
    envelope["signatures"][0]["keyid"] = key.key_id
    forged = rfc8785.dumps(envelope)
    assert _code(forged)[0] == "report.key_mismatch"
    assert _code(forged, {key.key_id: key.export("")})[0] == "report.bad_signature"


def test_a_statement_signed_by_its_owner_must_still_be_a_report(small: Report, key: SigningKey) -> None:
    tree = statement(small)
    predicate = tree["predicate"]
    for wrong, word in (
        (tree | {"_type": "https://in-toto.io/Statement/v0.1"}, "_type is"),
        (tree | {"predicateType": "urn:assay:report:2"}, "predicateType is 'urn:assay:report:2'"),
        (tree | {"more": 1}, "more"),
        (tree | {"predicate": predicate | {"more": 1}}, "more"),
        (tree | {"predicate": predicate | {"format": 2}}, "format is 2"),
        (tree | {"predicate": predicate | {"issued": 5}}, "issued"),
        ([tree], "no in-toto statement"),
        (b"{", "the payload: not JSON"),
        (b'{"_type":1,"_type":2}', "occurs twice"),
    ):
        code, message = _code(_seal(wrong, key))
        assert (code, word in message) == ("report.not_a_report", True), message


def test_a_payload_in_another_form_is_found(small: Report, key: SigningKey) -> None:
    tree = statement(small)
    for data in (json.dumps(tree).encode(), rfc8785.dumps(tree) + b" "):
        code, message = _code(_seal(data, key))
        assert (code, "the payload" in message) == ("report.not_canonical", True)


def test_digests_in_the_statement_are_those_of_the_report(small: Report, key: SigningKey) -> None:
    tree = open_envelope(sign(small, key), "r.json").statement
    first, *rest = tree["subject"]
    for subjects, name in (
        ([first | {"digest": {"sha256": "0" * 64}}, *rest], "material"),
        ([first | {"digest": first["digest"] | {"sha1": "0"}}, *rest], "material"),
        (rest, "material"),
        ([first, *rest, {"name": "extra", "digest": {}}], "extra"),
        ([*rest, first], "their order"),
    ):
        code, message = _code(_seal(tree | {"subject": subjects}, key))
        assert (code, name in message) == ("report.digest_mismatch", True)


def test_large_numbers_survive(small: Report, key: SigningKey) -> None:
    served = msgspec.structs.replace(small.conditions, cost=1e18, latency_s={"p50": 5e-324, "p95": 1e300})
    identity = {"flops": 2.5e19, "zero": -0.0}
    subject = msgspec.structs.replace(small.subject, identity=identity)
    report = msgspec.structs.replace(small, conditions=served, subject=subject)
    assert open_envelope(sign(report, key), "r.json").report == report


def test_a_message_cannot_be_used_against_its_reader(small: Report, key: SigningKey, hostile: str) -> None:
    for wrong in (statement(small) | {hostile: 1}, statement(small) | {"predicateType": hostile * 10_000}):
        message = _code(_seal(wrong, key))[1]
        assert not set(message) & set("\x1b\x07\u202e")
        assert len(message) < 5000
