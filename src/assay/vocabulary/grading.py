"""Grades: a rule as data, and the signed statement of the grade that results of one subject get by it."""

from typing import Final

from assay.vocabulary.measurand import Measurand
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note, Result
from assay.vocabulary.standard import Source

GRADING_TYPE: Final = "urn:assay:grading:1"


class Limit(Record, kw_only=True):
    """One condition of a grade.

    Attributes:
        measurand: its name, with its suffix where one tells channels apart (``serving.ttft:p99``).
        unit: unit of the limit, which must be that of the measurand.
        at_most: the true value must not be above this; give either this or ``at_least``.
        at_least: the true value must not be below this.
    """

    measurand: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def value(self) -> float:
        """The limit, whichever side it is on."""
        return self.at_least if self.at_least is not None else self.at_most or 0.0


class GradeRow(Record, kw_only=True):
    """A grade with all its conditions; the last grade has none and takes what is left."""

    name: str
    limits: tuple[Limit, ...] = ()


class GradeRule(Record, kw_only=True):
    """A rule by which results get a grade.

    Attributes:
        name: name of the part, such as ``serving.low_latency``, or of the user's file.
        version: raised whenever a limit changes.
        scenario: what it is for, by language.
        source: where its limits come from.
        grades: from best to worst.
        risk: largest probability of a wrong grade that may be taken, above 0 and below 0.5.
    """

    name: str
    version: str
    scenario: dict[str, str]
    source: Source
    grades: tuple[GradeRow, ...]
    risk: float = 0.05


class GradedReport(Record, kw_only=True):
    """One signed report that took part.

    Attributes:
        id: of the report.
        title: its title.
        run: the run it reports.
        sha256: digest of its whole envelope, hexadecimal.
        issued: when it was issued, ISO 8601 UTC.
        laboratory: whose it is, as it calls itself.
        key_id: digest of the key that signed it, hexadecimal.
        trusted: whether the laboratory that grades trusts that key.
        material: name of its material.
    """

    id: str
    title: str
    run: str
    sha256: str
    issued: str
    laboratory: str
    key_id: str
    trusted: bool
    material: str


class GradedResult(Record, kw_only=True):
    """A result that the rule asks for, as it was reported, with its definition and the report it is from."""

    measurand: Measurand
    result: Result
    report: str


class LimitMet(Record, kw_only=True):
    """How probable it is that a limit is met; None where there is no result with an interval."""

    limit: Limit
    probability: float | None


class GradeFound(Record, kw_only=True):
    """What is known of one grade; probabilities are None where a result that it takes is missing.

    Attributes:
        name: of the grade.
        probability: that this is the grade.
        at_least: that it is this grade or a better one.
        if_lost: the same as ``probability`` with every lost reading at its worst and at its best; None if none is lost.
        limits: its conditions, each alone.
    """

    name: str
    probability: float | None
    at_least: float | None
    if_lost: tuple[float, float] | None
    limits: tuple[LimitMet, ...]


class Grading(Record, kw_only=True):
    """A grade by a rule.

    Attributes:
        id: unique identification.
        issued: when, ISO 8601 UTC.
        laboratory: who grades and signs.
        rule: the whole rule.
        subject: identity of the subject, as the first report has it.
        may_differ: settings of the subject that were allowed to differ between the reports.
        reports: the reports used.
        results: the results used.
        risk: largest probability of a wrong grade that was taken.
        draws: number of joint draws.
        seed: of the draws.
        shared: sources that results have in common; all else was drawn independently.
        grades: every grade of the rule, from best to worst.
        grade: the grade given; None if none is probable enough.
        limiting: the condition that stands most in the way of the next better grade; None for the best one.
        software: versions.
        notes: remarks on validity.
    """

    format: int = 1
    id: str
    issued: str
    laboratory: LaboratoryMark
    rule: GradeRule
    subject: dict[str, Json]
    may_differ: tuple[str, ...]
    reports: tuple[GradedReport, ...]
    results: tuple[GradedResult, ...]
    risk: float
    draws: int
    seed: int
    shared: tuple[str, ...]
    grades: tuple[GradeFound, ...]
    grade: str | None
    limiting: LimitMet | None
    software: dict[str, str]
    notes: tuple[Note, ...] = ()
