"""Which stage limits each of several servers under a load, with the runs that show it. Signed."""

from typing import Final, Literal

from assay.vocabulary.record import Json, Record
from assay.vocabulary.report import LaboratoryMark

BOTTLENECK_TYPE: Final = "urn:assay:bottleneck:1"

Change = Literal["base", "alone", "prompt", "output", "whole", "fresh"]
"""What is changed in a run: nothing; one stream or a tenth of the rate; shorter prompts; shorter answers; answers in
one piece; prompts that share nothing."""


Lack = Literal["refused", "overload", "unsteady", "no_value"]
"""Why a run gave no numbers. ``refused``: the client's times may not be relied upon; ``overload``, ``unsteady``: it had
no steady part; ``no_value``: a mean has no value or no uncertainty."""

NEEDED: Final[tuple[Change, ...]] = ("base", "alone", "prompt", "output")
"""The runs without which nothing is decided."""


class Mean(Record, kw_only=True):
    """A mean with its standard uncertainty."""

    value: float
    u: float


class Span(Record, kw_only=True):
    """A value with its interval."""

    value: float
    low: float
    high: float


class BottleneckRun(Record, kw_only=True):
    """One run: what its report says, and what else its responses tell; times in ms.

    Attributes:
        change: what was changed in it.
        run: its name.
        report: SHA-256 of its signed report, hexadecimal.
        requests: number of requests.
        prompt: mean length of prompts in tokens; where the server does not count, the share of the prompts that was
            sent.
        output: mean number of tokens put out.
        load: requests a second, or requests at a time.
        e2e: write to last text.
        ttft: write to first text; None for answers in one piece.
        decode: first text to last; None for answers in one piece.
        lag: schedule to write; None in a closed loop.
        round_trip: of a request that asks for nothing; None if it was not had.
        waited: the wait for a place as the server states it; None if it does not.
        decoded: time of decoding as the server states it; None if it does not.
        refused: share of requests that were turned away.
        preempted: preemptions for a request, as the server states them.
        cache: mean share of its cache in use, as the server states it.
    """

    change: Change
    run: str
    report: str
    requests: int
    prompt: float
    output: float
    load: float
    e2e: Mean
    ttft: Mean | None = None
    decode: Mean | None = None
    lag: Mean | None = None
    round_trip: Mean | None = None
    waited: Mean | None = None
    decoded: Mean | None = None
    refused: Mean
    preempted: float | None = None
    cache: float | None = None


class BottleneckMissing(Record, kw_only=True):
    """A run that was made and gave no numbers.

    Attributes:
        change: what was changed in it.
        run: its name.
        report: SHA-256 of its signed report, hexadecimal.
        reason: why it gave none.
        codes: why the client's times were refused; else the mean that is lacking.
        runs: how often it was made.
    """

    change: Change
    run: str
    report: str
    reason: Lack
    codes: tuple[str, ...]
    runs: int


class BottleneckPart(Record, kw_only=True):
    """A stage: time in ms, share of the end-to-end time, what of that share comes of its limit, and the probability
    that it limits."""

    stage: str
    ms: Span
    share: Span
    excess: Span
    probability: float


class BottleneckSlope(Record, kw_only=True):
    """An elasticity: by how many per cent ``of`` grows where ``to`` grows by one."""

    of: str
    to: str
    slope: Span


class BottleneckSystem(Record, kw_only=True):
    """One server.

    Attributes:
        title: of its measurement file.
        subject: its identity.
        runs: what was measured.
        limiting: a stage, ``none`` or ``undecided``.
        probability: of that answer; of the likeliest one where it is undecided; None where a run is missing without
            which nothing is decided.
        none: probability that no stage is at its limit; None as above.
        between: answers that are open, where it is undecided.
        longest: the stage in which a request spends most of its time; None as above.
        parts: all stages; none as above.
        elasticities: of times to what was changed.
        saved: time to first token that shared prefixes save, in ms.
        notes: codes of what could not be told.
        missing: runs that gave no numbers.
    """

    title: str
    subject: dict[str, Json]
    runs: tuple[BottleneckRun, ...]
    limiting: str
    probability: float | None
    none: float | None
    between: tuple[str, ...]
    longest: str | None
    parts: tuple[BottleneckPart, ...]
    elasticities: tuple[BottleneckSlope, ...]
    saved: Span | None = None
    notes: tuple[str, ...] = ()
    missing: tuple[BottleneckMissing, ...] = ()

    def run(self, change: Change) -> BottleneckRun | None:
        """The run with this change; None if it is missing."""
        return next((one for one in self.runs if one.change == change), None)


class Bottlenecks(Record, kw_only=True):
    """The statement.

    Attributes:
        id: made from what is stated.
        issued: ISO 8601 UTC.
        laboratory: who signs.
        software: versions of ours.
        level: coverage probability of all intervals.
        seed: of the draws.
        systems: in the order of the files.
    """

    id: str
    issued: str
    laboratory: LaboratoryMark
    software: dict[str, str]
    level: float
    seed: int
    systems: tuple[BottleneckSystem, ...]
