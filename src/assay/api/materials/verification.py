"""What can be checked of the signed statements on materials: a certificate, a seal, an opening."""

import base64
import binascii
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from assay.api.keys import trusted
from assay.api.materials.statements import seals
from assay.reports.envelope import LARGEST_BYTES
from assay.reports.forms import MATERIAL, OPENING, SEAL
from assay.reports.statement import unseal
from assay.reports.text import harmless
from assay.store.laboratory import Laboratory
from assay.uncertainty.label_errors import label_errors
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import VerificationFailed
from assay.vocabulary.material import Item
from assay.vocabulary.material_certificate import LEVELS, MaterialCertificate
from assay.vocabulary.report import PREDICATE_TYPE, Report
from assay.vocabulary.seal import Opening, Seal

_MOST_NAMED: Final = 5
_LARGEST_ITEMS: Final = 2_000_000_000

Outcome = Literal["passed", "failed", "not_checked"]
Finding = tuple[str, Outcome, str]
"""What was checked, with which outcome, and why."""


class Verified(NamedTuple):
    """A statement on a material: its id, the key that signed it, whether that is trusted, and what was found."""

    id: str
    key_id: str
    trusted: bool
    findings: tuple[Finding, ...]


def certificate(data: bytes, path: str, laboratory: Laboratory) -> Verified:
    """The certificate of a release: the items beside it, its place in the hierarchy, its numbers."""
    opened = unseal(MATERIAL, data, path, trusted(laboratory.keys))
    made = opened.made
    findings = (_items(made, Path(path)), _hierarchy(made), _labels(made))
    return Verified(made.id, opened.key_id, opened.trusted, findings)


def _items(made: MaterialCertificate, path: Path) -> Finding:
    beside = path.parent / "items.jsonl"
    if not beside.is_file():
        return "release_items", "not_checked", "no_items"
    if beside.stat().st_size > _LARGEST_ITEMS:
        return "release_items", "not_checked", "too_large"
    decode = msgspec.json.Decoder(Item).decode
    try:
        found = tuple(decode(line) for line in beside.read_bytes().splitlines())
    except (msgspec.DecodeError, ValueError, RecursionError, OSError) as error:
        return "release_items", "failed", f"{type(error).__name__}: {error}"
    if digest(found) == made.material.digest:
        return "release_items", "passed", made.material.digest
    return "release_items", "failed", f"{made.material.digest[:12]}… ≠ {digest(found)[:12]}…"


def _hierarchy(made: MaterialCertificate) -> Finding:
    """A primary material has its own basis and nothing above; each other stands one level below the next above."""
    levels = [made.level, *(link.level for link in made.chain)]
    descends = levels == list(reversed(LEVELS[: len(levels)]))
    if descends and (made.basis == "assigned") == bool(made.chain):
        return "hierarchy", "passed", " ← ".join(levels)
    return "hierarchy", "failed", " ← ".join(levels)


def _labels(made: MaterialCertificate) -> Finding:
    if made.labels is None:
        return "labels", "not_checked", "not_examined"
    stated = made.labels
    again = label_errors(stated.checked, stated.wrong, stated.unchecked, stated.inherited)
    near = abs(again.u - stated.u) <= 1e-12 and all(
        abs(a - b) <= 1e-12 for a, b in zip(again.interval, stated.interval, strict=True))  # fmt: skip
    return ("labels", "passed", "12_digits") if near else ("labels", "failed", f"u {stated.u!r} ≠ {again.u!r}")


def seal(data: bytes, path: str, laboratory: Laboratory) -> Verified:
    """A seal: the file of encrypted items beside it is the one that it names."""
    opened = unseal(SEAL, data, path, trusted(laboratory.keys))
    made: Seal = opened.made
    beside = Path(path).with_name(Path(path).name.removesuffix(".seal.json") + ".sealed")
    found: Finding = ("sealed_file", "not_checked", "no_items")
    if beside.is_file() and beside.stat().st_size <= _LARGEST_ITEMS:
        same = digest_bytes(beside.read_bytes()) == made.sealed
        found = ("sealed_file", "passed", made.sealed) if same else ("sealed_file", "failed", beside.name)
    return Verified(made.id, opened.key_id, opened.trusted, (found,))


def opening(data: bytes, path: str, laboratory: Laboratory) -> Verified:
    """An opening: each item stands under the root of the seal within it, and no test had still to end."""
    opened = unseal(OPENING, data, path, trusted(laboratory.keys))
    made = opened.made
    findings = (_sealed_before(made, path, laboratory), _inclusion(made), _late(made, laboratory))
    return Verified(made.id, opened.key_id, opened.trusted, findings)


def _sealed_before(made: Opening, path: str, laboratory: Laboratory) -> Finding:
    """The seal within the opening is a seal of the same laboratory and root, and is the one that was published."""
    try:
        envelope = base64.b64decode(made.envelope, validate=True)
        inner = unseal(SEAL, envelope, path, trusted(laboratory.keys)).made
    except (VerificationFailed, ValueError, binascii.Error) as error:
        return "seal", "failed", harmless(str(error)[:200])
    same = (digest_bytes(envelope), inner.root, inner.n_items, inner.laboratory.key_id) == (
        made.seal, made.root, made.n_items, made.laboratory.key_id)  # fmt: skip
    if not same or inner.issued > made.issued:
        return "seal", "failed", f"{inner.root[:16]}… {inner.issued}"
    known = {sha256 for sha256, _ in seals(laboratory)}
    beside = Path(path).parent.glob("*.seal.json")
    known |= {digest_bytes(file.read_bytes()) for file in beside if file.stat().st_size <= LARGEST_BYTES}
    if made.seal in known:
        return "seal", "passed", f"{made.seal} ({inner.issued})"
    return "seal", "not_checked", f"sha256 {made.seal} ({inner.issued})"


def _inclusion(made: Opening) -> Finding:
    wrong = [str(one.item.get("id")) for one in made.items if not one.under(made.root, made.n_items)]
    if wrong:
        return "inclusion", "failed", harmless(", ".join(wrong[:_MOST_NAMED]))
    return "inclusion", "passed", f"{len(made.items)}/{made.n_items}"


def _late(made: Opening, laboratory: Laboratory) -> Finding:
    """Whether every test known here with the sealed material had ended when it was opened."""
    if made.early:
        return "opened_after", "failed", ", ".join(made.early[:_MOST_NAMED])
    reports = [report for report in _reports(laboratory) if report.material.certificate == made.seal]
    early = [report.run for report in reports if report.conditions.end > made.issued]
    if early:
        return "opened_after", "failed", ", ".join(dict.fromkeys(early[:_MOST_NAMED]))
    if not reports:
        return "opened_after", "not_checked", "no_run"
    return "opened_after", "passed", ", ".join(dict.fromkeys(report.run for report in reports))


def _reports(laboratory: Laboratory) -> list[Report]:
    """Reports of the laboratory as far as they can be read; whether they are signed well is not asked here."""
    found = []
    for path in sorted(laboratory.reports.glob("*.json")):
        try:
            payload: Any = msgspec.json.decode(base64.b64decode(msgspec.json.decode(path.read_bytes())["payload"]))
            if payload.get("predicateType") == PREDICATE_TYPE:
                found.append(msgspec.convert(payload["predicate"], Report))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, msgspec.ValidationError):
            continue
    return found
