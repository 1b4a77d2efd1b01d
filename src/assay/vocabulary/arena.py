"""What comes out of comparing systems by a judge or by people: strengths, ranks, groups; signed like a report."""

from typing import Final, Literal

from assay.vocabulary.certificate import Rate, Scope
from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note

ARENA_TYPE: Final = "urn:assay:arena:1"

Model = Literal["bradley_terry", "davidson", "plackett_luce", "separated"]


class Votes(Record, kw_only=True):
    """Every verdict that counts, as columns of equal length; from them all numbers follow.

    Attributes:
        clusters: names of the clusters: the items, or what they are grouped by.
        cluster: place of the cluster of each verdict.
        reading: verdicts with the same number belong to one reading: all orders of a pair or list by one judge.
        shown: places of the systems in the order in which they were shown; the order of the case where that is unknown.
        ranked: places of the systems, best first; nothing for a tie.
        length: number of characters of each response, in the order of ``shown``.
    """

    clusters: tuple[str, ...]
    cluster: tuple[int, ...]
    reading: tuple[int, ...]
    shown: tuple[tuple[int, ...], ...]
    ranked: tuple[tuple[int, ...], ...]
    length: tuple[tuple[int, ...], ...]


class Effect(Record, kw_only=True):
    """An effect on the log scale of the strengths.

    Attributes:
        value: the estimate.
        u: standard uncertainty.
        interval: coverage interval at the level of the comparison.
    """

    value: float
    u: float
    interval: tuple[float, float]


class Contestant(Record, kw_only=True):
    """One system.

    Attributes:
        run: name of the run whose responses were compared.
        title: title of that measurement.
        subject: identity of the system.
        differs: settings of the system that are not the same for all, as text.
        strength: on the log scale, less the mean of all, with its interval; None where it has no finite estimate.
        rank: best and worst rank, all right together at the level of the comparison; None without strengths.
        adjusted: strength at equal length of the responses; None where that cannot be estimated.
        wins: verdicts for it, against each other system with which it was shown.
        losses: verdicts against it.
        ties: verdicts that neither is better.
        unanswered: trials in which it gave nothing that could be compared.
        length: mean number of characters of its responses as they were shown; None if it was never shown.
    """

    run: str
    title: str
    subject: dict[str, Json]
    differs: dict[str, str] = {}
    strength: Effect | None = None
    rank: tuple[int, int] | None = None
    adjusted: Effect | None = None
    wins: int = 0
    losses: int = 0
    ties: int = 0
    unanswered: int = 0
    length: float | None = None


class Duel(Record, kw_only=True):
    """Two systems against each other.

    Attributes:
        a: run of the one.
        b: run of the other.
        verdicts: on both directly.
        wins_a: those for a.
        wins_b: those for b.
        difference: strength of a less that of b, its interval alone; None without strengths.
        simultaneous: interval that holds together with those of all other pairs.
        probability: that a is preferred to b, a tie counting half, each shown first equally often: by the model;
            without strengths the share of the verdicts on both directly, None if there is none.
        interval: of that probability, alone.
        apart: shown to differ, by ``simultaneous``.
    """

    a: str
    b: str
    verdicts: int
    wins_a: int
    wins_b: int
    difference: Effect | None = None
    simultaneous: tuple[float, float] | None = None
    probability: float | None = None
    interval: tuple[float, float] | None = None
    apart: bool = False


class Panelist(Record, kw_only=True):
    """The judge, or each of several.

    Attributes:
        identities: the identity of each, without secrets.
        scope: what it is; a certificate serves where its scope is the same.
        certificate: digest of the certificate that fits; empty if it is not calibrated.
        accord: how often it prefers what people prefer, from the certificate.
        position: how much it favours what stands first, from the certificate.
        relative: why it may be one of the systems or of their family; empty where it is not.
        runs: the run of each judge.
        reports: SHA-256 of the signed report of each of these runs.
        observations: digest of the rows of each of these runs.
    """

    identities: tuple[dict[str, Json], ...]
    scope: Scope
    certificate: str = ""
    accord: Rate | None = None
    position: Rate | None = None
    relative: str = ""
    runs: tuple[str, ...]
    reports: tuple[str, ...]
    observations: tuple[str, ...]


class People(Record, kw_only=True):
    """The ratings by people that were used.

    Attributes:
        source: file or session.
        sha256: digest of the ratings as they were used.
        raters: how many people.
    """

    source: str
    sha256: str
    raters: int


class Layout(Record, kw_only=True):
    """Which comparisons were made, and what others would have cost.

    Attributes:
        pairs: ``all``, ``adaptive`` (chosen for what they tell), or ``given`` (by ratings).
        items: trials (item, variant and repeat) that at least two systems answered.
        possible: comparisons if every pair of systems were compared on every trial.
        asked: comparisons that were put.
        seed: of the sample of items and of choices between pairs that tell as much.
        resolution: smallest difference of strengths of interest; None unless adaptive.
        budget: most comparisons allowed; None for no limit.
        looks: how often the next pairs were chosen.
        settled: whether every difference was known well enough in the end; None unless adaptive.
        round_robin: comparisons that an equal share for every pair would have needed for the same resolution, as the
            strengths and their scatter say in the end; None where that cannot be told.
    """

    pairs: Literal["all", "adaptive", "given"]
    items: int
    possible: int
    asked: int
    seed: int
    resolution: float | None = None
    budget: int | None = None
    looks: int = 0
    settled: bool | None = None
    round_robin: int | None = None


class Arena(Record, kw_only=True):
    """Systems compared by a judge or by people.

    Attributes:
        id: unique identification; the same comparison has the same.
        issued: date and time of issue, ISO 8601 UTC.
        laboratory: who issues it.
        level: probability with which all ranks, groups and simultaneous intervals are right at once.
        rubric: digest of the rubric.
        rubric_name: its name and version.
        kind: ``choice`` (pairs) or ``ranking`` (lists).
        judge: the judge; None where people judged.
        people: the people; None where a judge judged.
        material: digest of the texts that were put; that of the ratings' cases where people judged.
        layout: which comparisons.
        model: how strengths were estimated; ``separated`` if they have no finite estimate.
        systems: in the order given.
        duels: one for each two systems.
        groups: largest groups of systems of which no two were shown to differ, the best first.
        above: where strengths have no finite estimate: groups of systems, each of which lost no verdict against all
            groups after it.
        order: advantage of what is shown first, on the log scale; None where it cannot be estimated.
        position: verdicts for what is shown first less those for what is shown last, as a share; None for lists and
            where the place is not known.
        longer: effect of being the longer one: of a relative difference in length of 1; None where it cannot be told.
        tie: log of Davidson's tie parameter; None without ties.
        readings: pairs or lists that count.
        lost: those that do not, by reason.
        votes: every verdict that counts.
        software: versions on which the last bit may depend.
        notes: remarks.
    """

    format: int = 1
    id: str
    issued: str
    laboratory: LaboratoryMark
    level: float
    rubric: str
    rubric_name: str
    kind: str
    judge: Panelist | None
    people: People | None
    material: str
    layout: Layout
    model: Model
    systems: tuple[Contestant, ...]
    duels: tuple[Duel, ...]
    groups: tuple[tuple[str, ...], ...] = ()
    above: tuple[tuple[str, ...], ...] = ()
    order: Effect | None = None
    position: Rate | None = None
    longer: Effect | None = None
    tie: float | None = None
    readings: int
    lost: dict[str, int] = {}
    votes: Votes
    software: dict[str, str]
    notes: tuple[Note, ...] = ()
