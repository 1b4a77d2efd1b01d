"""Verification of a report by somebody who was not there."""

import sqlite3
from contextlib import closing, suppress
from math import isclose
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from assay.api._statements import Checked, checked
from assay.api._stopping import ended
from assay.api.examine import Found, examine
from assay.api.keys import own_key_id, trusted
from assay.api.measure import run_loop
from assay.api.measurement import parts_of
from assay.api.runs import latest_report
from assay.api.work import Manifest, Work, accounted, estimates, juries, remarks, settled
from assay.line.compose import digests, software
from assay.line.compose import ended as ended_notes
from assay.line.decide import decide
from assay.line.jury import DIVIDED
from assay.line.plan import Planned
from assay.reports.envelope import Opened, open_envelope, read_signed
from assay.reports.statement import predicate_type
from assay.store.laboratory import Laboratory
from assay.store.sqlite import SqliteStore
from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import AssayError, BadInput, CannotMeasure
from assay.vocabulary.material import Material
from assay.vocabulary.procedure import Limits
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import PREDICATE_TYPE, Report
from assay.vocabulary.whole import Offers

_MOST_ITEMS: Final = 5
_MARKS: Final = (b'"payload', b'"signatures"', b'"sig"')
"""What a signed file has some of, however it was changed."""

Outcome = Literal["passed", "failed", "not_checked"]


class Check(Record, kw_only=True):
    """One part of a verification.

    Attributes:
        name: what was checked; the words are in ``words/``.
        outcome: ``not_checked`` is neither a pass nor a failure.
        detail: what was found, or why it could not be checked.
        found: what was changed, as far as it can be told; at most the first few.
    """

    name: str
    outcome: Outcome
    detail: str = ""
    found: tuple[Found, ...] = ()


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

    A comparison of laboratories, the certificate of a judge, or that of the software itself is told by what it says it
    is, and checked as such.

    Args:
        path: the signed JSON; or a run, the beginning of its name, or ``last``: then its latest report.
        lab: folder of the laboratory, for its trusted keys and its store.
    Raises:
        VerificationFailed: it is no report, or a byte of it was changed.
        BadInput: there is no such file or run, or the file is nothing like a signed one.
    """
    laboratory = Laboratory(Path(lab))
    data = _signed(path, laboratory)
    kind = predicate_type(data)
    if kind is not None and kind != PREDICATE_TYPE:
        return _statement(checked(kind, data, str(path), laboratory))
    opened = open_envelope(data, str(path), trusted(laboratory.keys))
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


def _signed(path: str | Path, laboratory: Laboratory) -> bytes:
    """The bytes of a signed file, or of the latest report of a run."""
    place = Path(path)
    if laboratory.has_store() and not (place.exists() or place.suffix or len(place.parts) != 1):
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            return latest_report(store, str(path))[1]
    data = read_signed(path)
    if not any(mark in data for mark in _MARKS):
        raise BadInput("verify.no_report", path=str(path))
    return data


def _statement(found: Checked) -> Verification:
    """What can be said of a statement that is no report of a measurement."""
    return Verification(
        passed=all(one.outcome != "failed" for one in found.findings), trusted=found.trusted, key_id=found.key_id,
        report=found.id,
        checks=tuple(Check(name=one.name, outcome=one.outcome, detail=one.detail) for one in found.findings),
    )  # fmt: skip


_PARTS = ("material", "responses", "observations", "conditions", "results", "decisions")
_UNSOUND = (  # what rows with impossible content end in
    IndexError, TypeError, ValueError, OverflowError, msgspec.DecodeError, sqlite3.OperationalError, BadInput,
    CannotMeasure,
)  # fmt: skip


def _recomputed(opened: Opened, laboratory: Laboratory) -> list[Check]:
    report = opened.report
    subject = _equal("subject", digest(report.subject.identity), report.subject.digest)
    if not laboratory.has_store():
        return [subject, *_unchecked(_PARTS, "no_store")]
    try:
        with laboratory.guarded(), closing(SqliteStore(laboratory, write=False)) as store:
            if not any(run.name == report.run for run in store.runs()):
                return [subject, *_unchecked(_PARTS, "no_run")]
            checks = _against_store(report, store)
            own = opened.key_id == own_key_id(laboratory.keys) or store.has_report(opened.sha256)
            if not own and any(check.outcome == "failed" for check in checks):
                checks = _unchecked(_PARTS, "other_run")  # the same plan, carried out here as well
            return [subject, *checks]
    except BadInput as error:
        return [subject, *_unchecked(_PARTS, str(error))]


def _unchecked(names: tuple[str, ...], reason: str) -> list[Check]:
    return [Check(name=name, outcome="not_checked", detail=reason) for name in names]


def _against_store(report: Report, store: SqliteStore) -> list[Check]:
    manifest = msgspec.json.decode(store.run(report.run).manifest, type=Manifest)
    items = tuple(Found(kind="item", item=name) for name in store.changed_items(report.material.digest)[:_MOST_ITEMS])
    try:
        material = store.material(report.material.digest)
    except msgspec.DecodeError as error:
        unread = Check(name="material", outcome="failed", detail=str(error), found=items)
        return [unread, *_unchecked(_PARTS[1:], "no_material")]
    checks = [msgspec.structs.replace(_equal("material", material.digest, report.material.digest), found=items)]
    channels = _channels(report, store)
    if channels is None:
        return checks + _unchecked(_PARTS[1:], "no_readings")
    planned = msgspec.structs.replace(manifest.planned, procedure=report.procedure)
    try:
        recipe = parts_of(report.procedure, Limits())
    except AssayError as error:
        rows, _ = _rows(report, planned, material, store, channels)
        return checks + rows + _unchecked(_PARTS[3:], str(error))
    requirements = tuple(decision.requirement for decision in report.decisions)
    work = Work(Manifest(planned=planned, title="", requirements=requirements), recipe, material, store)
    rows, sound = _rows(report, planned, material, store, channels)
    rows += [*_ended(report, manifest.planned, material, store), *_verdicts(report, work, channels)]
    rows += _restarts(report, work)
    if any(check.outcome == "failed" for check in [*checks, *rows]):
        versions = {instrument.measurand: instrument.version for instrument in report.instruments}
        found: tuple[Found, ...] = ()
        with suppress(*_UNSOUND):
            found = run_loop(examine(work, channels, versions))
        rows = [msgspec.structs.replace(c, found=_concerning(c, found)) for c in rows]
        if not checks[0].found and checks[0].outcome == "failed":
            checks[0] = msgspec.structs.replace(checks[0], found=found)
    if not sound:
        return checks + rows + _unchecked(_PARTS[3:], "unsound")
    return checks + rows + _results(report, work, channels)


def _rows(
    report: Report, planned: Planned, material: Material, store: SqliteStore, channels: dict[str, int]
) -> tuple[list[Check], bool]:
    """Checks of responses and observations by their digests, and whether the rows make sense at all."""
    changed = store.changed_responses(next(iter(channels.values())))  # all channels were read from the same ones
    try:
        found = digests(planned, material, store, channels)
    except _UNSOUND as error:
        detail = f"{type(error).__name__}: {error}"
        return [Check(name=name, outcome="failed", detail=detail) for name in ("responses", "observations")], False
    responses = _equal("responses", found.responses, report.observations.responses)
    if changed and responses.outcome == "passed":
        responses = Check(name="responses", outcome="failed")
    return [responses, _equal("observations", found.digest, report.observations.digest)], True


def _ended(report: Report, planned: Planned, material: Material, store: SqliteStore) -> list[Check]:
    """Whether the rule, replayed from the responses, ends the run where the report says that it ended."""
    if not report.procedure.plan.may_end_early:
        return []
    for rule in ("stopping", "adaptive"):
        if getattr(report.procedure.plan, rule) != getattr(planned.procedure.plan, rule):
            return [Check(name="ended", outcome="failed", detail=rule)]
    try:
        taken = run_loop(ended(planned, material, parts_of(planned.procedure, Limits()), store))
    except (AssayError, *_UNSOUND) as error:
        return [Check(name="ended", outcome="failed", detail=str(error))]
    if taken is None or planned.taken is None or taken.items != planned.taken.items:
        return [Check(name="ended", outcome="failed", detail="items")]
    again = ended_notes(msgspec.structs.replace(planned, taken=taken))
    stated = [note for note in report.notes if note.code.startswith("ended.")]
    return [_agree("ended", again, stated, True)]


def _restarts(report: Report, work: Work) -> list[Check]:
    """Whether the remarks on the restarts, and what estimators were told of them, come from their responses."""
    bench = work.recipe.bench
    if not isinstance(bench, Offers):
        return []
    pack = report.procedure.bench.part.partition(".")[0]
    try:
        told = [channel.estimator for channel in settled(work).recipe.procedure.channels]
        again = [*remarks(work), *told]
    except (AssayError, *_UNSOUND) as error:
        return [Check(name="restarts", outcome="failed", detail=f"{type(error).__name__}: {error}")]
    stated = [note for note in report.notes if note.code.startswith(f"{pack}.")]
    estimators = [channel.estimator for channel in report.procedure.channels]
    return [_agree("restarts", again, [*stated, *estimators], software() == report.software)]


def _concerning(check: Check, found: tuple[Found, ...]) -> tuple[Found, ...]:
    """What was found that explains why this check failed."""
    if check.outcome != "failed":
        return ()
    of_responses = ("response", "no_response", "missing", "extra")
    return tuple(one for one in found if check.name in ("observations", "verdicts") or one.kind in of_responses)


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


def _results(report: Report, work: Work, channels: dict[str, int]) -> list[Check]:
    exact = software() == report.software
    planned, recipe = work.manifest.planned, work.recipe
    try:
        seen = accounted(work, planned, channels, priced=False)
        found = estimates(work, channels)
        decisions = decide(work.manifest.requirements, found, recipe.measurands)
    except _UNSOUND as error:
        detail = f"{type(error).__name__}: {error}"
        return [Check(name=name, outcome="failed", detail=detail) for name in _PARTS[3:]]
    judges = tuple(msgspec.structs.replace(one, cost=None, currency="") for one in report.conditions.judges)
    conditions = msgspec.structs.replace(report.conditions, cost=None, judges=judges)
    if not report.observations.verdicts:  # issued before judges were accounted for
        seen = seen._replace(conditions=msgspec.structs.replace(seen.conditions, judges=()))
    results = tuple(found[channel.measurand].result for channel in report.procedure.channels)
    return [
        _agree("conditions", [seen.conditions, seen.lost, seen.examples], [conditions, report.lost, report.examples],
               exact),
        _agree("results", results, report.results, exact),
        _agree("decisions", decisions, report.decisions, exact),
    ]  # fmt: skip


def _verdicts(report: Report, work: Work, channels: dict[str, int]) -> list[Check]:
    """Whether the judges' answers are those that the report was made from; nothing where nobody was asked."""
    if not report.observations.verdicts:
        return []
    try:
        found = accounted(work, work.manifest.planned, channels, priced=False).observations.verdicts
    except _UNSOUND as error:
        return [Check(name="verdicts", outcome="failed", detail=f"{type(error).__name__}: {error}")]
    answers = _equal("verdicts", found, report.observations.verdicts)
    stated = [note for note in report.notes if note.code.startswith(DIVIDED)]
    agreed = _agree("verdicts", [*juries(work, work.manifest.planned)], stated, software() == report.software)
    return [answers if answers.outcome == "failed" else msgspec.structs.replace(agreed, detail=answers.detail)
            if agreed.outcome == "passed" else agreed]  # fmt: skip


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
