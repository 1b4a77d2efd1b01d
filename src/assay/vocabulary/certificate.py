"""The certificate of a judge: how often it errs, in which scope, and until when. It is signed like a report."""

from datetime import date
from typing import Final

from assay.vocabulary.procedure import PartUse
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark, MaterialRecord
from assay.vocabulary.result import Note

CERTIFICATE_TYPE: Final = "urn:assay:certificate:judge:1"


class Scope(Record, kw_only=True):
    """What a judge is, and for what it holds: a certificate serves a use whose scope is the same in every field.

    Attributes:
        judges: digest of the identity of each judge, in order; several are a jury.
        instrument: the part that asks, such as ``judging.pointwise``.
        version: version of that part: of its prompt, its fence and its parser.
        rubric: digest of the rubric.
        rubric_name: its name and version, for people.
        language: language of the prompt.
        combine: how the votes of a jury become one verdict; empty for a single judge.
        passes: the verdicts that count as 1; empty for graded scores.
    """

    judges: tuple[str, ...]
    instrument: str
    version: int
    rubric: str
    rubric_name: str
    language: str
    combine: str = ""
    passes: tuple[str, ...] = ()


class Rate(Record, kw_only=True):
    """A number of a certificate with its uncertainty.

    Attributes:
        value: a fraction, or a difference of fractions.
        u: standard uncertainty; None if it cannot be stated.
        interval: 95 % coverage interval; None if it cannot be stated.
        n: number of cases (or of verdicts on them) that it rests on.
        n_effective: where several cases belong to one item, the number of independent ones that would leave the same
            uncertainty; None where every case stands alone.
        dof: degrees of freedom of ``u``; None where infinite or not stated.
    """

    value: float
    u: float | None
    interval: tuple[float, float] | None
    n: int
    n_effective: float | None = None
    dof: float | None = None


class Cell(Record, kw_only=True):
    """How many cases people gave one verdict and the judge another.

    Attributes:
        human: the reference verdict: 0 or 1, or a grade as a fraction of its scale.
        judge: the judge's verdict in the same form.
        n: number of cases.
        group: cluster of grades of one item; None where every case stands alone, and for passes and failures.
    """

    human: float
    judge: float
    n: int
    group: int | None = None


class Injection(Record, kw_only=True):
    """One kind of order to the judge in the candidate's text, and how often it turned a verdict.

    Attributes:
        kind: ``order``, ``authority`` or ``forged``; see the texts in the pack ``judging``.
        words: language of the order, ``en`` or ``zh``.
        flipped: of the failing answers that the judge does not pass with a harmless sentence in the same place, the
            share whose verdict rises with the order; None where there is none such.
        lost: answers to which the judge then gave no verdict.
    """

    kind: str
    words: str
    flipped: Rate | None
    lost: int


class LabelErrors(Record, kw_only=True):
    """How often the people's combined verdict is itself wrong, by the agreement of three raters or more.

    Attributes:
        e0: probability that a case which should fail is labelled as passing.
        e1: probability that a case which should pass is labelled as failing.
        u0: standard uncertainty of ``e0``.
        u1: standard uncertainty of ``e1``.
    """

    e0: float
    e1: float
    u0: float
    u1: float


class Stratum(Record, kw_only=True):
    """The judge among the cases of one language or of one kind.

    Attributes:
        by: ``language`` or ``kind``.
        name: which one.
        n: cases with a verdict of the judge.
        sensitivity: share of the cases that pass which the judge passes; None without such cases, or for grades.
        specificity: share of the cases that fail which the judge fails; None without such cases, or for grades.
        difference: mean of judge less people; None for an empty stratum.
    """

    by: str
    name: str
    n: int
    sensitivity: Rate | None = None
    specificity: Rate | None = None
    difference: Rate | None = None


class JudgeCertificate(Record, kw_only=True):
    """What was found when a judge was put cases of known verdict.

    Attributes:
        id: unique identification.
        issued: date and time of issue, ISO 8601 UTC.
        expires: the last day on which it may be used, ISO 8601.
        laboratory: who issues it.
        identities: the identity of each judge, without secrets.
        scope: what the judge is and for what it holds.
        kind: ``selection`` (passed or failed) or ``score`` (grades).
        material: the cases of known verdict.
        instrument: the instrument with all its settings, so that its verdicts can be had again from the answers.
        runs: the run of each judge on the cases.
        planted: the run of each judge on some cases with orders to pass them; empty if it was not probed.
        harmless: the run of each judge on the same cases with a harmless sentence in the place of the order.
        observations: digest of the rows of the first run.
        raters: number of people behind the reference verdicts.
        agreement: share of pairs of ratings of one case that are the same; None where no case has two.
        excluded: cases that were left out because the people were divided.
        failed: cases of which the judge gave no usable verdict.
        sensitivity: share of the cases that pass which the judge passes; of pairs in which people prefer one, the share
            in which the judge prefers the same over both orders; None for grades.
        specificity: share of the cases that fail which the judge fails; of pairs in which people prefer neither, the
            share in which the judge does not either; None for grades.
        difference: mean of judge less people.
        confusion: every pair of verdicts with its number, by the first answer to each case.
        repeatability: share of pairs of answers to the same case that are the same; None if each was put once.
        length: how much more often (or higher, as a fraction of the scale) the longer half of the candidates is
            passed than the shorter half, people's verdict being the same; of pairs, how much more often a
            response is preferred where it is the longer one than where it is the shorter; None where it cannot be told.
        position: verdicts for what stands first less those for what stands second, over both orders of each pair;
            None for a judge of single responses.
        self_preference: excess of the judge's verdict over people's for its own family; None where none was there.
        susceptibility: mean verdict on failing cases with a planted order to pass them, less that with a harmless
            sentence in its place; None if it was not probed.
        flipped: of all orders planted in failing answers, the share that turned the verdict; see ``Injection``.
        flipped_right: of all orders to pass that were planted in passing answers, the share that lowered the verdict.
        disturbed: share of failing answers whose verdict a harmless sentence changed.
        injections: ``flipped`` by kind of order and its language.
        label_errors: of the people's verdicts; None where they cannot be told.
        strata: by language and kind.
        prevalence: the range of true rates for which it holds.
        languages: languages of the cases; empty where they were not stated.
        kinds: kinds of the cases; empty where they were not stated.
        notes: remarks.
    """

    format: int = 1
    id: str
    issued: str
    expires: str
    laboratory: LaboratoryMark
    identities: tuple[dict[str, Json], ...]
    scope: Scope
    kind: str
    material: MaterialRecord
    instrument: PartUse
    runs: tuple[str, ...]
    planted: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    observations: str
    raters: int
    agreement: float | None
    excluded: int
    failed: int
    sensitivity: Rate | None
    specificity: Rate | None
    difference: Rate | None
    confusion: tuple[Cell, ...]
    repeatability: Rate | None = None
    length: Rate | None = None
    position: Rate | None = None
    self_preference: Rate | None = None
    susceptibility: Rate | None = None
    flipped: Rate | None = None
    flipped_right: Rate | None = None
    disturbed: Rate | None = None
    injections: tuple[Injection, ...] = ()
    label_errors: LabelErrors | None = None
    strata: tuple[Stratum, ...] = ()
    prevalence: tuple[float, float] = (0.0, 1.0)
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def misfit(certificate: JudgeCertificate, scope: Scope, today: date) -> tuple[str, str, str] | None:
    """Why a certificate may not serve a use, most telling first; None if it may.

    Returns:
        A code (a field of the scope, or ``expired``), what the certificate says, and what is wanted.
    """
    held = certificate.scope
    for name in ("judges", "instrument", "version", "rubric", "language", "combine", "passes"):
        if getattr(held, name) != getattr(scope, name):
            return name, _shown(held, name), _shown(scope, name)
    if today > date.fromisoformat(certificate.expires):
        return "expired", certificate.expires, today.isoformat()
    return None


def _shown(scope: Scope, name: str) -> str:
    if name == "rubric":
        return f"{scope.rubric_name} ({scope.rubric[:16]})"
    if name == "judges":
        return ", ".join(judge[:16] for judge in scope.judges)
    value = getattr(scope, name)
    return ", ".join(value) if isinstance(value, tuple) else str(value)
