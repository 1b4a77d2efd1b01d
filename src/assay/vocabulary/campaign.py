"""A campaign: every dimension of a standard measured on one subject, and what follows for each clause. It is signed."""

from typing import Final, Literal

from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark
from assay.vocabulary.result import Note
from assay.vocabulary.standard import Standard

CAMPAIGN_TYPE: Final = "urn:assay:campaign:1"

Kind = Literal["clause", "dimension", "language", "generator", "countable", "total"]


class Draw(Record, kw_only=True):
    """Items of a cell from one seed: ``made`` units are drawn and the first ``kept`` of them used."""

    seed: int
    made: int
    kept: int


class Cell(Record, kw_only=True):
    """Items of one generator, in one language, at one level: they are drawn at random from all that it could make.

    Attributes:
        generator: the part.
        dimension: what its items are about.
        form: kind of answer.
        procedure: the procedure that reads them.
        language: of the items.
        level: ``low``, ``middle``, ``high``; the kind (``kind=typo``) where there is no order; ``only`` where the
            generator has no factor.
        settings: the factors, where they are not the defaults.
        size: items in a unit: 2 for an original and its twin.
        rubric: rubric of what is judged; empty if everything is counted.
        draws: where the units come from, those of earlier rounds first.
    """

    generator: str
    dimension: str
    form: str
    procedure: str
    language: str
    level: str
    settings: dict[str, Json] = {}
    size: int = 1
    rubric: str = ""
    draws: tuple[Draw, ...]

    @property
    def units(self) -> int:
        """Independent units: items, or groups of items."""
        return sum(draw.kept for draw in self.draws)

    @property
    def requests(self) -> int:
        """Items."""
        return self.size * self.units


class Used(Record, kw_only=True):
    """One measurement of the campaign.

    Attributes:
        key: what it covers: a form, or a judged generator in a language.
        procedure: name of the procedure.
        run: name of the run.
        report: id of its signed report.
        sha256: digest of that report's envelope.
        observations: digest of its rows, as the report states it.
        generators: what it covers.
        judge: name of the judge; empty where nobody was asked.
        language: of a judged measurement; empty if of all.
        responses: number of responses.
    """

    key: str
    procedure: str
    run: str
    report: str
    sha256: str
    observations: str
    generators: tuple[str, ...]
    judge: str = ""
    language: str = ""
    responses: int


class Spent(Record, kw_only=True):
    """What a campaign took as a whole, whenever it was asked.

    Attributes:
        requests: requests to the subject, repeated ones included.
        responses: its responses, failed ones included.
        usage: sums of counted units of the subject, such as ``input_tokens``.
        cost: of the subject, by the price table; None if there was none.
        currency: of the cost; empty without one.
        judge_requests: requests to judges, repeated ones included.
        judge_cost: of the judges, by currency; empty where no price is known.
    """

    requests: int
    responses: int
    usage: dict[str, int] = {}
    cost: float | None = None
    currency: str = ""
    judge_requests: int = 0
    judge_cost: dict[str, float] = {}


class Line(Record, kw_only=True):
    """One result.

    Attributes:
        kind: what it is of.
        name: number of the clause, name of the dimension or generator.
        language: of its items; empty for all.
        status: ``measured``, ``not_run``, or ``shown`` for a clause about the test itself.
        why: why there is no value; otherwise remarks.
        value: mean over ``parts`` in equal shares (``total``: by the weights stated), from 0 to 1.
        u: its standard uncertainty.
        dof: degrees of freedom; None where infinite.
        interval: coverage interval at the level of the campaign, alone.
        simultaneous: interval that holds together with those of all other lines of its kind.
        method: how the interval was made.
        n_items: readings.
        n_units: independent units with a reading.
        counts: rows by status.
        if_lost: the value if every lost reading had been wrong, and if it had been right; None where nothing was read.
        parts: what is averaged.
        lacks: what of the clause's coverage requirement is not met; empty if it is met or there is none.
    """

    kind: Kind
    name: str
    language: str = ""
    status: Literal["measured", "not_run", "shown"]
    why: tuple[Note, ...] = ()
    value: float | None = None
    u: float | None = None
    dof: float | None = None
    interval: tuple[float, float] | None = None
    simultaneous: tuple[float, float] | None = None
    method: str = "none"
    n_items: int = 0
    n_units: int = 0
    counts: dict[str, int] = {}
    if_lost: tuple[float, float] | None = None
    parts: tuple[str, ...] = ()
    lacks: tuple[Note, ...] = ()


class Untested(Record, kw_only=True):
    """What was not tested, and why.

    Attributes:
        kind: ``form``: items of a generator in a language; ``judgement``: what a rubric is for, of such items;
            ``clause``; ``levels``: settings beyond those of the plan; ``generator``: one that the plan does not have.
        what: name of the generator or clause; empty for levels.
        language: of the items; empty for all.
        why: the reason.
    """

    kind: Literal["form", "judgement", "clause", "levels", "generator"]
    what: str = ""
    language: str = ""
    why: Note


class Shift(Record, kw_only=True):
    """A difference between two rounds: later less earlier.

    Attributes:
        value: the difference.
        u: its standard uncertainty.
        dof: its degrees of freedom.
        interval: alone.
        simultaneous: together with those of the other dimensions.
    """

    value: float
    u: float
    dof: float | None
    interval: tuple[float, float]
    simultaneous: tuple[float, float]


class Change(Record, kw_only=True):
    """What changed in one dimension between two rounds.

    Attributes:
        dimension: its name.
        shift: of all items: difference of the means, the anchors taken as pairs; None if it cannot be stated.
        anchors: of the items asked in both rounds alone, pair by pair.
        fresh: of those asked in one round only, which are independent.
        gap: ``anchors`` less ``fresh``.
        n_anchors: units asked in both rounds.
        sign: ``anchors`` or ``fresh`` where the simultaneous interval of ``gap`` excludes 0: which of the two fell, or
            rose, less or more; empty where it does not.
        why: why there is no value.
    """

    dimension: str
    shift: Shift | None = None
    anchors: Shift | None = None
    fresh: Shift | None = None
    gap: Shift | None = None
    n_anchors: int = 0
    sign: Literal["", "anchors", "fresh"] = ""
    why: tuple[Note, ...] = ()


class Round(Record, kw_only=True):
    """The earlier campaign that this one repeats.

    Attributes:
        campaign: its id.
        sha256: digest of its envelope.
        share: wanted share of anchors.
        same_subject: whether the identity of the subject is the same.
        runs: its runs, by which its rows are found.
        changes: one for each dimension.
    """

    campaign: str
    sha256: str
    share: float
    same_subject: bool
    runs: tuple[Used, ...]
    changes: tuple[Change, ...]


class Campaign(Record, kw_only=True):
    """A statement on one subject.

    Attributes:
        id: unique identification; the same campaign has the same.
        title: what it is called.
        issued: date and time of issue, ISO 8601 UTC.
        laboratory: who issues it.
        standard: the standard, whole.
        subject: identity of the subject.
        level: coverage probability.
        level_each: of one simultaneous interval, by kind of line.
        seed: of the items.
        budget: most requests allowed.
        languages: of the items.
        levels: levels of difficulty of generators that have factors.
        cells: the plan.
        read: number of readings of each cell, in the same order.
        runs: the measurements that were made.
        lines: the results.
        weights: weights of the dimensions in the total; empty without a total.
        untested: what was not tested.
        round: the earlier round, if this is a later one.
        software: versions on which the last bit may depend.
        spent: what it took; None in statements from before it was stated.
    """

    format: int = 1
    id: str
    title: str
    issued: str
    laboratory: LaboratoryMark
    standard: Standard
    subject: dict[str, Json]
    level: float
    level_each: dict[str, float]
    seed: int
    budget: int
    languages: tuple[str, ...]
    levels: tuple[str, ...]
    cells: tuple[Cell, ...]
    read: tuple[int, ...]
    runs: tuple[Used, ...]
    lines: tuple[Line, ...]
    weights: dict[str, float] = {}
    untested: tuple[Untested, ...] = ()
    round: Round | None = None
    software: dict[str, str]
    spent: Spent | None = None

    def of_kind(self, kind: Kind) -> tuple[Line, ...]:
        """The lines of one kind, in order."""
        return tuple(line for line in self.lines if line.kind == kind)
