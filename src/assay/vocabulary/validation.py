"""What comes out of validating the software itself: numbers reproduced, coverage found. It is signed like a report."""

from typing import Final, Literal

from assay.vocabulary.record import Record
from assay.vocabulary.report import LaboratoryMark

VALIDATION_TYPE: Final = "urn:assay:validation:1"

Why = Literal["printed", "cut", "rounded_inputs", "simulation", "other_method"]
"""Where a tolerance comes from: half of the last digit printed; a whole one, where digits were cut off; data printed
with few digits; the scatter of our own draws; a publication that computed in another way."""
Claim = Literal["band", "at_least", "known", "none"]
"""What the documentation says of a design: within the band; at least its lower end, since the interval is an upper
bound by construction; known to fall short, which results say in a note; nothing (fewer than 30 items, true values
below 0.05 or above 0.95)."""
Outcome = Literal["covered", "step", "conservative", "known", "unclaimed", "fail"]


class Reproduced(Record, kw_only=True):
    """One published number beside ours.

    Attributes:
        quantity: what it is.
        published: as printed.
        computed: by this software.
        digits: significant digits in which both agree, the last within half a unit; 15 at most. Of a published 0,
            decimal places.
        tolerance: largest difference allowed.
        why: where the tolerance comes from.
        passed: the difference is not larger.
    """

    quantity: str
    published: float
    computed: float
    digits: int
    tolerance: float
    why: Why
    passed: bool


class Case(Record, kw_only=True):
    """One publication.

    Attributes:
        name: of the case.
        source: where the numbers are printed.
        recalled: the numbers were written down from memory, not from the publication in hand.
        passed: every number is reproduced.
        rows: the numbers.
    """

    name: str
    source: str
    recalled: bool
    passed: bool
    rows: tuple[Reproduced, ...]


class CoverageLine(Record, kw_only=True):
    """Coverage of one interval in one design.

    Attributes:
        study: name of the study.
        method: which interval; the words are in ``words/``.
        design: sizes, in the fewest words.
        n: number of items, or of what else is independent (clusters, laboratories, systems).
        truth: true value, in the quantity's unit; None where it differs from one simulation to the next.
        estimand: ``population``, ``fixed``, or empty where there is one only.
        simulations: how many; None for an exact sum over all possible data.
        refused: simulations without an answer, which are not counted.
        seed: of the simulations; None for an exact sum.
        covered: share of the intervals that contain the true value.
        u: standard uncertainty of that share from the number of simulations; 0 for an exact sum.
        width: mean width, in the quantity's unit; None where some interval has no end.
        accepted: share of decisions "at least the true value" with a risk of 0.05 that were accepted; None if the
            study makes none.
        exact: the same coverage from the binomial distribution alone, without our interval; None where there is none.
        claim: what the documentation says.
        note: code of the remark that such a result carries; empty if it needs none.
        note_seen: the remark was found in a result of this design; None if it needs none.
        outcome: ``covered``: within the band; ``step``: outside, as the binomial distribution has it; ``conservative``:
            above the band, as the documentation says; ``known``: below it, as the remark says; ``unclaimed``: outside,
            where nothing is claimed; ``fail``.
    """

    study: str
    method: str
    design: str
    n: int
    truth: float | None
    estimand: str
    simulations: int | None
    refused: int
    seed: int | None
    covered: float
    u: float
    width: float | None
    accepted: float | None
    exact: float | None
    claim: Claim
    note: str
    note_seen: bool | None
    outcome: Outcome


class Validation(Record, kw_only=True):
    """A certificate of the software.

    Attributes:
        id: of the certificate.
        issued: ISO 8601 UTC.
        laboratory: who ran it and signs.
        software: versions, processor family, system.
        code: SHA-256 over the source of everything that was validated, hexadecimal.
        processors: how many the machine has.
        seconds: time it took, in seconds, without studies taken over from an earlier run.
        seed: of all simulations.
        simulations: of each design.
        level: nominal coverage probability.
        low: lower end of the band.
        high: its upper end.
        complete: nothing was left out, and at least 5,000 simulations were made of each design; only then is it a
            certificate of coverage.
        only: studies that were asked for; empty for all.
        cases: published numbers.
        coverage: coverage by design.
        passed: no number and no line failed.
        format: of this record.
    """

    id: str
    issued: str
    laboratory: LaboratoryMark
    software: dict[str, str]
    code: str
    processors: int
    seconds: float
    seed: int
    simulations: int
    level: float
    low: float
    high: float
    complete: bool
    only: tuple[str, ...]
    cases: tuple[Case, ...]
    coverage: tuple[CoverageLine, ...]
    passed: bool
    format: int = 1
