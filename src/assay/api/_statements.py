"""What can be checked of signed statements that are no reports of a measurement."""

from collections.abc import Callable
from math import isclose
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol, TypeVar

from assay.api.arena.arena import held_against
from assay.api.arena.fields import differing
from assay.api.bottleneck.bottleneck import differing as bottleneck_differing
from assay.api.bottleneck.bottleneck import held_against as bottleneck_held_against
from assay.api.campaign.check import recomputed as campaign_recomputed
from assay.api.grading.grade import check as grade_differing
from assay.api.grading.grade import held_against as grade_held_against
from assay.api.judging.verdicts import recomputed
from assay.api.keys import trusted
from assay.api.laboratories.interlab import check as check_interlab
from assay.api.materials import difficulty
from assay.api.materials import verification as materials
from assay.api.sweep.check import differing as sweep_differing
from assay.api.sweep.check import held_against as sweep_held_against
from assay.api.validate import passed
from assay.line.compose import software
from assay.reports.forms import ARENA, BOTTLENECK, CAMPAIGN, GRADING, INTERLAB, JUDGE, LOAD_CLIENT, SWEEP, VALIDATION
from assay.reports.statement import Form, Marked, unseal
from assay.reports.text import harmless
from assay.store.laboratory import Laboratory
from assay.testing.validation import exact, judge, published
from assay.testing.validation.code import code_digest
from assay.vocabulary.arena import ARENA_TYPE
from assay.vocabulary.bottleneck import BOTTLENECK_TYPE
from assay.vocabulary.campaign import CAMPAIGN_TYPE
from assay.vocabulary.canonical import digest_bytes
from assay.vocabulary.certificate import CERTIFICATE_TYPE
from assay.vocabulary.difficulty import DIFFICULTY_TYPE
from assay.vocabulary.errors import AssayError, VerificationFailed
from assay.vocabulary.grading import GRADING_TYPE
from assay.vocabulary.interlab import INTERLAB_TYPE, Interlab
from assay.vocabulary.load_client import LOAD_CLIENT_TYPE, sound
from assay.vocabulary.material_certificate import MATERIAL_TYPE
from assay.vocabulary.report import PREDICATE_TYPE
from assay.vocabulary.seal import OPENING_TYPE, SEAL_TYPE
from assay.vocabulary.sweep import SWEEP_TYPE
from assay.vocabulary.validation import VALIDATION_TYPE, Case, CoverageLine, Validation

_LONGEST: Final = 100


Outcome = Literal["passed", "failed", "not_checked"]


class Finding(NamedTuple):
    """One part of a verification: what, with which outcome, and why."""

    name: str
    outcome: Outcome
    detail: str = ""


class Checked(NamedTuple):
    """A statement: its id, the key that signed it and whether that is trusted, and what was found."""

    id: str
    key_id: str
    trusted: bool
    findings: tuple[Finding, ...]


_Check = Callable[[bytes, str, Laboratory], Checked]


def checked(kind: str, data: bytes, path: str, laboratory: Laboratory) -> Checked:
    """Check form, signature and trust of a statement, and whatever of it can be computed again here.

    Args:
        kind: its predicate type, as the file says.
        data: the whole file.
        path: its name, for messages.
        laboratory: whose keys are trusted, and whose reports are at hand.
    Raises:
        VerificationFailed: ``report.unknown_kind``, or the refusal of that kind.
    """
    if kind not in _KINDS:
        known = ", ".join([PREDICATE_TYPE, *_KINDS])
        raise VerificationFailed("report.unknown_kind", path=path, kind=harmless(kind[:_LONGEST]), known=known)
    return _KINDS[kind](data, path, laboratory)


def _signed(key_id: str, known: bool) -> tuple[Finding, Finding]:
    trust = Finding("trust", "passed") if known else Finding("trust", "failed", key_id)
    return Finding("signature", "passed", key_id), trust


def _interlab(data: bytes, path: str, laboratory: Laboratory) -> Checked:
    made, known, _ = unseal(INTERLAB, data, path, trusted(laboratory.keys))
    key_id = made.laboratory.key_id
    return Checked(made.id, key_id, known, (*_signed(key_id, known), _compared(made, known, path, laboratory)))


def _compared(made: Interlab, known: bool, path: str, laboratory: Laboratory) -> Finding:
    """The comparison computed again, where this laboratory has all its reports."""
    if not known:
        return Finding("used_reports", "not_checked", "untrusted_key")
    wanted = [report.sha256 for one in made.participants for report in one.reports]
    at_hand: dict[str, Path] = {}
    try:
        for file in sorted(laboratory.reports.glob("*.json")):
            at_hand[digest_bytes(file.read_bytes())] = file
    except OSError:
        at_hand = {}
    if not set(wanted) <= set(at_hand):
        return Finding("used_reports", "not_checked", "no_reports")
    try:
        check_interlab(path, [at_hand[sha256] for sha256 in wanted], laboratory.folder)
    except AssayError as error:
        return Finding("used_reports", "failed", str(error))
    return Finding("used_reports", "passed")


def _judge(data: bytes, path: str, laboratory: Laboratory) -> Checked:
    opened = unseal(JUDGE, data, path, trusted(laboratory.keys))
    outcome, detail = recomputed(opened.made, laboratory)
    findings = (*_signed(opened.key_id, opened.trusted), Finding("results", outcome, detail))
    return Checked(opened.made.id, opened.key_id, opened.trusted, findings)


def _validation(data: bytes, path: str, laboratory: Laboratory) -> Checked:
    opened = unseal(VALIDATION, data, path, trusted(laboratory.keys))
    made = opened.made
    here = code_digest() == made.code
    code = Finding("code", "passed", made.code) if here else Finding("code", "not_checked", "other_code")
    sums = tuple(line for line in made.coverage if line.simulations is None)
    findings = (
        *_signed(opened.key_id, opened.trusted), code, _published(made, here), _exact(sums), _outcomes(made),
        _simulated(made, len(sums)),
    )  # fmt: skip
    return Checked(made.id, opened.key_id, opened.trusted, findings)


def _campaign(data: bytes, path: str, laboratory: Laboratory) -> Checked:
    opened = unseal(CAMPAIGN, data, path, trusted(laboratory.keys))
    findings = [Finding(*one) for one in campaign_recomputed(opened.made, laboratory, Path(path).parent)]
    signed = _signed(opened.key_id, opened.trusted)
    return Checked(opened.made.id, opened.key_id, opened.trusted, (*signed, *findings))


def _load_client(data: bytes, path: str, laboratory: Laboratory) -> Checked:
    opened = unseal(LOAD_CLIENT, data, path, trusted(laboratory.keys))
    outcomes = Finding("outcomes", "passed" if sound(opened.made) else "failed")
    return Checked(opened.made.id, opened.key_id, opened.trusted, (*_signed(opened.key_id, opened.trusted), outcomes))


def _published(made: Validation, here: bool) -> Finding:
    """Every published number again: to 12 digits with the same source and software, else reproduced as it was."""
    if not made.cases:
        return Finding("published", "not_checked", "nothing")
    same = here and software() == made.software
    for stated in made.cases:
        if stated.name not in published.entries():
            return Finding("published", "not_checked", "other_code")
        found = published.reproduced(stated.name)
        place = _differing(found, stated) if same else "" if found.passed == stated.passed else found.name
        if place:
            return Finding("published", "failed", place)
    return Finding("published", "passed")


def _differing(found: Case, stated: Case) -> str:
    """The first number of a publication that is not what was stated; empty if there is none."""
    if len(found.rows) != len(stated.rows):
        return stated.name
    for ours, theirs in zip(found.rows, stated.rows, strict=True):
        same = isclose(ours.computed, theirs.computed, rel_tol=1e-12, abs_tol=1e-300)
        if not same or (ours.quantity, ours.published, ours.passed) != (
            theirs.quantity, theirs.published, theirs.passed,
        ):  # fmt: skip
            return f"{stated.name}: {theirs.quantity}: {theirs.computed!r} ≠ {ours.computed!r}"
    return ""


def _exact(stated: tuple[CoverageLine, ...]) -> Finding:
    """The exact sums again."""
    if not stated:
        return Finding("exact", "not_checked", "nothing")
    again = {(line.method, line.n, line.truth): line for line in exact.lines(dict.fromkeys(x.method for x in stated)
             if all(x.method in exact.METHODS for x in stated) else ())}  # fmt: skip
    for line in stated:
        found = again.get((line.method, line.n, line.truth))
        if found is None:
            return Finding("exact", "not_checked", "other_code")
        if not isclose(found.covered, line.covered, rel_tol=1e-9):
            return Finding("exact", "failed", f"{line.study}, {line.design}: {line.covered!r} ≠ {found.covered!r}")
    return Finding("exact", "passed")


def _outcomes(made: Validation) -> Finding:
    """Whether verdicts follow from the numbers beside them, by the rules of this version."""
    for line in made.coverage:
        if judge.outcome(line) != line.outcome:
            return Finding("outcomes", "failed", f"{line.study}: {line.outcome} ≠ {judge.outcome(line)}")
    for case in made.cases:
        if case.passed != (bool(case.rows) and all(published.verdict(row) == row.passed for row in case.rows)
                           and all(row.passed for row in case.rows)):  # fmt: skip
            return Finding("outcomes", "failed", case.name)
    if made.passed != passed(made.cases, made.coverage):
        return Finding("outcomes", "failed", "passed")
    return Finding("outcomes", "passed")


def _simulated(made: Validation, exact_lines: int) -> Finding:
    detail = "not_repeated" if len(made.coverage) > exact_lines else "nothing"
    return Finding("simulated", "not_checked", detail)


def _material(check: Callable[[bytes, str, Laboratory], materials.Verified]) -> _Check:
    def made(data: bytes, path: str, laboratory: Laboratory) -> Checked:
        found = check(data, path, laboratory)
        findings = (*_signed(found.key_id, found.trusted), *(Finding(*one) for one in found.findings))
        return Checked(found.id, found.key_id, found.trusted, findings)

    return made


class _Named(Marked, Protocol):
    """A statement that has a name of its own."""

    @property
    def id(self) -> str: ...


Made = TypeVar("Made", bound=_Named)


def _of_others(
    form: Form[Made], names: tuple[str, str], differing: Callable[[Made], str],
    held_against: Callable[[Made, Laboratory], tuple[Outcome, str]],
) -> _Check:  # fmt: skip
    """The check of a statement about reports or runs: whether it follows from its own numbers, and from theirs.

    Args:
        form: of the statement.
        names: of both findings.
        differing: what of the statement does not follow from its own numbers; empty if all does.
        held_against: whether what the laboratory has agrees.
    """

    def check(data: bytes, path: str, laboratory: Laboratory) -> Checked:
        opened = unseal(form, data, path, trusted(laboratory.keys))
        place = differing(opened.made)
        own = Finding(names[0], "failed", place) if place else Finding(names[0], "passed")
        outcome, detail = held_against(opened.made, laboratory)
        findings = (*_signed(opened.key_id, opened.trusted), own, Finding(names[1], outcome, detail))
        return Checked(opened.made.id, opened.key_id, opened.trusted, findings)

    return check


_KINDS: Final[dict[str, _Check]] = {
    INTERLAB_TYPE: _interlab, VALIDATION_TYPE: _validation, CERTIFICATE_TYPE: _judge,
    ARENA_TYPE: _of_others(ARENA, ("results", "verdicts"), differing, held_against),
    CAMPAIGN_TYPE: _campaign, LOAD_CLIENT_TYPE: _load_client,
    BOTTLENECK_TYPE: _of_others(
        BOTTLENECK, ("limiting_stage", "stage_runs"), bottleneck_differing, bottleneck_held_against
    ),
    GRADING_TYPE: _of_others(GRADING, ("grade", "graded_results"), grade_differing, grade_held_against),
    SWEEP_TYPE: _of_others(SWEEP, ("sweep", "sweep_runs"), sweep_differing, sweep_held_against),
    MATERIAL_TYPE: _material(materials.certificate), SEAL_TYPE: _material(materials.seal),
    OPENING_TYPE: _material(materials.opening), DIFFICULTY_TYPE: _material(difficulty.verified),
}  # fmt: skip
