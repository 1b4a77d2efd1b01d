"""What comes out of comparing laboratories: consensus, scores, degrees of equivalence. It is signed like a report."""

from typing import Final, Literal

from assay.vocabulary.measurand import Estimand, Measurand
from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark, MaterialRecord
from assay.vocabulary.result import Note

INTERLAB_TYPE: Final = "urn:assay:interlab:1"

Method = Literal["algorithm_a", "weighted_mean", "mandel_paule", "dersimonian_laird", "assigned"]
Judged = Literal["satisfactory", "questionable", "unsatisfactory"]
Standing = Literal["none", "straggler", "outlier"]


class ReportUsed(Record, kw_only=True):
    """One signed report that took part.

    Attributes:
        id: of the report.
        run: the run it reports.
        sha256: digest of its whole envelope, hexadecimal.
        issued: when it was issued, ISO 8601 UTC.
        subject: digest of the subject's identity.
        value: its result, in the measurand's unit.
        u: its standard uncertainty.
        k: its coverage factor; None where a factor does not apply.
        dof: degrees of freedom; None where infinite.
        level: coverage probability of its interval.
    """

    id: str
    run: str
    sha256: str
    issued: str
    subject: str
    value: float
    u: float
    k: float | None
    dof: float | None
    level: float


class Score(Record, kw_only=True):
    """A score of a laboratory with what it says: ``en``, ``zeta``, ``z`` or ``z_prime``."""

    name: Literal["en", "zeta", "z", "z_prime"]
    value: float
    judged: Judged


class Participant(Record, kw_only=True):
    """A laboratory, told from others by its key.

    Attributes:
        name: what it calls itself; empty if it does not.
        key_id: digest of its public key, hexadecimal.
        trusted: whether that key is trusted by the laboratory that compares.
        reports: its reports; several are replicates.
        value: their mean.
        u: standard uncertainty, of all sources.
        u_own: of the sources that it does not share with all the others; this one is compared.
        dof: degrees of freedom of ``u_own``; None where infinite.
        weight: in the consensus that the scores refer to; 0 where that was assigned.
        difference: degree of equivalence: value less consensus.
        u_difference: its standard uncertainty.
        expanded: its expanded uncertainty at the level of the comparison.
        scores: E_n and zeta; z and z′ where there is a standard deviation for proficiency assessment.
    """

    name: str
    key_id: str
    trusted: bool
    reports: tuple[ReportUsed, ...]
    value: float
    u: float
    u_own: float
    dof: float | None
    weight: float
    difference: float
    u_difference: float
    expanded: float
    scores: tuple[Score, ...]


class ConsensusValue(Record, kw_only=True):
    """One way to say what the laboratories agree on.

    Attributes:
        method: how it was made.
        value: the consensus.
        u: its standard uncertainty, without what all laboratories have in common.
        u_total: with it.
        dof: degrees of freedom of ``u``; None where infinite.
        between: standard deviation between laboratories; None where the method does not speak of it.
        spread: robust standard deviation s*; None unless by Algorithm A.
    """

    method: Method
    value: float
    u: float
    u_total: float
    dof: float | None = None
    between: float | None = None
    spread: float | None = None


class ConsistencyTest(Record, kw_only=True):
    """Whether the stated uncertainties explain how the laboratories differ: χ², its degrees of freedom, p, Birge."""

    chi_squared: float
    dof: int
    p: float
    birge: float


class PrecisionValue(Record, kw_only=True):
    """Repeatability and reproducibility (ISO 5725), in the measurand's unit.

    Attributes:
        repeatability: s_r, within laboratories.
        between: s_L.
        reproducibility: s_R.
        dof_within: degrees of freedom of s_r.
        n_results: results in all.
        p: of the F test that laboratories do not differ; None where nothing varies within.
    """

    repeatability: float
    between: float
    reproducibility: float
    dof_within: float
    n_results: int
    p: float | None


class OutlierTest(Record, kw_only=True):
    """What a test says of one laboratory; it stays in all numbers whatever that is.

    Attributes:
        test: which.
        place: number of the laboratory in ``participants``, from 0.
        statistic: of the test.
        critical_5: at 5 %, exceeded by a straggler.
        critical_1: at 1 %, exceeded by an outlier.
        standing: what it is.
    """

    test: Literal["cochran", "grubbs", "mandel_h", "mandel_k"]
    place: int
    statistic: float
    critical_5: float
    critical_1: float
    standing: Standing


class Shared(Record, kw_only=True):
    """An uncertainty that all laboratories have in common: its source and mean size; it cancels in a difference."""

    source: str
    u: float


class YoudenPoint(Record, kw_only=True):
    """A laboratory in a Youden plot: its number, and value with own standard uncertainty on both."""

    place: int
    x: float
    u_x: float
    y: float
    u_y: float


class Youden(Record, kw_only=True):
    """Two quantities of the same laboratories: two measurands, or one measurand on two materials.

    Attributes:
        other: the measurand on the second axis.
        material: name of the material on the second axis.
        points: laboratories that have both, in the order of the participants.
    """

    other: Measurand
    material: str
    points: tuple[YoudenPoint, ...]


class Interlab(Record, kw_only=True):
    """An interlaboratory comparison.

    Attributes:
        id: unique identification.
        title: of the first report.
        issued: when, ISO 8601 UTC.
        laboratory: who compared and signs.
        measurand: what was measured by all.
        estimand: whether the values speak of these items or of their population.
        level: coverage probability of expanded uncertainties and of E_n.
        material: what it was measured on by all.
        participants: the laboratories, in the order of their first reports.
        consensus: every consensus that could be made.
        chosen: the one that differences and scores refer to.
        consistency: of the stated uncertainties.
        sigma_pt: standard deviation for proficiency assessment; None if none was given.
        shared: sources that all laboratories have in common, left out of ``u_own``.
        precision: None unless a laboratory has two results or more.
        outliers: tests; nobody is left out for them.
        youden: None if there is no second quantity.
        software: versions.
        notes: remarks on validity.
    """

    format: int = 1
    id: str
    title: str
    issued: str
    laboratory: LaboratoryMark
    measurand: Measurand
    estimand: Estimand
    level: float
    material: MaterialRecord
    participants: tuple[Participant, ...]
    consensus: tuple[ConsensusValue, ...]
    chosen: Method
    consistency: ConsistencyTest
    sigma_pt: float | None
    shared: tuple[Shared, ...]
    precision: PrecisionValue | None
    outliers: tuple[OutlierTest, ...]
    youden: Youden | None
    software: dict[str, str]
    notes: tuple[Note, ...] = ()
