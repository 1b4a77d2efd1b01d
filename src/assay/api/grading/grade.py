"""Signed reports of one subject graded by a rule; the grade is itself signed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from assay.api.grading.known import File, one_subject, opened, unit_of
from assay.api.grading.numbers import SEED, Numbers, numbers
from assay.api.grading.rule import rule as named_rule
from assay.api.keys import trusted
from assay.line.compose import software
from assay.reports.forms import GRADING
from assay.reports.keys import SigningKey
from assay.reports.statement import seal
from assay.store.laboratory import Laboratory, put, writing
from assay.uncertainty.joint import DRAWS
from assay.vocabulary.canonical import digest, digest_bytes
from assay.vocabulary.errors import AssayError, BadInput, near
from assay.vocabulary.grading import GradedReport, GradedResult, GradeRule, Grading, Limit
from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Record
from assay.vocabulary.report import Report
from assay.vocabulary.result import Note

Outcome = Literal["passed", "failed", "not_checked"]


class Asked(Record, kw_only=True):
    """How reports are to be graded.

    Attributes:
        rule: a rule's name or file.
        risk: largest probability of a wrong grade that may be taken; by default that of the rule.
        may_differ: settings of the subject that may differ between the reports, besides its address.
        allow_untrusted: take reports whose key is not trusted as well; they are marked.
        name: name of the laboratory that grades.
    """

    rule: str
    risk: float | None = None
    may_differ: tuple[str, ...] = ()
    allow_untrusted: bool = False
    name: str = ""


class Graded(NamedTuple):
    """A statement, where its signed file lies, and its bytes."""

    grading: Grading
    path: Path
    envelope: bytes

    @property
    def sha256(self) -> str:
        """Digest of the signed envelope, hexadecimal."""
        return digest_bytes(self.envelope)

    @property
    def exit_code(self) -> int:
        """0 with a grade, 3 without one."""
        return 3 if self.grading.grade is None else 0


def grade(reports: Sequence[str | Path], asked: Asked, lab: str | Path = ".assay") -> Graded:
    """Grade the results of signed reports by a rule, and issue a signed statement.

    Args:
        reports: signed reports of one subject: results, performance, cost.
        asked: by which rule, and how.
        lab: folder of the laboratory that grades: its trusted keys, and its own key, which signs.
    Raises:
        VerificationFailed: a report was changed, or its key is not trusted.
        BadInput: no such rule, reports of different subjects, a setting that no subject has, a measurand in two of
            them, units that do not agree.
    """
    rule = named_rule(asked.rule)
    risk = rule.risk if asked.risk is None else asked.risk
    if not 0 < risk < 0.5:
        raise BadInput("setting.value", where="grade", key="risk", got=repr(risk),
                       expected="a probability above 0 and below 0.5, such as 0.05")  # fmt: skip
    laboratory = Laboratory(Path(lab))
    files = opened(reports, trusted(laboratory.keys), asked.allow_untrusted)
    _named(asked.may_differ, files)
    subject = one_subject(files, asked.may_differ)
    results = graded_results(rule, files)
    key = SigningKey.load_or_create(laboratory.keys)
    found = numbers(rule, results, risk)
    made = Grading(
        id="", issued=datetime.now(UTC).isoformat(timespec="seconds"), laboratory=key.mark(asked.name), rule=rule,
        subject=subject, may_differ=asked.may_differ, reports=tuple(map(_used, files)), results=results, risk=risk,
        draws=DRAWS, seed=SEED, shared=found.shared, grades=found.grades, grade=found.grade, limiting=found.limiting,
        software=software(), notes=(*found.notes, *_notes(files, results, found)),
    )  # fmt: skip
    made = msgspec.structs.replace(made, id=f"grade-{digest(msgspec.to_builtins(made))[:12]}")
    envelope = seal(GRADING, made, key)
    path = (laboratory.reports / f"grade-{digest_bytes(envelope)[:8]}.json").resolve()
    with writing(path):
        put(path, envelope)
    return Graded(made, path, envelope)


def _named(may_differ: Sequence[str], files: Sequence[File]) -> None:
    """Refuse a setting that no subject has: it would allow nothing. Raises ``BadInput`` (``setting.unknown``)."""
    known = sorted({key for one in files for key in one.report.subject.identity})
    for key in may_differ:
        if key not in known:
            raise BadInput("setting.unknown", where="--may-differ", key=key, near=near(key, known))


def graded_results(rule: GradeRule, files: Sequence[File]) -> tuple[GradedResult, ...]:
    """The results that a rule asks for, in its order; what no report has is left out.

    Raises:
        BadInput: a measurand in two reports, a unit that is not that of the rule, or a limit on its wrong side.
    """
    limits: dict[str, Limit] = {}
    for row in rule.grades:
        for limit in row.limits:
            limits.setdefault(limit.measurand, limit)
    found = []
    for name, limit in limits.items():
        having = [file for file in files if any(result.measurand == name for result in file.report.results)]
        if len(having) > 1:
            raise BadInput("grade.twice", measurand=name, first=having[0].path, second=having[1].path)
        if having:
            found.append(_result(having[0], limit))
    return tuple(found)


def _result(file: File, limit: Limit) -> GradedResult:
    name = limit.measurand
    result = next(one for one in file.report.results if one.measurand == name)
    defined = _defined(file.report, name)
    if (unit := unit_of(defined, result)) != limit.unit:
        raise BadInput("grade.unit", path=file.path, measurand=name, got=unit, expected=limit.unit)
    if defined.better == ("lower" if limit.at_least is not None else "higher"):
        side = "at_least" if limit.at_least is not None else "at_most"
        raise BadInput("grade.direction", measurand=name, side=side, better=defined.better)
    return GradedResult(measurand=msgspec.structs.replace(defined, name=name, unit=unit), result=result,
                        report=file.opened.sha256)  # fmt: skip


def _defined(report: Report, name: str) -> Measurand:
    """The definition of a measurand; one with a suffix may be defined without it."""
    defined = report.measurands.get(name) or report.measurands.get(name.partition(":")[0])
    if defined is None:
        raise BadInput("grade.undefined", measurand=name, report=report.id)
    return defined


def _used(file: File) -> GradedReport:
    report = file.report
    return GradedReport(
        id=report.id, title=report.title, run=report.run, sha256=file.opened.sha256, issued=report.issued,
        laboratory=report.laboratory.name, key_id=file.opened.key_id, trusted=file.opened.trusted,
        material=report.material.name,
    )  # fmt: skip


def _notes(files: Sequence[File], results: Sequence[GradedResult], found: Numbers) -> list[Note]:
    """What is assumed, and what a reader must know of the reports."""
    notes = [Note(code="assumed.shared", values={"names": ", ".join(found.shared)}) if found.shared
             else Note(code="assumed.independent")] if len(results) > 1 else []  # fmt: skip
    strange = [file for file in files if not file.opened.trusted]
    if strange:
        named = [f"{file.report.laboratory.name or '–'} ({file.opened.key_id[:16]}…)" for file in strange]
        notes.append(Note(code="untrusted", values={"names": ", ".join(dict.fromkeys(named))}))
    unused = [file.report.id for file in files if file.opened.sha256 not in {one.report for one in results}]
    if unused:
        notes.append(Note(code="unused", values={"names": ", ".join(unused)}))
    return notes


def check(made: Grading) -> str:
    """The first place at which a grade does not follow from the results in its statement; empty if it does."""
    try:
        found = numbers(made.rule, made.results, made.risk)
    except (AssayError, ValueError, KeyError, IndexError, OverflowError) as error:
        return f"{type(error).__name__}: {error}"
    if (found.grade, found.shared) != (made.grade, made.shared):
        return f"grade: {made.grade!r} ≠ {found.grade!r}"
    if (made.draws, made.seed) != (DRAWS, SEED):
        return "draws"
    same = software() == made.software
    for ours, theirs in zip(found.grades, made.grades, strict=True) if len(found.grades) == len(made.grades) else ():
        if ours.name != theirs.name or not _near(ours.probability, theirs.probability, exact=same):
            return f"{theirs.name}: {theirs.probability!r} ≠ {ours.probability!r}"
    if same and (found.grades, found.limiting) != (made.grades, made.limiting):
        return "grades"
    return "" if len(found.grades) == len(made.grades) else "grades"


def _near(ours: float | None, theirs: float | None, *, exact: bool) -> bool:
    """Equal with the same software; else as near as other draws of the same distribution come."""
    if ours is None or theirs is None or exact:
        return ours == theirs
    return abs(ours - theirs) <= 0.01


def held_against(made: Grading, laboratory: Laboratory) -> tuple[Outcome, str]:
    """Whether the results are those of the reports, where this laboratory has them: outcome and detail."""
    wanted = {one.sha256 for one in made.reports}
    if {one.report for one in made.results} - wanted:
        return "failed", "results"
    at_hand: dict[str, Path] = {}
    try:
        for file in sorted(laboratory.reports.glob("*.json")):
            at_hand[digest_bytes(file.read_bytes())] = file
    except OSError:
        at_hand = {}
    if not wanted <= set(at_hand):
        return "not_checked", "no_grade_reports"
    try:
        files = opened([at_hand[sha256] for sha256 in (one.sha256 for one in made.reports)], {}, True)
        subject, results = one_subject(files, made.may_differ), graded_results(made.rule, files)
    except AssayError as error:
        return "failed", str(error)
    stated = digest(msgspec.to_builtins([made.subject, made.results]))
    return ("passed", "") if digest(msgspec.to_builtins([subject, results])) == stated else ("failed", "results")


def render(made: Grading, language: str, path: Path, sha256: str | None = None) -> Path:
    """Write a grade as a page, or in Markdown where the name ends in ``.md``, and return where."""
    from assay.reports import grading_view as view  # the page's template engine is not needed for anything else

    text = view.markdown(made, language) if path.suffix == ".md" else view.html(made, language, sha256)
    with writing(path):
        path.write_text(text, encoding="utf-8")
    return path.resolve()
