"""Verification of a report by somebody who was not there."""

from math import isclose
from pathlib import Path
from typing import Any, Literal

import msgspec

from assay.api.measurement import parts_of
from assay.api.work import Manifest, Work, estimates
from assay.line.compose import digests, software
from assay.line.decide import decide
from assay.line.plan import Planned
from assay.reports.envelope import LARGEST_BYTES, Opened, open_envelope
from assay.reports.keys import trusted_keys
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import AssayError, BadInput
from assay.vocabulary.procedure import Limits
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import Report

Outcome = Literal["passed", "failed", "not_checked"]


class Check(Record, kw_only=True):
    """One part of a verification.

    Attributes:
        name: what was checked; the words are in ``words/``.
        outcome: ``not_checked`` is neither a pass nor a failure.
        detail: what was found, or why it could not be checked.
    """

    name: str
    outcome: Outcome
    detail: str = ""


class Verification(Record, kw_only=True):
    """What can be said of a report.

    Attributes:
        passed: the signature is good, its key is trusted, and nothing that could be checked was wrong.
        trusted: the key is one of the trusted ones.
        key_id: digest of the key that signed.
        report: id of the report.
        checks: each part.
    """

    passed: bool
    trusted: bool
    key_id: str
    report: str
    checks: tuple[Check, ...]


def verify(path: str | Path, lab: str | Path = ".assay") -> Verification:
    """Check a report: form, signature, trust; and where the observations are at hand, recompute all of it.

    Args:
        path: the signed JSON.
        lab: folder of the laboratory, for its trusted keys and its store.
    Raises:
        VerificationFailed: it is no report, or a byte of it was changed.
        BadInput: there is no such file.
    """
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise BadInput("file.missing", path=str(path)) from None
    except OSError as error:
        raise BadInput("file.unreadable", path=str(path), reason=error.strerror or error) from error
    laboratory = Laboratory(Path(lab))
    opened = open_envelope(data, str(path), trusted_keys(laboratory.keys))
    checks = [Check(name="signature", outcome="passed", detail=opened.key_id)]
    trust: Outcome = "passed" if opened.trusted else "failed"
    checks.append(Check(name="trust", outcome=trust, detail="" if opened.trusted else opened.key_id))
    checks += _recomputed(opened, laboratory)
    return Verification(
        passed=all(check.outcome != "failed" for check in checks),
        trusted=opened.trusted,
        key_id=opened.key_id,
        report=opened.report.id,
        checks=tuple(checks),
    )


_PARTS = ("material", "responses", "observations", "results", "decisions")


def _recomputed(opened: Opened, laboratory: Laboratory) -> list[Check]:
    report = opened.report
    subject = _equal("subject", digest(report.subject.identity), report.subject.digest)

    def none(reason: str) -> list[Check]:
        return [subject, *(Check(name=name, outcome="not_checked", detail=reason) for name in _PARTS)]

    if not laboratory.database.exists():
        return none("no_store")
    store = SqliteStore(laboratory, write=False)
    try:
        with laboratory.guarded():
            if not any(run.name == report.run for run in store.runs()):
                return none("no_run")
            try:
                return [subject, *_against_store(report, store)]
            except BadInput as error:
                return none(str(error))
    finally:
        store.close()


def _against_store(report: Report, store: SqliteStore) -> list[Check]:
    record = store.run(report.run)
    manifest = msgspec.json.decode(record.manifest, type=Manifest)
    material = store.material(report.material.digest)
    checks = [_equal("material", material.digest, report.material.digest)]
    planned = msgspec.structs.replace(manifest.planned, procedure=report.procedure)
    channels = _channels(report, store)
    if channels is None:
        missing = [Check(name=name, outcome="not_checked", detail="no_readings") for name in _PARTS[1:]]
        return [*checks, *missing]
    changed = [key.hex()[:12] for key, kept, content in store.stored_digests(next(iter(channels.values())))
               if digest(content.content()) != kept.hex()]  # fmt: skip
    found = digests(planned, material, store, channels)
    if changed:
        checks.append(Check(name="responses", outcome="failed", detail=", ".join(changed[:5])))
    else:
        checks.append(_equal("responses", found.responses, report.observations.responses))
    checks.append(_equal("observations", found.digest, report.observations.digest))
    return checks + _results(report, planned, store, channels)


def _channels(report: Report, store: SqliteStore) -> dict[str, int] | None:
    found = {}
    for channel, instrument in zip(report.procedure.channels, report.instruments, strict=True):
        number = store.channel(report.run, digest([channel.measurand, channel.instrument, instrument.version]))
        if number is None:
            return None
        found[channel.measurand] = number
    return found


def _equal(name: str, found: str, stated: str) -> Check:
    if found == stated:
        return Check(name=name, outcome="passed", detail=stated)
    return Check(name=name, outcome="failed", detail=f"{stated[:12]}… ≠ {found[:12]}…")


def _results(report: Report, planned: Planned, store: SqliteStore, channels: dict[str, int]) -> list[Check]:
    try:
        recipe = parts_of(report.procedure, Limits())
    except AssayError as error:
        return [Check(name=name, outcome="not_checked", detail=str(error)) for name in _PARTS[3:]]
    requirements = tuple(decision.requirement for decision in report.decisions)
    manifest = Manifest(planned=planned, title="", laboratory="", requirements=requirements)
    material = store.material(report.material.digest)
    found = estimates(Work(manifest, recipe, material, store), channels)
    results = tuple(found[channel.measurand].result for channel in report.procedure.channels)
    exact = software() == report.software
    checks = [_agree("results", results, report.results, exact)]
    decisions = decide(requirements, found, recipe.measurands)
    checks.append(_agree("decisions", decisions, report.decisions, exact))
    return checks


def _agree(name: str, found: Any, stated: Any, exact: bool) -> Check:
    """To the last bit with the same software on the same kind of processor, else to 12 digits."""
    ours, theirs = msgspec.to_builtins(found), msgspec.to_builtins(stated)
    if ours == theirs:
        return Check(name=name, outcome="passed", detail="last_bit")
    place = _difference(ours, theirs, name, exact)
    if place is None:
        return Check(name=name, outcome="passed", detail="12_digits")
    return Check(name=name, outcome="failed", detail=place)


def _difference(ours: Json, theirs: Json, where: str, exact: bool) -> str | None:
    """The first place at which two trees differ by more than is allowed, or None."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        pairs = [(ours[key], theirs[key], f"{where}.{key}") for key in ours]
    elif isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        pairs = [(a, b, f"{where}[{i}]") for i, (a, b) in enumerate(zip(ours, theirs, strict=True))]
    else:
        near = isinstance(ours, float | int) and isinstance(theirs, float | int) and not exact
        same = isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-300) if near else ours == theirs
        return None if same else f"{where}: {theirs!r} ≠ {ours!r}"
    return next((found for a, b, place in pairs if (found := _difference(a, b, place, exact)) is not None), None)
