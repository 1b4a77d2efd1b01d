"""Ratings by people: what is rated, who said what of it, and how far they agree."""

import math
from functools import cached_property
from typing import Final, Literal

import msgspec

from assay.vocabulary.canonical import digest
from assay.vocabulary.errors import BadInput
from assay.vocabulary.record import Json, Record
from assay.vocabulary.result import Note
from assay.vocabulary.rubric import Rubric

Value = int | float | str | tuple[str, ...] | None
RatingStatus = Literal["ok", "skipped", "withdrawn"]
LONGEST_NOTE: Final = 2000
_LONGEST_RATER: Final = 40


class Candidate(Record, kw_only=True):
    """One response that is rated.

    Attributes:
        id: what a rating calls it: the run it is of, or its number in a file; raters never see it.
        text: what is shown.
        run: name of the run; None for a text from a file.
        response: key of the response in the store, hexadecimal; None for a text from a file.
    """

    id: str
    text: str
    run: str | None = None
    response: str | None = None


class Case(Record, kw_only=True):
    """One thing to give a verdict on: a response, a pair of them, or several to rank.

    Attributes:
        id: unique in its session.
        item: the item that was answered.
        group: its cluster; None if it stands alone.
        variant: variant that it was put in; None for a text from a file.
        repeat: which repeat, from 1; None for a text from a file.
        prompt: what was asked, as text; empty if it is not known.
        reference: the reference answer, as text; empty if there is none.
        candidates: what is rated, in the order of the runs.
    """

    id: str
    item: str
    group: str | None = None
    variant: str | None = None
    repeat: int | None = None
    prompt: str = ""
    reference: str = ""
    candidates: tuple[Candidate, ...]


class Sample(Record, kw_only=True):
    """How the cases of a session were chosen.

    Attributes:
        source: names of the runs, or of the file.
        population: cases that could have been drawn.
        lost: responses (or pairs of them) that had no output to rate, and were not in that population.
        drawn: how many were.
        seed: which random sample; the same seed with more cases holds the smaller sample.
    """

    source: tuple[str, ...]
    population: int
    lost: int
    drawn: int
    seed: int


class RatingPlan(Record, kw_only=True, dict=True):
    """A session of rating: the rubric, the cases, and how they were chosen. Pure data; raters add to it.

    Attributes:
        rubric: what is decided.
        cases: what it is decided of.
        sample: how they were chosen.
    """

    rubric: Rubric
    cases: tuple[Case, ...]
    sample: Sample

    @cached_property
    def name(self) -> str:
        """Name of the session: the first 12 digits of its digest."""
        return digest([self.rubric.digest, self.cases, self.sample])[:12]

    @cached_property
    def by_id(self) -> dict[str, Case]:
        """The cases by their ids."""
        return {case.id: case for case in self.cases}

    def order(self, rater: str) -> list[Case]:
        """The cases as this rater gets them: in a random order that is the rater's own."""
        return sorted(self.cases, key=lambda case: digest([self.name, "order", rater, case.id]))

    def shown(self, rater: str, case: Case) -> tuple[int, ...]:
        """Places of the candidates in the order in which this rater sees them, drawn for each rater and case."""
        places = range(len(case.candidates))
        return tuple(sorted(places, key=lambda place: digest([self.name, "side", rater, case.id, place])))

    def blind(self, rater: str, case: Case) -> str:
        """A key for a case that tells this rater nothing of it."""
        return digest([self.name, "blind", rater, case.id])[:16]


class Rating(Record, kw_only=True):
    """What one rater said of one case, once; a later row of the same rater and case replaces an earlier one.

    Attributes:
        case: id of the case.
        item: its item.
        candidates: ids of what was rated, in the order of the case.
        shown: places of the candidates in the order in which the rater saw them; empty if it is not known.
        rater: who, by a pseudonym.
        status: ``ok``, ``skipped`` (the rater could not tell) or ``withdrawn`` (an earlier row no longer holds).
        value: a grade, a class, ``first``, ``second`` or ``tie``, or ids best first; None unless ``status`` is ``ok``.
        note: what the rater added.
        at: when, ISO 8601 UTC; empty if an import did not say.
        source: ``page``, or the format it was imported from.
        blind: the key under which the rater saw it; empty for an import.
        rubric: digest of the rubric.
        plan: name of the session.
    """

    case: str
    item: str
    candidates: tuple[str, ...]
    shown: tuple[int, ...] = ()
    rater: str
    status: RatingStatus = "ok"
    value: Value = None
    note: str = ""
    at: str = ""
    source: str
    blind: str = ""
    rubric: str
    plan: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.value is None) == (self.status == "ok"):
            raise ValueError(f"a rating is a verdict or a reason: value {self.value!r}, status {self.status!r}")


class RaterLine(Record, kw_only=True):
    """One rater of a session.

    Attributes:
        name: the pseudonym.
        rated: cases with a verdict that holds.
        skipped: cases that the rater could not tell.
        changed: verdicts that were replaced or withdrawn.
        values: how often each verdict was given, by its text; empty for rankings.
    """

    name: str
    rated: int
    skipped: int
    changed: int
    values: dict[str, int]


class Coefficient(Record, kw_only=True):
    """Agreement beyond chance.

    Attributes:
        name: ``alpha_nominal``, ``alpha_ordinal``, ``alpha_interval``, ``kappa``, ``kappa_quadratic``,
            ``kappa_fleiss`` or ``ac1``.
        value: 1 for full agreement, 0 for agreement by chance.
        u: standard uncertainty; None if it cannot be stated.
        interval: coverage interval over items; None if it cannot be stated.
        units: cases (for rankings: responses) with two or more ratings.
    """

    name: str
    value: float
    u: float | None
    interval: tuple[float, float] | None
    units: int


class RatingSummary(Record, kw_only=True):
    """How far a session has come, and how far its raters agree.

    Attributes:
        session: its name.
        path: the file with the ratings.
        rubric: name and version of the rubric.
        rubric_digest: its digest.
        kind: kind of its verdicts.
        cases: how many there are.
        sample: how they were chosen.
        raters: in the order in which they began.
        shared: cases that two or more raters gave a verdict on.
        same: of the pairs of verdicts on one case, the share in which both are the same; None without such pairs.
        level: coverage probability of the intervals.
        agreement: coefficients; none if they cannot be stated, and a note says why.
        notes: remarks.
    """

    session: str
    path: str
    rubric: str
    rubric_digest: str
    kind: str
    cases: int
    sample: Sample
    raters: tuple[RaterLine, ...]
    shared: int
    same: float | None
    level: float
    agreement: tuple[Coefficient, ...]
    notes: tuple[Note, ...] = ()


def latest(rows: "list[Rating]") -> dict[tuple[str, str], Rating]:
    """The rating that holds of each case and rater; one that was withdrawn is left out."""
    found: dict[tuple[str, str], Rating] = {}
    for row in rows:
        found[row.case, row.rater] = row
    return {key: row for key, row in found.items() if row.status != "withdrawn"}


def rater_name(text: Json, others: "list[str]", place: str) -> str:
    """A rater's pseudonym, checked.

    Args:
        text: as it was given; a number is taken as its digits.
        others: the raters there are.
        place: where it stands, for messages.
    Raises:
        BadInput: empty, too long or not printable; or another rater's name but for capitals.
    """
    name = " ".join(str(text).split()) if isinstance(text, str | int) and not isinstance(text, bool) else ""
    if not name or len(name) > _LONGEST_RATER or not name.isprintable():
        raise BadInput("rating.rater", place=place, got=_short(text), longest=_LONGEST_RATER)
    like = [other for other in others if other != name and other.casefold() == name.casefold()]
    if like:
        raise BadInput("rating.rater_like", place=place, name=name, other=like[0])
    return name


def verdict(plan: RatingPlan, case: Case, given: Json, place: str) -> Value:
    """A verdict as the rubric knows it, from what a person, a cell or a file says.

    Args:
        plan: the session.
        case: what it is of.
        given: a number, a text, or for rankings a list of ids of candidates (or a text with ``|`` between them).
        place: where it stands, for messages.
    Raises:
        BadInput: ``rating.outside``: no verdict of this rubric.
    """
    rubric = plan.rubric
    ids = [candidate.id for candidate in case.candidates]
    if rubric.kind == "ranking":
        ranked = given.split("|") if isinstance(given, str) else given
        if isinstance(ranked, list | tuple) and sorted(map(str, ranked)) == sorted(ids):
            return tuple(map(str, ranked))
        raise BadInput("rating.outside", place=place, got=_short(given), rubric=rubric.name,
                       expected="each once, best first: " + "|".join(ids))  # fmt: skip
    for value in rubric.values:
        if not isinstance(given, bool) and (_number(given) == value if rubric.kind == "score" else given == value):
            return value
    if rubric.kind == "choice" and not isinstance(given, bool) and str(given) in ids:
        return rubric.values[ids.index(str(given))]
    expected = ", ".join(str(value) for value in (*rubric.values, *(ids if rubric.kind == "choice" else ())))
    raise BadInput("rating.outside", place=place, got=_short(given), rubric=rubric.name, expected=expected)


def _number(given: Json) -> float | None:
    """A number from a number or its digits; None for anything else."""
    if isinstance(given, str) and "_" in given:  # Python's own way to write large numbers, nobody else's
        return None
    try:
        number = float(given) if isinstance(given, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"
